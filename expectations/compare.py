"""A delivery held against an admitted one of its feed: of the same years where there is one, else of the nearest before.

Table `delivery_compare`, grain delivery × aspect × field; the catalogue's checks on it are in `catalogue/compare.yml`. Aspects:
`columns` (a field in only one of the two), `blanks` (share of blanks of a field), `measure` (sum and median), `keys` (records
kept, of the same years or of the year before), `copy` (records whose figures are all as in another year's file), `province`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from expectations.catalogue import Rule
from expectations.gx_runner import Verdict
from expectations.profile import MeasureProfile, Profile
from expectations.scratch import Scratch, quoted
from expectations.tables import TOLD, finding_id_sql, sql_text
from ingest.contract import Contract, load_fields
from ingest.contract.model import WHERE_FIELDS

COMPARE = "delivery_compare"
SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("delivery_id", "agency_code", "feed_code", "file_name", "aspect", "field"), pl.String()),
    **dict.fromkeys(("header", "label_th", "label_en", "unit", "base_file", "names"), pl.String()),
    **dict.fromkeys(("same_period", "is_gone", "is_new", "base_varies"), pl.Boolean()),
    **dict.fromkeys(("rows", "base_rows", "given", "base_given", "common", "same"), pl.Int64()),
    **dict.fromkeys(
        ("share", "base_share", "total", "base_total", "median", "base_median", "least", "most"), pl.Float64()
    ),
    **dict.fromkeys(("lower", "base_lower", "upper", "base_upper"), pl.Float64()),
    "lost": pl.Int64(),
}
Row = dict[str, object]


def bases(profile: Profile, before: Sequence[Profile]) -> tuple[Profile | None, list[Profile]]:
    """The delivery to compare with, and those of other years that it may be a copy of. `before`: admitted, oldest first.

    Compared is with the last one of the same years; else of the nearest years before them; else of the nearest after. Files of
    years gone by come when they come: what was added since is nothing that they lack. A copy is looked for among the
    neighbours on both sides.
    """
    ours = _years(profile)
    same = [one for one in before if _years(one) == ours]
    # Of the same years the last that arrived counts: max() keeps the first of equals.
    newest = list(reversed(before))
    earlier = max((one for one in newest if _years(one) < ours), key=_years, default=None)
    later = min((one for one in newest if _years(one) > ours), key=_years, default=None)
    neighbours = [one for one in (earlier, later) if one is not None]
    return (same[-1] if same else next(iter(neighbours), None)), neighbours


def _years(profile: Profile) -> tuple[int, int]:
    """The years of a file, for their order; a file without any stands before all others."""
    return profile.last_year or 0, profile.first_year or 0


def compared(
    database: Scratch,
    contract: Contract,
    profile: Profile,
    folder: Path,
    before: Sequence[tuple[Profile, Path]],
) -> list[Row]:
    """Rows of `delivery_compare` for one delivery. `before`: profiles of admitted deliveries and where they lie, oldest first."""
    if profile.is_partial or not profile.rows:  # mended rows that come alone stand for no whole
        return []
    base, others = bases(profile, [one for one, _ in before if not one.is_partial])
    where = {id(one): path for one, path in before}
    if base is None:
        return []
    common: Row = {
        "delivery_id": profile.delivery_id,
        "agency_code": contract.agency_code,
        "feed_code": contract.feed,
        "file_name": profile.file_name,
        "rows": profile.rows,
        "base_rows": base.rows,
        "base_file": base.file_name,
        "same_period": (base.first_year, base.last_year) == (profile.first_year, profile.last_year),
    }
    rows = [common | {"aspect": "keys"} | _kept(database, folder, where[id(base)])]
    rows += [common | one for one in _measures(contract, profile, base)]
    # Columns and provinces that later years have are not gone from the file of an earlier one.
    if _years(base) <= _years(profile):
        rows += [common | one for one in _columns(contract, profile, base)]
        rows += [common | one for one in _provinces(profile, base)]
    # A copy is looked for where each file is of one year: a file of many years repeats earlier ones rightly.
    copies = [
        common
        | {"aspect": "copy", "base_file": one.file_name, "base_rows": one.rows, "same_period": False}
        | _kept(database, folder, where[id(one)])
        for one in others
        if profile.first_year == profile.last_year and one.first_year == one.last_year
    ]
    if copies:
        rows.append(max(copies, key=lambda row: (row["same"], row["common"])))
    return rows


def _kept(database: Scratch, folder: Path, base: Path) -> Row:
    """Records of the earlier file that stand in this one, and how many of those have the very same figures."""
    new, old = (f"read_parquet('{quoted(one / 'profile.parquet')}')" for one in (folder, base))
    ((known, kept, told, same, named),) = database.rows(
        f"""
        WITH fresh AS (SELECT entity, any_value(figures) AS figures FROM {new} GROUP BY 1),
        known AS (SELECT entity, any_value(figures) AS figures FROM {old} GROUP BY 1)
        SELECT count(*), count(fresh.entity),
            count(*) FILTER (WHERE fresh.figures IS NOT NULL AND known.figures IS NOT NULL),
            count(*) FILTER (WHERE fresh.figures = known.figures),
            (SELECT avg(CAST(entity IS NOT NULL AS DOUBLE)) FROM {new})
        FROM known LEFT JOIN fresh USING (entity) WHERE known.entity IS NOT NULL
        """
    )
    # A file whose records carry no codes cannot be told apart this way.
    return {
        "base_given": known,
        "given": kept if named and named >= 0.5 else None,
        "common": told,
        "same": same,
    }


def _names(contract: Contract, field: str) -> Row:
    fields = load_fields()
    known = fields.identity.get(field) or fields.measures_of(contract.record_kind).get(field)
    return {
        "field": field,
        "label_th": known.label_th if known else field,
        "label_en": known.label_en if known else field,
    }


def _columns(contract: Contract, profile: Profile, base: Profile) -> list[Row]:
    rows: list[Row] = []
    for field in contract.by_field:
        now, before = profile.headers.get(field), base.headers.get(field)
        told = {**_names(contract, field), "header": now or before}
        # Where and when may stand in other columns or above the table: the checks of places and years look at these.
        apart = field in WHERE_FIELDS[contract.record_kind] or field in (
            contract.period.field,
            "moo",
            "reference_date",
        )
        if (now or before) and not apart:
            rows.append({"aspect": "columns", **told, "is_gone": not now, "is_new": not before})
        if now and before and field in profile.blanks and field in base.blanks:
            shares = {"share": profile.blanks[field], "base_share": base.blanks[field]}
            rows.append({"aspect": "blanks", **told, **shares})
    return rows


def _measures(contract: Contract, profile: Profile, base: Profile) -> list[Row]:
    units = {code: one.unit for code, one in load_fields().measures_of(contract.record_kind).items()}
    rows: list[Row] = []
    for field, now in profile.measures.items():
        before: MeasureProfile | None = base.measures.get(field)
        if before is None:
            continue
        rows.append(
            {
                "aspect": "measure",
                **_names(contract, field),
                "header": profile.headers.get(field),
                "unit": units[field],
                "given": now.given,
                "base_given": before.given,
                "total": now.total,
                "base_total": before.total,
                "median": now.median,
                "base_median": before.median,
                "lower": now.lower,
                "base_lower": before.lower,
                "upper": now.upper,
                "base_upper": before.upper,
                "least": now.least,
                "most": now.most,
                "base_varies": before.least < before.most,
            }
        )
    return rows


def _provinces(profile: Profile, base: Profile) -> list[Row]:
    if len(base.provinces) < 2:
        return []
    gone = {name: count for name, count in base.provinces.items() if name not in profile.provinces}
    return [
        {
            "aspect": "province",
            "field": "province",
            "header": profile.headers.get("province"),
            "names": ", ".join(
                f"{name} ({count:,})" for name, count in sorted(gone.items(), key=lambda i: -i[1])[:20]
            ),
            "given": len(base.provinces) - len(gone),
            "base_given": len(base.provinces),
            "lost": max(gone.values(), default=0),
        }
    ]


def load_comparison(database: Scratch, rows: Sequence[Row]) -> None:
    """Make table `delivery_compare` anew."""
    with tempfile.TemporaryDirectory(prefix="tambon-compare-") as folder:
        path = Path(folder) / "compare.parquet"
        full = [{name: row.get(name) for name in SCHEMA} for row in rows]
        pl.DataFrame(full, schema=SCHEMA).write_parquet(path)
        database.connection.execute(
            f"CREATE OR REPLACE TABLE {COMPARE} AS SELECT * FROM read_parquet('{quoted(path)}')"
        )


def compare_findings(database: Scratch, verdicts: Sequence[Verdict]) -> None:
    """Add the failing rows of `delivery_compare` to `dq_finding`: one a delivery, check and field."""
    for verdict in verdicts:
        check = verdict.rule.check
        if check.table == COMPARE and check.findings != "none" and not verdict.passed:
            _insert(database, verdict.rule, verdict)


def _insert(database: Scratch, rule: Rule, verdict: Verdict) -> None:
    # The label of the field that moved stands before the check's title.
    label_th = f"concat_ws(': ', label_th, {sql_text(rule.title_th)})"
    label_en = f"concat_ws(': ', label_en, {sql_text(rule.title_en)})"
    database.connection.execute(
        f"""
        INSERT INTO dq_finding ({TOLD})
        SELECT {finding_id_sql(rule.check_id, "delivery_id", "field")}, {sql_text(rule.check_id)},
            {sql_text(verdict.severity)}, agency_code, feed_code, delivery_id, file_name, NULL, NULL, header,
            {rule.value or "NULL"}, {sql_text(rule.expected)}, {rule.suggestion or "NULL"}, NULL, NULL, NULL,
            {label_th}, {label_en}
        FROM {COMPARE}
        WHERE delivery_id = {sql_text(str(verdict.key[0]))} AND ({rule.applies}) AND ({rule.fails})
        """
    )

"""What several quality pages say alike: agencies, feeds and checks by name, findings counted."""

from __future__ import annotations

from typing import Any, Final

from dashboard import paths
from dashboard.model import Bilingual
from dashboard.render import words
from dashboard.source import Row, Source
from ingest.contract.kept import usable_contracts
from ingest.home import Home

SEVERITY_ORDER: Final = "CASE severity WHEN 'block' THEN 0 WHEN 'warn' THEN 1 ELSE 2 END"
BASE: Final = "split_part(check_id, ':', 1)"
COUNTS: Final = """
    count(*) AS findings,
    count(*) FILTER (severity = 'block') AS block, count(*) FILTER (severity = 'warn') AS warn,
    count(*) FILTER (severity = 'info') AS info,
    count(*) FILTER (life = 'new') AS new, count(*) FILTER (life = 'persisting') AS persisting"""
"""Columns of findings counted, for a SELECT from dq_finding."""
NO_FINDINGS: Final = dict.fromkeys(("findings", "block", "warn", "info", "new", "persisting"), 0)


def agencies(source: Source) -> dict[str, Row]:
    """Agencies that send data, by code: names as the release has them; before there is one, the code."""

    def load() -> dict[str, Row]:
        found = {row["agency_code"]: row for row in source.rows("FROM dim_agency")}
        seen = source.rows(
            "SELECT agency_code AS code FROM dq_feed UNION SELECT agency_code FROM dq_finding "
            "UNION SELECT agency_code FROM dq_delivery ORDER BY 1"
        )
        names = ("name_th", "name_en", "short_th", "short_en")
        return {
            code: {
                "agency_code": code,
                **dict.fromkeys(names, code),
                **found.get(code, {}),
                "path": paths.agency(code),
            }
            for code in sorted(row["code"] for row in seen if row["code"])
        }

    return source.once("agencies", load)


def agency_names(source: Source, code: str | None) -> Row:
    """Names and page of an agency; of what no single agency is answerable for, our own."""
    if code and code in agencies(source):
        return agencies(source)[code]
    own = words()["agency.none"]
    names = {"name_th": own.th, "name_en": own.en, "short_th": own.th, "short_en": own.en}
    return {"agency_code": code, **names, "path": None}


def placed(source: Source, row: Row) -> Row:
    """A record with the names of its agency and its feed."""
    return {
        **row,
        "agency": agency_names(source, row["agency_code"]),
        "feed": feed_title(source, row["feed_code"]),
    }


def named_check(source: Source, check_id: str) -> Row:
    """Title and page of a check, as links to it need them."""
    known = variant(source, check_id)
    return {key: known[key] for key in ("title_th", "title_en", "path")}


def feed_titles(source: Source) -> dict[str, Row]:
    """Feeds by code: title, cadence, licence and owner of their contract; the code where there is no contract any more."""

    def load() -> dict[str, Row]:
        contracts = usable_contracts(Home.locate()).contracts
        rows: dict[str, Row] = {}
        for row in source.rows("SELECT feed_code, agency_code FROM dq_feed ORDER BY feed_code"):
            contract = contracts.get(row["feed_code"])
            rows[row["feed_code"]] = {
                **row,
                "title_th": contract.title.th if contract else row["feed_code"],
                "title_en": contract.title.en if contract else row["feed_code"],
                "cadence": contract.cadence if contract else None,
                "licence": contract.licence if contract else None,
                "owner_th": contract.owner.name_th if contract else None,
                "email": contract.owner.email if contract else None,
            }
        return rows

    return source.once("feeds", load)


def feed_title(source: Source, code: str | None) -> Row:
    """Title of a feed; of none, nothing."""
    known = feed_titles(source).get(code or "")
    return known or {"feed_code": code, "title_th": code, "title_en": code}


def checks(source: Source) -> dict[str, Row]:
    """Every check (a feed's or a field's variant each) by its id."""
    return source.once(
        "checks",
        lambda: {
            row["check_id"]: {**row, "path": paths.check(row["check_id"])}
            for row in source.rows("FROM dq_check ORDER BY check_id")
        },
    )


def group_title(base: str) -> Bilingual:
    """What a check is called where its variants (a feed's, a field's) stand together; its id where the catalogue lacks it."""
    from expectations.catalogue import checks_by_id

    if named := words().get(f"check.{base}"):
        return named
    declared = checks_by_id().get(base)
    return Bilingual(declared.title.th, declared.title.en) if declared else Bilingual(base, base)


def check_groups(source: Source) -> dict[str, Row]:
    """Checks as people know them: one entry a check of the catalogue, its variants within."""

    def load() -> dict[str, Row]:
        groups: dict[str, Row] = {}
        for check_id, row in checks(source).items():
            base = check_id.split(":", maxsplit=1)[0]
            group = groups.setdefault(
                base, {**row, "check_id": base, "path": paths.check(base), "variants": []}
            )
            group["variants"].append(row)
        for base, group in groups.items():
            group["severity"] = min(
                (one["severity"] for one in group["variants"]), key=("block", "warn", "info", None).index
            )
            for lang in ("th", "en"):
                titles = {one[f"title_{lang}"] for one in group["variants"]}
                if len(titles) > 1:
                    group[f"title_{lang}"] = getattr(group_title(base), lang)
                meanings = {one[f"meaning_{lang}"] for one in group["variants"]}
                if len(meanings) > 1:
                    group[f"meaning_{lang}"] = None
        return groups

    return source.once("groups", load)


def check_group(source: Source, check_id: str) -> Row:
    """The check of the catalogue behind an id."""
    base = check_id.split(":", maxsplit=1)[0]
    unknown: Row = {
        "check_id": base,
        "title_th": base,
        "title_en": base,
        "path": None,
        "severity": None,
        "variants": [],
    }
    return check_groups(source).get(base, unknown)


def variant(source: Source, check_id: str) -> Row:
    """A check's own title and page."""
    known = checks(source).get(check_id)
    return known or {"check_id": check_id, "title_th": check_id, "title_en": check_id, "path": None}


def finding_rows(source: Source, rows: list[Row]) -> list[Row]:
    """Findings as pages show them: with the check's name, the agency's, and where the cell stands."""
    return [
        {
            **row,
            "check": named_check(source, row["check_id"]),
            "agency": agency_names(source, row["agency_code"]),
        }
        for row in rows
    ]


EXAMPLE_COLUMNS: Final = (
    "finding_id, check_id, severity, agency_code, feed_code, file_name, sheet, row_number, column_name, value, expected, "
    "suggestion, suggested_value, confidence, record_key, tambon_code, fiscal_year, message_th, message_en, life"
)


def examples(source: Source, partition: str, limit: int) -> dict[Any, list[Row]]:
    """The findings to look at first in each group of `partition` (SQL): gravest, newest, surest first."""
    rows = source.rows(
        f"SELECT part, {EXAMPLE_COLUMNS} FROM (SELECT *, {partition} AS part, row_number() OVER (PARTITION BY {partition} "
        f"ORDER BY {SEVERITY_ORDER}, CASE life WHEN 'new' THEN 0 ELSE 1 END, confidence DESC NULLS LAST, finding_id) AS place "
        f"FROM dq_finding) WHERE place <= $1 ORDER BY part, place",
        [limit],
    )
    groups: dict[Any, list[Row]] = {}
    for row in finding_rows(source, rows):
        groups.setdefault(row.pop("part"), []).append(row)
    return groups


def provinces(source: Source) -> dict[str, Row]:
    """Provinces by code, with their names and page."""
    return source.once(
        "provinces",
        lambda: {
            row["province_code"]: {**row, "path": paths.province(row["province_code"])}
            for row in source.rows(
                "SELECT province_code, any_value(province_name_th) AS name_th, any_value(province_name_en) AS name_en "
                "FROM dim_tambon WHERE is_current GROUP BY 1 ORDER BY 1"
            )
        },
    )


def trend(source: Source, by: str | None) -> dict[Any, list[Row]]:
    """Open findings over the releases, oldest first, in each group of `by` (SQL over dq_trend); one group without `by`."""
    return source.grouped(
        "part",
        f"SELECT {by or 'NULL'} AS part, release_id, max(released_at) AS released_at, "
        "sum(findings_open)::BIGINT AS findings_open, sum(findings_new)::BIGINT AS findings_new, "
        "sum(findings_mended)::BIGINT AS findings_mended FROM dq_trend GROUP BY 1, 2 ORDER BY 1, 3, 2",
    )


def programmes(source: Source) -> dict[str, Row]:
    """Programmes by code."""
    return source.once(
        "programmes",
        lambda: {
            row["programme_code"]: row
            for row in source.rows("SELECT programme_code, label_th, label_en FROM dim_programme")
        },
    )


def measures(source: Source) -> dict[str, Row]:
    """Measures by code: what they are called, and in which unit."""
    return source.once(
        "measures",
        lambda: {
            row["measure_code"]: row
            for row in source.rows(
                "SELECT measure_code, any_value(label_th) AS label_th, any_value(label_en) AS label_en, any_value(unit) AS unit "
                "FROM dim_measure GROUP BY 1 ORDER BY 1"
            )
        },
    )

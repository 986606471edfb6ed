"""What a delivery looked like as a whole, kept beside its admission, so that the next one is compared without reading it again.

`admission/<delivery_id>/profile.json` (counts, shares, sums, medians) and `profile.parquet` (a row a record: the hash of its key
without the period, and of its figures; 128-bit MD5 cut to 64, no names and no values).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from expectations.contract_rules import conformed_column
from expectations.scratch import Scratch, quoted
from expectations.tables import sql_text
from ingest.contract import Contract, load_fields
from ingest.report import ConformReport
from ingest.whole import whole, write_whole

PROFILE_VERSION = 2
PLACE = (
    "coalesce(nullif(trim(regexp_replace(reported_province, '^(จังหวัด|จ\\.)\\s*', '')), ''), "
    "'รหัส · code ' || left(reported_code6, 2))"
)


class MeasureProfile(BaseModel):
    """One measure over a delivery, in its own unit; the median and the quartiles are of the values above zero."""

    model_config = ConfigDict(frozen=True)

    given: int
    total: float
    median: float | None
    least: float
    most: float
    lower: float | None
    upper: float | None


class Profile(BaseModel):
    """One delivery: rows, the headers by field, shares of blanks (0–1) by field, measures, and rows by province."""

    model_config = ConfigDict(frozen=True)

    version: int
    delivery_id: str
    file_name: str
    rows: int
    is_partial: bool
    first_year: int | None
    last_year: int | None
    headers: dict[str, str]
    blanks: dict[str, float]
    measures: dict[str, MeasureProfile]
    provinces: dict[str, int]


def measures_of(contract: Contract) -> list[str]:
    """The contract's fields that are measures."""
    known = load_fields().measures_of(contract.record_kind)
    return [field for field in contract.by_field if field in known]


def entity_columns(contract: Contract) -> list[str]:
    """The conformed columns that name a record whatever the year: codes only, as names and places are spelt anew each year."""
    codes = [
        field
        for field in contract.key
        if field.endswith("_code") and field not in (contract.period.field, "tambon_code")
    ]
    if not set(codes) - {"programme_code"} and "fund_code" in contract.by_field:
        codes.append("fund_code")
    if set(codes) - {"programme_code"}:
        return [conformed_column(field) for field in codes]
    return ["reported_code6"] if "tambon_code" in contract.by_field else []


def write_profiles(
    database: Scratch, folders: dict[str, Path], contract: Contract, reports: Sequence[ConformReport]
) -> None:
    """Write the profile of each report into its folder, from view `records` of the scratch database (grain: record).

    Raises:
        OSError: a folder cannot be written.
    """
    there = set(database.columns("records"))
    fields = {
        field: conformed_column(field) for field in contract.by_field if conformed_column(field) in there
    }
    measures = [field for field in measures_of(contract) if field in fields]
    keys = [column for column in entity_columns(contract) if column in there]
    blanks = ", ".join(f"avg(CAST({column} IS NULL AS DOUBLE))" for column in fields.values()) or "NULL"
    sums = "".join(
        f", count({one}), coalesce(sum({one}), 0), median({one}) FILTER (WHERE {one} > 0), min({one}), max({one}), "
        f"quantile_cont({one}, 0.25) FILTER (WHERE {one} > 0), quantile_cont({one}, 0.75) FILTER (WHERE {one} > 0)"
        for one in measures
    )
    stats = {
        row[0]: row[1:]
        for row in database.rows(f"SELECT delivery_id, count(*), {blanks}{sums} FROM records GROUP BY 1")
    }
    provinces: dict[str, dict[str, int]] = {}
    if "reported_province" in there:
        for delivery, name, count in database.rows(
            f"SELECT delivery_id, {PLACE} AS place, count(*) FROM records GROUP BY ALL HAVING place IS NOT NULL"
        ):
            provinces.setdefault(delivery, {})[name] = count
    for report in reports:
        found = stats.get(report.delivery_id, (0, *([None] * (len(fields) + 7 * len(measures)))))
        start = 1 + max(len(fields), 1)
        profile = Profile(
            version=PROFILE_VERSION,
            delivery_id=report.delivery_id,
            file_name=report.file_name,
            rows=found[0],
            is_partial=report.is_partial,
            first_year=report.first_year,
            last_year=report.last_year,
            headers={field: header for header, field in report.headers_matched.items()},
            blanks={
                field: float(value)
                for field, value in zip(fields, found[1:], strict=False)
                if value is not None
            },
            measures={
                one: MeasureProfile(
                    given=found[at],
                    total=found[at + 1],
                    median=found[at + 2],
                    least=found[at + 3],
                    most=found[at + 4],
                    lower=found[at + 5],
                    upper=found[at + 6],
                )
                for at, one in zip(range(start, len(found), 7), measures, strict=False)
                if found[at]
            },
            provinces=provinces.get(report.delivery_id, {}),
        )
        folder = folders[report.delivery_id]
        with whole(folder / "profile.parquet") as partial:
            _write_records(database, report.delivery_id, keys, measures, partial)
        write_whole(folder / "profile.json", profile.model_dump_json(indent=1) + "\n")


def _write_records(
    database: Scratch, delivery_id: str, keys: Sequence[str], measures: Sequence[str], path: Path
) -> None:
    def hashed(columns: Sequence[str]) -> str:
        cells = ", ".join(f"coalesce(CAST({column} AS VARCHAR), '')" for column in columns)
        if not columns:
            return "CAST(NULL AS UBIGINT)"
        known = ", ".join(f"CAST({one} AS VARCHAR)" for one in columns)
        return f"CASE WHEN coalesce({known}) IS NOT NULL THEN md5_number_lower(concat_ws('|', {cells})) END"

    several = " + ".join(f"CAST(coalesce({one}, 0) > 0 AS INTEGER)" for one in measures) or "0"
    database.connection.execute(
        f"COPY (SELECT {hashed(keys)} AS entity, CASE WHEN {several} >= 2 THEN {hashed(measures)} END AS figures "
        f"FROM records WHERE delivery_id = {sql_text(delivery_id)}) "
        f"TO '{quoted(path)}' (FORMAT parquet, COMPRESSION zstd)"
    )


def read_profile(folder: Path) -> Profile | None:
    """A delivery's profile; None where there is none, or one of another version."""
    try:
        found = Profile.model_validate_json((folder / "profile.json").read_bytes())
    except (OSError, ValidationError):
        return None
    return found if found.version == PROFILE_VERSION and (folder / "profile.parquet").is_file() else None

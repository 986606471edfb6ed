"""What the record checks of admission look at: a feed's new conformed rows, with what is known of each beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from expectations.catalogue import CheckError
from expectations.contract_rules import RECORDS, code_repeats_quietly, conformed_column, label_of
from expectations.place_defects import OUTPUT, judged_places
from expectations.places import CELLS
from expectations.scratch import Scratch, quoted
from expectations.tables import sql_text
from ingest.contract import Contract, load_fields
from ingest.normalise.schema import PROVENANCE, conformed_schema
from ingest.report import ConformReport

_WITH_PLACES = ("fund_report", "area_statistic", "site")
_SPOT = ("delivery_id", "sheet", "row_number")


def parquet(paths: Sequence[Path]) -> str:
    """SQL that reads these files as one table."""
    names = ", ".join(f"'{quoted(path)}'" for path in paths)
    return f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)"


def load_records(database: Scratch, contract: Contract, new: Sequence[ConformReport]) -> None:
    """Make `typed` (rows as they were typed) and `delivery_records`. Grain of both: record (an area's indicators side by side).

    `delivery_records` has every conformed column, `typed_<field>` where the cell of a name or year stood otherwise,
    `key_count` (rows with the same key), `key_first_row`, `key_is_same`, `key_differs` (of a row that repeats the key of an
    earlier one: that row, whether all its figures are the same, and which are not), `code_count` (rows with the same fund
    code and period), `twin_code` (another fund of the same name, village, tambon and figures), and the `place_…` columns of
    `expectations.place_defects`.

    Raises:
        CheckError: a conformed file lacks declared columns (made by another version).
    """
    connection = database.connection
    connection.execute(
        f"CREATE VIEW conformed AS SELECT * FROM {parquet([report.conformed_path for report in new])}"
    )
    lacking = sorted(set(conformed_schema(contract.record_kind)) - set(database.columns("conformed")))
    if lacking:
        raise CheckError(
            f"{contract.feed}: ไฟล์ที่แปลงแล้วขาดคอลัมน์ ให้แปลงใหม่ · "
            "conformed files lack columns, conform them again: " + ", ".join(lacking)
        )
    if contract.record_kind == "area_statistic":
        wide = ", ".join(
            f"max(value) FILTER (WHERE indicator_code = '{code}') AS {code}"
            for code in load_fields().indicators
        )
        connection.execute(
            f"CREATE TABLE records AS SELECT * EXCLUDE (indicator_code, value), {wide} FROM conformed GROUP BY ALL"
        )
    else:
        connection.execute("CREATE VIEW records AS SELECT * FROM conformed")
    _load_typed(database, contract, new)
    _load_doubles(database, contract)
    _load_codes(database, contract)
    _load_places(database, contract)
    spot = " AND ".join(f"records.{name} = {{0}}.{name}" for name in _SPOT)
    place = " AND ".join(f"records.{name} IS NOT DISTINCT FROM place_defect.{name}" for name in CELLS)
    told = ", ".join(f"place_defect.{name}" for name in OUTPUT if name not in CELLS)
    typed = ", ".join(_typed_columns(contract))
    _load_usual(database, contract)
    numbers = (
        ", ".join(f"{_fits('records.' + name)} AS {name}_fits" for name in _numbers(contract))
        or "NULL::BOOLEAN AS no_number"
    )
    connection.execute(
        f"""
        CREATE TABLE {RECORDS} AS
        SELECT records.*, {typed}, coalesce(doubled.key_count, 1) AS key_count, doubled.key_first_row,
            coalesce(doubled.key_is_same, false) AS key_is_same, doubled.key_differs,
            coalesce(coded.code_count, 1) AS code_count, twin.twin_code, {told},
            typed."{contract.period.field}" AS typed_year, {_is_typed("loans_outstanding_thb", contract)} AS loans_typed,
            length(records.reported_tambon_code) = 8 AND usual.six_digits > 0.5 AS code_is_odd,
            avg(CAST(coalesce(place_defect.place_defect = 'amphoe_short', false) AS INTEGER)) OVER of_delivery
                AS amphoe_short_share,
            avg(CAST(coalesce(place_defect.place_defect = 'province_short', false) AS INTEGER)) OVER of_delivery
                AS province_short_share,
            {numbers}, {_shape(contract, "records")} AS code_shape, usual.* EXCLUDE (delivery_id, six_digits)
        FROM records
        INNER JOIN usual ON usual.delivery_id = records.delivery_id
        LEFT JOIN typed ON {spot.format("typed")}
        LEFT JOIN doubled ON {spot.format("doubled")}
        LEFT JOIN coded ON {spot.format("coded")}
        LEFT JOIN twin ON {spot.format("twin")}
        LEFT JOIN place_defect ON {place}
        WINDOW of_delivery AS (PARTITION BY records.delivery_id)
        """
    )


def _load_typed(database: Scratch, contract: Contract, new: Sequence[ConformReport]) -> None:
    """View `typed`: a column for every field of the contract, also of those that no file has."""
    paths = [
        report.typed_path for report in new if report.typed_path is not None and report.typed_path.is_file()
    ]
    nothing = ", ".join(
        f"NULL::{'BIGINT' if name == 'row_number' else 'VARCHAR'} AS {name}" for name in _SPOT
    )
    source = parquet(paths) if paths else f"(SELECT {nothing} LIMIT 0)"
    database.connection.execute(f"CREATE VIEW typed_given AS SELECT * FROM {source}")
    given = database.columns("typed_given")
    fields = ", ".join(
        f'"{field}"' if field in given else f'NULL::VARCHAR AS "{field}"' for field in all_fields(contract)
    )
    database.connection.execute(f"CREATE VIEW typed AS SELECT {', '.join(_SPOT)}, {fields} FROM typed_given")


def all_fields(contract: Contract) -> list[str]:
    """The contract's fields, and that of its period."""
    return list(dict.fromkeys((*contract.by_field, contract.period.field)))


def _typed_columns(contract: Contract) -> list[str]:
    """Names and years as typed, where that is not what was read."""
    fields = load_fields()
    told = [field for field in all_fields(contract) if contract_type(field) in ("text", "year")]
    return [
        f'CASE WHEN typed."{field}" IS DISTINCT FROM CAST(records.{conformed_column(field)} AS VARCHAR) '
        f'THEN typed."{field}" END AS typed_{field}'
        for field in told
        if field in fields.identity
    ] or ["NULL::VARCHAR AS typed_nothing"]


def contract_type(field: str) -> str | None:
    """The type of an identity field; None for a measure."""
    known = load_fields().identity.get(field)
    return known.type if known else None


def _is_typed(field: str, contract: Contract) -> str:
    return f'typed."{field}" IS NOT NULL' if field in contract.by_field else "false"


def _numbers(contract: Contract) -> list[str]:
    """Numbers of registers that may be juristic numbers."""
    return [name for name in ("juristic_number", "registration_number") if name in contract.by_field]


def _shape(contract: Contract, table: str) -> str:
    """A fund's code with 9 for each digit and A for each letter: how the list writes its codes."""
    return shape_sql(f"{table}.fund_code") if contract.record_kind == "fund_report" else "NULL::VARCHAR"


def _shape_share(contract: Contract) -> str:
    if contract.record_kind != "fund_report":
        return "NULL::DOUBLE"
    return (
        f"(SELECT avg(CAST({_shape(contract, 'r')} = u.code_shape_usual AS INTEGER)) FROM records AS r "
        "WHERE r.delivery_id = u.delivery_id)"
    )


def shape_sql(code: str) -> str:
    """SQL of a code's shape."""
    return f"regexp_replace(regexp_replace({code}, '[0-9]', '9', 'g'), '[A-Za-zก-๙]', 'A', 'g')"


def _fits(column: str) -> str:
    """Whether thirteen digits pass their check digit: (11 − Σ digit × (14 − place) mod 11) mod 10; NULL for other numbers."""
    total = " + ".join(f"CAST(substr({column}, {at}, 1) AS INTEGER) * {14 - at}" for at in range(1, 13))
    is_number = f"regexp_full_match({column}, '[0-9]{{13}}')"
    return f"CASE WHEN {is_number} THEN (11 - ({total}) % 11) % 10 = CAST(substr({column}, 13, 1) AS INTEGER) END"


def _load_usual(database: Scratch, contract: Contract) -> None:
    """Table `usual`, grain delivery: what nearly all of its rows have, against which a single row is odd."""
    period = contract.period.field
    own = "".join(
        f""",
            avg(CAST({_fits("records." + name)} AS INTEGER)) AS {name}_passes, mode(length(records.{name})) AS {name}_usual,
            count(records.{name}) AS {name}_count"""
        for name in _numbers(contract)
    )
    shares = "".join(
        f""",
        (SELECT avg(CAST(length(r.{name}) = u.{name}_usual AS INTEGER)) FROM records AS r
            WHERE r.delivery_id = u.delivery_id) AS {name}_usual_share"""
        for name in _numbers(contract)
    )
    database.connection.execute(
        f"""
        CREATE TABLE usual AS
        WITH told AS (
            SELECT records.delivery_id, count(*) AS rows_of_delivery, mode(records.{period}) AS usual_year,
                avg(CAST(length(reported_tambon_code) = 6 AS INTEGER)) AS six_digits,
                avg(CAST(regexp_matches(typed."{period}", '2[45][0-9][0-9]|๒[๔๕]') AS INTEGER)) AS years_in_be,
                mode({_shape(contract, "records")}) AS code_shape_usual, count({_shape(contract, "records")}) AS codes_given{own}
            FROM records LEFT JOIN typed ON typed.delivery_id = records.delivery_id AND typed.sheet = records.sheet
                AND typed.row_number = records.row_number
            GROUP BY records.delivery_id
        )
        SELECT u.*, (SELECT avg(CAST(r.{period} = u.usual_year AS INTEGER)) FROM records AS r
            WHERE r.delivery_id = u.delivery_id) AS usual_year_share,
            {_shape_share(contract)} AS code_shape_share{shares}
        FROM told AS u
        """
    )


def _load_doubles(database: Scratch, contract: Contract) -> None:
    """Table `doubled`: the rows of keys that stand more than once, each beside the first of them."""
    connection = database.connection
    keys = ["delivery_id", *(conformed_column(field) for field in contract.key)]
    same_key = " AND ".join(f"records.{key} IS NOT DISTINCT FROM twice.{key}" for key in keys)
    left_out = {*PROVENANCE, *keys}
    compared = [name for name in database.columns("records") if name not in left_out]
    parted = ", ".join(f"records.{key}" for key in keys)
    first = f"first_value({{0}}) OVER (PARTITION BY {parted} ORDER BY records.sheet, records.row_number)"
    differs = ", ".join(
        f"CASE WHEN here.{name} IS DISTINCT FROM here.first_{name} THEN {sql_text(label_of(name))} END"
        for name in compared
    )
    firsts = ", ".join(f"{first.format('records.' + name)} AS first_{name}" for name in compared)
    connection.execute(
        f"""
        CREATE TABLE doubled AS
        WITH twice AS (
            SELECT {", ".join(keys)}, count(*) AS key_count FROM records GROUP BY ALL HAVING count(*) > 1
        ), here AS (
            SELECT records.*, twice.key_count, {firsts}, {first.format("records.row_number")} AS first_row,
                {first.format("records.sheet")} AS first_sheet
            FROM records INNER JOIN twice ON {same_key}
        ), told AS (
            SELECT {", ".join(_SPOT)}, key_count, nullif(concat_ws(', ', {differs}), '') AS key_differs,
                CASE WHEN (first_sheet, first_row) <> (sheet, row_number) THEN first_row END AS key_first_row FROM here
        )
        SELECT *, key_first_row IS NOT NULL AND key_differs IS NULL AS key_is_same FROM told
        """
    )


def _load_codes(database: Scratch, contract: Contract) -> None:
    """Tables `coded` (rows whose fund code stands twice in a period) and `twin` (one fund under two codes)."""
    period = contract.period.field
    spot = ", ".join(_SPOT)
    quiet = code_repeats_quietly(contract)
    of_code = "fund_code IS NOT NULL" if quiet else "false"
    code = "fund_code" if contract.record_kind == "fund_report" else "NULL::VARCHAR"
    measures = [name for name in load_fields().fund_measures if name in contract.by_field]
    fund = (
        contract.record_kind == "fund_report"
        and {"fund_code", "moo"} <= contract.by_field.keys()
        and measures
    )
    connection = database.connection
    connection.execute(
        f"""
        CREATE TABLE coded AS
        SELECT {spot}, count(*) OVER (PARTITION BY delivery_id, {code}, {period}) AS code_count
        FROM records WHERE {of_code} QUALIFY code_count > 1
        """
    )
    place = "coalesce(reported_code6, concat_ws('/', reported_tambon, reported_amphoe, reported_province))"
    connection.execute(
        f"""
        CREATE TABLE twin AS
        SELECT {spot}, min(fund_code) OVER same AS twin_code
        FROM records WHERE fund_code IS NOT NULL AND moo > 0 AND {place} <> '' AND fund_name IS NOT NULL
            AND greatest({", ".join(measures)}) > 0
        WINDOW same AS (
            PARTITION BY delivery_id, {period}, programme_code, fund_name, moo, {place}, {", ".join(measures)}
        )
        QUALIFY min(fund_code) OVER same <> fund_code AND count(*) OVER same = 2
        """
        if fund
        else f"CREATE TABLE twin AS SELECT {spot}, NULL::VARCHAR AS twin_code FROM records LIMIT 0"
    )


def _load_places(database: Scratch, contract: Contract) -> None:
    """Table `place_defect`: the distinct places that have one."""
    found = pl.DataFrame(schema=OUTPUT)
    if contract.record_kind in _WITH_PLACES:
        cells = ", ".join(CELLS)
        rows = database.rows(f"SELECT DISTINCT {cells} FROM records")
        found = judged_places(pl.DataFrame(rows, schema=dict.fromkeys(CELLS, pl.String), orient="row"))
    with tempfile.TemporaryDirectory(prefix="tambon-places-") as folder:
        path = Path(folder) / "places.parquet"
        found.write_parquet(path)
        database.connection.execute(
            f"CREATE TABLE place_defect AS SELECT * FROM read_parquet('{quoted(path)}')"
        )

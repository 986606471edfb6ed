"""Which record each row of a delivery is about, and where it lies: for every row of every judged delivery.

A record is what the contract's key says it is, told apart by its own code where it has one and else by its name and
place. So a row is the same record when its file is sent again, in another order, with another figure, or with a place
or code that was missing before.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from expectations.contract_rules import conformed_column
from expectations.scratch import Scratch, quoted
from expectations.tables import sql_text
from ingest.contract import Contract
from ingest.home import Home

ROWS = "life_row"
PLACES = "life_place"
DELIVERIES = "life_delivery"

_CELLS = ("reported_tambon_code", "reported_code6", "reported_tambon", "reported_amphoe", "reported_province")
_NAMES = {
    "tambon": "ตำบล|แขวง|ต *[.]|ต ",
    "amphoe": "กิ่งอำเภอ|กิ่ง *อ *[.]|อำเภอ|เขต|อ *[.]|อ ",
    "province": "จังหวัด|จ *[.]|จ ",
}
# Own code, and the words that name a record where that is missing, by record kind (conformed columns).
_CODES: dict[str, tuple[str, ...]] = {
    "fund_report": ("fund_code",),
    "site": ("site_code",),
    "event": ("event_code", "participant_code"),
    "published_total": ("total_code",),
    "area_statistic": ("reported_code6",),
}
_WORDS: dict[str, tuple[str, ...]] = {
    "fund_report": ("fund_name", "moo"),
    "site": ("site_name", "moo"),
    "event": ("event_code", "participant_name"),
    "published_total": (),
    "area_statistic": (),
}
_PLACE_FIELDS = frozenset(("tambon_code", "tambon", "amphoe", "province", "moo"))


def load_records(database: Scratch, home: Home, contracts: Mapping[str, Contract]) -> None:
    """Make `life_delivery`, `life_place` and `life_row` from the deliveries of `dq_delivery` whose feed is declared.

    `life_row`, grain row of a delivery: `delivery_id, sequence, sheet, row_number, place_no, by_code, by_words` (hashes
    of the record, NULL where it cannot be told), `label` (the record in words), `conformed`.
    """
    feeds = ", ".join(map(sql_text, contracts)) or "NULL"
    database.connection.execute(
        f"""
        CREATE TABLE {DELIVERIES} AS
        SELECT delivery_id, feed_code, agency_code, record_kind, sequence, status = 'admitted' AS admitted,
            first_fiscal_year AS first_year, last_fiscal_year AS last_year,
            CASE WHEN first_fiscal_year = last_fiscal_year THEN first_fiscal_year END AS only_year,
            coalesce(rows_conformed, 0) AS row_count,
            CASE WHEN first_fiscal_year IS NULL THEN ''
                WHEN first_fiscal_year = last_fiscal_year THEN CAST(first_fiscal_year AS VARCHAR)
                ELSE concat(first_fiscal_year, '-', last_fiscal_year) END AS period
        FROM dq_delivery WHERE record_kind IS NOT NULL AND feed_code IN ({feeds});
        CREATE TABLE {ROWS} (delivery_id VARCHAR, sequence BIGINT, sheet VARCHAR, row_number BIGINT, place_no BIGINT,
            by_code UBIGINT, by_words UBIGINT, label VARCHAR, conformed BOOLEAN);
        """
    )
    files = conformed_files(database, home, contracts)
    _load_places(database, [path for paths in files.values() for path in paths])
    for feed, paths in files.items():
        contract = contracts[feed]
        if paths:
            _load_rows(database, contract, paths)
            _load_rejected(database, contract, paths)


def conformed_files(
    database: Scratch, home: Home, contracts: Mapping[str, Contract]
) -> dict[str, list[Path]]:
    """Files of conformed rows of the deliveries in `life_delivery`, by feed, in order of arrival."""
    known = database.rows(
        f"SELECT feed_code, list(delivery_id ORDER BY sequence) FROM {DELIVERIES} GROUP BY ALL"
    )
    return {
        feed: [path for one in ids if (path := _conformed(home, contracts[feed], one)).is_file()]
        for feed, ids in known
    }


def _conformed(home: Home, contract: Contract, delivery_id: str) -> Path:
    folder = f"{contract.agency_code}.{contract.feed_name}"
    return home.conformed / contract.record_kind / folder / f"{delivery_id}.parquet"


def _parquet(paths: list[Path]) -> str:
    names = ", ".join(f"'{quoted(path)}'" for path in paths)
    return f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)"


def _bare(column: str, level: str) -> str:
    """A place's name without the word for what it is, spaces and marks: SQL."""
    stripped = f"regexp_replace(lower({column}), '^ *({_NAMES[level]})', '')"
    return f"nullif(regexp_replace({stripped}, '[\\s\\p{{P}}ฯ]+', '', 'g'), '')"


def _load_places(database: Scratch, paths: list[Path]) -> None:
    """`life_place`: every distinct place as reported, with the codes it was resolved to.

    Codes are the warehouse's (`dim_place`); those of held deliveries, which it has not seen, are taken from a six-digit
    code or a province's name as they stand.
    """
    columns = dict.fromkeys(_CELLS, "VARCHAR")
    reported = (
        f"SELECT DISTINCT {', '.join(_CELLS)} FROM {_parquet(paths)}"
        if paths
        else "SELECT "
        + ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns.items())
        + " WHERE false"
    )
    resolved = {"place_id", "tambon_code", "amphoe_code", "province_code", *_CELLS} <= columns_there(
        database, "wh.dim_place"
    )
    same = " AND ".join(f"known.{cell} IS NOT DISTINCT FROM place.{cell}" for cell in _CELLS)
    known = f"LEFT JOIN wh.dim_place AS known ON {same}" if resolved else ""
    tambon = {"province_code", "province_name_th"} <= columns_there(database, "wh.dim_tambon")
    provinces = (
        f"SELECT DISTINCT province_code, {_bare('province_name_th', 'province')} AS province_key FROM wh.dim_tambon"
        if tambon
        else "SELECT NULL::VARCHAR AS province_code, NULL::VARCHAR AS province_key WHERE false"
    )

    def code(level: str, digits: int) -> str:
        found = f"known.{level}_code, " if resolved else ""
        own = f"substr(place.reported_code6, 1, {digits})"
        # A place that the warehouse could not resolve stays without a tambon; its own code is only taken where it never saw it.
        own = f"CASE WHEN known.place_id IS NULL THEN {own} END" if resolved else own
        return f"coalesce({found}{own})"

    database.connection.execute(
        f"""
        CREATE TABLE {PLACES} AS
        WITH place AS (SELECT *, row_number() OVER () AS place_no FROM ({reported})),
        province AS ({provinces})
        SELECT place.*,
            {_bare("place.reported_tambon", "tambon")} AS tambon_key,
            {_bare("place.reported_amphoe", "amphoe")} AS amphoe_key,
            {_bare("place.reported_province", "province")} AS province_key,
            {code("tambon", 6)} AS tambon_code, {code("amphoe", 4)} AS amphoe_code,
            coalesce({code("province", 2)}, province.province_code) AS province_code
        FROM place {known}
        LEFT JOIN province ON province.province_key = {_bare("place.reported_province", "province")}
        """
    )


def columns_there(database: Scratch, table: str) -> set[str]:
    """Columns of a table of the warehouse; none where it is not there."""
    import duckdb

    try:
        return set(database.columns(table))
    except duckdb.Error:
        return set()


def _period(contract: Contract) -> str | None:
    """The conformed column of a record's year; None where the code says it all."""
    return (
        contract.period.field if contract.record_kind in ("fund_report", "area_statistic", "site") else None
    )


def _others(contract: Contract) -> list[str]:
    """Fields of the key that are neither code, name, place nor year: the network, the programme, …"""
    kind = contract.record_kind
    usual = {*_CODES[kind], *_WORDS[kind], *_PLACE_FIELDS, contract.period.field}
    usual |= {"participant_name", "fund_name", "site_name"}
    return [conformed_column(field) for field in contract.key if field not in usual]


def _identity(contract: Contract, row: str, place: str, year: str) -> tuple[str, str, str]:
    """SQL of a record's hash by code, its hash by words, and the record in words."""
    kind = contract.record_kind
    codes = [f"{row}.{column}" for column in _CODES[kind]]
    others = [f"coalesce(CAST({row}.{column} AS VARCHAR), '')" for column in _others(contract)]
    rest = ", ".join([f"coalesce(CAST({year} AS VARCHAR), '')", *others])
    # What is told apart by one list's own code is that list's; so the feed is part of it.
    feed = sql_text(contract.feed)
    given = " AND ".join(f"{code} IS NOT NULL" for code in codes)
    by_code = f"CASE WHEN {given} THEN md5_number_lower(concat_ws('|', 'c', {feed}, {', '.join(codes)}, {rest})) END"
    area = f"coalesce({place}.tambon_key, ''), coalesce({place}.amphoe_key, ''), coalesce({place}.province_key, '')"
    if kind == "area_statistic":
        named, words = f"{place}.tambon_key IS NOT NULL", area
    elif _WORDS[kind]:
        first, *more = (f"{row}.{column}" for column in _WORDS[kind])
        said = [f"regexp_replace(lower({first}), '[\\s\\p{{P}}ฯ]+', '', 'g')"]
        said += [
            f"coalesce(regexp_replace(lower(CAST({column} AS VARCHAR)), '\\s+', '', 'g'), '')"
            for column in more
        ]
        named = f"{first} IS NOT NULL" + (f" AND {more[0]} IS NOT NULL" if kind == "event" else "")
        words = ", ".join([*said, *([area] if kind != "event" else [])])
    else:
        named, words = "false", "''"
    by_words = f"CASE WHEN {named} THEN md5_number_lower(concat_ws('|', 'w', {feed}, {words}, {rest})) END"
    name = f"{row}.{_WORDS[kind][-1 if kind == 'event' else 0]}" if _WORDS[kind] else "NULL"
    if kind == "area_statistic":
        name = f"concat_ws(' ', {place}.reported_tambon, {place}.reported_amphoe, {place}.reported_province)"
    label = (
        f"nullif(concat_ws(' / ', coalesce({codes[-1]}, nullif(CAST({name} AS VARCHAR), '')), "
        f"CAST({year} AS VARCHAR)), '')"
    )
    return by_code, by_words, label


def _load_rows(database: Scratch, contract: Contract, paths: list[Path]) -> None:
    cells = " AND ".join(f"place.{cell} IS NOT DISTINCT FROM row.{cell}" for cell in _CELLS)
    year = f"row.{period}" if (period := _period(contract)) else "NULL"
    by_code, by_words, label = _identity(contract, "row", "place", year)
    # An area's indicators were one row of the file.
    distinct = "DISTINCT" if contract.record_kind == "area_statistic" else ""
    database.connection.execute(
        f"""
        INSERT INTO {ROWS}
        SELECT {distinct} row.delivery_id, known.sequence, row.sheet, row.row_number, place.place_no,
            {by_code}, {by_words}, {label}, true
        FROM {_parquet(paths)} AS row
        INNER JOIN {DELIVERIES} AS known ON known.delivery_id = row.delivery_id
        LEFT JOIN {PLACES} AS place ON {cells}
        """
    )


def _load_rejected(database: Scratch, contract: Contract, conformed: list[Path]) -> None:
    """Rows that were left out: the record as far as their cells tell it.

    A year that cannot be read is the delivery's only one.
    """
    paths = [found for path in conformed if (found := path.with_suffix(".rejected.parquet")).is_file()]
    if not paths:
        return
    wanted = ("tambon_code", "tambon", "amphoe", "province", contract.period.field)
    fields = dict.fromkeys(
        (*wanted, *_CODES[contract.record_kind], *_WORDS[contract.record_kind], *contract.key)
    )
    fields.pop("reported_code6", None)
    headers = [
        (delivery, field, header)
        for path in conformed
        for delivery, field, header in _headers(path)
        if field in fields
    ]
    if not headers:
        return
    told = pl.DataFrame(headers, schema=["delivery_id", "field", "header"], orient="row")
    picked = ", ".join(
        f"nullif(trim(max(cell.value) FILTER (WHERE told.field = {sql_text(field)})), '') AS {field}"
        for field in fields
    )
    with as_view(database, "life_told", told):
        frame = database.connection.sql(
            f"""
            WITH row AS (
                SELECT delivery_id, sheet, row_number,
                    unnest(map_entries(TRY_CAST(TRY_CAST(cells_json AS JSON) AS MAP(VARCHAR, VARCHAR)))) AS cell
                FROM {_parquet(paths)} WHERE disposition = 'rejected'
            )
            SELECT row.delivery_id, row.sheet, row.row_number, {picked.replace("cell.value", "row.cell.value")}
            FROM row INNER JOIN life_told AS told ON told.delivery_id = row.delivery_id AND told.header = row.cell.key
            GROUP BY ALL
            """
        ).pl()
    _add_rejected(database, contract, _with_codes(contract, frame))


def _headers(conformed: Path) -> list[tuple[str, str, str]]:
    """(delivery, field, header) of a delivery, from its conform report."""
    try:
        report = json.loads(conformed.with_suffix(".report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [(conformed.stem, field, header) for header, field in report.get("headers_matched", {}).items()]


def _with_codes(contract: Contract, frame: pl.DataFrame) -> pl.DataFrame:
    """Cells of codes as conforming would have read them."""
    from ingest.normalise.codes import parse_code
    from ingest.normalise.text import clean_text

    for field in frame.columns[3:]:
        column = contract.by_field.get(field)
        frame = frame.with_columns(clean_text(frame[field]).alias(field))
        if field in _CODES[contract.record_kind]:
            width = column.width if column else None
            frame = frame.with_columns(parse_code(frame[field], width=width).value.alias(field))
    return frame


def _add_rejected(database: Scratch, contract: Contract, frame: pl.DataFrame) -> None:
    kind = contract.record_kind
    present = set(frame.columns)
    # What the file has no column for (or the contract fills in) is not known of a row that was left out.
    lacking = {*_others(contract), *_CODES[kind], *_WORDS[kind]} - present - {"reported_code6"}
    code6 = (
        "regexp_extract(translate(row.tambon_code, '๐๑๒๓๔๕๖๗๘๙', '0123456789'), '^\\D*(\\d{6})', 1)"
        if "tambon_code" in present
        else "NULL::VARCHAR"
    )

    def cell(field: str) -> str:
        return f"row.{field}" if field in present else "NULL::VARCHAR"

    year = "known.only_year"
    if contract.period.field in present:
        digits = f"translate(row.{contract.period.field}, '๐๑๒๓๔๕๖๗๘๙', '0123456789')"
        number = f"TRY_CAST(regexp_extract({digits}, '^\\D*((19|20|24|25)\\d\\d)(\\D|$)', 1) AS INTEGER)"
        year = f"coalesce(CASE WHEN {number} >= 2400 THEN {number} - 543 ELSE {number} END, known.only_year)"
    if _period(contract) is None:
        year = "NULL"
    by_code, by_words, label = _identity(contract, "told", "told", "told.year")
    with as_view(database, "life_frame", frame):
        database.connection.execute(
            f"""
            INSERT INTO {ROWS}
            WITH told AS (
                SELECT row.*, {"".join(f"NULL::VARCHAR AS {column}, " for column in sorted(lacking))}
                    known.sequence, {year} AS year, nullif({code6}, '') AS reported_code6,
                    {_bare(cell("tambon"), "tambon")} AS tambon_key, {_bare(cell("amphoe"), "amphoe")} AS amphoe_key,
                    {_bare(cell("province"), "province")} AS province_key, {cell("tambon")} AS reported_tambon,
                    {cell("amphoe")} AS reported_amphoe, {cell("province")} AS reported_province
                FROM life_frame AS row INNER JOIN {DELIVERIES} AS known USING (delivery_id)
            ),
            area AS (SELECT reported_code6, tambon_key, amphoe_key, province_key, min(place_no) AS place_no
                FROM {PLACES} GROUP BY ALL)
            SELECT told.delivery_id, told.sequence, told.sheet, told.row_number, area.place_no,
                {by_code}, {by_words}, {label}, false
            FROM told LEFT JOIN area ON area.reported_code6 IS NOT DISTINCT FROM told.reported_code6
                AND area.tambon_key IS NOT DISTINCT FROM told.tambon_key
                AND area.amphoe_key IS NOT DISTINCT FROM told.amphoe_key
                AND area.province_key IS NOT DISTINCT FROM told.province_key
            """
        )


@contextmanager
def as_view(database: Scratch, name: str, frame: pl.DataFrame) -> Iterator[None]:
    """A frame as a view of the scratch database for the time of a block."""
    with tempfile.TemporaryDirectory(prefix="tambon-life-") as folder:
        path = Path(folder) / "frame.parquet"
        frame.write_parquet(path)
        database.connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{quoted(path)}')")
        try:
            yield
        finally:
            database.connection.execute(f"DROP VIEW {name}")

"""Baseline (a): the whole transformation as one DuckDB script with no tool around it.

    python benchmarks/duckdb_script.py INBOX OUT

Reads the same files as the product and writes `OUT/marts.duckdb`, one Parquet a table, and `OUT/checks.json`. What it leaves out is
what the product is for: rejected rows and cells are not listed but only gone, names are matched exactly or not at all, nothing
is remembered from one run to the next, no check can stop anything, and nothing says where a number came from.
"""

# ruff: noqa: E501 - long expressions read better unbroken here
from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import duckdb
import fastexcel
import pyarrow as pa
import source
from source import Delivery, Field

FUND_MEASURES, INDICATORS = source.measures("fund_measures"), source.measures("indicators")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def digits(cell: str) -> str:
    return f"translate({cell}, '{source.THAI_DIGITS}', '{source.DIGITS}')"


def number(cell: str, field: Field, factor: float) -> str:
    """The number in a cell, not yet held against its limits."""
    text = f"trim({digits(cell)})"
    value = f"try_cast(CASE WHEN regexp_full_match({text}, '{source.NUMBER[1:-1]}') THEN replace({text}, ',', '') END AS double)"
    value = f"coalesce(try_cast({cell} AS double), {value})"
    if factor != 1:
        value = f"round({value} * {factor}, 2)"
    return (
        f"CASE WHEN coalesce(trim({cell}), '') IN ('', '-') THEN 0 ELSE {value} END"
        if field.zero_if_blank
        else value
    )


def name(cell: str, level: str) -> str:
    text = f"replace(regexp_replace({cell}, '[\\x{{200B}}\\x{{2060}}]', '', 'g'), 'ํา', 'ำ')"
    return f"nullif(trim(regexp_replace({text}, '{source.PREFIX[level]}', '')), '')"


def year(cell: str) -> str:
    value = f"try_cast(regexp_extract({digits(cell)}, '^\\s*(\\d{{4}})\\s*$', 1) AS smallint)"
    return f"CASE WHEN {value} > 2400 THEN {value} - 543 ELSE {value} END"


def date(cell: str) -> str:
    """31/01/2566, 12 พ.ค. 64, 12 พฤษภาคม 2564, 2566-01-31 and a workbook's own 2023-01-31 00:00:00."""
    months = (
        "map {"
        + ", ".join(
            f"{quoted(m)}: {i}" for ms in (source.MONTHS, source.LONG_MONTHS) for i, m in enumerate(ms, 1)
        )
        + "}"
    )
    part = f"regexp_extract(trim({digits(cell)}), '^(\\d{{1,2}})[/ ](.+)[/ ](\\d{{2,4}})$', ['d', 'm', 'y'])"
    written = (
        f"list_transform([{part}], lambda p: try_cast(concat_ws('-', CASE WHEN length(p.y) = 2 THEN try_cast(p.y AS int) + 1957 "
        f"ELSE try_cast(p.y AS int) - 543 END, coalesce(try_cast(p.m AS int), {months}[p.m]), p.d) AS date))[1]"
    )
    return f"coalesce(try_cast({cell} AS timestamp)::date, {written})"


def select(delivery: Delivery, headers: list[str], table: str, sheet: str, first_row: int) -> str:
    """One file's columns as typed fields; `table` has columns c0, c1, … and `row_number`."""
    at = source.match_headers(delivery.feed, headers)
    missing = {c["field"] for c in source.contract(delivery.feed)["columns"] if c.get("required")} - at.keys()
    if missing:
        raise ValueError(f"no column for {', '.join(sorted(missing))}")
    cells = {field: f"c{position}" for field, (position, _, _) in at.items()}
    if first_row > 2 and "amphoe" in cells:  # merged downwards in workbooks with title rows
        cells["amphoe"] = f"last_value({cells['amphoe']} IGNORE NULLS) OVER (ORDER BY row_number)"
    place = {field: cells.get(field, "NULL::varchar") for field in source.PLACE}
    out = {
        "feed": quoted(delivery.feed), "sequence": str(delivery.sequence), "file": quoted(delivery.path.name),
        "sheet": quoted(sheet), "row_number": f"row_number + {first_row - 1}",
        "code6": f"nullif(left(regexp_replace({place['tambon_code']}, '\\s', '', 'g'), 6), '')", "area_code": place["tambon_code"],
        **{level: name(place[level], level) for level in ("tambon", "amphoe", "province")},
        "moo": f"try_cast({digits(cells['moo'])} AS smallint)" if "moo" in cells else "NULL::smallint",
    }  # fmt: skip
    period = source.contract(delivery.feed)["period"]["field"]
    out["period"] = year(cells[period]) if period in cells else str(delivery.year)
    if delivery.feed == source.AREA_FEED:
        wanted: tuple[str, ...] = INDICATORS
    else:
        wanted = FUND_MEASURES
        out["programme_code"] = quoted(source.contract(delivery.feed)["programme"])
        for field in source.TEXTS:
            if field not in at:
                out[field] = "NULL::date" if field == "founded_on" else "NULL::varchar"
            elif field == "founded_on":
                out[field] = date(cells[field])
            elif lookup := at[field][1].lookup:
                pairs = ", ".join(f"{quoted(k)}: {quoted(v)}" for k, v in lookup.items())
                out[field] = f"map {{{pairs}}}[trim({cells[field]})]"
            else:
                text = f"nullif(trim({cells[field]}), '')"
                out[field] = (
                    f"lpad({text}, greatest(length({text}), {at[field][1].width})::int, '0')"
                    if at[field][1].width
                    else text
                )
    for measure in wanted:
        out[measure] = number(cells[measure], *at[measure][1:]) if measure in at else "NULL::double"
    columns = ", ".join(f"{expression} AS {column}" for column, expression in out.items())
    limits = {measure: min(at[measure][1].maximum, 1e15) for measure in wanted if measure in at}
    bounded = ", ".join(
        f"CASE WHEN {m} BETWEEN 0 AND {most} THEN {m} END AS {m}" for m, most in limits.items()
    )
    return f"SELECT * REPLACE ({bounded}) FROM (SELECT {columns} FROM {table})"


def load(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Read one file into `fund_raw` or `area_raw`."""
    target = "area_raw" if delivery.feed == source.AREA_FEED else "fund_raw"
    if delivery.path.suffix == ".xlsx":
        book = fastexcel.read_excel(delivery.path)
        for sheet in book.sheet_names:
            cells = book.load_sheet(sheet, header_row=None, dtypes="string").to_arrow()
            try:
                top = zip(
                    *(column.slice(0, source.HEADER_ROWS).to_pylist() for column in cells.columns),
                    strict=True,
                )
                start, headers = source.find_header(delivery.feed, list(top))
            except ValueError:
                continue  # a sheet of explanations
            body = cells.slice(start)
            names = [f"c{i}" for i in range(body.num_columns)] + ["row_number"]
            con.register(
                "cells",
                pa.table([*body.columns, pa.array(range(1, body.num_rows + 1), pa.int64())], names=names),
            )
            con.execute(
                f"INSERT INTO {target} BY NAME {select(delivery, headers, 'cells', sheet, start + 1)}"
            )
            con.unregister("cells")
        return
    raw = delivery.path.read_bytes()
    with tempfile.NamedTemporaryFile(suffix=".csv") as copy:
        path = delivery.path
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:  # DuckDB reads no cp874
            text = raw.decode("cp874")
            copy.write(text.encode())
            copy.flush()
            path = Path(copy.name)
        headers = text[: text.index("\n")].strip("\r").split(",")
        types = ", ".join(f"'c{i}': 'varchar'" for i in range(len(headers)))
        table = (
            f"(SELECT *, row_number() OVER () AS row_number FROM read_csv({quoted(str(path))}, skip = 1, header = false, "
            f"columns = {{{types}}}, auto_detect = false, delim = ',', quote = '\"', escape = '\"', null_padding = false))"
        )
        con.execute(f"INSERT INTO {target} BY NAME {select(delivery, headers, table, '', 2)}")


TRANSFORM = """
CREATE TABLE place AS
  SELECT DISTINCT code6, tambon, amphoe, province FROM (SELECT * FROM fund_raw UNION ALL BY NAME SELECT * FROM area_raw);
CREATE TABLE named AS SELECT * REPLACE (
    coalesce(alias.name, province) AS province,
    CASE WHEN amphoe = 'เมือง' THEN concat('เมือง', coalesce(alias.name, province)) ELSE amphoe END AS amphoe
  ), province AS as_written, amphoe AS amphoe_written FROM place LEFT JOIN province_alias AS alias ON province = alias.alias;
CREATE TABLE resolved AS
  WITH by_name AS (
    SELECT tambon, amphoe, province, arg_max(target, is_current) AS target FROM gazetteer GROUP BY tambon, amphoe, province
    HAVING count(DISTINCT CASE WHEN is_current THEN code END) <= 1
      AND (count(DISTINCT target) = 1 OR bool_or(is_current))
  )
  SELECT named.code6, named.tambon, named.amphoe_written AS amphoe, named.as_written AS province,
    CASE
      WHEN coded.target IS NOT NULL AND by_name.target IS NOT NULL AND coded.target <> by_name.target AND coded.tambon <> named.tambon THEN NULL
      ELSE coalesce(coded.target, by_name.target)
    END AS tambon_code
  FROM named LEFT JOIN gazetteer AS coded ON named.code6 = coded.code
  LEFT JOIN by_name ON named.tambon = by_name.tambon AND named.amphoe = by_name.amphoe AND named.province = by_name.province;
CREATE TABLE fct_fund_year_revision AS
  WITH kept AS (
    SELECT *, period AS fiscal_year FROM fund_raw
    WHERE fund_code IS NOT NULL AND fund_name IS NOT NULL AND period IS NOT NULL AND NOT regexp_matches(fund_name, '^รวมทั้ง')
    QUALIFY row_number() OVER (PARTITION BY feed, fund_code, period, sequence ORDER BY sheet DESC, row_number DESC) = 1
  )
  SELECT concat('F', left(md5(concat(feed, chr(31), fund_code)), 16)) AS fund_id, kept.programme_code, fiscal_year,
    row_number() OVER latest AS revision_number, lead(sequence) OVER latest IS NULL AS is_latest,
    CASE WHEN accounts_filed = 'false' OR coalesce({measures}) IS NULL THEN 'not_reported' ELSE 'reported' END AS reporting_status,
    kept.* EXCLUDE (programme_code, fiscal_year, period, area_code), resolved.tambon_code
  FROM kept LEFT JOIN resolved ON kept.code6 IS NOT DISTINCT FROM resolved.code6 AND kept.tambon IS NOT DISTINCT FROM resolved.tambon
    AND kept.amphoe IS NOT DISTINCT FROM resolved.amphoe AND kept.province IS NOT DISTINCT FROM resolved.province
  WINDOW latest AS (PARTITION BY feed, fund_code, fiscal_year ORDER BY sequence);
CREATE TABLE fct_fund_year AS SELECT * FROM fct_fund_year_revision WHERE is_latest;
CREATE TABLE dim_tambon AS
  SELECT code AS tambon_code, tambon, left(code, 4) AS amphoe_code, amphoe, left(code, 2) AS province_code, province, region_code
  FROM gazetteer JOIN region ON left(code, 2) = region.province_code WHERE is_current;
CREATE TABLE fct_tambon_indicator_year AS
  WITH counted AS (
    SELECT tambon_code, period AS calendar_year, area_raw.* FROM area_raw
    LEFT JOIN resolved ON area_raw.code6 IS NOT DISTINCT FROM resolved.code6 AND area_raw.tambon IS NOT DISTINCT FROM resolved.tambon
      AND area_raw.amphoe IS NOT DISTINCT FROM resolved.amphoe AND area_raw.province IS NOT DISTINCT FROM resolved.province
    WHERE population_male IS NOT NULL AND coalesce(area_raw.tambon, '') NOT IN ('', 'รวม')
    QUALIFY row_number() OVER (
      PARTITION BY CASE WHEN tambon_code IS NULL THEN concat(area_raw.tambon, area_raw.amphoe, area_raw.province)
        ELSE coalesce(area_raw.code6, tambon_code) END, period
      ORDER BY sequence DESC, row_number DESC) = 1
  )
  SELECT tambon_code, calendar_year, indicator_code, sum(value) AS value
  FROM (UNPIVOT counted ON {indicators} INTO NAME indicator_code VALUE value) GROUP BY ALL;
CREATE TABLE area_fund AS
  WITH seen AS (
    SELECT tambon_code, programme_code, fiscal_year, 1 AS change, lead(fiscal_year) OVER (PARTITION BY fund_id ORDER BY fiscal_year) AS next
    FROM fct_fund_year
  ), change AS (
    SELECT tambon_code, programme_code, fiscal_year, sum(change) AS change FROM (
      SELECT tambon_code, programme_code, fiscal_year, change FROM seen
      UNION ALL SELECT tambon_code, programme_code, next, -change FROM seen WHERE next IS NOT NULL) GROUP BY ALL
  ), summed AS (
    SELECT tambon_code, programme_code, fiscal_year, count(*) FILTER (reporting_status = 'reported') AS funds_reporting, {sums}
    FROM fct_fund_year GROUP BY ALL
  ), grid AS (
    SELECT * FROM (SELECT code AS tambon_code FROM gazetteer WHERE is_current UNION ALL SELECT NULL)
    CROSS JOIN (SELECT DISTINCT programme_code, fiscal_year FROM fct_fund_year)
  )
  SELECT grid.*, sum(coalesce(change, 0)) OVER (PARTITION BY grid.tambon_code, grid.programme_code ORDER BY grid.fiscal_year) AS funds_known,
    coalesce(funds_reporting, 0) AS funds_reporting, {columns}
  FROM grid LEFT JOIN change ON grid.tambon_code IS NOT DISTINCT FROM change.tambon_code
    AND grid.programme_code = change.programme_code AND grid.fiscal_year = change.fiscal_year
  LEFT JOIN summed ON grid.tambon_code IS NOT DISTINCT FROM summed.tambon_code
    AND grid.programme_code = summed.programme_code AND grid.fiscal_year = summed.fiscal_year;
CREATE TABLE fct_tambon_year AS
  SELECT *, CASE WHEN funds_known = 0 THEN 'no_fund' WHEN funds_reporting = 0 THEN 'not_reported' ELSE 'reported' END AS reporting_status,
    loans_overdue_thb / nullif(loans_outstanding_thb, 0) AS overdue_ratio
  FROM area_fund WHERE tambon_code IS NOT NULL;
CREATE TABLE mart_area_year AS
  WITH placed AS (
    SELECT area_fund.*, dim_tambon.amphoe_code, dim_tambon.province_code, dim_tambon.region_code
    FROM area_fund LEFT JOIN dim_tambon USING (tambon_code)
  ), each AS (FROM placed UNION ALL SELECT * REPLACE ('all' AS programme_code) FROM placed)
  SELECT CASE WHEN grouping(amphoe_code) = 0 THEN 'amphoe' WHEN grouping(province_code) = 0 THEN 'province'
      WHEN grouping(region_code) = 0 THEN 'region' ELSE 'country' END AS area_level,
    coalesce(amphoe_code, province_code, region_code, CASE WHEN grouping(amphoe_code, province_code, region_code) = 7 THEN 'TH' ELSE 'unresolved' END) AS area_code,
    programme_code, fiscal_year, sum(funds_known) AS funds_known, sum(funds_reporting) AS funds_reporting, {sums}
  FROM each GROUP BY GROUPING SETS ((amphoe_code, programme_code, fiscal_year), (province_code, programme_code, fiscal_year),
    (region_code, programme_code, fiscal_year), (programme_code, fiscal_year));
CREATE TABLE mart_tambon_profile AS
  WITH latest AS (SELECT programme_code, max(fiscal_year) AS fiscal_year FROM fct_tambon_year GROUP BY ALL),
  fund AS (SELECT tambon_code, sum(funds_known) AS funds_known, {sums} FROM fct_tambon_year JOIN latest USING (programme_code, fiscal_year) GROUP BY ALL),
  people AS (SELECT tambon_code, sum(value) AS population_total FROM fct_tambon_indicator_year
    WHERE indicator_code = 'population_total' AND calendar_year = (SELECT max(calendar_year) FROM fct_tambon_indicator_year) GROUP BY ALL)
  SELECT dim_tambon.*, fund.* EXCLUDE (tambon_code), population_total, savings_thb / nullif(population_total, 0) AS savings_per_capita_thb
  FROM dim_tambon LEFT JOIN fund USING (tambon_code) LEFT JOIN people USING (tambon_code);
"""

CHECKS = {
    "key": "SELECT count(*) - count(DISTINCT (fund_id, programme_code, fiscal_year)) FROM fct_fund_year",
    "negative": "SELECT count(*) FROM fct_fund_year WHERE least({measures}) < 0",
    "overdue above outstanding": "SELECT count(*) FROM fct_fund_year WHERE loans_overdue_thb > loans_outstanding_thb + 0.5",
    "parts": "SELECT count(*) FROM fct_fund_year WHERE abs(members_persons - members_male_persons - members_female_persons) > 0.5",
    "jump": """SELECT count(*) FROM (SELECT savings_thb AS v, lag(savings_thb) OVER (PARTITION BY fund_id ORDER BY fiscal_year) AS w
        FROM fct_fund_year) WHERE v > 0 AND w > 0 AND greatest(v, w) > 20 * least(v, w)""",
    "unresolved": "SELECT count(*) FROM fct_fund_year WHERE tambon_code IS NULL",
    "roll-up": """SELECT count(*) FROM (SELECT programme_code, fiscal_year, sum(savings_thb) AS s FROM fct_fund_year GROUP BY ALL) f
        JOIN mart_area_year m USING (programme_code, fiscal_year) WHERE m.area_level = 'country' AND abs(f.s - m.savings_thb) > 1""",
}
OUTPUTS = (
    "dim_tambon",
    "fct_fund_year_revision",
    "fct_fund_year",
    "fct_tambon_year",
    "fct_tambon_indicator_year",
    "mart_area_year",
    "mart_tambon_profile",
)


def main(inbox: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(
        config={
            "threads": 2,
            "memory_limit": "16GB",
            "temp_directory": str(out / ".spill"),
            "preserve_insertion_order": True,
        }
    )
    doubles = ", ".join(f"{m} double" for m in FUND_MEASURES)
    common = "feed varchar, sequence int, file varchar, sheet varchar, row_number bigint, code6 varchar, area_code varchar, tambon varchar, amphoe varchar, province varchar, moo smallint, period smallint"
    texts = ", ".join(f"{t} {'date' if t == 'founded_on' else 'varchar'}" for t in source.TEXTS)
    con.execute(f"CREATE TABLE fund_raw ({common}, programme_code varchar, {texts}, {doubles})")
    con.execute(f"CREATE TABLE area_raw ({common}, {', '.join(f'{m} double' for m in INDICATORS)})")
    tables = {
        "gazetteer": pa.Table.from_pylist([place._asdict() for place in source.gazetteer()]),
        "region": pa.table(
            {"province_code": list(source.region_of()), "region_code": list(source.region_of().values())}
        ),
        "province_alias": pa.table(
            {"alias": list(source.province_alias()), "name": list(source.province_alias().values())}
        ),
    }
    for table, content in tables.items():
        con.register("content", content)
        con.execute(f"CREATE TABLE {table} AS FROM content")
    for delivery in source.deliveries(inbox):
        try:
            load(con, delivery)
        except (ValueError, duckdb.InvalidInputException, fastexcel.FastExcelError) as error:
            print(f"left out {delivery.path.name}: {str(error).splitlines()[0]}", file=sys.stderr)
    parts = {
        "measures": ", ".join(FUND_MEASURES), "sums": ", ".join(f"sum({m}) AS {m}" for m in FUND_MEASURES),
        "columns": ", ".join(f"summed.{m}" for m in FUND_MEASURES), "indicators": ", ".join(INDICATORS),
    }  # fmt: skip
    con.execute(TRANSFORM.format(**parts))
    checks = {check: con.execute(sql.format(**parts)).fetchall()[0][0] for check, sql in CHECKS.items()}
    (out / "checks.json").write_text(json.dumps(checks))
    (out / "marts.duckdb").unlink(missing_ok=True)
    con.execute(f"ATTACH {quoted(str(out / 'marts.duckdb'))} AS marts (STORAGE_VERSION 'v1.0.0')")
    for table in OUTPUTS:
        con.execute(f"CREATE TABLE marts.{table} AS FROM {table}")
        con.execute(
            f"COPY {table} TO {quoted(str(out / (table + '.parquet')))} (FORMAT parquet, COMPRESSION zstd)"
        )
    con.execute("DETACH marts")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

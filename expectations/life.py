"""Findings that last: an id that stays with the problem, which findings are still open, and where they lie.

A finding is one check failing on one record (or delivery, or spot of the release). Admission lists the findings of every
delivery ever judged; here those are left out that no longer matter, because the record was sent again or its delivery
was replaced, and the rest gets ids by record and not by row. See docs/decisions/0010.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from expectations.records import DELIVERIES, PLACES, ROWS, columns_there, load_records
from expectations.scratch import Scratch, quoted
from expectations.tables import columns_of
from ingest.contract import Contract
from ingest.home import Home
from ingest.landing import arrivals
from ingest.mending.replaced import replaced_rows

CLOSED = "life_closed"
"""Findings of admission that are open no more: `finding_id, how` (`mended` | `gone`)."""

# A delivery replaces an older one of its feed when it covers its years and, place by place, at least this part of its rows:
# fewer are a correction of some rows, or another office's part of the same list.
REPLACES_FROM = 0.5


def settle_findings(database: Scratch, home: Home, contracts: Mapping[str, Contract]) -> None:
    """Rewrite `dq_finding`: ids that last, places, only what is still open; and make table `life_closed`.

    Grain of `dq_finding` before: as listed, by delivery. After: one row a `finding_id`.
    """
    load_records(database, home, contracts)
    _load_mended(database, home, contracts)
    _number_findings(database, home)
    _find_replaced(database)
    _keep_open(database)


def _load_mended(database: Scratch, home: Home, contracts: Mapping[str, Contract]) -> None:
    """Tables `life_mended` (rows that a mending list took the place of, or took away) and `life_partial` (deliveries of
    mended rows, which never replace a whole one)."""
    landed = arrivals(home)
    admitted = {row[0] for row in database.rows(f"SELECT delivery_id FROM {DELIVERIES} WHERE admitted")}
    rows = (
        replaced_rows(home, contracts, landed, admitted).select("delivery_id", "sheet", "row_number").unique()
    )
    partial = pl.DataFrame(
        {"delivery_id": [arrival.delivery_id for arrival in landed if arrival.is_mending]},
        schema={"delivery_id": pl.String},
    )
    with tempfile.TemporaryDirectory(prefix="tambon-mended-") as folder:
        for name, frame in (("life_mended", rows), ("life_partial", partial)):
            path = Path(folder) / f"{name}.parquet"
            frame.write_parquet(path)
            database.connection.execute(f"CREATE TABLE {name} AS FROM read_parquet('{quoted(path)}')")


def _number_findings(database: Scratch, home: Home) -> None:
    """Table `life_listed`: every listed finding with its record, place and id.

    Where one check fails several times on one record of a delivery (the record stands twice in it), the first by row has
    the plain id, the others one with their number.
    """
    cells = _cells(database, home)
    placed = ("tambon_code", "amphoe_code", "province_code")
    # A fund's report without a place lies in the amphoe and province that its fund is known to be in.
    known = {"fund_id", "tambon_code"} <= columns_there(database, "wh.dim_fund")
    fund = "fund.tambon_code" if known else "NULL"
    funds = "LEFT JOIN wh.dim_fund AS fund ON fund.fund_id = finding.fund_id" if known else ""
    kept = ", ".join(f"finding.{name}" for name in columns_of("dq_finding").split(", ") if name not in
                     ("finding_id", "field", "record_key", *placed))  # fmt: skip
    database.connection.execute(
        f"""
        CREATE TABLE life_listed AS
        WITH cell AS ({cells}),
        listed AS (
            SELECT {kept}, finding.finding_id AS own_id,
                CASE WHEN record.conformed IS DISTINCT FROM false
                    THEN coalesce(finding.field, cell.field, rule.column_name) ELSE finding.field END AS field,
                coalesce(finding.record_key, record.label) AS record_key,
                coalesce(finding.tambon_code, place.tambon_code) AS tambon_code,
                coalesce(place.amphoe_code, substr(coalesce(finding.tambon_code, {fund}), 1, 4)) AS amphoe_code,
                coalesce(place.province_code, substr(coalesce(finding.tambon_code, {fund}), 1, 2)) AS province_code,
                known.sequence, known.admitted, known.period,
                record.by_code, record.by_words, coalesce(record.conformed, false) AS conformed,
                known.record_kind, coalesce(NOT record.conformed, false) AS is_rejected, rule.stage
            FROM dq_finding AS finding
            LEFT JOIN (SELECT DISTINCT ON (check_id) check_id, stage, column_name FROM dq_check) AS rule USING (check_id)
            LEFT JOIN {DELIVERIES} AS known ON known.delivery_id = finding.delivery_id
            LEFT JOIN (SELECT * FROM {ROWS} SEMI JOIN dq_finding USING (delivery_id, sheet, row_number)) AS record
                ON record.delivery_id = finding.delivery_id AND record.sheet = finding.sheet
                AND record.row_number = finding.row_number
            LEFT JOIN {PLACES} AS place ON place.place_no = record.place_no
            {funds}
            LEFT JOIN cell ON cell.delivery_id = finding.delivery_id AND cell.sheet = finding.sheet
                AND cell.row_number = finding.row_number AND cell.column_name = finding.column_name
        ),
        based AS (
            SELECT *,
                CASE
                    WHEN stage IS DISTINCT FROM 'admission' THEN own_id
                    WHEN row_number IS NULL THEN md5(concat_ws('|', check_id, feed_code, period, coalesce(field, '')))
                    ELSE md5(concat_ws('|', check_id, feed_code, coalesce(
                            CAST(coalesce(by_code, by_words) AS VARCHAR), concat_ws('|', period, sheet, row_number, value)),
                        CASE WHEN is_rejected THEN '' ELSE coalesce(field, column_name, '') END))
                END AS base
            FROM listed
        )
        SELECT * EXCLUDE (base), CASE WHEN nth = 1 THEN base ELSE md5(concat_ws('|', base, nth)) END AS finding_id
        FROM (
            SELECT *, row_number() OVER (
                PARTITION BY base, CASE WHEN stage = 'admission' THEN delivery_id END
                ORDER BY sheet, row_number, value, column_name, expected, own_id
            ) AS nth
            FROM based
        )
        """
    )


def _cells(database: Scratch, home: Home) -> str:
    """Which field stands under a header, for findings on cells that could not be read: SQL."""
    columns = "delivery_id, sheet, row_number, column_name"
    paths = [
        found
        for (kind, feed, delivery) in database.rows(
            f"SELECT DISTINCT record_kind, feed_code, delivery_id FROM {DELIVERIES} SEMI JOIN dq_finding USING (delivery_id)"
        )
        if (found := home.conformed / kind / feed.replace("/", ".") / f"{delivery}.cells.parquet").is_file()
    ]
    if not paths:
        return (
            "SELECT NULL::VARCHAR AS delivery_id, NULL::VARCHAR AS sheet, NULL::BIGINT AS row_number, "
            "NULL::VARCHAR AS column_name, NULL::VARCHAR AS field WHERE false"
        )
    files = ", ".join(f"'{quoted(path)}'" for path in paths)
    return f"SELECT {columns}, min(field) AS field FROM read_parquet([{files}], union_by_name = true) GROUP BY ALL"


def _find_replaced(database: Scratch) -> None:
    """Tables `life_replaced` (rows of deliveries whose record was sent again) and `life_superseded` (deliveries)."""
    last = {
        "admitted_conformed": "known.admitted AND row.conformed",
        "admitted_any": "known.admitted",
        "held_conformed": "row.conformed",
        "held_any": "true",
    }
    # What is admitted stands until something admitted replaces it;
    # what was left out replaces only what was left out too.
    kind = """CASE WHEN listed.admitted AND listed.conformed THEN {0}.admitted_conformed
        WHEN listed.admitted THEN {0}.admitted_any WHEN listed.conformed THEN {0}.held_conformed ELSE {0}.held_any END"""

    def newest(key: str, where: str) -> str:
        maxima = ", ".join(f"max(row.sequence) FILTER (WHERE {one}) AS {name}" for name, one in last.items())
        return (
            f"SELECT row.{key}, {maxima} FROM {ROWS} AS row INNER JOIN {DELIVERIES} AS known USING (delivery_id) "
            f"WHERE row.{key} IN (SELECT {key} FROM life_listed) AND {where} GROUP BY ALL"
        )

    # Two records with different codes are two records, though their words be the same; but an area is its name.
    database.connection.execute(
        f"""
        CREATE TABLE life_replaced AS
        WITH code AS ({newest("by_code", "true")}), word AS ({newest("by_words", "true")}),
        uncoded AS ({newest("by_words", "row.by_code IS NULL")})
        SELECT DISTINCT listed.delivery_id, listed.sheet, listed.row_number
        FROM life_listed AS listed
        LEFT JOIN code ON code.by_code = listed.by_code
        LEFT JOIN word ON word.by_words = listed.by_words
            AND (listed.by_code IS NULL OR listed.record_kind = 'area_statistic')
        LEFT JOIN uncoded ON uncoded.by_words = listed.by_words
        WHERE listed.stage = 'admission' AND listed.row_number IS NOT NULL AND greatest(
            {kind.format("code")}, {kind.format("word")}, {kind.format("uncoded")}) > listed.sequence
        """
    )
    database.connection.execute(
        f"""
        CREATE TABLE life_superseded AS
        WITH placed AS (
            SELECT row.delivery_id, coalesce(place.amphoe_code, '') AS amphoe,
                coalesce(place.province_code, place.province_key, '') AS province,
                count(*) AS n
            FROM {ROWS} AS row LEFT JOIN {PLACES} AS place USING (place_no) WHERE row.conformed GROUP BY ALL
        ),
        own AS (
            SELECT delivery_id, coalesce(nullif(amphoe, ''), province) AS area, sum(n) AS n FROM placed GROUP BY ALL
        ),
        lies AS (
            SELECT delivery_id, amphoe AS area, sum(n) AS n FROM placed WHERE amphoe <> '' GROUP BY ALL
            UNION ALL SELECT delivery_id, province, sum(n) FROM placed WHERE province <> '' GROUP BY ALL
            UNION ALL SELECT delivery_id, '', sum(n) FROM placed GROUP BY ALL
        ),
        main AS (SELECT delivery_id, arg_max(area, n) AS area, max(n) AS n FROM own GROUP BY ALL),
        pair AS (
            SELECT older.delivery_id, newer.delivery_id AS newer_id, older.row_count
            FROM {DELIVERIES} AS older
            INNER JOIN {DELIVERIES} AS newer ON newer.feed_code = older.feed_code AND newer.sequence > older.sequence
                AND (newer.admitted OR NOT older.admitted) AND newer.delivery_id NOT IN (FROM life_partial)
                AND (older.first_year IS NULL OR (newer.first_year <= older.first_year AND newer.last_year >= older.last_year))
            LEFT JOIN main ON main.delivery_id = older.delivery_id
            LEFT JOIN lies ON lies.delivery_id = newer.delivery_id AND lies.area = main.area
            WHERE older.row_count = 0 OR lies.n >= {REPLACES_FROM} * main.n
            -- Of a list that comes every day, a few will do: what replaced one of them replaced the older ones too.
            QUALIFY row_number() OVER (PARTITION BY older.delivery_id ORDER BY newer.sequence) <= 4
                OR row_number() OVER (PARTITION BY older.delivery_id ORDER BY newer.sequence DESC) <= 4
        ),
        covered AS (
            SELECT pair.delivery_id, pair.newer_id, any_value(pair.row_count) AS row_count,
                sum(least(own.n, coalesce(lies.n, 0))) AS n
            FROM pair
            LEFT JOIN own ON own.delivery_id = pair.delivery_id
            LEFT JOIN lies ON lies.delivery_id = pair.newer_id AND lies.area = own.area
            GROUP BY ALL
        )
        SELECT DISTINCT delivery_id FROM covered WHERE row_count = 0 OR n >= {REPLACES_FROM} * row_count
        """
    )


def _keep_open(database: Scratch) -> None:
    columns = columns_of("dq_finding")
    keys = "('tambon_code', 'tambon', 'amphoe', 'province', 'moo', 'fund_code', 'fund_name', 'site_code', 'site_name')"
    database.connection.execute(
        f"""
        -- A record that stood twice stands once when the other row was taken away: nothing is wrong with the row that is left.
        CREATE TABLE life_single AS
        SELECT listed.delivery_id, listed.check_id, listed.value
        FROM life_listed AS listed
        LEFT JOIN life_mended AS mended USING (delivery_id, sheet, row_number)
        WHERE split_part(listed.check_id, ':', 1) IN ('adm.key_unique', 'adm.code_unique')
        GROUP BY ALL
        HAVING count(mended.row_number) > 0 AND count(*) - count(mended.row_number) <= 1;
        CREATE TABLE life_judged AS
        SELECT listed.*, CASE
            WHEN listed.stage IS DISTINCT FROM 'admission' THEN 'open'
            WHEN listed.sequence IS NULL THEN 'gone'
            WHEN replaced.delivery_id IS NOT NULL OR mended.delivery_id IS NOT NULL OR single.delivery_id IS NOT NULL
                THEN 'mended'
            WHEN superseded.delivery_id IS NULL THEN 'open'
            -- What was wrong was what the record is known by (or that of the whole delivery): it cannot come back as it was.
            WHEN listed.row_number IS NULL OR NOT listed.conformed
                OR replace(coalesce(listed.field, ''), 'reported_', '') IN {keys} THEN 'mended'
            ELSE 'gone' END AS how
        FROM life_listed AS listed
        LEFT JOIN life_replaced AS replaced ON replaced.delivery_id = listed.delivery_id
            AND replaced.sheet = listed.sheet AND replaced.row_number = listed.row_number
        LEFT JOIN life_single AS single ON single.delivery_id = listed.delivery_id
            AND single.check_id = listed.check_id AND single.value IS NOT DISTINCT FROM listed.value
        LEFT JOIN life_mended AS mended ON mended.delivery_id = listed.delivery_id
            AND mended.sheet = listed.sheet AND mended.row_number = listed.row_number
        LEFT JOIN life_superseded AS superseded ON superseded.delivery_id = listed.delivery_id;
        CREATE TABLE {CLOSED} AS
        SELECT finding_id, arg_max(how, coalesce(sequence, 0)) AS how FROM life_judged
        WHERE how <> 'open' AND finding_id NOT IN (SELECT finding_id FROM life_judged WHERE how = 'open')
        GROUP BY ALL;
        CREATE OR REPLACE TABLE dq_finding AS
        SELECT {columns} FROM life_judged WHERE how = 'open'
        QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY sequence DESC, delivery_id, sheet, row_number) = 1;
        DROP TABLE life_judged;
        DROP TABLE life_listed
        """
    )

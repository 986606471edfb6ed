"""A small warehouse for the audit's tests: sound as it is, and spoiled by the SQL that a test gives."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingest.contract import load_fields

FUNDS = 40
MEASURES = tuple(load_fields().fund_measures)
KEY = "programme_code, fiscal_year"


def build_warehouse(folder: Path, *changes: str, years: int = 2) -> tuple[Path, Path]:
    """A small warehouse of 40 funds x 2 years (or more) in two tambons.

    `changes` are SQL run before the marts are made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    given = {
        "members_persons": "100.0",
        "members_male_persons": "40.0",
        "members_female_persons": "60.0",
        "savings_thb": "1000000.0",
        "loans_outstanding_thb": "500000.0",
        "loans_overdue_thb": "10000.0",
    }
    measures = ", ".join(f"CAST({given.get(m, 'NULL')} AS DOUBLE) AS {m}" for m in MEASURES)
    sums = ", ".join(f"sum({m}) AS {m}" for m in MEASURES)
    path = folder / "warehouse.duckdb"
    before, after = (
        [c for c in changes if not c.startswith("--after")],
        [c for c in changes if c.startswith("--after")],
    )
    with duckdb.connect(str(path)) as con:
        con.execute(
            f"""
            CREATE TABLE fct_fund_year AS
            SELECT concat('F', i) AS fund_id, concat('S', i) AS source_fund_key, true AS is_counted_in_all,
              'village_fund' AS programme_code,
              CAST(y AS SMALLINT) AS fiscal_year,
                'reported' AS reporting_status, 'nvf' AS agency_code, 'nvf/village_funds' AS feed_code,
                concat('d', y) AS delivery_id, '' AS sheet, CAST(i + 1 AS BIGINT) AS row_number,
                concat('P', i % 2) AS place_id, concat('73012', i % 2) AS tambon_code,
                  concat('U73012', i % 2) AS tambon_unit_id, '73' AS province_code,
                  'code' AS resolution_method, concat('C', i) AS fund_code, concat('กลุ่มออมทรัพย์',
                      chr(CAST(3585 + i AS INTEGER)), chr(CAST(3585 + i AS INTEGER))) AS fund_name,
                  CAST(i // 2 + 1 AS SMALLINT) AS moo, 'village' AS fund_type,
                      DATE '2001-01-01' + CAST(i AS INTEGER) AS founded_on,
                  CAST(NULL AS VARCHAR) AS juristic_number, CAST(NULL AS VARCHAR) AS registration_number, {measures}
            FROM range({FUNDS}) AS f(i), range({2024 - years}, 2024) AS g(y);
            CREATE TABLE fct_fund_year_revision AS SELECT *, true AS is_latest FROM fct_fund_year;
            CREATE VIEW fct_fund_agency_year AS SELECT * EXCLUDE (is_counted_in_all) FROM fct_fund_year;
            CREATE TABLE fct_correction (delivery_id VARCHAR, sheet VARCHAR, row_number BIGINT, is_applied BOOLEAN);
            CREATE TABLE mart_agency_conflict (fund_id VARCHAR, fiscal_year SMALLINT, measure_code VARCHAR,
              gap DOUBLE, preferred_value DOUBLE, other_value DOUBLE, preferred_feed_code VARCHAR,
              other_agency_code VARCHAR, other_feed_code VARCHAR, other_delivery_id VARCHAR, other_sheet VARCHAR,
              other_row_number BIGINT);
            CREATE TABLE mart_membership_bounds AS SELECT 'country' AS area_level, 'TH' AS area_code,
              2023 AS fiscal_year, 4000.0::DOUBLE AS people_lower, 60000.0::DOUBLE AS population_total;
            CREATE TABLE mart_reconciliation (kind VARCHAR, item_key VARCHAR, measure_code VARCHAR, status VARCHAR,
              stated_value DOUBLE, our_value DOUBLE);
            CREATE TABLE mart_steward_decision (kind VARCHAR, decision_line BIGINT, subject VARCHAR, outcome VARCHAR,
              is_applied BOOLEAN, is_superseded BOOLEAN, explanation_th VARCHAR, explanation_en VARCHAR);
            CREATE TABLE dim_place AS SELECT concat('P', i) AS place_id, concat('73012',
              i) AS reported_tambon_code, concat('73012', i) AS reported_code6,
                'ก' AS reported_tambon, 'ข' AS reported_amphoe, 'ค' AS reported_province,
                  '730120, 730121' AS candidates
            FROM range(2) AS f(i);
            CREATE TABLE dim_tambon AS SELECT concat('73012', i) AS tambon_code, i < 2 AS is_current, '73' AS province_code,
              'west' AS region_code, 'นครปฐม' AS province_name_th
              FROM range(3) AS f(i);
            CREATE TABLE fct_tambon_indicator_year AS
            SELECT concat('73012', i) AS area_key, code AS indicator_code,
              CAST(2023 AS SMALLINT) AS calendar_year,
                concat('73012', i) AS tambon_code, CAST(v AS DOUBLE) AS value, 'nesdc/population' AS feed_code,
                true AS is_preferred, 'a2023' AS delivery_id, '' AS sheet, CAST(i + 1 AS BIGINT) AS row_number
            FROM range(2) AS f(i), (VALUES ('population_male', 300), ('population_female', 400),
              ('population_total', 700)) AS x(code, v);
            CREATE TABLE dim_delivery AS SELECT 'a2023' AS delivery_id, 'nesdc' AS agency_code, 1 AS sequence;
            CREATE TABLE dim_measure AS SELECT 'population_total' AS measure_code, 'ประชากร' AS label_th,
                'Population' AS label_en;
            CREATE TABLE stg_site AS SELECT 's1' AS delivery_id, 'nfe' AS agency_code,
                'nfe/learning_centres' AS feed_code, '' AS sheet,
                CAST(i + 2 AS BIGINT) AS row_number, concat('73012', i % 2) AS reported_tambon_code,
                    concat('73012', i % 2) AS reported_code6,
                CAST(NULL AS SMALLINT) AS moo, 'ก' AS reported_tambon, 'ข' AS reported_amphoe, 'ค' AS reported_province,
                concat('N', i) AS site_code, concat('ศูนย์', i) AS site_name, CAST(2023 AS SMALLINT) AS fiscal_year,
                13.8 + i / 1000.0 AS latitude, 100.0 + i / 1000.0 AS longitude, 100.0 AS learners_persons
            FROM range(12) AS f(i);
            CREATE TABLE int_place_resolved AS SELECT concat('P', i) AS place_id, concat('73012', i) AS reported_tambon_code,
                concat('73012', i) AS reported_code6, 'ก' AS reported_tambon, 'ข' AS reported_amphoe, 'ค' AS reported_province,
                concat('73012', i) AS tambon_code, concat('U73012', i) AS tambon_unit_id, '73' AS province_code, 'code' AS method,
                '730120' AS candidates FROM range(2) AS f(i);
            CREATE TABLE fct_event_participant AS SELECT 'codi/forums' AS feed_code, 'E1' AS event_code,
                concat('p', i) AS participant_key,
                'codi' AS agency_code, 'เวทีภาค' AS event_name, 'regional_forum' AS event_type, 'west' AS region_code,
                CAST(2007 AS SMALLINT) AS fiscal_year, DATE '2007-03-08' AS starts_on, DATE '2007-03-09' AS ends_on,
                'e1' AS delivery_id, '' AS sheet, CAST(i + 2 AS BIGINT) AS row_number FROM range(3) AS f(i);
            """
        )
        (folder / "input" / "fund_report").mkdir(parents=True, exist_ok=True)
        con.execute(
            f"COPY (SELECT * EXCLUDE (is_latest) FROM fct_fund_year_revision) "
            f"TO '{folder}/input/fund_report/a.parquet' (FORMAT parquet)"
        )
        con.execute(
            "COPY (SELECT NULL::VARCHAR AS file, NULL::BIGINT AS line, NULL::VARCHAR AS value, "
            f"NULL::VARCHAR AS message_en WHERE false) TO '{folder}/input/decision_problem.parquet' (FORMAT parquet)"
        )
        for change in before:
            con.execute(change)
        con.execute(
            f"""
            CREATE TABLE fct_tambon_year AS
            SELECT tambon_code, {KEY}, 'reported' AS reporting_status, count(*) AS funds_known,
              count(*) AS funds_reporting
            FROM fct_fund_year WHERE tambon_code IS NOT NULL GROUP BY ALL;
            CREATE TABLE mart_tambon_profile AS SELECT tambon_code FROM dim_tambon WHERE is_current;
            CREATE TABLE mart_area_year AS
            SELECT 'country' AS area_level, 'TH' AS area_code, {KEY}, {sums} FROM fct_fund_year GROUP BY ALL
            UNION ALL SELECT 'region', 'west', {KEY}, {sums} FROM fct_fund_year
              WHERE tambon_code IS NOT NULL GROUP BY ALL
            UNION ALL SELECT 'unresolved', '73', {KEY}, {sums} FROM fct_fund_year
              WHERE tambon_code IS NULL GROUP BY ALL
            """
        )
        for change in after:
            con.execute(change)
    return path, folder / "input"

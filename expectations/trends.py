"""How quality went from release to release: `dq_trend` and `dq_release`, which hold every audit that was ever published."""

from __future__ import annotations

from datetime import datetime

from expectations.scratch import Scratch
from expectations.tables import columns_of, sql_text

BY_PROVINCE_FOR = 400
"""Releases whose trend is kept by province; of older ones the sum over all provinces stays."""


def record_trend(database: Scratch, build_id: str, moment: datetime) -> None:
    """Fill `dq_trend`: this audit's rows beside all earlier ones.

    Grain: release × agency × check × province. A province in which nothing fails, is open, new or mended has no row of its own:
    the row without a province holds what cannot be placed and all such provinces together, so that sums are whole and the table
    stays small.
    """
    build = sql_text(build_id)
    numbers = ("numerator", "denominator", "findings_open", "findings_new", "findings_mended")
    sums = ", ".join(f"sum({name}) AS {name}" for name in numbers)
    database.connection.execute(
        f"""
        CREATE TABLE trend_now AS
        SELECT agency_code, check_id, province_code, {sums} FROM (
            SELECT agency_code, check_id, province_code, numerator, denominator, 0 AS findings_open, 0 AS findings_new,
                0 AS findings_mended FROM dq_score_check
            UNION ALL
            SELECT agency_code, check_id, province_code, 0, 0, 1, CAST(life = 'new' AS INTEGER), 0 FROM dq_finding
            UNION ALL
            SELECT agency_code, check_id, province_code, 0, 0, 0, 0, 1 FROM dq_finding_life
            WHERE life = 'mended' AND closed_release_id = {build}
        ) GROUP BY ALL;
        INSERT INTO dq_trend ({columns_of("dq_trend")})
        SELECT {build}, TIMESTAMPTZ '{moment.isoformat()}', agency_code, check_id,
            CASE WHEN numerator + findings_open + findings_new + findings_mended > 0 THEN province_code END AS place, {sums}
        FROM trend_now GROUP BY ALL HAVING sum(denominator) + sum(findings_open) + sum(findings_mended) > 0;
        INSERT INTO dq_trend ({columns_of("dq_trend")})
        WITH earlier AS (
            SELECT *, dense_rank() OVER (ORDER BY release_id DESC) > {BY_PROVINCE_FOR} AS is_old
            FROM earlier_dq_trend WHERE release_id <> {build}
        )
        SELECT release_id, released_at, agency_code, check_id, CASE WHEN NOT is_old THEN province_code END AS place, {sums}
        FROM earlier GROUP BY ALL;
        DROP TABLE trend_now
        """
    )


def record_release(database: Scratch, build_id: str, moment: datetime, *, passed: bool) -> None:
    """Fill `dq_release`: one row an audit, this one and all earlier ones. Deliveries and rows are those known by then."""
    build = sql_text(build_id)
    database.connection.execute(
        f"""
        INSERT INTO dq_release ({columns_of("dq_release")})
        SELECT {build}, TIMESTAMPTZ '{moment.isoformat()}', {sql_text("good" if passed else "audit_failed")},
            (SELECT count(*) FROM dq_delivery WHERE status = 'admitted'),
            (SELECT count(*) FROM dq_delivery WHERE status = 'held'),
            (SELECT coalesce(sum(rows_conformed), 0) FROM dq_delivery WHERE status = 'admitted'),
            (SELECT count(*) FROM dq_finding), (SELECT count(*) FROM dq_finding WHERE life = 'new'),
            (SELECT count(*) FROM dq_finding_life WHERE life = 'mended' AND closed_release_id = {build}),
            (SELECT count(*) FROM dq_finding_life WHERE life = 'gone' AND closed_release_id = {build}),
            (SELECT count(DISTINCT check_id) FROM dq_result WHERE NOT passed),
            (SELECT count(DISTINCT check_id) FROM dq_result WHERE coalesce(denominator, 1) > 0)
        UNION ALL
        SELECT {columns_of("dq_release")} FROM earlier_dq_release WHERE release_id <> {build}
        """
    )

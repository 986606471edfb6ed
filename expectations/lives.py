"""The life of each finding: new, persisting, mended, gone with its delivery; and how long mending takes.

A life begins in the first audit that sees a finding open and ends in the first that does not. A finding that comes back has
another life, with the next number; the one before stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from expectations.life import CLOSED
from expectations.scratch import Scratch
from expectations.tables import columns_of, sql_text


def give_lives(database: Scratch, build_id: str, moment: datetime, not_judged: Collection[str]) -> None:
    """Fill `dq_finding_life` and the life of `dq_finding` from what is open now and what is remembered (`earlier_…`).

    `not_judged`: rules (or checks, for all their rules) that could not be carried out in this audit; their findings stay as
    they were. A finding whose check is no longer in the catalogue is gone, never mended: nobody looked.
    """
    now, build = f"TIMESTAMPTZ '{moment.isoformat()}'", sql_text(build_id)
    unjudged = ", ".join(map(sql_text, sorted(not_judged))) or "NULL"
    kept = "check_id, severity, agency_code, feed_code, province_code, tambon_code"
    database.connection.execute(
        f"""
        CREATE TABLE life_before AS
        SELECT *, life IN ('new', 'persisting') AS was_open FROM earlier_dq_finding_life
        QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY life_number DESC) = 1;
        INSERT INTO dq_finding_life ({columns_of("dq_finding_life")})
        -- open now
        SELECT found.finding_id, {", ".join(f"found.{name}" for name in kept.split(", "))},
            CASE WHEN before.was_open AND before.first_release_id <> {build} THEN 'persisting' ELSE 'new' END,
            CASE WHEN before.was_open THEN before.first_release_id ELSE {build} END,
            {build}, NULL,
            CASE WHEN before.was_open THEN before.first_seen_at ELSE {now} END,
            {now}, NULL, NULL,
            coalesce(before.life_number, 0) + CASE WHEN before.was_open THEN 0 ELSE 1 END
        FROM dq_finding AS found LEFT JOIN life_before AS before USING (finding_id)
        UNION ALL
        -- open before and not now: closed, or not looked at
        SELECT finding_id, {kept}, how, first_release_id, last_release_id, CASE WHEN how <> 'persisting' THEN {build} END,
            first_seen_at, last_seen_at, CASE WHEN how <> 'persisting' THEN {now} END, NULL, life_number
        FROM (
            SELECT before.*, CASE
                WHEN before.check_id IN ({unjudged}) OR split_part(before.check_id, ':', 1) IN ({unjudged}) THEN 'persisting'
                WHEN before.check_id NOT IN (SELECT check_id FROM dq_check) THEN 'gone'
                WHEN closed.how IS NOT NULL THEN closed.how
                WHEN before.feed_code IS NULL OR before.feed_code IN (SELECT feed_code FROM dq_feed) THEN 'mended'
                ELSE 'gone' END AS how
            FROM life_before AS before LEFT JOIN {CLOSED} AS closed USING (finding_id)
            WHERE before.was_open AND before.finding_id NOT IN (SELECT finding_id FROM dq_finding)
        )
        UNION ALL
        -- closed before
        SELECT {", ".join(f"earlier.{name}" for name in columns_of("dq_finding_life").split(", "))}
        FROM earlier_dq_finding_life AS earlier WHERE life NOT IN ('new', 'persisting');
        UPDATE dq_finding_life SET days_open = date_diff('day', first_seen_at, coalesce(closed_at, {now}));
        UPDATE dq_finding SET life = known.life, first_release_id = known.first_release_id, first_seen_at = known.first_seen_at
        FROM dq_finding_life AS known
        WHERE known.finding_id = dq_finding.finding_id AND known.life IN ('new', 'persisting');
        DROP TABLE life_before
        """
    )


def mend_times(database: Scratch) -> None:
    """Fill `dq_mend_time`. Grain: agency × check of every finding ever; medians in days, exact to the second.

    A life counts once: a finding that was mended, came back and was mended again took two times to mend.
    """
    now = "(SELECT max(last_seen_at) FROM dq_finding_life)"
    database.connection.execute(
        f"""
        INSERT INTO dq_mend_time ({columns_of("dq_mend_time")})
        WITH life AS (
            SELECT *, (epoch(coalesce(closed_at, {now})) - epoch(first_seen_at)) / 86400.0 AS days FROM dq_finding_life
        )
        SELECT agency_code, check_id, count(*) FILTER (WHERE life = 'mended'), count(*) FILTER (WHERE life = 'gone'),
            count(*) FILTER (WHERE life IN ('new', 'persisting')),
            median(days) FILTER (WHERE life = 'mended'), median(days) FILTER (WHERE life IN ('new', 'persisting'))
        FROM life GROUP BY ALL
        """
    )

"""How many rows of a delivery have any warning: one figure over all checks, so that many small faults can hold it too."""

from __future__ import annotations

from collections.abc import Sequence

from expectations.catalogue import Rule
from expectations.contract_rules import RECORDS
from expectations.gx_runner import RATE_FLOOR
from expectations.scratch import Scratch

WARNED = "delivery_warned"


def load_warned(database: Scratch, rules: Sequence[Rule]) -> None:
    """Table `delivery_warned`, a row a delivery: `row_count`, `warned_rows` (0 where fewer than three: slips in a small file).

    A row counts once: it fails a record check that warns (or blocks only above a rate), a cell of it could not be read, or
    it was rejected. Reads `delivery_records`, `cells` and `rejected` of the scratch database.
    """
    listed = [
        rule
        for rule in rules
        if rule.check.table == RECORDS
        and rule.fails
        and rule.check.findings == "rows"
        and rule.severity == "warn"
    ]
    fails = " OR ".join(f"coalesce(({rule.applies}) AND ({rule.fails}), false)" for rule in listed) or "false"
    database.connection.execute(
        f"""
        CREATE OR REPLACE TABLE {WARNED} AS
        WITH spots AS (
            SELECT delivery_id, sheet, row_number, {fails} AS is_warned FROM {RECORDS}
            UNION ALL
            SELECT delivery_id, sheet, row_number, true FROM cells WHERE severity = 'warn'
            UNION ALL
            SELECT delivery_id, sheet, row_number, true FROM rejected WHERE disposition = 'rejected'
        ),
        counted AS (
            SELECT delivery_id, sheet, row_number, bool_or(is_warned) AS is_warned FROM spots GROUP BY ALL
        )
        SELECT delivery_id, count(*) AS row_count, count(*) FILTER (WHERE is_warned) AS all_warned,
            CASE WHEN all_warned >= {RATE_FLOOR} THEN all_warned ELSE 0 END AS warned_rows
        FROM counted GROUP BY ALL
        """
    )

"""Which source funds are one fund, by `ingest.identity.resolve`: decided once, told in four parts."""

import polars as pl


def model(dbt, session):
    """`part`: identity (a source fund), event (new), review (a pair that waits), decision (a line of links.csv)."""
    dbt.config(materialized="table")
    from ingest.identity.resolve import resolve

    [(build_id, decided_on)] = dbt.source("raw", "build").fetchall()
    found = resolve(
        dbt.ref("int_fund_candidate").pl(),
        dbt.ref("int_fund_link").pl(),
        dbt.source("raw", "fund_registry").pl(),
        dbt.source("raw", "fund_decision").pl(),
        decided_on=decided_on,
        build_id=build_id,
    )
    parts = {
        "identity": found.identity,
        "event": found.events,
        "review": found.review,
        "decision": found.decisions,
    }
    return pl.concat(
        [frame.select(pl.lit(name).alias("part"), pl.all()) for name, frame in parts.items()], how="diagonal"
    ).to_arrow()

"""How likely pairs of source funds are one fund, by `ingest.identity.link`. Nothing is scored that was scored before."""

import os
from pathlib import Path


def model(dbt, session):
    """One row a candidate pair: left_key, right_key, probability, evidence_json."""
    dbt.config(materialized="table")
    from ingest.identity.link import score_pairs

    cache = os.environ.get("TAMBON_IDENTITY_CACHE")
    return score_pairs(dbt.ref("int_fund_candidate").pl(), Path(cache) if cache else None).to_arrow()

"""What is listed beside fields.yml says what fields.yml says."""

from __future__ import annotations

from ingest.contract import load_fields
from release.tables import MEASURE_SUFFIXES


def test_every_measure_is_compared_between_releases() -> None:
    """Releases hold columns and no units: a measure's ending has to say that it is one."""
    measures = load_fields().fund_measures
    assert [code for code in measures if not code.endswith(MEASURE_SUFFIXES)] == []

"""Mended rows that come alone: few, and picked because they were bad, so that counts and rates say nothing of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from expectations.admission import admit_feed
from ingest.contract import load_contracts
from ingest.home import Home
from ingest.report import ConformReport
from tests.unit.test_expectations_admission import FUNDS, NOW, deliver, fund, held_by, results

__all__ = ["deliver"]


def _admit(tmp_path: Path, *reports: ConformReport) -> list[Any]:
    known = load_contracts()[FUNDS]
    contract = known.model_copy(update={"limits": known.limits.model_copy(update={"min_rows": 100})})
    return admit_feed(Home(tmp_path / "home"), contract, reports, now=NOW)


def test_a_part_is_not_held_for_being_few_nor_for_its_rates(
    tmp_path: Path,
    deliver: Callable[..., ConformReport],
) -> None:
    rows = [fund(row, "part") for row in range(2, 10)]
    bad = {"cells_read": 8, "cells_unreadable": 8}
    whole = deliver("whole", [fund(row, "whole") for row in range(2, 10)], **bad)
    part = deliver("part", rows, is_partial=True, **bad)
    first, second = _admit(tmp_path, whole, part)
    assert first.status == "held"
    assert "adm.min_rows" in held_by(first)
    assert second.status == "admitted", second.reasons
    told = results(tmp_path, "part")
    few = told.filter(told["check_id"].str.starts_with("adm.min_rows")).row(0, named=True)
    assert few["passed"]
    assert few["not_applicable_reason"]


def test_a_part_is_held_for_its_headers_as_any_file(
    tmp_path: Path,
    deliver: Callable[..., ConformReport],
) -> None:
    part = deliver("part", [fund(2, "part")], is_partial=True, unknown_headers=["ผลตรวจ"])
    (admission,) = _admit(tmp_path, part)
    assert (admission.status, held_by(admission)) == ("held", {"adm.undeclared_column"})


def test_the_next_whole_delivery_is_not_measured_against_a_part(
    tmp_path: Path,
    deliver: Callable[..., ConformReport],
) -> None:
    before = deliver("before", [fund(row, "before") for row in range(2, 252)])
    part = deliver("part", [fund(2, "part")], is_partial=True)
    after = deliver("after", [fund(row, "after") for row in range(2, 112)])
    *_, last = _admit(tmp_path, before, part, after)
    assert any(one.check_id.startswith("adm.shrink") for one in last.warnings)

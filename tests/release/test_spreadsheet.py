"""CSV for spreadsheet programs: what would be run as a formula is text, and numbers stay numbers."""

import polars as pl
import pytest

from release.spreadsheet import defused


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+cmd|x", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_becomes_text(cell: str) -> None:
    assert defused(pl.DataFrame({"a": [cell]})).item() == f"'{cell}"


@pytest.mark.parametrize("cell", ["กองทุนหมู่บ้าน", "-120430", "+66", "-1,250.50", "12 = 12", None, ""])
def test_other_text_stays(cell: str | None) -> None:
    assert defused(pl.DataFrame({"a": [cell]}, schema={"a": pl.String})).item() == cell


def test_numbers_are_not_touched() -> None:
    frame = pl.DataFrame({"a": [-1.5], "b": ["=1"]})
    assert defused(frame).row(0) == (-1.5, "'=1")

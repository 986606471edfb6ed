"""What the tests of feeds share: a file as an office would send it, conformed by its feed's contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest

from ingest.conform import conform_file
from ingest.contract import AGENCIES, load_contracts
from ingest.report import ConformReport

TODAY = date(2026, 6, 1)
Cells = list[list[Any]]


@dataclass(frozen=True)
class Conformed:
    """One file conformed; `rows` without the columns that are all NULL."""

    report: ConformReport
    rows: pl.DataFrame
    rejected: dict[int, str]
    told: set[tuple[int, str, str]]

    def column(self, name: str) -> list[Any]:
        return self.rows[name].to_list()

    def values(self, area: str) -> dict[str, float | None]:
        """An area's indicators, by the tambon code or name it was reported with."""
        mine = self.rows.filter(
            (pl.col("reported_tambon") == area) | (pl.col("reported_tambon_code") == area)
        )
        return dict(mine.select("indicator_code", "value").iter_rows())


@pytest.fixture
def conformed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Conformed]:
    """Conform text (a CSV) or rows of cells (a workbook); every row has to be accounted for and no header be unknown."""
    monkeypatch.setenv("TAMBON_DEBUG", "1")

    def run(
        feed: str, content: str | bytes | Cells, name: str = "file_2566", *, merges: tuple[str, ...] = ()
    ) -> Conformed:
        if isinstance(content, list):
            path = tmp_path / f"{name}.xlsx"
            book = openpyxl.Workbook()
            for cells in content:
                book.active.append(cells)
            for area in merges:
                book.active.merge_cells(area)
            book.save(path)
        else:
            path = tmp_path / f"{name}.csv"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        report = conform_file(path, load_contracts(AGENCIES)[feed], "d-1", tmp_path / "out", today=TODAY)
        assert not report.errors, [one.message_en for one in report.errors]
        assert not report.unknown_headers
        assert report.rows_in == report.rows_conformed + report.rows_rejected + report.rows_not_data
        rejected = pl.read_parquet(report.rejected_path)
        cells_told = pl.read_parquet(report.cells_path)
        return Conformed(
            report,
            pl.read_parquet(report.conformed_path),
            dict(rejected.select("row_number", "reason_code").iter_rows()),
            set(cells_told.select("row_number", "field", "error_code").iter_rows()),
        )

    return run

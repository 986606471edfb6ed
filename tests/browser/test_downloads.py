"""What pages offer for download opens, and holds what the page says."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser

from ingest.home import Home
from tests.browser.conftest import Site, opened
from tests.integration.homes import table

pytestmark = pytest.mark.slow


def test_a_mending_list_is_downloaded_and_opened(
    site: Site, browser: Browser, published_home: Home, tmp_path: Path
) -> None:
    agency = table(published_home, "dq_finding").drop_nulls("row_number")["agency_code"].mode()[0]
    with opened(browser) as (page, watch):
        page.goto(f"{site.url}/agency/{agency}.html")
        with page.expect_download() as waiting:
            page.locator('main a[href$=".xlsx"]').first.click()
        path = tmp_path / "list.xlsx"
        waiting.value.save_as(path)
        watch.assert_quiet("download")
    book = openpyxl.load_workbook(path)
    texts = {
        str(cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }
    assert any("ปัญหา" in text for text in texts)
    # every cell is text or number: a spreadsheet that opens it computes nothing
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_the_rows_behind_a_figure_can_be_fetched(site: Site, browser: Browser) -> None:
    with opened(browser) as (page, _):
        page.goto(f"{site.url}/{site.kinds()['province'][-1]}")
        href = page.locator('main a[href*="data/"][href$=".csv"]').first.get_attribute("href")
        assert href
        answer = page.request.get(page.evaluate("href => new URL(href, location.href).href", href))
        assert answer.ok
        rows = list(csv.reader(answer.body().decode("utf-8-sig").splitlines()))
        assert len(rows) > 1
        assert not [cell for row in rows[1:] for cell in row if cell.startswith(("=", "@", "\t"))]

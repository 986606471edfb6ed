"""What the pages of places show is what the marts hold: pages of a real refresh are read back and compared."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboard.funds import MAIN, SMALL
from ingest.home import Home
from release import resolve_current

pytestmark = pytest.mark.slow


class Tables(HTMLParser):
    """Rows of each table by its id: a list of cells, each its text and the exact values in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[tuple[str, list[float]]]]] = {}
        self._rows: list[list[tuple[str, list[float]]]] | None = None
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag == "table":
            self._rows = self.tables.setdefault(given.get("id") or "", [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._rows[-1].append(("", []))
        elif tag == "data" and self._rows and self._rows[-1]:
            self._rows[-1][-1][1].append(float(given["value"] or "nan"))

    def handle_data(self, data: str) -> None:
        if self._rows and self._rows[-1]:
            text, values = self._rows[-1][-1]
            self._rows[-1][-1] = (text + data, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._rows = None


@pytest.fixture(scope="module")
def release(published_home: Home) -> Path:
    folder = resolve_current(published_home)
    assert folder is not None
    return folder


@pytest.fixture(scope="module")
def marts(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(release / "marts.duckdb"), read_only=True) as con:
        yield con


def page(release: Path, path: str) -> Tables:
    return Tables((release / "site" / path).read_text(encoding="utf-8"))


def body(tables: Tables, name: str) -> list[list[tuple[str, list[float]]]]:
    """Rows of a table that hold figures, without its head."""
    return [row for row in tables.tables[name][1:] if len(row) > 1]


def rows(con: duckdb.DuckDBPyConnection, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    return con.execute(sql, list(params)).fetchall()


def only(values: list[float]) -> float | None:
    return values[0] if values else None


def test_a_tambons_programmes_and_funds_are_those_of_the_marts(
    release: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    tambons = [
        row[0]
        for row in rows(
            marts, "SELECT tambon_code FROM mart_tambon_profile WHERE funds_known > 0 ORDER BY 1 LIMIT 12"
        )
    ]
    assert tambons
    for code in tambons:
        shown = page(release, f"tambon/{code}.html")
        wanted = rows(
            marts,
            f"SELECT funds_known, {', '.join(MAIN)} FROM mart_tambon_programme JOIN dim_programme USING (programme_code) "
            "WHERE tambon_code = ? AND funds_known > 0 ORDER BY preference",
            code,
        )
        told = body(shown, "programmes")
        assert len(told) == len(wanted), code
        for cells, (known, *values) in zip(told, wanted, strict=True):
            for place, value in enumerate(values):
                if place == 0 and known == 1 and value is not None and 0 < value < SMALL:
                    assert cells[2 + place][0].startswith(f"<{SMALL}")
                else:
                    assert only(cells[2 + place][1]) == value, (code, cells[0][0], MAIN[place])
        funds = body(shown, "funds")
        directory = rows(
            marts, "SELECT count(*), sum(savings_thb) FROM mart_fund_directory WHERE tambon_code = ?", code
        )
        assert len(funds) == directory[0][0]
        assert sum(only(cells[3][1]) or 0 for cells in funds) == pytest.approx(directory[0][1] or 0)
        for cells in funds:
            assert not cells[2][1] or cells[2][1][0] == 0 or cells[2][1][0] >= SMALL


def test_a_provinces_years_and_tambons_are_those_of_the_marts(
    release: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    (province,) = rows(
        marts,
        "SELECT province_code FROM mart_tambon_profile GROUP BY 1 ORDER BY sum(funds_known) DESC, 1 LIMIT 1",
    )[0]
    shown = page(release, f"province/{province}.html")
    wanted = rows(
        marts,
        f"SELECT funds_reporting, funds_known, {', '.join(MAIN)} FROM mart_area_year WHERE area_level = 'province' "
        "AND area_code = ? AND programme_code = 'all' ORDER BY fiscal_year DESC",
        province,
    )
    told = [
        [value for _, values in cells[1:] for value in (values or [None])] for cells in body(shown, "years")
    ]
    assert told == [list(row) for row in wanted]
    tambons = rows(
        marts,
        "SELECT count(*), sum(population_total), sum(funds_known) FROM mart_tambon_profile WHERE province_code = ?",
        province,
    )[0]
    most = [only(cells[1][1]) for cells in body(shown, "tambons")]
    wanted_most = rows(
        marts,
        "SELECT coalesce(findings, 0) FROM mart_tambon_profile LEFT JOIN (SELECT tambon_code, count(*) AS findings "
        f"FROM read_parquet('{release}/quality/dq_finding.parquet') WHERE severity <> 'info' GROUP BY 1) USING (tambon_code) "
        "WHERE province_code = ? ORDER BY 1 DESC LIMIT 30",
        province,
    )
    assert most == [count for (count,) in wanted_most]
    listed = body(page(release, f"province/{province}-tambons.html"), "tambons")
    assert len(listed) == tambons[0]
    assert sum(only(cells[2][1]) or 0 for cells in listed) == tambons[1]
    assert sum(cells[3][1][1] for cells in listed if cells[3][1]) == tambons[2]


def test_coverage_shows_every_province_and_state(release: Path, marts: duckdb.DuckDBPyConnection) -> None:
    shown = page(release, "coverage/index.html")
    states = body(shown, "states")
    assert [sum(values[0] for _, values in cells[2:]) for cells in states] == [7436.0] * len(states)
    heat = body(shown, "provinces")
    assert len(heat) == 77
    latest = rows(
        marts,
        "SELECT sum(funds_reporting), sum(funds_known) FROM (SELECT * FROM mart_area_year WHERE area_level = 'province' "
        "AND programme_code <> 'all' QUALIFY fiscal_year = max(fiscal_year) OVER (PARTITION BY programme_code))",
    )[0]
    pairs = [values for cells in heat for _, values in cells[1:] if len(values) == 2]
    silent = [values[0] for cells in heat for text, values in cells[1:] if len(values) == 1 and "0/" in text]
    assert sum(pair[0] for pair in pairs) == latest[0]
    assert sum(pair[1] for pair in pairs) + sum(silent) == latest[1]


def test_every_conflict_has_both_values_the_gap_and_the_reason(
    release: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    wanted = rows(
        marts,
        "SELECT left(tambon_code, 4), fund_id, preferred_value, other_value, gap, rule_th FROM mart_agency_conflict "
        "WHERE tambon_code IS NOT NULL AND measure_code = 'savings_thb' "
        "QUALIFY fiscal_year = max(fiscal_year) OVER (PARTITION BY fund_id, other_feed_code) ORDER BY 1, 2 LIMIT 10",
    )
    for amphoe, fund, published, other, gap, rule in wanted:
        html = (release / "site" / "conflict" / f"{amphoe}.html").read_text(encoding="utf-8")
        section = re.search(f'<section class="fund" id="{fund}">(.*?)</section>', html, re.DOTALL)
        assert section is not None
        told = [[only(values) for _, values in cells] for cells in Tables(section[1]).tables[""]]
        assert [published, other, gap] in [cells[1:4] for cells in told]
        assert rule in section[1]


def test_each_region_has_its_pack_as_page_and_pdf(release: Path, marts: duckdb.DuckDBPyConnection) -> None:
    regions = [row[0] for row in rows(marts, "SELECT region_code FROM mart_forum_pack")]
    assert len(regions) == 7
    index = page(release, "integration/index.html")
    for region in regions:
        assert f"../pack/{region}.html" in index.links
        for lang in ("th", "en"):
            assert (release / "site" / "pack" / f"{region}-{lang}.pdf").read_bytes().startswith(b"%PDF")


def test_links_of_place_pages_lead_somewhere(release: Path, marts: duckdb.DuckDBPyConnection) -> None:
    site = release / "site"
    (tambon,) = rows(
        marts, "SELECT tambon_code FROM mart_tambon_profile ORDER BY funds_known DESC, 1 LIMIT 1"
    )[0]
    paths = [
        f"tambon/{tambon}.html", f"amphoe/{tambon[:4]}.html", f"province/{tambon[:2]}.html", "province/index.html",
        "conflict/index.html", "coverage/index.html", "coverage/village_fund.html", "integration/index.html", "pack/north.html",
    ]  # fmt: skip
    for path in (one for plain in paths for one in (plain, f"en/{plain}")):
        for link in page(release, path).links:
            if "://" in link or link.startswith("#"):
                continue
            address = link.partition("#")[0]
            if address.endswith(("manifest.json", "datapackage.json")):
                continue
            target = Path(os.path.normpath((site / path).parent / address))
            assert target.is_file(), (path, link)

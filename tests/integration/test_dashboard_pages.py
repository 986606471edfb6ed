"""The pages of a published release: part of it, and every number on them the one in its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from dashboard import paths
from dashboard.source import Source, open_source
from ingest.home import Home
from release import resolve_current, verify
from tests.integration.conftest import Tambon

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def release(published_home: Home) -> Path:
    folder = resolve_current(published_home)
    assert folder is not None
    return folder


@pytest.fixture(scope="module")
def source(release: Path) -> Iterator[Source]:
    with open_source(release) as opened:
        yield opened


class Table(HTMLParser):
    """Rows of one table of a page: the text and the exact values (`data value`) of each cell."""

    def __init__(self, html: str, table_id: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, list[float]]]] = []
        self._wanted, self._inside, self._cell = table_id, False, False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "table":
            self._inside = found.get("id") == self._wanted
        if not self._inside:
            return
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"} and self.rows:
            self.rows[-1].append(("", []))
            self._cell = True
        elif tag == "data" and self._cell:
            self.rows[-1][-1][1].append(float(found["value"] or "nan"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._inside = False
        elif tag in {"td", "th"}:
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._inside and self._cell and self.rows and self.rows[-1]:
            text, values = self.rows[-1][-1]
            self.rows[-1][-1] = (text + data, values)


def table(release: Path, page: str, table_id: str) -> list[list[tuple[str, list[float]]]]:
    found = Table((release / "site" / page).read_text(encoding="utf-8"), table_id).rows
    return found[1:]  # without the head


def test_the_site_is_part_of_the_release_and_whole(release: Path, published_home: Home) -> None:
    assert (release / "site/index.html").is_file()
    report = verify(published_home, release.name)
    assert report.ok, report.problems


def test_no_page_asked_for_a_table_that_a_whole_release_lacks(release: Path) -> None:
    from dashboard.pages import all_pages

    with open_source(release) as opened:
        assert sum(1 for _ in all_pages(opened)) > 100
        assert opened.missing == set()


@pytest.mark.parametrize("language", ["", "en/"])
def test_agencies_side_by_side_say_what_the_tables_say(release: Path, source: Source, language: str) -> None:
    counted = {
        row["agency_code"]: row
        for row in source.rows(
            "SELECT agency_code, count(*) FILTER (severity = 'block') AS block, count(*) FILTER (severity = 'warn') AS warn, "
            "count(*) FILTER (severity = 'info') AS info, count(*) FILTER (life = 'new') AS new FROM dq_finding GROUP BY 1"
        )
    }
    names = {
        row["short_en" if language else "short_th"]: row["agency_code"]
        for row in source.rows("FROM dim_agency")
    }
    feeds = {
        row["agency_code"]: row
        for row in source.rows("SELECT agency_code, sum(held) AS held, count(*) AS n FROM dq_feed GROUP BY 1")
    }
    scores = {
        row["agency_code"]: row
        for row in source.rows("FROM dq_score WHERE province_code IS NULL AND dimension = 'all'")
    }
    for page in ("index.html", "agency/index.html"):
        rows = table(release, language + page, "agencies")
        assert len(rows) == len(feeds)
        for row in rows:
            code = next(
                names[short] for short in names if row[0][0].split(" ")[0].strip() == short.split(" ")[0]
            )
            found = counted.get(code, {"block": 0, "warn": 0, "info": 0, "new": 0})
            assert [row[at][1] for at in (3, 4, 5, 6)] == [
                [found[one]] for one in ("block", "warn", "info", "new")
            ], code
            assert row[8][1] == [float(feeds[code]["held"])]
            if code in scores and scores[code]["denominator"]:
                assert row[2][1] == [scores[code]["numerator"], scores[code]["denominator"]]
                assert row[1][1] == [scores[code]["score"]]


def test_every_check_counts_its_findings(release: Path, source: Source) -> None:
    counted = {
        row["base"]: row["n"]
        for row in source.rows(
            "SELECT split_part(check_id, ':', 1) AS base, count(*) AS n FROM dq_finding GROUP BY 1"
        )
    }
    assert counted
    for base, findings in counted.items():
        page = release / "site" / paths.check(base)
        html = page.read_text(encoding="utf-8")
        first = re.search(r'<dl class="facts">.*?<data value="(\d+)"', html, re.DOTALL)
        assert first is not None
        assert int(first.group(1)) == findings, base
        listed = table(release, paths.check(base), "where")
        assert sum(row[3][1][0] for row in listed) == findings, base


def test_the_rows_behind_a_figure_are_as_many_as_it_says(release: Path, source: Source) -> None:
    found = source.rows(
        "SELECT agency_code, count(*) AS n FROM dq_finding WHERE agency_code IS NOT NULL GROUP BY 1"
    )
    assert found
    for row in found:
        agency = row["agency_code"]
        html = (release / "site" / paths.agency(agency)).read_text(encoding="utf-8")
        links = dict.fromkeys(re.findall(r'href="\.\./(data/dq_finding/[^"]+\.csv)"', html))
        behind = [pl.read_csv(release / "site" / link, infer_schema=False) for link in links]
        assert sum(frame.height for frame in behind) == row["n"], agency
        assert all(set(frame["agency_code"]) == {agency} for frame in behind)


def test_feeds_and_what_is_held_are_all_there(release: Path, source: Source) -> None:
    feeds = source.rows("SELECT * FROM dq_feed")
    ages = sorted(row[1][1][0] for row in table(release, "feed/index.html", "feeds") if row[1][1])
    assert ages == sorted(row["age_days"] for row in feeds if row["age_days"] is not None)
    held = (release / "site/held/index.html").read_text(encoding="utf-8")
    for row in source.rows("SELECT delivery_id FROM dq_delivery WHERE status = 'held'"):
        assert f"<code>{row['delivery_id']}</code>" in held


def test_provinces_on_the_front_page_are_counted_against_their_records(release: Path, source: Source) -> None:
    rows = table(release, "index.html", "provinces")
    assert rows
    names = {
        row["province_name_th"]: row["province_code"]
        for row in source.rows("SELECT DISTINCT province_name_th, province_code FROM dim_tambon")
    }
    for name, per_thousand, findings, records in rows:
        code = names[name[0].strip()]
        wanted = source.rows(
            "SELECT count(*) AS n FROM fct_fund_agency_year WHERE province_code = $1", [code]
        )[0]["n"]
        assert records[1] == [wanted]
        assert per_thousand[1] == [pytest.approx(1000 * findings[1][0] / wanted, abs=0.051)]


def test_every_file_is_offered_with_its_size_and_checksum(release: Path, source: Source) -> None:
    html = (release / "site/download/index.html").read_text(encoding="utf-8")
    for file in source.manifest.files:
        if file.path in {"datapackage.json", "site/site.json"}:
            continue
        assert f'href="../files/{file.path}"' in html, file.path
        assert file.sha256 in html
        assert (release / "site/files" / file.path).samefile(release / file.path)


def test_the_dictionary_tells_of_every_table_and_column_in_both_languages(
    release: Path, source: Source
) -> None:
    thai, latin = re.compile("[\u0e01-\u0e5b]"), re.compile("[A-Za-z]")
    wrong = []
    for entry in source.manifest.tables:
        for described in (entry, *entry.columns):
            there = (described.description or "").split(" · ")
            if not (len(there) == 2 and thai.search(there[0]) and latin.search(there[1])):
                wrong.append(f"manifest {entry.name}.{described.name}: {described.description}")
        for language in ("", "en/"):
            rows = table(release, f"{language}dictionary/{entry.name}.html", "columns")
            assert [row[0][0].split()[0] for row in rows] == [column.name for column in entry.columns]
            for row in rows:
                named, means = row[1][0], row[2][0]
                fits = (
                    thai.search if not language else lambda text: latin.search(text) and not thai.search(text)
                )
                if not (fits(named) and fits(means)):
                    wrong.append(f"{language}{entry.name}: {row[0][0]}: {named} | {means}")
    assert not wrong


def test_lineage_leads_from_feeds_to_marts(release: Path, source: Source) -> None:
    reads = {entry.name: set(entry.reads) for entry in source.manifest.tables}
    assert "fund_report" in {
        kind for name in ("fct_fund_year_revision", "dim_fund_source") for kind in reads[name]
    } | {kind for found in reads.values() for kind in found}
    assert reads["mart_tambon_profile"] & {"fct_tambon_year", "dim_tambon"}
    # not everything from everything: places and funds are looked up in the tables that hold them
    assert reads["fct_published_total"] >= {"published_total", "dim_place"}
    assert not reads["fct_published_total"] & {"site", "event", "area_statistic", "fund_report"}
    html = (release / "site/dictionary/lineage.html").read_text(encoding="utf-8")
    assert html.count('href="../dictionary/fct_published_total.html"') >= 2  # from its feed, and as a table


def test_the_page_of_the_release_names_every_input_with_its_hash(release: Path, source: Source) -> None:
    html = (release / "site" / paths.release(release.name)).read_text(encoding="utf-8")
    assert source.manifest.inputs
    for delivery in source.manifest.inputs:
        assert delivery.sha256 in html


def test_the_command_writes_the_site_into_a_folder_and_again_only_what_changed(
    published_home: Home, tambon: Tambon, tmp_path: Path
) -> None:
    out = tmp_path / "share"
    done = tambon(published_home, "site", "--out", out)
    assert done.exit_code == 0, done.output
    assert (out / "index.html").is_file() and (out / "files/manifest.json").is_file()
    again = tambon(published_home, "site", "--out", out)
    assert again.exit_code == 0, again.output
    assert "(0 เขียนใหม่ · written" in again.output
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("x", encoding="utf-8")
    refused = tambon(published_home, "site", "--out", tmp_path / "other")
    assert refused.exit_code == 2
    assert (tmp_path / "other" / "mine.txt").is_file()

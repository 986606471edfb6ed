"""The site of a small, hostile release: whole, safe to open, and written again only where its data changed."""

from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from dashboard.engine import SiteReport, write_site
from dashboard.pages import parts
from dashboard.quality import group_title
from dashboard.render import words
from dashboard.source import Source, open_source
from expectations.catalogue import load_checks
from release.errors import ReleaseError
from release.site import read_site_list
from tests.unit.dashboard_world import FINDINGS, LONG, MARKUP, finding, make_release

PACKAGE = Path(__file__).parents[2] / "dashboard"


def build(folder: Path, site: Path, previous: Path | None = None, **how: object) -> SiteReport:
    manifest = make_release(folder, **how)  # type: ignore[arg-type]
    with open_source(folder, manifest=manifest, previous_site=previous) as source:
        return write_site(source, site, previous=previous, processes=1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    build(folder, folder / "site", releases=2)
    return folder / "site"


class Tags(HTMLParser):
    """Tags, ids, links and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.append((tag, found))
        self.ids += [one] if (one := found.get("id")) else []
        self.links += [one for name in ("href", "src") if (one := found.get(name))]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def pages_of(site: Path) -> dict[Path, Tags]:
    return {path: Tags(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


def test_every_link_of_every_page_leads_to_a_file_and_a_part_that_is_there(site: Path) -> None:
    pages = pages_of(site)
    assert len(pages) > 60
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            if link.startswith("https://creativecommons.org/"):
                continue
            assert "://" not in link, (path, link)
            address, _, part = link.partition("#")
            # the page for an address that leads nowhere stands at any: its links begin at the top
            assert address.startswith("/") == (path.name == "404.html" and bool(address)), (path, link)
            below = site / address[1:] if path.name == "404.html" else path.parent / address
            target = Path(os.path.normpath(below)) if address else path
            if address.endswith(("/manifest.json", "/datapackage.json")):
                continue  # written when the release is finished
            if not target.is_file() or (part and target.suffix == ".html" and part not in pages[target].ids):
                wrong.append(f"{path.relative_to(site)}: {link}")
    assert not wrong


def test_no_page_holds_script_style_or_handlers_of_its_own(site: Path) -> None:
    for path, page in pages_of(site).items():
        for tag, attributes in page.tags:
            assert tag not in {"style", "iframe", "object", "embed"}, path
            assert tag != "script" or attributes.get("src"), path
            assert tag != "img" or (attributes.get("src") or "").endswith("static/icon.svg"), path
            assert not [name for name in attributes if name.startswith("on") or name == "style"], path
            assert not str(attributes.get("href", "")).lower().startswith(("javascript:", "data:")), path


def test_hostile_text_is_shown_as_text(site: Path) -> None:
    page = Tags((site / "agency" / "nvf.html").read_text(encoding="utf-8"))
    assert MARKUP in "".join(page.texts)
    html = (site / "agency" / "nvf.html").read_text(encoding="utf-8")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff\x07]", html)
    # The whole of a long text is at hand, but not in the way: its beginning, then a part that opens.
    assert LONG[:100] in html
    assert len(html) < 200_000
    assert any(tag == "details" for tag, _ in page.tags)


def test_a_chart_is_told_in_words_and_brings_no_style(site: Path) -> None:
    for name in ("index.html", "en/index.html", "agency/nvf.html"):
        page = Tags((site / name).read_text(encoding="utf-8"))
        charts = [
            found
            for tag, found in page.tags
            if tag == "svg" and found.get("aria-labelledby") == "trend-t trend-d"
        ]
        assert len(charts) == 1
        assert charts[0]["role"] == "img"
        assert {"trend-t", "trend-d"} <= set(page.ids)


def test_indexes_of_the_search_cannot_end_their_script(site: Path) -> None:
    text = (site / "search" / "funds-90.js").read_text(encoding="utf-8")
    assert "</script>" not in text
    content = json.loads(text[len("tambonIndex(") : -len(");\n")].split(",", 1)[1])
    assert content[0][0] == "900101"


def test_rows_behind_figures_are_no_formulas_to_a_spreadsheet(site: Path) -> None:
    text = (site / "data" / "dq_finding" / "nvf.adm.bounds.csv").read_bytes()
    assert text.startswith("\ufeff".encode())
    assert b"'=HYPERLINK" in text
    assert not re.search(rb'(^|,|")=HYPERLINK', text)
    assert text.count(b"\nf") >= 1


def test_pages_name_each_other_in_the_other_language(site: Path) -> None:
    thai = {
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if "en" not in path.relative_to(site).parts[:1]
    }
    english = {path.relative_to(site / "en").as_posix() for path in (site / "en").rglob("*.html")}
    assert thai == english
    for name in thai:
        assert f'lang="{"th"}"' in (site / name).read_text(encoding="utf-8")[:60]
        assert 'lang="en"' in (site / "en" / name).read_text(encoding="utf-8")[:60]


def test_every_page_says_that_the_data_is_made_up_and_when_it_was_released(site: Path) -> None:
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert 'class="synthetic"' in html, path
        assert 'class="release-date"' in html, path
    css = (site / "static" / "release.css").read_text(encoding="utf-8")
    assert "28\u00a0พ.ย.\u00a02569 19:14" in css
    assert "28\u00a0Nov\u00a02026 19:14" in css
    assert '"1/1"' in css  # feeds overdue


def test_pages_whose_data_did_not_change_are_the_same_files(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    build(first, first / "site")
    again = build(second, second / "site", first / "site")
    assert again.linked > 80
    # The same release once more: nothing is written but the list.
    assert again.rewritten == 0
    assert (first / "site/about.html").samefile(second / "site/about.html")

    third = tmp_path / "three"
    more = [*FINDINGS, finding(7)]
    changed = build(third, third / "site", second / "site", findings=more)
    assert not (second / "site/agency/nvf.html").samefile(third / "site/agency/nvf.html")
    assert (second / "site/about.html").samefile(third / "site/about.html")
    assert (second / "site/en/held/index.html").samefile(third / "site/en/held/index.html")
    assert 0 < changed.rewritten < changed.linked
    entries = read_site_list(third / "site")
    assert entries["about.html"] == read_site_list(second / "site")["about.html"]
    for path, entry in entries.items():
        assert (third / "site" / path).stat().st_size == entry.bytes, path


def test_two_processes_write_what_one_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = make_release(tmp_path / "r")
    monkeypatch.setattr("dashboard.engine.ALONE", 0)
    with open_source(tmp_path / "r", manifest=manifest) as source:
        told: list[str] = []
        alone = write_site(source, tmp_path / "alone", processes=1)
        shared = write_site(source, tmp_path / "shared", processes=2, progress=told.append)
        again = write_site(source, tmp_path / "again", previous=tmp_path / "shared", processes=2)
    assert read_site_list(tmp_path / "shared") == read_site_list(tmp_path / "alone")
    assert (shared.pages, shared.files, shared.rewritten) == (alone.pages, alone.files, alone.rewritten)
    assert (again.rewritten, again.linked) == (0, shared.rewritten)
    assert str(shared.pages) in told[-1]


def orders_itself(sql: str) -> bool:
    """Whether a query's rows come in one order: its own, or that of the one table it reads."""
    told = duckdb.execute("SELECT json_serialize_sql($1::VARCHAR)", [sql]).fetchall()[0][0]
    node = json.loads(told)["statements"][0]["node"]
    modifiers = {modifier["type"] for modifier in node["modifiers"]}
    mixed = (
        node["type"] != "SELECT_NODE"
        or bool(node["group_expressions"])
        or node["from_table"]["type"] == "JOIN"
        or "DISTINCT_MODIFIER" in modifiers
    )
    return not mixed or "ORDER_MODIFIER" in modifiers


def test_no_query_leaves_the_order_of_its_rows_to_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not orders_itself("SELECT a, count(*) FROM t GROUP BY 1")
    assert not orders_itself("SELECT a FROM t UNION SELECT a FROM u")
    assert orders_itself("SELECT a FROM t UNION SELECT a FROM u ORDER BY 1")
    asked: set[str] = set()
    frame = Source.frame

    def noted(source: Source, sql: str, params: Any = None) -> pl.DataFrame:
        asked.add(sql)
        return frame(source, sql, params)

    monkeypatch.setattr(Source, "frame", noted)
    build(tmp_path / "r", tmp_path / "site")
    assert len(asked) > 80
    assert [sql for sql in sorted(asked) if not orders_itself(sql)] == []


def test_two_pages_with_one_path_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = make_release(tmp_path / "r")
    with open_source(tmp_path / "r", manifest=manifest) as source:
        todo = parts(source)
        monkeypatch.setattr("dashboard.engine.parts", lambda _: [*todo, todo[0]])
        with pytest.raises(ReleaseError, match=r"Two pages have the path index\.html"):
            write_site(source, tmp_path / "site", processes=1)


def test_a_damaged_page_is_not_taken_over(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    build(first, first / "site")
    page = first / "site" / "about.html"
    page.chmod(0o644)
    page.write_text("short", encoding="utf-8")
    build(second, second / "site", first / "site")
    assert (second / "site" / "about.html").read_text(encoding="utf-8") != "short"


def test_a_failed_audit_shows_its_checks_beside_the_facts_that_stand(tmp_path: Path) -> None:
    good, failed = tmp_path / "good", tmp_path / "failed"
    manifest = make_release(good)
    (good / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    newest = make_release(failed, "r3", kind="quality")
    with open_source(failed, manifest=newest, facts=good) as source:
        write_site(source, failed / "site", processes=1)
    home = (failed / "site" / "index.html").read_text(encoding="utf-8")
    assert 'class="callout bad"' in home
    assert "สงขลา" in home  # the facts of the release that stands
    # what stands was not the first release, and what changed in the checks is told
    assert words()["home.first"].th not in home
    assert words()["home.not_published"].th.split("{")[0] in home
    held = (failed / "site/held/index.html").read_text(encoding="utf-8")
    assert words()["held.build_who"].th in held
    assert ".audit-failed[hidden]{display:block}" in (failed / "site/static/release.css").read_text(
        encoding="utf-8"
    )
    assert (failed / "site/files/marts/dim_tambon.parquet").samefile(good / "marts/dim_tambon.parquet")


def test_a_first_audit_that_failed_has_pages_without_facts(tmp_path: Path) -> None:
    folder = tmp_path / "failed"
    manifest = make_release(folder, "r3", kind="quality")
    with open_source(folder, manifest=manifest) as source:
        report = write_site(source, folder / "site", processes=1)
        assert "dim_tambon" in source.missing
    assert report.pages > 50
    assert words()["home.no_facts"].th in (folder / "site/index.html").read_text(encoding="utf-8")


def test_a_release_that_was_pruned_keeps_its_page(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "r2", tmp_path / "b" / "r9"
    build(first, first / "site")
    build(second, second / "site", first / "site", release_id="r9")
    assert (second / "site" / "release" / "r2.html").is_file()
    listed = (second / "site" / "release" / "index.html").read_text(encoding="utf-8")
    assert 'href="../release/r2.html"' in listed
    assert 'href="../release/r9.html"' in listed


# ---- words ----


def used_words() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.html")]
    code = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    found = {key for text in texts for key in re.findall(r"\bt\('([a-z_0-9.]+)'[,)]", text)}
    return found | {
        key for text in code for key in re.findall(r"word(?:s\(\)\[|\()\"([a-z_.]+[a-z_])\"[\])]", text)
    }


def test_every_word_that_templates_ask_for_is_there_in_both_languages() -> None:
    assert len(used_words()) > 150
    assert not used_words() - set(words())
    assert not [key for key, both in words().items() if not both.th.strip() or not both.en.strip()]


def test_thai_words_are_thai_and_english_words_are_not() -> None:
    thai = re.compile("[\u0e01-\u0e5b]")
    assert not [key for key, both in words().items() if thai.search(both.en)]
    assert [key for key, both in words().items() if not thai.search(both.th)] == []


def test_no_word_is_left_over() -> None:
    texts = "".join(
        path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*") if path.suffix in {".html", ".py"}
    )
    # Words that are put together from a code stand under the name of their group.
    groups = set(re.findall(r"named\('([a-z._]+)',", texts)) | set(re.findall(r"t\('([a-z_.]+)\.' ~", texts))
    groups |= {"severity", "life", "trend", "check", "home", "nav", "kind", "step", "dimension"}
    left = [
        key
        for key in words()
        if f"'{key}'" not in texts
        and f'"{key}"' not in texts
        and not key.startswith(tuple(f"{group}." for group in groups))
    ]
    assert not left


def test_every_table_of_figures_leads_to_its_rows_and_its_definition(site: Path) -> None:
    """A table that counts something has the rows behind it (a CSV) and what it means below it, or in its own rows."""
    described = {"about", "api", "dictionary", "download", "lineage", "measures", "release", "table"}
    wrong, seen = [], 0
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        kind = re.search(r'<body class="page-([a-z_-]+)"', html)
        assert kind
        if kind[1] in described:
            continue
        for figure in re.findall(r'<figure class="tbl.*?</figure>', html, re.DOTALL):
            named = re.search(r'<table id="([^"]+)"', figure)
            assert named
            if named[1] in ("examples", "variants"):
                continue  # findings themselves, and rules
            seen += 1
            if "dictionary/" not in figure or not re.search(r'href="[^"]*data/[^"]+\.csv" download', figure):
                wrong.append(f"{path.relative_to(site)}: {named[1]}")
    assert seen > 60
    assert not wrong


def test_only_pages_that_filter_or_search_ask_for_the_script(site: Path) -> None:
    asked = {True: 0, False: 0}
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        needs = " data-filter=" in html or 'id="search"' in html
        assert ("<script " in html) == needs, path
        asked[needs] += 1
    assert asked[True] and asked[False]
    assert "<script " in (site / "search.html").read_text(encoding="utf-8")


def test_a_finding_names_our_fields_in_words_and_an_agencys_heading_as_it_stands() -> None:
    from dashboard.dictionary import field_title

    assert field_title("members_persons")["th"] == "จำนวนสมาชิก"
    assert field_title("reported_tambon_code")["th"]
    assert field_title("ชื่อกลุ่มของเรา") == {"th": None, "en": None}


def test_a_check_with_variants_has_a_name_for_all_of_them() -> None:
    """A title with a place for a field's or a file's own word needs another one where the variants stand together."""
    titles = {check.id: group_title(check.id) for check in load_checks()}
    assert len(titles) > 100
    assert not {check: title for check, title in titles.items() if "{" in title.th + title.en}
    assert group_title("fact.unit_slip").th == "หน่วยหรือหลักไม่เลื่อน"
    assert group_title("gone.check") == ("gone.check", "gone.check")

"""Each page kind as a person meets it: in both languages, on a desktop and a phone, with a keyboard, without script, in print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import DESKTOP, PHONE, Site, Watch, keep_screenshot, opened

pytestmark = pytest.mark.slow
WCAG = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
KINDS = {
    "index.html",
    "about.html",
    "search.html",
    "agency",
    "check",
    "province",
    "amphoe",
    "tambon",
    "conflict",
    "coverage",
    "integration",
    "held",
    "feed",
    "release",
    "download",
    "dictionary",
}


@pytest.fixture(scope="module", params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def window(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[Page, Watch, str]]:
    with opened(browser, request.param) as (page, watch):
        yield page, watch, "phone" if request.param == PHONE else "desktop"


def visited(site: Site) -> list[str]:
    """The pages to open: of each kind the index, a full one and a bare one; in English the fullest or the index."""
    thai = [path for paths in site.kinds().values() for path in paths]
    return [*thai, *(f"en/{paths[min(1, len(paths) - 1)]}" for paths in site.kinds().values())]


def test_there_is_a_page_of_every_kind(site: Site) -> None:
    assert set(site.kinds()) >= KINDS


def test_every_kind_of_page_is_sound(site: Site, window: tuple[Page, Watch, str]) -> None:
    """No violation that axe finds, nothing on the console, no other host, nothing wider than the window."""
    page, watch, size = window
    axe = Axe()
    wrong: list[str] = []
    for path in visited(site):
        page.goto(f"{site.url}/{path}", wait_until="load")
        keep_screenshot(page, f"{size}-{path}")
        watch.assert_quiet(path)
        assert page.locator("html").get_attribute("lang") == ("en" if path.startswith("en/") else "th")
        assert page.locator("h1").count() == 1, path
        told = page.locator("body").inner_text()
        assert ("ข้อมูลสังเคราะห์" in told) or ("ynthetic" in told), path
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wrong.append(f"{path}: {over} px too wide")
        for found in axe.run(page, options=WCAG).response["violations"]:
            spots = "; ".join(" ".join(map(str, node["target"])) for node in found["nodes"][:3])
            wrong.append(f"{path}: {found['id']}: {found['help']}: {spots}")
    assert wrong == []


def test_a_page_of_the_other_language_is_the_same_page(site: Site, browser: Browser) -> None:
    with opened(browser) as (page, watch):
        for paths in site.kinds().values():
            page.goto(f"{site.url}/{paths[-1]}")
            page.locator('a[hreflang="en"]').first.click()
            assert page.url == f"{site.url}/en/{paths[-1]}"
            page.locator('a[hreflang="th"]').first.click()
            assert page.url == f"{site.url}/{paths[-1]}"
        watch.assert_quiet("language switch")


def test_from_the_map_to_a_tambon_and_back(site: Site, browser: Browser) -> None:
    with opened(browser) as (page, watch):
        page.goto(f"{site.url}/province/index.html")
        page.locator('svg a[href*="province/"], svg a[href$=".html"]').first.click()
        assert re.search(r"/province/\d\d\.html$", page.url)
        page.locator('main a[href*="amphoe/"]').first.click()
        assert re.search(r"/amphoe/\d{4}\.html", page.url)
        page.locator('main a[href*="tambon/"]').first.click()
        assert re.search(r"/tambon/\d{6}\.html", page.url)
        code = re.search(r"(\d{6})\.html", page.url)
        assert code
        page.locator(f'nav a[href*="amphoe/{code[1][:4]}"]').first.click()
        assert page.url.endswith(f"/amphoe/{code[1][:4]}.html")
        page.go_back()
        assert f"/tambon/{code[1]}.html" in page.url
        page.locator(f'nav a[href*="province/{code[1][:2]}"]').first.click()
        assert page.url.endswith(f"/province/{code[1][:2]}.html")
        watch.assert_quiet("from the map to a tambon")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_search_finds_a_tambon(site: Site, browser: Browser, size: tuple[int, int]) -> None:
    with opened(browser, size) as (page, watch):
        some = next(path for path in site.paths if path.startswith("tambon/"))
        page.goto(f"{site.url}/{some}")
        name = re.sub(r"^(ตำบล|แขวง|ต\.)\s*", "", page.locator("h1").inner_text().split("\n")[0]).split(" ")[
            0
        ]
        page.goto(f"{site.url}/search.html")
        page.locator('main input[type="search"]').fill(name)
        found = page.locator(f'main a[href*="{some}"]').first
        found.wait_for()
        keep_screenshot(page, f"search-{size[0]}")
        found.click()
        page.wait_for_url(f"**/{some}*")
        watch.assert_quiet("search")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("บ่อยาง สงขลา", "tambon/900101"),
        ("ต.บ่อยาง อ.เมือง จ.สงขลา", "tambon/900101"),
        ("bo yang songkla", "tambon/900101"),
        ("๙๐๐๑๐๑", "tambon/900101"),
        ("น\u0e4d\u0e49าพอง", "amphoe/4007"),
        ("เเม่ริม", "amphoe/5007"),
        ("อุบนราชธานี", "province/34"),
        ("โคราช", "province/30"),
        ("Petchaburi", "province/76"),
    ],
)
def test_search_takes_other_spellings(site: Site, browser: Browser, typed: str, code: str) -> None:
    with opened(browser) as (page, _):
        page.goto(f"{site.url}/search.html?q={typed}")
        first = page.locator("#results a").first
        first.wait_for()
        assert (first.get_attribute("href") or "").endswith(f"{code}.html")


def test_search_finds_a_fund_of_any_province(site: Site, browser: Browser) -> None:
    index = next(path for path in sorted(site.paths) if re.fullmatch(r"search/funds-\d\d\.js", path))
    tambon, name, _ = json.loads(
        (site.folder / index).read_text(encoding="utf-8").split(",", 1)[1].rstrip(");\n")
    )[0]
    with opened(browser) as (page, watch):
        page.goto(f"{site.url}/search.html")
        page.locator("#in").select_option("*")
        page.locator("#q").fill(name)
        page.locator(f'#results a[href$="tambon/{tambon}.html"]').first.wait_for()
        watch.assert_quiet("search in all provinces")


def test_pages_read_without_script(site: Site, browser: Browser) -> None:
    with opened(browser, PHONE, script=False) as (page, watch):
        for paths in site.kinds().values():
            page.goto(f"{site.url}/{paths[0]}")
            assert len(page.locator("main").inner_text()) > 80, paths[0]
        page.goto(f"{site.url}/search.html")
        assert page.locator("main a").count() >= 10, "without script the search page leads on by itself"
        watch.assert_quiet("without script")


def test_the_keyboard_reaches_the_content_first(site: Site, browser: Browser) -> None:
    with opened(browser) as (page, _):
        page.goto(f"{site.url}/index.html")
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.getAttribute('href')")
        assert focused and focused.startswith("#"), "the first stop is the skip link"
        outline = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.boxShadow })()"
        )
        assert outline != "nonenone", "what has the focus shows it"
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == focused


def test_print_leaves_out_what_paper_cannot_use(site: Site, browser: Browser) -> None:
    with opened(browser) as (page, _):
        page.goto(f"{site.url}/{site.kinds()['tambon'][0]}")
        page.emulate_media(media="print")
        keep_screenshot(page, "print-tambon")
        assert page.locator("h1").is_visible()
        assert not page.locator("header nav").first.is_visible()


@pytest.mark.parametrize("language", ["", "en/"], ids=["thai", "english"])
def test_the_dictionary_reads_on_a_phone(site: Site, browser: Browser, language: str) -> None:
    """What a column means takes the width of the window; rows and cells stay rows and cells to a screen reader."""
    with opened(browser, PHONE) as (page, watch):
        for name, wide in (("dq_finding", "record_key"), ("fct_tambon_year", "members_persons")):
            page.goto(f"{site.url}/{language}dictionary/{name}.html")
            inside = page.locator(".scroll")
            assert inside.evaluate("box => box.scrollWidth <= box.clientWidth")
            columns = page.get_by_role("table").get_by_role("row")
            row = columns.filter(has=page.get_by_role("rowheader", name=wide, exact=False)).first
            called, means = (row.get_by_role("cell").nth(place) for place in (0, 1))
            for cell in (called, means):
                box = cell.bounding_box()
                assert box and box["width"] > 0.85 * PHONE[0]
            shown = columns.count()
            page.locator("input[data-filter]").fill(wide)
            page.wait_for_function("document.querySelectorAll('#columns tbody tr[hidden]').length > 3")
            assert 1 <= page.locator("#columns tbody tr:visible").count() < shown
        watch.assert_quiet("dictionary")

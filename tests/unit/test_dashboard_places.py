"""Names of places, what stands where there is no figure, classes of coverage, and the marks that tell them."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from dashboard.engine import frame_of
from dashboard.funds import MAIN, figures, people, state
from dashboard.model import Bilingual
from dashboard.pages import conflict, province, tambon
from dashboard.pages.coverage import cell
from dashboard.pages.province import _region_rank
from dashboard.places import Places
from dashboard.render import LANGUAGES, Renderer, words
from dashboard.source import Source, open_source
from tests.unit.dashboard_world import LONG, MARKUP, make_release

ASKED = frozenset({"members_persons", "savings_thb"})


def made_places() -> Places:
    return Places(
        regions={"north": Bilingual("เหนือ", "North")},
        provinces={"10": Bilingual("กรุงเทพมหานคร", "Bangkok"), "54": Bilingual("แพร่", "Phrae")},
        amphoe={"1001": Bilingual("พระนคร", "Phra Nakhon"), "5403": Bilingual("ลอง", "Long")},
        tambons={
            "100101": Bilingual("วัดราชบพิธ", "Wat Ratchabophit"),
            "540309": Bilingual("แม่ปาน", "Mae Pan"),
        },
        region_of={"54": "north"},
        amphoe_in={"10": ["1001"], "54": ["5403"]},
        tambons_in={"1001": ["100101"], "5403": ["540309"]},
    )


def test_bangkok_has_khet_and_khwaeng_and_the_rest_amphoe_and_tambon() -> None:
    places = made_places()
    assert places.tambon_title("100101") == ("แขวงวัดราชบพิธ", "Khwaeng Wat Ratchabophit")
    assert places.amphoe_title("1001") == ("เขตพระนคร", "Khet Phra Nakhon")
    assert places.province_title("10").th == "กรุงเทพมหานคร"
    assert places.tambon_title("540309").th == "ตำบลแม่ปาน"
    assert places.amphoe_title("5403").th == "อำเภอลอง"
    assert places.province_title("54") == ("จังหวัดแพร่", "Phrae Province")
    assert [crumb.path for crumb in places.crumbs("540309")] == [
        "province/index.html",
        "province/54.html",
        "amphoe/5403.html",
    ]


@pytest.mark.parametrize(
    ("code", "value", "status", "told"),
    [
        ("savings_thb", 12.5, "reported", "value"),
        ("savings_thb", 0, "reported", "zero"),
        ("savings_thb", None, "reported", "blank"),
        ("savings_thb", None, "not_reported", "silent"),
        ("loans_outstanding_thb", None, "reported", "none"),
        ("loans_outstanding_thb", None, "not_reported", "none"),
    ],
)
def test_zero_blank_silent_and_not_asked_are_four_things(
    code: str, value: float | None, status: str, told: str
) -> None:
    assert state(code, value, status, ASKED) == told


def test_one_to_four_people_of_a_fund_are_not_told() -> None:
    assert [people(value) for value in (None, 0, 1, 4, 5)] == [None, 0, "<5", "<5", 5]
    row: dict[str, Any] = dict.fromkeys(MAIN, 3.0)
    assert figures(row, "reported", ASKED, of_one_fund=True)[0] == ["value", "<5"]
    assert figures(row, "reported", ASKED, of_one_fund=True)[1] == ["value", 3.0]  # money is no person
    assert figures(row, "reported", ASKED, of_one_fund=False)[0] == ["value", 3.0]


@pytest.mark.parametrize(
    ("known", "reporting", "told"),
    [
        (0, 0, ["none", 0, 0]),
        (4, 0, ["silent", 0, 4]),
        (100, 49, [1, 49, 100]),
        (100, 50, [2, 50, 100]),
        (100, 75, [3, 75, 100]),
        (100, 90, [4, 90, 100]),
        (100, 99, [4, 99, 100]),
        (100, 100, [5, 100, 100]),
    ],
)
def test_coverage_classes_are_as_the_legend_states(known: int, reporting: int, told: list[Any]) -> None:
    assert cell({"funds_known": known, "funds_reporting": reporting}) == told


def test_a_year_that_a_programme_does_not_have_is_neither_none_nor_silent() -> None:
    assert cell(None) == ["out", None, None]


def test_regions_stand_in_the_order_of_the_forums() -> None:
    codes = ["central_upper", "south", "north", None]
    assert sorted(codes, key=_region_rank) == ["south", "north", "central_upper", None]


def test_every_word_has_both_languages_and_no_word_is_declared_twice() -> None:
    assert all(both.th.strip() and both.en.strip() for both in words().values())
    from dashboard.render import PACKAGE

    keys = [
        line.split(":", maxsplit=1)[0]
        for path in sorted(PACKAGE.glob("words*.yml"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and line[0] not in "# "
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_marks_tell_states_in_words(lang: str) -> None:
    environment = Renderer(lang, {}).environment
    shown: Any = environment.globals["figures"]
    html = str(shown([["value", 12.0], ["zero", 0], ["silent", None], ["blank", None], ["none", None]]))
    assert '<data value="12">12</data>' in html and '<data value="0">0</data>' in html
    assert words()["pl.silent"][lang == "en"] in html and words()["pl.blank"][lang == "en"] in html
    assert html.endswith('<td class="n"></td>')
    assert "&lt;5" in str(shown([["value", "<5"]]))
    gap: Any = environment.globals["gap"]
    assert words()["gap.both_not_linked"][lang == "en"] in gap("both_not_linked")


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    manifest = make_release(tmp_path / "r2")
    with open_source(tmp_path / "r2", manifest=manifest) as opened:
        yield opened


def html_of(source: Source, module: Any, path: str, lang: str = "th") -> str:
    page = next(page for page in module.pages(source) if page.path == path)
    stamp = {"release_id": source.release_id, "created_at": source.created_at}
    return Renderer(lang, frame_of(source)).render(page, stamp).decode()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_tambons_page_shows_hostile_names_as_text_and_hides_small_counts(source: Source, lang: str) -> None:
    html = html_of(source, tambon, "tambon/900101.html", lang)
    assert "<script>alert" not in html and "<img src=x" not in html
    assert MARKUP in unescape(html)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200f\ufeff]", html)
    assert "&lt;5" in html  # three members of one fund
    assert LONG[:60] in html and html.count(LONG) <= 1  # whole once, in a part that opens
    for word in ("pl.silent", "pl.reported", "gap.both_not_linked"):
        assert words()[word][lang == "en"] in unescape(html)


def test_a_tambon_without_funds_says_so_and_still_has_its_neighbours(source: Source) -> None:
    html = html_of(source, tambon, "tambon/900102.html")
    assert words()["tb.no_fund_at_all"].th in html
    assert '<tr data-code="900102" class="here">' in html and 'href="../tambon/900101.html"' in html


def test_the_row_of_the_page_itself_is_marked_for_each_neighbour(source: Source) -> None:
    renderer = Renderer("th", frame_of(source))
    stamp = {"release_id": source.release_id, "created_at": source.created_at}
    for page in tambon.pages(source):
        html = renderer.render(page, stamp).decode()
        code = page.path[len("tambon/") : -len(".html")]
        assert html.count('class="here"') == 1
        assert f'<tr data-code="{code}" class="here">' in html


def test_a_province_counts_findings_over_what_its_agencies_sent(source: Source) -> None:
    page = next(page for page in province.pages(source) if page.path == "province/90.html")
    matrix: Any = page.data["matrix"]
    (told,) = [row for row in matrix["rows"] if row["amphoe_code"] is None]
    place = matrix["agencies"].index("nvf")
    assert told["cells"][place]["findings"] == 5  # five findings name the province and no amphoe
    (known,) = [row for row in matrix["rows"] if row["amphoe_code"] == "9001"]
    # four rows of reports and one site; no finding of this amphoe
    assert known["cells"][place] == {"records": 0, "findings": 0, "sent": 5}


def test_funds_without_a_tambon_have_their_conflicts_too(source: Source) -> None:
    html = html_of(source, conflict, "conflict/unplaced.html")
    assert 'id="F9"' in html and words()["cf.published"].th in html
    index = html_of(source, conflict, "conflict/index.html", "en")
    assert "conflict/unplaced.html" in index and "conflict/9001.html" in index


def test_a_release_without_facts_has_pages_that_say_so(tmp_path: Path) -> None:
    manifest = make_release(tmp_path / "q", kind="quality")
    with open_source(tmp_path / "q", manifest=manifest) as opened:
        assert list(tambon.pages(opened)) == []
        html = html_of(opened, province, "province/index.html")
        assert words()["pl.no_facts"].th in html
        assert words()["cf.none"].th in html_of(opened, conflict, "conflict/index.html")

"""Names of places, what stands where there is no figure, classes of coverage, and the marks that tell them."""

from typing import Any

import pytest

from dashboard.funds import MAIN, figures, people, state
from dashboard.model import Bilingual
from dashboard.pages.coverage import cell
from dashboard.pages.province import _region_rank
from dashboard.places import Places
from dashboard.render import LANGUAGES, Renderer, words

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

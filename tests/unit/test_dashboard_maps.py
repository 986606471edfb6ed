import json
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from dashboard.maps import OUTLINES, Area, area_map, classify, map_legend, province_map
from ingest.reference.gazetteer import province_table
from ingest.reference.seeds import load_seeds

SVG = "{http://www.w3.org/2000/svg}"


def drawn(values: dict[str, float | None], names: dict[str, str] | None = None) -> ElementTree.Element:
    markup = province_map(
        values,
        names=names if names is not None else NAMES,
        href=lambda code: f"province/{code}.html",
        value_text=lambda value: f"{value:,.0f}",
        label="แผนที่",
        no_data="ไม่มีข้อมูล",
        inset_label="ขยาย",
    )
    return ElementTree.fromstring(str(markup).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def links(svg: ElementTree.Element) -> dict[str, ElementTree.Element]:
    found = [link for link in svg.iter(f"{SVG}a") if link.get("tabindex") is None]
    return {link.get("href", "")[len("province/") :][:2]: link for link in found}


NAMES = {f"{code}": f"จังหวัด {code}" for code in range(10, 97)}


def test_every_province_of_the_gazetteer_is_drawn_once_and_named() -> None:
    codes = set(province_table(load_seeds())["province_code"].to_list())
    assert len(codes) == 77 and "38" in codes
    svg = drawn(dict.fromkeys(codes, 1.0), dict.fromkeys(codes, "x") | {"38": "บึงกาฬ"})
    assert set(links(svg)) == codes
    assert links(svg)["38"].findtext(f"{SVG}title") == "บึงกาฬ: 1"
    assert all(link.find(f"{SVG}path").get("d", "").startswith("M") for link in links(svg).values())  # type: ignore[union-attr]


def test_outlines_stay_small_and_inside_the_drawing() -> None:
    assert OUTLINES.stat().st_size < 30_000
    drawing = json.loads(OUTLINES.read_text(encoding="utf-8"))
    for area in drawing["provinces"].values():
        assert 0 <= area["x"] <= drawing["width"] and 0 <= area["y"] <= drawing["height"]


def test_no_data_is_hatched_and_zero_is_a_class_of_its_own() -> None:
    svg = links(drawn({"10": 0, "50": None, "90": 7}))
    paths = {code: link.find(f"{SVG}path") for code, link in svg.items()}
    assert paths["10"] is not None and paths["10"].get("class") == "c0"
    assert paths["90"] is not None and paths["90"].get("class") == "c1"
    for code in ("50", "11"):  # None, and not among the values at all
        path = paths[code]
        assert path is not None and path.get("class") is None and path.get("fill", "").startswith("url(#")
        assert svg[code].findtext(f"{SVG}title", "").endswith("ไม่มีข้อมูล")


def test_classes_hold_every_value_once_and_equal_values_share_one() -> None:
    values = {
        str(number): float(value) for number, value in enumerate([0, 0, 1, 1, 1, 1, 2, 3, 5, 8, 13, 21])
    }
    held = classify(values | {"none": None})
    assert held.without_value == 1
    assert sum(one.count for one in held.classes) == len(values)
    assert held.classes[0].number == 0 and held.classes[0].count == 2
    assert len({held.of[code] for code, value in values.items() if value == 1}) == 1
    spans = [(one.low, one.high) for one in held.classes]
    assert spans == sorted(spans) and all(high < low for (_, high), (low, _) in pairwise(spans))


@pytest.mark.parametrize(
    "values", [{}, {"10": None}, {"10": 0.0}, {"10": 4.0, "11": 4.0}, {"10": -3.0, "11": 2.0}]
)
def test_classes_of_few_or_odd_values(values: dict[str, float | None]) -> None:
    held = classify(values)
    known = [value for value in values.values() if value is not None]
    assert sum(one.count for one in held.classes) == len(known) == len(held.of)


def test_a_province_without_a_page_is_drawn_and_not_linked() -> None:
    svg = drawn({"10": 3, "11": 1}, {"10": "กรุงเทพมหานคร"})
    assert set(links(svg)) == {"10"}
    assert len(list(svg.iter(f"{SVG}path"))) > 77


def test_legend_states_the_same_classes_as_the_map() -> None:
    values: dict[str, float | None] = {"10": 0, "11": 3, "12": 4, "13": 900}
    legend = map_legend(
        values,
        value_text=lambda value: f"{value:,.0f}",
        caption="รายการ",
        heads=("ชั้น", "ช่วง", "จังหวัด"),
        no_data="ไม่มีข้อมูล",
    )
    for one in classify(values).classes:
        assert f'<span class="key c{one.number}">{one.number}</span>' in legend
    assert '<td>ไม่มีข้อมูล</td><td class="num">73</td>' in legend


def test_hostile_names_are_text_in_a_map() -> None:
    hostile = '"><script>alert(1)</script>'
    svg = drawn({"10": 1}, {"10": hostile})
    assert links(svg)["10"].findtext(f"{SVG}title") == f"{hostile}: 1"
    area = area_map(
        [Area("a", "M0 0h9v9z", 4, 4, 4)],
        {"a": 1},
        width=10,
        height=10,
        names={"a": hostile},
        href=lambda code: f"x/{code}.html",
        value_text=str,
        label=hostile,
        no_data="-",
    )
    assert "<script" not in area and " style=" not in area

"""Maps of tambons from a file that a user gives: what matches is drawn, what does not is listed, what is broken draws nothing."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.tambon_maps import NOWHERE, code_property, read_outlines, tambon_maps
from tests.unit.test_dashboard_places import made_places

pytest.importorskip("shapely", reason="the extra `maps` is not installed")
REAL = Path(__file__).parents[3] / "shared" / "real" / "tambon_outlines.geojson.gz"


def square(west: float, south: float, side: float = 0.1) -> dict[str, Any]:
    ring = [
        [west, south],
        [west + side, south],
        [west + side, south + side],
        [west, south + side],
        [west, south],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


def collection(*features: tuple[dict[str, Any], Any]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": properties, "geometry": geometry}
            for properties, geometry in features
        ],
    }


def write(path: Path, body: object) -> Path:
    text = json.dumps(body, ensure_ascii=False).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def test_outlines_in_the_shape_of_cod_ab_are_drawn_and_mismatches_listed_both_ways(tmp_path: Path) -> None:
    places = made_places()
    places.tambons_in["5403"].append("540301")
    file = write(
        tmp_path / "adm3.geojson.gz",
        collection(
            ({"ADM3_PCODE": "TH540309", "ADM3_TH": "แม่ปาน"}, square(100, 18)),
            ({"ADM3_PCODE": "TH540399", "ADM3_TH": "<b>เก่า"}, square(100.1, 18)),
            ({"ADM3_PCODE": "TH999999", "ADM3_TH": "นอกแผนที่"}, square(101, 18)),
            ({"ADM3_PCODE": None, "ADM3_TH": "ไม่มีรหัส"}, square(102, 18)),
            ({"ADM3_PCODE": "TH540302", "ADM3_TH": "ไม่มีรูปร่าง"}, None),
        ),
    )
    drawn = tambon_maps(places, file)
    assert set(drawn) == {"54", NOWHERE}
    assert [(one["code"], one["name"]) for one in drawn[NOWHERE].without_code] == [
        ("", "ไม่มีรหัส"),
        ("TH540302", "ไม่มีรูปร่าง"),
        ("999999", "นอกแผนที่"),
    ]
    assert [area[0] for area in drawn["54"].areas] == ["540309"]
    assert drawn["54"].areas[0][1].startswith("M") and drawn["54"].areas[0][1].endswith("z")
    assert [one["code"] for one in drawn["54"].without_outline] == ["540301"]
    assert drawn["54"].without_code == ({"code": "540399", "name": "<b>เก่า"},)
    assert drawn["54"].data({"540309": 4})["values"] == {"540309": 4}


def test_parts_of_one_tambon_are_joined(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.geojson",
        collection(({"tam_code": "540309"}, square(100, 18)), ({"tam_code": "540309"}, square(102, 18))),
    )
    assert len(read_outlines(file)["540309"][1].geoms) == 2


def test_a_known_property_name_wins_over_another_that_looks_like_a_code() -> None:
    features = [{"properties": {"objectid": "100001", "TAM_CODE": "540309"}}]
    assert code_property(features) == "TAM_CODE"
    assert code_property([{"properties": {"objectid": 12, "รหัส": 540309}}]) == "รหัส"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b'{"features": 3}',
        json.dumps(collection(({"name": "no code"}, square(100, 18)))).encode(),
    ],
)
def test_a_broken_file_draws_nothing_and_stops_nothing(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "broken.geojson"
    path.write_bytes(content)
    assert tambon_maps(made_places(), path) == {}
    assert "broken.geojson" in caplog.text


def test_broken_shapes_are_left_out_and_listed_as_missing(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.geojson",
        collection(
            ({"tam_code": "540309"}, {"type": "Polygon", "coordinates": [[["x", 1]]]}),
            ({"tam_code": "100101"}, {"type": "Point", "coordinates": [100, 13]}),
        ),
    )
    drawn = tambon_maps(made_places(), file)
    assert set(drawn) == {NOWHERE}
    assert [one["code"] for one in drawn[NOWHERE].without_code] == ["540309", "100101"]


def test_a_damaged_archive_and_a_missing_file_draw_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson.gz"
    path.write_bytes(gzip.compress(b"{}" * 1000)[:-20])
    assert tambon_maps(made_places(), path) == {}
    assert tambon_maps(made_places(), tmp_path / "none.geojson") == {}


def test_without_the_variable_there_is_no_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAMBON_OUTLINES", raising=False)
    assert tambon_maps(made_places()) == {}


@pytest.mark.skipif(
    not REAL.is_file(), reason="the real outlines lie beside the checkout only (../shared/real)"
)
def test_real_outlines_have_a_shape_for_nearly_every_tambon() -> None:
    outlines = read_outlines(REAL)
    assert len(outlines) > 7_300
    drawn = tambon_maps(made_places(), REAL)
    assert [area[0] for area in drawn["54"].areas] == ["540309"]

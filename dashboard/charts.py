"""The few large charts: Altair drawn to SVG on the server, in both languages, told in words as well."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup, escape

from dashboard import numbers
from dashboard.render import LANGUAGES, words

SOFT: Final = "#51616d"
LINE: Final = "#d5dde3"
LABEL_ROOM: Final = 0.11
"""Least distance between the names of two lines, as a share of the highest."""
SERIES: Final = {"open": "#14506e", "new": "#a3201d", "mended": "#1d6a43"}
_STYLE: Final = re.compile(r'\s(?:style|class|aria-[a-z]+|role)="[^"]*"')
_NUMBER: Final = re.compile(r"(\d+\.\d{3,})")


def trend_chart(points: Sequence[dict[str, Any]], lang: str, name: str) -> Markup | None:
    """Open, new and mended findings over releases as SVG; None where there are fewer than two releases.

    `points` have released_at, findings_open, findings_new, findings_mended, oldest first; `name` makes ids unique on the page.
    Drawing takes a third of a second: it is done where a page is rendered, so only for pages that changed.
    """
    if len(points) < 2:
        return None
    return Markup(_trend(list(points)[-60:], lang, name))


def _trend(points: Sequence[dict[str, Any]], lang: str, name: str) -> str:
    import altair as alt

    index = LANGUAGES.index(lang)
    rows = []
    for place, point in enumerate(points):
        at = point["released_at"]
        label = numbers.day(at, lang) if isinstance(at, datetime) else str(at)
        for series in SERIES:
            value = point[f"findings_{series}"]
            if value is not None:
                rows.append(
                    {
                        "place": place,
                        "day": label,
                        "series": words()[f"trend.{series}"][index],
                        "value": value,
                    }
                )
    last = len(points) - 1
    names = [words()[f"trend.{series}"][index] for series in SERIES]
    days = {place: numbers.day(point["released_at"], lang) for place, point in enumerate(points)}
    step = max(1, round(last / 3))
    ticks = sorted({*range(0, last, step), last} - {last - 1 if last > 2 and step > 1 else -1})
    labels = _tick_labels(points, days, ticks, lang)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("place:Q", scale=alt.Scale(domain=[0, last * 1.2], nice=False), title=None,
                axis=alt.Axis(values=ticks, labelExpr=_label_expression(labels, ticks), grid=False, labelAngle=0)),
        y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=True),
                axis=alt.Axis(tickCount=4, format=",d", domain=False, ticks=False)),
        color=alt.Color("series:N", scale=alt.Scale(domain=names, range=list(SERIES.values())), legend=None),
        detail="series:N",
    )  # fmt: skip
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash(
            "series:N", scale=alt.Scale(domain=names, range=[[1, 0], [6, 3], [2, 2]]), legend=None
        )
    )
    dots = base.mark_point(filled=True, size=28) if len(points) < 25 else None
    text = (
        alt.Chart(alt.InlineData(values=_end_labels(points, lang)))
        .mark_text(align="left", dx=8, fontSize=14, fontWeight="bold")
        .encode(x=alt.X("place:Q"), y=alt.Y("at:Q"), text="series:N", color=alt.Color("series:N"))
        .transform_calculate(place=f"{last}")
    )
    layers = [layer for layer in (lines, dots, text) if layer is not None]
    chart = (
        alt.layer(*layers)
        .properties(
            width=400, height=170, background="white", padding={"left": 5, "right": 30, "top": 8, "bottom": 5}
        )
        .configure(font="NST, system-ui, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(labelColor=SOFT, labelFontSize=13, gridColor=LINE, domainColor=LINE, tickColor=LINE)
    )
    first, final = points[0], points[-1]
    told = words()["trend.told"][index].format(
        first=numbers.exact(first["findings_open"] or 0), last=numbers.exact(final["findings_open"] or 0),
        since=days[0], until=days[last], releases=len(points),
    )  # fmt: skip
    return accessible_svg(chart, words()["trend.title"][index], told, name)


def _tick_labels(
    points: Sequence[dict[str, Any]], days: dict[int, str], ticks: Sequence[int], lang: str
) -> dict[int, str]:
    """The day under each tick; its time alone where the tick before it has the same day."""
    labels = {}
    for place, tick in enumerate(ticks):
        day = days[tick]
        told = place and days[ticks[place - 1]] == day
        labels[tick] = numbers.moment(points[tick]["released_at"], lang)[len(day) :].strip() if told else day
    return labels


def _end_labels(points: Sequence[dict[str, Any]], lang: str) -> list[dict[str, Any]]:
    """Names of the lines at their ends, moved apart where the lines end close to each other."""
    ends = sorted((points[-1][f"findings_{series}"] or 0, series) for series in SERIES)
    # The axis reaches to the highest point of all: a name takes the same share of it wherever the lines end.
    highest = max(point[f"findings_{series}"] or 0 for point in points for series in SERIES)
    room = highest * LABEL_ROOM or 1.0
    labels: list[dict[str, Any]] = []
    for value, series in ends:
        at = max(value, labels[-1]["at"] + room) if labels else value
        labels.append({"series": words()[f"trend.{series}"][LANGUAGES.index(lang)], "at": at})
    return labels


def _label_expression(labels: dict[int, str], ticks: Sequence[int]) -> str:
    """Vega's expression that names a tick; our own day texts only, in quotes."""
    cases = "".join(f"datum.value == {tick} ? '{labels[tick]}' : " for tick in ticks)
    return f"{cases}''"


def accessible_svg(chart: Any, title: str, description: str, name: str) -> str:
    """An Altair chart as inline SVG: named and described, without styles, scripts or needless digits."""
    import vl_convert

    drawn = vl_convert.vegalite_to_svg(chart.to_json(indent=None))
    inner = drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")]
    box = re.search(r'viewBox="([^"]+)"', drawn)
    inner = _NUMBER.sub(
        lambda found: f"{float(found.group(1)):.2f}".rstrip("0").rstrip("."), _STYLE.sub("", inner)
    )
    return (
        f'<svg viewBox="{box.group(1) if box else "0 0 700 230"}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>{inner}</svg>'
    )

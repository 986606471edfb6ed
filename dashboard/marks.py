"""Small marks that stand many times on a page, made without a template: chips, bars, sparklines.

Each says in words what it shows; colour is never alone. No inline style: widths are SVG attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from dashboard import numbers

if TYPE_CHECKING:
    from jinja2 import Environment

    from dashboard.render import Renderer

SHAPES: Final = {"block": "■", "warn": "▲", "info": "●"}
LIVES: Final = {"new": "＋", "persisting": "＝", "mended": "✓", "gone": "○"}
WIDTH, HEIGHT = 96, 22


def register(environment: Environment, renderer: Renderer) -> None:
    """Put the marks into the templates' globals: severity(), life(), share(), sparkline(), score(), column()."""
    from dashboard.render import words

    index, lang = renderer.index, renderer.lang

    def word(key: str) -> str:
        return words()[key][index]

    def severity(code: str | None) -> Markup:
        if code not in SHAPES:
            return Markup("")
        return Markup(
            f'<span class="chip {code}"><span aria-hidden="true">{SHAPES[code]}</span> {word("severity." + code)}</span>'
        )

    def life(code: str | None) -> Markup:
        if code not in LIVES:
            return Markup("")
        return Markup(
            f'<span class="chip life {code}"><span aria-hidden="true">{LIVES[code]}</span> {word("life." + code)}</span>'
        )

    def share(numerator: float | None, denominator: float | None, kind: str = "") -> Markup:
        """n/N with a bar; without N only a dash."""
        if numerator is None or not denominator:
            return renderer.nothing()
        width = min(1.0, max(0.0, numerator / denominator)) * 100
        width = max(width, 1.5) if numerator else 0
        return Markup(
            f'<span class="share {escape(kind)}"><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect class="track" width="100" height="6"/><rect class="part" width="{width:.1f}" height="6"/></svg>'
            f'<span><data value="{numbers.raw(numerator)}">{numbers.exact(numerator)}</data>/'
            f'<data value="{numbers.raw(denominator)}">{numbers.exact(denominator)}</data></span></span>'
        )

    def score(value: float | None) -> Markup:
        """A score from 0 to 100 with one decimal."""
        if value is None:
            return renderer.nothing()
        return Markup(f'<data class="score" value="{numbers.raw(value)}">{value:.1f}</data>')

    def sparkline(
        values: Sequence[float | None], labels: Sequence[object] = (), unit: str | None = None
    ) -> Markup:
        """A line over years (gaps where there is no value) that tells its first, last, lowest and highest in words."""
        told = [(place, value) for place, value in enumerate(values) if value is not None]
        if not told:
            return renderer.nothing()
        return Markup(_spark_svg(values, told, _spark_words(told, labels, unit, lang)))

    def trend(points: Sequence[dict[str, Any]], name: str) -> Markup | None:
        from dashboard.charts import trend_chart

        return trend_chart(points, lang, name)

    def column(*names: str | None) -> Markup:
        """Columns of findings: a field of ours by its label, a heading of the agency's as it stands in the file."""
        from dashboard.dictionary import field_title

        titles = [
            known.get(lang) or known.get("th") or name
            for name in names
            if name and (known := field_title(name))
        ]
        return renderer.user(" · ".join(dict.fromkeys(titles)), 60 if len(names) == 1 else 90)

    for mark in (severity, life, share, score, sparkline, column):
        environment.globals[mark.__name__] = mark
    environment.globals["trend_chart"] = trend


def _spark_words(told: list[tuple[int, float]], labels: Sequence[object], unit: str | None, lang: str) -> str:
    def said(point: tuple[int, float]) -> str:
        at = f"{labels[point[0]]}: " if labels else ""
        value = numbers.short_money(point[1], lang) if unit == "THB" else numbers.exact(point[1])
        return f"{at}{value}"

    return " → ".join(dict.fromkeys((said(told[0]), said(told[-1]))))


def _spark_svg(values: Sequence[float | None], told: list[tuple[int, float]], words: str) -> str:
    low, high = min(value for _, value in told), max(value for _, value in told)
    span, last = (high - low) or 1.0, max(1, len(values) - 1)

    def at(place: int, value: float) -> str:
        x = 3 + place / last * (WIDTH - 6)
        y = HEIGHT / 2 if high == low else HEIGHT - 3 - (value - low) / span * (HEIGHT - 6)
        return f"{x:.0f} {y:.1f}"

    path, before = [], None
    for place, value in told:
        path.append(f"{'L' if before == place - 1 else 'M'}{at(place, value)}")
        before = place
    # A year alone between gaps is a point: a line of no length with a round end.
    line = "".join(f"{step}h0" if step[0] == "M" else step for step in path)
    x, y = at(*told[-1]).split()
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}">'
        f'<path d="{line}"/><circle cx="{x}" cy="{y}" r="2.4"/></svg>'
    )

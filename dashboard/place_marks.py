"""Marks of funds and areas that stand thousands of times: made in Python, since a template's macro costs ten times as much.

Each tells in words what it shows; colour is never alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from dashboard import numbers, paths
from dashboard.text import clean

if TYPE_CHECKING:
    from jinja2 import Environment

    from dashboard.render import Renderer

STATUS: Final = {
    "reported": ("good", "✓", "pl.reported"),
    "not_reported": ("warn", "▲", "pl.not_reported"),
    "not_listed": ("warn", "▲", "pl.not_listed"),
    "no_fund": ("info", "○", "pl.no_fund"),
}
GAPS: Final = {
    "linked": ("good", "✓", "gap.linked"),
    "both_not_linked": ("warn", "◐", "gap.both_not_linked"),
    "finance_without_welfare": ("warn", "◑", "gap.finance_without_welfare"),
    "welfare_without_finance": ("warn", "◒", "gap.welfare_without_finance"),
    "neither": ("info", "○", "gap.neither"),
}
UNITS: Final = ("persons", "THB", "THB", "THB", "THB")
"""Units of `dashboard.funds.MAIN`."""
CLOSED: Final = {"closed": "status.closed", "suspended": "status.suspended"}
REMEMBERED: Final = 64


def register(environment: Environment, renderer: Renderer) -> None:
    """Put the marks into the templates' globals: figures(), status(), gap(), by_agencies(), fund_rows(), remember()."""

    def chip(look: tuple[str, str, str]) -> Markup:
        return Markup('<span class="chip {}"><span aria-hidden="true">{}</span> {}</span>').format(
            look[0], look[1], renderer.t(look[2])
        )

    statuses = {code: chip(look) for code, look in STATUS.items()}
    gaps = {code: chip(look) for code, look in GAPS.items()}
    silent = str(Markup('<i class="st">{}</i>').format(renderer.t("pl.silent")))
    blank = str(Markup('<i class="st">{}</i>').format(renderer.t("pl.blank")))
    words = {"zero": '<data value="0">0</data>', "silent": silent, "blank": blank, "none": ""}

    def figure(pair: Sequence[Any], unit: str) -> str:
        """What stands where a figure would: the figure, zero that was reported, or why there is none."""
        told, value = pair
        if told != "value":
            return words[told]
        if isinstance(value, str):
            return value.replace("<", "&lt;")
        if unit == "THB":
            return renderer.money(value)
        return f'<data value="{numbers.raw(value)}">{numbers.exact(value)}</data>'

    def figures(
        pairs: Sequence[Sequence[Any]],
        spans: Sequence[Sequence[float | None] | None] = (),
        years: Sequence[int] = (),
    ) -> Markup:
        """The cells of `MAIN`, with the line over the years where there are some."""
        labels = [numbers.short_year(year, renderer.lang) for year in years]
        sparkline: Callable[..., Markup] = environment.globals["sparkline"]  # type: ignore[assignment]
        cells = []
        for place, pair in enumerate(pairs):
            unit = UNITS[place]
            line = f"<br>{sparkline(spans[place], labels, unit)}" if spans and spans[place] else ""
            cells.append(f'<td class="n">{figure(pair, unit)}{line}</td>')
        return Markup("".join(cells))  # noqa: S704 — numbers and our own words only

    def status(code: str | None) -> Markup:
        return statuses.get(code or "", statuses["no_fund"])

    def gap(code: str | None) -> Markup:
        return gaps.get(code or "", Markup(""))

    links: dict[tuple[str, str], Markup] = {}

    def by_agencies(codes: Iterable[str], names: Mapping[str, Any]) -> Markup:
        """Short names of agencies, each a link to its page."""
        made = []
        for code in codes:
            key = (renderer.base, code)
            if key not in links:
                links[key] = Markup('<a href="{}">{}</a>').format(
                    renderer.href(paths.agency(code)), renderer.both(names[code])
                )
            made.append(links[key])
        return Markup(" · ").join(made)

    def fund_rows(funds: Iterable[Mapping[str, Any]], names: Mapping[str, Any]) -> Markup:
        """A table's rows, one a fund: name, village, who reports it; year or why there is none; figures."""
        rows = []
        for fund in funds:
            short = fund["name"] and len(fund["name"]) <= 80
            name = f"<bdi>{escape(clean(fund['name']))}</bdi>" if short else renderer.user(fund["name"], 80)
            about = [str(renderer.t("pl.moo", n=fund["moo"]))] if fund["moo"] else []
            if fund["agencies"]:
                about.append(str(by_agencies(fund["agencies"], names)))
            if fund["disputed"]:
                about.append(f'<a href="#conflicts">{renderer.t("tb.disputed")}</a>')
            if fund["status"] == "reported":
                told = numbers.short_year(fund["year"], renderer.lang) if fund["year"] else ""
            else:
                last = numbers.short_year(fund["last"], renderer.lang) if fund["last"] else "–"
                told = f'{status(fund["status"])}<small class="by">{renderer.t("pl.last_year", year=last)}</small>'
            if fund["closed"]:
                known = CLOSED.get(fund["closed"])
                word = renderer.t(known) if known else escape(clean(fund["closed"]))
                told += f'<small class="by">{word}</small>'
            rows.append(
                f'<tr><th scope="row">{name}<small class="by">{" · ".join(about)}</small></th>'
                f'<td class="k">{told}</td>{figures(fund["figures"])}</tr>'
            )
        return Markup("\n".join(rows))  # noqa: S704 — names and states are escaped above

    held: dict[tuple[str, str], Markup] = {}

    def remember(key: str, here: str, caller: Callable[[], Markup]) -> Markup:
        """A part that several pages of one folder share, rendered once. The row of `here` is marked as the current one."""
        place = (renderer.base, key)
        if place not in held:
            if len(held) >= REMEMBERED:
                held.clear()
            held[place] = caller()
        return Markup(  # noqa: S704 — markup of ours, one attribute replaced
            str(held[place])
            .replace(f'<tr data-code="{here}">', f'<tr data-code="{here}" class="here">', 1)
            .replace(f'/{here}.html">', f'/{here}.html" aria-current="page">', 1)
        )

    environment.globals.update(
        figures=figures,
        status=status,
        gap=gap,
        by_agencies=by_agencies,
        fund_rows=fund_rows,
        remember=remember,
        UNITS=UNITS,
    )

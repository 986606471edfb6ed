"""Templates to HTML: one environment a language, with the words, the numbers and the links that templates call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from dashboard import numbers, paths
from dashboard.model import Bilingual, Page
from dashboard.text import clamped, clean

if TYPE_CHECKING:
    from jinja2 import Environment

PACKAGE: Final = Path(__file__).parent
LANGUAGES: Final = ("th", "en")
OTHER: Final = {"th": "en", "en": "th"}
FILLED: Final = 20_000


@cache
def words() -> dict[str, Bilingual]:
    """Every word of the pages, from words*.yml."""
    import yaml

    content: dict[str, dict[str, str]] = {}
    for path in sorted(PACKAGE.glob("words*.yml")):
        content.update(yaml.safe_load(path.read_text(encoding="utf-8")))
    # A comma outside quotation marks makes a third key: better no page than half a word.
    wrong = [key for key, both in content.items() if set(both) != {"th", "en"}]
    if wrong:
        raise ValueError(f"words*.yml: not exactly th and en: {', '.join(wrong)}")
    return {key: Bilingual(both["th"], both["en"]) for key, both in content.items()}


def word(key: str) -> Bilingual:
    """A word in both languages, for the title of a page."""
    return words()[key]


class Renderer:
    """Renders pages in one language. `frame` is what all pages of a release share (see `dashboard.engine`)."""

    def __init__(self, lang: str, frame: Mapping[str, Any]) -> None:
        self.lang = lang
        self.index = LANGUAGES.index(lang)
        self.base = ""  # from the page being rendered to the root of its language
        self.root = ""  # … and to the root of the site
        # Our own words, written for the page: they may hold markup.
        self._words = {key: Markup(both[self.index]) for key, both in words().items()}
        self._filled: dict[tuple[object, ...], Markup] = {}
        self.environment = _environment(self, frame)

    def render(self, page: Page, stamp: Mapping[str, Any]) -> bytes:
        """The page's bytes. `stamp`: the release in which it was written."""
        depth = page.path.count("/")
        self.base = "../" * depth
        self.root = "../" * (depth + (self.lang != "th"))
        if page.path == paths.NOT_FOUND:  # shown at any address: only one that begins at the top leads on
            self.base, self.root = "/" if self.lang == LANGUAGES[0] else f"/{self.lang}/", "/"
        template = self.environment.get_template(page.template)
        html = template.render(
            page.data,
            page=page,
            title=page.title[self.index],
            summary=page.description[self.index] if page.description else None,
            other_path=self.root + ("en/" if self.lang == "th" else "") + page.path,
            stamp=stamp,
            base_path=self.base,
            root_path=self.root,
        )
        if _FILTERS not in html:
            html = _SCRIPT.sub("", html, count=1)
        # Blank lines and indentation of the templates are a tenth of the bytes.
        lines = [line for each in html.split("\n") if (line := each.strip())]
        return ("\n".join(lines) + "\n").encode("utf-8", "replace")

    # ---- what templates call ----

    def t(self, key: str, **values: object) -> str | Markup:
        """A word of words.yml; `{name}` in it is replaced by a value, escaped."""
        if not values:
            return self._words[key]
        # The same few numbers come again on thousands of pages.
        made = (key, *((name, type(value), value) for name, value in values.items()))
        if made not in self._filled:
            if len(self._filled) >= FILLED:
                self._filled.clear()
            self._filled[made] = self._words[key].format(**values)
        return self._filled[made]

    def named(self, group: str, code: object) -> str:
        """The word `<group>.<code>` for a code that stands in data; the code itself where there is none for it."""
        known = words().get(f"{group}.{code}")
        return known[self.index] if known else clean(code)

    def both(self, row: Mapping[str, Any] | Bilingual | None, name: str = "name") -> str:
        """A record's `<name>_th` or `<name>_en`; the other where one is missing."""
        if row is None:
            return ""
        if isinstance(row, Bilingual):
            return row[self.index]
        text = row.get(f"{name}_{self.lang}") or row.get(f"{name}_{OTHER[self.lang]}")
        return "" if text is None else str(text)

    def href(self, path: str) -> str:
        """Relative address of a page of the same language, from the page being rendered."""
        return self.base + path

    def file(self, path: str) -> str:
        """Relative address of a file of the site: the same in both languages."""
        return self.root + path

    def money(self, value: float | None) -> Markup:
        """Baht for reading, with the exact figure at hand."""
        if value is None:
            return self.nothing()
        text = numbers.short_money(value, self.lang)
        full = numbers.exact(value)
        title = (
            f' title="{full}{numbers.NO_BREAK}{numbers.unit_name("THB", self.lang)}"' if full != text else ""
        )
        return Markup(f'<data value="{numbers.raw(value)}"{title}>{text}</data>')

    def count(self, value: float | None) -> Markup:
        """A whole number in full."""
        if value is None:
            return self.nothing()
        return Markup(f'<data value="{numbers.raw(value)}">{numbers.exact(value)}</data>')

    def rate(self, value: float | None, digits: int = 1) -> Markup:
        """A rate from 0 to 1 as per cent."""
        if value is None:
            return self.nothing()
        shown = numbers.percent(value, digits)
        return Markup(f'<data value="{numbers.raw(value)}">{escape(shown)}</data>')

    def number(self, value: float | None, unit: str | None = None, digits: int = 2) -> Markup:
        """A measure's value by its unit; THB as money."""
        if unit == "THB":
            return self.money(value)
        if value is None:
            return self.nothing()
        return Markup(f'<data value="{numbers.raw(value)}">{numbers.exact(value, digits)}</data>')

    def nothing(self) -> Markup:
        """What stands where there is no value: a dash to the eye, words to the ear."""
        return Markup(f'<span class="nil" aria-label="{words()["no_value"][self.index]}" role="img">–</span>')

    def user(self, text: object, limit: int = 120) -> Markup:
        """Text from data: cleaned, escaped, its direction kept inside; long text cut, with all of it at hand."""
        if text is None or text == "":
            return self.nothing()
        full = clean(text)
        if len(full) <= limit:
            return Markup("<bdi>{}</bdi>").format(full)
        shown, _ = clamped(full, limit)
        more = words()["show_all"][self.index]
        return Markup(
            '<details class="long"><summary><bdi>{}</bdi> <span>{}</span></summary><bdi>{}</bdi></details>'
        ).format(shown, more, full[:20_000])

    def tongue(self, text: str | None) -> str | None:
        """Of a text that says one thing in two languages (`ไทย · English`), the half in the page's own."""
        if not text:
            return text
        for dot in _DOTS.finditer(text):
            thai, english = text[: dot.start()], text[dot.end() :]
            if _THAI.search(thai) and not _THAI.search(english) and _LATIN.search(english):
                # What it is held against stands once, behind both.
                tail = _AGAINST.search(english)
                return (thai + (tail[0] if tail and ")" not in thai else ""), english)[self.index].strip()
        halves = _TONGUES.split(text, maxsplit=1)
        return halves[self.index].strip() if len(halves) == 2 and _THAI.search(halves[0]) else text


_THAI: Final = re.compile("[\u0e01-\u0e5b]")
_LATIN: Final = re.compile("[A-Za-z]")
_AGAINST: Final = re.compile(r" \([^()]*\d[^()]*\)$")
_DOTS: Final = re.compile(" · ")
# A text from an agency may stand in the English half too: then that begins with a capital letter after the dot; a dot
# between Thai words does not divide.
_TONGUES: Final = re.compile(r" · (?=[A-Z])")
# The script filters tables: a page without a filter does not ask for it. Text from data holds no quote mark.
_FILTERS: Final = ' data-filter="'
_SCRIPT: Final = re.compile(r"<script [^>]*></script>")


# A word without values: as a filter of a constant it becomes text when the template is compiled.
_WORD: Final = re.compile(r"\bt\(('[a-z_0-9.]+')\)")


def _environment(renderer: Renderer, frame: Mapping[str, Any]) -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from jinja2.runtime import Context

    class Calls(Context):
        """Calls what a template names as it is: nothing of ours asks for the context, and asking costs half of a call."""

        def call(
            self,
            called: Any,
            /,
            *args: Any,
            _loop_vars: object = None,
            _block_vars: object = None,
            **named: Any,
        ) -> Any:
            return called(*args, **named)

    def template(name: str) -> tuple[str, str, None]:
        path = PACKAGE / "templates" / name  # named in what Jinja says of a mistake
        return _WORD.sub(r"(\1|t)", path.read_text(encoding="utf-8")), str(path), None

    environment = Environment(
        loader=FunctionLoader(template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.context_class = Calls
    lang = renderer.lang
    for name in ("t", "named", "both", "href", "file", "money", "count", "rate", "number", "nothing", "user"):
        environment.globals[name] = getattr(renderer, name)
    for name in ("t", "both", "money", "count", "rate", "number", "user", "tongue"):
        environment.filters[name] = getattr(renderer, name)
    environment.globals.update(
        frame=frame, lang=lang, paths=paths, unit_name=lambda u: numbers.unit_name(u, lang)
    )
    environment.filters.update(
        year=lambda value: numbers.year(value, lang),
        short_year=lambda value: numbers.short_year(value, lang),
        day=lambda value: numbers.day(value, lang) if value is not None else renderer.nothing(),
        moment=lambda value: numbers.moment(value, lang) if value is not None else renderer.nothing(),
        size=numbers.size,
        slug=paths.slug,
        clean=clean,
    )
    from dashboard import maps, marks, place_marks

    marks.register(environment, renderer)
    maps.register(environment, renderer)
    place_marks.register(environment, renderer)
    return environment

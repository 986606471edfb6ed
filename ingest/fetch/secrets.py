"""Secrets: read from the environment when needed, and cut out of every text that leaves a pull."""

from __future__ import annotations

import os
from urllib.parse import quote, quote_plus, unquote

from ingest.fetch.models import FetchFailed

HIDDEN = "•••"


class Secrets:
    """The secrets that one pull has used."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def get(self, name: str) -> str:
        """The value of a variable, without blanks at its ends. FetchFailed(no_secret) where it is not set."""
        value = os.environ.get(name, "").strip()
        if not value:
            raise FetchFailed("no_secret", name=name)
        self.hide(value)
        return value

    def header(self, name: str) -> str:
        """The value of a variable that goes into a request header; FetchFailed where it does not fit into one."""
        value = self.get(name)
        if not (value.isascii() and value.isprintable()):
            raise FetchFailed(
                "bad_secret", name=name, detail_th="ใช้ได้เฉพาะอักขระ ASCII", detail_en="printable ASCII only"
            )
        return value

    def hide(self, value: str) -> None:
        """Cut this, in any of its URL spellings, out of texts from now on."""
        if value:
            self._known |= {value, quote(value, safe=""), quote(value), quote_plus(value), unquote(value)}

    def clean(self, text: str) -> str:
        """The text with every known secret replaced."""
        for value in sorted(self._known, key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return text

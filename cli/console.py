"""How the commands speak: one console, readable errors without a traceback, the home given with --home."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import which
from typing import Annotated, NoReturn
from unicodedata import category

import typer
from rich.console import Console
from rich.markup import escape

from ingest.home import Home

HIDDEN = ("Cc", "Cf")  # control characters; format characters such as direction marks
# A log file has no width of its own; tables there should not be squeezed into 80 columns.
LOG_WIDTH = 130
out = Console(highlight=False, width=None if sys.stdout.isatty() else LOG_WIDTH)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else LOG_WIDTH)

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", envvar="TAMBON_HOME", help="Folder that holds all state.", show_default="./data"),
]


def fail(message: str, *, hint: str | None = None, code: int = 2) -> NoReturn:
    """Print an error in the user's words and end the command."""
    err.print("[bold red]ผิดพลาด · Error:[/]", end=" ")
    err.print(message, markup=False)
    if hint:
        err.print(hint, style="dim", markup=False)
    raise typer.Exit(code)


def open_home(path: Path | None) -> Home:
    """The home that a command works on; children of this process and Dagster see the same one."""
    home = Home.locate(path)
    os.environ["TAMBON_HOME"] = str(home.root)
    return home


def program() -> str:
    """How this command was started, so that a hint can be copied: `tambon`, or its path from here."""
    started = Path(sys.argv[0])
    if started.name != "tambon" or which("tambon") == str(started.resolve()):
        return "tambon"
    return os.path.relpath(started)


def shown(text: str) -> str:
    """Text from a file, safe to put on a terminal: no markup, and no control or direction marks, which are shown as codes."""
    return escape("".join(f"\\u{ord(one):04x}" if category(one) in HIDDEN else one for one in text))

"""How the commands speak: one console, readable errors without a traceback, the home given with --home."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from ingest.home import Home

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

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

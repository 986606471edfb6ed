"""`tambon datadocs`: what Great Expectations ran, for engineers."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import HomeOption, open_home, out


def datadocs(
    home: HomeOption = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser too.")] = False,
) -> None:
    """Make the pages of the suites that ran, and print where they lie: what was expected, every verdict by group, times.

    Example:  [bold]tambon datadocs --open[/]
    """
    from expectations.gx_pages import write_pages

    index = write_pages(open_home(home).datadocs)
    if not any(index.parent.glob("*/*.html")):
        out.print("ยังไม่มีการตรวจที่บันทึกไว้ · No validation is recorded yet; `tambon refresh` records them")
    typer.echo(str(index))
    if open_it:
        typer.launch(index.as_uri())

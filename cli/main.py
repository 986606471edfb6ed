"""`tambon`: refresh, sample, check, mending, status, scores, site, query, serve, held, admit, releases, feeds, review."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from cli import (
    alerts,
    check,
    datadocs,
    feeds,
    fetch,
    held,
    mending,
    query,
    refresh,
    releases,
    review,
    sample,
    scores,
    serve,
    site,
    status,
)
from cli.console import out

app = typer.Typer(
    name="tambon",
    help="คลังข้อมูลกองทุนชุมชนระดับตำบล · The tambon-level warehouse of Thailand's community funds.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(version("tambon-warehouse"))
        raise typer.Exit


@app.callback()
def main(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before the command."""


app.command("refresh")(refresh.refresh)
app.command("fetch")(fetch.fetch)
app.command("sample")(sample.sample)
app.command("check")(check.check)
app.command("mending")(mending.mending)
app.command("mend")(mending.mend)
app.command("status")(status.status)
app.command("scores")(scores.scores)
app.command("site")(site.site)
app.command("query")(query.query)
app.command("serve")(serve.serve)
app.command("datadocs")(datadocs.datadocs)
app.command("admit")(held.admit)
app.add_typer(held.app, name="held")
app.add_typer(releases.app, name="releases")
app.add_typer(alerts.app, name="alerts")
app.add_typer(feeds.app, name="feeds")
app.add_typer(review.app, name="review")


def run() -> None:
    """The program: run the command, then end without the binding's farewell.

    DuckDB's Python binding prints pages of "leaked instance" notes while Python takes itself down. They say nothing to an
    operator and fill the log of every nightly run, so standard error is closed once all of ours is written.
    """
    code: object = 0
    try:
        app()
    except SystemExit as ended:
        code = ended.code
    except Exception as error:
        # What no command foresaw: one line for the user; the traceback only for who asks for it.
        if os.environ.get("TAMBON_DEBUG"):
            raise
        sys.stderr.write(f"ผิดพลาด · Error: {error}\n(TAMBON_DEBUG=1 shows where: {type(error).__name__})\n")
        code = 2
    sys.stdout.flush()
    sys.stderr.flush()
    if "duckdb" in sys.modules:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(code)  # type: ignore[arg-type]


if __name__ == "__main__":
    run()

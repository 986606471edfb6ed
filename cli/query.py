"""`tambon query`: SQL on the current release, read only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import HomeOption, fail, open_home, out

SHOWN_ROWS = 50


def query(
    sql: Annotated[str, typer.Argument(help="One SQL statement (DuckDB).")],
    home: HomeOption = None,
    csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="JSON (a list of objects) on standard output.")
    ] = False,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="Write a Parquet file.")] = None,
) -> None:
    """Ask the current release a question. Nothing can be written, and no other file can be read.

    Example:  [bold]tambon query "select * from mart_tambon_profile where province_name_th = 'น่าน'" --csv[/]
    """
    from release import QueryError, run_query

    try:
        frame = run_query(open_home(home), sql)
    except QueryError as error:
        fail(str(error))
    if parquet:
        frame.write_parquet(parquet)
        out.print(f"{frame.height:,} rows → {parquet}", markup=False)
    elif csv:
        typer.echo(frame.write_csv(), nl=False)
    elif json:
        typer.echo(frame.write_json())
    else:
        _show(frame)


def _show(frame: object) -> None:
    import polars as pl
    from rich.table import Table

    assert isinstance(frame, pl.DataFrame)
    table = Table()
    for name, kind in frame.schema.items():
        table.add_column(name, justify="right" if kind.is_numeric() else "left", overflow="fold")
    for row in frame.head(SHOWN_ROWS).iter_rows():
        table.add_row(*("" if cell is None else _plain(cell) for cell in row))
    out.print(table)
    if frame.height > SHOWN_ROWS:
        out.print(f"… {frame.height - SHOWN_ROWS:,} more rows; use --csv, --json or --parquet for all")


def _plain(cell: object) -> str:
    from rich.markup import escape

    text = f"{cell:,.2f}".removesuffix(".00") if isinstance(cell, float) else str(cell)
    return escape(text)

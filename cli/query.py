"""`tambon query`: SQL on the current release, read only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import HomeOption, fail, open_home, out, shown

if TYPE_CHECKING:
    import polars as pl

SHOWN_ROWS = 50


def query(
    sql: Annotated[str, typer.Argument(help="One SQL statement (DuckDB).")],
    home: HomeOption = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="CSV on standard output, values exactly as they are.")
    ] = False,
    excel: Annotated[
        bool,
        typer.Option(
            "--excel", help="CSV for spreadsheet programs: Thai shows, no cell is run as a formula."
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="JSON (a list of objects) on standard output.")
    ] = False,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="Write a Parquet file.")] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="RELEASE|DAY", help="What was known in that release, or by that day."
        ),
    ] = None,
) -> None:
    """Ask the current release a question. Nothing can be written, and no other file can be read.

    Example:  [bold]tambon query "select * from mart_tambon_profile where province_name_th = 'น่าน'" --csv[/]

    What was known then:  [bold]tambon query "from fct_fund_year" --as-of 2026-01-31[/]. Of a release that was
    pruned since, the funds' years are put together again from their revisions (fct_fund_agency_year); the marts of
    that day are gone.
    """
    from release import QueryError, ReleaseError, run_query
    from release.spreadsheet import defused

    try:
        frame = run_query(open_home(home), sql, as_of=as_of)
    except (QueryError, ReleaseError) as error:
        fail(str(error))
    if parquet:
        try:
            frame.write_parquet(parquet)
        except OSError as error:
            fail(f"{parquet}: {error.strerror or error}")
        out.print(f"{frame.height:,} rows → {parquet}", markup=False)
    elif excel:
        typer.echo(defused(_flat(frame)).write_csv(include_bom=True), nl=False)
    elif csv:
        typer.echo(_flat(frame).write_csv(), nl=False)
    elif json:
        typer.echo(frame.write_json())
    else:
        _show(frame)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists and structs as JSON text: a CSV cell holds one value."""
    import json

    import polars as pl

    def text(column: pl.Series) -> pl.Series:
        cells = [
            None if cell is None else json.dumps(cell, ensure_ascii=False, default=str)
            for cell in column.to_list()
        ]
        return pl.Series(column.name, cells, pl.String)

    return frame.with_columns(text(frame[name]) for name, kind in frame.schema.items() if kind.is_nested())


def _show(frame: pl.DataFrame) -> None:
    from rich.table import Table

    table = Table()
    for name, kind in frame.schema.items():
        table.add_column(name, justify="right" if kind.is_numeric() else "left", overflow="fold")
    for row in frame.head(SHOWN_ROWS).iter_rows():
        table.add_row(*("" if cell is None else _plain(cell) for cell in row))
    out.print(table)
    if frame.height > SHOWN_ROWS:
        out.print(f"… {frame.height - SHOWN_ROWS:,} more rows; use --csv, --json or --parquet for all")


def _plain(cell: object) -> str:
    text = f"{cell:,.2f}".removesuffix(".00") if isinstance(cell, float) else str(cell)
    return shown(text)

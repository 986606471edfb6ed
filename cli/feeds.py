"""`tambon feeds`: the contracts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli import feeds_add
from cli.console import err, fail, out, shown
from ingest.contract import AGENCIES, Contract, ContractError, Contracts, load_contracts
from ingest.contract.load import SCHEMA_FILE, contract_schema, load_agencies

app = typer.Typer(help="ชุดข้อมูลและสัญญาข้อมูล · Feeds and their contracts.", no_args_is_help=True)
app.command("add")(feeds_add.add)


@app.command("list")
def list_feeds() -> None:
    """List the feeds that have a contract.

    Example:  [bold]tambon feeds list[/]
    """
    table = Table()
    for name in ("feed", "ชื่อ", "title", "record kind", "version", "cadence"):
        table.add_column(name)
    for contract in _contracts().values():
        table.add_row(
            contract.feed,
            contract.title.th,
            contract.title.en,
            contract.record_kind,
            str(contract.version),
            contract.cadence,
        )
    out.print(table)


@app.command("show")
def show(feed: Annotated[str, typer.Argument(help="agency/feed")]) -> None:
    """Show which headers fill which field of a feed.

    Example:  [bold]tambon feeds show nvf/village_funds[/]
    """
    contracts = _contracts()
    if feed not in contracts:
        fail(f"no feed {feed!r}", hint=f"Feeds: {', '.join(contracts)}")
    table = Table(title=f"{feed}: {contracts[feed].title.th}", title_justify="left")
    for name in ("field", "type", "unit", "required", "headers"):
        table.add_column(name, overflow="fold")
    for column in contracts[feed].columns:
        table.add_row(
            column.field or "(personal: dropped)",
            contracts[feed].type_of(column) if column.field else "",
            column.unit or "",
            "yes" if column.required else "",
            " | ".join(column.headers),
        )
    out.print(table)


@app.command("check")
def check() -> None:
    """Check every contract; a mistake is shown with file and line.

    Example:  [bold]tambon feeds check[/]
    """
    contracts = _contracts()
    if not SCHEMA_FILE.exists() or SCHEMA_FILE.read_text(encoding="utf-8") != contract_schema():
        fail(
            f"{SCHEMA_FILE.name} is not that of the model",
            hint="Write it anew: tambon feeds schema --write",
            code=1,
        )
    out.print(f"{len(contracts)} contracts are valid.")
    for contract in contracts.values():
        if unsettled := _unsettled(contract):
            out.print(
                f"  {contract.feed}: {unsettled} บรรทัดยังรอคนตัดสิน · lines marked CHECK still want a person",
                markup=False,
            )


def _unsettled(contract: Contract) -> int:
    """How many lines of a proposed contract nobody has settled yet."""
    from ingest.propose.yaml_text import CHECK

    if contract.folder is None:
        return 0
    text = (contract.folder / f"{contract.feed_name}.yml").read_text(encoding="utf-8")
    return sum(CHECK in line for line in text.splitlines())


@app.command("schema")
def schema(
    write: Annotated[
        bool, typer.Option("--write", help="Write it beside the model, where editors find it.")
    ] = False,
) -> None:
    """Print the JSON Schema of a contract.

    Example:  [bold]tambon feeds schema --write[/]
    """
    if write:
        SCHEMA_FILE.write_text(contract_schema(), encoding="utf-8")
        err.print(f"wrote {SCHEMA_FILE.name}")
    else:
        typer.echo(contract_schema(), nl=False)


@app.command("docs")
def docs(
    write: Annotated[
        bool, typer.Option("--write", help="Write the pages that differ into docs/feeds.")
    ] = False,
    folder: Annotated[Path | None, typer.Option("--out", help="Another folder than docs/feeds.")] = None,
) -> None:
    """Compare or write the dictionary page of every feed, made from its contract.

    Example:  [bold]tambon feeds docs --write[/]
    """
    from ingest.contract.pages import FOLDER, dictionary, stale_pages, write_dictionary

    # Feeds of further folders (TAMBON_AGENCIES) are no part of this project's pages, unless these go elsewhere.
    root = None if folder else AGENCIES
    try:
        pages = dictionary(load_contracts(root), load_agencies(root))
    except ContractError as error:
        fail(str(error), code=1)
    target = folder or FOLDER
    if write:
        for name in write_dictionary(pages, target):
            out.print(f"{'wrote' if name in pages else 'removed'} {shown(name)}")
    elif stale := stale_pages(pages, target):
        fail(
            f"pages that are not those of the contracts: {', '.join(stale)}",
            hint="Write them anew: tambon feeds docs --write",
            code=1,
        )
    out.print(f"{len(pages)} pages are those of the contracts.")


def _contracts() -> Contracts:
    try:
        return load_contracts()
    except ContractError as error:
        fail(str(error), code=1)

"""`tambon fetch`: pull the feeds whose contracts say where from, now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import HomeOption, err, fail, open_home, out, shown
from ingest.contract import ContractError, load_contracts

if TYPE_CHECKING:
    from ingest.fetch import FetchOutcome

STYLES = {"fetched": "green", "unchanged": "dim", "failed": "bold red"}
SHOWN_TH = {"fetched": "ได้ไฟล์ใหม่", "unchanged": "ไม่เปลี่ยน", "failed": "ไม่สำเร็จ"}


def fetch(
    feeds: Annotated[
        list[str] | None, typer.Argument(help="agency/feed …; without any: all that have sources.")
    ] = None,
    home: HomeOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask the servers, say what would come; keep nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the table.")] = False,
) -> None:
    """Pull files from the addresses, portals, databases and folders that contracts name. `tambon refresh` does this by itself.

    Exit code 0: all went well. 1: some source failed. 2: could not run.

    Example:  [bold]tambon fetch nesdc/population --dry-run[/]
    """
    place = open_home(home)
    try:
        contracts = load_contracts()
    except ContractError as error:
        fail(str(error), hint="Mend the contract; `tambon feeds check` lists all problems.")
    if unknown := [feed for feed in feeds or [] if feed not in contracts]:
        fail(f"ไม่มีชุดข้อมูล · no feed {unknown[0]!r}", hint=f"Feeds: {', '.join(contracts)}")
    wanted = [contracts[feed] for feed in dict.fromkeys(feeds or contracts)]
    without = [contract.feed for contract in wanted if not contract.sources]
    if feeds and without:
        out.print(f"ไม่มี sources ในสัญญาข้อมูล รับจาก inbox เท่านั้น · no sources, inbox only: {', '.join(without)}")

    from ingest.fetch import fetch_feeds

    def show(line: str) -> None:
        err.print(shown(line), style="dim")

    outcomes = fetch_feeds(place, wanted, dry_run=dry_run, progress=None if quiet else show)
    if not outcomes:
        out.print("ไม่มีชุดข้อมูลที่ต้องดึง · No feed has sources to pull from.")
        return
    _print(outcomes, dry_run)
    if any(one.status == "failed" for one in outcomes):
        raise typer.Exit(1)


def _print(outcomes: list[FetchOutcome], dry_run: bool) -> None:
    title = "จะได้ (ทดลอง ไม่เก็บ) · Would come (dry run)" if dry_run else "ผลการดึงข้อมูล · Fetched"
    table = Table(title=title, title_justify="left")
    for name in ("ผล", "ชุดข้อมูล · feed", "ต้นทาง · origin", "ไฟล์ · file"):
        table.add_column(name, overflow="fold")
    for name in ("bytes", "ครั้ง · attempts", "s"):
        table.add_column(name, justify="right")
    for one in outcomes:
        table.add_row(
            f"[{STYLES[one.status]}]{SHOWN_TH[one.status]} · {one.status}[/]",
            one.feed_code,
            shown(one.origin),
            shown(one.file_name or ""),
            f"{one.bytes:,}" if one.bytes else "",
            str(one.attempts),
            f"{one.seconds:.1f}",
        )
    out.print(table)
    for one in outcomes:
        if one.status == "failed" or one.mend_th:
            out.print(f"{shown(one.feed_code)}: {shown(one.message_th)} · {shown(one.message_en)}")
            out.print(f"  → {shown(one.mend_th)} · {shown(one.mend_en)}", style="dim")

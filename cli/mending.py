"""`tambon mending AGENCY`: the workbook of what an agency has to mend. `tambon mend FILE`: send one back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from cli.console import HomeOption, fail, open_home, out, shown
from ingest.contract.kept import usable_contracts


def mending(
    agency: Annotated[str, typer.Argument(help="The agency's code, as in inbox/<agency>/.")],
    to: Annotated[
        Path | None, typer.Option("--out", help="File (.xlsx) or folder to write to; here unless said.")
    ] = None,
    delivery: Annotated[str | None, typer.Option("--delivery", help="Only this delivery (its id).")] = None,
    check: Annotated[
        str | None, typer.Option("--check", help="Only this check (its id, such as adm.key_unique).")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Write the list of what an agency has to mend, as of the newest quality tables.

    Exit code 0: written, or nothing to mend. 2: no such agency or delivery, or nothing was published yet.

    Example:  [bold]tambon mending nvf --out lists/[/]
    """
    place = open_home(home)
    from datetime import UTC, datetime

    from release import read_manifest, resolve_quality
    from release.mending import MendingError, list_of_agency
    from release.mending.book import write_book

    folder = resolve_quality(place)
    if folder is None:
        fail("ยังไม่มีผลตรวจ · nothing was checked yet", hint="Run `tambon refresh` first.")
    manifest = read_manifest(folder)
    try:
        content = list_of_agency(
            place,
            folder / "quality",
            agency,
            release_id=manifest.release_id,
            made_at=manifest.created_at.astimezone(UTC) if manifest.created_at else datetime.now(UTC),
            delivery_id=delivery,
            check=check,
        )
    except MendingError as error:
        agencies = sorted({contract.agency_code for contract in usable_contracts(place).contracts.values()})
        fail(str(error), hint=f"Agencies: {', '.join(agencies)}")
    if content.is_empty:
        out.print("[green]ไม่มีอะไรต้องแก้ · Nothing to mend.[/]")
        return
    target = to or Path()
    if target.suffix.lower() != ".xlsx":
        name = f"{agency}.xlsx" if delivery is None else f"{delivery}.xlsx"
        target = target / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_book(content, target)
    except OSError as error:
        fail(f"{target}: {error.strerror or error}")
    rows = sum(len(sheet.rows) for sheet in content.sheets)
    out.print(
        f"{target}: {rows:,} แถว ใน {len(content.sheets)} ชีต · rows in sheets,"
        f" {content.loose_total:,} อื่น ๆ · findings of no single row",
        markup=False,
    )


def mend(
    file: Annotated[
        Path,
        typer.Argument(help="A mending list that was mended.", exists=True, dir_okay=False, readable=True),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would mend; send nothing.")] = False,
    home: HomeOption = None,
) -> None:
    """Look at a mended list, say what it mends, and put it into its agency's inbox for the next refresh.

    Exit code 0: it can be taken. 2: it cannot; the message says why.

    Example:  [bold]tambon mend nvf.xlsx --dry-run[/]
    """
    place = open_home(home)
    import hashlib

    from ingest.landing import arrivals
    from ingest.landing.limits import LIST_SUFFIXES
    from ingest.landing.messages import refusal_text
    from ingest.mending.marker import MarkerError, is_mending_list
    from ingest.mending.sent_back import read_sent_back

    suffix = file.suffix.lower()
    if suffix not in LIST_SUFFIXES or not is_mending_list(file, suffix):
        fail(
            f"{file.name}: ไม่ใช่รายการแก้ไข · no mending list",
            hint="Files of your own go into inbox/<agency>/<feed>/; `tambon check` looks at them first.",
        )
    with file.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    try:
        back = read_sent_back(
            file, suffix, digest, None, place, usable_contracts(place).contracts, arrivals(place)
        )
    except MarkerError as error:
        told = refusal_text(error.code).filled(
            **{"name": file.name, "sheet": "", "value": "", "expected": "", **error.values}
        )
        fail(f"{told.message_th} · {told.message_en}", hint=f"{told.mend_th} · {told.mend_en}")
    for one in back.deliveries:
        out.print(
            f"  {one.feed_code}: แก้ · mended {one.counted.mended:,}, ลบ · deleted {one.counted.deleted:,}",
            markup=False,
        )
    whole = back.counted
    out.print(
        f"  ยังไม่แก้ · unchanged {whole.unchanged:,}, ไม่อยู่ในไฟล์แล้ว · no longer in it {whole.missing:,}"
        " (ยังต้องแก้ · still to mend)"
    )
    if dry_run:
        return
    target = place.inbox / back.marker.agency_code / file.name
    if target.exists():
        fail(
            f"{target}: มีไฟล์ชื่อนี้อยู่แล้ว · there is such a file already",
            hint="Rename it, or run `tambon refresh` first.",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.part")
        shutil.copyfile(file, partial)
        partial.replace(target)
    except OSError as error:
        fail(f"{target}: {error.strerror or error}")
    out.print(f"[green]ส่งแล้ว · Sent:[/] {shown(str(target))}. `tambon refresh` takes it.")

"""`tambon feeds add FILE`: propose a contract for a file of a new feed, write it, and check the file against it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import err, fail, out, program, shown
from ingest.contract import AGENCIES, ContractError, load_contracts, load_fields
from ingest.contract.fields import RECORD_KINDS, RecordKind
from ingest.contract.load import agency_roots, load_agencies

if TYPE_CHECKING:
    from ingest.contract.model import Agency, Contract
    from ingest.propose import Options, Proposal
    from ingest.propose.places import PlaceCount

_FEED = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")


def add(
    file: Annotated[
        Path,
        typer.Argument(help="A file as the agency sends it.", exists=True, dir_okay=False, readable=True),
    ],
    feed: Annotated[str | None, typer.Option("--feed", help="agency/name of the new feed.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help=f"One of: {', '.join(RECORD_KINDS)}.")] = None,
    programme: Annotated[str | None, typer.Option("--programme", help="A programme of fields.yml.")] = None,
    agency_name_th: Annotated[str | None, typer.Option(help="A new agency's name in Thai.")] = None,
    agency_name_en: Annotated[str | None, typer.Option(help="A new agency's name in English.")] = None,
    agency_short: Annotated[str | None, typer.Option(help="A new agency's short name.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder of agencies.", show_default="first of TAMBON_AGENCIES, else the project's"
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the contract and check the file; write nothing.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a contract that is there.")] = False,
) -> None:
    """Propose a contract from a file; lines marked CHECK want a person.

    Exit code 0: the file would be admitted under it. 1: it would be held, or no contract came out.
    2: it could not be tried.

    Example:  [bold]tambon feeds add list-2567.xlsx --feed baac/community_banks[/]
    """
    from ingest.propose import Options, UnreadableFile, propose

    if feed is not None and not _FEED.fullmatch(feed):
        fail(
            f"--feed {feed!r}: ใช้ตัวเล็ก a-z 0-9 _ เป็น agency/name · lower-case letters, digits and _ as agency/name"
        )
    if kind is not None and kind not in RECORD_KINDS:
        fail(f"--kind {kind!r}: {', '.join(RECORD_KINDS)}")
    if programme is not None and programme not in load_fields().programmes:
        fail(
            f"ไม่มีประเภทกองทุน · there is no programme {programme!r}: {', '.join(load_fields().programmes)}",
            hint="A new kind of fund is an entry under `programmes` in ingest/contract/fields.yml; until then: other_finance",
        )
    record_kind: RecordKind | None = next((one for one in RECORD_KINDS if one == kind), None)
    try:
        contracts, agencies = load_contracts(), load_agencies()
    except ContractError as error:
        fail(str(error))
    options = Options(
        feed, record_kind, programme, agency_name_th, agency_name_en, agency_short, agency_short
    )
    try:
        proposal = propose(file, contracts, agencies, options)
    except UnreadableFile as error:
        fail(str(error))
    root = folder or _default_root()
    agency = agencies.get(proposal.feed.split("/")[0])
    _show(file, proposal)
    contract, text = _text(proposal, options, agency, root)
    target = root / f"{proposal.feed}.yml"
    if dry_run:
        typer.echo(text)
    else:
        _is_free(root, target, contracts.get(proposal.feed), force)
        if not yes and not _agreed(target):
            raise typer.Exit(1)
        _write(root, target, text, proposal, options, agency)
    _check(file, contract)


def _default_root() -> Path:
    named = [one for one in os.environ.get("TAMBON_AGENCIES", "").split(os.pathsep) if one.strip()]
    return Path(named[0]).expanduser() if named else AGENCIES


def _show(file: Path, proposal: Proposal) -> None:
    from ingest.propose.preview import lines

    rows = proposal.table.cells.height
    first = proposal.table.header.first + 1
    head = (
        f"{first}" if proposal.table.header.last + 1 == first else f"{first}–{proposal.table.header.last + 1}"
    )
    out.print(f"{file.name} → {proposal.feed} ({proposal.kind.value})", markup=False)
    out.print(
        f"  หัวตารางแถวที่ · header in row {head}; แถวข้อมูล · rows below {rows:,}; แผ่นงาน · sheets {len(proposal.table.sheets)}"
    )
    table = Table()
    for name in ("", "หัวคอลัมน์ · header", "ตัวอย่าง · samples", "ช่องมาตรฐาน · field", "", "เหตุผล · why"):
        table.add_column(name, overflow="fold")
    for line in lines(proposal):
        mark = "[yellow]?[/]" if line.check else ""
        table.add_row(
            line.letter,
            shown(line.header),
            shown(line.samples),
            f"{line.field}{mark}",
            line.confidence,
            shown(line.why),
        )
    out.print(table)
    for subject, name in ((proposal.kind, "record_kind"), (proposal.programme, "programme")):
        if subject is not None and subject.check:
            out.print(f"  ? {name}: {subject.value} — {subject.check}", markup=False)
    if proposal.key.check:
        out.print(f"  ? key: {', '.join(proposal.key.fields)} — {proposal.key.check}", markup=False)
    for note in (proposal.period.check, *proposal.notes):
        if note:
            out.print(f"  ! {shown(str(note))}")


def _text(proposal: Proposal, options: Options, agency: Agency | None, root: Path) -> tuple[Contract, str]:
    """The contract and its text; ends the command where the file cannot be described."""
    from ingest.propose.write import contract_text, read_contract

    target = root / f"{proposal.feed}.yml"
    text = contract_text(proposal, options, agency, target.parent)
    try:
        return read_contract(text, target), text
    except ContractError as error:
        typer.echo(text)
        reasons = "\n".join(f"  {message}" for _, _, message in error.problems)
        fail(
            f"จากแฟ้มนี้ยังทำสัญญาข้อมูลไม่ได้ ไม่ได้เขียนแฟ้มใด · No contract can be made of this file yet; nothing was written:\n{reasons}",
            hint="--kind, --programme",
            code=1,
        )


def _is_free(root: Path, target: Path, declared: Contract | None, force: bool) -> None:
    """End the command where a contract is there already: in the same file, or of the same feed in another folder of agencies,
    which would be declared twice and stop every refresh."""
    if target.exists() and not force:
        fail(f"มีแฟ้มนี้อยู่แล้ว · {target} is there already", hint="--force")
    folder = declared.folder if declared else None
    if folder is None or folder.resolve() == target.parent.resolve() or root.resolve() not in agency_roots():
        return
    fail(
        f"ชุดข้อมูล {target.parent.name}/{target.stem} มีสัญญาข้อมูลอยู่แล้วใน {folder} · "
        f"{target.parent.name}/{target.stem} has a contract in {folder} already",
        hint="--feed agency/name",
    )


def _agreed(target: Path) -> bool:
    if not sys.stdin.isatty():
        fail("ต้องระบุ --yes หรือ --dry-run · say --yes or --dry-run", hint=f"--yes writes {target}")
    return typer.confirm(f"เขียน · Write {target}?", default=False)


def _write(
    root: Path,
    target: Path,
    text: str,
    proposal: Proposal,
    options: Options,
    agency: Agency | None,
) -> None:
    from ingest.propose.write import agency_text, read_agency

    code = proposal.feed.split("/")[0]
    about = target.with_name("agency.yml")
    files: dict[Path, str] = {}
    # The agency first: a contract whose agency is not there would stop every refresh.
    if agency is None and not about.exists():
        files[about] = agency_text(code, options)
        read_agency(files[about], about)
    files[target] = text
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            _put(path, content)
    except OSError as error:
        fail(f"{target}: {error.strerror or error}")
    for path in files:
        out.print(f"เขียนแล้ว · wrote {path}", markup=False)
    _still_loads(root)


def _put(path: Path, text: str) -> None:
    """Whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def _still_loads(root: Path) -> None:
    from ingest.contract.load import load_contract

    for path in sorted(root.glob("*/*.yml")):
        if path.name == "agency.yml":
            continue
        try:
            load_contract(path)
        except ContractError as error:
            err.print(f"  ! {error}", markup=False)


def _places(file: Path, contract: Contract) -> PlaceCount:
    """A quick look at which conformed rows the gazetteer places."""
    import polars as pl

    from ingest.conform import conform_file
    from ingest.propose.places import count_places

    with tempfile.TemporaryDirectory(prefix="tambon-feeds-add-") as folder:
        report = conform_file(file, contract, "proposed", Path(folder), file_name=file.name)
        if report.errors or not report.conformed_path.exists():
            return count_places(None)
        return count_places(pl.read_parquet(report.conformed_path))


def _check(file: Path, contract: Contract) -> None:
    """Hold the file against the contract as the nightly job would, and say what to look at."""
    from ingest.propose.preview import finding_counts
    from orchestration.precheck import check_file

    result = check_file(file, contract)
    places = _places(file, contract)
    report = result.report
    share = report.cells_unreadable / report.cells_read if report.cells_read else 0.0
    out.print(
        f"ผลตรวจ · Checked: แถวในแฟ้ม · rows in file {report.rows_in:,} = รับ · conformed {report.rows_conformed:,}"
        f" + ปฏิเสธ · rejected {report.rows_rejected:,} + ไม่ใช่ข้อมูล · not data {report.rows_not_data:,};"
        f"  ช่องที่อ่านไม่ได้ · unreadable cells {report.cells_unreadable:,} ({share:.1%})"
    )
    if places.rows:
        lost = places.unresolved / places.rows
        out.print(
            f"  พื้นที่ที่ยังหาไม่พบด้วยรหัสหรือชื่อตรงตัว · places not found by code or exact name {places.unresolved:,} ({lost:.1%})"
        )
    for column, th, en, count in finding_counts(result.findings):
        out.print(f"  {count:,} × {shown(column)}: {shown(th)} · {shown(en)}")
    if result.admission.status == "held":
        out.print("[bold red]จะถูกระงับ · Would be held:[/]")
        for reason in result.admission.reasons:
            out.print(f"  {reason.message_th} · {reason.message_en}", markup=False)
        raise typer.Exit(1)
    out.print("[green]ผ่าน รับเข้าระบบได้ · Would be admitted.[/]")
    out.print(f"  {program()} feeds check", style="dim", markup=False)

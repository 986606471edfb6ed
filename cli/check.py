"""`tambon check FILE --feed agency/feed`: what the nightly job would say of a file, before it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import fail, out, shown
from ingest.contract import ContractError, load_contracts

if TYPE_CHECKING:
    import polars as pl

    from ingest.contract import Contract
    from orchestration.precheck import FileCheck

SHOWN_FINDINGS = 40


def check(
    file: Annotated[
        Path, typer.Argument(help="CSV or Excel file.", exists=True, dir_okay=False, readable=True)
    ],
    feed: Annotated[str, typer.Option("--feed", help="Which contract to hold it against: agency/feed.")],
    csv: Annotated[Path | None, typer.Option("--csv", help="Write all findings to a CSV file.")] = None,
    to: Annotated[
        Path | None, typer.Option("--out", help="Write the rows to mend to a workbook (.xlsx).")
    ] = None,
) -> None:
    """Conform one file and run its feed's admission suite on it; nothing is kept or published.

    Exit code 0: it would be admitted. 1: it would be held. 2: it could not be checked.

    Example:  [bold]tambon check funds-2566.xlsx --feed nvf/village_funds[/]
    """
    try:
        contracts = load_contracts()
    except ContractError as error:
        fail(str(error))
    if feed not in contracts:
        fail(f"no feed {feed!r}", hint=f"Feeds: {', '.join(contracts)}")
    from orchestration.precheck import check_file

    result = check_file(file, contracts[feed])
    report = result.report
    out.print(f"{file.name} → {feed}", markup=False)
    out.print(
        f"  แถวในไฟล์ · rows in file {report.rows_in:,} = รับ · conformed {report.rows_conformed:,}"
        f" + ปฏิเสธ · rejected {report.rows_rejected:,} + ไม่ใช่ข้อมูล · not data {report.rows_not_data:,};"
        f"  ช่องที่อ่านไม่ได้ · unreadable cells {report.cells_unreadable:,}"
    )
    for warning in report.warnings:
        out.print(f"  {shown(warning.message_th)} · {shown(warning.message_en)}", markup=False)
    if result.findings.height:
        table = Table(title=f"สิ่งที่พบ · Findings ({result.findings.height:,})", title_justify="left")
        for name in ("ระดับ", "ชีต", "แถว", "คอลัมน์", "ค่า", "ปัญหา · problem", "ที่ควรเป็น · expected"):
            table.add_column(name, overflow="fold")
        for row in _gravest_first(result.findings).head(SHOWN_FINDINGS).iter_rows(named=True):
            cells = ("severity", "sheet", "row_number", "column_name", "value", "message_th", "expected")
            table.add_row(*(shown(str(row[name])[:200]) if row[name] is not None else "" for name in cells))
        out.print(table)
        if result.findings.height > SHOWN_FINDINGS:
            out.print(f"… {result.findings.height - SHOWN_FINDINGS:,} more; --csv FILE writes all")
    if csv:
        try:
            result.write_csv(csv)
        except OSError as error:
            fail(f"{csv}: {error.strerror or error}")
        out.print(f"findings → {csv}", markup=False)
    if to:
        _write_list(result, file, contracts[feed], to)
    if result.admission.status == "held":
        out.print("[bold red]จะถูกระงับ · Would be held:[/]")
        for reason in result.admission.reasons:
            out.print(f"  {reason.message_th} · {reason.message_en}", markup=False)
        _suggest(contracts[feed], report.unknown_headers)
        raise typer.Exit(1)
    out.print("[green]ผ่าน รับเข้าระบบได้ · Would be admitted.[/]")


def _write_list(result: FileCheck, file: Path, contract: Contract, to: Path) -> None:
    """Write the rows to mend, as they stand in the file, beside what is wrong with them."""
    if to.suffix.lower() != ".xlsx":
        fail(f"{to}: ต้องลงท้ายด้วย .xlsx · must end in .xlsx")
    from release.mending.book import write_book

    content = result.mending_list(file, contract)
    if content.is_empty:
        out.print("[green]ไม่มีแถวต้องแก้ จึงไม่เขียนรายการ · Nothing to mend: no list was written.[/]")
        return
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        write_book(content, to)
    except OSError as error:
        fail(f"{to}: {error.strerror or error}")
    rows = sum(len(sheet.rows) for sheet in content.sheets)
    out.print(f"{rows:,} แถวที่ต้องแก้ · rows to mend → {to}", markup=False)


def _gravest_first(findings: pl.DataFrame) -> pl.DataFrame:
    """What holds the file before what is only told; otherwise as found."""
    rank = {"block": 0, "warn": 1}
    return findings.sort(findings["severity"].replace_strict(rank, default=2), maintain_order=True)


def _suggest(contract: Contract, headers: list[str]) -> None:
    """Print what each undeclared column may be. Only a contract decides it."""
    from ingest.propose.suggest import suggest_fields

    suggestions = suggest_fields(contract, headers)
    if not suggestions:
        return
    out.print("คอลัมน์ที่ไม่รู้จักอาจเป็น · The undeclared columns may be:")
    for one in suggestions:
        field = f"  {one.field}; เขียนหัวว่า · write it as: {one.known_as}" if one.field else ""
        out.print(f"  {shown(one.header)} → {one.label_th} · {one.label_en}{field}", markup=False)

"""The short summary after a refresh: per feed what came, was admitted, held and rejected; what was published, and where."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from cli.console import out, program
from ingest.home import Home
from ingest.landing import InboxReport

BE_OFFSET = 543  # พ.ศ. = CE + 543


def print_summary(home: Home, inbox: InboxReport | None = None) -> None:
    """Print the state of every feed and of the current release of a home."""
    from orchestration.overview import overview

    view = overview(home)
    if view.is_synthetic:
        out.print("[yellow]ข้อมูลสังเคราะห์ ไม่ใช่ข้อมูลจริง · Synthetic sample data, not real.[/]")
    if view.strangers:
        out.print("[bold yellow]คำเตือน · Warning:[/]", end=" ")
        out.print(
            f"ที่นี่เก็บข้อมูลสังเคราะห์ แต่มีไฟล์ที่ไม่ใช่ชุดตัวอย่าง {len(view.strangers)} ไฟล์ ข้อมูลจริงให้ใช้ TAMBON_HOME อื่น"
            f" · this home holds synthetic data, yet {len(view.strangers)} file(s) are not of the sample"
            f" ({', '.join(view.strangers[:3])}); they are published as synthetic. Real deliveries need a home of their own.",
            markup=False,
        )
    table = Table(title="ชุดข้อมูล · Feeds", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("feed", no_wrap=True)
    for thai, english in (
        ("มาถึง", "came"),
        ("รับ", "admitted"),
        ("ระงับ", "held"),
        ("แถวที่รับ", "rows"),
        ("ปฏิเสธ", "rejected"),
        ("อ่านไม่ได้", "bad cells"),
        ("ปี พ.ศ.", "years"),
    ):
        table.add_column(f"{thai}\n{english}", justify="right", no_wrap=True)
    for feed in view.feeds:
        table.add_row(
            feed.feed_code + _stale(feed.is_stale, feed.age_days),
            f"{feed.deliveries:,}",
            f"{feed.admitted:,}",
            f"{feed.held:,}",
            f"{feed.rows_conformed:,}",
            f"{feed.rows_rejected:,}",
            f"{feed.cells_unreadable:,}",
            "–".join(
                dict.fromkeys(str(year + BE_OFFSET) for year in (feed.first_year, feed.last_year) if year)
            ),
        )
    out.print(table)
    for held in view.held:
        out.print("[red]ระงับ · held[/]", end=" ")
        out.print(f"{held.feed_code}  {held.file_name}: {held.reason}", markup=False)
    for fault in view.faults:
        out.print("[red]ทำงานไม่ได้ · fault[/]", end=" ")
        out.print(fault, markup=False)
    for failed in view.failed_pulls:
        out.print("[yellow]ดึงไม่สำเร็จ · not pulled[/]", end=" ")
        out.print(failed, markup=False)
    for failed in view.failed_alerts:
        out.print("[yellow]แจ้งเตือนไม่สำเร็จ · alert not sent[/]", end=" ")
        out.print(failed, markup=False)
    if inbox:
        for mending in inbox.mendings:
            out.print("[green]รายการแก้ไข · mending list[/]", end=" ")
            out.print(
                f"{mending.file_name}: แก้ · mended {mending.mended:,}, ลบ · deleted {mending.deleted:,},"
                f" ยังไม่แก้ · still to mend {mending.unchanged + mending.missing:,}",
                markup=False,
            )
        for refusal in inbox.refused:
            out.print("[yellow]ไม่รับ · refused[/]", end=" ")
            out.print(
                f"inbox/{refusal.inbox_path}: {refusal.message_th} · {refusal.message_en}", markup=False
            )
        for waiting in inbox.waiting:
            out.print("[yellow]ยังมาไม่ครบ · not yet complete[/]", end=" ")
            out.print(
                f"inbox/{waiting.inbox_path}: {waiting.message_th} · {waiting.message_en}", markup=False
            )
    if view.audit_blocking:
        out.print(
            "[bold red]ผลตรวจไม่ผ่าน ข้อมูลที่เผยแพร่ยังเป็นรอบก่อน · The audit failed; the marts published before stay:[/]"
        )
        for one in view.audit_blocking:
            out.print(f"  {one}", markup=False)
    if view.release_id:
        out.print(
            f"\nเผยแพร่แล้ว · Published release [bold]{view.release_id}[/]:"
            f" {view.tables} tables, {view.rows:,} rows, {view.findings:,} findings"
        )
        out.print(f"  {home.releases / 'current'}", markup=False)
        out.print("ลองต่อ · Try next:")
        out.print(
            f'  {program()} query "select tambon_name_th, province_name_th, members_persons, savings_thb'
            ' from mart_tambon_profile order by savings_thb desc nulls last limit 5"',
            markup=False,
            soft_wrap=True,
        )
        out.print(
            f"  {program()} status      {program()} releases list      make dev   (Dagster)      make notebook",
            markup=False,
        )
    else:
        out.print(
            "\nยังไม่มีข้อมูลที่เผยแพร่ · Nothing is published yet. Put files in inbox/<agency>/<feed>/"
            " or run `tambon sample`, then `tambon refresh`."
        )


def _stale(is_stale: bool, age_days: int | None) -> str:
    """Mark of a stale feed, with the age of what it goes on with."""
    if not is_stale:
        return ""
    return " (stale)" + (f" {age_days} d" if age_days is not None else "")

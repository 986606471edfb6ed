"""The short summary after a refresh: per feed what came, was admitted, held and rejected; what was published, and where."""

from __future__ import annotations

from rich.table import Table

from cli.console import out
from ingest.home import Home
from ingest.landing import InboxReport


def print_summary(home: Home, inbox: InboxReport | None = None) -> None:
    """Print the state of every feed and of the current release of a home."""
    from orchestration.overview import overview

    view = overview(home)
    if view.is_synthetic:
        out.print("[yellow]ข้อมูลสังเคราะห์ ไม่ใช่ข้อมูลจริง · Synthetic sample data, not real.[/]")
    table = Table(title="ข้อมูลรายแหล่ง · Feeds", title_justify="left")
    for name, justify in (
        ("ชุดข้อมูล · feed", "left"),
        ("มาถึง · came", "right"),
        ("รับ · admitted", "right"),
        ("ระงับ · held", "right"),
        ("แถวที่รับ · rows", "right"),
        ("แถวที่ปฏิเสธ · rejected", "right"),
        ("ช่องที่อ่านไม่ได้ · cells", "right"),
        ("ปี · years", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for feed in view.feeds:
        table.add_row(
            feed.feed_code + (" (stale)" if feed.is_stale else ""),
            f"{feed.deliveries:,}",
            f"{feed.admitted:,}",
            f"{feed.held:,}",
            f"{feed.rows_conformed:,}",
            f"{feed.rows_rejected:,}",
            f"{feed.cells_unreadable:,}",
            f"{feed.first_year or '–'}–{feed.last_year or '–'}",
        )
    out.print(table)
    for held in view.held:
        out.print("[red]ระงับ · held[/]", end=" ")
        out.print(f"{held.feed_code}  {held.file_name}: {held.reason}", markup=False)
    if inbox:
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
            f"\nเผยแพร่แล้ว · Published release [bold]{view.release_id}[/]: {view.tables} tables, {view.rows:,} rows, {view.findings:,} findings"
        )
        out.print(f"  {home.releases / 'current'}", markup=False)
        out.print("ลองต่อ · Try next:")
        out.print(
            '  tambon query "select province_name_th, count(*) as tambons from mart_tambon_profile group by 1 order by 2 desc limit 5"',
            markup=False,
        )
        out.print(
            "  tambon status      tambon releases list      make dev   (Dagster)      make notebook",
            markup=False,
        )
    else:
        out.print(
            "\nยังไม่มีข้อมูลที่เผยแพร่ · Nothing is published yet. Put files in inbox/<agency>/<feed>/ or run `tambon sample`, then `tambon refresh`."
        )

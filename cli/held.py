"""`tambon held` and `tambon admit`: what waits and why, and letting one through with a reason that is kept for ever."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from cli.console import HomeOption, fail, open_home, out, program, shown

if TYPE_CHECKING:
    from expectations.held import HeldDelivery
    from ingest.home import Home

app = typer.Typer(
    help="ไฟล์ที่ถูกพักไว้ · Deliveries that are held, and why.", invoke_without_command=True, no_args_is_help=False
)
DeliveryId = Annotated[str, typer.Argument(help="Delivery id, as `tambon held` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable.")]


def _held(home: Home) -> list[HeldDelivery]:
    from expectations.held import waiting
    from ingest.contract.kept import usable_contracts

    return waiting(home, usable_contracts(home).contracts)


@app.callback(invoke_without_command=True)
def held(ctx: typer.Context, home: HomeOption = None, json: Json = False) -> None:
    """List the deliveries that are held: since when, why, who mends them, and what their feed uses meanwhile.

    Example:  [bold]tambon held --json[/]
    """
    ctx.obj = home
    if ctx.invoked_subcommand:
        return
    found = _held(open_home(home))
    if json:
        import json as writer

        content = [
            one.model_dump(mode="json") | {"can_be_let_through": one.can_be_let_through} for one in found
        ]
        typer.echo(writer.dumps(content, ensure_ascii=False, indent=2))
        return
    if not found:
        out.print("[green]ไม่มีไฟล์ที่ถูกพักไว้ · Nothing is held.[/]")
        return
    table = Table(title=f"ไฟล์ที่ถูกพักไว้ · Held ({len(found)})", title_justify="left", box=SIMPLE_HEAD)
    for name in (
        "รหัส · delivery",
        "ชุดข้อมูล · feed",
        "ไฟล์ · file",
        "วัน · days",
        "เหตุผล · reasons",
        "ผู้แก้ · owner",
        "ระหว่างนี้ใช้ · meanwhile",
    ):
        table.add_column(name, overflow="fold")
    for one in found:
        mean = one.meanwhile
        table.add_row(
            one.delivery_id,
            one.feed_code,
            shown(one.file_name),
            str(one.age_days),
            "\n".join(
                f"{reason.check_id.split(':')[0]} {reason.numerator:,}/{reason.denominator:,}"
                for reason in one.reasons
            ),
            shown(one.owner_name),
            shown(f"{mean.file_name} ({mean.age_days} d)") if mean else "–",
        )
    out.print(table)
    out.print(f"{program()} held show ID   {program()} admit ID --because …", markup=False)


@app.command("show")
def show(ctx: typer.Context, delivery_id: DeliveryId, home: HomeOption = None, json: Json = False) -> None:
    """Show one held delivery's report.

    Example:  [bold]tambon held show nvf-village_funds-0123456789ab[/]
    """
    from expectations.decisions import DecisionRefused
    from expectations.held import find_held
    from expectations.held_report import report_text

    place = open_home(home or ctx.obj)
    try:
        one = find_held(_held(place), delivery_id)
    except DecisionRefused as error:
        fail(str(error))
    if json:
        typer.echo(one.model_dump_json(indent=2))
        return
    out.print(report_text(one), markup=False, soft_wrap=True)
    folder = place.held / delivery_id
    if folder.is_dir():
        out.print(f"{folder}", markup=False)


def admit(
    delivery_id: DeliveryId,
    because: Annotated[
        str, typer.Option("--because", help="Why it may pass: what was checked, with whom. Kept for ever.")
    ] = "",
    by: Annotated[
        str | None, typer.Option("--by", help="Who decides.", show_default="the user's name")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the decision back.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would follow; write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Decide without asking.")] = False,
    home: HomeOption = None,
) -> None:
    """Let one held delivery through, or take that back. Its findings stay; the next refresh uses it.

    Example:  [bold]tambon admit nvf-village_funds-0123456789ab --because "สทบ. ยืนยันทางโทรศัพท์ว่ายอดถูกต้อง" --by สมชาย[/]
    """
    from filelock import Timeout

    from expectations.decisions import DecisionRefused

    place = open_home(home)
    try:
        _decide(place, delivery_id, because, by or getpass.getuser(), withdraw, dry_run, yes)
    except DecisionRefused as error:
        fail(str(error))
    except Timeout:
        fail("อีกคนกำลังบันทึกการตัดสินใจ ลองใหม่ · another decision is being written; try again")


def _decide(
    place: Home, delivery_id: str, because: str, by: str, withdraw: bool, dry_run: bool, yes: bool
) -> None:
    from expectations.decisions import check_reason
    from expectations.held import decision_in_force, let_through, may_be_let_through, take_back
    from expectations.held_report import write_held
    from ingest.contract.kept import usable_contracts

    contracts = usable_contracts(place).contracts
    if withdraw:
        decision = decision_in_force(place, delivery_id)
        check_reason(because)
        out.print(f"{decision.feed_code}  {shown(decision.file_name)}")
        out.print(
            "จะถูกพักไว้อีกครั้ง และชุดข้อมูลกลับไปใช้ไฟล์ก่อนหน้าตั้งแต่รอบหน้า · It will be held again; from the next refresh on "
            "its feed goes back to the earlier delivery.",
            markup=False,
        )
    else:
        one = may_be_let_through(place, contracts, delivery_id, because=because)
        _print_consequences(one, check_reason(because), by)
    if dry_run:
        out.print("ไม่ได้บันทึก (--dry-run) · nothing was written (--dry-run)")
        return
    if not yes:
        if not sys.stdin.isatty():
            fail("ต้องระบุ --yes หรือ --dry-run · say --yes or --dry-run")
        if not typer.confirm("ยืนยัน · Decide so?", default=False):
            raise typer.Exit(1)
    decide = take_back if withdraw else let_through
    taken = decide(place, contracts, delivery_id, because=because, by=by)
    write_held(place, contracts, taken.feed_code)
    out.print(
        f"[green]บันทึกแล้ว · Kept:[/] {taken.decision} {taken.delivery_id} {taken.decided_at:%Y-%m-%d %H:%M} UTC"
    )
    out.print(f"{program()} refresh", markup=False)


def _print_consequences(one: HeldDelivery, reason: str, by: str) -> None:
    mean = one.meanwhile
    out.print(f"{one.feed_code}  {shown(one.file_name)}  ({one.rows_conformed:,} แถว · rows)")
    out.print("เหตุผลที่ถูกพัก ซึ่งจะถูกข้าม · Reasons that are overridden:")
    for why in one.reasons:
        out.print(f"  {why.message_th} · {why.message_en}", markup=False)
    out.print(
        "ผลที่ตามมา · What follows: แถวเหล่านี้เข้าสู่ข้อมูลในรอบหน้า และข้อผิดพลาดที่พบยังคงเผยแพร่ · its rows enter the data at the "
        "next refresh; its findings stay published",
        markup=False,
    )
    if mean:
        out.print(f"  แทนค่าของ · values of {shown(mean.file_name)} ({mean.age_days} วัน · days)")
    out.print(f"  เหตุผลที่จะเก็บ · reason kept: {shown(reason)} — {shown(by)}")

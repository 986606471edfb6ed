"""`tambon review`: what waits for a person, surest first, and the answers."""

from __future__ import annotations

import getpass
import json
import os
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.console import HomeOption, fail, open_home, out, shown

if TYPE_CHECKING:
    from ingest.home import Home

STEWARD_VARIABLE = "TAMBON_STEWARD"
YES, NO = {"yes", "y", "ใช่", "same", "confirm"}, {"no", "n", "ไม่ใช่", "other", "refuse"}

app = typer.Typer(
    help="คำถามที่รอคนตัดสิน เรียงจากที่แน่ใจที่สุด · What waits for a person, surest first.",
    invoke_without_command=True,
)


@app.callback()
def review(
    context: typer.Context,
    home: HomeOption = None,
    kind: Annotated[str | None, typer.Option(help="Only link, recode or place.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects on standard output.")] = False,
) -> None:
    """List what waits for a person, surest first.

    A link: are two entries of two agencies' lists one fund? A recode: did a fund get a new code? A place: which tambon is meant?

    Example:  [bold]tambon review --kind link --limit 5[/]

    Answer:  [bold]tambon review answer L0123456789 yes --because "same committee" --by somsri[/]
    """
    if context.invoked_subcommand:
        return
    items = _waiting(open_home(home), kind)
    if as_json:
        typer.echo(json.dumps(items[:limit], ensure_ascii=False, indent=1, default=str))
        return
    if not items:
        out.print("ไม่มีคำถามที่รอคนตัดสิน · Nothing waits for a person.")
        return
    for item in items[:limit]:
        _show(item)
    if len(items) > limit:
        out.print(f"… {len(items) - limit:,} more; use --limit or --json")


@app.command("answer")
def answer(
    item_id: Annotated[str, typer.Argument(help="The id that the list shows.")],
    given: Annotated[
        str, typer.Argument(metavar="ANSWER", help="yes or no; for a place, its six-digit code.")
    ],
    because: Annotated[str, typer.Option("--because", help="Why: kept for ever.")],
    by: Annotated[
        str | None,
        typer.Option("--by", help=f"Who decides (default: {STEWARD_VARIABLE}, else your login name)."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Record an answer in the stewardship files; the next refresh goes by it.

    Example:  [bold]tambon review answer P0123456789 550301 --because "asked the amphoe office"[/]
    """
    place = open_home(home)
    item = next((one for one in _waiting(place, None) if one["item_id"] == item_id), None)
    if item is None:
        fail(
            f"ไม่มีคำถามรหัส {item_id} หรือตอบไปแล้ว · No question {item_id} waits; perhaps it was answered",
            hint="See: tambon review",
        )
    _record(place, item, given, because, by)
    out.print(
        f"บันทึกแล้ว ใช้เมื่อปรับปรุงครั้งถัดไป · Recorded in {place.stewardship}; the next refresh goes by it.",
        markup=False,
    )


@app.command("ask")
def ask(
    home: HomeOption = None,
    kind: Annotated[str | None, typer.Option(help="Only link, recode or place.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who decides.")] = None,
) -> None:
    """Go through the questions one by one; an empty answer passes on, q ends.

    Example:  [bold]tambon review ask --kind place[/]
    """
    place = open_home(home)
    answered = 0
    for item in _waiting(place, kind):
        _show(item)
        given = typer.prompt("yes / no / code / (empty: later) / q", default="", show_default=False).strip()
        if given == "q":
            break
        if not given:
            continue
        because = typer.prompt("เพราะ · because").strip()
        _record(place, item, given, because, by)
        answered += 1
    out.print(f"{answered} answered; `tambon refresh` goes by them.")


def _waiting(home: Home, kind: str | None) -> list[dict[str, Any]]:
    """Open questions of the current release that were not answered since."""
    from ingest.identity.stewardship import read_decisions
    from release import QueryError, run_query

    if kind is not None and kind not in ("link", "recode", "place"):
        fail(f"--kind {kind}: use link, recode or place")
    try:
        frame = run_query(home, "FROM mart_steward_queue ORDER BY confidence DESC, records DESC, item_id")
    except QueryError as error:
        fail(str(error))
    decisions = read_decisions(home.stewardship)
    pairs = {
        frozenset(((row["feed_a"], row["fund_a"]), (row["feed_b"], row["fund_b"])))
        for row in decisions.links.iter_rows(named=True)
    }
    names = ("reported_tambon_code", "reported_tambon", "reported_amphoe", "reported_province")
    places = {tuple(row[name] or None for name in names) for row in decisions.places.iter_rows(named=True)}
    return [
        item
        for item in frame.iter_rows(named=True)
        if (kind is None or item["kind"] == kind)
        and frozenset(((item["feed_a"], item["fund_a"]), (item["feed_b"], item["fund_b"]))) not in pairs
        and (item["kind"] != "place" or tuple(item[name] or None for name in names) not in places)
    ]


def _show(item: dict[str, Any]) -> None:
    out.print(
        f"[bold]{item['item_id']}[/]  {item['kind']}  {item['confidence']:.3f}  {item['records']:,} rows"
    )
    out.print(f"   {shown(item['question_th'])}\n   {shown(item['question_en'])}", markup=False)
    if item["evidence"]:
        out.print(f"   {shown(str(item['evidence']))}", markup=False, style="dim")


def _record(home: Home, item: dict[str, Any], given: str, because: str, by: str | None) -> None:
    from ingest.contract import load_contracts
    from ingest.identity.stewardship import DecisionError, record_link, record_place

    who = by or os.environ.get(STEWARD_VARIABLE, "").strip() or getpass.getuser()
    today = datetime.now(ZoneInfo("Asia/Bangkok")).date()
    try:
        if item["kind"] == "place":
            record_place(
                home.stewardship,
                reported_tambon_code=item["reported_tambon_code"] or "",
                reported_tambon=item["reported_tambon"] or "",
                reported_amphoe=item["reported_amphoe"] or "",
                reported_province=item["reported_province"] or "",
                tambon_code=_code(item, given),
                reason=because,
                decided_by=who,
                decided_on=today,
            )
            return
        word = given.strip().lower()
        if word not in YES | NO:
            fail(f"{given!r}: ตอบ yes หรือ no · answer yes or no")
        record_link(
            home.stewardship,
            decision="confirm" if word in YES else "refuse",
            feed_a=item["feed_a"],
            fund_a=item["fund_a"],
            feed_b=item["feed_b"],
            fund_b=item["fund_b"],
            reason=because,
            decided_by=who,
            decided_on=today,
            feed_codes=list(load_contracts()),
        )
    except DecisionError as error:
        fail(str(error))


def _code(item: dict[str, Any], given: str) -> str:
    """The tambon that an answer means: a code, or yes where the best candidate is meant."""
    if given.strip().lower() in YES:
        if not item["suggestion"]:
            fail("ไม่มีตำบลที่เสนอ ใส่รหัสหกหลัก · No tambon is suggested: give its six-digit code")
        return str(item["suggestion"])
    return given.strip()

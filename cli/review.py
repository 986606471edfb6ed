"""`tambon review`: what waits for a person, surest first, and the answers."""

from __future__ import annotations

import getpass
import json
import os
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.console import HomeOption, err, fail, open_home, out, shown

if TYPE_CHECKING:
    import polars as pl

    from ingest.home import Home

STEWARD_VARIABLE = "TAMBON_STEWARD"
KINDS = ("link", "recode", "place")
SHOWN_ITEMS = 20
YES, NO = {"yes", "y", "ใช่", "same", "confirm"}, {"no", "n", "ไม่ใช่", "other", "refuse"}
PLACE_CELLS = ("reported_tambon_code", "reported_tambon", "reported_amphoe", "reported_province")

app = typer.Typer(
    help="คำถามที่รอคนตัดสิน เรียงจากที่แน่ใจที่สุด · What waits for a person, surest first.",
    invoke_without_command=True,
)


class AnswerError(Exception):
    """An answer cannot be recorded. str() says why, `hint` how to mend it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@app.callback()
def review(
    context: typer.Context,
    home: HomeOption = None,
    kind: Annotated[str | None, typer.Option(help="Only link, recode or place.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"How many to show (default: {SHOWN_ITEMS}; all as JSON).")
    ] = None,
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
    most = limit or SHOWN_ITEMS
    for item in items[:most]:
        _show(item)
    if len(items) > most:
        out.print(f"… {len(items) - most:,} more; use --limit or --json")


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
    try:
        decided = _record(place, item, given, because, by)
    except AnswerError as error:
        fail(str(error), hint=error.hint)
    out.print(
        f"บันทึกแล้ว ใช้เมื่อปรับปรุงครั้งถัดไป · Recorded in {place.stewardship}; the next refresh goes by it: {shown(decided)}"
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
        told = _asked(place, item, by)
        if told is None:
            break
        answered += told
    out.print(f"ตอบ {answered} ข้อ · {answered} answered; `tambon refresh` goes by them.")


def _asked(home: Home, item: dict[str, Any], by: str | None) -> int | None:
    """Ask until there is an answer that can be recorded: 1; 0 for later; None to end, as where the input ends."""
    while True:
        try:
            given = typer.prompt(
                "yes / no / code / (empty: later) / q", default="", show_default=False
            ).strip()
            if given == "q":
                return None
            if not given:
                return 0
            because = typer.prompt("เพราะ · because", default="", show_default=False)
        except typer.Abort:
            return None
        try:
            _record(home, item, given, because, by)
        except AnswerError as error:
            err.print(str(error), markup=False)
            if error.hint:
                err.print(error.hint, style="dim", markup=False)
            continue
        return 1


def _waiting(home: Home, kind: str | None) -> list[dict[str, Any]]:
    """Open questions of the newest build that were not answered since."""
    from ingest.identity.stewardship import read_decisions
    from release import QueryError

    if kind is not None and kind not in KINDS:
        fail(f"--kind {kind}: ใช้ได้เฉพาะ {', '.join(KINDS)} · use one of {', '.join(KINDS)}")
    try:
        frame = _newest(home, "FROM mart_steward_queue ORDER BY confidence DESC, records DESC, item_id")
    except QueryError as error:
        fail(str(error))
    decisions = read_decisions(home.stewardship)
    pairs = {
        frozenset(((row["feed_a"], row["fund_a"]), (row["feed_b"], row["fund_b"])))
        for row in decisions.links.iter_rows(named=True)
    }
    places = {_cells(row) for row in decisions.places.iter_rows(named=True)}
    return [
        item
        for item in frame.iter_rows(named=True)
        if (kind is None or item["kind"] == kind)
        and (
            _cells(item) not in places
            if item["kind"] == "place"
            else frozenset(((item["feed_a"], item["fund_a"]), (item["feed_b"], item["fund_b"]))) not in pairs
        )
    ]


def _newest(home: Home, sql: str) -> pl.DataFrame:
    """Our own SQL on the current release, or on a later build whose audit failed: its questions may be what it failed for.

    Raises:
        QueryError: nothing was published, and no build waits.
    """
    import duckdb

    from orchestration.builds import latest_build, warehouse_file
    from release import resolve_current, run_query

    build, current = latest_build(home), resolve_current(home)
    if build and build.outcome == "audit_failed" and (current is None or current.name < build.build_id):
        try:
            with duckdb.connect(str(warehouse_file(home, build.build_id)), read_only=True) as connection:
                frame: pl.DataFrame = connection.sql(sql).pl()
                return frame
        except duckdb.Error:
            pass  # removed since, or of a version without this table
    return run_query(home, sql)


def _cells(row: dict[str, Any]) -> tuple[str | None, ...]:
    """The place as it was reported; blank and absent are the same."""
    return tuple(row[name] or None for name in PLACE_CELLS)


def _show(item: dict[str, Any]) -> None:
    out.print(
        f"[bold]{item['item_id']}[/]  {item['kind']}  {item['confidence']:.3f}  {item['records']:,} rows"
    )
    out.print(f"   {shown(item['question_th'])}\n   {shown(item['question_en'])}")
    for line in _evidence(item):
        out.print(f"   {shown(line)}", style="dim")


def _evidence(item: dict[str, Any]) -> list[str]:
    """What speaks for and against, a line each: candidates of a place; comparisons of a pair by weight, in bits."""
    try:
        found = json.loads(item["evidence"] or "null")
        if item["kind"] == "place":
            return [f"{one['code']}  {one['name']}" for one in found or []]
        known = {name: one for name, one in (found or {}).items() if one["level"] != "unknown"}
        by_weight = sorted(known.items(), key=lambda one: -abs(one[1]["weight"]))
        return [", ".join(f"{name}: {one['level']} ({one['weight']:+g})" for name, one in by_weight)]
    except (ValueError, TypeError, KeyError, AttributeError):
        return [str(item["evidence"])]  # of another version's release


def _record(home: Home, item: dict[str, Any], given: str, because: str, by: str | None) -> str:
    """Write an answer into the stewardship files; gives what was decided, in words.

    Raises:
        AnswerError: it cannot be recorded; nothing is written.
    """
    from filelock import Timeout

    from ingest.contract import load_contracts
    from ingest.identity.stewardship import DecisionError, record_link, record_place

    today = datetime.now(ZoneInfo("Asia/Bangkok")).date()
    try:
        if item["kind"] == "place":
            code, decided = _tambon(home, item, given)
            record_place(
                home.stewardship,
                **{name: item[name] or "" for name in PLACE_CELLS},
                tambon_code=code,
                reason=because,
                decided_by=_who(by),
                decided_on=today,
            )
            return decided
        word = given.strip().lower()
        if word not in YES | NO:
            raise AnswerError(f"{given!r}: ตอบ yes หรือ no · answer yes or no")
        decision = "confirm" if word in YES else "refuse"
        record_link(
            home.stewardship,
            decision=decision,
            feed_a=item["feed_a"],
            fund_a=item["fund_a"],
            feed_b=item["feed_b"],
            fund_b=item["fund_b"],
            reason=because,
            decided_by=_who(by),
            decided_on=today,
            feed_codes=list(load_contracts()),
        )
    except DecisionError as error:
        mend = [f"{one['mend_th']} · {one['mend_en']}" for one in error.problems]
        raise AnswerError(str(error), "\n".join(mend)) from error
    except Timeout as error:
        raise AnswerError(
            "มีผู้อื่นกำลังบันทึกคำตัดสินอยู่ โปรดลองใหม่ · Someone else is recording a decision; try again"
        ) from error
    except OSError as error:
        raise AnswerError(
            f"เขียนไฟล์คำตัดสินใน {home.stewardship} ไม่ได้ · Cannot write in {home.stewardship}: {error.strerror or error}"
        ) from error
    return f"{item['feed_a']} {item['fund_a']} – {item['feed_b']} {item['fund_b']}: {decision}"


def _who(by: str | None) -> str:
    if by is not None:
        return by
    try:
        return os.environ.get(STEWARD_VARIABLE, "").strip() or getpass.getuser()
    except (OSError, KeyError):  # a login without a name, as in some containers
        return ""


def _tambon(home: Home, item: dict[str, Any], given: str) -> tuple[str, str]:
    """The current tambon that an answer means, and its names: a code, or yes where one tambon is suggested."""
    import polars as pl

    from ingest.normalise.text import turn_digits_one

    code = turn_digits_one(given.strip())
    if code.lower() in NO:
        raise AnswerError(
            "ตอบเป็นรหัสตำบลหกหลัก หรือข้ามไปก่อน · Answer with the tambon's six-digit code, or leave it for later"
        )
    if code.lower() in YES:
        if not item["suggestion"]:
            raise AnswerError("ไม่มีตำบลที่เสนอ ใส่รหัสหกหลัก · No tambon is suggested: give its six-digit code")
        code = str(item["suggestion"])
    tambons = _newest(
        home,
        "SELECT tambon_code, tambon_unit_id, is_current, "
        "concat_ws(' / ', name_th, amphoe_name_th, province_name_th) AS name FROM dim_tambon",
    )
    found = tambons.filter(tambon_code=code)
    if found.is_empty():
        raise AnswerError(f"ไม่มีตำบลรหัส {code} · There is no tambon {code}", "See: select * from dim_tambon")
    tambon = found.row(0, named=True)
    if not tambon["is_current"]:
        now = tambons.filter(pl.col("is_current"), tambon_unit_id=tambon["tambon_unit_id"]).sort(
            "tambon_code"
        )
        successors = ", ".join(f"{one['tambon_code']} {one['name']}" for one in now.to_dicts())
        raise AnswerError(
            f"รหัส {code} ({tambon['name']}) ยกเลิกแล้ว · Tambon {code} was abolished",
            f"ปัจจุบัน · Today: {successors}" if successors else None,
        )
    return code, f"{code} {tambon['name']}"

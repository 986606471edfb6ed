"""Held deliveries that a person let through: who, when, why, and which reasons were overridden, kept for ever.

`stewardship/admissions.csv` in the home is the only way round a blocking check. It is only ever added to. Each line carries
a seal over itself and the line before: a line that was typed, changed or removed by hand breaks the chain there, and what
stands from there on counts for nothing (the deliveries are held again, and the audit tells it).
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.home import Home
from ingest.landing.log import fsync_dir

COLUMNS = (
    "decision",
    "delivery_id",
    "sha256",
    "feed_code",
    "file_name",
    "overrides",
    "reason",
    "decided_by",
    "decided_at",
    "seal",
)
FIRST_SEAL = "0" * 32
MIN_LETTERS, MIN_DISTINCT = 10, 5
LOCK_SECONDS = 30
_FORMULA = re.compile(r"[=+\-@\t\r]")


class DecisionRefused(Exception):
    """The decision was not taken down. str() is for the user: Thai first, then English, with how to mend it."""


class Decision(BaseModel):
    """One line of the log.

    `overrides` are the blocking checks let pass, each as `<check_id>=<failing>`: more failing than that was not decided on.
    """

    model_config = ConfigDict(frozen=True)

    decision: Literal["admit", "withdraw"]
    delivery_id: str
    sha256: str
    feed_code: str
    file_name: str
    overrides: str
    reason: str
    decided_by: str
    decided_at: datetime
    seal: str

    def covers(self, blocking: Iterable[tuple[str, int]]) -> bool:
        """Whether every blocking reason (check id, number failing) was among those let pass."""
        known = dict(part.rsplit("=", 1) for part in self.overrides.split(" ") if "=" in part)
        return all(check in known and failing <= int(known[check]) for check, failing in blocking)


@dataclass(frozen=True)
class DecisionLog:
    """`decisions` in the order taken; `broken_at`: the line from which on nothing counts, with why."""

    decisions: tuple[Decision, ...]
    broken_at: int | None = None
    problem_th: str | None = None
    problem_en: str | None = None

    def in_force(self) -> dict[str, Decision]:
        """By delivery, the decision that lets it through; one taken back is not there."""
        last = {one.delivery_id: one for one in self.decisions}
        return {key: one for key, one in last.items() if one.decision == "admit"}


def decisions_file(home: Home) -> Path:
    """The log. Always in the home itself: no setting points it elsewhere."""
    return home.root / "stewardship" / "admissions.csv"


def _seal(before: str, cells: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join((before, *cells)).encode()).hexdigest()[:32]


def read_log(home: Home) -> DecisionLog:
    """Read the log; never raises for what stands in it."""
    try:
        text = decisions_file(home).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return DecisionLog(())
    except (OSError, UnicodeDecodeError):
        return _broken((), 1, "อ่านไฟล์ไม่ได้", "the file cannot be read")
    return _parse(text)


def _parse(text: str) -> DecisionLog:
    found: list[Decision] = []
    seal, line = FIRST_SEAL, 1
    reader = csv.reader(io.StringIO(text))
    try:
        if tuple(next(reader, ())) != COLUMNS:
            return _broken((), 1, "หัวตารางไม่ตรง", "the header is not as it was written")
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) != len(COLUMNS) or _seal(seal, cells[:-1]) != cells[-1]:
                return _broken(
                    tuple(found),
                    line,
                    "บรรทัดนี้ถูกพิมพ์ แก้ หรือบรรทัดก่อนหน้าถูกลบ โดยไม่ผ่านคำสั่ง tambon admit",
                    "this line was typed or changed, or one before it removed, other than by `tambon admit`",
                )
            row = dict(zip(COLUMNS, cells, strict=True))
            found.append(Decision.model_validate(row | {"reason": _undefused(row["reason"])}))
            seal, line = cells[-1], reader.line_num + 1
    except (csv.Error, ValidationError):
        return _broken(tuple(found), line, "อ่านบรรทัดนี้ไม่ได้", "this line cannot be read")
    return DecisionLog(tuple(found))


def _broken(found: tuple[Decision, ...], line: int, th: str, en: str) -> DecisionLog:
    return DecisionLog(found, line, th, en)


def check_reason(reason: str) -> str:
    """The reason as it will be kept: on one line, without personal numbers.

    Raises:
        DecisionRefused: empty, or too short to tell anybody anything.
    """
    from ingest.normalise.text import clean_one

    cleaned = _masked(clean_one(reason))
    letters = [one for one in cleaned if one.isalpha()]
    if len(letters) < MIN_LETTERS or len(set(letters)) < MIN_DISTINCT:
        raise DecisionRefused(
            f'เหตุผลสั้นเกินไป: "{cleaned}" ต้องมีอย่างน้อย {MIN_LETTERS} ตัวอักษร บอกว่าตรวจอะไรกับใครแล้วจึงรับได้ · '
            f'The reason is too short: "{cleaned}". Give at least {MIN_LETTERS} letters: what was checked, with whom, '
            "and why the file may pass"
        )
    return cleaned


def _masked(text: str) -> str:
    import polars as pl

    from ingest.normalise.personal import mask_contacts

    return str(mask_contacts(pl.Series([text]))[0])


def record_decision(
    home: Home,
    decision: Literal["admit", "withdraw"],
    *,
    delivery_id: str,
    sha256: str,
    feed_code: str,
    file_name: str,
    overrides: Iterable[tuple[str, int]],
    reason: str,
    decided_by: str,
    now: datetime | None = None,
) -> Decision:
    """Append one line and return when it is on disk. One writer at a time.

    Raises:
        DecisionRefused: the reason or the name is missing or too short, or the log is broken (mend that first).
        filelock.Timeout: another writer held the log for half a minute.
    """
    from filelock import FileLock

    from ingest.normalise.text import clean_one

    kept = check_reason(reason)
    name = _masked(clean_one(decided_by))
    if not name:
        raise DecisionRefused("ต้องระบุชื่อผู้ตัดสินใจ (--by) · say who decides (--by)")
    path = decisions_file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.parent / ".admissions.lock", timeout=LOCK_SECONDS):
        _end_last_line(path)
        log = read_log(home)
        if log.broken_at is not None:
            raise DecisionRefused(
                f"{path}: บรรทัด {log.broken_at}: {log.problem_th} กู้ไฟล์จากสำรองก่อน · "
                f"{path}: line {log.broken_at}: {log.problem_en}; bring the file back from a backup first"
            )
        cells = [
            decision,
            delivery_id,
            sha256,
            feed_code,
            _defused(clean_one(file_name)),
            " ".join(f"{check}={failing}" for check, failing in overrides),
            _defused(kept),
            _defused(name),
            (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        ]
        cells.append(_seal(log.decisions[-1].seal if log.decisions else FIRST_SEAL, cells))
        _append(path, cells)
    return read_log(home).decisions[-1]


def _append(path: Path, cells: list[str]) -> None:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    is_new = not path.exists() or path.stat().st_size == 0
    if is_new:
        line.write("\ufeff")
        writer.writerow(COLUMNS)
    writer.writerow(cells)
    with path.open("ab", buffering=0) as log:
        log.write(line.getvalue().encode())
        os.fsync(log.fileno())
    if is_new:
        fsync_dir(path.parent)


def _end_last_line(path: Path) -> None:
    """Give a whole last line its line end; remove half a line: a killed command wrote it, and told nobody it was kept."""
    from ingest.landing.log import cut_torn_tail

    data = path.read_bytes() if path.exists() else b""
    if not data or data.endswith(b"\n"):
        return
    if _parse(data.decode("utf-8-sig", errors="replace")).broken_at is None:
        with path.open("ab") as log:
            log.write(b"\n")
    else:
        cut_torn_tail(path)


def decision_for(home: Home, delivery_id: str, blocking: Iterable[tuple[str, int]]) -> Decision | None:
    """The decision that lets this delivery through with these very reasons (check id, number failing); None where there is none.

    A check that nobody may let pass (`let_through: false`) is never covered, whatever the log says.
    """
    from expectations.catalogue import checks_by_id
    from ingest.landing import arrivals

    decision = read_log(home).in_force().get(delivery_id)
    if decision is None:
        return None
    why, checks = list(blocking), checks_by_id()
    closed = any(
        not checks[check.split(":")[0]].let_through for check, _ in why if check.split(":")[0] in checks
    )
    landed = next((one for one in arrivals(home) if one.delivery_id == delivery_id), None)
    same_bytes = landed is not None and landed.sha256 == decision.sha256
    return decision if same_bytes and not closed and decision.covers(why) else None


def _defused(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _undefused(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text

"""One feed that could not be worked on this time: told, with since when, while the other feeds go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from expectations.catalogue import CheckError
from ingest.home import Home
from ingest.whole import write_whole

Step = Literal["contract", "conform", "admit"]
_WORDS: dict[Step, tuple[str, str, str, str]] = {
    "contract": (
        "สัญญาข้อมูลใช้ไม่ได้",
        "the contract cannot be used",
        "แก้สัญญาข้อมูลตามที่ tambon feeds check บอก",
        "mend the contract; `tambon feeds check` lists all problems",
    ),
    "conform": (
        "แปลงไฟล์ไม่ได้",
        "its files could not be conformed",
        "แจ้งผู้ดูแลระบบ แล้วสั่ง tambon refresh อีกครั้ง",
        "tell the operator, then run `tambon refresh` again",
    ),
    "admit": (
        "ตรวจไฟล์ไม่ได้",
        "its files could not be judged",
        "แจ้งผู้ดูแลระบบ แล้วสั่ง tambon refresh อีกครั้ง",
        "tell the operator, then run `tambon refresh` again",
    ),
}


class FeedFault(BaseModel):
    """What `faults/<agency>.<feed>.<step>.json` of a home holds; it goes when the step succeeds."""

    model_config = ConfigDict(frozen=True)

    feed_code: str
    step: Step
    message_th: str
    message_en: str
    mend_th: str
    mend_en: str
    since: datetime
    seen_at: datetime


def _path(home: Home, feed_code: str, step: Step) -> Path:
    return home.root / "faults" / f"{feed_code.replace('/', '.')}.{step}.json"


def _read(path: Path) -> FeedFault | None:
    try:
        return FeedFault.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def read_faults(home: Home) -> dict[str, list[FeedFault]]:
    """What is wrong now, by feed, in order of the steps of the work."""
    found: dict[str, list[FeedFault]] = {}
    for step in _WORDS:
        for path in sorted((home.root / "faults").glob(f"*.{step}.json")):
            fault = _read(path)
            if fault:
                found.setdefault(fault.feed_code, []).append(fault)
    return found


def record_fault(
    home: Home, feed_code: str, step: Step, error: BaseException | str, now: datetime | None = None
) -> FeedFault:
    """Note that a step failed for a feed; since when is kept from the first time.

    Of an error that nobody foresaw only its kind is told: its words may hold what stood in a cell.

    Raises:
        OSError: the home cannot be written.
    """
    moment = now or datetime.now(UTC)
    path = _path(home, feed_code, step)
    before = _read(path)
    th, en, mend_th, mend_en = _WORDS[step]
    why = _why(error)
    fault = FeedFault(
        feed_code=feed_code,
        step=step,
        message_th=f"{th} ({why})",
        message_en=f"{en} ({why})",
        mend_th=mend_th,
        mend_en=mend_en,
        since=before.since if before else moment,
        seen_at=moment,
    )
    write_whole(path, fault.model_dump_json(indent=1) + "\n")
    return fault


def _why(error: BaseException | str) -> str:
    if isinstance(error, str):
        return error.strip().splitlines()[0][:300] if error.strip() else "?"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, CheckError):
        return str(error).strip().splitlines()[0][:300]
    return type(error).__name__


def clear_fault(home: Home, feed_code: str, step: Step) -> None:
    """Note that a step went well for a feed."""
    _path(home, feed_code, step).unlink(missing_ok=True)


def note_contracts(home: Home, broken: Mapping[str, str], known: set[str]) -> None:
    """Note which contracts are broken now (feed code → message); others of that step, and feeds no longer known, are cleared."""
    for feed, message in broken.items():
        record_fault(home, feed, "contract", message)
    for feed, faults in read_faults(home).items():
        for fault in faults:
            if (fault.step == "contract" and feed not in broken) or (
                feed not in known and feed not in broken
            ):
                clear_fault(home, feed, fault.step)

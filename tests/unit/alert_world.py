"""A home with builds whose quality tables a test writes by hand: what alerts are made from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from expectations.tables import frame, write_frame
from ingest.home import Home
from orchestration.builds import Build, Outcome, build_path, save_build

BEGAN = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)  # 02:00 of the 28th in Bangkok


def finding(key: str, agency: str | None = "nvf", **more: Any) -> dict[str, object]:
    return {
        "finding_id": key,
        "check_id": "adm.unreadable_cell:nvf/village_funds",
        "severity": "warn",
        "agency_code": agency,
        "feed_code": "nvf/village_funds",
        "delivery_id": "nvf-village_funds-1",
        "file_name": "2567.xlsx",
        "sheet": "ข้อมูล",
        "row_number": 12,
        "column_name": "เงินออม",
        "value": "ความลับในเซลล์",
        "province_code": "50",
        "message_th": "อ่านค่าไม่ได้",
        "message_en": "Cannot be read",
    } | more


def held(key: str = "nvf-village_funds-9", agency: str = "nvf", **more: Any) -> dict[str, object]:
    return {
        "delivery_id": key,
        "agency_code": agency,
        "feed_code": f"{agency}/village_funds",
        "file_name": f"{key}.csv",
        "status": "held",
        "status_reason": "ไม่ผ่าน: ไม่มีคอลัมน์ที่ไม่รู้จัก · Failed: No undeclared column",
    } | more


def stale(feed: str = "nvf/village_funds") -> dict[str, object]:
    return {
        "feed_code": feed,
        "agency_code": feed.split("/", maxsplit=1)[0],
        "is_stale": True,
        "due_on": date(2026, 1, 1),
        "stale_reason_th": "เลยกำหนดส่ง",
        "stale_reason_en": "was due",
    }


def not_pulled(feed: str = "nvf/village_funds") -> dict[str, object]:
    return {
        "feed_code": feed,
        "agency_code": feed.split("/", maxsplit=1)[0],
        "source": "https://data.example.org/x",
        "origin": "https://data.example.org/x",
        "code": "timeout",
        "message_th": "ต้นทางไม่ตอบ",
        "message_en": "The source does not answer",
        "mend_th": "ลองใหม่",
        "mend_en": "Try again",
    }


def refused(path: str = "nvf/village_funds/a.docx", agency: str | None = "nvf") -> dict[str, object]:
    return {
        "inbox_path": path,
        "agency_code": agency,
        "code": "type",
        "message_th": "ไม่รับไฟล์ชนิดนี้",
        "message_en": "This type is not taken",
        "mend_th": "บันทึกใหม่",
        "mend_en": "Save it anew",
    }


def add_build(
    home: Home,
    number: int,
    outcome: Outcome = "published",
    without: tuple[str, ...] = (),
    **tables: list[dict[str, object]],
) -> Build:
    """A build of day `number` with quality tables; tables not given are empty, those in `without` are not there."""
    when = BEGAN + timedelta(days=number)
    build = Build(
        build_id=f"{when:%Y%m%dT%H%M%S}-abc{number:03d}",
        run_id=f"run-{number}",
        input_fingerprint="abc",
        started_at=when,
        ended_at=when,
        outcome=outcome,
        reason="สถิติผิด · wrong figures" if outcome == "audit_failed" else None,
    )
    save_build(home, build)
    folder = build_path(home, build.build_id) / "audit"
    check: dict[str, object] = {
        "check_id": "adm.unreadable_cell:nvf/village_funds",
        "title_th": "เซลล์ที่อ่านไม่ได้",
        "title_en": "Unreadable cells",
        "mend_th": "แก้เซลล์",
        "severity": "warn",
    }
    filled: dict[str, list[dict[str, object]]] = {"dq_check": [check], **tables}
    for name in (
        "dq_finding",
        "dq_check",
        "dq_delivery",
        "dq_feed",
        "dq_refusal",
        "dq_fetch",
        "dq_finding_life",
    ):
        if name not in without:
            write_frame(frame(name, filled.get(name, [])), folder / f"{name}.parquet")
    return build


def write_config(home: Home, text: str) -> None:
    """The home's alerts.yml."""
    home.root.mkdir(parents=True, exist_ok=True)
    home.alerts_file.write_text(text, encoding="utf-8")


def new_home(folder: Path) -> Home:
    """An empty home of real data: owners that contracts name are written to."""
    home = Home(folder / "home")
    home.set_kind("real")
    return home

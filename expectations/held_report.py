"""`held/<delivery_id>/`: the report and the findings of a delivery that waits, for the officer who is to mend it.

The folders are made from the records and decide nothing: touching, adding or removing one admits no delivery.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from unicodedata import category

import polars as pl

from expectations.admission import admission_folder
from expectations.held import HeldDelivery, waiting
from ingest.contract import Contract
from ingest.home import Home
from ingest.landing import arrivals
from ingest.spreadsheet import defused
from ingest.whole import whole, write_whole

_BANGKOK = timezone(timedelta(hours=7))
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#!|~])")
_FINDING_COLUMNS = (
    "severity",
    "file_name",
    "sheet",
    "row_number",
    "column_name",
    "value",
    "expected",
    "suggestion",
    "message_th",
    "message_en",
    "check_id",
    "finding_id",
)


def write_held(
    home: Home, contracts: Mapping[str, Contract], feed_code: str | None = None
) -> list[HeldDelivery]:
    """Make `held/` show exactly what waits: reports of new ones written, folders of others removed. Returns what waits.

    Args:
        feed_code: only this feed's folders are touched.

    Raises:
        OSError: the home cannot be written.
    """
    held = waiting(home, contracts, feed_code=feed_code)
    ids = {one.delivery_id for one in held}
    of_feed = {one.delivery_id for one in arrivals(home) if feed_code in (None, one.feed_code)}
    for folder in home.held.glob("*") if home.held.is_dir() else ():
        if folder.is_symlink():
            folder.unlink()  # never followed: what it leads to is not ours
        elif folder.is_dir() and folder.name not in ids and (feed_code is None or folder.name in of_feed):
            shutil.rmtree(folder)
    for one in held:
        folder = home.held / one.delivery_id
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "report.md", report_text(one))
        _write_findings(admission_folder(home, one.delivery_id) / "finding.parquet", folder / "findings.csv")
    return held


def _write_findings(source: Path, target: Path) -> None:
    if not source.is_file():
        return
    rank = {"block": 0, "warn": 1}
    findings = pl.read_parquet(source)
    findings = findings.sort(findings["severity"].replace_strict(rank, default=2), maintain_order=True)
    with whole(target) as partial:
        defused(findings.select(_FINDING_COLUMNS)).write_csv(partial, include_bom=True)


def _plain(text: str) -> str:
    """A file's own words inside Markdown: no markup, no hidden or direction marks, on one line."""
    seen = "".join(f"\\u{ord(one):04x}" if category(one) in ("Cc", "Cf") else one for one in text)
    return _MARKDOWN.sub(r"\\\1", seen)


def _day(moment: datetime) -> tuple[str, str]:
    local = moment.astimezone(_BANGKOK)
    return f"{local:%d/%m/}{local.year + 543} {local:%H:%M} น.", f"{local:%Y-%m-%d %H:%M} (Bangkok)"


def report_text(one: HeldDelivery) -> str:
    """The report, Thai first, then English (Markdown that reads well as plain text)."""
    since_th, since_en = _day(one.since)
    arrived_th, arrived_en = _day(one.arrived_at)
    owner = _plain(one.owner_name + (f" <{one.owner_email}>" if one.owner_email else "")) or "–"
    name, ident = _plain(one.file_name), one.delivery_id
    mean = one.meanwhile
    use_th = f"ไฟล์ก่อนหน้า {_plain(mean.file_name)} (อายุ {mean.age_days} วัน)" if mean else "ยังไม่มีข้อมูลใดใช้แทน"
    use_en = (
        f"the earlier file {_plain(mean.file_name)} ({mean.age_days} days old)"
        if mean
        else "nothing: the feed has no admitted delivery"
    )
    command = f'    tambon admit {ident} --because "…" --by NAME'
    way_th = "ถ้าตรวจกับเจ้าของข้อมูลแล้วว่าถูกต้อง ผู้ดูแลระบบหรือนักวางแผนที่รับผิดชอบสั่งรับได้ โดยเหตุผลจะถูกเก็บไว้ตลอดไป:"
    way_en = (
        "Where it was checked with the owner and is right as it is, the operator or the planner in charge can let it through; "
        "the reason is kept for ever:"
    )
    no_th = "ไฟล์นี้สั่งรับไม่ได้ ต้องแก้ไฟล์ (หรือสัญญาข้อมูล) แล้วส่งใหม่ เพราะ: " + ", ".join(one.fatal)
    no_en = (
        "Nobody can let this file through; mend it (or the contract) and send it again, because of: "
        + ", ".join(one.fatal)
    )
    lines = [
        f"# ไฟล์ถูกพักไว้: {name}",
        "",
        f"- ชุดข้อมูล: {_plain(one.title_th)} ({one.feed_code})",
        f"- ได้รับเมื่อ: {arrived_th}",
        f"- พักไว้ตั้งแต่: {since_th} ({one.age_days} วัน)",
        f"- ผู้แก้ไข: {owner}",
        f"- ระหว่างนี้ใช้: {use_th}",
        f"- แถวในไฟล์ {one.rows_in:,} อ่านได้ {one.rows_conformed:,}",
        "",
        "## เหตุผล",
        "",
        *(f"{number}. {_plain(reason.message_th)}" for number, reason in enumerate(one.reasons, 1)),
        "",
        "เซลล์และแถวที่ต้องแก้อยู่ใน findings.csv",
        "",
        "## ทำอย่างไรต่อ",
        "",
        "แก้ในไฟล์เดิมแล้วส่งใหม่ ไฟล์ใหม่จะแทนไฟล์นี้เอง",
        *((way_th, "", command) if one.can_be_let_through else (no_th,)),
        "",
        "---",
        "",
        f"# Held: {name}",
        "",
        f"- Feed: {_plain(one.title_en)} ({one.feed_code})",
        f"- Delivery: {ident}",
        f"- Arrived: {arrived_en}",
        f"- Held since: {since_en} ({one.age_days} days)",
        f"- Who mends it: {owner}",
        f"- Meanwhile the feed uses: {use_en}",
        f"- Rows in the file {one.rows_in:,}, read {one.rows_conformed:,}",
        "",
        "## Reasons",
        "",
        *(f"{number}. {_plain(reason.message_en)}" for number, reason in enumerate(one.reasons, 1)),
        "",
        "The cells and rows to mend are in findings.csv.",
        "",
        "## What next",
        "",
        "Mend the file and send it again; the new file takes this one's place by itself.",
        *((way_en, "", command) if one.can_be_let_through else (no_en,)),
        "",
        f"(written {_day(datetime.now(UTC))[1]})",
        "",
    ]
    return "\n".join(lines)

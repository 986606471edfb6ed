"""What a sample may be asked for, and where it may be written: never beside real deliveries."""

from __future__ import annotations

from collections.abc import Collection

from ingest.home import SAMPLE_MARK, Home
from ingest.sample.agencies import AGENCIES
from ingest.sample.words import BE

MAX_YEARS = 20


class SampleRefused(Exception):
    """The sample would mix with real deliveries, or a parameter makes no sense. str(): Thai, then English."""


def _refuse(thai: str, english: str) -> SampleRefused:
    return SampleRefused(f"{thai}\n{english}")


def refuse_where_real(home: Home) -> None:
    """Raise SampleRefused where the home is real, or holds what is not marked synthetic."""
    kind = home.kind()
    elsewhere = ("กรุณาตั้ง TAMBON_HOME เป็นโฟลเดอร์อื่นที่ว่าง", "Set TAMBON_HOME to another, empty folder.")
    if kind == "real":
        raise _refuse(
            f"โฟลเดอร์ {home.root} เก็บข้อมูลจริงอยู่ จะไม่นำข้อมูลสังเคราะห์ไปปน {elsewhere[0]}",
            f"{home.root} holds real data; synthetic data is not mixed in. {elsewhere[1]}",
        )
    log = home.landing / "arrivals.jsonl"
    if kind is None and log.exists() and log.stat().st_size:
        raise _refuse(
            f"โฟลเดอร์ {home.root} รับไฟล์เข้ามาแล้วโดยไม่ได้ระบุว่าเป็นข้อมูลสังเคราะห์ {elsewhere[0]}",
            f"{home.root} has taken deliveries that are not marked synthetic. {elsewhere[1]}",
        )
    if home.inbox.is_dir():
        # Only what officers could have dropped: hidden files belong to the machine.
        strangers = sorted(
            p
            for p in home.inbox.rglob("*")
            if (p.is_file() or p.is_symlink()) and SAMPLE_MARK not in p.name and not p.name.startswith(".")
        )
        if strangers:
            raise _refuse(
                f"ในกล่องรับเข้ามีไฟล์ที่ไม่ใช่ข้อมูลสังเคราะห์: {strangers[0]} {elsewhere[0]}",
                f"The inbox holds a file that is not synthetic: {strangers[0]}. {elsewhere[1]}",
            )


def check_parameters(scale: float, years: int, last_fiscal_year: int) -> None:
    """Raise SampleRefused for a scale or years that make no sense."""
    if not 0 < scale <= 1:
        raise _refuse(
            f"scale ต้องมากกว่า 0 และไม่เกิน 1 (ได้รับ {scale})",
            f"scale must be above 0 and at most 1, not {scale}.",
        )
    if not 1 <= years <= MAX_YEARS:
        raise _refuse(
            f"years ต้องอยู่ระหว่าง 1 ถึง {MAX_YEARS} (ได้รับ {years})",
            f"years must be 1 to {MAX_YEARS}, not {years}.",
        )
    earliest = last_fiscal_year - years + 1
    if earliest < 2005:
        raise _refuse(
            f"ปีแรกของข้อมูลคือ พ.ศ. {earliest + BE} แต่กองทุนสวัสดิการชุมชนเริ่ม พ.ศ. 2548 กรุณาลด years",
            f"The first year would be {earliest}; welfare funds began in 2005. Ask for fewer years.",
        )


def chosen_feeds(feeds: Collection[str] | None) -> tuple[str, ...]:
    """The feeds to write, in the sample's order; None = all. Raises SampleRefused for one that there is no sample of."""
    if feeds is None:
        return tuple(AGENCIES)
    unknown = sorted(set(feeds) - set(AGENCIES))
    if unknown or not feeds:
        named = ", ".join(unknown) or "-"
        raise _refuse(
            f"ไม่มีตัวอย่างของชุดข้อมูล {named} เลือกได้จาก {', '.join(AGENCIES)}",
            f"There is no sample of {named}. Choose from {', '.join(AGENCIES)}.",
        )
    return tuple(feed for feed in AGENCIES if feed in feeds)

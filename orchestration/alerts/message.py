"""A message to one recipient about one build, made from what they do not know yet. Pure: reads no clock, sends nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from pydantic import BaseModel

from orchestration.alerts.config import OPERATORS
from orchestration.alerts.known import News, Quality
from orchestration.alerts.listing import Names, findings_by, over_lines, sections_of
from orchestration.alerts.text import Body, Section, as_html, as_text, clean, thai_day
from orchestration.builds import Build

NAME = "คลังข้อมูลกองทุนตำบล"
SEVERITY_TH: Mapping[str, str] = {"block": "ร้ายแรง", "warn": "เตือน", "info": "ข้อสังเกต"}
_LONGEST_SUBJECT = 180


class Message(BaseModel):
    """What is sent: `text` and `html` by mail, `payload` to a webhook.

    `key` names it, the same for the same build and recipient.
    """

    key: str
    who: str
    build_id: str
    subject: str
    text: str
    html: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What is the same for every message of a run."""

    build: Build
    names: Names
    items: int
    synthetic: bool
    site: str | None = None
    blocking: tuple[str, ...] = ()


def compose(news: News, quality: Quality, setting: Setting) -> Message:
    """The one message of a run to one recipient."""
    build, names = setting.build, setting.names
    counts = _counts(news)
    failed = build.outcome == "audit_failed"
    who_th = "ผู้ดูแลระบบ" if news.who == OPERATORS else names.agency_th(news.who)
    who_en = "operators" if news.who == OPERATORS else names.agency_en(news.who)
    subject = f"{who_th}: {_summary_th(counts)} — {thai_day(build.ended_at or build.started_at)}"
    if failed and news.who == OPERATORS:
        subject = f"ผลตรวจไม่ผ่าน ยังไม่เผยแพร่ · {subject}"
    lead = [
        f"ถึง {who_th}" + (" (ฉบับแรก: นับทุกเรื่องที่ยังค้าง)" if news.first else ""),
        f"{_summary_th(counts)} · ข้อพบที่ยังเปิดอยู่ทั้งหมด {news.open:,}",
        "ผลตรวจรอบนี้ไม่ผ่าน ข้อมูลที่เผยแพร่ยังเป็นรอบก่อน" if failed else "เผยแพร่ข้อมูลรอบนี้แล้ว",
    ]
    lead_en = [
        f"To {who_en}: {_summary_en(counts)}; {news.open:,} findings open. "
        + (
            "The audit failed: the marts published before stay."
            if failed
            else "This run's data is published."
        )
    ]
    sections = sections_of(news, quality, names, setting.items)
    if failed and news.who == OPERATORS:
        reasons = tuple(clean(one) for one in setting.blocking[: setting.items])
        sections = [Section("เหตุที่ไม่เผยแพร่", "Why it was not published", reasons), *sections]
    if news.who != OPERATORS and news.open:
        sections.append(_where(news.who, quality, setting))
    return _message(
        setting,
        news.who,
        key=f"{build.build_id}/{news.who}",
        subject=subject,
        body=Body(tuple(lead), tuple(lead_en), tuple(sections), _foot(build.build_id)),
        payload={
            "event": "run",
            "outcome": build.outcome,
            "first": news.first,
            "counts": counts,
            "new_by_check": findings_by(news, "check_id"),
            "new_by_province": findings_by(news, "province_code"),
            "closed_by_check": [{"text": line} for line in over_lines(news, quality, names)[: setting.items]],
        },
    )


def compose_failure(setting: Setting, *, run_id: str, reason: str, when: datetime) -> Message:
    """What operators are told of a run that did not come to an end."""
    build_id = setting.build.build_id
    reasons = tuple(clean(one, 600) for one in reason.splitlines() if one.strip())[: setting.items]
    body = Body(
        ("ถึง ผู้ดูแลระบบ", "การปรับปรุงข้อมูลไม่สำเร็จ ไม่มีการเผยแพร่ ข้อมูลที่เผยแพร่ก่อนหน้ายังอยู่ครบ"),
        (
            "To operators: the refresh did not finish. Nothing was published; what was published before stays.",
        ),
        (
            Section("สาเหตุ", "Why", reasons),
            Section(
                "ทำอย่างไรต่อ",
                "What to do",
                (
                    "ดูสถานะ: tambon status · แก้สาเหตุแล้วสั่ง: tambon refresh",
                    "Look: tambon status; take the cause away, then: tambon refresh",
                ),
            ),
        ),
        _foot(build_id or run_id),
    )
    return _message(
        setting,
        OPERATORS,
        key=f"failed-{run_id}/{OPERATORS}",
        subject=f"ปรับปรุงข้อมูลไม่สำเร็จ · Refresh failed — {thai_day(when)}",
        body=body,
        payload={"event": "run_failed", "outcome": "failed", "run_id": run_id, "reasons": list(reasons)},
    )


def compose_test(setting: Setting, who: str, when: datetime) -> Message:
    """A message that only proves the way."""
    body = Body(
        ("นี่คือข้อความทดสอบ ไม่ต้องทำอะไร",),
        ("This is a test; nothing to do.",),
        (),
        _foot(setting.build.build_id or "-"),
    )
    return _message(
        setting,
        who,
        key=f"test-{when:%Y%m%dT%H%M%S%f}/{who}",
        subject=f"ทดสอบการแจ้งเตือน · Test of alerts — {thai_day(when)}",
        body=body,
        payload={"event": "test", "outcome": "test"},
    )


def _message(
    setting: Setting, who: str, *, key: str, subject: str, body: Body, payload: dict[str, Any]
) -> Message:
    if setting.synthetic:
        subject = f"(ข้อมูลสังเคราะห์) {subject}"
        body = Body(
            ("** ข้อมูลสังเคราะห์ ไม่ใช่ข้อมูลจริง · Synthetic sample data, not real **", *body.lead),
            body.lead_en,
            body.sections,
            body.foot,
        )
    subject = clean(f"[{NAME}] {subject}", _LONGEST_SUBJECT)
    text = as_text(body)
    return Message(
        key=key,
        who=who,
        build_id=setting.build.build_id,
        subject=subject,
        text=text,
        html=as_html(body, subject),
        payload={
            "version": 1,
            "id": hashlib.sha256(key.encode()).hexdigest()[:32],
            "to": who,
            "build_id": setting.build.build_id,
            "synthetic": setting.synthetic,
            "subject": subject,
            **payload,
            "sections": [
                {"title_th": one.title_th, "title_en": one.title_en, "lines": list(one.lines)}
                for one in body.sections
            ],
            "text": text,
        },
    )


def _counts(news: News) -> dict[str, Any]:
    def count(frame: pl.DataFrame, kind: str) -> int:
        return frame.filter(pl.col("kind") == kind).height

    by_severity = dict(news.new.filter(pl.col("kind") == "finding").group_by("severity").len().iter_rows())
    return {
        "new": count(news.new, "finding"),
        "new_by_severity": {one: by_severity.get(one, 0) for one in SEVERITY_TH},
        "closed": count(news.over, "finding"),
        "open": news.open,
        **{kind: count(news.new, kind) for kind in ("held", "fetch", "refusal", "stale")},
        **{f"{kind}_over": count(news.over, kind) for kind in ("held", "fetch", "refusal", "stale")},
    }


_WORDS = {
    "new": ("พบใหม่", "new findings"),
    "closed": ("ปิดแล้ว", "closed"),
    "held": ("ระงับ", "held"),
    "fetch": ("ดึงไม่สำเร็จ", "not pulled"),
    "refusal": ("ไม่รับ", "refused"),
    "stale": ("ขาดส่ง", "stale"),
}


def _summary_th(counts: Mapping[str, Any]) -> str:
    told = [f"{thai} {counts[key]:,}" for key, (thai, _) in _WORDS.items() if counts[key]]
    return " ".join(told) or "เรื่องที่ค้างคลี่คลายแล้ว"


def _summary_en(counts: Mapping[str, Any]) -> str:
    told = [f"{counts[key]:,} {english}" for key, (_, english) in _WORDS.items() if counts[key]]
    return ", ".join(told) or "what was open is settled"


def _where(agency: str, quality: Quality, setting: Setting) -> Section:
    """Where the mending list lies."""
    path = quality.folder.parent / "mending" / f"{agency}.xlsx"
    if not path.is_file():
        lines = [f"ขอได้จากผู้ดูแลระบบ · ask the operators: tambon mending {agency}"]
    elif setting.site:
        lines = [f"{setting.site.rstrip('/')}/files/mending/{path.name}"]
    else:
        lines = [str(path), f"ผู้ดูแลระบบส่งให้ได้ · the operators can send it: tambon mending {agency}"]
    if setting.site:
        lines.append(f"{setting.site.rstrip('/')}/")
    after = "แก้ในช่องที่ทำเครื่องหมายไว้ แล้วส่งไฟล์นั้นกลับมา · mend the marked cells and send that file back"
    return Section("บัญชีรายการที่ต้องแก้", "Mending list", tuple(lines), after)


def _foot(identifier: str) -> tuple[str, ...]:
    return (f"{NAME} · รอบ {identifier}", "ข้อความอัตโนมัติ · Sent automatically.")

"""The lists of a message: what is new, what is over, by check, province and place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ingest.contract.kept import usable_contracts
from ingest.home import Home
from orchestration.alerts.config import OPERATORS
from orchestration.alerts.known import RANK, News, Quality
from orchestration.alerts.text import BE_OFFSET, Section, capped, clean

_SEVERITY = {"block": "ร้ายแรง · grave", "warn": "เตือน · warning", "info": "ข้อสังเกต · remark"}


@dataclass(frozen=True)
class Names:
    """Names of agencies, feeds and provinces by code; a code without one stands for itself."""

    agencies: Mapping[str, tuple[str, str]]
    feeds: Mapping[str, str]
    provinces: Mapping[str, str]

    @classmethod
    def of(cls, home: Home) -> Names:
        """As contracts and the home's reference tables have them."""
        path = home.reference / "province.parquet"
        table = pl.read_parquet(path, columns=["province_code", "name_th"]) if path.is_file() else None
        usable = usable_contracts(home)
        return cls(
            {code: (one.short_th, one.short_en) for code, one in usable.agencies.items()},
            {code: one.title.th for code, one in usable.contracts.items()},
            dict(table.iter_rows()) if table is not None else {},
        )

    def agency_th(self, code: str) -> str:
        """Short Thai name."""
        return self.agencies.get(code, (code, code))[0]

    def agency_en(self, code: str) -> str:
        """Short English name."""
        return self.agencies.get(code, (code, code))[1]

    def feed(self, code: str | None) -> str:
        """Thai title and code of a feed."""
        if not code:
            return ""
        return f"{self.feeds[code]} ({code})" if code in self.feeds else code


def findings_by(news: News, column: str) -> list[dict[str, Any]]:
    """New findings counted by a column, most first; NULL is what cannot be placed."""
    return (
        news.new.filter(pl.col("kind") == "finding")
        .group_by(column)
        .len("count")
        .sort(["count", column], descending=[True, False], nulls_last=True)
        .to_dicts()
    )


def sections_of(news: News, quality: Quality, names: Names, items: int) -> list[Section]:
    """Every list of a message that has a line, the gravest first."""
    found = [
        _held(news, quality, names, items),
        _failing(news, quality, names, items, "fetch", "ดึงข้อมูลไม่สำเร็จ", "Not pulled"),
        _failing(news, quality, names, items, "refusal", "ไฟล์ที่ไม่รับ", "Refused files"),
        _stale(news, quality, names, items),
        *_new(news, quality, names, items),
        _closed(news, quality, names, items),
        _settled(news, quality, names, items),
    ]
    return [section for section in found if section.lines]


def _rows(news: News, quality: Quality, kind: str, table: str, *key: str) -> list[dict[str, Any]]:
    """The rows of a quality table that stand behind the new items of a kind."""
    if table not in quality.tables:
        return []
    words = [pl.col(one).cast(pl.String).fill_null("") for one in key]
    wanted = news.new.filter(pl.col("kind") == kind).select("key")
    return (
        quality.tables[table]
        .with_columns(key=pl.concat_str(words, separator="|"))
        .join(wanted, on="key", how="semi", maintain_order="left")
        .unique("key", keep="last", maintain_order=True)
        .to_dicts()
    )


def _whose(news: News, names: Names, row: Mapping[str, Any]) -> str:
    code = row.get("agency_code")
    return f"{names.agency_th(code)}: " if news.who == OPERATORS and code else ""


def _held(news: News, quality: Quality, names: Names, items: int) -> Section:
    rows = _rows(news, quality, "held", "dq_delivery", "delivery_id")
    lines = [
        clean(
            f"{_whose(news, names, row)}{row['file_name']} — {names.feed(row['feed_code'])}: {row['status_reason'] or ''}",
            600,
        )
        for row in rows[:items]
    ]
    ids = [row["delivery_id"] for row in rows]
    after = "แก้ไฟล์แล้วส่งใหม่ ระหว่างนี้ใช้ไฟล์ที่รับไว้ก่อนหน้า · mend the file and send it again; until then the one admitted before is used"
    if news.who == OPERATORS and ids:
        after += f' · ถ้าไฟล์ถูกต้อง · if the file is right: tambon admit {clean(ids[0])} --because "…"'
    return Section("ระงับ ยังไม่รับเข้า", "Held", capped(lines, items, total=len(rows)), after if rows else "")


def _failing(
    news: News, quality: Quality, names: Names, items: int, kind: str, title_th: str, title_en: str
) -> Section:
    table, *key = {
        "fetch": ("dq_fetch", "feed_code", "origin"),
        "refusal": ("dq_refusal", "inbox_path", "code"),
    }[kind]
    rows = _rows(news, quality, kind, table, *key)
    what = "source" if kind == "fetch" else "inbox_path"
    lines = [
        clean(
            f"{_whose(news, names, row)}{row[what]}: {row['message_th']} — {row['mend_th'] or ''}"
            f" · {row['message_en']} — {row['mend_en'] or ''}",
            600,
        )
        for row in rows[:items]
    ]
    return Section(title_th, title_en, capped(lines, items, total=len(rows)))


def _stale(news: News, quality: Quality, names: Names, items: int) -> Section:
    rows = _rows(news, quality, "stale", "dq_feed", "feed_code")
    lines = [
        clean(
            f"{_whose(news, names, row)}{names.feed(row['feed_code'])}: {row['stale_reason_th'] or ''}"
            f" · {row['stale_reason_en'] or ''}"
        )
        for row in rows[:items]
    ]
    return Section("ขาดส่ง ข้อมูลเก่ากว่ากำหนด", "Gone stale", capped(lines, items, total=len(rows)))


def _titles(quality: Quality) -> pl.DataFrame:
    return (
        quality.tables["dq_check"]
        .select("check_id", "title_th", "title_en", "mend_th")
        .unique("check_id", keep="first")
    )


def _new(news: News, quality: Quality, names: Names, items: int) -> list[Section]:
    new = news.new.filter(pl.col("kind") == "finding")
    rank = pl.col("severity").replace_strict(RANK, default=9, return_dtype=pl.Int64)
    checks = (
        new.group_by("check_id", "severity")
        .len("count")
        .join(_titles(quality), on="check_id", how="left")
        .sort(rank, pl.col("count"), "check_id", descending=[False, True, False])
        .to_dicts()
    )
    by_check = [
        clean(
            f"{row['count']:,} × {row['title_th'] or row['check_id']} · {row['title_en'] or ''}"
            f" [{_SEVERITY.get(row['severity'], row['severity'])}] — {row['mend_th'] or ''}",
            400,
        )
        for row in checks
    ]
    by_province = [
        clean(
            f"{names.provinces.get(row['province_code'] or '', row['province_code'] or 'ไม่ระบุจังหวัด')}: {row['count']:,}"
        )
        for row in findings_by(news, "province_code")
    ]
    listed = (
        quality.tables["dq_finding"]
        .join(new.select("key"), left_on="finding_id", right_on="key", how="semi")
        .sort(rank, "file_name", "sheet", "row_number", "finding_id", nulls_last=True)
        .head(items)
        .to_dicts()
    )
    return [
        Section("พบใหม่ แยกตามข้อตรวจ", "New findings by check", capped(by_check, items)),
        Section("พบใหม่ แยกตามจังหวัด", "New findings by province", capped(by_province, items)),
        Section(
            "รายการแรก", "The first of them", capped([_cell(row) for row in listed], items, total=new.height)
        ),
    ]


def _cell(row: Mapping[str, Any]) -> str:
    """Where a finding lies and what it is. The value itself is left to the mending list: mail travels far."""
    where = [
        row["file_name"] or "",
        f"แผ่นงาน {row['sheet']}" if row["sheet"] else "",
        f"แถว {row['row_number']:,}" if row["row_number"] is not None else "",
        f"คอลัมน์ {row['column_name']}" if row["column_name"] else "",
    ]
    if not row["file_name"]:
        tambon = f"ตำบล {row['tambon_code']}" if row["tambon_code"] else ""
        year = f"ปี {row['fiscal_year'] + BE_OFFSET}" if row["fiscal_year"] else ""
        where = [row.get("record_key") or row["fund_id"] or tambon, year, *where[3:]]
    place = " ".join(one for one in where if one)
    told = f"{row['message_th']} · {row['message_en']}"
    return clean(f"{place}: {told}" if place else told)


def over_lines(news: News, quality: Quality, names: Names) -> list[str]:
    """Findings that are there no more, by check and by how they ended, as far as that is recorded."""
    closed = news.over.filter(pl.col("kind") == "finding")
    life = quality.tables.get("dq_finding_life")
    if life is not None and "life_number" in life.columns:
        closed = closed.join(
            # one that came back and was mended again has several lives; the last is meant
            life.sort("life_number").select(key="finding_id", life="life").unique("key", keep="last"),
            on="key",
            how="left",
            maintain_order="left",
        )
    else:
        closed = closed.with_columns(life=pl.lit(None, pl.String))
    how = {"mended": "แก้แล้ว · mended", "gone": "หายไปพร้อมไฟล์เดิม · gone with its delivery"}
    rows = (
        closed.group_by("check_id", "life")
        .len("count")
        .join(_titles(quality), on="check_id", how="left")
        .sort(["count", "check_id"], descending=[True, False])
        .to_dicts()
    )
    return [
        clean(
            f"{row['count']:,} × {row['title_th'] or row['check_id']} · {row['title_en'] or ''}"
            f" — {how.get(row['life'] or '', 'ไม่พบแล้ว · no longer found')}"
        )
        for row in rows
    ]


def _closed(news: News, quality: Quality, names: Names, items: int) -> Section:
    return Section("ปิดแล้ว", "Closed", capped(over_lines(news, quality, names), items))


def _settled(news: News, quality: Quality, names: Names, items: int) -> Section:
    """Held deliveries, pulls, refusals and stale feeds that are no more."""
    words = {
        "held": "ไม่ถูกระงับแล้ว · no longer held",
        "fetch": "ดึงได้แล้ว · pulled again",
        "refusal": "ไม่ค้างในกล่องรับแล้ว · no longer refused",
        "stale": "กลับมาส่งตามกำหนด · no longer stale",
    }
    over = news.over.filter(pl.col("kind") != "finding").sort("kind", "key")
    files = dict(
        quality.tables["dq_delivery"].select("delivery_id", "file_name").iter_rows()
        if "dq_delivery" in quality.tables
        else []
    )
    lines = [
        clean(f"{files.get(row['key'], row['key'].split('|')[0])}: {words[row['kind']]}")
        for row in over.head(items).to_dicts()
    ]
    return Section("คลี่คลายแล้ว", "Settled", capped(lines, items, total=over.height))

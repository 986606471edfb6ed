"""The dictionary page of each feed, made from its contract: Thai first, English below. Written by `tambon feeds docs --write`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ingest.contract.fields import Fields, load_fields
from ingest.contract.model import Agency, Column, Contract
from ingest.contract.page_words import CADENCE, KIND, SEVERITY, SOURCE, TYPE, UNIT

FOLDER = Path(__file__).parents[2] / "docs" / "feeds"

_MARKS = re.compile(r"([\\`*_{}\[\]#|~])")
_TH, _EN = 0, 1


def escaped(text: str) -> str:
    """A text as Markdown shows it as it is, also inside a table: no markup, no HTML, one line."""
    one_line = " ".join(text.split())
    safe = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKS.sub(r"\\\1", safe)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def _label(field: str, contract: Contract, fields: Fields, language: int) -> str:
    known = fields.measures_of(contract.record_kind).get(field) or fields.identity.get(field)
    return (known.label_th, known.label_en)[language] if known else field


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"


def _bounds(column: Column, contract: Contract, fields: Fields, language: int) -> str:
    name = column.field or ""
    known = fields.measures_of(contract.record_kind).get(name) or fields.identity.get(name)
    low = column.min if column.min is not None else known.min if known else None
    high = column.max if column.max is not None else known.max if known else None
    told = f"{_number(low)} –" if low is not None else "–" if high is not None else ""
    told += f" {_number(high)}" if high is not None else ""
    if column.min is not None or column.max is not None:
        told += f" ({SEVERITY[column.severity][language]})"
    return told


def _notes(column: Column, language: int) -> str:
    notes: list[str] = []
    if column.min_fill_rate is not None:
        least = f"{column.min_fill_rate:.0%}"
        notes.append((f"กรอกอย่างน้อย {least}", f"filled in at least {least} of rows")[language])
    if column.blank_means == "zero":
        notes.append(("ว่างหรือขีดคือศูนย์", "blank or a dash is zero")[language])
    if column.width is not None:
        notes.append(
            (f"{column.width} หลัก เติมศูนย์ข้างหน้า", f"{column.width} digits, leading zeros put back")[language]
        )
    if column.lookup:
        notes.append(("มีรายการคำ", "labels below")[language])
    return "; ".join(notes)


def _columns(contract: Contract, fields: Fields, language: int) -> list[str]:
    head = (
        ("ฟิลด์", "ความหมาย", "ชนิด", "หน่วย", "บังคับ", "ช่วงค่า", "หมายเหตุ"),
        ("field", "meaning", "type", "unit", "required", "bounds", "notes"),
    )[language]
    measures = fields.measures_of(contract.record_kind)
    rows = []
    for field, column in contract.by_field.items():
        unit = column.unit or (measures[field].unit if field in measures else None)
        rows.append(
            (
                f"`{field}`",
                escaped(_label(field, contract, fields, language)),
                TYPE[contract.type_of(column)][language],
                UNIT[unit][language] if unit else "",
                ("ใช่", "yes")[language] if column.required else "",
                _bounds(column, contract, fields, language),
                _notes(column, language),
            )
        )
    return _table(head, rows)


def _year_rule(contract: Contract, language: int) -> str:
    period = contract.period
    told = [SOURCE[source][language] for source in period.sources]
    if period.from_date:
        date = (f"วันที่ใน `{period.from_date}`", f"the date in `{period.from_date}`")[language]
        at = told.index(SOURCE["column"][language]) if "column" in period.sources else 0
        told.insert(at if period.date_first else at + 1, date)
    order = (" แล้ว", ", then ")[language].join(told)
    fiscal = period.field == "fiscal_year"
    kind = (("ปีงบประมาณ", "ปีปฏิทิน"), ("fiscal year (October to September)", "calendar year"))[language][
        not fiscal
    ]
    first = period.year_min
    return (
        f"{kind} หาจาก{order} ตั้งแต่ พ.ศ. {first + 543} (ค.ศ. {first})",
        f"{kind}, looked for in {order}; from {first} (B.E. {first + 543})",
    )[language]


def _rules(contract: Contract, fields: Fields, language: int) -> list[str]:
    def name(field: str) -> str:
        return f"{escaped(_label(field, contract, fields, language))} (`{field}`)"

    rules = [
        (
            f"แต่ละรายการมีแถวเดียว: {', '.join(f'`{field}`' for field in contract.key)}",
            f"One row each: {', '.join(f'`{field}`' for field in contract.key)}",
        )[language],
        _year_rule(contract, language),
    ]
    if contract.programme and "programme_code" in contract.by_field:
        programme = fields.programmes[contract.programme]
        label = escaped((programme.label_th, programme.label_en)[language])
        rules.append(
            (f"แถวที่ไม่บอกประเภทนับเป็น{label}", f"A row that does not say its kind counts as: {label}")[language]
        )
    for rule in contract.parts:
        parts = " + ".join(name(part) for part in rule.parts)
        filled = ("; ถ้าไม่ให้ยอดรวมจะรวมให้", "; added up where the total is not given")[language]
        rules.append(
            f"{parts} = {name(rule.total)} (± {_number(rule.tolerance)})"
            + (filled if rule.fill_total else "")
        )
    for bound in contract.not_above:
        word = ("ไม่เกิน", "is not above")[language]
        rules.append(f"{name(bound.lesser)} {word} {name(bound.greater)}")
    limits = contract.limits
    rules.append(
        (
            f"ทั้งแฟ้มถูกกักถ้าแถวที่ไม่รับเกิน {limits.max_rejected_rate:.0%} เซลล์ที่อ่านไม่ได้เกิน {limits.max_unreadable_cell_rate:.0%} "
            f"รายการซ้ำเกิน {limits.max_duplicate_key_rate:.0%} หรือไม่บอกพื้นที่เกิน {limits.max_missing_place_rate:.0%}",
            f"The whole file is held where more than {limits.max_rejected_rate:.0%} of rows are rejected, "
            f"{limits.max_unreadable_cell_rate:.0%} of cells unreadable, {limits.max_duplicate_key_rate:.0%} of records "
            f"doubled, or {limits.max_missing_place_rate:.0%} of rows without a place",
        )[language]
    )
    return [*(f"- {rule}" for rule in rules), ""]


def _facts(contract: Contract, agency: Agency | None, fields: Fields, language: int) -> list[str]:
    programme = fields.programmes.get(contract.programme or "")
    owner = contract.owner.name_th + (f" ({contract.owner.email})" if contract.owner.email else "")
    sender = (
        ((agency.name_th, agency.short_th), (agency.name_en, agency.short_en))[language]
        if agency
        else ("", contract.agency_code)
    )
    lag = contract.allowed_lag_days
    sources = ", ".join(source.kind for source in contract.sources)
    told = [
        (("ชุดข้อมูล", "Feed")[language], f"`{contract.feed}`"),
        (("หน่วยงาน", "Agency")[language], escaped(f"{sender[0]} ({sender[1]})".strip())),
        (("ผู้ดูแลข้อมูล", "Owner")[language], escaped(owner)),
        (("ชนิดรายการ", "Record kind")[language], f"{KIND[contract.record_kind][language]} (`{contract.record_kind}`)"),
        (
            ("ประเภทกองทุน", "Programme")[language],
            f"{escaped((programme.label_th, programme.label_en)[language])} (`{contract.programme}`)" if programme else "",
        ),
        (
            ("รอบการส่ง", "Cadence")[language],
            f"{CADENCE[contract.cadence][language]} "
            + ("" if contract.cadence == "irregular" else (f"ช้าได้ {lag} วัน", f"may be {lag} days late")[language]),
        ),
        (("สัญญาอนุญาต", "Licence")[language], escaped(contract.licence)),
        (("ชนิดแฟ้ม", "File types")[language], ", ".join(contract.format.file_types)),
        (("ทางรับข้อมูลอื่น", "Other ways in")[language], sources),
        (("รุ่นสัญญา", "Contract version")[language], str(contract.version)),
    ]  # fmt: skip
    return _table(("", ""), [(name, value.strip()) for name, value in told if value.strip()])


def _shared(contract: Contract) -> list[str]:
    """What reads the same in both languages: wordings, labels, what is dropped and what is ignored."""
    lines = [
        "## หัวคอลัมน์ที่รับ · Accepted headers",
        "",
        "เทียบโดยไม่สนช่องว่าง เครื่องหมาย ตัวพิมพ์ และหน่วยในวงเล็บ "
        "คำว่า จำนวน จำนวนเงิน ยอด มูลค่า ข้างหน้ามีหรือไม่มีก็ได้ หัวสองแถวต่อกันด้วยช่องว่าง  ",
        "Compared without spaces, punctuation, case and a unit in brackets; words for 'number of' and 'amount of' in "
        "front may be there or not; a header in two rows is joined by a space.",
        "",
        *_table(
            ("field", "headers"),
            [
                (f"`{field}`", " · ".join(map(escaped, column.headers)))
                for field, column in contract.by_field.items()
            ],
        ),
    ]
    labelled = {field: column.lookup for field, column in contract.by_field.items() if column.lookup}
    if labelled:
        lines += ["## รายการคำ · Labels", ""]
        rows = []
        for field, lookup in labelled.items():
            for value in dict.fromkeys(lookup.values()):
                labels = [label for label, meant in lookup.items() if meant == value]
                rows.append((f"`{field}`", escaped(value), " · ".join(map(escaped, labels))))
        lines += _table(("field", "value", "labels"), rows)
    personal = [header for column in contract.columns if column.personal for header in column.headers]
    if personal:
        lines += [
            "## ข้อมูลส่วนบุคคล ทิ้งที่ประตู · Personal, dropped at the door",
            "",
            " · ".join(map(escaped, personal)),
            "",
        ]
    if contract.ignore_headers:
        lines += ["## คอลัมน์ที่ไม่ใช้ · Ignored", "", " · ".join(map(escaped, contract.ignore_headers)), ""]
    if contract.not_data.labels:
        lines += [
            "## แถวที่ไม่ใช่ข้อมูล · Rows that are no data",
            "",
            " · ".join(map(escaped, contract.not_data.labels)),
            "",
        ]
    return lines


def feed_page(contract: Contract, agency: Agency | None) -> str:
    """The dictionary page of one feed, as Markdown."""
    fields = load_fields()
    lines = ["<!-- made by `tambon feeds docs --write` from the contract; edit that -->"]
    for language in (_TH, _EN):
        title = (contract.title.th, contract.title.en)[language]
        lines += [f"{'##' if language else '#'} {escaped(title)}", ""]
        if contract.description:
            lines += [escaped((contract.description.th, contract.description.en)[language]), ""]
        deep = "###" if language else "##"
        lines += _facts(contract, agency, fields, language)
        lines += [f"{deep} {('คอลัมน์', 'Columns')[language]}", "", *_columns(contract, fields, language)]
        lines += [f"{deep} {('กติกา', 'Rules')[language]}", "", *_rules(contract, fields, language)]
    return "\n".join([*lines, *_shared(contract)]).rstrip() + "\n"


def page_name(feed: str) -> str:
    """File name of a feed's page: `nvf.village_funds.md`."""
    return f"{feed.replace('/', '.')}.md"


def index_page(contracts: Mapping[str, Contract], agencies: Mapping[str, Agency]) -> str:
    """The list of all feeds, as Markdown."""
    rows = []
    for feed, contract in contracts.items():
        agency = agencies.get(contract.agency_code)
        rows.append(
            (
                f"[`{feed}`]({page_name(feed)})",
                escaped(agency.short_th if agency else contract.agency_code),
                escaped(contract.title.th),
                escaped(contract.title.en),
                f"`{contract.record_kind}`",
                CADENCE[contract.cadence][_TH] + " · " + CADENCE[contract.cadence][_EN],
            )
        )
    lines = [
        "<!-- made by `tambon feeds docs --write` from the contracts; edit those -->",
        "# พจนานุกรมชุดข้อมูล",
        "",
        "แต่ละหน้าสร้างจากสัญญาข้อมูลใน `ingest/agencies/` ภาษาไทยก่อน ภาษาอังกฤษอยู่ด้านล่าง",
        "",
        "Dictionary of feeds: each page is made from the contract in `ingest/agencies/`, Thai first, English below.",
        "",
        *_table(("feed", "หน่วยงาน · agency", "ชื่อ", "title", "record kind", "รอบ · cadence"), rows),
    ]
    return "\n".join(lines).rstrip() + "\n"


def dictionary(contracts: Mapping[str, Contract], agencies: Mapping[str, Agency]) -> dict[str, str]:
    """Every page by file name, `README.md` being the list."""
    pages = {
        page_name(feed): feed_page(contract, agencies.get(contract.agency_code))
        for feed, contract in contracts.items()
    }
    return {"README.md": index_page(contracts, agencies), **pages}


def write_dictionary(pages: Mapping[str, str], folder: Path) -> list[str]:
    """Write the pages that differ and remove those of feeds that are gone; the names of both, in order.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stale = stale_pages(pages, folder)
    for name in stale:
        if name in pages:
            (folder / name).write_text(pages[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return stale


def stale_pages(pages: Mapping[str, str], folder: Path) -> list[str]:
    """Names of pages in `folder` that are missing, differ, or belong to no feed."""
    there = (
        {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
        if folder.is_dir()
        else {}
    )
    return sorted(name for name in {*there, *pages} if there.get(name) != pages.get(name))

"""What stands in a region's pack, as blocks that a page and a PDF both print.

A block is a mapping: `kind` (`facts`, `table` or `points`), `title` and `note` (Bilingual), and its rows. A cell is a mapping of
`text` (Bilingual) and `href` (a page of the site, or None). Everything is text already, so the two prints cannot differ.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from dashboard import paths
from dashboard.model import Bilingual
from dashboard.numbers import day, exact, percent, short_money, short_year
from dashboard.packs.questions import questions_for
from dashboard.text import clean

Block = dict[str, Any]
NONE = Bilingual("ไม่มีข้อมูล", "no data")
LISTED = 12  # rows of a long list in a pack: two pages at most; the page of the region has them all


class Rows(Protocol):
    """Where rows come from: `dashboard.source.Source`."""

    def rows(self, sql: str, params: Sequence[object] | None = None) -> list[dict[str, Any]]:
        """Rows of a query."""


def both(text: str) -> Bilingual:
    """The same text in both languages."""
    return Bilingual(text, text)


def count(value: float | None) -> Bilingual:
    """A whole number, or that there is none."""
    return NONE if value is None else both(exact(value, 0))


def money(value: float | None) -> Bilingual:
    """Baht for reading."""
    return NONE if value is None else Bilingual(short_money(value, "th"), short_money(value, "en"))


def rate(value: float | None) -> Bilingual:
    """A share as per cent."""
    return NONE if value is None else both(percent(value))


def years(value: int | None) -> Bilingual:
    """A fiscal year."""
    return NONE if value is None else Bilingual(short_year(value, "th"), f"FY {short_year(value, 'en')}")


def cell(text: Bilingual, href: str | None = None) -> dict[str, Any]:
    """One cell of a table."""
    return {"text": text, "href": href}


def table(
    title: Bilingual,
    heads: Iterable[tuple[str, str, str]],
    rows: list[list[dict[str, Any]]],
    note: Bilingual | None = None,
    empty: Bilingual | None = None,
) -> Block:
    """A table: `heads` are (Thai, English, `l` or `r` for left or right), `empty` is said where there is no row."""
    given = list(heads)
    return {
        "kind": "table",
        "title": title,
        "note": note,
        "heads": [Bilingual(th, en) for th, en, _ in given],
        "align": [align for _, _, align in given],
        "rows": rows,
        "empty": empty,
    }


def region_packs(source: Rows) -> list[dict[str, Any]]:
    """One pack a region, in the order of the plan's forums: code, names, blocks. Empty where the release has no packs."""
    packs = source.rows("select * from mart_forum_pack order by starts_on nulls last, region_code")
    items = _grouped(
        source.rows("select * from mart_forum_pack_item order by region_code, section, item_rank"),
        "region_code",
    )
    programmes = _grouped(source.rows(PROGRAMMES), "region_code")
    conflicts = {row["region_code"]: row["funds"] for row in source.rows(CONFLICTS)}
    findings = _grouped(source.rows(FINDINGS), "region_code")
    stale = source.rows(STALE)
    national = source.rows(NATIONAL)
    made = []
    for pack in packs:
        code = pack["region_code"]
        row = {**pack, "conflicts": conflicts.get(code, 0)}
        sections = _grouped(items.get(code, []), "section")
        made.append(
            {
                "region_code": code,
                "name": Bilingual(pack["region_name_th"], pack["region_name_en"]),
                "forum": _forum(pack),
                "national": _national(national),
                "blocks": [
                    _glance(row),
                    _programmes(programmes.get(code, [])),
                    _integration(row),
                    _welfare(row),
                    _places(sections.get("tambon_gap", []), GAPS, ("ประชากร", "People"), _persons, LISTED),
                    _places(sections.get("pilot", []), PILOTS, ("บูรณาการ", "Integration"), _level),
                    _places(
                        sections.get("learning_candidate", []), CANDIDATES, ("ผ่านเกณฑ์", "Passed"), _points
                    ),
                    _provinces(sections),
                    {"kind": "points", "title": MEETING, "note": None, "points": questions_for(row)},
                    _quality(row, findings.get(code, [])),
                    {"kind": "points", "title": CAREFUL, "note": None, "points": _caveats(row, stale)},
                    _participants(sections.get("participant", [])),
                ],
            }
        )
    return made


PROGRAMMES = """
select area.area_code as region_code, area.programme_code, kinds.label_th, kinds.label_en, area.fiscal_year,
    area.funds_known, area.funds_reporting, area.members_persons, area.savings_thb, area.loans_outstanding_thb,
    area.loans_overdue_thb, area.welfare_paid_thb
from mart_area_year as area join dim_programme as kinds using (programme_code)
where area.area_level = 'region' and area.funds_known > 0
qualify area.fiscal_year = max(area.fiscal_year) over (partition by area.programme_code)
order by area.area_code, kinds.preference
"""
CONFLICTS = """
select places.region_code, count(distinct conflict.fund_id) as funds
from mart_agency_conflict as conflict
join (select distinct province_code, region_code from dim_tambon) as places using (province_code)
group by places.region_code order by places.region_code
"""
FINDINGS = """
select places.region_code, agency.agency_code, agency.short_th, agency.short_en, agency.name_th, agency.name_en,
    count(*) as findings
from dq_finding as finding
join (select distinct province_code, region_code from dim_tambon) as places
    on places.province_code = left(finding.tambon_code, 2)
join dim_agency as agency using (agency_code)
where finding.severity <> 'info'
group by all order by places.region_code, findings desc, agency.agency_code
"""
STALE = """
select feed_code, stale_reason_th, stale_reason_en from dq_feed where is_stale order by feed_code
"""
NATIONAL = """
select event_name, starts_on, participant_name from fct_event_participant
where event_type = 'national_forum' order by starts_on, participant_code
"""
MEETING = Bilingual("คำถามสำหรับที่ประชุม", "Questions for the meeting")
CAREFUL = Bilingual("อ่านตัวเลขอย่างระวัง", "Read the figures with care")
GAPS = Bilingual(
    "ตำบลที่การเงินกับสวัสดิการยังไม่เชื่อมกัน (ที่มีอย่างใดอย่างหนึ่งก่อน แล้วเรียงตามประชากร)",
    "Tambons where finance and welfare do not meet (those with one of the two first, then the most people)",
)
PILOTS = Bilingual("ตำบลนำร่อง", "Pilot tambons")
CANDIDATES = Bilingual("ตำบลที่น่าจะเป็นศูนย์เรียนรู้หรือตำบลนำร่อง", "Candidates for learning centres and pilots")
NO_PLACE = Bilingual("ไม่มีในภาคนี้", "None in this region")


def _glance(row: Mapping[str, Any]) -> Block:
    people = NONE
    if row["people_lower"] is not None:
        low, high = exact(row["people_lower"], 0), exact(row["people_upper"], 0)
        people = Bilingual(f"{low} ถึง {high} คน", f"{low} to {high} people")
    return {
        "kind": "facts",
        "title": Bilingual("ภาคนี้โดยย่อ", "The region at a glance"),
        "note": None,
        "facts": [
            (
                Bilingual("ตำบลที่พบกองทุน", "Tambons with a fund"),
                _of(row["tambons_with_funds"], row["tambons"]),
            ),
            (
                Bilingual("กองทุนที่รายงานปีล่าสุด", "Funds reporting in the latest year"),
                _of(row["funds_reporting"], row["funds"]),
            ),
            (Bilingual("กองทุนที่อยู่ในสองบัญชีขึ้นไป", "Funds in two lists or more"), count(row["funds_linked"])),
            (Bilingual("สมาชิกภาพ (ไม่ใช่จำนวนคน)", "Memberships (not people)"), count(row["memberships"])),
            (Bilingual("จำนวนคน อยู่ระหว่าง", "People, between"), people),
            (Bilingual("เงินออม (บาท)", "Savings (THB)"), money(row["savings_total_thb"])),
            (
                Bilingual("เงินกู้คงค้าง (บาท)", "Loans outstanding (THB)"),
                money(row["loans_outstanding_total_thb"]),
            ),
            (Bilingual("หนี้เกินกำหนดต่อเงินกู้คงค้าง", "Overdue over outstanding"), rate(row["overdue_ratio"])),
            (
                Bilingual("สมาชิกภาพสวัสดิการต่อประชากร", "Welfare memberships per person"),
                rate(row["welfare_coverage"]),
            ),
        ],
    }


def _programmes(rows: list[dict[str, Any]]) -> Block:
    return table(
        Bilingual("กองทุนแยกตามประเภท", "Funds by programme"),
        (
            ("ประเภท", "Programme", "l"),
            ("ปีงบฯ", "Year", "l"),
            ("รายงาน", "Reporting", "r"),
            ("สมาชิกภาพ", "Memberships", "r"),
            ("เงินออม", "Savings", "r"),
            ("เงินกู้", "Loans", "r"),
            ("เกินกำหนด", "Overdue", "r"),
            ("สวัสดิการ", "Welfare", "r"),
        ),
        [
            [
                cell(Bilingual(row["label_th"], row["label_en"])),
                cell(years(row["fiscal_year"])),
                cell(both(f"{exact(row['funds_reporting'], 0)}/{exact(row['funds_known'], 0)}")),
                cell(_dash(count, row["members_persons"])),
                cell(_dash(money, row["savings_thb"])),
                cell(_dash(money, row["loans_outstanding_thb"])),
                cell(_dash(money, row["loans_overdue_thb"])),
                cell(_dash(money, row["welfare_paid_thb"])),
            ]
            for row in rows
        ],
        Bilingual(
            "รายงาน = กองทุนที่รายงาน/กองทุนที่รู้จัก ในปีล่าสุดของแต่ละประเภท จำนวนเงินเป็นบาท – หมายถึงไม่มีกองทุนใดรายงานค่านี้ (ไม่ใช่ศูนย์)",
            "Reporting = funds that reported/funds known, in each programme's latest year. Money in THB. "
            "– means that no fund reported this figure (it is not zero)",
        ),
        Bilingual("ไม่พบกองทุนในภาคนี้", "No fund found in this region"),
    )


def _integration(row: Mapping[str, Any]) -> Block:
    levels = (
        ("ไม่พบกองทุนในตำบล", "No fund found"),
        ("มีกองทุนประเภทเดียว", "One programme only"),
        ("มีตั้งแต่สองประเภท", "Two programmes or more"),
        ("มีการเงิน สวัสดิการ และกองทุนที่เชื่อมโยงกัน", "Finance, welfare and a linked fund"),
        ("ครบตามระดับ 3 และเป็นนำร่องหรือศูนย์เรียนรู้กองทุน", "As level 3, and a pilot or fund learning centre"),
    )
    return table(
        Bilingual("การบูรณาการกองทุน: ตำบลในแต่ละระดับ", "Integration of funds: tambons at each level"),
        (
            ("ระดับ", "Level", "l"),
            ("ความหมาย", "Meaning", "l"),
            ("ตำบล", "Tambons", "r"),
            ("ร้อยละ", "Share", "r"),
        ),
        [
            [
                cell(both(str(level))),
                cell(Bilingual(th, en)),
                cell(count(row[f"tambons_level_{level}"])),
                cell(rate(row[f"tambons_level_{level}"] / row["tambons"] if row["tambons"] else None)),
            ]
            for level, (th, en) in enumerate(levels)
        ],
    )


def _welfare(row: Mapping[str, Any]) -> Block:
    kinds = (
        ("tambons_linked", "มีทั้งสองและเชื่อมกัน", "Both, linked"),
        ("tambons_both_not_linked", "มีทั้งสองแต่ยังไม่เชื่อม", "Both, not linked"),
        ("tambons_finance_without_welfare", "มีการเงิน ไม่มีสวัสดิการ", "Finance without welfare"),
        ("tambons_welfare_without_finance", "มีสวัสดิการ ไม่มีการเงิน", "Welfare without finance"),
        ("tambons_neither", "ไม่มีทั้งสอง", "Neither"),
    )
    return table(
        Bilingual("การเงินกับสวัสดิการพบกันที่ใด", "Where finance and welfare meet"),
        (("สภาพ", "State", "l"), ("ตำบล", "Tambons", "r"), ("ร้อยละ", "Share", "r")),
        [
            [
                cell(Bilingual(th, en)),
                cell(count(row[name])),
                cell(rate(row[name] / row["tambons"] if row["tambons"] else None)),
            ]
            for name, th, en in kinds
        ],
    )


def _places(
    items: list[dict[str, Any]],
    title: Bilingual,
    figure: tuple[str, str],
    told: Callable[[float], Bilingual],
    limit: int | None = None,
) -> Block:
    """A list of tambons as mart_forum_pack_item ranks them."""
    return table(
        title,
        (
            ("ตำบล / อำเภอ / จังหวัด", "Tambon / amphoe / province", "l"),
            ("หมายเหตุ", "Note", "l"),
            (*figure, "r"),
        ),
        [
            [
                cell(_names(item), paths.tambon(item["item_code"]) if item["item_code"] else None),
                cell(Bilingual(clean(item["text_th"] or ""), clean(item["text_en"] or ""))),
                cell(NONE if item["number"] is None else told(item["number"])),
            ]
            for item in items[:limit]
        ],
        None,
        NO_PLACE,
    )


def _provinces(sections: Mapping[str, list[dict[str, Any]]]) -> Block:
    """The provinces' lists of the mart side by side."""
    savings = {item["item_code"]: item for item in sections.get("province_savings", [])}
    welfare = {item["item_code"]: item for item in sections.get("province_welfare_coverage", [])}
    silent = {item["item_code"]: item for item in sections.get("province_silent_funds", [])}
    unplaced = {item["item_code"]: item for item in sections.get("province_unplaced_funds", [])}
    codes = list(dict.fromkeys([*savings, *welfare, *silent, *unplaced]))
    return table(
        Bilingual("จังหวัดในภาคนี้ (เงินออมต่อคนมากก่อน)", "Provinces (most savings per person first)"),
        (
            ("จังหวัด", "Province", "l"),
            ("เงินออมต่อคน (บาท)", "Savings per person (THB)", "r"),
            ("สมาชิกภาพสวัสดิการต่อประชากร", "Welfare memberships per person", "r"),
            ("กองทุนที่เงียบ", "Silent funds", "r"),
            ("ระบุตำบลไม่ได้", "Not placed", "r"),
        ),
        [
            [
                cell(
                    _names(savings.get(code) or welfare.get(code) or silent.get(code) or unplaced[code]),
                    paths.province(code) if code else None,
                ),
                cell(_dash(lambda value: both(exact(value, 0)), _number(savings, code))),
                cell(_dash(rate, _number(welfare, code))),
                cell(count(_number(silent, code) or 0)),
                cell(count(_number(unplaced, code) or 0)),
            ]
            for code in codes
        ],
        Bilingual(
            "กองทุนที่เงียบ = ไม่รายงานหรือไม่อยู่ในบัญชีปีล่าสุด",
            "Silent = did not report, or left the latest list",
        ),
        NO_PLACE,
    )


def _quality(row: Mapping[str, Any], findings: list[dict[str, Any]]) -> Block:
    return table(
        Bilingual("ข้อค้นพบที่ต้องแก้ แยกตามหน่วยงาน", "Findings to mend, by agency"),
        (("หน่วยงาน", "Agency", "l"), ("ข้อค้นพบ", "Findings", "r")),
        [
            [
                cell(Bilingual(one["name_th"], one["name_en"]), paths.agency(one["agency_code"])),
                cell(count(one["findings"])),
            ]
            for one in findings
        ],
        Bilingual(
            "เฉพาะข้อค้นพบที่ระบุตำบลได้ ไม่นับข้อสังเกต",
            "Only findings whose tambon is known, notes not counted",
        ),
        Bilingual("ไม่มีข้อค้นพบที่ระบุตำบลได้ในภาคนี้", "No finding that is tied to a tambon of this region"),
    )


def _caveats(row: Mapping[str, Any], stale: list[dict[str, Any]]) -> list[Bilingual]:
    said = [
        Bilingual(
            "รายชื่อจังหวัดของเจ็ดภาคเป็นข้อสมมติ: ใช้เจ็ดภาคของแผนพัฒนาฯ ตามเอกสารสถิติ เพราะไม่พบบัญชีจังหวัดของแผนปี 2550",
            "Which province is in which region is an assumption: the seven regions of the national plan, "
            "as the 2007 plan's own list was not found",
        ),
        Bilingual(
            "สมาชิกภาพไม่ใช่จำนวนคน: คนหนึ่งคนอยู่ได้หลายกองทุน",
            "Memberships are not people: one person may belong to several funds",
        ),
        Bilingual(
            "หนี้เกินกำหนดนิยามต่างกันตามประเภทกองทุน เทียบข้ามประเภทไม่ได้ตรงๆ",
            "Overdue is defined differently by programme and does not compare across them",
        ),
        Bilingual(
            "ยอดรวมข้ามประเภทใช้ปีล่าสุดของแต่ละประเภท ซึ่งอาจต่างปีกัน",
            "Totals over programmes take each programme's latest year, which may differ",
        ),
    ]
    if row["funds_without_tambon"]:
        n = exact(row["funds_without_tambon"], 0)
        said.append(
            Bilingual(
                f"{n} กองทุนในภาคนี้ยังระบุตำบลไม่ได้ จึงไม่อยู่ในตัวเลขรายตำบล",
                f"{n} funds of the region have no tambon yet and are in no tambon's figures",
            )
        )
    if row["places_unresolved"]:
        n = exact(row["places_unresolved"], 0)
        said.append(Bilingual(f"{n} ชื่อสถานที่ที่รายงานมายังระบุไม่ได้", f"{n} reported places are not resolved yet"))
    said.extend(
        Bilingual(
            f"ข้อมูล {feed['feed_code']} เก่า: {feed['stale_reason_th'] or 'เลยกำหนดส่ง'}",
            f"Feed {feed['feed_code']} is stale: {feed['stale_reason_en'] or 'past its due date'}",
        )
        for feed in stale
    )
    return said


def _participants(items: list[dict[str, Any]]) -> Block:
    return table(
        Bilingual("ผู้เข้าร่วมเวที", "Who takes part"),
        (("องค์กร", "Organisation", "l"), ("บทบาท", "Role", "l"), ("ผู้แทน (คน)", "Delegates", "r")),
        [
            [
                cell(_names(item)),
                cell(Bilingual(clean(item["text_th"] or ""), clean(item["text_en"] or ""))),
                cell(_dash(count, item["number"])),
            ]
            for item in items
        ],
        None,
        NONE,
    )


def _forum(pack: Mapping[str, Any]) -> Bilingual:
    if pack["starts_on"] is None:
        return Bilingual("ไม่พบวันประชุมของภาคนี้ในข้อมูล", "No meeting of this region in the data")
    venue = clean(pack["venue"] or "")
    told = [_span(pack["starts_on"], pack["ends_on"], lang) for lang in ("th", "en")]
    name = clean(pack["forum_name"] or "")
    return Bilingual(
        f"{name} {told[0]}" + (f" ณ {venue}" if venue else ""),
        f"{name}, {told[1]}" + (f", at {venue}" if venue else ""),
    )


def _national(rows: list[dict[str, Any]]) -> Bilingual | None:
    if not rows:
        return None
    who = ", ".join(clean(row["participant_name"]) for row in rows)
    first = rows[0]
    return Bilingual(
        f"{clean(first['event_name'])} {day(first['starts_on'], 'th')}: {who}",
        f"{clean(first['event_name'])}, {day(first['starts_on'], 'en')}: {who}",
    )


def _span(first: date, last: date | None, lang: str) -> str:
    if last is None or last == first:
        return day(first, lang)
    return f"{day(first, lang)} – {day(last, lang)}"


def _names(item: Mapping[str, Any]) -> Bilingual:
    thai = clean(item["title_th"] or item["item_code"] or "")
    return Bilingual(thai, clean(item["title_en"] or "") or thai)


def _of(part: float | None, whole: float | None) -> Bilingual:
    if part is None or whole is None:
        return NONE
    share = f" ({percent(part / whole)})" if whole else ""
    return Bilingual(
        f"{exact(part, 0)} จาก {exact(whole, 0)}{share}", f"{exact(part, 0)} of {exact(whole, 0)}{share}"
    )


def _dash(told: Callable[[float], Bilingual], value: float | None) -> Bilingual:
    return both("–") if value is None else told(value)


def _number(items: Mapping[str, Mapping[str, Any]], code: str) -> float | None:
    item = items.get(code)
    return None if item is None else item["number"]


def _persons(value: float) -> Bilingual:
    n = exact(value, 0)
    return Bilingual(f"{n} คน", f"{n} people")


def _level(value: float) -> Bilingual:
    n = exact(value, 0)
    return Bilingual(f"ระดับ {n}", f"level {n}")


def _points(value: float) -> Bilingual:
    n = exact(value, 0)
    return Bilingual(f"{n} ข้อ", f"{n} points")


def _grouped(rows: list[dict[str, Any]], key: str) -> dict[Any, list[dict[str, Any]]]:
    grouped: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row[key], []).append(row)
    return grouped

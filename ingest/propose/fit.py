"""How well a column's values go with a field: a factor from 0 to 1, and the reason where it is low."""

from __future__ import annotations

from ingest.contract.fields import Measure, load_fields
from ingest.normalise.units import HeaderUnit, agrees
from ingest.propose.concepts import programme_named
from ingest.propose.evidence import Evidence
from ingest.propose.places import Level
from ingest.propose.say import Say

FEW_LABELS = 25
_MANY_PEOPLE = 5_000  # of one fund, in the middle of the list
EMPTY = Say("คอลัมน์ว่าง", "the column is empty")
Fit = tuple[float, Say]
_GOOD: Fit = (1.0, Say())
_LEVEL_TH: dict[Level, str] = {"tambon": "ตำบล", "amphoe": "อำเภอ", "province": "จังหวัด", "region": "ภาค"}


def _only(share: float, th: str, en: str) -> Say:
    return Say(f"ค่าเพียง {share:.0%} เป็น{th}", f"only {share:.0%} of the values are {en}")


def _number_like(measure: Measure, e: Evidence, unit: HeaderUnit | None) -> Fit:
    if unit == "percent":
        return 0.05, Say("หัวคอลัมน์บอกร้อยละ", "the header says per cent")
    if unit is not None and not agrees(unit, measure.unit):
        return 0.15, Say(f"หัวคอลัมน์บอกหน่วย {unit}", f"the header says {unit}")
    if e.filled and e.zero_padded >= 0.3:
        return 0.4, Say("ค่าขึ้นต้นด้วยศูนย์เหมือนรหัส", "values begin with zeros like codes")
    if e.filled and e.number < 0.6:
        return 0.2, _only(e.number, "ตัวเลข", "numbers")
    if measure.people_or_memberships == "memberships" and e.median is not None and e.median > _MANY_PEOPLE:
        return 0.7, Say("มากเกินกว่าจะเป็นจำนวนคนในกองทุนเดียว", "large for the people of one fund")
    counted = measure.unit not in ("THB", "degrees", "number")
    if counted and e.filled and e.whole < 0.9 * e.number:
        return 0.4, Say("ค่ามีทศนิยม ไม่ใช่จำนวนนับ", "values have decimals, and cannot be counts")
    return (0.85, _only(e.number, "ตัวเลข", "numbers")) if e.filled and e.number < 0.9 else _GOOD


def _coordinate(field: str, e: Evidence) -> Fit:
    if e.number < 0.8 or e.median is None:
        return 0.2, Say("ค่าไม่ใช่พิกัด", "values are no coordinates")
    low, high = (5, 21) if field == "latitude" else (97, 106)
    return _GOOD if low <= e.median <= high else (0.3, Say("ค่าอยู่นอกประเทศไทย", "values lie outside Thailand"))


def _date(e: Evidence) -> Fit:
    if e.date >= 0.6:
        return _GOOD
    if e.number >= 0.9 and e.min is not None and e.min >= 15_000 and (e.max or 0) <= 60_000:
        return 0.85, Say("ค่าเป็นเลขวันที่ของ Excel", "values are Excel's day numbers")
    if e.year >= 0.8:
        return 0.3, Say("ค่าเป็นปี ไม่ใช่วันที่", "values are years, and no dates")
    return 0.2, _only(e.date, "วันที่", "dates")


def _year(e: Evidence) -> Fit:
    if e.year >= 0.8:
        return _GOOD
    if e.whole >= 0.9 and e.min is not None and e.min >= 30 and (e.max or 0) <= 99:
        return 0.85, Say("ปีมีสองหลัก", "years have two digits")
    return 0.2, _only(e.year, "ปี", "years")


def _place(level: Level, e: Evidence) -> Fit:
    share = e.place[level]
    if share >= 0.7:
        return _GOOD
    told = _only(share, f"ชื่อ{_LEVEL_TH[level]}ในทำเนียบ", f"{level} names of the gazetteer")
    if share >= 0.4:
        return 0.85, told
    return (0.55, told) if e.letters >= 0.5 else (0.15, Say("ค่าไม่ใช่ชื่อ", "values are no names"))


def _tambon_code(e: Evidence) -> Fit:
    if e.tambon_code >= 0.8 and e.usual_width != 6 and e.distinct * 10 > e.filled * 9:
        own = Say("ทุกค่าต่างกัน อาจเป็นรหัสของกองทุนเอง", "each stands once: the fund's own code?")
        return 0.75, own
    if e.tambon_code >= 0.8:
        return _GOOD
    if e.tambon_code >= 0.4:
        return 0.8, _only(e.tambon_code, "รหัสตำบลในทำเนียบ", "tambon codes of the gazetteer")
    return 0.25, _only(e.tambon_code, "รหัสตำบลในทำเนียบ", "tambon codes of the gazetteer")


def _code(field: str, e: Evidence) -> Fit:
    if e.date >= 0.6 and e.letters < 0.5:
        return 0.3, Say("ค่าเป็นวันที่", "values are dates")
    if e.longest > 40:
        return 0.3, Say("ค่าเป็นข้อความยาว", "values are long texts")
    own = field in ("fund_code", "site_code", "total_code")
    if own and e.distinct * 3 < e.filled:
        return 0.5, Say("ค่าซ้ำบ่อยเกินกว่าจะเป็นรหัส", "values repeat too often for a code")
    if field == "juristic_number" and e.width not in (13, None):
        return 0.6, Say("ค่าไม่ใช่ 13 หลัก", "values do not have 13 digits")
    if own and e.tambon_code >= 0.8 and e.usual_width == 6:
        return 0.6, Say("ค่าเป็นรหัสตำบล", "values are tambon codes")
    return _GOOD


def _text(field: str, e: Evidence) -> Fit:
    if e.letters < 0.5:
        return 0.25, Say("ค่าไม่ใช่ข้อความ", "values are no words")
    if e.date >= 0.6:
        return 0.2, Say("ค่าเป็นวันที่", "values are dates")
    if field in ("fund_name", "site_name") and e.distinct * 5 < e.filled:
        return 0.55, Say("ค่าซ้ำบ่อยเกินกว่าจะเป็นชื่อ", "values repeat too often for a name")
    return _GOOD


def _moo(e: Evidence) -> Fit:
    if e.whole >= 0.7 and e.max is not None and e.max <= 99:
        return _GOOD
    if e.letters >= 0.5 and e.longest <= 12:
        return 0.8, Say("มีคำอยู่หน้าเลขหมู่", "values have words around the number")
    return 0.25, Say("ค่าไม่ใช่เลขหมู่ที่", "values are no village numbers")


def _names_programmes(e: Evidence) -> bool:
    """Whether most of a column's cells name a programme, and they name more than one."""
    named = {text: programme_named(text) for text, _ in e.labels}
    hits = sum(count for text, count in e.labels if named[text])
    return len(set(named.values()) - {None}) > 1 and hits * 2 >= sum(count for _, count in e.labels)


def _category(field: str, e: Evidence) -> Fit:
    if field in ("programme_code", "fund_type") and e.labels:
        named = _names_programmes(e)
        if named != (field == "programme_code"):
            if named:
                return 0.6, Say("ค่าเป็นประเภทโครงการ", "values name programmes")
            return 0.6, Say("ค่าไม่ใช่ประเภทโครงการ", "values name no programmes")
    if e.distinct <= FEW_LABELS:
        return _GOOD
    many = Say(f"มีค่าต่างกัน {e.distinct} ค่า", f"{e.distinct} different values")
    return (0.8, many) if e.labels else (0.35, many)


def fit(field: str, e: Evidence, unit: HeaderUnit | None) -> Fit:
    """How well the values (and the header's unit) go with a field."""
    fields = load_fields()
    measures = (
        fields.fund_measures
        | fields.indicators
        | fields.site_measures
        | fields.event_measures
        | fields.total_measures
    )
    if field in ("latitude", "longitude"):
        return _coordinate(field, e) if e.filled else _GOOD
    if field in measures:
        return _number_like(measures[field], e, unit)
    # A count over the column may be no unit: 'กลุ่ม' above 'รหัส' and 'ชื่อ'.
    if unit is not None and (unit == "percent" or unit.endswith("THB")):
        return 0.3, Say(f"หัวคอลัมน์บอกหน่วย {unit}", f"the header says {unit}")
    if e.filled == 0:
        return 0.9, EMPTY
    kind = fields.identity[field].type
    if field in ("tambon", "amphoe", "province", "region"):
        return _place(field, e)  # type: ignore[arg-type]
    if kind == "tambon_code":
        return _tambon_code(e)
    if kind == "date":
        return _date(e)
    if kind == "year":
        return _year(e)
    if kind == "code":
        return _code(field, e)
    if kind == "integer":
        return _moo(e)
    if kind == "boolean":
        return (
            _GOOD
            if e.boolean >= 0.6 or e.distinct <= 4
            else (0.4, Say("ค่าไม่ใช่ใช่/ไม่ใช่", "values are no yes and no"))
        )
    if kind == "category":
        return _category(field, e)
    return _text(field, e)

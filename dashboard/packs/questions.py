"""The questions that a region's own figures put to its meeting, each only where its number gives reason to ask."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dashboard.model import Bilingual
from dashboard.numbers import exact, percent


class Question(NamedTuple):
    """A question with the figure it rests on: `figure` gives it from a row of mart_forum_pack, None or 0 = do not ask."""

    figure: Callable[[Mapping[str, Any]], float | None]
    th: str
    en: str
    is_rate: bool = False


def _of(name: str) -> Callable[[Mapping[str, Any]], float | None]:
    return lambda row: row.get(name)


def _silent(row: Mapping[str, Any]) -> float:
    return float((row.get("funds_not_reporting") or 0) + (row.get("funds_not_listed") or 0))


def _overdue(row: Mapping[str, Any]) -> float | None:
    ratio = row.get("overdue_ratio")
    return ratio if ratio is not None and ratio > 0.05 else None  # the rule of mart_learning_candidate


QUESTIONS = (
    Question(
        _of("tambons_finance_without_welfare"),
        "{n} ตำบลมีกองทุนการเงินแต่ไม่มีกองทุนสวัสดิการ: จะตั้งกองทุนสวัสดิการ หรือให้กองทุนการเงินที่มีอยู่จัดสวัสดิการ และเริ่มที่ตำบลใดก่อน",
        "{n} tambons have finance funds but no welfare fund: set one up, or let the existing funds pay welfare? Where first?",
    ),
    Question(
        _of("tambons_both_not_linked"),
        "{n} ตำบลมีทั้งการเงินและสวัสดิการแต่ยังไม่เชื่อมกัน: ติดขัดที่กติกา คน หรือข้อมูล และใครช่วยได้",
        "{n} tambons have both finance and welfare, not linked yet: do rules, people or data stand in the way, and who can help?",
    ),
    Question(
        _of("tambons_welfare_without_finance"),
        "{n} ตำบลมีกองทุนสวัสดิการแต่ไม่มีกองทุนการเงินในบัญชีใด: ไม่มีจริง หรือยังไม่มีใครส่งข้อมูล",
        "{n} tambons have a welfare fund but no finance fund in any list: is there none, or has nobody sent it?",
    ),
    Question(
        _of("tambons_candidate"),
        "{n} ตำบลเข้าเกณฑ์เป็นตำบลนำร่องหรือศูนย์เรียนรู้: ตำบลใดพร้อม ใครเป็นเจ้าภาพ และจะเชื่อมกับเครือข่ายจังหวัดอย่างไร",
        "{n} tambons qualify as pilots or learning centres: which are ready, who hosts, how to join the province's network?",
    ),
    Question(
        _of("tambons_pilot"),
        "{n} ตำบลนำร่อง: อะไรใช้ได้ผล อะไรไม่ และจะขยายไปตำบลข้างเคียงอย่างไร",
        "{n} pilot tambons: what worked, what did not, and how does it spread to the neighbours?",
    ),
    Question(
        _silent,
        "{n} กองทุนไม่รายงานหรือหลุดจากบัญชีปีล่าสุด: ยังดำเนินการอยู่หรือเลิกแล้ว ใครยืนยันกับหน่วยงานได้",
        "{n} funds did not report or left the latest list: are they alive, and who can tell the agency?",
    ),
    Question(
        _overdue,
        "หนี้เกินกำหนดคิดเป็น {n} ของเงินกู้คงค้าง (เฉพาะกองทุนที่ให้ทั้งสองค่า): นับหนี้เกินกำหนดเหมือนกันหรือไม่ และจะช่วยกองทุนใดก่อน",
        "Overdue loans are {n} of loans outstanding (funds that give both): do all count overdue alike, and whom to help first?",
        is_rate=True,
    ),
    Question(
        _of("conflicts"),
        "{n} กองทุนมีตัวเลขที่สองหน่วยงานรายงานไม่ตรงกัน: ตัวเลขของใครใกล้ความจริง และใครจะแก้ในไฟล์ของตน",
        "{n} funds have figures on which two agencies disagree: whose is nearer the truth, and who mends their file?",
    ),
    Question(
        _of("tambons_neither"),
        "{n} ตำบลไม่พบกองทุนในบัญชีของหน่วยงานใด: ไม่มีกองทุนจริง หรือข้อมูลยังไม่มาถึง",
        "{n} tambons have no fund in any agency's list: is there none, or has the data not come?",
    ),
    Question(
        _of("funds_without_tambon"),
        "{n} กองทุนยังระบุตำบลไม่ได้: ใครรู้ว่าอยู่ที่ใด",
        "{n} funds cannot be placed in a tambon: who knows where they are?",
    ),
)


def questions_for(row: Mapping[str, Any]) -> list[Bilingual]:
    """The questions of one region, those with no figure left out."""
    asked: list[Bilingual] = []
    for question in QUESTIONS:
        figure = question.figure(row)
        if figure:
            told = percent(figure) if question.is_rate else exact(figure, 0)
            asked.append(Bilingual(question.th.format(n=told), question.en.format(n=told)))
    return asked

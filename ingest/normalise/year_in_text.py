"""The year that a title, a sheet's name or a file's name states: in words for a year, or by the day that its figures are of."""

from __future__ import annotations

import re

from ingest.normalise.dates import BE_FROM, BE_OFFSET, MONTHS
from ingest.normalise.text import clean_one, turn_digits_one

_ERA = r"(?:(?:พ|ค)\.? ?ศ\.?)? ?"
_BARE_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_WORDED_YEAR = re.compile(
    r"(?:ปีงบประมาณ|ปีบัญชี|ปีปฏิทิน|ปี|พ\.?\s?ศ\.?|fy|ค\.?\s?ศ\.?)\s*(?:พ\.?\s?ศ\.?|ค\.?\s?ศ\.?)?\s*(\d{4}|\d{2})(?!\d)"
)
# 'พ.ร.บ. สถาบันการเงินประชาชน พ.ศ. 2562': the year of a law, not of the figures.
_LAW = re.compile(
    r"(?:พระราชบัญญัติ|พระราชกำหนด|พ\.? ?ร\.? ?[บก]\.?(?![ก-๎])|ระเบียบ|ข้อบังคับ|กฎกระทรวง|ประกาศ|คำสั่ง)"
    r"(?:(?!ปี)[^\d])*?(?:\(?ฉบับที่ ?\d+\)?(?:(?!ปี)[^\d])*?)?พ\.? ?ศ\.? ?\d{4}(?!\d)"
)


def _month_pattern(word: str) -> str:
    """A month's word as titles write it: 'ธค' stands for 'ธ.ค.' and 'ธ. ค.' too."""
    if re.fullmatch(r"[a-z]+", word):
        return rf"{word}\b\.?"
    return rf"{word[:-1]}\.? ?{word[-1]}\.?" if len(word) <= 3 else word


_MONTH_WORDS = [(word, number) for number, words in enumerate(MONTHS, start=1) for word in words]
_MONTH = "|".join(
    _month_pattern(word) for word, _ in sorted(_MONTH_WORDS, key=lambda pair: len(pair[0]), reverse=True)
)
_NUMBER_OF = dict(_MONTH_WORDS)
_DAYS = re.compile(
    rf"(?<![\d/.-])(?P<iso>\d{{4}})-(?P<iso_month>\d{{2}})-\d{{2}}(?!\d)"
    rf"|(?<![\d/.-])\d{{1,2}} ?(?P<mark>[-/.]) ?(?P<month>\d{{1,2}}) ?(?P=mark) ?(?P<year>\d{{4}}|\d{{2}})(?![\d/.-])"
    rf"|(?<![ก-๎a-z])(?:เดือน ?)?(?P<word>{_MONTH}) ?{_ERA}(?P<worded>\d{{4}}|\d{{2}})(?!\d)"
)


def _ce(year: str) -> int:
    number = int(year) + 2500 if len(year) == 2 else int(year)
    return number - BE_OFFSET if number >= BE_FROM else number


def _year_of_day(found: re.Match[str], fiscal: bool) -> int | None:
    """The year that a day or month lies in; None where there is no such month."""
    told = found.groupdict()
    month = int(told["iso_month"] or told["month"] or 0)
    if told["word"]:
        month = _NUMBER_OF[re.sub(r"[. ]", "", told["word"])]
    if not 1 <= month <= 12:
        return None
    year = _ce(told["iso"] or told["year"] or told["worded"])
    return year + (1 if fiscal and month >= 10 else 0)


def _without_day(found: re.Match[str]) -> str:
    """A gap in the place of a day; what is no day ('31/13/2566') stays."""
    return found.group() if _year_of_day(found, fiscal=False) is None else " | "


def years_in_texts(texts: list[str], *, year_min: int, year_max: int, fiscal: bool) -> set[int]:
    """The plausible years (CE) that the lines state together.

    Years after a word for year ('ปีงบประมาณ 2566', 'ปี 66') count before those of days ('ณ 31 ธ.ค. 66'), and these before
    other numbers of four digits. The years of laws count for nothing.

    Args:
        fiscal: a day's year is the Thai fiscal year it lies in (October to September), as for a column of dates.
    """

    def plausible(years: list[int]) -> set[int]:
        return {year for year in years if year_min <= year <= year_max}

    lines = [turn_digits_one(clean_one(text)).lower().replace("_", " ") for text in texts]
    days = [year for line in lines for found in _DAYS.finditer(line) if (year := _year_of_day(found, fiscal))]
    rests = [_LAW.sub(" | ", _DAYS.sub(_without_day, line)) for line in lines]
    worded = plausible([_ce(year) for rest in rests for year in _WORDED_YEAR.findall(rest)])
    alone = [_ce(rest) for rest in rests if re.fullmatch(r"\d{2}", rest)]
    bare = [_ce(year) for rest in rests for year in _BARE_YEAR.findall(rest)]
    return worded or plausible(days) or plausible(alone) or plausible(bare)

"""What a column's values look like: shares of its cells that the feeds' own parsers can read as each type."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ingest.normalise.codes import parse_tambon_code
from ingest.normalise.dates import BE_FROM, parse_date, parse_year
from ingest.normalise.labels import parse_boolean
from ingest.normalise.numbers import parse_number
from ingest.normalise.personal import mask_citizen_ids
from ingest.normalise.text import clean_text, turn_digits
from ingest.propose.places import LEVELS, Level, share_of_codes, share_of_names
from ingest.propose.say import Say

SAMPLE = 5_000  # rows from each of the top, the middle and the end
DISTINCT = 4_000  # values looked at closely
_BLANK = r"^[-‐‑‒–—―−_.\s]*$"
_PHONE = r"^(?:(?:โทร|tel)\S*\s*)?(?:\+66|66|0)[\s-]?(?:[689]\d|[2-7])(?:[\s-]?\d){7}(?:\D.*)?$"
_PHONE_CUT = r"^[689]\d{8}$"  # a spreadsheet ate the 0
_EMAIL = r"(?i)^[\w.+-]+@[\w-]+\.[\w.-]+$"
_TITLES = (
    r"นางสาว|นาง|นาย|น\.\s?ส\.|ด\.\s?ช\.|ด\.\s?ญ\.|ว่าที่\s?(?:ร\.ต|ร้อยตรี)|ผู้ใหญ่|กำนัน|คุณ|ดร\.|พ\.ต\.|ร\.ต\.|จ\.ส\.อ\.|ส\.ต\."
    r"|พระครู|พระอาจารย์|พระ(?:ครู)?\s"
)
# A title, a given name and a family name: places such as นางรอง have no second word.
_PERSON = rf"^(?:{_TITLES})\s?[ก-ฮเแโใไ][ก-๎]+\s+[ก-ฮเแโใไ][ก-๎]{{2,}}$|^(?i:mr|mrs|ms|miss|dr)\.?\s+[A-Za-z]+\s+[A-Za-z]+$"
_ADDRESS = r"(?:ต\.|ตำบล|แขวง).{2,}(?:อ\.|อำเภอ|เขต).{2,}"


@dataclass(frozen=True)
class Evidence:
    """Shares (0 to 1) of a column's filled cells; `rows` and `filled` count the sampled ones.

    `width` is the number of digits where all codes have the same, `usual_width` where most have.
    `min`, `median`, `max` are of the cells that are numbers; `era` is what four-digit years and dates are written in.
    """

    rows: int
    filled: int
    distinct: int
    number: float
    whole: float
    date: float
    year: float
    boolean: float
    tambon_code: float
    place: dict[Level, float]
    citizen: float
    phone: float
    email: float
    person: float
    address: float
    thai_text: float
    letters: float
    zero_padded: float
    width: int | None
    usual_width: int | None
    longest: int
    min: float | None
    median: float | None
    max: float | None
    era: str
    thai_digits: float
    labels: tuple[tuple[str, int], ...]
    """The distinct values with their counts, most frequent first; empty where there are many."""

    @property
    def fill(self) -> float:
        """Share of rows that have a value."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def personal(self) -> Say | None:
        """Why the values are about persons; None where they do not look so."""
        if self.citizen >= 0.02:
            return Say("เลขบัตรประชาชน", "citizen numbers")
        if self.email >= 0.1:
            return Say("อีเมล", "e-mail addresses")
        if self.phone >= 0.3:
            return Say("เบอร์โทรศัพท์", "telephone numbers")
        if self.person >= 0.1:
            return Say("ชื่อบุคคล", "names of persons")
        return None


MAX_LABELS = 40
_USUAL = 0.7  # share of codes that have the usual number of digits


def sampled(frame: pl.DataFrame) -> pl.DataFrame:
    """The first, middle and last rows of a table; all of a small one."""
    if frame.height <= 3 * SAMPLE:
        return frame
    middle = frame.height // 2 - SAMPLE // 2
    return pl.concat([frame.head(SAMPLE), frame.slice(middle, SAMPLE), frame.tail(SAMPLE)])


def _share(mask: pl.Series, counts: pl.Series, total: int) -> float:
    return float(counts.filter(mask.fill_null(False)).sum()) / total if total else 0.0


def _era(years: pl.Series, counts: pl.Series) -> str:
    numbers = years.str.extract(r"(?:^|\D)(\d{4})(?:\D|$)").cast(pl.Int32, strict=False)
    be, ce = (
        int(counts.filter(mask.fill_null(False)).sum()) for mask in (numbers >= BE_FROM, numbers < BE_FROM)
    )
    return "be" if be and not ce else "ce" if ce and not be else "auto"


def evidence_of(column: pl.Series) -> Evidence:
    """Look at the sampled cells of one column (text)."""
    rows = column.len()
    cleaned = clean_text(column.cast(pl.String))
    kept = cleaned.filter((~cleaned.str.contains(_BLANK)).fill_null(False))
    counted = kept.alias("v").to_frame().group_by("v").len("n").sort("n", "v", descending=[True, False])
    distinct = counted.height
    labels = tuple(counted.iter_rows()) if 0 < distinct <= MAX_LABELS else ()
    if distinct > DISTINCT:
        counted = pl.concat(
            [counted.head(DISTINCT // 2), counted.gather_every(max(1, distinct // DISTINCT * 2))]
        )
        counted = counted.unique("v", keep="first", maintain_order=True)
    raw, counts = counted["v"], counted["n"]
    values = turn_digits(raw)
    total = int(counts.sum())

    numbers = parse_number(values, unit="THB").value
    sizes = numbers.drop_nulls()
    dates = parse_date(values)
    real_date = dates.value.is_not_null() & (dates.note != "excel_day_number").fill_null(True)
    years = parse_year(values, year_min=1950, year_max=2100).value
    four = values.str.contains(r"\d{4}")
    digits = values.str.contains(r"^\d+$")
    lengths = values.filter(digits.fill_null(False)).str.len_chars()
    usual = lengths.mode().first() if lengths.len() else None
    codes = parse_tambon_code(values)
    return Evidence(
        rows=rows,
        filled=kept.len(),
        distinct=distinct,
        number=_share(numbers.is_not_null(), counts, total),
        whole=_share((numbers == numbers.round(0)), counts, total),
        date=_share(real_date, counts, total),
        year=_share(years.is_not_null() & four, counts, total),
        boolean=_share(parse_boolean(values, {"ü": "true", "/": "true"}).value.is_not_null(), counts, total),
        tambon_code=share_of_codes(codes.code6, counts),
        place={level: share_of_names(values, counts, level) for level in LEVELS},
        citizen=_share(mask_citizen_ids(values)[1], counts, total),
        phone=_share(values.str.contains(_PHONE) | values.str.contains(_PHONE_CUT), counts, total),
        email=_share(values.str.contains(_EMAIL), counts, total),
        person=_share(values.str.contains(_PERSON), counts, total),
        address=_share(values.str.contains(_ADDRESS), counts, total),
        thai_text=_share(values.str.contains("[ก-ฮ]"), counts, total),
        letters=_share(values.str.contains(r"\p{L}"), counts, total),
        zero_padded=_share(values.str.contains(r"^0\d+$"), counts, total),
        width=int(lengths.max()) if lengths.len() and lengths.n_unique() == 1 else None,  # type: ignore[arg-type]
        usual_width=int(usual) if isinstance(usual, int) and (lengths == usual).mean() >= _USUAL else None,  # type: ignore[operator]
        longest=int(values.str.len_chars().max() or 0) if values.len() else 0,  # type: ignore[arg-type]
        min=float(sizes.min()) if sizes.len() else None,  # type: ignore[arg-type]
        median=float(sizes.median()) if sizes.len() else None,  # type: ignore[arg-type]
        max=float(sizes.max()) if sizes.len() else None,  # type: ignore[arg-type]
        era=_era(values, counts),
        thai_digits=_share(raw.str.contains("[๐-๙]"), counts, total),
        labels=labels,
    )

"""Rows that are no records: totals, larger areas, headings, notes, signatures, the header again, and
blanks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from ingest.contract.fields import load_fields
from ingest.contract.model import PLACE_FIELDS, Contract
from ingest.normalise.text import label_key, label_key_expr
from ingest.readers.headers import Header, Vocabulary

_LARGER = r"จังหวัด|จ\.|อำเภอ|อ\.|ตำบล|ต\.|ภาค|เขต|แขวง"
_GRAND = r"(?:รวม)?(?:ยอด)?รวมทั้ง(?:สิ้น|หมด|ประเทศ)|grandtotal|ทั่วประเทศ|ทั่วราชอาณาจักร|wholekingdom"
# Compared without spaces. A name that only begins with รวม (รวมใจพัฒนา) is no total.
_TOTAL = rf"(?i)^(?:{_GRAND}).*$|^(?:รวม|รวมยอด|รวมเงิน|ยอดรวม|ผลรวม|total|subtotal|sum)[:：.]?$|^(?:ยอดรวม|ผลรวม|รวม)(?:{_LARGER}|[0-9๐-๙]).*$|^(?:sub)?total[:(].*$"  # noqa: E501
_NOTE = r"(?i)^(?:\*|†|หมายเหตุ|ที่มา|แหล่งที่มา|แหล่งข้อมูล|ข้อมูล ?ณ|note|source|remark|\d{1,2}/ ?[^\d]|\d{1,2}\) )"
_SIGNATURE = (
    r"(?i)^(?:ลงชื่อ|ลงนาม|ผู้รายงาน|ผู้จัดทำ|ผู้รับรอง|ผู้ตรวจ|ผู้บันทึก|ผู้อนุมัติ|ตำแหน่ง|วันที่รายงาน|วันที่พิมพ์|signed|prepared by"
    r"|[(]? ?[.…_]{4,}|\( ?(?:นาย|นาง|น\.ส\.|ว่าที่|ดร\.|ร\.[ต-อ]\.)[^)]*\)$)"
)
_COUNTRY = r"ทั่วประเทศ|ทั้งประเทศ|ประเทศไทย|ทั่วราชอาณาจักร|(?i:whole kingdom|thailand)"
_AREA = (
    rf"^(?:{_COUNTRY})|^(?:จังหวัด|จ\. ?|อำเภอ|อ\. ?|กิ่งอำเภอ|เขต)[ก-ฮเแโใไ]"
    r"|^ภาค ?(?:เหนือ|ใต้|กลาง|ตะวัน|อีสาน|$)|^(?:กทม\.?|กรุงเทพ(?:ฯ|มหานคร)?)$"
)
_AREA_CODE = (
    r"^(?:[1-9]\d|[1-9]\d0000(?:00)?|[1-9]\d(?:0[1-9]|[1-9]\d)0000)$"  # CC, CC0000, CC000000, CCAA0000
)
_SHORT_CODE = r"^\d{1,5}$|^\d{4}00$"


# What a record is known by where its file has no column of the contract's key.
_NAMED_BY = {
    "site": ("site_name",),
    "event": ("participant_name", "event_name"),
    "published_total": ("measure_code", "area_name"),
}


def _squeezed(expr: pl.Expr) -> pl.Expr:
    return expr.str.replace_all(" ", "", literal=True)


def is_grand_total(labels: pl.Expr) -> pl.Expr:
    """Whether a total row's label says that it is for the whole file."""
    return _squeezed(labels).str.contains(rf"(?i)^(?:{_GRAND})")


def looks_like_header(
    cells: Sequence[str | None], header: Header, vocabulary: Vocabulary, measures: frozenset[int]
) -> bool:
    """Whether the row right under the header is a second header: the same in English, or column
    numbers (1) (2) (3)."""
    filled = {i: text for i, text in enumerate(cells) if text}
    if len(filled) < 2:
        return False
    numbers = [text.strip("()") for text in filled.values()]
    if len(numbers) >= 4 and numbers == [str(i) for i in range(1, len(numbers) + 1)]:
        return True
    by_index = {c.index: c for c in header.columns}
    same = sum(
        1
        for i, text in filled.items()
        if (key := label_key(text)) in vocabulary.by_key
        and i in by_index
        and vocabulary.by_key[key] is by_index[i].column
    )
    if same >= 2 and same * 2 >= len(filled):
        return True
    worded = [i for i in measures if i in filled and re.search(r"[^\W\d_]", filled[i])]
    no_digits = not any(re.search(r"\d", text) for text in filled.values())
    enough = len(filled) * 2 >= sum(c.kind != "blank" for c in header.columns)
    return no_digits and enough and len(worded) >= 2 and len(worded) == sum(i in filled for i in measures)


def classify(
    cells: pl.DataFrame,
    at: Mapping[str, str],
    header: Header,
    contract: Contract,
    code6: pl.Series | None,
) -> pl.Series:
    """Why each row is no record, NULL for records.

    A label alone decides nothing: a row is set aside only where it also lacks what names a record of
    this kind, so that a
    fund called รวมใจพัฒนา, or one called รวม with its code, stays.

    Args:
        cells: cleaned text, NULL where blank, columns c0, c1, ….
        at: the column of each field.
        code6: readable tambon codes, where the feed has them.

    Returns:
        Text: a code of `messages.ROW` whose disposition is `not_data`, or NULL.
    """
    measures = load_fields().measures_of(contract.record_kind)
    all_columns = cells.columns
    worded = [c for c in all_columns if c not in {at[f] for f in at if f in measures}]
    frame = cells.with_columns(
        _row=pl.int_range(cells.height), _code6=code6 if code6 is not None else pl.lit(None, pl.String)
    )

    not_key = r"|".join((_TOTAL, _NOTE, _SIGNATURE, _AREA))
    identity = [f for f in contract.key if f not in PLACE_FIELDS and f != contract.period.field]
    named = [at[f] for f in identity if f in at] or [
        at[f] for f in _NAMED_BY.get(contract.record_kind, ()) if f in at
    ]
    by_place = contract.record_kind == "area_statistic" or not named
    if by_place:
        names = [at[f] for f in ("tambon",) if f in at] or [at[f] for f in ("amphoe", "province") if f in at]
        lacks = pl.col("_code6").is_null()
        # With neither code nor a column for names, rows are records as they stand.
        lacks &= (
            pl.all_horizontal(pl.col(c).is_null() | _squeezed(pl.col(c)).str.contains(not_key) for c in names)
            if names
            else pl.lit(True)
        )
        if "tambon_code" in at:
            lacks |= pl.col(at["tambon_code"]).str.contains(_AREA_CODE).fill_null(False)
    else:
        lacks = pl.all_horizontal(
            pl.col(c).is_null() | _squeezed(pl.col(c)).str.contains(not_key) for c in named
        )
    if contract.record_kind == "published_total" and "published_value" in at:
        # Announced totals are what this kind is about: 'ทั่วประเทศ' with a figure is a record.
        lacks &= pl.col(at["published_value"]).is_null()
    blank = pl.all_horizontal(pl.col(c).is_null() for c in all_columns)
    known = [c for c in header.columns if c.kind != "blank" and f"c{c.index}" in all_columns]
    again = pl.sum_horizontal(pl.col(f"c{c.index}").is_in(list(c.parts)).fill_null(False) for c in known)
    frame = frame.with_columns(
        _reason=pl.when(blank)
        .then(pl.lit("blank_row"))
        .when(again >= max(2, len(known) // 3))
        .then(pl.lit("header_row")),
        _lacks=lacks.fill_null(False),
    )
    few = frame.filter(pl.col("_lacks") & pl.col("_reason").is_null())
    if few.height == 0:
        return frame["_reason"]
    first = pl.coalesce(all_columns)
    filled = pl.sum_horizontal(pl.col(c).is_not_null() for c in all_columns)

    def any_cell(columns: Sequence[str], pattern: str, *, squeeze: bool = False) -> pl.Expr:
        cell = [_squeezed(pl.col(c)) if squeeze else pl.col(c) for c in columns]
        return pl.any_horizontal(c.str.contains(pattern).fill_null(False) for c in cell)

    declared = {label_key(label) for label in contract.not_data.labels}
    reason = (
        pl.when(label_key_expr(first).is_in(sorted(declared))).then(pl.lit("declared_not_data"))
        .when(any_cell(worded, _TOTAL, squeeze=True)).then(pl.lit("total_row"))
        .when(any_cell(all_columns, _SIGNATURE) & (filled <= 4)).then(pl.lit("signature_row"))
        .when(first.str.contains(_NOTE) & (filled <= 3)).then(pl.lit("note_row"))
    )  # fmt: skip
    if by_place:
        code = pl.col(at["tambon_code"]) if "tambon_code" in at else pl.lit(None, pl.String)
        tambon = pl.col(at["tambon"]) if "tambon" in at else pl.lit(None, pl.String)
        places = [at[f] for f in PLACE_FIELDS if f in at]
        somewhere = pl.any_horizontal(pl.col(c).is_not_null() for c in places)
        short = code.is_null() | code.str.contains(_SHORT_CODE) | code.str.contains(_AREA_CODE)
        larger = code.str.contains(_AREA_CODE).fill_null(False) | (
            tambon.str.contains(_AREA) & short
        ).fill_null(False)
        # A row whose name says country, province or amphoe, or that names one of these and no tambon.
        no_tambon = tambon.is_null() & short.fill_null(True) & somewhere
        reason = reason.when(larger | no_tambon).then(pl.lit("area_row"))
    else:
        heading = first.str.contains(_AREA + r"|^(?:ตำบล|ต\.)") & (filled <= 3)
        reason = reason.when(heading).then(pl.lit("heading_row"))
    alone = (filled == 1) & first.str.contains(r"\p{L}{2}")
    few = few.select("_row", _set=reason.when(alone).then(pl.lit("note_row")))
    return (
        frame.select("_row", "_reason")
        .join(few, on="_row", how="left", maintain_order="left")
        .select(pl.coalesce("_reason", "_set").alias("reason"))["reason"]
    )

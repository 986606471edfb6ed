"""What is left of a fund's name when everything is cut off that says only what kind of fund it is.

`กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองแวง หมู่ที่ ๕`, `กลุ่มออมทรัพย์ฯ บ.หนองแวง (ม.5)` and `หนองแวง` have one core. What was cut off is
not lost: the village number, an ordinal number and the kind of fund are evidence of their own.
"""

from __future__ import annotations

import polars as pl

from ingest.normalise.text import clean_text, turn_digits

# Marks that people leave out or type twice: inside the words below each of them may be missing.
_LOOSE_MARKS = "ัิีึืุู็่้๊๋์ะ"

# Kinds of fund by the words that name them. Bit n of `kinds` is the n-th kind.
KINDS: dict[str, str] = {
    "peoples_finance": "สถาบันการเงินประชาชน",
    "institution": "สถาบันการเงิน|สถาบันการจัดการเงินทุน",
    "poverty": "กขคจ|แก้ไขปัญหาความยากจน|แก้จน",
    "women": "บทบาทสตรี|กองทุนสตรี|พัฒนาสตรี",
    "credit_union": "เครดิตยูเนี่ยน|ยูเนี่ยน",
    "satja": "สัจจะ|สะสมทรัพย์",
    "welfare": "สวัสดิการ",
    "bank": "ธนาคาร",
    "savings": "ออมทรัพย์|ออมเงิน|กลุ่มออม|กอผ",
    "village": "กองทุนหมู่บ้าน|กทบ|กองทุนชุมชนเมือง|กองทุนชุมชนทหาร|ชุมชนเมือง",
    "farmer": "กลุ่มเกษตรกร",
    "enterprise": "วิสาหกิจ",
    "revolving": "หมุนเวียน|เงินทุนชุมชน",
}
KIND_OF_PROGRAMME: dict[str, str] = {
    "village_fund": "village",
    "community_institution": "institution",
    "savings_group": "savings",
    "poverty_fund": "poverty",
    "women_fund": "women",
    "welfare_fund": "welfare",
    "satja_group": "satja",
    "village_bank": "bank",
    "credit_union": "credit_union",
    "community_enterprise": "enterprise",
    "farmer_group": "farmer",
}
"""The kind of a fund whose name does not say it; registers of several kinds (`other_finance`, `peoples_finance`) say nothing."""

# Longer words stand before the words they begin with.
_HEADS = (
    "กองทุนโครงการแก้ไขปัญหาความยากจน โครงการแก้ไขปัญหาความยากจน แก้ไขปัญหาความยากจน กขคจ กองทุนพัฒนาบทบาทสตรี พัฒนาบทบาทสตรี "
    "บทบาทสตรี กองทุนสตรี และชุมชนเมือง กองทุนชุมชนเมือง กองทุนชุมชนทหาร กองทุนหมู่บ้าน กองทุนชุมชน กองทุน กทบ เพื่อการผลิต เพื่อสวัสดิการ "
    "เพื่อการพัฒนา สวัสดิการชุมชน สวัสดิการ สถาบันการเงินประชาชน สถาบันการเงินชุมชน สถาบันการจัดการเงินทุนชุมชน สถาบันการเงิน "
    "องค์กรการเงินชุมชน องค์กรการเงิน วิสาหกิจชุมชน กลุ่มเกษตรกร กลุ่มแม่บ้านเกษตรกร กลุ่มแม่บ้าน กลุ่มอาชีพ กลุ่ม สหกรณ์ เครดิตยูเนี่ยน "
    "ธนาคารหมู่บ้าน ธนาคารชุมชน ธนาคาร กอผ หมุนเวียน เงินทุนชุมชน สะสมทรัพย์ สัจจะ ออมทรัพย์ ออมเงิน ออม"
).split()
_AREA_HEADS = "ตำบล ชุมชน หมู่บ้าน".split()
# A slip inside the leading words hides them from the list; then what stands before บ้าน goes, if it speaks of a fund at all.
_FUND_STEMS = "กลุ่ม กองทุน ทรัพย์ สัจจะ ผลิต เครดิต ยูเนี่ยน สวัสดิการ สถาบัน ธนาคาร วิสาหกิจ สหกรณ์".split()


def _loose(word: str) -> str:
    return "".join(f"{letter}?" if letter in _LOOSE_MARKS else letter for letter in word)


def _any(words: list[str] | tuple[str, ...]) -> str:
    return "|".join(_loose(word) for word in words)


_TAG = r"</?[a-z][^<>]{0,200}>"
_BRACKETS = r"[(\[{][^()\[\]{}]*[)\]}]?"
_MOO = r"(?:หมู่?บ้านที่?|หมู่?ที่?|หมู่|ม\.)\s*\.?\s*(?P<moo>[0-9]{1,2})(?P<tail>$|[^0-9])"
_MOO_BARE = r"(?P<lead>^|[^ก-๛])ม\s?(?P<moo>[0-9]{1,2})(?P<tail>$|[^0-9])"
_NUMBER = r"(?:^|[^0-9])([0-9]{1,3})(?:$|[^0-9])"
_NUMBER_WORDS = r"(?:ลำดับที่|แห่งที่|กลุ่มที่|ชุดที่|รุ่นที่|ที่)?\s*[0-9]+"
_VILLAGE_SHORT = r"(?P<lead>^|[\s)])บ(?:\.\s*|\s+)|บ\.\s*"
_OFFICE_SHORT = r"อบต\.?|องค์การบริหารส่วนตำบล|ทต\.|เทศบาลตำบล|ทม\.|เทศบาลเมือง|ทน\.|เทศบาลนคร|(?:^|[\s)])ต\."
_PLACE_SHORT = r"(?:^|[\s)0-9])(?:อ\.|จ\.)"
_NO_LETTER = r"[^ก-ฮะ-ฺเ-ๆ็-๎a-z]"
_HEAD = f"^(?:{_any(_HEADS)})*(?:{_any(_AREA_HEADS)})*"
_LOST_HEAD = f"^.{{0,24}}?(?:{_any(_FUND_STEMS)}).{{0,24}}?บ้าน"
_PLACE_TAIL = r"^(?P<name>.{2,}?)(?:ตำบล|อำเภอ|จังหวัด).*$"
# Some registers cut names at 16 characters: what is left of a kind word is no name.
_CUT_LENGTHS = (15, 16)
_CUT_HEAD = f"^(?:{_any(sorted({word[:end] for word in (*_HEADS, 'บ้าน') for end in range(1, len(word))}))})$"
_UNION_SHORT = r"^สค\.\s*"
_COMPANY_TAIL = f"{_loose('จำกัด')}.*$"

NAME_CORE_SCHEMA: dict[str, pl.DataType] = {
    "core": pl.String(),
    "moo": pl.Int16(),
    "number": pl.Int16(),
    "cut": pl.String(),
    "kind": pl.String(),
    "kinds": pl.Int32(),
}


def _text(name: pl.Series) -> pl.Series:
    """Cleaned, lower case, 0-9; ฤๅ and ฤา (which look the same) as ฤา; no tags."""
    clean = turn_digits(clean_text(name.cast(pl.String))).str.to_lowercase()
    clean = clean.str.replace_all("\u0e45", "\u0e32", literal=True).str.replace_all(_TAG, " ")
    return clean.str.replace(_UNION_SHORT, "เครดิตยูเนี่ยน")


def _first_kind(text: pl.Expr) -> pl.Expr:
    """Index of the kind named first; of two at one place the one that stands first in KINDS. NULL where none is."""
    at = [
        text.str.find(_any(words.split("|"))).cast(pl.Int64) * len(KINDS) + index
        for index, words in enumerate(KINDS.values())
    ]
    return pl.min_horizontal(at) % len(KINDS)


def _kind_bits(text: pl.Expr) -> pl.Expr:
    bits = [
        pl.when(text.str.contains(_any(words.split("|")))).then(1 << index).otherwise(0)
        for index, words in enumerate(KINDS.values())
    ]
    return pl.sum_horizontal(bits).cast(pl.Int32)


def _parts(names: pl.Series) -> pl.DataFrame:
    """The parts of distinct names, one row a name, in their order."""
    outer, inner = pl.col("outer"), pl.col("inner")
    letters = pl.col("letters")
    moo = [
        text.str.extract_groups(pattern).struct.field("moo").cast(pl.Int16)
        for text in (outer, inner)
        for pattern in (_MOO, _MOO_BARE)
    ]
    without_moo = outer.str.replace_all(_MOO, " ${tail}").str.replace_all(_MOO_BARE, "${lead} ${tail}")
    kind = pl.coalesce(_first_kind(pl.col("squeezed")), _first_kind(pl.col("squeezed_inner")))
    return (
        pl.DataFrame({"text": _text(names)})
        .select(
            inner=pl.col("text").str.extract_all(_BRACKETS).list.join(" "),
            outer=pl.col("text").str.replace_all(_BRACKETS, " "),
            text="text",
        )
        # A name that stands wholly in brackets is a name all the same.
        .with_columns(outer=pl.when(outer.str.contains("[ก-ฮa-z]")).then(outer).otherwise(pl.col("text")))
        .with_columns(moo=pl.coalesce(pl.when(one > 0).then(one) for one in moo), outer=without_moo)
        .with_columns(
            number=outer.str.extract(_NUMBER).cast(pl.Int16),
            outer=outer.str.replace_all(_NUMBER_WORDS, " ")
            .str.replace_all(_VILLAGE_SHORT, "${lead}บ้าน")
            .str.replace_all(_OFFICE_SHORT, "ตำบล")
            .str.replace_all(_PLACE_SHORT, "อำเภอ"),
        )
        .with_columns(
            squeezed=outer.str.replace_all(_NO_LETTER, ""),
            squeezed_inner=inner.str.replace_all(_NO_LETTER, ""),
        )
        .with_columns(letters=pl.col("squeezed").str.replace(_COMPANY_TAIL, ""), kind=kind)
        .with_columns(letters=letters.str.replace(_HEAD, ""), whole=letters)
        .with_columns(letters=letters.str.replace("^(?:บ้าน)+", "").str.replace(_LOST_HEAD, ""))
        .with_columns(core=letters.str.replace(_PLACE_TAIL, "${name}"))
        .select(
            core=pl.when(
                (pl.col("core") != "")
                & ~(
                    pl.col("text").str.len_chars().is_in(_CUT_LENGTHS)
                    & pl.col("core").str.contains(_CUT_HEAD)
                )
            ).then(pl.col("core")),
            moo=pl.col("moo").cast(pl.Int16),
            number=pl.when(pl.col("number") > 0).then(pl.col("number")),
            cut=pl.col("whole").str.head(pl.col("whole").str.len_chars() - letters.str.len_chars()),
            kind=pl.col("kind").replace_strict(dict(enumerate(KINDS)), default=None, return_dtype=pl.String),
            kinds=_kind_bits(pl.concat_str(pl.col("squeezed"), pl.lit(" "), pl.col("squeezed_inner"))),
        )
    )


def fund_name_core(names: pl.Series) -> pl.DataFrame:
    """The parts of fund names: one row a name, in order.

    Columns (NULL where the name does not have it):
        core: letters of the name without kind, village word, place, numbers, space or marks.
        moo: village number in the name, 1-99 (`หมู่ที่ ๕`, `ม.5`, also in brackets).
        number: ordinal number (`แห่งที่ 2`, `ชุมชนริมคลอง 3`), 1-999.
        cut: the leading words that were cut off.
        kind: the kind of fund that the name says first, a key of KINDS.
        kinds: every kind named, brackets too, as bits in the order of KINDS; 0 where none is.
    """
    distinct = names.cast(pl.String).unique()
    parts = _parts(distinct).with_columns(name=distinct)
    out = pl.DataFrame({"name": names.cast(pl.String)}).join(
        parts, on="name", how="left", nulls_equal=True, maintain_order="left"
    )
    return out.select(
        pl.col(column).cast(dtype) if column != "kinds" else pl.col("kinds").fill_null(0).cast(dtype)
        for column, dtype in NAME_CORE_SCHEMA.items()
    )


_THAI = [chr(code) for code in (*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4F))]
_DIGITS = "๐๑๒๓๔๕๖๗๘๙"
# Capital letters and marks first, then control characters for the rarer end of the alphabet; digits and small letters stay.
_BYTES = [
    *(chr(code) for code in range(0x21, 0x7F) if not chr(code).isdigit() and not chr(code).islower()),
    *(chr(code) for code in range(0x01, 0x20)),
][: len(_THAI)]
OTHER = "\x7f"
"""What stands for a letter that is neither Thai nor ASCII."""


def single_byte(text: pl.Series) -> pl.Series:
    """Text with every Thai letter and mark as one ASCII character of its own: string distances that count bytes become right.

    Space and small Latin letters and digits stay (capitals become small); everything else is one OTHER a letter. NULL stays NULL.
    No two texts of Thai letters, small letters, digits and spaces become the same.
    """
    plain = text.cast(pl.String).str.to_lowercase().str.replace_all("[!-/:-@\\[-`{-~\x00-\x1f]", OTHER)
    return plain.str.replace_many([*_THAI, *_DIGITS], [*_BYTES, *"0123456789"]).str.replace_all(
        "[^\x00-\x7f]", OTHER
    )

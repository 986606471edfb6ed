"""Fund names: what is cut off, what is taken out, and letters as single bytes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.identity.names import KINDS, NAME_CORE_SCHEMA, OTHER, fund_name_core, single_byte

VILLAGES = ["หนองแวง", "โนนสะอาด", "ใหม่", "ไร่", "คลองขวาง", "ทุ่งฟ้าฮ่าม", "ท่าข้าม"]
HEADS = [
    "กลุ่มออมทรัพย์เพื่อการผลิตบ้าน", "กลุ่มออมทรัพย์ฯ บ.", "กลุ่มออมทรัพย์ฯ บ. ", "กลุ่มออมทรัพย์เพื่อการผลิต บ ", "กองทุนหมู่บ้าน บ้าน", "กองทุนหมู่บ้าน",
    "กองทุนหมู่บ้านและชุมชนเมือง บ้าน", "กองทุนชุมชนเมือง ชุมชน", "กองทุนสวัสดิการชุมชนตำบล", "กองทุนสวัสดิการชุมชนเทศบาลตำบล",
    "กองทุนสวัสดิการชุมชน อบต.",
    "กองทุนสวัสดิการชุมชน ทต.", "กลุ่มสัจจะสะสมทรัพย์บ้าน", "กลุ่มสัจจะออมทรัพย์ บ้าน", "สัจจะ บ.", "ธนาคารหมู่บ้าน บ้าน", "สหกรณ์เครดิตยูเนี่ยน",
    "เครดิตยูเนียน ", "สถาบันการเงินชุมชนบ้าน", "สถาบันการเงินประชาชนตำบล", "วิสาหกิจชุมชน", "วิสาหกิจชุมชนกลุ่มออมทรัพย์บ้าน", "กลุ่มเกษตรกร",
    "กข.คจ. บ้าน", "กองทุนโครงการแก้ไขปัญหาความยากจน บ้าน", "กองทุนพัฒนาบทบาทสตรีตำบล", "บ้าน", "บ.", "",
    # slips of the pen in what is cut off
    "กลุมออมทรัพย์เพื่อการผลิตบ้าน", "กุล่มออมทรัพย์เพื่อการผลิตบ้าน", "กลุ่มออมทรัพเพื่อการผลิตบ้าน", "กลุ่มสัจจสะสมทรัพย์บ้าน", "\u200bกลุ่ม ออมทรัพย์  บ้าน",
]  # fmt: skip
TAILS = [
    "",
    " หมู่ที่ 5",
    " หมู่ 5",
    " ม.5",
    " ม. ๕",
    "(ม.5)",
    " [หมู่ที่ ๕]",
    " จำกัด",
    " ต.ดอน อ.เมือง จ.ขอนแก่น",
    " ตำบลดอน",
    " ฯ",
    "  ",
]


def one(name: str | None) -> dict[str, object]:
    return fund_name_core(pl.Series([name], dtype=pl.String)).row(0, named=True)


def test_every_wording_leaves_the_village() -> None:
    made = [(head + village + tail, village) for head in HEADS for village in VILLAGES for tail in TAILS]
    cores = fund_name_core(pl.Series([name for name, _ in made]))["core"]
    wrong = [(name, core) for (name, village), core in zip(made, cores, strict=True) if core != village]
    assert not wrong


@pytest.mark.parametrize(
    ("name", "core", "moo", "number", "kind"),
    [
        ("กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองแวง หมู่ที่ ๑๒", "หนองแวง", 12, None, "savings"),
        ("กองทุนชุมชนเมือง ชุมชนริมคลอง 3", "ริมคลอง", None, 3, "village"),
        ("กองทุนชุมชนทหาร ค่ายสุรนารี ๒", "ค่ายสุรนารี", None, 2, "village"),
        ("กลุ่มออมทรัพย์บ้านหนองแวง แห่งที่ 2 ม.7", "หนองแวง", 7, 2, "savings"),
        ("กองทุนหมู่บ้าน หมู่ที่ 5", None, 5, None, "village"),
        ("กลุ่มออมทรัพย์บ้านหนองแวง (สวัสดิการชุมชน)", "หนองแวง", None, None, "savings"),
        ("(บ้านหนองแวง)", "หนองแวง", None, None, None),
        ("บ้านบ้านบาก", "บาก", None, None, None),
        ("บ้านฤๅษี", "ฤาษี", None, None, None),
        ("เเม่สาย", "แม่สาย", None, None, None),
        ("บ้านทํานบ", "ทำนบ", None, None, None),
        ("กลุ่ม 5", None, None, 5, None),
        ("กลุ่มออมทรัพย์เพ", None, None, None, "savings"),  # cut at 16 characters
        ("<b>บ้านหนองแวง</b>", "หนองแวง", None, None, None),
        ("=1+1", None, None, 1, None),
        ("หนองแวง 1234567890123", "หนองแวง", None, None, None),
        ("กอผ. บ้านโคกสูง ม.3", "โคกสูง", 3, None, "savings"),
        ("กองทุนหมุนเวียนบ้านโคกสูง", "โคกสูง", None, None, "revolving"),
        ("สหกรณ์เครดิตยูเนี่ยนโคกสูง จำกัด พัฒนา", "โคกสูง", None, None, "credit_union"),
        ("", None, None, None, None),
        (None, None, None, None, None),
    ],
)  # fmt: skip
def test_parts(
    name: str | None, core: str | None, moo: int | None, number: int | None, kind: str | None
) -> None:
    found = one(name)
    assert (found["core"], found["moo"], found["number"], found["kind"]) == (core, moo, number, kind)


def test_kinds_of_brackets_count_but_do_not_come_first() -> None:
    names = list(KINDS)
    kinds = one("กลุ่มออมทรัพย์บ้านหนองแวง (สวัสดิการชุมชน)")["kinds"]
    assert kinds == (1 << names.index("savings")) | (1 << names.index("welfare"))
    assert one("กลุ่มสัจจะออมทรัพย์บ้านนา")["kind"] == "satja"


def test_cut_says_what_was_cut_off() -> None:
    assert one("กลุ่มออมทรัพย์ฯ บ.หนองแวง")["cut"] == "กลุ่มออมทรัพย์บ้าน"
    assert one("หนองแวง")["cut"] == ""


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.text(alphabet=st.characters(codec="utf-8"), max_size=60)), max_size=8)
)
def test_any_text_gives_one_row_a_name(names: list[str | None]) -> None:
    frame = fund_name_core(pl.Series(names, dtype=pl.String))
    assert frame.schema == pl.Schema(NAME_CORE_SCHEMA)
    assert frame.height == len(names)
    assert frame["moo"].drop_nulls().is_between(1, 99).all()
    assert frame["number"].drop_nulls().is_between(1, 999).all()
    assert not frame["core"].drop_nulls().str.contains(r"[0-9\s<>=(),.\x00-\x1f]").any()
    assert single_byte(frame["core"]).drop_nulls().str.contains("^[\x01-\x7f]+$").all()


THAI = "".join(chr(code) for code in (*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4F)))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet=THAI + "abcxyz0123456789 ", max_size=30), min_size=2, max_size=6))
def test_single_bytes_keep_letters_apart(texts: list[str]) -> None:
    out = single_byte(pl.Series(texts, dtype=pl.String))
    assert out.str.len_bytes().to_list() == [len(text) for text in texts]
    assert len(set(out.to_list())) == len(set(texts))


def test_every_thai_letter_is_a_byte_of_its_own() -> None:
    out = single_byte(pl.Series(list(THAI + "abcdefghijklmnopqrstuvwxyz0123456789 ")))
    assert out.n_unique() == out.len()
    assert out.str.len_bytes().max() == 1
    assert OTHER not in out.to_list()


def test_a_distance_that_counts_bytes_counts_letters() -> None:
    import duckdb

    left, right = single_byte(pl.Series(["หนองแวง", "หนองแวก"]))
    found = duckdb.sql(
        "select damerau_levenshtein(?, ?), damerau_levenshtein('หนองแวง', 'หนองแวก'), damerau_levenshtein('แวง', 'แวงก')",
        params=[left, right],
    ).fetchall()
    # One letter more is three bytes more: when this fails, DuckDB counts letters and single_byte is needed no more.
    assert found == [(1, 1, 3)]

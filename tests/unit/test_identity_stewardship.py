"""Decisions of people: every mistake told by file, line and column, the other rows used, and recording that loses nothing."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.identity.decisions import LINK_SCHEMA
from ingest.identity.messages import ROW
from ingest.identity.stewardship import (
    CORRECTION_SCHEMA,
    PLACE_SCHEMA,
    PROBLEM_SCHEMA,
    DecisionError,
    read_decisions,
    record_link,
    record_place,
)

LINKS = "decision,feed_a,fund_a,feed_b,fund_b,reason,decided_by,decided_on\n"
PLACES = "reported_tambon_code,reported_tambon,reported_amphoe,reported_province,tambon_code,reason,decided_by,decided_on\n"
CORRECTIONS = (
    "feed_code,fund_code,fiscal_year,field,value_reported,value_corrected,reason,decided_by,decided_on\n"
)
GOOD_LINK = "confirm,cdd/savings_groups,SG-1,satja/groups,7,โทรถามแล้ว,สมชาย,2026-01-31\n"
GOOD_PLACE = ",หนองแวง,เมือง,ขอนแก่น,400101,พิมพ์ผิด,สมชาย,31/01/2569\n"
GOOD_CORRECTION = "cdd/savings_groups,SG-1,2568,members_persons,1400,140,ศูนย์เกิน,สมชาย,2026-01-31\n"

# code, file, header, the wrong row, the column that is named
CASES = [
    ("missing_column", "links.csv", LINKS.replace("reason,", ""), GOOD_LINK, None),
    ("wrong_cells", "links.csv", LINKS, "confirm,cdd/savings_groups,SG-1\n", None),
    ("empty", "links.csv", LINKS, GOOD_LINK.replace("โทรถามแล้ว", " "), "reason"),
    ("empty", "links.csv", LINKS, GOOD_LINK.replace("สมชาย", ""), "decided_by"),
    ("unknown_decision", "links.csv", LINKS, GOOD_LINK.replace("confirm", "yes"), "decision"),
    ("bad_date", "links.csv", LINKS, GOOD_LINK.replace("2026-01-31", "31/01/2026"), "decided_on"),
    ("bad_date", "links.csv", LINKS, GOOD_LINK.replace("2026-01-31", "2026-02-30"), "decided_on"),
    ("bad_feed", "links.csv", LINKS, GOOD_LINK.replace("satja/groups", "satja"), "feed_b"),
    ("same_fund", "links.csv", LINKS, GOOD_LINK.replace("satja/groups,7", "cdd/savings_groups,SG-1"), "fund_b"),
    ("bad_tambon_code", "places.csv", PLACES, GOOD_PLACE.replace("400101", "40010"), "tambon_code"),
    ("no_place", "places.csv", PLACES, GOOD_PLACE.replace("หนองแวง,เมือง,ขอนแก่น", ",,"), "reported_tambon"),
    ("bad_year", "corrections.csv", CORRECTIONS, GOOD_CORRECTION.replace("2568", "68"), "fiscal_year"),
    ("unknown_field", "corrections.csv", CORRECTIONS, GOOD_CORRECTION.replace("members_persons", "member"), "field"),
    ("no_change", "corrections.csv", CORRECTIONS, GOOD_CORRECTION.replace("1400", "140"), "value_corrected"),
]  # fmt: skip
GOOD = {"links.csv": GOOD_LINK, "places.csv": GOOD_PLACE, "corrections.csv": GOOD_CORRECTION}


@pytest.mark.parametrize(("code", "file", "header", "row", "column"), CASES)
def test_a_mistake_is_told_and_the_other_rows_count(
    tmp_path: Path, code: str, file: str, header: str, row: str, column: str | None
) -> None:
    (tmp_path / file).write_text(header + GOOD[file] + row + GOOD[file], encoding="utf-8")
    found = read_decisions(tmp_path)
    problem = found.problems.row(0, named=True)
    assert (problem["file"], problem["code"], problem["column"]) == (file, code, column)
    rows = pl.concat([frame.select("line") for frame in (found.links, found.places, found.corrections)])[
        "line"
    ].to_list()
    if code == "missing_column":
        assert (problem["line"], rows) == (1, [])
    else:
        assert (problem["line"], rows) == (3, [2, 4])
    assert any("ก" <= letter <= "๛" for letter in problem["message_th"])
    assert problem["message_en"].isascii() or problem["value"]
    assert problem["mend_th"] and problem["mend_en"]


def test_every_message_is_provoked_by_some_case() -> None:
    here = {"unreadable_file", "unknown_column"}  # by the two tests below
    assert {code for code, *_ in CASES} | here == set(ROW)


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"\xff\xfe\xfd\xdb\xdc"])
def test_a_file_that_is_no_text_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "links.csv").write_bytes(content)
    (tmp_path / "places.csv").write_text(PLACES + GOOD_PLACE, encoding="utf-8")
    found = read_decisions(tmp_path)
    assert found.problems["code"].to_list() == ["unreadable_file"]
    assert found.places.height == 1


def test_an_unknown_column_is_told_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "links.csv").write_text(
        LINKS.replace("reason", "reson,reason") + GOOD_LINK.replace("โทร", "x,โทร"), encoding="utf-8"
    )
    found = read_decisions(tmp_path)
    assert found.problems.select("code", "value").rows() == [("unknown_column", "reson")]
    assert found.links["reason"].to_list() == ["โทรถามแล้ว"]


def test_feeds_that_are_not_there_are_told_where_the_feeds_are_known(tmp_path: Path) -> None:
    (tmp_path / "links.csv").write_text(LINKS + GOOD_LINK, encoding="utf-8")
    assert read_decisions(tmp_path).problems.is_empty()
    assert read_decisions(tmp_path, ["cdd/savings_groups"]).problems["column"].to_list() == ["feed_b"]


def test_an_empty_folder_has_no_decisions(tmp_path: Path) -> None:
    found = read_decisions(tmp_path / "nowhere")
    for frame, schema in (
        (found.links, LINK_SCHEMA),
        (found.places, PLACE_SCHEMA),
        (found.corrections, CORRECTION_SCHEMA),
        (found.problems, PROBLEM_SCHEMA),
    ):
        assert frame.is_empty()
        assert frame.schema == pl.Schema(schema)


def test_what_a_spreadsheet_makes_of_the_file_is_read(tmp_path: Path) -> None:
    """TIS-620, Windows line ends, empty cells at the end, Thai digits, a date in the Buddhist era, a blank line."""
    text = (
        LINKS
        + GOOD_LINK.replace("2026-01-31", "๓๑/๐๑/๒๕๖๙,,")
        + "\n,,,,,,,\n"
        + GOOD_LINK.replace("confirm", "Refuse")
    )
    (tmp_path / "links.csv").write_bytes(text.replace("\n", "\r\n").encode("cp874"))
    found = read_decisions(tmp_path)
    assert found.problems.is_empty()
    assert found.links.select("line", "decision", "decided_on").rows() == [
        (2, "confirm", date(2026, 1, 31)), (5, "refuse", date(2026, 1, 31)),
    ]  # fmt: skip


def test_lines_are_those_of_a_text_editor(tmp_path: Path) -> None:
    long = GOOD_LINK.replace("โทรถามแล้ว", '"โทรถามแล้ว\nสองครั้ง"')
    (tmp_path / "links.csv").write_text(LINKS + long + GOOD_LINK.replace("confirm", "?"), encoding="utf-8")
    found = read_decisions(tmp_path)
    assert found.links.select("line", "reason").rows() == [(2, "โทรถามแล้ว สองครั้ง")]
    assert found.problems["line"].to_list() == [4]


def test_a_correction_keeps_its_values_as_text(tmp_path: Path) -> None:
    (tmp_path / "corrections.csv").write_text(
        CORRECTIONS + GOOD_CORRECTION + GOOD_CORRECTION.replace("1400,140", ",140"), encoding="utf-8"
    )
    found = read_decisions(tmp_path).corrections
    assert found.select("fiscal_year", "value_reported", "value_corrected").rows() == [
        (2025, "1400", "140"),
        (2025, None, "140"),
    ]


# ---- recording ----


def record(folder: Path, **changes: str | date) -> None:
    words: dict[str, str | date] = {
        "decision": "confirm", "feed_a": "cdd/savings_groups", "fund_a": "SG-1", "feed_b": "satja/groups", "fund_b": "7",
        "reason": "โทรถามแล้ว", "decided_by": "สมชาย", "decided_on": date(2026, 1, 31),
    }  # fmt: skip
    record_link(folder, **(words | changes))  # type: ignore[arg-type]


def test_what_is_recorded_is_read(tmp_path: Path) -> None:
    record(tmp_path / "new")
    record(tmp_path / "new", decision="refuse", fund_b="8")
    found = read_decisions(tmp_path / "new")
    assert found.problems.is_empty()
    assert found.links.drop("line").rows() == [
        ("confirm", "cdd/savings_groups", "SG-1", "satja/groups", "7", "โทรถามแล้ว", "สมชาย", date(2026, 1, 31)),
        ("refuse", "cdd/savings_groups", "SG-1", "satja/groups", "8", "โทรถามแล้ว", "สมชาย", date(2026, 1, 31)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x","y")', "+1", "-7", "@SUM(A1)", "<script>alert(1)</script>", 'ก,"ข"\nค']
)
def test_formulas_and_tags_do_no_harm_and_come_back_as_they_were(tmp_path: Path, text: str) -> None:
    record(tmp_path, reason=text, fund_a=text)
    with (tmp_path / "links.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.reader(file))[1]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    links = read_decisions(tmp_path).links
    assert links.select("reason", "fund_a").row(0) == (text.replace("\n", " "),) * 2


def test_a_place_is_recorded_as_it_was_reported(tmp_path: Path) -> None:
    said = {
        "tambon_code": "๔๐๐๑๐๑",
        "reason": "พิมพ์ผิด",
        "decided_by": "สมชาย",
        "decided_on": date(2026, 1, 31),
    }
    record_place(tmp_path, reported_tambon="หนองแวง ๒", reported_province="ขอนแก่น", **said)  # type: ignore[arg-type]
    found = read_decisions(tmp_path)
    assert found.problems.is_empty()
    assert found.places.select("reported_tambon_code", "reported_tambon", "tambon_code").rows() == [
        (None, "หนองแวง ๒", "400101")
    ]
    with pytest.raises(DecisionError, match="No reported place"):
        record_place(tmp_path, **said)  # type: ignore[arg-type]
    with pytest.raises(DecisionError, match="not right"):
        record_place(tmp_path, reported_tambon="หนองแวง", **said | {"tambon_code": "4001"})  # type: ignore[arg-type]
    assert read_decisions(tmp_path).places.height == 1


def test_a_mistaken_decision_is_not_recorded(tmp_path: Path) -> None:
    with pytest.raises(DecisionError, match=r"(?s)ว่าง.*empty") as caught:
        record(tmp_path, reason="\u200b ", decision="maybe")
    assert [problem["code"] for problem in caught.value.problems] == ["unknown_decision", "empty"]
    assert not (tmp_path / "links.csv").exists()


def test_a_file_of_a_steward_keeps_its_columns_and_rows(tmp_path: Path) -> None:
    header = "note,decided_on,decided_by,reason,fund_b,feed_b,fund_a,feed_a,decision"
    mine = header + "\nฉัน,2026-01-31,สมชาย,x,7,satja/groups,1,cdd/savings_groups,confirm"
    (tmp_path / "links.csv").write_bytes(mine.encode("cp874"))
    record(tmp_path, fund_b="9")
    text = (tmp_path / "links.csv").read_text(encoding="utf-8-sig")
    assert text.startswith(mine + "\n")
    assert read_decisions(tmp_path).links["fund_b"].to_list() == ["7", "9"]


def test_a_file_without_the_columns_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "links.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DecisionError, match="missing"):
        record(tmp_path)
    assert (tmp_path / "links.csv").read_text(encoding="utf-8") == "a,b\n1,2\n"


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: record(tmp_path, fund_b=str(number)), range(40)))
    found = read_decisions(tmp_path)
    assert found.problems.is_empty()
    assert sorted(map(int, found.links["fund_b"])) == list(range(40))
    assert not list(tmp_path.glob("*.tmp"))


@settings(max_examples=80, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(lambda text: (LINKS + text).encode("utf-8", "replace")),
    )
)
def test_any_bytes_give_an_answer(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("links.csv", "places.csv", "corrections.csv"):
        (folder / name).write_bytes(content)
    found = read_decisions(folder)
    assert not found.problems.filter(
        pl.col("message_th").is_null() | pl.col("message_en").str.contains("Traceback|Error:")
    ).height
    assert found.links.is_empty() or found.links["reason"].str.len_chars().min() > 0  # type: ignore[operator]

"""Proposing a contract: words, headers, evidence, keys, labels, the text that comes out; hostile files."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.contract import load_contracts, load_fields
from ingest.contract.load import load_agencies
from ingest.contract.model import ContractError
from ingest.propose import Options, Proposal, UnreadableFile, propose
from ingest.propose.concepts import concepts_of, concepts_of_field, is_personal_wording, likeness
from ingest.propose.evidence import evidence_of, sampled
from ingest.propose.header import find_unknown_header
from ingest.propose.lexicon import Lexicon
from ingest.propose.places import count_places
from ingest.propose.preview import HIDDEN, lines
from ingest.propose.write import agency_text, contract_text, read_agency, read_contract
from ingest.propose.yaml_text import quoted
from ingest.readers.sheet import Merge, Sheet
from tests.unit.propose_files import as_csv, citizen_number, person, phone, places

CONTRACTS = load_contracts()
fast = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def proposed(path: Path, options: Options | None = None) -> Proposal:
    return propose(path, CONTRACTS, load_agencies(), options)


def written(path: Path, rows: list[list[str]]) -> Path:
    as_csv(rows)(path)
    return path


def fund_rows(count: int = 40) -> list[list[str]]:
    """A plain good list: code, name, place, year, members, savings."""
    rng = random.Random(20)
    rows = [["รหัสกลุ่ม", "ชื่อกลุ่ม", "ตำบล", "อำเภอ", "จังหวัด", "ปีงบประมาณ", "จำนวนสมาชิก", "เงินออม"]]
    rows += [
        [f"{n:05d}", f"กลุ่ม{at['t']}", at["t"], at["a"], at["p"], "2567", str(rng.randint(9, 99)), str(rng.randint(9_000, 99_000))]
        for n, at in enumerate(places(count), 1)
    ]  # fmt: skip
    return rows


# Words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("No. of male members", "จำนวนสมาชิกเพศชาย (คน)"),
        ("หนี้ค้างชำระ", "overdue loans"),
        ("รหัสกองทุน", "fundCode"),
        ("ปีงบฯ", "fiscal_year"),
        ("ต./แขวง", "subdistrict"),
    ],
)
def test_one_thing_in_two_languages(one: str, other: str) -> None:
    assert likeness(concepts_of(one), concepts_of(other)) >= 0.85


def test_what_differs_is_not_alike() -> None:
    assert likeness(concepts_of("สมาชิกชาย"), concepts_of("สมาชิกหญิง")) < 0.6
    assert likeness(concepts_of("เงินกู้คงค้าง"), concepts_of("หนี้เกินกำหนด")) < 0.7
    assert "?" not in "".join(concepts_of("ครัวเรือน")) and "@personal" not in concepts_of("ครัวเรือน")


def test_every_measure_has_words() -> None:
    """A measure that no concept speaks of could be matched by luck only."""
    fields = load_fields()
    for code in (*fields.fund_measures, *fields.indicators, *fields.site_measures):
        assert any(not token.startswith("?") for token in concepts_of_field(code)), code


@pytest.mark.parametrize(
    "header",
    [
        "ชื่อ-สกุล ประธาน",
        "โทร.",
        "เบอร์ติดต่อ",
        "เลขบัตรประชาชน",
        "E-mail",
        "contactPhone",
        "ที่อยู่",
        "LINE ID",
        "ผู้ประสานงาน",
        "Chairman's name",
    ],
)
def test_personal_wordings(header: str) -> None:
    assert is_personal_wording(header)


@given(st.text(max_size=60))
@fast
def test_any_text_has_concepts(text: str) -> None:
    assert all(token and token != "?" for token in concepts_of(text))
    assert 0 <= likeness(concepts_of(text), concepts_of("จำนวนสมาชิก")) <= 1


def test_a_contracts_headers_are_known_and_withheld_ones_are_not() -> None:
    with_all = Lexicon(CONTRACTS.values()).likenesses("เลขที่กองทุนในระบบ xyz")
    assert max(like.score for like in with_all.values()) < 0.97
    assert Lexicon(CONTRACTS.values()).likenesses("รหัสกองทุน")["fund_code"].score >= 0.97


# Headers


def sheet(rows: list[list[str | None]], merges: tuple[Merge, ...] | None = None) -> Sheet:
    width = max(map(len, rows))
    padded = [row + [None] * (width - len(row)) for row in rows]
    schema = {f"c{i}": pl.String for i in range(width)}
    return Sheet("s", pl.DataFrame(padded, schema=schema, orient="row"), merges=merges)


DATA: list[list[str | None]] = [[f"A{n}", f"กลุ่ม {n}", str(n), str(n * 2), str(n * 3)] for n in range(1, 9)]


def test_header_below_titles_and_blank_rows() -> None:
    rows: list[list[str | None]] = [
        ["รายงานประจำปี 2567"],
        [None],
        ["หน่วย : บาท"],
        ["รหัส", "ชื่อ", "ชาย", "หญิง", "รวม"],
        *DATA,
    ]
    found = find_unknown_header(sheet(rows))
    assert found is not None and (found.first, found.last) == (3, 3)
    assert found.titles == ("รายงานประจำปี 2567", "หน่วย : บาท")


def test_two_merged_header_rows() -> None:
    rows: list[list[str | None]] = [
        ["ทะเบียนกลุ่ม"],
        ["รหัส", "ชื่อ", "สมาชิก", None, None],
        [None, None, "ชาย", "หญิง", "รวม"],
        *DATA,
    ]
    merges = (Merge(1, 2, 1, 4), Merge(1, 0, 2, 0), Merge(1, 1, 2, 1), Merge(0, 0, 0, 4))
    found = find_unknown_header(sheet(rows, merges))
    assert found is not None and (found.first, found.last) == (1, 2)
    assert [c.label for c in found.columns] == ["รหัส", "ชื่อ", "สมาชิก ชาย", "สมาชิก หญิง", "สมาชิก รวม"]


def test_a_second_language_is_told_apart() -> None:
    rows: list[list[str | None]] = [
        ["รหัส", "ชื่อกลุ่ม", "ชาย", "หญิง", "รวม"],
        ["code", "name", "male", "female", "total"],
        *DATA,
    ]
    found = find_unknown_header(sheet(rows))
    assert found is not None and (found.first, found.last, found.data_from) == (0, 0, 2)
    assert found.second[0] == "code"


def test_a_row_of_units_belongs_to_the_header() -> None:
    rows: list[list[str | None]] = [
        ["รหัส", "ชื่อกลุ่ม", "สมาชิก", "เงินออม", "เงินกู้"],
        [None, None, "(คน)", "(บาท)", "(พันบาท)"],
        *DATA,
    ]
    found = find_unknown_header(sheet(rows))
    assert found is not None and found.data_from == 2
    assert [c.unit for c in found.columns] == [None, None, "persons", "THB", "thousand_THB"]


@pytest.mark.parametrize(
    "rows", [[["ข้อความเดียว"]], [["หมายเหตุ"], ["บรรทัดหนึ่ง"], ["บรรทัดสอง"]], [["1", "2"], ["3", "4"]]]
)
def test_a_page_of_notes_has_no_header(rows: list[list[str | None]]) -> None:
    assert find_unknown_header(sheet(rows)) is None


# Evidence


def column(*values: str) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def test_evidence_of_numbers_dates_and_years() -> None:
    assert evidence_of(column("1,234.50", "๑,๒๓๔", "-", "12")).number == 1.0
    assert evidence_of(column("31/01/2566", "12 พ.ค. 64", "2566-02-03")).date == 1.0
    be = evidence_of(column("2566", "2567"))
    assert be.year == 1.0 and be.era == "be"
    assert evidence_of(column("2023", "2024")).era == "ce"
    codes = evidence_of(column("00000001", "00000002"))
    assert codes.width == 8 and codes.zero_padded == 1.0


def test_places_by_the_gazetteer() -> None:
    some = places(30)
    assert evidence_of(column(*(f"ต.{at['t']}" for at in some))).place["tambon"] == 1.0
    assert evidence_of(column(*(at["a_en"] for at in some))).place["amphoe"] == 1.0
    assert evidence_of(column(*(at["code"] for at in some))).tambon_code == 1.0
    assert evidence_of(column("999999", "000000", "12")).tambon_code == 0.0


def test_persons_by_their_values() -> None:
    rng = random.Random(3)
    for make, said in ((citizen_number, "citizen"), (phone, "telephone"), (person, "persons")):
        found = evidence_of(column(*(make(rng) for _ in range(30)))).personal
        assert found is not None and said in found.en
    # A few among many are enough where they are citizen numbers.
    some = [str(n) for n in range(97)] + [citizen_number(rng) for _ in range(3)]
    assert evidence_of(column(*some)).personal is not None


def test_places_and_amounts_are_no_persons() -> None:
    assert evidence_of(column("นางรอง", "นายูง", "นางแล", "นาย้อย")).personal is None
    assert evidence_of(column("1,250,000", "830,000", "45,000")).personal is None
    assert evidence_of(column("กองทุนหมู่บ้านนางรอง หมู่ที่ 3")).personal is None


def test_a_long_list_is_sampled_at_both_ends_and_in_the_middle() -> None:
    frame = pl.DataFrame({"n": range(80_000)})
    kept = sampled(frame)["n"].to_list()
    assert len(kept) == 15_000 and kept[0] == 0 and kept[-1] == 79_999 and 40_000 in kept


# What comes out


def test_key_sums_period_and_required(tmp_path: Path) -> None:
    proposal = proposed(written(tmp_path / "list.csv", fund_rows()))
    assert proposal.key.fields == ("fund_code", "fiscal_year") and proposal.key.check is None
    contract = read_contract(contract_text(proposal, Options(), None, tmp_path), tmp_path)
    assert contract.by_field["fund_code"].width == 5 and contract.by_field["fund_code"].required
    assert contract.period.field == "fiscal_year" and proposal.period.told == "column"


def test_a_key_without_a_code_is_name_and_whole_place(tmp_path: Path) -> None:
    rows = [row[1:] for row in fund_rows()]
    assert proposed(written(tmp_path / "list.csv", rows)).key.fields == (
        "fund_name", "tambon", "amphoe", "province", "fiscal_year",
    )  # fmt: skip


def test_rows_that_repeat_a_key_are_told(tmp_path: Path) -> None:
    rows = fund_rows()
    proposal = proposed(written(tmp_path / "list.csv", rows + rows[1:4]))
    assert (
        proposal.key.check is not None
        and "CHECK" in contract_text(proposal, Options(), None, tmp_path).split("\nkey:")[1]
    )


def test_no_year_anywhere_is_told(tmp_path: Path) -> None:
    rows = [row[:5] + row[6:] for row in fund_rows()]
    proposal = proposed(written(tmp_path / "list.csv", rows))
    assert proposal.period.check is not None and "year" in proposal.period.check.en
    assert proposed(written(tmp_path / "list_2567.csv", rows)).period.told == "file_name"


def test_unmatched_columns_are_ignored_with_a_remark_and_never_silently(tmp_path: Path) -> None:
    rows = [[*row, "ดัชนีความสุข" if n == 0 else str(n % 7)] for n, row in enumerate(fund_rows())]
    text = contract_text(proposed(written(tmp_path / "list.csv", rows)), Options(), None, tmp_path)
    line = next(line for line in text.splitlines() if "ดัชนีความสุข" in line)
    assert line.startswith("  - ดัชนีความสุข") and "ตรวจ · CHECK" in line and "not matched" in line


def test_the_unit_in_the_header_counts_and_small_money_is_doubted(tmp_path: Path) -> None:
    rows = fund_rows()
    thousand = [[*row[:7], "เงินออม (พันบาท)" if n == 0 else str(n * 11)] for n, row in enumerate(rows)]
    contract = read_contract(
        contract_text(proposed(written(tmp_path / "a.csv", thousand)), Options(), None, tmp_path), tmp_path
    )
    assert contract.by_field["savings_thb"].unit == "thousand_THB"
    small = [[*row[:7], "เงินออม" if n == 0 else f"{n / 7:.2f}"] for n, row in enumerate(rows)]
    text = contract_text(proposed(written(tmp_path / "b.csv", small)), Options(), None, tmp_path)
    assert "million_THB?" in next(line for line in text.splitlines() if "savings_thb" in line)


def test_per_cent_beside_a_count_is_ignored(tmp_path: Path) -> None:
    rows = [[*row, "สมาชิก (ร้อยละ)" if n == 0 else f"{n}.5"] for n, row in enumerate(fund_rows())]
    proposal = proposed(written(tmp_path / "list.csv", rows))
    assert next(m for m in proposal.matches if "ร้อยละ" in m.column.label).target == "@ignored"
    read_contract(contract_text(proposal, Options(), None, tmp_path), tmp_path)


def test_labels_become_a_lookup_and_unknown_ones_are_told(tmp_path: Path) -> None:
    status = ["ดำเนินการ", "เลิก", "กำลังฟื้นฟู"]
    rows = [[*row, "สถานะ" if n == 0 else status[n % 3]] for n, row in enumerate(fund_rows())]
    text = contract_text(proposed(written(tmp_path / "list.csv", rows)), Options(), None, tmp_path)
    lookup = read_contract(text, tmp_path).by_field["fund_status"].lookup
    assert lookup == {"ดำเนินการ": "active", "เลิก": "closed"}
    assert any(
        "กำลังฟื้นฟู" in line and "CHECK" in line for line in text.splitlines() if line.strip().startswith("#")
    )


def test_ticks_are_yes_and_no(tmp_path: Path) -> None:
    rows = [[*row, "ส่งงบการเงิน" if n == 0 else "ü" if n % 2 else "N"] for n, row in enumerate(fund_rows())]
    proposal = proposed(written(tmp_path / "list.csv", rows))
    lookup = (
        read_contract(contract_text(proposal, Options(), None, tmp_path), tmp_path)
        .by_field["accounts_filed"]
        .lookup
    )
    assert lookup is not None and lookup["ü"] == "true" and lookup["N"] == "false"


def test_subtotals_in_words_of_the_offices_own_are_declared(tmp_path: Path) -> None:
    rows = fund_rows()
    rows.insert(20, ["", "", "", "", "", "สรุปครึ่งแรก", "999", "9999"])
    proposal = proposed(written(tmp_path / "list.csv", rows))
    assert proposal.not_data == ("สรุปครึ่งแรก",)


def test_a_wide_table_and_a_column_without_a_header_are_told(tmp_path: Path) -> None:
    wide = [
        [*row, *(["2561", "2562", "2563", "2564"] if n == 0 else ["5", "6", "7", "8"])]
        for n, row in enumerate(fund_rows())
    ]
    notes = " ".join(note.en for note in proposed(written(tmp_path / "wide.csv", wide)).notes)
    assert "a column a year" in notes
    bare = [[*row, "" if n == 0 else "7"] for n, row in enumerate(fund_rows())]
    notes = " ".join(note.en for note in proposed(written(tmp_path / "bare.csv", bare)).notes)
    assert "column I holds values but has no header" in notes


def test_options_go_before_guesses(tmp_path: Path) -> None:
    options = Options(feed="cult/test_unions", kind="fund_report", programme="credit_union")
    proposal = proposed(written(tmp_path / "list.csv", fund_rows()), options)
    text = contract_text(proposal, options, None, tmp_path)
    contract = read_contract(text, tmp_path)
    assert (contract.feed, contract.programme) == ("cult/test_unions", "credit_union")
    assert "feed: cult/test_unions\n" in text


def test_a_list_that_says_nowhere_makes_no_contract(tmp_path: Path) -> None:
    rows = [[row[0], row[1], row[6], row[7]] for row in fund_rows()]
    proposal = proposed(written(tmp_path / "list.csv", rows), Options(kind="fund_report"))
    with pytest.raises(ContractError, match="no column says where"):
        read_contract(contract_text(proposal, Options(), None, tmp_path), tmp_path)


def test_the_preview_never_shows_persons(tmp_path: Path) -> None:
    rng = random.Random(8)
    people = [person(rng) for _ in range(41)]
    rows = [
        [*row, *(["ประธาน", "ข้อมูลเพิ่ม"] if n == 0 else [people[n], citizen_number(rng)])]
        for n, row in enumerate(fund_rows())
    ]
    proposal = proposed(written(tmp_path / "list.csv", rows))
    shown = lines(proposal)
    assert [line.samples for line in shown if line.header in ("ประธาน", "ข้อมูลเพิ่ม")] == [HIDDEN, HIDDEN]
    everything = " ".join(line.samples + line.why for line in shown) + contract_text(
        proposal, Options(), None, tmp_path
    )
    assert not any(one in everything for one in people)


def test_a_new_agency_is_valid_with_and_without_names() -> None:
    bare = read_agency(agency_text("abc", Options()), Path("agency.yml"))
    assert bare.code == "abc" and bare.name_th
    assert "CHECK" in agency_text("abc", Options())
    options = Options(
        agency_name_th="สำนัก: ก", agency_name_en="Office #1", agency_short_th="สก", agency_short_en="O1"
    )
    named = read_agency(agency_text("abc", options), Path("agency.yml"))
    assert (named.name_th, named.name_en) == ("สำนัก: ก", "Office #1") and "CHECK" not in agency_text(
        "abc", options
    )


def test_quick_look_at_places() -> None:
    at = places(3)
    frame = pl.DataFrame(
        {
            "reported_code6": [at[0]["code"], None, None, "999999", None, None],
            "reported_tambon": [None, f"ต.{at[1]['t']}", at[2]["t"], None, "ไม่มีตำบลนี้", None],
            "reported_amphoe": [None, at[1]["a"], None, None, at[1]["a"], None],
            "reported_province": [None, at[1]["p"], None, None, at[1]["p"], None],
        },
        schema=dict.fromkeys(
            ("reported_code6", "reported_tambon", "reported_amphoe", "reported_province"), pl.String
        ),
    )
    # The last row names no place and does not count; a tambon's name alone never resolves.
    found = count_places(frame)
    assert (found.rows, found.by_code, found.by_name, found.unresolved) == (5, 1, 1, 3)


# Hostile files


@pytest.mark.parametrize(
    "header",
    ["a: b # c", "{x: [1]}", "- item", '"quote"', "'", "&anchor *x", "null", "true", "=1+1", "<b>x</b>", "%tag",
     "!!python/object:os.system", "ก:ข"],
)  # fmt: skip
def test_headers_cannot_break_out_of_the_yaml(tmp_path: Path, header: str) -> None:
    assert yaml.safe_load(f"x: {quoted(header)}")["x"] == header
    rows = [[*row, header if n == 0 else "x"] for n, row in enumerate(fund_rows())]
    as_csv(rows)(tmp_path / "list.csv")
    contract = read_contract(
        contract_text(proposed(tmp_path / "list.csv"), Options(), None, tmp_path), tmp_path
    )
    declared = {h for c in contract.columns for h in c.headers} | set(contract.ignore_headers)
    assert header.strip("\"'") in {h.strip("\"'") for h in declared} or header == "'"


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.csv", b""), ("a.csv", b"\x00\x01\x02"), ("a.xlsx", b"PK\x03\x04broken"), ("a.json", b"{"), ("a.pdf", b"%PDF"),
     ("a.csv", "ก".encode())],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_two_languages(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableFile) as error:
        proposed(tmp_path / name)
    th, en = error.value.problems[0]
    assert th and en and str(tmp_path) not in str(error.value)


cell = st.text(alphabet="กขคงรวมชื่อรหัสตำบล12345-,.;\"'\n#:{}[]&*!|>%@` abc", max_size=12)


@given(st.lists(st.lists(cell, min_size=2, max_size=6), min_size=1, max_size=12))
@fast
def test_any_table_gives_a_contract_or_a_reason(tmp_path: Path, rows: list[list[str]]) -> None:
    path = tmp_path / "any.csv"
    text = "\n".join(",".join('"' + one.replace('"', '""') + '"' for one in row) for row in rows)
    path.write_text(text, encoding="utf-8")
    try:
        proposal = proposed(path)
        contract = read_contract(contract_text(proposal, Options(), None, tmp_path), tmp_path)
    except (UnreadableFile, ContractError) as error:
        assert str(error)
        return
    assert contract.columns

"""A delivery held against the last admitted one of its feed: each way of going wrong as a whole, made on purpose."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from expectations.admission import Admission, admission_folder
from ingest.home import Home
from tests.unit.held_world import HEADER, drop, fund, take

Rows = list[list[object]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One admitted file of year 2566, of two provinces."""
    made = Home(tmp_path / "home")
    drop(made, "a-2566-synthetic.csv", base())
    assert take(made)[0].status == "admitted"
    return made


def base(year: int = 2566, grow: int = 0, count: int = 60) -> Rows:
    """Sixty funds, twelve of them in another province; `grow` moves every figure."""
    return [
        fund(
            n,
            year,
            savings=40_000 + 1_000 * (n % 53) + grow * (n % 11 + 1),
            loans=900_000 + 1_000 * (n % 71) + grow * (n % 7 + 1),
            province="นครปฐม" if n > 12 else "ราชบุรี",
        )
        for n in range(1, count + 1)
    ]


def told(home: Home, rows: Rows, header: list[str] | None = None) -> tuple[Admission, pl.DataFrame]:
    """What is said of the next file, by the checks that compare."""
    drop(home, "b-next-synthetic.csv", rows, header)
    last = take(home)[-1]
    findings = pl.read_parquet(admission_folder(home, last.delivery_id) / "finding.parquet")
    ours = findings.with_columns(check=pl.col("check_id").str.split(":").list.first()).filter(
        pl.col("check").is_in(
            ["adm.unit_slip", "adm.total_moved", "adm.column_gone", "adm.column_new", "adm.blanks_rose", "adm.keys_kept",
             "adm.copied_year", "adm.province_gone", "adm.rows_moved", "adm.column_same"]
        )
    )  # fmt: skip
    return last, ours


def test_a_good_file_of_the_next_year_says_nothing(home: Home) -> None:
    last, ours = told(home, base(2567, grow=500))
    assert last.status == "admitted"
    assert ours.height == 0


def scaled(factor: float, *, only: tuple[int, ...] = (8, 9)) -> Rows:
    return [
        [cell * factor if at in only and isinstance(cell, int) else cell for at, cell in enumerate(row)]
        for row in base(2567, grow=500)
    ]


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (0.001, "multiply the whole column by 1,000"),
        (0.000001, "multiply the whole column by 1,000,000"),
        (1000, "divide"),
    ],
)
def test_a_unit_slip_of_a_whole_column_holds_the_file_with_a_suggestion(
    home: Home, factor: float, words: str
) -> None:
    last, ours = told(home, scaled(factor, only=(8,)))
    assert last.status == "held"
    slip = ours.filter(pl.col("check") == "adm.unit_slip")
    assert slip["column_name"].to_list() == ["เงินบัญชี 2"]
    assert words in slip["suggestion"][0]
    assert "a-2566-synthetic.csv" in slip["value"][0]
    assert slip["message_th"][0].startswith("เงินออม"), slip["message_th"][0]


def test_one_row_in_baht_does_not_hide_that_the_others_are_in_thousands(home: Home) -> None:
    rows = scaled(0.001, only=(8,))
    rows[5][8] = 90_000_000
    last, ours = told(home, rows)
    assert last.status == "held" and "adm.unit_slip" in ours["check"].to_list()


def test_growth_is_no_unit_slip(home: Home) -> None:
    last, ours = told(home, scaled(3))
    assert last.status == "admitted"
    assert "adm.unit_slip" not in ours["check"]


def test_a_held_file_is_no_baseline(home: Home) -> None:
    told(home, scaled(0.001))
    drop(home, "c-2567-synthetic.csv", base(2567, grow=700))
    assert [one.status for one in take(home)] == ["admitted", "held", "admitted"]


def test_last_years_file_under_a_new_year_is_held(home: Home) -> None:
    last, ours = told(home, base(2567))
    assert last.status == "held"
    assert ours["check"].to_list() == ["adm.copied_year"]
    assert "a-2566-synthetic.csv" in ours["value"][0]


@pytest.mark.parametrize("same", [0, 55_000])
def test_a_column_filled_down_with_one_figure_is_told(home: Home, same: int) -> None:
    rows = base(2567, grow=500)
    for row in rows:
        row[8] = same
    last, ours = told(home, rows)
    assert last.status == "admitted"
    found = ours.filter(pl.col("check") == "adm.column_same")
    assert found["column_name"].to_list() == ["เงินบัญชี 2"] and f"{same:,}" in found["value"][0]


def test_a_slip_in_one_rows_year_does_not_hide_that_a_file_is_last_years(home: Home) -> None:
    rows = base(2567)
    rows[3][6] = 2565
    last, ours = told(home, rows)
    assert last.status == "held" and "adm.copied_year" in ours["check"].to_list()


def test_a_correction_of_the_same_year_is_no_copy(home: Home) -> None:
    last, ours = told(home, [*base()[:-1], fund(60, savings=99_999, province="นครปฐม")])
    assert last.status == "admitted"
    assert ours.height == 0


def test_a_column_that_is_gone_or_new_is_told(home: Home) -> None:
    _, ours = told(home, [row[:9] for row in base(2567, grow=500)], HEADER[:9])
    assert ours.select("check", "column_name").rows() == [("adm.column_gone", "เงินกู้คงค้าง")]
    wider = [[*row, 3] for row in base(2568, grow=900)]
    drop(home, "d-synthetic.csv", wider, [*HEADER, "สมาชิกชาย"])
    last = take(home)[-1]
    findings = pl.read_parquet(admission_folder(home, last.delivery_id) / "finding.parquet")
    # A column that begins is nothing to mend: it is counted and not listed.
    assert findings.filter(pl.col("check_id").str.starts_with("adm.column_new")).is_empty()
    results = pl.read_parquet(admission_folder(home, last.delivery_id) / "result.parquet")
    new = results.filter(pl.col("check_id").str.starts_with("adm.column_new"))
    assert new["numerator"].to_list() == [2]


def test_a_file_of_years_gone_by_lacks_nothing_that_was_added_since(home: Home) -> None:
    rows = [row[:9] for row in base(2564, grow=-900) if row[5] == "นครปฐม"]
    last, ours = told(home, rows, HEADER[:9])
    assert last.status == "admitted"
    assert ours.height == 0


def test_a_file_is_compared_with_the_nearest_years_before_it_whatever_came_last(home: Home) -> None:
    wider = [[*row, 3] for row in base(2568, grow=900)]
    drop(home, "a-2568-synthetic.csv", wider, [*HEADER, "สมาชิกชาย"])
    assert take(home)[-1].status == "admitted"
    _, ours = told(home, [row[:9] for row in base(2567, grow=500)], HEADER[:9])
    assert ours.select("check", "column_name").rows() == [("adm.column_gone", "เงินกู้คงค้าง")]
    assert "a-2566-synthetic.csv" in ours["value"][0]


def test_a_copy_of_the_next_year_is_seen_as_well(home: Home) -> None:
    drop(home, "a-2568-synthetic.csv", base(2568, grow=900))
    assert take(home)[-1].status == "admitted"
    last, ours = told(home, base(2567, grow=900))
    assert last.status == "held"
    assert ours["check"].to_list() == ["adm.copied_year"]
    assert "a-2568-synthetic.csv" in ours["value"][0]


def test_blanks_that_rose_are_told(home: Home) -> None:
    rows = base(2567, grow=500)
    for row in rows[:30]:
        row[9] = ""
    _, ours = told(home, rows)
    assert ours.select("check", "column_name").rows() == [("adm.blanks_rose", "เงินกู้คงค้าง")]
    assert "50%" in ours["value"][0]


def test_codes_that_were_all_renumbered_are_told(home: Home) -> None:
    rows = base(2567, grow=500)
    for number, row in enumerate(rows):
        row[0] = f"9{number:07d}"
    _, ours = told(home, rows)
    assert ours["check"].to_list() == ["adm.keys_kept"]


def test_a_province_that_vanished_is_named(home: Home) -> None:
    rows = [*base(2567, grow=500)[12:], *(fund(n, 2567) for n in range(70, 82))]
    _, ours = told(home, rows)
    assert ours["check"].to_list() == ["adm.province_gone"]
    assert "ราชบุรี (12)" in ours["value"][0]


def test_a_partial_correction_blames_no_province(home: Home) -> None:
    last, ours = told(home, base()[40:])
    assert last.status == "admitted"
    assert "adm.province_gone" not in ours["check"]


def test_far_fewer_rows_than_the_year_before_are_told(home: Home) -> None:
    _, ours = told(home, base(2567, grow=500)[30:55])
    assert "adm.rows_moved" in ours["check"]


def test_the_profile_holds_no_names(home: Home) -> None:
    (path,) = home.admission.glob("*/profile.json")
    assert "กองทุนหมู่บ้าน" not in path.read_text(encoding="utf-8")
    assert pl.read_parquet(path.with_suffix(".parquet")).dtypes == [pl.UInt64, pl.UInt64]

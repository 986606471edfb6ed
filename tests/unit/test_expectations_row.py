"""Figures without other years, held against the other sums of their row: `fact.out_of_row`."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from expectations.audit_figures import make_figures
from expectations.audit_views import attach_warehouse
from expectations.catalogue import checks_by_id
from expectations.scratch import scratch
from tests.unit.figures_world import write_list

DRAW = "CREATE MACRO draw(i, what) AS (hash(i * 7919, what) % 1000003) / 1000003.0"
SAVINGS = "round(1000000 * (1 + 9 * draw(i, 's')) * (CASE WHEN y = 2023 THEN 1.05 ELSE 1 END), -2)"


def figures(folder: Path, columns: dict[str, str], *changes: str, funds: int = 300) -> pl.DataFrame:
    """`audit_figure` of a list of funds over two years: `columns` are SQL of the fund's number i and the year y. `by_zero`:
    whether `fact.fell_to_zero` as declared tells of the figure."""
    told = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    rows = f"(SELECT i, year, year AS y FROM range({funds}) AS f(i), range(2022, 2024) AS g(year))"
    path = write_list(folder, "fpo/peoples_finance", "peoples_finance", told, rows, DRAW)
    with duckdb.connect(str(path)) as con:
        for change in changes:
            con.execute(f"UPDATE fct_fund_agency_year SET {change} AND fiscal_year = 2023")
    names = (
        "source_fund_key",
        "fiscal_year",
        "field",
        "value",
        "is_out_of_row",
        "row_agrees",
        "row_usual",
        "row_power",
    )
    zero = checks_by_id()["fact.fell_to_zero"]
    by_zero = f"({zero.applies}) AND ({zero.fails})".format(**zero.threshold)
    with scratch() as database:
        attach_warehouse(database, path)
        make_figures(database, list(columns))
        found = database.rows(
            f"SELECT r.source_fund_key, a.{', a.'.join(names[1:])}, a.by_zero "
            f"FROM (SELECT *, coalesce({by_zero}, false) AS by_zero FROM audit_figure) AS a "
            "INNER JOIN figure_row AS r USING (rid)"
        )
    return pl.DataFrame(found, schema=(*names, "by_zero"), orient="row", infer_schema_length=None)


def out_of_row(found: pl.DataFrame) -> list[tuple[str, str, int]]:
    told = found.filter("is_out_of_row")
    return sorted(told.select("source_fund_key", "field", "row_power").rows())


# The capital is 1.1 times the savings, in a column that came with the second year.
NEW_COLUMN = {
    "savings_thb": SAVINGS,
    "capital_thb": f"CASE WHEN y = 2023 THEN round(1.1 * {SAVINGS} * (1 + 0.1 * draw(i, 'c')), -2) END",
}


def test_a_slip_in_a_new_column_is_told_by_the_sum_that_has_a_history(tmp_path: Path) -> None:
    found = figures(
        tmp_path,
        NEW_COLUMN,
        "capital_thb = capital_thb * 10 WHERE source_fund_key = 'S7'",
        "capital_thb = capital_thb / 1000 WHERE source_fund_key = 'S8'",
        "capital_thb = 0 WHERE source_fund_key = 'S9'",
    )
    assert out_of_row(found) == [("S7", "capital_thb", 1), ("S8", "capital_thb", -3)]
    zero = found.filter(pl.col("source_fund_key") == "S9", pl.col("field") == "capital_thb").row(
        0, named=True
    )
    savings = found.filter(pl.col("source_fund_key") == "S9", pl.col("field") == "savings_thb")["value"].max()
    assert zero["row_agrees"]
    assert 1 < zero["row_usual"] / savings < 1.3  # type: ignore[operator]


def test_where_the_other_sum_is_the_wrong_one_the_new_column_is_not_accused(tmp_path: Path) -> None:
    found = figures(tmp_path, NEW_COLUMN, "savings_thb = savings_thb * 100 WHERE source_fund_key = 'S7'")
    assert out_of_row(found) == []


def test_in_a_first_year_two_sums_that_agree_accuse_the_third(tmp_path: Path) -> None:
    new = {name: f"CASE WHEN y = 2023 THEN {factor} * {SAVINGS} * (1 + 0.2 * draw(i, '{name}')) END"
           for name, factor in (("savings_thb", 1), ("capital_thb", 1.2), ("loans_outstanding_thb", 0.8))}  # fmt: skip
    found = figures(
        tmp_path, new, "loans_outstanding_thb = loans_outstanding_thb * 1000 WHERE source_fund_key = 'S7'"
    )
    assert out_of_row(found) == [("S7", "loans_outstanding_thb", 3)]
    # Of two alone nobody knows which is wrong.
    two = {name: new[name] for name in ("savings_thb", "loans_outstanding_thb")}
    (tmp_path / "two").mkdir()
    found = figures(tmp_path / "two", two, "savings_thb = savings_thb * 1000 WHERE source_fund_key = 'S7'")
    assert out_of_row(found) == []


def test_sums_that_do_not_go_together_say_nothing(tmp_path: Path) -> None:
    apart = {**NEW_COLUMN, "capital_thb": "CASE WHEN y = 2023 THEN pow(10, 4 + 4 * draw(i, 'c')) END"}
    found = figures(tmp_path, apart, "capital_thb = capital_thb * 1000 WHERE source_fund_key = 'S7'")
    assert out_of_row(found) == []
    assert not found["row_agrees"].any()


def test_a_zero_without_other_years_is_told_where_next_to_nobody_has_zero(tmp_path: Path) -> None:
    one_year = {"savings_thb": f"CASE WHEN y = 2023 THEN {SAVINGS} END"}
    change = "savings_thb = 0 WHERE source_fund_key = 'S7'"
    found = figures(tmp_path, one_year, change, funds=900).filter("by_zero")
    assert found.select("source_fund_key", "field").rows() == [("S7", "savings_thb")]
    # Where one fund in a hundred has none, zero is an answer.
    (tmp_path / "often").mkdir()
    often = "savings_thb = 0 WHERE row_number % 100 = 7"
    assert not figures(tmp_path / "often", one_year, often, funds=900)["by_zero"].any()

"""Rows copied from last year: told where a repeat is no chance, silent where the list repeats by itself.

`fact.frozen_values` judges by the odds of `audit_repeat`; here those are looked at for lists made for it.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from expectations.audit_figures import make_figures
from expectations.audit_views import attach_warehouse
from expectations.catalogue import checks_by_id
from expectations.scratch import scratch
from tests.unit.figures_world import write_list

DRAW = "CREATE MACRO draw(i, y, what) AS (hash(i * 7919 + y * 104729, what) % 1000003) / 1000003.0"
COPIED = "S7"
FUNDS = 400


def repeats(folder: Path, *figures: str, copied: str) -> pl.DataFrame:
    """`audit_repeat` of a list of 400 funds and two years: `figures` are SQL of the fund's number i, the year y and a
    number in [0, 1) that differs for each fund, year and measure: draw(name). Of the fund `copied` the second year is
    the first again."""
    names = [column.rsplit(" AS ", 1)[1] for column in figures]
    rows = (
        f"(SELECT i, year, CASE WHEN concat('S', i) = '{copied}' THEN 2022 ELSE year END AS y "
        f"FROM range({FUNDS}) AS f(i), range(2022, 2024) AS g(year))"
    )
    path = write_list(folder, "codi/finance_organisations", "other_finance", ", ".join(figures), rows, DRAW)
    with scratch() as database:
        attach_warehouse(database, path)
        make_figures(database, names)
        columns = ("source_fund_key", "figures", "repeated", "odds", "by_chance")
        found = database.rows(
            f"SELECT {', '.join(columns)} FROM audit_repeat INNER JOIN figure_row USING (rid)"
        )
    return pl.DataFrame(found, schema=columns, orient="row")


def told(found: pl.DataFrame) -> list[str]:
    """Funds that the check as declared would tell of."""
    limits = checks_by_id()["fact.frozen_values"].threshold
    assert limits is not None
    return sorted(
        found.filter(
            pl.col("figures") >= 2,
            pl.col("repeated") == pl.col("figures"),
            pl.col("odds") <= limits["odds"],
            pl.col("by_chance") <= limits["by_chance_percent"] / 100,
        )["source_fund_key"]
    )


SAVINGS = "round(1000000 * (1 + i % 90 / 30.0) * (1 + 0.1 * draw(i, y, 's')), -2) AS savings_thb"
LOANS = "round(800000 * (1 + i % 70 / 30.0) * (1 + 0.2 * draw(i, y, 'l')), -2) AS loans_outstanding_thb"


def test_a_copied_row_of_figures_that_move_apart_is_told(tmp_path: Path) -> None:
    found = repeats(tmp_path, SAVINGS, LOANS, copied=COPIED)
    assert told(found) == [COPIED]
    assert found.filter(source_fund_key=COPIED)["by_chance"].item() < 0.1


def test_figures_so_coarse_that_many_rows_repeat_are_not_told(tmp_path: Path) -> None:
    # Four sums of a list that lends in ten-thousands: every tenth repeats, so of 400 rows some repeat whole.
    coarse = [
        f"100000 + 10000 * floor(9 * draw(i, y, '{name}')) AS {name}"
        for name in ("savings_thb", "loans_outstanding_thb")
    ]
    found = repeats(tmp_path, *coarse, copied=COPIED)
    whole = found.filter(pl.col("repeated") == pl.col("figures"))
    assert whole.height > 1
    assert told(found) == []


def test_sums_that_are_shares_of_each_other_count_once(tmp_path: Path) -> None:
    shares = (
        "round(100000 * (1 + i % 50 / 25.0) * (1 + 0.1 * draw(i, y, 's')), -2) AS loans_granted_thb",
        "2.2 * loans_granted_thb AS loans_outstanding_thb",
        "round(0.9 * loans_granted_thb, -2) AS loans_repaid_thb",
    )
    found = repeats(tmp_path, *shares, copied=COPIED)
    row = found.filter(source_fund_key=COPIED)
    assert row.select("figures", "repeated").row(0) == (3, 3)
    # One chance of about one in a hundred, not three of them: by chance some of 400 funds do the same.
    assert row["odds"].item() > -3
    assert told(found) == []


def test_a_list_full_of_copied_rows_does_not_hide_them(tmp_path: Path) -> None:
    found = repeats(
        tmp_path,
        SAVINGS.replace("draw(i, y, 's')", "draw(i, CASE WHEN i % 8 = 0 THEN 2022 ELSE y END, 's')"),
        LOANS.replace("draw(i, y, 'l')", "draw(i, CASE WHEN i % 8 = 0 THEN 2022 ELSE y END, 'l')"),
        copied=COPIED,
    )
    assert set(told(found)) == {COPIED, *(f"S{i}" for i in range(0, FUNDS, 8))}

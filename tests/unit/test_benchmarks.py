"""The benchmark's parts: what it measures, what it says of it, and that the two scripts compute the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.home import Home
from ingest.sample import write_sample

pytest.importorskip("pandas", reason="the extra `bench` is not installed: pandas is missing")
pytest.importorskip("psutil", reason="the extra `bench` is not installed: psutil is missing")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def _on_path() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Path]]:
    """One tambon a province, three years in all formats, no mistakes; and what each script made of it."""
    import run

    root = tmp_path_factory.mktemp("bench")
    write_sample(Home(root / "home"), scale=0.0005, years=3, tidy=True, feeds=run.COMPARED)
    made = {}
    for name in ("duckdb", "pandas"):
        command = [
            sys.executable,
            str(BENCHMARKS / f"{name}_script.py"),
            str(root / "home" / "inbox"),
            str(root / name),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        assert "left out" not in done.stderr
        made[name] = root / name
    return root / "home", made


def test_scripts_agree_cell_by_cell(outputs: tuple[Path, dict[str, Path]]) -> None:
    import compare

    (found,) = compare.compare(outputs[1])
    assert found.totals > 80 and found.cells > 1000
    assert (found.totals_differing, found.cells_differing) == (0, 0)
    checks = [json.loads((folder / "checks.json").read_text()) for folder in outputs[1].values()]
    assert checks[0] == checks[1] and not any(checks[0].values())


def test_scripts_read_what_the_sample_wrote(outputs: tuple[Path, dict[str, Path]]) -> None:
    home, made = outputs
    truth = pl.read_csv(home / "sample" / "truth_totals.csv").filter(pl.col("total") != 0)
    fund_year = pl.read_parquet(made["duckdb"] / "fct_fund_year.parquet")
    indicator = pl.read_parquet(made["duckdb"] / "fct_tambon_indicator_year.parquet")
    measures = [name for name in fund_year.columns if name.endswith(("_thb", "_persons"))]
    funds = (
        fund_year.unpivot(measures, index=["feed", "fiscal_year"], variable_name="measure")
        .group_by("feed", "fiscal_year", "measure")
        .agg(pl.col("value").sum())
    )
    areas = indicator.group_by(
        pl.lit("nesdc/population").alias("feed"),
        pl.col("calendar_year").alias("fiscal_year"),
        pl.col("indicator_code").alias("measure"),
    ).agg(pl.col("value").sum())
    read = pl.concat([funds, areas], how="vertical_relaxed").with_columns(
        pl.col("fiscal_year").cast(pl.Int64)
    )
    both = truth.join(read, on=["feed", "fiscal_year", "measure"], how="left")
    wrong = both.filter(pl.col("value").is_null() | ((pl.col("value") - pl.col("total")).abs() > 0.5))
    assert wrong.is_empty(), wrong
    assert fund_year["tambon_code"].null_count() == 0


def test_comparison_counts_a_changed_value(outputs: tuple[Path, dict[str, Path]], tmp_path: Path) -> None:
    import compare

    changed = tmp_path / "changed"
    changed.mkdir()
    for table in ("fct_fund_year", "fct_tambon_year"):
        frame = pl.read_parquet(outputs[1]["duckdb"] / f"{table}.parquet")
        first = pl.int_range(pl.len()) == frame["savings_thb"].is_not_null().arg_max()
        changed_value = pl.when(first).then(pl.col("savings_thb") + 7).otherwise(pl.col("savings_thb"))
        frame.with_columns(savings_thb=changed_value).write_parquet(changed / f"{table}.parquet")
    (found,) = compare.compare({"duckdb": outputs[1]["duckdb"], "changed": changed})
    assert (found.totals_differing, found.cells_differing) == (1, 1)


def test_measures_time_memory_of_children_and_failure(tmp_path: Path) -> None:
    import measure

    child = "import time; held = bytearray(120 * 2**20); time.sleep(0.6)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    cost = measure.run([sys.executable, "-c", parent], tmp_path / "log")
    assert cost.ok and cost.seconds >= 0.6
    assert 0 < cost.cpu_seconds < cost.seconds + 1
    assert cost.peak_mib > 120, "the child's memory counts too"
    failed = measure.run(
        [sys.executable, "-c", "print('why it failed'); raise SystemExit(3)"], tmp_path / "log"
    )
    assert failed.exit_code == 3 and "why it failed" in failed.errors


def test_only_new_stages_are_read(tmp_path: Path) -> None:
    import measure

    log = tmp_path / "builds" / "stages.jsonl"
    log.parent.mkdir()
    first = {"stage": "landing", "seconds": 1.0, "peak_memory_mib": 90.0}
    log.write_text(json.dumps(first) + "\n")
    before = measure.file_positions(tmp_path)
    later = log.parent / "b1" / "stages.jsonl"
    later.parent.mkdir()
    second = {"stage": "dbt", "seconds": 2.0, "peak_memory_mib": 200.0}
    later.write_text(json.dumps(second) + "\n")
    with log.open("a") as file:
        file.write(json.dumps({**first, "seconds": 3.0}) + "\n")
    assert measure.new_stages(tmp_path, before) == [{**first, "seconds": 3.0}, second]


def _case(**costs: tuple[float, float, int]) -> Any:
    import measure
    import report

    names = {name.replace("_", " "): measure.Cost(*cost) for name, cost in costs.items()}
    return report.Case("20 fiscal years", rows_in=1000, fund_years=900, costs=names)


def test_targets_are_judged_from_what_was_measured() -> None:
    import measure
    import report

    start = report.Case("start", costs={"start-up": measure.Cost(12.0, 400.0, 0)})
    good = _case(
        refresh=(27.0, 2000.0, 0),
        nothing_new=(2.0, 90.0, 0),
        duckdb=(10.0, 900.0, 0),
        pandas=(60.0, 4000.0, 0),
    )
    assert [one.met for one in report.verdicts(good, start)] == [True] * 5
    assert {one.measured for one in report.verdicts(good, start)} >= {"0.45", "1.50"}
    bad = _case(
        refresh=(61.0, 3500.0, 0),
        nothing_new=(11.0, 90.0, 0),
        duckdb=(10.0, 900.0, 0),
        pandas=(60.0, 4000.0, 0),
    )
    assert [one.met for one in report.verdicts(bad, start)] == [True, False, False, False, False]
    killed = _case(refresh=(61.0, 100.0, 0), pandas=(50.0, 9000.0, -9))
    last = report.verdicts(killed, start)[-1]
    assert last.met and "did not finish" in last.measured


def test_report_shows_stages_and_unmet_targets() -> None:
    import measure
    import report

    case = _case(refresh=(40.0, 2000.0, 0), one_changed=(20.0, 900.0, 0))
    stages = [{"stage": "conform a/b", "seconds": 4.0, "peak_memory_mib": 90.0}] * 2
    case.stages = {"refresh": stages, "one changed": stages[:1]}
    case.changed_rows = 100
    start = report.Case("start", costs={"start-up": measure.Cost(16.0, 400.0, 0)})
    start.stages = {"start-up": [{"stage": "admit a/b", "seconds": 1.0, "peak_memory_mib": 9.0}]}
    text = report.markdown([case], start, report.Case("agreement", rows_in=5), {}, {"cores": "2"})
    assert "| start-up of the job | 16.0 s | < 15 s | **no** |" in text
    assert "| conform a/b | 8.0 (90) | 4.0 (90) |" in text
    assert "3.0 s of 7.0 s (43%); whole job 20.0 s | in proportion: it has 10% of the rows | **no** |" in text
    assert "| outside any stage | 32.0 | 16.0 |" in text


def test_ten_times_the_rows_are_other_funds(tmp_path: Path) -> None:
    import run
    import source

    home = Home(tmp_path / "home")
    write_sample(home, scale=0.0005, years=1, tidy=True, feeds=run.COMPARED)
    feed = home.inbox / "nvf" / "village_funds"
    rows = run.read_text_cells(next(feed.glob("*.csv"))).height
    assert run.multiply_inbox(home.root, 3) == 3 * rows
    cells = [run.read_text_cells(one.path) for one in source.deliveries(home.inbox) if one.feed == run.NVF]
    codes = pl.concat([one["รหัสกองทุน"] for one in cells])
    assert codes.n_unique() == codes.len() == 4 * rows
    assert run.drop_changed_delivery(home.root, home.root) == rows

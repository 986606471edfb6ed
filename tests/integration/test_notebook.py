"""The worked notebook on a small release: its numbers are the marts', its chart has data, it runs as a script."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml

from ingest.contract import load_fields
from ingest.home import Home
from release import BuildMeta, CheckSummary, build_release, open_current, publish

pytest.importorskip("marimo", reason="the extra `notebooks` is not installed: marimo is missing")
pytest.importorskip("altair", reason="the extra `notebooks` is not installed: altair is missing")

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "tambon_profile.py"
MEASURES = tuple(load_fields().fund_measures)
YEARS = (2023, 2024, 2025)


def warehouse(folder: Path) -> tuple[Path, Path]:
    """Two tambons of one province, two programmes, three years; columns as in docs/architecture.md."""
    quality = folder / "quality"
    quality.mkdir(parents=True)
    blank = dict.fromkeys(MEASURES)
    years, areas = [], []
    for year in YEARS:
        for programme, savings, members in (("village_fund", 1000.5, 30.0), ("welfare_fund", None, 40.0)):
            known = {"savings_thb": savings, "members_persons": members}
            value = {k: None if v is None else v * (year - 2020) for k, v in known.items()}
            for tambon in ("500101", "500102"):
                has = tambon == "500102"
                years.append(
                    {
                        "tambon_code": tambon,
                        "programme_code": programme,
                        "fiscal_year": year,
                        "reporting_status": "reported" if has else "no_fund",
                        "funds_known": 2 if has else 0,
                        "funds_reporting": 2 if has else 0,
                        **blank,
                        **(value if has else {}),
                    }
                )
            areas.append(
                {
                    "area_level": "province",
                    "area_code": "50",
                    "programme_code": programme,
                    "fiscal_year": year,
                    "funds_known": 2,
                    "funds_reporting": 2,
                    **blank,
                    **value,
                }
            )
    profiles = [
        {
            "tambon_code": code,
            "tambon_name_th": thai,
            "tambon_name_en": english,
            "amphoe_name_th": "เมืองเชียงใหม่",
            "amphoe_name_en": "Mueang Chiang Mai",
            "province_code": "50",
            "province_name_th": "เชียงใหม่",
            "province_name_en": "Chiang Mai",
            "population_year": 2024,
            "population_total": people,
            "households_total": None,
            "fiscal_year": 2025,
            "funds_known": funds,
            "funds_reporting": funds,
        }
        for code, thai, english, people, funds in (
            ("500101", "ศรีภูมิ", "Si Phum", 12000.0, 0),
            ("500102", "พระสิงห์", "Phra Sing", 6000.0, 4),
        )
    ]
    fields = load_fields().fund_measures
    measures = [
        {
            "measure_code": code,
            "programme_code": "",
            "kind": "fund",
            "label_th": one.label_th,
            "label_en": one.label_en,
            "unit": one.unit,
            "people_or_memberships": one.people_or_memberships,
            "adds_over_time": one.adds_over_time,
            "definition_th": one.definition_th,
            "definition_en": one.definition_en,
        }
        for code, one in fields.items()
    ]
    programmes = [
        {"programme_code": code, "label_th": one.label_th, "label_en": one.label_en}
        for code, one in load_fields().programmes.items()
    ]
    numbers = {"fiscal_year": pl.Int16, **dict.fromkeys(MEASURES, pl.Float64)}
    tables = {
        "fct_tambon_year": pl.DataFrame(years, schema_overrides=numbers, infer_schema_length=None),
        "mart_area_year": pl.DataFrame(areas, schema_overrides=numbers, infer_schema_length=None),
        "mart_tambon_profile": pl.DataFrame(
            profiles, schema_overrides={"fiscal_year": pl.Int16, "households_total": pl.Float64}
        ),
        "dim_measure": pl.DataFrame(measures, infer_schema_length=None),
        "dim_programme": pl.DataFrame(programmes),
    }
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        for name, frame in tables.items():
            con.register("frame", frame.to_arrow())
            con.execute(f"CREATE TABLE {name} AS FROM frame")
    pl.DataFrame({"check_id": ["c"]}).write_parquet(quality / "dq_check.parquet")
    return folder / "warehouse.duckdb", quality


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("notebook") / "home")
    home.set_kind("synthetic")
    database, quality = warehouse(home.root.parent / "made")
    meta = BuildMeta(
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        is_synthetic=True,
        inputs=[],
        contracts=[],
        checks=CheckSummary(checks=1, passed=1),
        memory_limit="500MB",
    )
    build_release(home, "20260102T000000-abcdef", database, quality, meta)
    publish(home, "20260102T000000-abcdef")
    return home


def test_the_hand_made_tables_have_the_columns_that_dbt_publishes(home: Home) -> None:
    """Otherwise the tests below would pass on tables that no refresh makes."""
    declared = {
        model["name"]: {column["name"] for column in model["columns"]}
        for path in (ROOT / "dbt_project" / "models").rglob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models") or []
        if "columns" in model
    }
    with open_current(home) as con:
        made = con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    tables = {table for table, _ in made if not table.startswith("dq_")}
    assert tables == {
        "fct_tambon_year",
        "mart_area_year",
        "mart_tambon_profile",
        "dim_measure",
        "dim_programme",
    }
    unknown = [(table, column) for table, column in made if table in tables and column not in declared[table]]
    assert not unknown


def run_app() -> tuple[list[Any], dict[str, Any]]:
    spec = importlib.util.spec_from_file_location("tambon_profile", NOTEBOOK)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    outputs, values = module.app.run()
    return list(outputs), dict(values)


def text_of(outputs: list[Any]) -> str:
    return "\n".join(one.text for one in outputs if hasattr(one, "text"))


def test_numbers_and_chart_are_the_marts(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMBON_HOME", str(home.root))
    _, values = run_app()
    assert values["tambon"].value == "500102", "the tambon with the most funds is chosen first"
    ask = values["ask"]
    assert values["row"]["population_total"] == 6000.0

    published = ask(
        "SELECT programme_code, fiscal_year + 543, savings_thb FROM mart_area_year "
        "WHERE area_level = 'province' AND area_code = '50' AND savings_thb IS NOT NULL ORDER BY ALL"
    ).rows()
    drawn = values["chart_data"].select("programme_code", "fiscal_year_be", "value").rows()
    assert drawn == published == [("village_fund", year + 543, 1000.5 * (year - 2020)) for year in YEARS]
    chart = values["chart"].to_dict()
    assert [len(rows) for rows in chart["datasets"].values()] == [len(YEARS)]
    assert chart["encoding"]["y"]["title"] == "บาท · THB"

    held = ask(
        "SELECT count(savings_thb) + count(members_persons) FROM fct_tambon_year "
        "WHERE tambon_code = '500102' AND fiscal_year = 2025"
    ).item()
    assert values["held"].height == held == 3
    assert set(values["held"]["หน่วย · unit"]) == {"บาท · THB", "สมาชิกภาพ · memberships"}


def test_synthetic_data_and_limits_are_stated(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMBON_HOME", str(home.root))
    outputs, _ = run_app()
    shown = text_of(outputs)
    assert "ข้อมูลสังเคราะห์" in shown
    assert "Memberships are not people" in shown
    assert "ไม่มีข้อมูล · not known" in shown, "households are unknown, not zero"


def run_script(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "TAMBON_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
    }
    return subprocess.run(
        [sys.executable, str(NOTEBOOK), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        check=False,
    )


def test_runs_as_a_script_for_a_chosen_tambon(home: Home) -> None:
    done = run_script(home.root, "--tambon", "500101")
    assert done.returncode == 0, done.stderr
    assert "ข้อมูลสังเคราะห์" in done.stdout
    assert "ศรีภูมิ" in done.stdout and "500101" in done.stdout
    assert "2568  กองทุนหมู่บ้าน" in done.stdout


def test_says_so_when_nothing_is_published(tmp_path: Path) -> None:
    done = run_script(tmp_path / "empty")
    assert "Traceback" not in done.stderr
    assert "tambon refresh" in done.stdout + done.stderr

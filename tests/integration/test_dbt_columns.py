"""dbt's .yml files say the same as fields.yml and as the SQL."""

import re
import shutil
from pathlib import Path

import yaml

from ingest.contract import load_contracts, load_fields
from orchestration.dbt_columns import out_of_step
from orchestration.warehouse import PROJECT_DIR

# A model with all measures has this mark before them; others may name one or two, such as a value per head.
MARK = "# measures: kept equal to ingest/contract/fields.yml"


def described_files() -> list[Path]:
    return [path for path in PROJECT_DIR.glob("models/*/*.yml") if not path.name.startswith("unit_tests")]


def documented() -> dict[str, dict[str, dict[str, str]]]:
    models = [
        model
        for path in described_files()
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    ]
    return {model["name"]: {column["name"]: column for column in model["columns"]} for model in models}


def test_every_model_has_a_yml_and_every_column_a_description() -> None:
    models = {path.stem for suffix in ("sql", "py") for path in PROJECT_DIR.glob(f"models/*/*.{suffix}")}
    columns = documented()
    assert set(columns) == models
    assert [
        (m, c)
        for m, described in columns.items()
        for c, column in described.items()
        if not column.get("description")
    ] == []


def test_measures_are_those_of_fields_yml() -> None:
    measures = load_fields().fund_measures
    columns = documented()
    measured = {path.stem for path in described_files() if MARK in path.read_text(encoding="utf-8")}
    assert {"stg_fund_report", "fct_fund_year", "fct_tambon_year", "mart_area_year"} <= measured
    for model in measured:
        listed = [code for code in columns[model] if code in measures]
        assert listed == list(measures), f"{model}: run `python -m orchestration.dbt_columns --write`"
        for code, measure in measures.items():
            assert f"({measure.unit})" in columns[model][code]["description"]
    # all measures written out by hand would fall behind fields.yml
    by_hand = {model for model, described in columns.items() if set(measures) <= set(described)} - measured
    assert by_hand == set()
    assert out_of_step() == []


def test_a_measure_that_is_missing_is_found_and_written(tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))
    path = project / "models/core/fct_fund_year.yml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(
        whole.replace(
            '      - name: savings_thb\n        data_type: double\n        description: "Members\' savings (THB)."\n',
            "",
        )
    )
    assert path.read_text(encoding="utf-8") != whole
    assert out_of_step(project) == [path]
    out_of_step(project, write=True)
    assert path.read_text(encoding="utf-8") == whole


def test_project_file_does_not_repeat_the_measures() -> None:
    text = (PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8")
    assert not [code for code in load_fields().fund_measures if code in text]


def test_no_programme_agency_or_feed_is_named_in_sql() -> None:
    """Another agency or programme touches no dbt file; what a rule needs to know of one stands in fields.yml."""
    contracts = load_contracts()
    names = {*load_fields().programmes, *contracts, *(one.agency_code for one in contracts.values())}
    files = [*PROJECT_DIR.glob("models/**/*.sql"), *PROJECT_DIR.glob("macros/*.sql")]
    assert len(files) > 50
    quoted = {path.name: set(re.findall(r"'([^'\n]*)'", path.read_text(encoding="utf-8"))) for path in files}
    assert {name: found & names for name, found in quoted.items() if found & names} == {}

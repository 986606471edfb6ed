"""What Dagster sees: an asset a feed and model, a check a rule, a gate before publishing, a schedule and a sensor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
import yaml

from ingest.contract import load_contracts
from ingest.home import Home
from tests.integration.homes import copy_home, working_in

BANGKOK = ZoneInfo("Asia/Bangkok")


@pytest.fixture(scope="module")
def home(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    copy = copy_home(published_home, tmp_path_factory.mktemp("dagster") / "home")
    with working_in(copy):
        yield copy


@pytest.fixture(scope="module")
def definitions(home: Home) -> dg.Definitions:
    from orchestration.definitions import defs

    dg.Definitions.validate_loadable(defs)
    return defs


@pytest.fixture(scope="module")
def keys(definitions: dg.Definitions) -> set[str]:
    return {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}


@pytest.fixture(scope="module")
def manifest(home: Home) -> dict[str, dict[str, dict[str, object]]]:
    nodes: dict[str, dict[str, dict[str, object]]] = json.loads(
        (home.dagster / "dbt" / "manifest.json").read_text("utf-8")
    )
    return nodes


def checks_of(definitions: dg.Definitions) -> dict[tuple[str, str], dg.AssetCheckSpec]:
    graph = definitions.resolve_asset_graph()
    return {
        (key.asset_key.to_user_string(), key.name): graph.get_check_spec(key)
        for key in graph.asset_check_keys
    }


def test_each_stage_of_each_feed_is_an_asset(keys: set[str]) -> None:
    feeds = list(load_contracts())
    assert len(feeds) >= 18
    assert {f"{stage}/{feed}" for stage in ("landing", "conformed", "admitted") for feed in feeds} <= keys
    assert {
        "reference/tables",
        "warehouse/input",
        "quality/audit",
        "quality/tables",
        "release/current",
    } <= keys


def test_each_dbt_model_is_an_asset_and_each_test_a_check(
    definitions: dg.Definitions, keys: set[str], manifest: dict[str, dict[str, dict[str, object]]]
) -> None:
    nodes = manifest["nodes"].values()
    models = {f"warehouse/{node['name']}" for node in nodes if node["resource_type"] == "model"}
    assert len(models) > 20
    assert models <= keys
    tests = {str(node["name"]) for node in nodes if node["resource_type"] == "test"}
    shown = {name for asset, name in checks_of(definitions) if asset.startswith("warehouse/")}
    assert len(tests) > 15
    assert tests == shown, "unit tests are not checks of data"


def test_each_audit_check_of_the_catalogue_is_a_check(definitions: dg.Definitions) -> None:
    from expectations.catalogue import load_checks

    audit = {check.id.replace(".", "__") for check in load_checks() if check.stage == "audit"}
    assert len(audit) > 15
    assert {name for asset, name in checks_of(definitions) if asset == "quality/audit"} == audit
    admission = {asset for asset, name in checks_of(definitions) if name == "admission"}
    assert admission == {f"admitted/{feed}" for feed in load_contracts()}


def test_a_failed_audit_blocks_the_release(definitions: dg.Definitions) -> None:
    checks = checks_of(definitions)
    # The only gate: what fails before it is told by the audit, which is recorded and published first.
    assert [key for key, spec in checks.items() if spec.blocking] == [("quality/tables", "audit_passed")]
    graph = definitions.resolve_asset_graph()
    release = graph.get(dg.AssetKey(["release", "current"]))
    assert dg.AssetKey(["quality", "tables"]) in release.parent_keys


def test_the_job_is_the_whole_graph_in_one_process(definitions: dg.Definitions, keys: set[str]) -> None:
    job = definitions.resolve_job_def("refresh")
    assert {key.to_user_string() for key in job.asset_layer.selected_asset_keys} == keys
    assert job.executor_def.name == "in_process"


def test_what_touches_files_is_tried_again(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("refresh")
    tried_again = {
        node.name: node.retry_policy.max_retries for node in job.nodes if node.retry_policy is not None
    } | {
        node.name: policy.max_retries
        for node in job.nodes
        if (policy := getattr(node.definition, "retry_policy", None)) is not None
    }
    assert tried_again["landing"] >= 2
    # What a feed's own step touches is tried again within it (tests/unit/test_isolation.py): a fault there ends no run.
    assert not any("conformed" in name for name in tried_again), tried_again
    assert any("release" in name for name in tried_again), tried_again
    assert int(job.tags["dagster/max_retries"]) >= 1


def test_it_runs_each_night_in_bangkok_and_skips_when_nothing_changed(
    definitions: dg.Definitions, home: Home
) -> None:
    schedule = definitions.resolve_schedule_def("nightly")
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "Asia/Bangkok"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "refresh"
    night = datetime(2026, 11, 24, 2, 0, tzinfo=BANGKOK)
    context = dg.build_schedule_context(scheduled_execution_time=night)
    idle = schedule.evaluate_tick(context)
    assert not idle.run_requests
    assert idle.skip_message
    assert "no new file" in idle.skip_message


def test_a_new_file_asks_for_one_run(definitions: dg.Definitions, home: Home, tmp_path: Path) -> None:
    sensor = definitions.resolve_sensor_def("inbox_sensor")

    def look() -> list[str | None]:
        with dg.DagsterInstance.ephemeral() as instance:
            tick = sensor.evaluate_tick(dg.build_sensor_context(instance=instance))
        return [request.run_key for request in tick.run_requests or []]

    assert look() == [], "files that were refused ask for nothing"
    path = home.inbox / "codi" / "welfare_funds" / "2568_07_codi_synthetic.csv"
    path.write_text("รหัสกองทุน,ชื่อกองทุน\n1,กองทุนทดสอบ\n", encoding="utf-8")
    first, again = look(), look()
    assert len(first) == 1
    assert first[0] is not None
    assert again == first, "the same run key: Dagster runs it once"

    schedule = definitions.resolve_schedule_def("nightly")
    night = datetime(2026, 11, 24, 2, 0, tzinfo=BANGKOK)
    wanted = schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=night)).run_requests
    assert wanted is not None
    assert len(wanted) == 1
    assert "inbox" in wanted[0].tags["reason"]

    path.with_name("2568_08_codi_synthetic.csv").write_text("รหัสกองทุน,ชื่อกองทุน\n2,อื่น\n", encoding="utf-8")
    assert look() != first
    for one in path.parent.glob("2568_0[78]_codi_synthetic.csv"):
        one.unlink()


def test_nothing_phones_home(home: Home) -> None:
    config = yaml.safe_load((home.dagster / "dagster.yaml").read_text("utf-8"))
    assert config["telemetry"] == {"enabled": False}
    assert config["nux"] == {"enabled": False}
    assert config["freshness"] == {"enabled": True}


def test_the_runs_records_show_counts_and_durations(
    definitions: dg.Definitions, home: Home, keys: set[str]
) -> None:
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs()
        assert [run.status for run in runs] == [dg.DagsterRunStatus.SUCCESS]
        recorded = {
            key.to_user_string(): event.asset_materialization
            for key in definitions.resolve_asset_graph().get_all_asset_keys()
            if (event := instance.get_latest_materialization_event(key)) is not None
        }
        assert set(recorded) == keys
        conformed = recorded["conformed/nvf/village_funds"]
        assert conformed is not None
        values = {name: value.value for name, value in conformed.metadata.items()}
        assert values["dagster/row_count"] == 4 * 895 + 1
        assert values["rows_rejected"] == 12
        assert isinstance(values["seconds"], float)
        passed = instance.event_log_storage.get_asset_check_summary_records(
            [dg.AssetCheckKey(dg.AssetKey(["quality", "tables"]), "audit_passed")]
        )
        record = next(iter(passed.values())).last_check_execution_record
        assert record is not None
        assert record.status.value == "SUCCEEDED"

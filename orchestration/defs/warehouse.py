"""What dbt reads, and every dbt model and test as asset and check."""

import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from ingest.contract.kept import usable_contracts
from ingest.home import Home
from orchestration import steps
from orchestration.builds import build_for, stage
from orchestration.defs.feeds import key_of

REFERENCE_KEY = dg.AssetKey(["reference", "tables"])
INPUT_KEY = dg.AssetKey(["warehouse", "input"])


class Translator(DagsterDbtTranslator):
    """dbt's two source schemas are the two assets that make them; models keep their names, grouped by layer."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Key of a model, or of the asset that stands behind a source."""
        if dbt_resource_props["resource_type"] == "source":
            return REFERENCE_KEY if dbt_resource_props["source_name"] == "ref" else INPUT_KEY
        return dg.AssetKey(["warehouse", dbt_resource_props["name"]])

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """A dbt test as a check that does not end the run: the audit tells of it, and blocks."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec._replace(blocking=False) if spec else None

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer: staging, intermediate, core or marts."""
        fqn = dbt_resource_props["fqn"]
        return str(fqn[1]) if len(fqn) > 2 else "warehouse"


TRANSLATOR = Translator(settings=DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))


@dg.asset(key=REFERENCE_KEY, group_name="reference", kinds={"parquet"})
def reference_tables(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Gazetteer, measures, programmes, agencies and feeds as Parquet; remade only when their sources change."""
    return dg.MaterializeResult(metadata=steps.make_reference(Home.locate()))


@dg.asset(
    key=INPUT_KEY,
    deps=[
        REFERENCE_KEY,
        *(key_of("admitted", one) for one in usable_contracts(Home.locate()).contracts.values()),
    ],
    group_name="warehouse",
    kinds={"parquet"},
)
def warehouse_input(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The admitted deliveries of every feed, linked into one folder for this build."""
    began = time.perf_counter()
    build, metadata = steps.stage_input(Home.locate(), context.run.run_id)
    return dg.MaterializeResult(
        metadata={**metadata, "build_id": build.build_id, "seconds": time.perf_counter() - began}
    )


@cache
def manifest_path() -> Path:
    """dbt's manifest, parsed anew only when the project changed."""
    return steps.dbt_manifest(Home.locate())


def warehouse_models() -> dg.AssetsDefinition:
    """All dbt models as assets and all dbt tests as asset checks, built by one in-process dbt call."""

    @dbt_assets(
        manifest=manifest_path(),
        dagster_dbt_translator=TRANSLATOR,
        exclude="resource_type:unit_test",
        name="dbt",
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        home = Home.locate()
        build = build_for(home, context.run.run_id)
        with stage(home, build.build_id, "dbt"):
            run = steps.run_models(home, build, select=_selection(context))
        for event in run.events:
            message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
            yield from message.to_default_asset_events(
                manifest=manifest_path(), dagster_dbt_translator=TRANSLATOR, context=context
            )
        broken = [node for node in run.nodes if node.status == "error" and node.resource_type != "test"]
        if run.error or broken:
            # A test that fails is for the audit to judge; a model that cannot be built leaves nothing to judge.
            told = [f"{node.name}: {node.message}" for node in broken] or [str(run.error)]
            raise dg.Failure(description="dbt could not build " + "; ".join(told), allow_retries=False)

    return models


def _selection(context: dg.AssetExecutionContext) -> list[str] | None:
    """Names of the models asked for, or None for all of them."""
    if not context.is_subset:
        return None
    return sorted(key.path[-1] for key in context.selected_asset_keys)

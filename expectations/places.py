"""What a reported place comes to, told of one delivery alone: the very ladder that the warehouse resolves places by.

The models of `dbt_project` are rendered and run on the delivery's distinct places, once with the code and once by the names
alone; so a place that is told here is a place that the audit would count, and neither can drift from the other.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MODELS = Path(__file__).resolve().parents[1] / "dbt_project" / "models"
_MACROS = _MODELS.parent / "macros" / "names.sql"
_IN_ORDER = (
    "staging/stg_tambon.sql",
    "intermediate/int_tambon_name.sql",
    "intermediate/int_area_name.sql",
    "intermediate/int_place_ladder.sql",
)
_FUZZY = _MODELS / "intermediate" / "int_place_fuzzy.py"
CELLS = ("reported_tambon_code", "reported_code6", "reported_tambon", "reported_amphoe", "reported_province")
_KEYED = (
    "SELECT *, {{ name_key('reported_tambon', 'tambon') }} AS tambon_key, {{ name_key('reported_amphoe', 'amphoe') }} AS "
    "amphoe_key, {{ name_key('reported_province', 'province') }} AS province_key FROM place"
)
_DECISIONS = "SELECT *, NULL::VARCHAR AS tambon_code, NULL::VARCHAR AS reason, NULL::VARCHAR AS outcome FROM place LIMIT 0"


def places_fingerprint() -> str:
    """Hash of what a place is judged by: gazetteer, its seeds, and the models (64 hex digits)."""
    from geothai import DATA_VERSION

    from ingest.reference.build import REFERENCE_VERSION
    from ingest.reference.seeds import load_seeds

    parts = [str(DATA_VERSION), str(REFERENCE_VERSION), load_seeds().fingerprint]
    parts += [
        path.read_text(encoding="utf-8") for path in (_MACROS, _FUZZY, *(_MODELS / one for one in _IN_ORDER))
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def gazetteer() -> dict[str, pl.DataFrame]:
    """The reference tables of places, made once a process (0.2 s); nothing is read from a home or a network."""
    from ingest.reference.gazetteer import gazetteer_tables
    from ingest.reference.seeds import load_seeds

    return gazetteer_tables(load_seeds())


@cache
def _fuzzy() -> Any:
    """The Python model, which is a file of dbt's and no module of a package."""
    spec = importlib.util.spec_from_file_location("int_place_fuzzy", _FUZZY)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _rendered() -> tuple[tuple[str, str], ...]:
    """(name, SQL) of the models in order, and of the keyed places before the ladder, as dbt would render them."""
    import jinja2

    class _Adapter:
        def dispatch(self, name: str, package: str) -> Any:
            return getattr(macros, f"default__{name}")

    engine = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - our own SQL, no page
    engine.globals |= {
        "ref": lambda name: name,
        "source": lambda _, name: f"ref_{name}",
        "return": lambda text: text,
        "adapter": _Adapter(),
    }
    text = _MACROS.read_text(encoding="utf-8")
    macros = engine.from_string(text).module

    def render(sql: str) -> str:
        return engine.from_string(text + "\n" + sql).render()

    models = [(Path(one).stem, render((_MODELS / one).read_text(encoding="utf-8"))) for one in _IN_ORDER]
    ladder = models.pop()
    return (*models, ("int_place_reported", render(_KEYED)), ("stg_place_decision", _DECISIONS), ladder)


def _give(connection: DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    connection.register(f"_{name}", frame.to_arrow())
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM _{name}")
    connection.unregister(f"_{name}")


@contextmanager
def ladder() -> Iterator[Callable[[pl.DataFrame], pl.DataFrame]]:
    """The warehouse's own ladder over the gazetteer, for as many lists of places as are asked of it inside the block.

    What it is called with: `place_id` and `CELLS`, one row a place. What it gives back: one row a place with what the ladder
    and the fuzzy rung say: `known_code`, `tambon_code`, `method`, `confidence`, `reason`, `candidates` (JSON),
    `amphoe_differs`, `name_is_known` (the tambon's own name, or a former one), the keys of its names, and the areas that
    these name (`named_province_code_exact`, `named_amphoe_codes`) or are nearest to (`named_province_code`,
    `near_amphoe_code`).
    """
    import duckdb

    connection = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
    try:
        for name, table in gazetteer().items():
            _give(connection, f"ref_{name}", table)
        once, every_time = _rendered()[:-3], _rendered()[-3:]
        for name, sql in once:
            connection.execute(f"CREATE TABLE {name} AS {sql}")
        names = connection.table("int_tambon_name").pl()
        areas = connection.table("int_area_name").pl()

        def resolved(places: pl.DataFrame) -> pl.DataFrame:
            _give(connection, "place", places.select("place_id", *CELLS))
            for name, sql in every_time:
                connection.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")
            return _with_fuzzy(connection.table("int_place_ladder").pl(), names, areas)

        yield resolved
    finally:
        connection.close()


def _with_fuzzy(rungs: pl.DataFrame, names: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    left = rungs.filter("needs_fuzzy")
    told = ["tambon_code", "method", "confidence", "reason", "candidates"]
    fuzzy = _fuzzy().resolve(left, names, areas) if left.height else pl.DataFrame(schema=_fuzzy().OUTPUT)
    fuzzy = fuzzy.select(
        "place_id",
        pl.col(told).name.suffix("_fuzzy"),
        near_amphoe_code="amphoe_code",
        near_province_code="province_code",
    )
    found = rungs.join(fuzzy, on="place_id", how="left").with_columns(
        *(pl.coalesce(f"{name}_fuzzy", name).alias(name) for name in told),
        named_province_code_exact="named_province_code",
        named_province_code=pl.coalesce("named_province_code", "near_province_code"),
    )
    keys = names.select("name_key", "target_code").unique()
    is_name = found.select("place_id", name_key="tambon_key", target_code="tambon_code").join(
        keys, on=["name_key", "target_code"], how="semi"
    )
    judged: pl.DataFrame = found.with_columns(
        name_is_known=pl.col("place_id").is_in(is_name["place_id"].implode())
    )
    return judged

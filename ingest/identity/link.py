"""How likely pairs of source funds are one fund: Splink on an in-memory DuckDB."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ingest.identity import model as link_model
from ingest.identity import names
from ingest.identity.model import (
    BLOCKING,
    MODEL,
    MODEL_VERSION,
    TRAINING_BLOCK,
    Compared,
    moved,
    settings,
)
from ingest.identity.names import KIND_OF_PROGRAMME, KINDS, fund_name_core, single_byte
from ingest.identity.sources import normal_sources
from ingest.normalise import text

if TYPE_CHECKING:
    from splink import Linker

PAIR_SCHEMA: dict[str, pl.DataType] = {
    "left_key": pl.String(),
    "right_key": pl.String(),
    "probability": pl.Float64(),
    "evidence_json": pl.String(),
}
FLOOR = 0.05
"""Pairs less likely than this are not kept."""
TRAIN_FROM_FUNDS = 2_000
TRAIN_FROM_PAIRS = 2_000
U_PAIRS = 1_000_000
EM_PAIRS = 400_000
SEED = 2007
CACHED_RUNS = 4
_LEARNT_U = (
    "founded",
    "members",
    "savings",
)  # what a village has nothing to do with: strangers anywhere show it


def prepared(sources: pl.DataFrame) -> pl.DataFrame:
    """What the model compares, one row a source fund, sorted by key (`unique_id`): see the columns below.

    Numbers that one feed gives to more than one fund name nobody and are NULL; so are sizes that are not above zero.
    """
    frame = normal_sources(sources)
    name = fund_name_core(frame["fund_name"])
    bits = {kind: 1 << index for index, kind in enumerate(KINDS)}
    by_programme = pl.col("programme_code").replace_strict(
        KIND_OF_PROGRAMME, default=None, return_dtype=pl.String
    )
    digits = pl.col("juristic_number").str.replace_all("[^0-9]", "")
    registration = pl.col("registration_number").str.to_lowercase().str.replace_all(r"[\s.\-_]", "")
    return (
        frame.with_columns(
            unique_id=pl.col("source_fund_key"),
            unit=pl.col("tambon_unit_id"),
            amphoe=pl.col("amphoe_code"),
            core=single_byte(name["core"]),
            ordinal=name["number"],
            name_moo=name["moo"],
            kind=pl.coalesce(name["kind"], by_programme),
            founded=pl.col("founded_on"),
            juristic=pl.when(digits.str.contains("^[0-9]{13}$") & ~digits.str.contains("^(?:0+|1+|9+)$")).then(digits),
            registration=pl.when(registration.str.contains("[0-9]")).then(single_byte_expr(registration)),
            members=pl.when(pl.col("members_persons") > 0).then(pl.col("members_persons")),
            savings=pl.when(pl.col("savings_thb") > 0).then(pl.col("savings_thb")),
        )
        .with_columns(
            moo=pl.coalesce(pl.when(pl.col("moo") > 0).then(pl.col("moo")), "name_moo"),
            # Number one of several is often written without its number.
            ordinal=pl.when(pl.col("ordinal") > 1).then(pl.col("ordinal")),
            kinds=pl.when(name["kinds"] > 0)
            .then(name["kinds"])
            .otherwise(pl.col("kind").replace_strict(bits, default=0, return_dtype=pl.Int32)),
            juristic=_alone("juristic"),
            registration=_alone("registration"),
        )
        .with_columns(
            long_registration=pl.when(pl.col("registration").str.len_bytes() >= 7).then(pl.col("registration"))
        )
        .select(
            "unique_id", "feed_code", "family", "unit", "amphoe", "core", "moo", "ordinal", "kind", "kinds", "founded",
            "juristic", "registration", "long_registration", "members", "savings", "first_fiscal_year", "last_fiscal_year",
        )
    )  # fmt: skip


def single_byte_expr(text: pl.Expr) -> pl.Expr:
    """`single_byte` inside an expression."""
    return text.map_batches(single_byte, return_dtype=pl.String)


def _alone(column: str) -> pl.Expr:
    return pl.when(pl.len().over("feed_code", column) == 1).then(pl.col(column))


@contextmanager
def _linker(
    records: pl.DataFrame, model: tuple[Compared, ...], blocking: tuple[str, ...]
) -> Iterator[Linker]:
    """A linker on a DuckDB of its own, in memory; all it holds goes with it."""
    import duckdb
    from splink import DuckDBAPI, Linker

    # Splink speaks of every level it did not meet; what matters here stands in the evidence.
    logging.getLogger("splink").setLevel(logging.ERROR)
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": tempfile.gettempdir(),
    }
    with duckdb.connect(config=config) as connection:
        table = DuckDBAPI(connection=connection).register(records.to_arrow())
        yield Linker(table, settings(model, blocking), log_level=None, validate_settings=False)


def _learnt(linker: Linker, which: str, names: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """What a trained linker holds, by comparison and level."""
    comparisons = linker.misc.save_model_to_json()["comparisons"]
    return {
        (one["output_column_name"], level["label_for_charts"]): float(level[f"{which}_probability"])
        for one in comparisons
        if one["output_column_name"] in names
        for level in one["comparison_levels"]
        if not level.get("is_null_level") and isinstance(level.get(f"{which}_probability"), float | int)
    }


def trained(records: pl.DataFrame) -> tuple[Compared, ...]:
    """The model moved towards these records, as `prepared` gives them; the priors where they are too few.

    u of founding day and sizes from random pairs, then m by expectation maximisation on pairs of one kind in one tambon.
    """
    if records.height < TRAIN_FROM_FUNDS or _training_pairs(records) < TRAIN_FROM_PAIRS:
        return MODEL
    apart = tuple(one for one in MODEL if one.name in _LEARNT_U)
    with _linker(records, apart, BLOCKING) as sampler:
        sampler.training.estimate_u_using_random_sampling(
            max_pairs=U_PAIRS, seed=SEED, min_count_per_level=None
        )
        model = moved(MODEL, "u", _learnt(sampler, "u", _LEARNT_U))
    with _linker(records, model, (TRAINING_BLOCK,)) as learner:
        learner.training.estimate_parameters_using_expectation_maximisation(
            TRAINING_BLOCK,
            estimate_without_term_frequencies=True,
            fix_u_probabilities=True,
            max_pairs=EM_PAIRS,
            record_sample_proportion=1.0,
        )
        return moved(model, "m", _learnt(learner, "m", tuple(one.name for one in MODEL if one.learn)))


def _training_pairs(records: pl.DataFrame) -> int:
    """Pairs of the training block, counted from group sizes."""
    places = records.filter(pl.col("unit").is_not_null() & pl.col("kind").is_not_null())
    by_feed = places.group_by("unit", "kind", "feed_code").agg(pl.len().cast(pl.Int64).alias("n"))
    both = by_feed.group_by("unit", "kind").agg(
        (pl.col("n").sum() ** 2 - (pl.col("n") ** 2).sum()).alias("twice")
    )
    return int(both["twice"].sum()) // 2


def _scored(records: pl.DataFrame) -> pl.DataFrame:
    model = trained(records)
    with _linker(records, model, BLOCKING) as linker:
        found = linker.inference.predict(threshold_match_probability=FLOOR, warning_mode="never")
        predicted: pl.DataFrame = found.as_duckdbpyrelation().pl()
    left, right = pl.col("unique_id_l"), pl.col("unique_id_r")
    return predicted.select(
        left_key=pl.min_horizontal(left, right),
        right_key=pl.max_horizontal(left, right),
        probability=pl.col("match_probability"),
        evidence_json=pl.struct(_evidence(one) for one in model).struct.json_encode(),
    ).sort("left_key", "right_key")


def _evidence(one: Compared) -> pl.Expr:
    """The level met and its weight in bits."""
    # Splink numbers levels from the last (0) upwards; an unknown is -1.
    names = {len(one.levels) - 1 - index: level.name for index, level in enumerate(one.levels)} | {
        -1: "unknown"
    }
    level = pl.col(f"gamma_{one.name}").cast(pl.Int32).replace_strict(names, return_dtype=pl.String)
    return pl.struct(level=level, weight=pl.col(f"mw_{one.name}").round(1)).alias(one.name)


def _fingerprint(sources: pl.DataFrame) -> str:
    """Of the input and of everything here that has a say in the scores."""
    digest = hashlib.sha256(f"{MODEL_VERSION} {version('splink')} {version('duckdb')}".encode())
    for module in (link_model, names, text, Path(__file__)):
        digest.update(Path(module if isinstance(module, Path) else str(module.__file__)).read_bytes())
    content = io.BytesIO()
    sources.write_csv(content)  # text, for the layout of Arrow's buffers depends on how the frame came to be
    digest.update(content.getbuffer())
    return digest.hexdigest()[:24]


def score_pairs(sources: pl.DataFrame, cache: Path | None = None) -> pl.DataFrame:
    """Candidate pairs of source funds and how likely each is one fund.

    The same rows in any order give the same pairs and probabilities.

    Args:
        sources: one row a source fund (SOURCE_SCHEMA).
        cache: a folder; a run on the same input is read from there.

    Returns:
        `left_key` < `right_key`, `probability` (FLOOR to 1), `evidence_json` (each comparison's level and weight in bits);
        one row a pair, sorted. Pairs of one feed are only there where one fund ended before the other began.
    """
    frame = normal_sources(sources)
    if frame.height < 2:
        return pl.DataFrame(schema=PAIR_SCHEMA)
    if cache is None:
        return _scored(prepared(frame))
    path = cache / f"{_fingerprint(frame)}.parquet"
    try:
        kept = pl.read_parquet(path)
        if kept.schema == pl.Schema(PAIR_SCHEMA):
            os.utime(path)
            return kept
    except (OSError, pl.exceptions.PolarsError):
        pass  # absent or damaged: made anew
    pairs = _scored(prepared(frame))
    _keep(pairs, path)
    return pairs


def _keep(pairs: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".pairs-", suffix=".tmp")
    os.close(handle)
    pairs.write_parquet(name)
    Path(name).replace(path)
    old = sorted(path.parent.glob("*.parquet"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in old[CACHED_RUNS:]:
        file.unlink(missing_ok=True)

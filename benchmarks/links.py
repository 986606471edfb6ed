"""Measure fund identity: precision, recall, seconds, memory, and whether the registry depends on the order of its input.

    python benchmarks/links.py                     an invented country at national size (some 170,000 source funds)
    python benchmarks/links.py --tambons 500       a smaller one; --seed, and --messy for worse registers
    python benchmarks/links.py --spread            five seeds and five kinds of noise on a smaller country
    python benchmarks/links.py --home HOME         the sample of a home after a refresh: its warehouse and truth_links.csv

Precision and recall are of pairs across feeds: a pair is said where both source funds have one fund id. What is measured runs
in a process of its own. Exit code 1 where precision is below 0.99, recall below 0.95, or the registry is not the same for
shuffled input.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import measure
import polars as pl
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # the invented country lies with the tests

NATIONAL_TAMBONS = 7_436
PRECISION, RECALL = 0.99, 0.95
console = Console()


def sample_of(home: Path) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Sources and truth of a home: the newest build's candidates, and how many true pairs stand in no register of it."""
    import duckdb

    builds = sorted(home.glob("builds/*/warehouse.duckdb"))
    truth_file = home / "sample" / "truth_links.csv"
    if not builds or not truth_file.exists():
        raise SystemExit(f"{home} has no refreshed sample: run `tambon sample` and `tambon refresh` first")
    with duckdb.connect(str(builds[-1]), read_only=True) as connection:
        sources = connection.sql("select * from int_fund_candidate").pl()
    text = dict.fromkeys(("feed_a", "fund_code_a", "feed_b", "fund_code_b"), pl.String)
    pairs = pl.read_csv(truth_file, schema_overrides=text)
    keys = sources.select("feed_code", "fund_code", "source_fund_key")
    found = pairs.join(keys, left_on=["feed_a", "fund_code_a"], right_on=["feed_code", "fund_code"]).join(
        keys, left_on=["feed_b", "fund_code_b"], right_on=["feed_code", "fund_code"], suffix="_b"
    )
    truth = found.select(
        left_key=pl.min_horizontal("source_fund_key", "source_fund_key_b"),
        right_key=pl.max_horizontal("source_fund_key", "source_fund_key_b"),
    ).unique()
    return sources, truth, pairs.height - found.height


def said(identity: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Pairs across feeds that the identity makes one fund."""
    funds = identity.join(sources.select("source_fund_key", "feed_code"), on="source_fund_key")
    return (
        funds.join(funds, on="fund_id")
        .filter(
            (pl.col("source_fund_key") < pl.col("source_fund_key_right"))
            & (pl.col("feed_code") != pl.col("feed_code_right"))
        )
        .select(left_key="source_fund_key", right_key="source_fund_key_right")
    )


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), round(time.perf_counter() - began, 2)


def measured(folder: Path) -> dict[str, Any]:
    """Everything that is measured, in this process."""
    from ingest.identity.link import score_pairs
    from ingest.identity.registry import EVENT_SCHEMA
    from ingest.identity.resolve import resolve

    sources, truth = (pl.read_parquet(folder / f"{name}.parquet") for name in ("sources", "truth"))
    day, empty = date(2026, 1, 1), pl.DataFrame(schema=EVENT_SCHEMA)
    pairs, score_seconds = timed(lambda: score_pairs(sources, folder / "cache"))
    _, cached_seconds = timed(lambda: score_pairs(sources, folder / "cache"))
    found, resolve_seconds = timed(lambda: resolve(sources, pairs, empty, decided_on=day, build_id="b1"))
    again, again_seconds = timed(lambda: resolve(sources, pairs, found.events, decided_on=day, build_id="b2"))
    shuffled = sources.sample(fraction=1, shuffle=True, seed=7)
    other = resolve(
        shuffled,
        score_pairs(shuffled).sample(fraction=1, shuffle=True, seed=8),
        empty,
        decided_on=day,
        build_id="b1",
    )
    links = said(found.identity, sources)
    right = links.join(truth, on=["left_key", "right_key"]).height
    return {
        "source funds": sources.height,
        "pairs kept": pairs.height,
        "true pairs": truth.height,
        "linked pairs": links.height,
        "precision": round(right / max(1, links.height), 4),
        "recall": round(right / max(1, truth.height), 4),
        "waiting for a person": found.review.height,
        "seconds to score": score_seconds,
        "seconds from the cache": cached_seconds,
        "seconds to resolve": resolve_seconds,
        "seconds to resolve again": again_seconds,
        "registry the same when shuffled": other.events.equals(found.events),
        "a second build changes nothing": again.events.is_empty(),
    }


def case(sources: pl.DataFrame, truth: pl.DataFrame) -> dict[str, Any]:
    """One case in a process of its own, with its peak memory."""
    with tempfile.TemporaryDirectory(prefix="links-") as work:
        folder = Path(work)
        sources.write_parquet(folder / "sources.parquet")
        truth.write_parquet(folder / "truth.parquet")
        cost = measure.run([sys.executable, str(HERE / "links.py"), "--measure", work], folder / "log")
        if not cost.ok:
            raise SystemExit(f"the measured process ended with code {cost.exit_code}:\n{cost.errors}")
        return json.loads((folder / "result.json").read_text()) | {"peak MiB": cost.peak_mib}


def verdict(result: dict[str, Any]) -> bool:
    return bool(
        result["precision"] >= PRECISION
        and result["recall"] >= RECALL
        and result["registry the same when shuffled"]
        and result["a second build changes nothing"]
    )


def spread(tambons: int) -> None:
    """How much the figures depend on the draw and on how badly the registers are kept."""
    from tests.unit.identity_world import Noise, make_world

    usual = Noise()
    worlds = {f"usual, seed {seed}": (seed, usual) for seed in range(1, 6)} | {
        "well kept": (6, replace(usual, typo=0.02, missing_moo=0.1, missing_founded=0.1, size=0.04)),
        "more twins": (7, replace(usual, twin=0.05)),
        "more slips": (8, replace(usual, typo=0.2, bare_name=0.1)),
        "no founding days": (9, replace(usual, missing_founded=1.0)),
        "badly kept": (10, messy()),
    }
    table = Table("world", "source funds", "true pairs", "precision", "recall", "waiting", "seconds")
    for name, (seed, noise) in worlds.items():
        result = case(*make_world(tambons, seed, noise))
        table.add_row(
            name,
            *(f"{result[key]:,}" for key in ("source funds", "true pairs")),
            *(f"{result[key]:.4f}" for key in ("precision", "recall")),
            f"{result['waiting for a person']:,}",
            str(result["seconds to score"]),
        )
    console.print(table)


def messy() -> Any:
    """Registers that leave half of it out."""
    from tests.unit.identity_world import Noise

    return Noise(
        typo=0.15, bare_name=0.1, missing_moo=0.5, missing_founded=0.5, size=0.15, missing_members=0.1, missing_savings=0.2
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path)
    parser.add_argument("--tambons", type=int)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--messy", action="store_true")
    parser.add_argument("--spread", action="store_true")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        (options.measure / "result.json").write_text(json.dumps(measured(options.measure)))
        return 0
    if options.spread:
        spread(options.tambons or 1_000)
        return 0
    if options.home:
        sources, truth, absent = sample_of(options.home)
        console.print(f"{absent:,} true pairs have a fund that stands in no admitted register")
    else:
        from tests.unit.identity_world import Noise, make_world

        noise = messy() if options.messy else Noise()
        sources, truth = make_world(options.tambons or NATIONAL_TAMBONS, options.seed, noise)
    result = case(sources, truth)
    table = Table("what", "measured")
    for name, value in result.items():
        table.add_row(
            name, f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
        )
    console.print(table)
    if not options.messy and not verdict(result):
        console.print(f"not as promised: precision {PRECISION}, recall {RECALL}, one registry for any order")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

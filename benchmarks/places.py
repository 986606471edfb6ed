"""How right are places? The confusion of every way of resolving, on the sample's truth and on real names.

    python benchmarks/places.py [--home HOME] [--real FOLDER]

`--home`: a refreshed synthetic home (its truth lies in sample/). `--real`: the folder of population_by_tambon_panel.csv
and tambon_outlines.geojson.gz; real names are written in several ways, sent through a refresh in a scratch home, and
compared with their codes.
A place that names alone cannot tell (the name of a tambon without its amphoe) must stay unresolved: resolving it is luck.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import tempfile
from pathlib import Path

import polars as pl

ROOT = Path(__file__).parents[1]
DEFAULT_REAL = ROOT.parent / "shared" / "real"
RIGHT_AT_LEAST, WRONG_AT_MOST = 0.995, 0.0005
PLACE = ["reported_tambon_code", "reported_code6", "reported_tambon", "reported_amphoe", "reported_province"]


def confusion(judged: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Grain: `by`. Rows, right, wrong, unresolved among the resolvable; `luck`: resolved although nobody could know.

    `judged` has truth ('' where unresolvable), tambon_code (None where unresolved) and the columns of `by`.
    """
    resolvable = pl.col("truth") != ""
    found = pl.col("tambon_code").is_not_null()
    same = pl.col("tambon_code") == pl.col("truth")
    return (
        judged.group_by(by)
        .agg(
            rows=pl.len(),
            resolvable=resolvable.sum(),
            right=(resolvable & same).sum(),
            wrong=(resolvable & found & ~same).sum(),
            unresolved=(resolvable & ~found).sum(),
            luck=(~resolvable & found).sum(),
        )
        .sort("rows", descending=True)
    )


def verdict(judged: pl.DataFrame) -> tuple[bool, str]:
    """Whether the targets are met, and a line that says so."""
    total = confusion(judged.with_columns(all=pl.lit("all")), ["all"]).row(0, named=True)
    base = max(total["resolvable"], 1)
    right, wrong = total["right"] / base, total["wrong"] / base
    good = right >= RIGHT_AT_LEAST and wrong <= WRONG_AT_MOST and total["luck"] == 0
    line = (
        f"{total['right']:,} of {total['resolvable']:,} resolvable places right ({right:.3%}, target {RIGHT_AT_LEAST:.1%}), "
        f"{total['wrong']:,} wrong ({wrong:.4%}, at most {WRONG_AT_MOST:.2%}), {total['unresolved']:,} unresolved, "
        f"{total['luck']:,} resolved by luck (0): {'met' if good else 'MISSED'}"
    )
    return good, line


def resolved_places(marts: Path) -> pl.DataFrame:
    """Grain: reported place. The cells as reported, the tambon and the method, from a release's dim_place."""
    return pl.read_parquet(marts / "dim_place.parquet").select(*PLACE, "tambon_code", "method")


def sample_judged(home_root: Path) -> pl.DataFrame:
    """Grain: record of the newest sample in the home: truth, kind of spelling, what it was resolved to, and how."""
    current = home_root / "releases" / "current"
    places = resolved_places(current / "marts")
    deliveries = pl.read_parquet(current / "quality" / "dq_delivery.parquet").select(
        "delivery_id", "file_name"
    )
    files = [
        path
        for path in (home_root / "conformed").glob("*/*/*.parquet")
        if not path.name.endswith((".rejected.parquet", ".cells.parquet", ".typed.parquet"))
    ]
    records = pl.concat(
        [
            pl.scan_parquet(path).select("delivery_id", "sheet", "row_number", *PLACE).unique()
            for path in files
        ]
    ).collect()
    truth = pl.read_parquet(home_root / "sample" / "truth_places.parquet").with_columns(
        pl.col("delivery_file", "feed_code", "sheet", "kind").cast(pl.String)
    )
    return (
        records.join(deliveries, on="delivery_id")
        .join(
            truth,
            left_on=["file_name", "sheet", "row_number"],
            right_on=["delivery_file", "sheet", "row_number"],
        )
        .join(places, on=PLACE, how="left", nulls_equal=True)
        .select("feed_code", "kind", "method", "tambon_code", truth="tambon_code_true")
    )


def _current_codes() -> pl.Series:
    from ingest.reference.gazetteer import gazetteer_tables
    from ingest.reference.seeds import load_seeds

    return gazetteer_tables(load_seeds())["tambon"].filter("is_current")["tambon_code"]


def real_names(folder: Path, current: pl.Series) -> pl.DataFrame:
    """Grain: real name × way of writing it. tambon, amphoe, province, code, kind, truth ('' where names cannot tell).

    Outlines of codes that are not `current` are left out: what became of them is another question.
    """
    with gzip.open(folder / "tambon_outlines.geojson.gz") as file:
        features = json.load(file)["features"]
    base = pl.DataFrame([feature["properties"] for feature in features]).select(
        code="tam_code", tambon="tam_th", amphoe="amp_th", province="pro_th"
    )
    base = base.filter(pl.col("code").is_in(current.implode()))
    panel = pl.read_csv(
        folder / "population_by_tambon_panel.csv", schema_overrides={"geocode": pl.String}
    ).filter(year_ce=2021)
    registered = panel.select(code="geocode", tambon="name_th").join(
        base.select("code", "amphoe", "province"), on="code"
    )
    capital = pl.col("code").str.starts_with("10")
    blank = pl.lit(None, pl.String)

    def prefixed(*words: tuple[str, str]) -> list[pl.Expr]:
        return [
            pl.when(capital)
            .then(pl.lit(bangkok) + pl.col(name))
            .otherwise(pl.lit(word) + pl.col(name))
            .alias(name)
            for (word, bangkok), name in zip(words, ("tambon", "amphoe", "province"), strict=True)
        ]

    # A slip in the middle of the name, at a place that the code decides: a letter doubled, left out, or two exchanged.
    at = pl.max_horizontal(
        pl.lit(1), (pl.col("code").cast(pl.Int64) * 7919) % (pl.col("tambon").str.len_chars() - 1)
    )
    head, tail = pl.col("tambon").str.slice(0, at), pl.col("tambon").str.slice(at)
    letter = pl.col("tambon").str.slice(at, 1)
    long = pl.col("tambon").str.len_chars() >= 5
    few = registered.gather_every(100)  # a delivery of many such rows is held, and nothing of it is judged
    ways = {
        "as printed, cut at 16": base,
        "as registered": registered,
        "full words before": registered.with_columns(
            prefixed(("ตำบล", "แขวง"), ("อำเภอ", "เขต"), ("จังหวัด", ""))
        ),
        "short words before": registered.with_columns(prefixed(("ต.", "แขวง"), ("อ.", "เขต"), ("จ.", ""))),
        "letter doubled": registered.filter(long).with_columns(tambon=head + letter + tail),
        "letter left out": registered.filter(long).with_columns(tambon=head + tail.str.slice(1)),
        "no tone marks": registered.filter(long).with_columns(pl.col("tambon").str.replace_all("[่้๊๋]", "")),
        "no province": few.with_columns(province=blank),
        "code alone": registered.with_columns(
            tambon=blank, amphoe=blank, province=blank, _code=pl.col("code")
        ),
        "code padded as a village": registered.with_columns(_code=pl.col("code") + "00"),
        "tambon name alone": few.with_columns(amphoe=blank, province=blank),
        "tambon and province": few.with_columns(amphoe=blank),
    }
    frames = [
        frame.with_columns(
            kind=pl.lit(kind),
            truth=pl.lit("") if kind == "tambon name alone" else pl.col("code"),
            written=pl.col("_code") if "_code" in frame.columns else blank,
        ).select("kind", "truth", "written", "tambon", "amphoe", "province")
        for kind, frame in ways.items()
    ]
    named = pl.concat(frames)
    # Where two tambons have the same names throughout, nobody can tell them apart.
    alike = pl.struct("written", "tambon", "amphoe", "province")
    several = pl.col("truth").n_unique().over(alike) > 1
    # A tambon's name within a province, without its amphoe, is told only where the province has no second one of that name.
    pair = pl.struct("tambon", "province")
    twice = registered.filter(pair.is_duplicated()).select("tambon", "province", _twice=pl.lit(True)).unique()
    # And within an amphoe of unstated province only where no other province has that amphoe with that tambon.
    pair = pl.struct("tambon", "amphoe")
    again = registered.filter(pair.is_duplicated()).select("tambon", "amphoe", _again=pl.lit(True)).unique()
    named = named.join(twice, on=["tambon", "province"], how="left", nulls_equal=True).join(
        again, on=["tambon", "amphoe"], how="left", nulls_equal=True
    )
    unknowable = (
        several
        | ((pl.col("kind") == "tambon and province") & pl.col("_twice").fill_null(False))
        | ((pl.col("kind") == "no province") & pl.col("_again").fill_null(False))
    )
    return named.with_columns(truth=pl.when(unknowable).then(pl.lit("")).otherwise("truth")).drop(
        "_twice", "_again"
    )


def real_judged(folder: Path, scratch: Path) -> pl.DataFrame:
    """Send the real names through a refresh in a scratch home; the same columns as `sample_judged`."""
    from ingest.home import Home
    from ingest.normalise.text import clean_text
    from orchestration.run import run_refresh

    home = Home(scratch / "home")
    inbox = home.inbox / "nesdc" / "population"
    inbox.mkdir(parents=True)
    names = real_names(folder, _current_codes())
    named = {"written": "รหัสตำบล", "tambon": "ตำบล", "amphoe": "อำเภอ", "province": "จังหวัด"}
    # A file a way of writing: what stands twice in a delivery holds it. The scarce ways go along with the registered names.
    scarce = names.group_by("kind").len().filter(pl.col("len") < 1000)["kind"].to_list()
    files = names.with_columns(
        file=pl.when(pl.col("kind").is_in(scarce)).then(pl.lit("as registered")).otherwise("kind")
    )
    for number, (_, part) in enumerate(files.group_by("file", maintain_order=True)):
        table = part.select(list(named)).rename(named).with_columns(ปี=pl.lit(2564), ประชากรรวม=pl.lit(1))
        table.write_csv(inbox / f"names_{number:02d}.csv")
    print(f"{names.height:,} names through a refresh …", flush=True)
    os.environ["TAMBON_HOME"] = str(home.root)
    build = run_refresh(home)
    marts = home.releases / "current" / "marts"
    if build.outcome != "published":  # an audit may rightly stop so odd a home: its warehouse still tells
        import duckdb

        marts = scratch
        with duckdb.connect(str(home.builds / build.build_id / "warehouse.duckdb"), read_only=True) as con:
            con.sql("FROM dim_place").write_parquet(str(scratch / "dim_place.parquet"))
    places = resolved_places(marts).with_columns(
        written=pl.col("reported_tambon_code"),
        tambon=pl.col("reported_tambon"),
        amphoe=pl.col("reported_amphoe"),
        province=pl.col("reported_province"),
    )
    keys = ["written", "tambon", "amphoe", "province"]
    # As conforming cleans them: a mark typed twice is one.
    cleaned = [clean_text(names[key]).alias(key) for key in keys]
    names = names.with_columns(cleaned).with_columns(pl.when(pl.col(keys) != "").then(pl.col(keys)))
    return names.join(
        places.select(*keys, "tambon_code", "method").unique(keys), on=keys, how="left", nulls_equal=True
    )


def _show(title: str, judged: pl.DataFrame) -> bool:
    print(f"\n## {title}\n")
    with pl.Config(
        tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, fmt_str_lengths=40
    ):
        print(confusion(judged, ["method"]))
        print(confusion(judged, ["kind"]))
    good, line = verdict(judged)
    print(line)
    return good


def main() -> int:
    """Print both confusions; 1 where a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--home", type=Path, help="a refreshed synthetic home (default: TAMBON_HOME or ./data)"
    )
    parser.add_argument("--real", type=Path, default=DEFAULT_REAL, help="folder of the real names")
    given = parser.parse_args()
    home = given.home or Path(os.environ.get("TAMBON_HOME", "data"))
    good, shown = True, 0
    if (home / "sample" / "truth_places.parquet").is_file() and (home / "releases" / "current").exists():
        good &= _show(f"The sample's truth ({home})", sample_judged(home))
        shown += 1
    else:
        print(f"{home}: no refreshed sample here (tambon sample, tambon refresh); skipped")
    if (given.real / "tambon_outlines.geojson.gz").is_file():
        with tempfile.TemporaryDirectory(prefix="tambon-places-") as scratch:
            good &= _show("Real names", real_judged(given.real, Path(scratch)))
        shown += 1
    else:
        print(f"{given.real}: no real names here; skipped")
    return 0 if good and shown else 1


if __name__ == "__main__":
    sys.exit(main())

"""One agency's list of the groups it knows: its own codes and spellings, dates and sizes of another day, and gaps."""

from __future__ import annotations

import numpy as np
import polars as pl

from ingest.sample.changes import recode, with_changes
from ingest.sample.funds import rng_for
from ingest.sample.places import Places
from ingest.sample.spelling import register_number, spell
from ingest.sample.words import Floats

# Shares of listings whose founding day is: as in the group's own papers, 1 January of that year, a year off, not given.
FOUNDING = {"codi": (0.5, 0.22, 0.14, 0.14), "satja": (0.6, 0.15, 0.1, 0.15), "fpo": (0.4, 0.25, 0.1, 0.25)}
CONFLICTS = 0.06  # listings whose members or savings are off by more than a fifth
NUMBER_GIVEN = 0.7  # of the groups that have a registration or juristic number
RECODED_PROVINCES = (
    "20",
    "21",
    "23",
    "24",
)  # the satja network gave its groups there new codes in the newest year
_KIND_PROGRAMME = {
    "savings": "savings_group",
    "women_savers": "savings_group",
    "youth_savers": "savings_group",
    "elderly_savers": "savings_group",
    "satja": "satja_group",
    "village_bank": "village_bank",
    "credit_union": "credit_union",
    "pre_union": "credit_union",
    "revolving": "other_finance",
    "cash_savers": "other_finance",
    "community_money": "other_finance",
    "peoples": "peoples_finance",
}


def _sizes(
    rng: np.random.Generator, base: Floats, away: np.ndarray[tuple[int], np.dtype[np.bool_]], whole: int
) -> Floats:
    """Figures of another date: up to 15 % off, some much further; as they are in the group's own list."""
    n = len(base)
    near = 1 + rng.triangular(-0.15, 0.0, 0.15, n)
    low = rng.random(n) < 0.5
    far = np.where(low, rng.uniform(0.45, 0.76, n), rng.uniform(1.3, 1.9, n))
    factor = np.where(rng.random(n) < CONFLICTS, far, near)
    sizes: Floats = np.maximum(np.round(np.where(away, base * factor, base), whole), 5.0)
    return sizes


def _founded(
    rng: np.random.Generator,
    own: pl.Series,
    away: np.ndarray[tuple[int], np.dtype[np.bool_]],
    shares: tuple[float, ...],
) -> pl.Series:
    day = own.to_numpy().astype("datetime64[D]")
    year = day.astype("datetime64[Y]")
    how = rng.choice(4, len(own), p=np.array(shares))
    step = np.where(rng.random(len(own)) < 0.5, -365, 365).astype("timedelta64[D]")
    other = np.where(how == 1, year.astype("datetime64[D]"), np.where(how == 2, day + step, day))
    other = np.where(how == 3, np.datetime64("NaT"), other)
    return pl.Series(np.where(away, other, day)).cast(pl.Date)


def _codes(name: str, province: pl.Series, rng: np.random.Generator) -> pl.Series:
    """The office's own code: province and number within it, in the office's form."""
    frame = pl.DataFrame({"p": province}).with_columns(
        n=pl.int_range(pl.len()).over("p") + 1, all=pl.int_range(pl.len()) + 1
    )
    number = pl.col("n").cast(pl.String).str.zfill(4)
    forms = {
        "codi": pl.lit("OF") + pl.col("p") + number,
        "satja": pl.lit("SJ") + pl.col("p") + number,
        "cult": pl.col("p") + pl.col("all").cast(pl.String).str.zfill(5),
        "fpo": pl.lit("FPO") + (pl.col("all") + 100_000).cast(pl.String),
    }
    return frame.select(forms[name]).to_series()


def list_groups(groups: pl.DataFrame, name: str, places: Places, last_year: int, seed: int) -> pl.DataFrame:
    """The register that `name` keeps, one row a group it lists, in the order of places.

    Columns: org, tambon, moo, stem, kind, fund_code, fund_name, founded_on (NULL where not given), programme, members, savings,
    start_year, end_year, registration_number, juristic_number ('' = none), network, ratios for the yearly figures, and those
    of `changes.with_changes`.
    """
    rng = rng_for(seed, "listing", name)
    frame = groups.filter(f"in_{name}").sort("tambon", "org")
    n = frame.height
    kind = frame["kind"].to_numpy().copy()
    # A group of two lists goes by the kind of the list that has it.
    cdd_satja = (frame["in_cdd"] & frame["in_satja"]).to_numpy()
    if name == "satja":
        kind = np.where(cdd_satja & (rng.random(n) < 0.8), "satja", kind)
    elif name in ("codi", "fpo"):
        kind = np.where(cdd_satja & (rng.random(n) < 0.5), "satja", kind)
    stem = frame["stem"].to_numpy().astype(object)
    moo = frame["moo"].to_numpy()
    home = {"cdd": "in_cdd", "satja": "in_satja", "cult": "in_cult", "codi": "in_codi"}
    earlier = list(home)[: list(home).index(name)] if name in home else list(home)
    away = (
        frame.select(pl.any_horizontal(pl.col(home[one]) for one in earlier)).to_series().to_numpy()
        if earlier
        else np.zeros(n, dtype=bool)
    )
    spelled = spell(rng, kind, stem, moo, official=name == "cult")
    programme = pl.Series([_KIND_PROGRAMME[k] for k in kind.tolist()], dtype=pl.String)
    if name == "codi":
        # An officer of พอช. takes some savings groups for others of their kind.
        wrong = rng.random(n) < 0.07
        other = np.where(rng.random(n) < 0.6, "satja_group", "other_finance")
        swap = {"savings": other, "satja": np.full(n, "savings_group", dtype=object)}
        for one, instead in swap.items():
            mask = pl.Series(wrong & (kind == one))
            programme = pl.select(
                pl.when(mask).then(pl.Series(instead, dtype=pl.String)).otherwise(programme)
            ).to_series()
    elif name == "fpo":
        programme = pl.Series(["peoples_finance"]).new_from_index(0, n)
    elif name == "satja":
        programme = pl.Series(["satja_group"]).new_from_index(0, n)
    province = pl.Series(
        np.array([c[:2] for c in places.code], dtype=object)[frame["tambon"].to_numpy()], dtype=pl.String
    )
    founded = (
        frame["founded_on"] if name == "cult" else _founded(rng, frame["founded_on"], away, FOUNDING[name])
    )
    has_number = (frame["in_cult"] & (frame["kind"] == "credit_union")).to_numpy() | frame[
        "under_act"
    ].to_numpy()
    org = frame["org"].cast(pl.Int64)
    given = has_number & ((rng.random(n) < NUMBER_GIVEN) | frame["under_act"].to_numpy())
    blank = pl.Series([""]).new_from_index(0, n)
    year_text = (frame["founded_on"].dt.year() + 543).cast(pl.String)
    registered = year_text + (org % 100_000).cast(pl.String).str.zfill(5)
    ended = (rng.random(n) < 0.008) & ~away
    listed = frame.select("org", "tambon", "moo", "stem", "under_act", kind=pl.Series(kind, dtype=pl.String)).with_columns(
        fund_code=_codes(name, province, rng),
        fund_name=pl.Series(spelled, dtype=pl.String),
        founded_on=founded,
        programme=programme,
        members=pl.Series(_sizes(rng, frame["members"].to_numpy(), away, 0)),
        savings=pl.Series(_sizes(rng, frame["savings"].to_numpy(), away, -2)),
        start_year=frame["founded_on"].dt.year().cast(pl.Int64).clip(upper_bound=last_year),
        end_year=pl.Series(np.where(ended, last_year - rng.integers(1, 4, n), 9999)),
        registration_number=pl.select(pl.when(pl.Series(given)).then(registered).otherwise(blank)).to_series(),
        juristic_number=pl.select(pl.when(pl.Series(given)).then(register_number(org.to_numpy())).otherwise(blank)).to_series(),
        no_moo=pl.Series(rng.random(n) < 0.12),
        male_share=pl.Series(rng.normal(0.42, 0.07, n).clip(0.15, 0.8)),
        loan_share=pl.Series(rng.normal(0.7, 0.13, n).clip(0.1, 0.98)),
        overdue=pl.Series(np.where(rng.random(n) < 0.4, 0.0, rng.beta(1.2, 18.0, n))),
        welfare_share=pl.Series(rng.uniform(0.02, 0.12, n)),
    )  # fmt: skip
    programmes = (
        (0.01, {"satja_group": "savings_group", "other_finance": "village_bank"})
        if name == "codi"
        else (0.0, {})
    )
    listed = with_changes(listed, rng, last_year, places, programmes=programmes)
    if name == "satja":
        alone = ~(frame["in_cdd"] | frame["in_codi"] | frame["in_fpo"]).to_numpy()
        which = alone & np.isin(province.to_numpy().astype(str), RECODED_PROVINCES)
        listed = recode(listed, which, listed["fund_code"].str.replace("SJ", "ภอ-"), last_year)
    return listed

"""The synthetic registers (who exists) and their yearly values. Sizes follow published national totals.

A register is drawn at national size from the seed alone, whatever the scale and the number of
years, and then cut down to
whole tambons: the same fund is the same at every scale, and a longer run holds the shorter one.

Sources of the sizes: releases of the Royal Thai Government and CODI. Village funds 79,610 (Mar
2023) = 75,000 village +
3,872 urban + 738 military, about 13 M memberships, above 300 bn THB in accounts 1, 2 and 4, 66,000
filing, grades A+B 50,000,
C 20,000, below 7,000-8,000, overdue about 4 %. Welfare funds 5,997 with 6,885,162 members (Feb
2025), money from members, local
government, state and others 65 : 3 : 24 : 5. Savings groups: about 20,000 of the nearly 30,000
groups of all kinds.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.sample.places import BANGKOK, Ints, Places, load_places
from ingest.sample.words import Floats, village_names

VILLAGE_FUNDS, URBAN_FUNDS, MILITARY_FUNDS = 75_000, 3_872, 738
SAVINGS_GROUPS = 20_000
WELFARE_FUNDS, WELFARE_MEMBERS = 5_997, 6_885_162
WELFARE_INCOME_SHARES = (65.0, 3.0, 24.0, 5.0)
# How much of the welfare paid goes to each kind; our assumption, illness and death first.
WELFARE_KINDS = {
    "birth": 0.06,
    "illness": 0.38,
    "elderly": 0.16,
    "death": 0.27,
    "education": 0.07,
    "other": 0.06,
}
FILING_RATE = 66_000 / 79_610
GRADE_SHARES = {"A": 20_000, "B": 30_000, "C": 20_000, "below": 7_500}
POPULATION = 66_000_000
# Shares of the savings groups that also stand in another agency's list.
LINKED_WELFARE, LINKED_VILLAGE = 0.015, 0.015
# Funds that began or ended within the last `_CHURN_YEARS`, beside those there all along.
_CHURN_YEARS, _LATE_SHARE, _ENDED_FUNDS = 20, 0.02, 400


def rng_for(seed: int, *parts: str | int) -> np.random.Generator:
    """An independent stream for each purpose, so that adding a draw in one place changes no other file."""
    return np.random.default_rng([seed, *(zlib.crc32(str(part).encode()) for part in parts)])


def kept_tambons(places: Places, scale: float) -> npt.NDArray[np.bool_]:
    """The tambons whose funds a sample of this scale holds: evenly spread through each province,
    at least one of each."""
    if scale >= 1:
        return np.ones(places.size, dtype=bool)
    province = np.array([code[:2] for code in places.code])
    _, first, counts = np.unique(province, return_index=True, return_counts=True)
    kept = np.zeros(places.size, dtype=bool)
    for start, count in zip(first, counts, strict=True):
        take = max(1, round(count * scale))
        kept[start + (np.arange(take) * count) // take] = True
    return kept


def allocate(total: int, weights: Floats) -> Ints:
    """`total` in whole units, shared by weight, to the last unit (largest remainders)."""
    exact = total * weights / weights.sum()
    whole = np.floor(exact).astype(np.int64)
    short = total - int(whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:short]] += 1
    shared: Ints = whole
    return shared


@dataclass(frozen=True)
class Registers:
    """`population`: one row a tambon; `village`, `savings`, `welfare`: one row a fund that ever
    existed; `links`: row pairs.

    Every fund frame has tambon (index into Places), moo, fund_code, fund_name, start_year,
    end_year (last year in the list) and
    the base sizes of the last year. `links` has savings (row), feed (text), other (row).
    """

    population: pl.DataFrame
    village: pl.DataFrame
    savings: pl.DataFrame
    welfare: pl.DataFrame
    links: pl.DataFrame
    last_year: int
    seed: int


def _population(places: Places, seed: int) -> pl.DataFrame:
    rng = rng_for(seed, "population")
    bangkok = np.array([code[:2] == BANGKOK for code in places.code])
    weight = rng.lognormal(0.0, 0.55, places.size) * np.where(bangkok, 3.6, 1.0)
    people = allocate(POPULATION, weight)
    houses = np.round(people * rng.normal(0.42, 0.05, places.size).clip(0.28, 0.65))
    return pl.DataFrame(
        {
            "people": people,
            "male_share": rng.normal(0.489, 0.008, places.size).clip(0.45, 0.54),
            "houses": houses,
            "trend": rng.normal(0.002, 0.006, places.size),
        }
    )


def _village_register(places: Places, people: Floats, last_year: int, seed: int) -> pl.DataFrame:
    rng = rng_for(seed, "village")
    bangkok = np.array([code[:2] == BANGKOK for code in places.code])
    town = np.array([name.startswith("เมือง") for name in places.amphoe])
    villages = allocate(VILLAGE_FUNDS, np.where(bangkok, 0.0, np.sqrt(people)))
    urban = allocate(URBAN_FUNDS, np.where(bangkok, people, np.where(town, people * 0.12, 0.0)))
    military = np.bincount(
        rng.choice(places.size, MILITARY_FUNDS, p=people / people.sum()), minlength=places.size
    )
    ended = np.bincount(
        rng.choice(places.size, _ENDED_FUNDS, p=villages / villages.sum()), minlength=places.size
    )
    kinds = [("village", villages), ("urban", urban), ("military", military), ("ended", ended)]
    tambon = np.concatenate([np.repeat(np.arange(places.size), counts) for _, counts in kinds])
    kind = np.concatenate([np.full(int(counts.sum()), name, dtype=object) for name, counts in kinds])
    frame = pl.DataFrame({"tambon": tambon, "kind": pl.Series(kind, dtype=pl.String)}).sort(
        "tambon", maintain_order=True
    )
    frame = frame.with_columns(
        moo=pl.when(pl.col("kind").is_in(["village", "ended"]))
        .then((pl.col("kind").is_in(["village", "ended"])).cum_sum().over("tambon"))
        .otherwise(0)
        .cast(pl.Int64),
        nth=pl.int_range(pl.len()).over(["tambon", "kind"]) + 1,
    )
    n = frame.height
    moo = frame["moo"].to_numpy()
    at = frame["tambon"].to_numpy()
    base = village_names(at, np.where(moo > 0, moo, 200 + frame["nth"].to_numpy()))
    kinds_here = frame["kind"].to_numpy()
    nth = np.array([f" {i}" if i > 1 else "" for i in range(400)], dtype=object)[frame["nth"].to_numpy()]
    name = np.where(
        kinds_here == "urban",
        "กองทุนชุมชนเมือง ชุมชน" + base + nth,
        np.where(kinds_here == "military", "กองทุนชุมชนทหาร ค่าย" + base + nth, "กองทุนหมู่บ้าน บ้าน" + base),
    )
    has_ended = kinds_here == "ended"
    late = (rng.random(n) < _LATE_SHARE) & ~has_ended
    members = (rng.lognormal(0.0, 0.45, n) * 150 * np.where(kinds_here == "village", 1.0, 1.15)).clip(
        25, 3000
    )
    savings = members * rng.lognormal(0.0, 0.6, n) * 10_000
    return frame.with_columns(
        kind=pl.Series(np.where(has_ended, "village", kinds_here), dtype=pl.String),
        fund_code=pl.int_range(1, n + 1).cast(pl.String).str.zfill(8),
        fund_name=pl.Series(name, dtype=pl.String),
        village=pl.Series(base, dtype=pl.String),
        start_year=pl.Series(np.where(late, last_year - rng.integers(0, _CHURN_YEARS, n), 1900)),
        end_year=pl.Series(np.where(has_ended, last_year - rng.integers(1, _CHURN_YEARS, n), 9999)),
        members=pl.Series(np.round(members)),
        male_share=pl.Series(rng.normal(0.46, 0.06, n).clip(0.2, 0.8)),
        account1=pl.Series(
            rng.choice(
                [1_000_000, 1_100_000, 1_600_000, 2_100_000, 2_300_000, 3_200_000],
                n,
                p=[0.08, 0.12, 0.2, 0.3, 0.25, 0.05],
            ).astype(float)
        ),
        savings=pl.Series(np.round(savings, -2)),
        account4=pl.Series(
            np.where(rng.random(n) < 0.12, 0.0, np.round(rng.lognormal(13.2, 0.9, n).clip(0, 2e7), -2))
        ),
        overdue=pl.Series(np.where(rng.random(n) < 0.35, 0.0, rng.beta(1.2, 16.0, n))),
        juristic=pl.Series(rng.random(n) < 0.7),
        grade=pl.Series(
            rng.choice(
                np.array([*GRADE_SHARES, ""], dtype=object),
                n,
                p=[v / 79_610 for v in (*GRADE_SHARES.values(), 79_610 - sum(GRADE_SHARES.values()))],
            ),
            dtype=pl.String,
        ),
    )


def _days(rng: np.random.Generator, first_year: Ints, size: int) -> npt.NDArray[np.datetime64]:
    start = (first_year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    days: npt.NDArray[np.datetime64] = start + rng.integers(0, 270, size).astype("timedelta64[D]")
    return days


def _welfare_register(places: Places, people: Floats, last_year: int, seed: int) -> pl.DataFrame:
    rng = rng_for(seed, "welfare")
    tambon = np.sort(rng.permutation(places.size)[:WELFARE_FUNDS])
    n = len(tambon)
    founded = np.minimum(2005 + np.floor(rng.beta(1.6, 2.8, n) * 16).astype(np.int64), last_year)
    members = allocate(WELFARE_MEMBERS, np.sqrt(people[tambon]) * rng.lognormal(0.0, 0.45, n))
    seats = rng.random(n)
    area = np.where(seats < 0.3, "เทศบาลตำบล", "ตำบล")
    province = np.array([code[:2] for code in places.code[tambon]], dtype=object)
    frame = pl.DataFrame({"tambon": tambon, "province_code": pl.Series(province, dtype=pl.String)})
    code = frame.select(
        pl.concat_str(
            [
                "province_code",
                pl.lit("-"),
                (pl.int_range(pl.len()).over("province_code") + 1).cast(pl.String).str.zfill(4),
            ]
        )
    ).to_series()
    # 1:1:1 by design, 65:3:24:5 in fact: about a baht a day from each member.
    income = members * 365.0 * rng.lognormal(0.0, 0.15, n)
    return frame.with_columns(
        moo=pl.lit(0, dtype=pl.Int64),
        fund_code=code,
        fund_name=pl.Series(
            "กองทุนสวัสดิการชุมชน" + area.astype(object) + places.tambon[tambon], dtype=pl.String
        ),
        founded_on=pl.Series(_days(rng, founded, n)),
        start_year=pl.Series(founded),
        end_year=pl.lit(9999),
        members=pl.Series(members.astype(float)),
        child=pl.Series(rng.normal(0.16, 0.03, n).clip(0.05, 0.3)),
        elderly=pl.Series(rng.normal(0.24, 0.05, n).clip(0.08, 0.45)),
        disadvantaged=pl.Series(rng.normal(0.03, 0.01, n).clip(0.0, 0.08)),
        income=pl.Series(income),
        paid_share=pl.Series(rng.normal(0.6, 0.12, n).clip(0.1, 0.95)),
    )


def _savings_register(places: Places, village: pl.DataFrame, last_year: int, seed: int) -> pl.DataFrame:
    """One group in a sample of the villages, so that a village's own fund stands beside it as
    another organisation."""
    rng = rng_for(seed, "savings")
    hosts = village.with_row_index("village_row").filter((pl.col("moo") > 0) & (pl.col("end_year") == 9999))
    chosen = hosts[np.sort(rng.permutation(hosts.height)[:SAVINGS_GROUPS])]
    n = chosen.height
    founded = np.minimum(1974 + np.floor(rng.beta(3.0, 2.2, n) * 51).astype(np.int64), last_year)
    amphoe = np.array([code[:4] for code in places.code[chosen["tambon"].to_numpy()]], dtype=object)
    members = np.round((rng.lognormal(0.0, 0.5, n) * 130).clip(15, 4000))
    wordings = np.array(["กลุ่มออมทรัพย์เพื่อการผลิตบ้าน", "กลุ่มออมทรัพย์ฯ บ้าน", "กลุ่มออมทรัพย์เพื่อการผลิต บ."], dtype=object)
    prefix = wordings[rng.choice(3, n, p=[0.6, 0.25, 0.15])]
    return (
        chosen.select("village_row", "tambon", "moo", "village")
        .with_columns(amphoe_code=pl.Series(amphoe, dtype=pl.String))
        .with_columns(
            fund_code=pl.concat_str(
                [
                    pl.lit("SG-"),
                    "amphoe_code",
                    pl.lit("-"),
                    (pl.int_range(pl.len()).over("amphoe_code") + 1).cast(pl.String).str.zfill(4),
                ]
            ),
            fund_name=pl.Series(prefix, dtype=pl.String) + pl.col("village"),
            founded_on=pl.Series(_days(rng, founded, n)),
            start_year=pl.Series(founded),
            end_year=pl.Series(
                np.where(rng.random(n) < 0.01, last_year - rng.integers(1, _CHURN_YEARS, n), 9999)
            ),
            members=pl.Series(members),
            male_share=pl.Series(rng.normal(0.42, 0.07, n).clip(0.15, 0.8)),
            savings=pl.Series(np.round(members * rng.lognormal(0.0, 0.7, n) * 9_000, -1)),
            special=pl.Series(
                np.where(rng.random(n) < 0.4, 0.0, np.round(members * rng.lognormal(0.0, 0.8, n) * 900, -1))
            ),
            loan_share=pl.Series(rng.normal(0.72, 0.12, n).clip(0.1, 0.98)),
            overdue=pl.Series(np.where(rng.random(n) < 0.4, 0.0, rng.beta(1.2, 18.0, n))),
            reserve_share=pl.Series(rng.uniform(0.01, 0.08, n)),
            welfare_share=pl.Series(rng.uniform(0.002, 0.02, n)),
            level=pl.Series(rng.choice([1, 2, 3], n, p=[0.25, 0.5, 0.25])),
        )
    )


def _set(frame: pl.DataFrame, column: str, rows: Ints, values: npt.NDArray[Any]) -> pl.DataFrame:
    return frame.with_columns(
        frame[column].scatter(rows, pl.Series(values.tolist(), dtype=frame.schema[column]))
    )


def _link(
    village: pl.DataFrame, savings: pl.DataFrame, welfare: pl.DataFrame, last_year: int, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Make some savings groups the same organisation as a welfare or village fund: kindred names,
    founding day and sizes."""
    rng = rng_for(seed, "links")
    alive = savings.with_row_index("group_row").filter(pl.col("end_year") == 9999)
    by_tambon = welfare.with_row_index("other").select("tambon", pl.col("other").cast(pl.Int64))
    to_welfare = alive.join(by_tambon, on="tambon").unique("tambon", keep="first", maintain_order=True)
    picked_w = to_welfare[
        np.sort(rng.permutation(to_welfare.height)[: round(SAVINGS_GROUPS * LINKED_WELFARE)])
    ]
    rest = alive.join(picked_w.select("tambon"), on="tambon", how="anti")
    picked_v = rest[
        np.sort(rng.permutation(rest.height)[: round(SAVINGS_GROUPS * LINKED_VILLAGE)])
    ].with_columns(other=pl.col("village_row").cast(pl.Int64))
    for picked, feed in ((picked_w, "welfare"), (picked_v, "village")):
        rows, other = picked["group_row"].to_numpy().astype(np.int64), picked["other"].to_numpy()
        names = picked["village"].to_numpy()
        source = welfare if feed == "welfare" else village
        near = rng.uniform(0.98, 1.02, len(rows))
        size = np.round(source["members"].to_numpy()[other] * near)
        savings = _set(savings, "members", rows, size)
        if feed == "welfare":
            welfare = _set(welfare, "fund_name", other, "กลุ่มออมทรัพย์บ้าน" + names + " (สวัสดิการชุมชน)")
            days = welfare["founded_on"].gather(other)
            savings = savings.with_columns(savings["founded_on"].scatter(rows, days))
            savings = _set(savings, "start_year", rows, welfare["start_year"].to_numpy()[other])
            savings = _set(savings, "savings", rows, np.round(size * 2_500.0, -1))
        else:
            village = _set(village, "fund_name", other, "กลุ่มออมทรัพย์ บ." + names)
            money = source["savings"].to_numpy()[other] * near
            savings = _set(savings, "savings", rows, np.round(money, -1))
    links = pl.concat(
        [
            picked_w.select(
                savings=pl.col("group_row").cast(pl.Int64),
                feed=pl.lit("codi/welfare_funds"),
                other=pl.col("other"),
            ),
            picked_v.select(
                savings=pl.col("group_row").cast(pl.Int64),
                feed=pl.lit("nvf/village_funds"),
                other=pl.col("other"),
            ),
        ]
    )
    return village, savings, welfare, links


@lru_cache(maxsize=1)
def make_registers(last_year: int, seed: int) -> Registers:
    """Draw the four registers at national size; about a second, the last one kept."""
    places = load_places()
    population = _population(places, seed)
    people = population["people"].to_numpy().astype(np.float64)
    village = _village_register(places, people, last_year, seed)
    welfare = _welfare_register(places, people, last_year, seed)
    savings = _savings_register(places, village, last_year, seed)
    village, savings, welfare, links = _link(village, savings, welfare, last_year, seed)
    return Registers(population, village, savings, welfare, links, last_year, seed)


def in_year(register: pl.DataFrame, year: int, kept: npt.NDArray[np.bool_]) -> Ints:
    """Rows of the funds that stand in this year's list, of the kept tambons."""
    there = (register["start_year"].to_numpy() <= year) & (register["end_year"].to_numpy() >= year)
    return np.flatnonzero(there & kept[register["tambon"].to_numpy()]).astype(np.int64)


def _noise(registers: Registers, what: str, year: int, size: int, spread: float) -> Floats:
    if year == registers.last_year:
        return np.ones(size)
    return np.exp(rng_for(registers.seed, what, year).normal(0.0, spread, size))


def village_values(registers: Registers, year: int) -> dict[str, Floats]:
    """Measures of every village fund ever listed, in persons and THB; NaN throughout where no
    accounts were filed."""
    r, n = registers.village, registers.village.height
    age = registers.last_year - year
    rng = rng_for(registers.seed, "village filing", year)
    filed = rng.random(n) < FILING_RATE
    members = np.maximum(
        np.round(r["members"].to_numpy() * 0.99**age * _noise(registers, "vm", year, n, 0.03)), 10.0
    )
    male = np.round(members * r["male_share"].to_numpy())
    savings = np.round(r["savings"].to_numpy() * 0.95**age * _noise(registers, "vs", year, n, 0.05))
    account1 = np.maximum(r["account1"].to_numpy() - 100_000.0 * (age // 5), 1_000_000.0)
    other = np.round(r["account4"].to_numpy() * 0.97**age)
    loans = np.round((account1 + savings * 0.6) * 0.85 * np.exp(rng.normal(0, 0.05, n)), -2)
    overdue = np.round(loans * r["overdue"].to_numpy() * np.exp(rng.normal(0, 0.2, n)).clip(0, 2), -2)
    values = {
        "members_persons": members,
        "members_male_persons": male,
        "members_female_persons": members - male,
        "government_capital_thb": account1,
        "savings_thb": savings,
        "other_capital_thb": other,
        "loans_outstanding_thb": loans,
        "loans_overdue_thb": np.minimum(overdue, loans),
        "borrowers_persons": np.round(members * rng.uniform(0.4, 0.8, n)),
    }
    return {name: np.where(filed, column, np.nan) for name, column in values.items()}


def savings_values(registers: Registers, year: int) -> dict[str, Floats]:
    """Measures of every savings group ever listed, in persons and THB."""
    r, n = registers.savings, registers.savings.height
    age = registers.last_year - year
    rng = rng_for(registers.seed, "savings year", year)
    members = np.maximum(
        np.round(r["members"].to_numpy() * 0.985**age * _noise(registers, "gm", year, n, 0.03)), 8.0
    )
    male = np.round(members * r["male_share"].to_numpy())
    savings = np.round(r["savings"].to_numpy() * 0.94**age * _noise(registers, "gs", year, n, 0.05), -1)
    loans = np.round(savings * r["loan_share"].to_numpy() * np.exp(rng.normal(0, 0.05, n)), -1)
    return {
        "members_male_persons": male,
        "members_female_persons": members - male,
        "members_persons": members,
        "savings_thb": savings,
        "special_deposits_thb": np.round(r["special"].to_numpy() * 0.96**age, -1),
        "loans_outstanding_thb": loans,
        "loans_overdue_thb": np.round(loans * r["overdue"].to_numpy() * rng.uniform(0.7, 1.3, n), -1).clip(
            0, loans
        ),
        "reserve_thb": np.round(savings * r["reserve_share"].to_numpy(), -1),
        "welfare_paid_thb": np.round(savings * r["welfare_share"].to_numpy() * rng.uniform(0.6, 1.4, n), -1),
    }


def _by_kind(registers: Registers, year: int, paid: Floats) -> dict[str, Floats]:
    """Welfare paid by kind in whole hundreds; what is left over is of other kinds, so that the parts make the total."""
    rng = rng_for(registers.seed, "welfare kinds", year)
    left, out = paid.copy(), {}
    for kind, share in WELFARE_KINDS.items():
        part = np.minimum(np.round(paid * share * rng.uniform(0.6, 1.3, len(paid)), -2), left)
        out[f"welfare_paid_{kind}_thb"] = left if kind == "other" else part
        left = left - part
    return out


def welfare_values(registers: Registers, year: int) -> dict[str, Floats]:
    """Measures of every welfare fund ever listed, in persons and THB (whole hundreds, so that
    ล้านบาท with 4 decimals is exact)."""
    r, n = registers.welfare, registers.welfare.height
    age = registers.last_year - year
    rng = rng_for(registers.seed, "welfare year", year)
    members = np.maximum(
        np.round(r["members"].to_numpy() * 0.97**age * _noise(registers, "wm", year, n, 0.02)), 20.0
    )
    child, elderly, weak = (
        np.floor(members * r[c].to_numpy()) for c in ("child", "elderly", "disadvantaged")
    )
    income = r["income"].to_numpy() * 0.96**age
    shares = np.array(WELFARE_INCOME_SHARES) / sum(WELFARE_INCOME_SHARES)
    parts = [np.round(income * share * rng.uniform(0.9, 1.1, n), -2) for share in shares]
    # Many local governments give nothing in a year; those that give, give more.
    giving = rng.random(n) < 0.6
    parts[1] = np.where(giving, np.round(parts[1] / 0.6, -2), 0.0)
    paid = np.round(income * r["paid_share"].to_numpy() * rng.uniform(0.9, 1.1, n), -2)
    beneficiaries = np.round(members * rng.uniform(0.05, 0.2, n))
    return {
        "members_persons": members,
        "members_child_persons": child,
        "members_working_persons": members - child - elderly - weak,
        "members_elderly_persons": elderly,
        "members_disadvantaged_persons": weak,
        "income_members_thb": parts[0],
        "income_local_government_thb": parts[1],
        "income_state_thb": parts[2],
        "income_other_thb": parts[3],
        "welfare_paid_thb": paid,
        "beneficiaries_persons": beneficiaries,
        **_by_kind(registers, year, paid),
    }


def population_values(registers: Registers, year: int) -> dict[str, Floats]:
    """Synthetic registered population and houses of every current tambon at the end of the calendar year."""
    r, n = registers.population, registers.population.height
    age = registers.last_year - year
    grown = (1 + r["trend"].to_numpy()) ** -age * _noise(registers, "pp", year, n, 0.004)
    people = np.round(r["people"].to_numpy() * grown)
    male = np.round(people * r["male_share"].to_numpy())
    return {
        "population_male": male,
        "population_female": people - male,
        "population_total": people,
        "households_total": np.round(r["houses"].to_numpy() * (1 - 0.018) ** age),
    }

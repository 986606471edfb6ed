"""Yearly figures of the registers in `groups` and `others`: arrays over the whole register, persons and THB.

The last year's figures are the register's own; earlier years are smaller and carry a little noise, so that years can be
compared. Money is in whole hundreds: ล้านบาท with four decimals, and พันบาท with one, are exact.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ingest.sample.funds import Registers, rng_for, welfare_values
from ingest.sample.groups import make_groups
from ingest.sample.others import make_others
from ingest.sample.words import Floats

Numbers = dict[str, Floats]
CHILD_SHARE, ELDERLY_SHARE, DISABLED_SHARE, CARD_SHARE = 0.035, 0.16, 0.03, 0.2


def _moved(
    registers: Registers, what: str, year: int, base: Floats, rate: float, spread: float = 0.03
) -> Floats:
    """The base of the last year brought back to `year`: shrunk by `rate` a year, with noise."""
    age = registers.last_year - year
    noise = (
        np.exp(rng_for(registers.seed, what, year).normal(0.0, spread, len(base)))
        if age
        else np.ones(len(base))
    )
    moved: Floats = base * (1 - rate) ** age * noise
    return moved


def _money(values: Floats) -> Floats:
    rounded: Floats = np.maximum(np.round(values, -2), 0.0)
    return rounded


def _column(frame: pl.DataFrame, name: str) -> Floats:
    values: Floats = frame[name].to_numpy().astype(np.float64)
    return values


def _lending(
    registers: Registers, feed: str, year: int, frame: pl.DataFrame, savings: Floats
) -> tuple[Floats, Floats]:
    """Loans outstanding and overdue of groups that lend their savings."""
    rng = rng_for(registers.seed, feed, "lending", year)
    loans = _money(savings * _column(frame, "loan_share") * np.exp(rng.normal(0, 0.05, frame.height)))
    return loans, np.minimum(
        _money(loans * _column(frame, "overdue") * rng.uniform(0.8, 1.2, frame.height)), loans
    )


def _members(registers: Registers, feed: str, year: int, frame: pl.DataFrame, rate: float = 0.015) -> Floats:
    return np.maximum(
        np.round(_moved(registers, feed + " members", year, _column(frame, "members"), rate, 0.02)), 5.0
    )


def register_values(registers: Registers, year: int) -> Numbers:
    """codi/finance_organisations."""
    frame, feed = make_groups(registers.last_year, registers.seed).listed["codi"], "codi register"
    savings = _money(_moved(registers, feed + " savings", year, _column(frame, "savings"), 0.05))
    loans, overdue = _lending(registers, feed, year, frame, savings)
    return {
        "members_persons": _members(registers, feed, year, frame),
        "savings_thb": savings,
        "loans_outstanding_thb": loans,
        "loans_overdue_thb": overdue,
    }


def satja_values(registers: Registers, year: int) -> Numbers:
    """satja/groups."""
    frame, feed = make_groups(registers.last_year, registers.seed).listed["satja"], "satja"
    savings = _money(_moved(registers, feed + " savings", year, _column(frame, "savings"), 0.05))
    loans, overdue = _lending(registers, feed, year, frame, savings)
    members = _members(registers, feed, year, frame)
    male = np.round(members * _column(frame, "male_share"))
    welfare = _money(savings * _column(frame, "welfare_share"))
    return {
        "members_male_persons": male,
        "members_female_persons": members - male,
        "members_persons": members,
        "savings_thb": savings,
        "welfare_fund_thb": welfare,
        "loans_outstanding_thb": loans,
        "loans_overdue_thb": overdue,
        "welfare_paid_thb": _money(welfare * 0.2),
    }


def union_values(registers: Registers, year: int) -> Numbers:
    """cult/credit_unions. Assets are what members hold, the reserve and other debts."""
    frame, feed = make_groups(registers.last_year, registers.seed).listed["cult"], "cult"
    shares = _money(_moved(registers, feed + " shares", year, _column(frame, "savings"), 0.05))
    deposits = _money(shares * (0.25 + _column(frame, "welfare_share") * 3))
    loans, overdue = _lending(registers, feed, year, frame, shares + deposits)
    reserve = _money(shares * 0.08)
    return {
        "members_persons": _members(registers, feed, year, frame),
        "share_capital_thb": shares,
        "deposits_thb": deposits,
        "reserve_thb": reserve,
        "assets_thb": _money((shares + deposits + reserve) * 1.06),
        "loans_outstanding_thb": loans,
        "loans_overdue_thb": overdue,
    }


def people_values(registers: Registers, year: int) -> Numbers:
    """fpo/peoples_finance."""
    frame, feed = make_groups(registers.last_year, registers.seed).listed["fpo"], "fpo"
    savings = _money(_moved(registers, feed + " savings", year, _column(frame, "savings"), 0.05))
    return {
        "members_persons": _members(registers, feed, year, frame),
        "capital_thb": _money(savings * 1.1),
        "savings_thb": savings,
        "loans_outstanding_thb": _lending(registers, feed, year, frame, savings)[0],
    }


def institution_values(registers: Registers, year: int) -> Numbers:
    """nvf/community_institutions."""
    frame, feed = make_others(registers.last_year, registers.seed).institutions, "institutions"
    rng = rng_for(registers.seed, feed, year)
    savings = _money(_moved(registers, feed + " savings", year, _column(frame, "savings"), 0.06))
    government = _column(frame, "funds") * 1_000_000.0
    loans = _money((government + savings) * 0.75 * np.exp(rng.normal(0, 0.05, frame.height)))
    members = _members(registers, feed, year, frame)
    return {
        "member_funds": _column(frame, "funds"),
        "members_persons": members,
        "government_capital_thb": government,
        "savings_thb": savings,
        "other_capital_thb": _money(savings * 0.12),
        "loans_outstanding_thb": loans,
        "loans_overdue_thb": np.minimum(_money(loans * _column(frame, "overdue")), loans),
        "borrowers_persons": np.round(members * rng.uniform(0.3, 0.7, frame.height)),
    }


def poverty_fund_values(registers: Registers, year: int) -> Numbers:
    """cdd/poverty_funds: lent, never at interest, and never more than there is."""
    frame = make_others(registers.last_year, registers.seed).poverty
    rng = rng_for(registers.seed, "poverty fund", year)
    target, capital = _column(frame, "target"), _column(frame, "capital")
    borrowing = np.minimum(
        np.round(_column(frame, "borrowing") * rng.uniform(0.8, 1.1, frame.height)), target
    )
    loans = np.minimum(_money(capital * rng.uniform(0.3, 0.98, frame.height)), capital)
    return {
        "target_households": target,
        "borrowing_households": borrowing,
        "government_capital_thb": np.full(frame.height, 280_000.0),
        "capital_thb": capital,
        "loans_outstanding_thb": loans,
        "loans_granted_thb": _money(loans * rng.uniform(0.3, 0.9, frame.height)),
    }


def women_values(registers: Registers, year: int) -> Numbers:
    """cdd/women_funds."""
    frame, feed = make_others(registers.last_year, registers.seed).women, "women"
    lent = _money(_moved(registers, feed + " lent", year, _column(frame, "lent"), 0.02, 0.1))
    loans = _money(lent * 2.2)
    return {
        "members_individual_persons": _members(registers, feed, year, frame),
        "member_organisations": np.round(
            _moved(registers, feed + " bodies", year, _column(frame, "organisations"), 0.01)
        ),
        "loans_granted_thb": lent,
        "loans_repaid_thb": _money(lent * _column(frame, "repaid")),
        "loans_outstanding_thb": loans,
        "loans_overdue_thb": np.minimum(_money(loans * _column(frame, "overdue")), loans),
    }


def enterprise_values(registers: Registers, year: int) -> Numbers:
    """doae/community_enterprises."""
    frame, feed = make_others(registers.last_year, registers.seed).enterprises, "enterprises"
    return {
        "members_persons": _members(registers, feed, year, frame, 0.005),
        "capital_thb": _money(
            _moved(registers, feed + " capital", year, _column(frame, "capital"), 0.04, 0.05)
        )
        + 100.0,
    }


def _site_values(registers: Registers, year: int, frame: pl.DataFrame, feed: str) -> Numbers:
    return {
        "learners_persons": np.round(
            _moved(registers, feed + " learners", year, _column(frame, "learners"), 0.02, 0.1)
        ),
        "latitude": _column(frame, "latitude"),
        "longitude": _column(frame, "longitude"),
    }


def centre_values(registers: Registers, year: int) -> Numbers:
    """nfe/learning_centres."""
    return _site_values(registers, year, make_others(registers.last_year, registers.seed).centres, "nfe")


def pilot_values(registers: Registers, year: int) -> Numbers:
    """codi/pilots."""
    return _site_values(registers, year, make_others(registers.last_year, registers.seed).pilots, "pilots")


def poverty_values(registers: Registers, year: int) -> Numbers:
    """nesdc/poverty: every tambon. Who is poor in a dimension is poor, and nobody is poor who was not surveyed."""
    rng = rng_for(registers.seed, "poverty", year)
    fixed = rng_for(registers.seed, "poverty base")
    people = _column(registers.population, "people")
    n = len(people)
    surveyed = np.round(people * fixed.uniform(0.4, 0.7, n) * rng.uniform(0.98, 1.02, n))
    share = fixed.beta(1.4, 30.0, n) * 1.03 ** (registers.last_year - year)
    poor = np.round(surveyed * share.clip(0, 0.6))
    parts = {
        name: np.floor(poor * fixed.uniform(low, high, n))
        for name, low, high in (
            ("health", 0.1, 0.4), ("living", 0.1, 0.35), ("education", 0.2, 0.6), ("income", 0.2, 0.7), ("access", 0.0, 0.05)
        )
    }  # fmt: skip
    return {
        "poverty_surveyed_persons": surveyed,
        "poverty_poor_persons": poor,
        **{f"poverty_{name}_persons": values for name, values in parts.items()},
    }


def state_welfare_values(registers: Registers, year: int) -> Numbers:
    """msdhs/welfare: every tambon. Recipients are the sum over groups; matching money is what the tambon's welfare fund got."""
    rng = rng_for(registers.seed, "state welfare", year)
    people = _column(registers.population, "people")
    n = len(people)
    groups = {
        name: np.round(people * share * rng.uniform(0.85, 1.15, n))
        for name, share in (
            ("elderly", ELDERLY_SHARE), ("disabled", DISABLED_SHARE), ("child", CHILD_SHARE), ("card", CARD_SHARE)
        )
    }  # fmt: skip
    fund = registers.welfare
    there = (fund["start_year"] <= year).to_numpy()
    paid = np.where(there, welfare_values(registers, year)["income_state_thb"], 0.0)
    matching = np.bincount(fund["tambon"].to_numpy(), paid, minlength=n)
    return {
        "welfare_recipients_persons": np.sum(list(groups.values()), axis=0),
        **{f"welfare_{name}_persons": values for name, values in groups.items()},
        "welfare_matching_thb": matching,
    }

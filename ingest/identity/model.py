"""The link model: what is compared, in which levels, and how much each level says before any data is seen.

`m` is how often a level is met among pairs that are one fund, `u` among candidate pairs that are not (same tambon, two feeds).
The weight of a level is log2(m / u), added up over the comparisons. These numbers are priors, written down from how the
registers are kept (a tambon has about eleven villages; registers lag each other by a year or two), not tuned to any sample.
Where there is enough data, those marked `learn` are moved towards it, by no more than a factor of MOVE.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

MODEL_VERSION = 1
PRIOR = 1 / 32
"""How likely two funds of one tambon and family, from two feeds, are one: of some thirty there, about one."""
MOVE = 4.0
"""Training may move a prior by this factor at most: a country without a single link must not teach that strangers are one."""
LEAST = 1e-6


@dataclass(frozen=True)
class Level:
    """One level of a comparison; `sql` speaks of the columns with _l and _r. The first whose condition holds is taken."""

    name: str
    sql: str
    m: float
    u: float


@dataclass(frozen=True)
class Compared:
    """One comparison. Its first level is `unknown` (weight 0) where `unknown` is given."""

    name: str
    levels: tuple[Level, ...]
    unknown: str = ""
    learn: bool = False


def _both(column: str) -> str:
    return f"{column}_l is not null and {column}_r is not null"


_SAME_CORE = "core_l = core_r"
_SHORTER = "least(strlen(core_l), strlen(core_r))"
# Letters are single bytes here, so the distance counts letters. A slip or two in a long name, none in a short one.
_NEAR_CORE = f"damerau_levenshtein(core_l, core_r) <= (case when {_SHORTER} >= 7 then 2 when {_SHORTER} >= 4 then 1 else 0 end)"
# A name cut short, or with words before or after it that were not known as such.
_PART_OF = (
    f"({_SHORTER} >= 4 and (starts_with(core_l, core_r) or starts_with(core_r, core_l)"
    " or ends_with(core_l, core_r) or ends_with(core_r, core_l)))"
)
_CLOSE_CORE = f"({_NEAR_CORE} or {_PART_OF})"
_NO_CORE = "(core_l is null or core_r is null)"
_SAME_MOO = "moo_l = moo_r"
_NO_MOO = "(moo_l is null or moo_r is null)"

# Name and village number say the same thing (which village), so they are one comparison: apart they would count it twice.
VILLAGE = Compared(
    "village",
    (
        Level("same_name_same_moo", f"{_SAME_CORE} and {_SAME_MOO}", 0.44, 0.004),
        Level("near_name_same_moo", f"{_CLOSE_CORE} and {_SAME_MOO}", 0.16, 0.003),
        Level("same_name", f"{_SAME_CORE} and {_NO_MOO}", 0.20, 0.004),
        Level("near_name", f"{_CLOSE_CORE} and {_NO_MOO}", 0.10, 0.006),
        Level("same_moo", f"{_NO_CORE} and {_SAME_MOO}", 0.02, 0.002),
        Level("other_name_same_moo", _SAME_MOO, 0.04, 0.08),
        Level("same_name_other_moo", _SAME_CORE, 0.015, 0.01),
        Level("near_name_other_moo", _CLOSE_CORE, 0.005, 0.01),
        Level("other_village", "ELSE", 0.02, 0.88),
    ),
    unknown=f"{_NO_CORE} and {_NO_MOO}",
    learn=True,
)

# All organisations of a village bear its name, each in its own register. So where the kinds differ, this takes back what the
# village gave, and only size and founding day together can still link.
KIND = Compared(
    "kind",
    (
        # A bare name in a register of many kinds fits every organisation of its village.
        Level("no_kind", "(kind_l is null or kind_r is null) and family_l = family_r", 0.05, 0.12),
        Level("no_kind_other_family", "kind_l is null or kind_r is null", 0.002, 0.3),
        Level("same_kind", "kind_l = kind_r", 0.88, 0.25),
        Level("shared_kind", "(kinds_l & kinds_r) > 0", 0.08, 0.12),
        Level("other_kind", "family_l = family_r", 0.004, 0.6),
        Level("other_kind_other_family", "ELSE", 0.001, 0.8),
    ),
)

_YEARS_APART = "abs(year(founded_l) - year(founded_r))"
FOUNDED = Compared(
    "founded",
    (
        # Registers that know the year only write its first day.
        Level(
            "same_day",
            "founded_l = founded_r and not (month(founded_l) = 1 and day(founded_l) = 1)",
            0.5,
            0.0008,
        ),
        Level(
            "near_day",
            f"({_YEARS_APART} <= 1 and month(founded_l) = month(founded_r) and day(founded_l) = day(founded_r)"
            " and not (month(founded_l) = 1 and day(founded_l) = 1))"
            f" or ({_YEARS_APART} = 0 and month(founded_l) = day(founded_r) and day(founded_l) = month(founded_r))",
            0.1,
            0.001,
        ),
        Level("same_year", f"{_YEARS_APART} = 0", 0.22, 0.035),
        Level("near_year", f"{_YEARS_APART} = 1", 0.1, 0.065),
        Level("other_year", "ELSE", 0.08, 0.9),
    ),
    unknown="founded_l is null or founded_r is null",
    learn=True,
)


def _sizes(column: str, name: str, shares: tuple[tuple[float, float], ...]) -> Compared:
    """Two sizes, by how far they are apart as a share of the greater: 1, 5, 16 and 35 per cent."""
    apart = f"abs({column}_l - {column}_r) / greatest({column}_l, {column}_r)"
    steps = (
        ("same", f"{apart} <= 0.01"),
        ("near", f"{apart} <= 0.05"),
        ("like", f"{apart} <= 0.16"),
        ("unlike", f"{apart} <= 0.35"),
        ("other", "ELSE"),
    )
    return Compared(
        name,
        tuple(Level(step, sql, *share) for (step, sql), share in zip(steps, shares, strict=True)),
        unknown=f"{column}_l is null or {column}_r is null",
        learn=True,
    )


MEMBERS = _sizes("members", "members", ((0.25, 0.02), (0.25, 0.05), (0.32, 0.12), (0.13, 0.19), (0.05, 0.62)))
SAVINGS = _sizes("savings", "savings", ((0.2, 0.01), (0.25, 0.03), (0.35, 0.09), (0.12, 0.15), (0.08, 0.72)))

# A number of thirteen digits belongs to one juristic person; a short registration number starts anew in every province.
NUMBERS = Compared(
    "numbers",
    (
        Level("same_juristic", "juristic_l = juristic_r", 0.6, 0.00002),
        Level(
            "same_registration",
            "registration_l = registration_r and strlen(registration_l) >= 7",
            0.5,
            0.0001,
        ),
        Level(
            "near_juristic",
            f"{_both('juristic')} and damerau_levenshtein(juristic_l, juristic_r) <= 1",
            0.08,
            0.002,
        ),
        Level("other_juristic", _both("juristic"), 0.02, 0.99),
        Level("same_short_registration", "registration_l = registration_r", 0.3, 0.01),
        Level("other_registration", "ELSE", 0.2, 0.6),
    ),
    unknown="(juristic_l is null or juristic_r is null) and (registration_l is null or registration_r is null)",
)

ORDINAL = Compared(
    "ordinal",
    (
        Level("same_number", "ordinal_l = ordinal_r", 0.9, 0.3),
        Level("other_number", _both("ordinal"), 0.005, 0.5),
        # The number may be the village's, written without หมู่.
        Level("number_is_moo", "coalesce(ordinal_l, ordinal_r) = coalesce(moo_l, moo_r)", 0.5, 0.5),
        Level("one_numbered", "ELSE", 0.1, 0.3),
    ),
    unknown="ordinal_l is null and ordinal_r is null",
)

# Candidates lie in one tambon; a shared number or an unresolved place may bring others, which start from a far smaller chance.
PLACE = Compared(
    "place",
    (
        Level("same_tambon", "unit_l = unit_r", 0.9, 0.9),
        Level("same_amphoe", "amphoe_l = amphoe_r and (unit_l is null or unit_r is null)", 0.04, 0.6),
        Level("unknown_place", "unit_l is null or unit_r is null", 0.01, 0.9),
        Level("other_tambon_same_amphoe", "amphoe_l = amphoe_r", 0.01, 0.7),
        Level("other_place", "ELSE", 0.002, 0.99),
    ),
)

MODEL: tuple[Compared, ...] = (VILLAGE, KIND, FOUNDED, MEMBERS, SAVINGS, NUMBERS, ORDINAL, PLACE)

# One feed lists a fund once, so two rows of a feed are compared only where one ended before the other began: a recoded fund.
_PAIRABLE = "(l.feed_code <> r.feed_code or l.last_fiscal_year < r.first_fiscal_year or r.last_fiscal_year < l.first_fiscal_year)"
_TWO_FEEDS = "l.feed_code <> r.feed_code"
BLOCKING: tuple[str, ...] = (
    f"l.unit = r.unit and l.family = r.family and {_PAIRABLE}",
    f"l.unit = r.unit and l.core = r.core and {_TWO_FEEDS}",
    # Another family's register under a spelling with a slip: only where the names share a kind.
    "l.unit = r.unit and (l.kinds & r.kinds) > 0 and l.family <> r.family and l.feed_code <> r.feed_code"
    " and strlen(l.core) >= 4 and strlen(r.core) >= 4 and (damerau_levenshtein(l.core, r.core) <= 2"
    " or starts_with(l.core, r.core) or starts_with(r.core, l.core))",
    f"l.juristic = r.juristic and {_TWO_FEEDS}",
    f"l.long_registration = r.long_registration and {_TWO_FEEDS}",
    # A place that could not be resolved: the same name in the amphoe, and founded on one day or of one kind and village.
    "l.amphoe = r.amphoe and l.core = r.core and (l.unit is null or r.unit is null)"
    f" and (l.founded = r.founded or (l.kind = r.kind and l.moo = r.moo)) and {_TWO_FEEDS}",
)
TRAINING_BLOCK = f"l.unit = r.unit and l.kind = r.kind and {_TWO_FEEDS}"
"""Pairs to learn from: of one kind in one tambon, where strangers and twins are told apart best."""


def settings(model: tuple[Compared, ...], blocking: tuple[str, ...] = BLOCKING) -> dict[str, Any]:
    """The model as Splink's settings."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": PRIOR,
        "blocking_rules_to_generate_predictions": [{"blocking_rule": rule} for rule in blocking],
        "comparisons": [
            {
                "output_column_name": one.name,
                "comparison_levels": [
                    *([_unknown(one.unknown)] if one.unknown else []),
                    *(
                        {
                            "sql_condition": level.sql,
                            "label_for_charts": level.name,
                            "m_probability": level.m,
                            "u_probability": level.u,
                            "fix_m_probability": not one.learn,
                            "fix_u_probability": not one.learn,
                        }
                        for level in one.levels
                    ),
                ],
            }
            for one in model
        ],
        "retain_matching_columns": True,  # the levels come with them
        "retain_intermediate_calculation_columns": True,
        "em_convergence": 0.001,
        "max_iterations": 15,
        "linker_uid": "funds",
    }


def _unknown(sql: str) -> dict[str, Any]:
    return {"sql_condition": sql, "label_for_charts": "unknown", "is_null_level": True}


def moved(
    model: tuple[Compared, ...], which: Literal["m", "u"], learnt: dict[tuple[str, str], float]
) -> tuple[Compared, ...]:
    """The model with `m` or `u` of the learning comparisons moved to what was learnt, within bounds.

    Args:
        which: `m` or `u`.
        learnt: by comparison and level name; a level that was never seen is absent and moves as far down as it may.
    """

    def within(prior: float, value: float) -> float:
        # Four digits: what is left of the order of a sum is gone.
        most = min(prior * MOVE, 0.999)
        return float(f"{max(min(value, most), prior / MOVE, LEAST):.4g}")

    def level_moved(one: Compared, level: Level) -> Level:
        value = learnt.get((one.name, level.name), 0.0)
        if which == "m":
            return replace(level, m=within(level.m, value))
        return replace(level, u=within(level.u, value))

    taught = {name for name, _ in learnt}
    return tuple(
        replace(one, levels=tuple(level_moved(one, level) for level in one.levels))
        if one.learn and one.name in taught
        else one
        for one in model
    )

"""Corrected deliveries: some sound rows of an earlier one with other members and money."""

from __future__ import annotations

import numpy as np
import polars as pl

from ingest.sample.draft import Draft
from ingest.sample.funds import rng_for
from ingest.sample.truth import RESTATEMENT_SCHEMA
from ingest.sample.words import number_column

_MONEY = ("savings_thb", "share_capital_thb")


def restate(draft: Draft, file: str, seed: int, share: float = 0.005) -> tuple[Draft, pl.DataFrame]:
    """The same delivery, corrected: in some sound rows members and savings (or shares) changed by a few per cent. And
    what changed, one row a figure.

    Parts still make the total: women make up the difference.
    """
    rng = rng_for(seed, "restate", draft.feed, draft.year)
    new = draft.copy()
    money = next(name for name in _MONEY if name in new.numbers)
    sound = np.isfinite(new.numbers[money]) & ~new.rejected & (new.copy_of < 0)
    spoiled = np.array(
        sorted({d.draft_row for d in new.defects} | set(new.copy_of.tolist()) - {-1}), dtype=np.int64
    )
    sound[spoiled] = False
    candidates = np.flatnonzero(sound)
    rows = np.sort(rng.permutation(candidates)[: max(2, round(len(candidates) * share))])
    changes = []

    def put(measure: str, value: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
        changes.append((measure, new.numbers[measure][rows], value))
        new.numbers[measure][rows] = value
        factor = new.money_factor if measure.endswith("_thb") else 1.0
        decimals = new.decimals if factor != 1.0 else 0
        cells = number_column(
            value / factor, new.number_style if not decimals else "plain", decimals=decimals
        )
        new.text = new.text.with_columns(new.text[measure].scatter(rows, cells))

    for measure, factor in (
        ("members_persons", rng.uniform(1.02, 1.08, len(rows))),
        (money, rng.uniform(0.9, 1.1, len(rows))),
    ):
        old = new.numbers[measure][rows]
        # In another unit than baht only whole hundreds are exact.
        whole = -2 if new.money_factor != 1.0 and measure == money else 0
        value = np.round(old * factor, whole) + (1 if not whole else 100)
        if measure == "members_persons" and "members_female_persons" in new.numbers:
            put("members_female_persons", new.numbers["members_female_persons"][rows] + (value - old))
        put(measure, value)
    codes = new.text["fund_code"].gather(rows)
    frames = [
        pl.DataFrame(
            {
                "feed_code": draft.feed,
                "delivery_file": file,
                "fund_code": codes,
                "fiscal_year": draft.year,
                "measure": measure,
                "old": old,
                "new": value,
            },
            schema=RESTATEMENT_SCHEMA,
        )
        for measure, old, value in changes
    ]
    return new, pl.concat(frames)

"""How different offices spell the name of one group: another prefix, บ้าน or บ., a village number in the name, slips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from ingest.sample.places import Ints, Texts

# (prefix, weight). The wording of the official register comes first in each.
PREFIXES: dict[str, tuple[tuple[str, float], ...]] = {
    "savings": (
        ("กลุ่มออมทรัพย์เพื่อการผลิตบ้าน", 0.28),
        ("กลุ่มออมทรัพย์บ้าน", 0.26),
        ("กลุ่มออมทรัพย์ฯ บ้าน", 0.12),
        ("กลุ่มออมทรัพย์ บ.", 0.1),
        ("กลุ่มออมทรัพย์เพื่อการผลิต บ.", 0.08),
        ("ออมทรัพย์เพื่อการผลิตบ้าน", 0.06),
        ("กลุ่มออมทรัพย์", 0.06),
        ("กอผ. บ้าน", 0.04),
    ),
    "satja": (
        ("กลุ่มสัจจะสะสมทรัพย์บ้าน", 0.42),
        ("กลุ่มสัจจะออมทรัพย์บ้าน", 0.2),
        ("กลุ่มสัจจะสะสมทรัพย์ บ.", 0.14),
        ("กลุ่มสัจจะฯ บ้าน", 0.1),
        ("สัจจะสะสมทรัพย์บ้าน", 0.08),
        ("กลุ่มสัจจะ", 0.06),
    ),
    "village_bank": (
        ("ธนาคารหมู่บ้านบ้าน", 0.4),
        ("ธนาคารหมู่บ้าน บ.", 0.2),
        ("ธนาคารหมู่บ้าน", 0.2),
        ("ธนาคารหมู่บ้านตามแนวพระราชดำริบ้าน", 0.12),
        ("ธนาคารชุมชนบ้าน", 0.08),
    ),
    # Groups of several purposes, and other groups of the same village told apart by whom they are for.
    "revolving": (("กองทุนหมุนเวียนบ้าน", 0.6), ("กองทุนหมุนเวียน บ.", 0.25), ("กองทุนหมุนเวียน", 0.15)),
    "cash_savers": (("กลุ่มออมเงินบ้าน", 0.7), ("กลุ่มออมเงิน บ.", 0.3)),
    "community_money": (("กลุ่มเงินทุนชุมชนบ้าน", 0.7), ("เงินทุนชุมชนบ้าน", 0.3)),
    "women_savers": (("กลุ่มออมทรัพย์สตรีบ้าน", 0.7), ("กลุ่มออมทรัพย์สตรี บ.", 0.3)),
    "youth_savers": (("กลุ่มออมทรัพย์เยาวชนบ้าน", 0.7), ("กลุ่มออมทรัพย์เยาวชน บ.", 0.3)),
    "elderly_savers": (("กลุ่มออมทรัพย์ผู้สูงอายุบ้าน", 0.7), ("กลุ่มออมทรัพย์ผู้สูงอายุ บ.", 0.3)),
    "credit_union": (
        ("สหกรณ์เครดิตยูเนี่ยน", 0.55),
        ("สหกรณ์เครดิตยูเนี่ยนบ้าน", 0.15),
        ("เครดิตยูเนี่ยน", 0.2),
        ("สค.ย.", 0.1),
    ),
    "pre_union": (
        ("กลุ่มเครดิตยูเนี่ยน", 0.5),
        ("กลุ่มเครดิตยูเนี่ยนบ้าน", 0.3),
        ("เครดิตยูเนี่ยน", 0.2),
    ),
    "peoples": (
        ("สถาบันการเงินประชาชน", 0.6),
        ("สถาบันการเงินชุมชนบ้าน", 0.4),
    ),
}
NEW_NAMES = ("ร่วมใจ", "รวมพลัง", "ก้าวหน้า", "พัฒนา", "รุ่งเรือง")


def pick(rng: np.random.Generator, options: Sequence[tuple[str, float]], size: int) -> Texts:
    """One of the weighted texts for each row."""
    weights = np.array([weight for _, weight in options])
    chosen: Texts = np.array([text for text, _ in options], dtype=object)[
        rng.choice(len(options), size, p=weights / weights.sum())
    ]
    return chosen


def slip(rng: np.random.Generator, names: Texts, share: float) -> Texts:
    """Some of the names without one letter behind the first two, as a hurried typist leaves them."""
    frame = pl.DataFrame(
        {
            "n": pl.Series(names, dtype=pl.String),
            "hit": rng.random(len(names)) < share,
            "u": rng.random(len(names)),
        }
    )
    length = pl.col("n").str.len_chars().cast(pl.Int64)
    at = (2 + (length - 3) * pl.col("u")).floor().cast(pl.Int64)
    cut = pl.col("n").str.slice(0, at) + pl.col("n").str.slice(at + 1)
    slipped = frame.select(pl.when(pl.col("hit") & (length >= 5)).then(cut).otherwise("n"))
    out: Texts = slipped.to_series().to_numpy().astype(object)
    return out


def _moo_suffix(rng: np.random.Generator, moo: Ints, share: float) -> Texts:
    """หมู่ที่ 5 behind some names."""
    style = pick(rng, ((" หมู่ที่ {}", 0.5), (" ม.{}", 0.35), (" หมู่ {}", 0.15)), len(moo))
    numbers = np.array([str(i) for i in range(int(moo.max(initial=0)) + 1)], dtype=object)[moo]
    joined = pl.DataFrame({"s": pl.Series(style, dtype=pl.String), "m": pl.Series(numbers, dtype=pl.String)})
    text = joined.select(pl.col("s").str.replace("{}", pl.col("m"), literal=True)).to_series()
    out: Texts = np.where((rng.random(len(moo)) < share) & (moo > 0), text.to_numpy().astype(object), "")
    return out


def spell(
    rng: np.random.Generator,
    kind: Texts,
    stem: Texts,
    moo: Ints,
    *,
    official: bool = False,
    slips: float = 0.03,
) -> Texts:
    """Names of groups of the given kinds as one office's list spells them; `official`: as they are registered."""
    stem = stem if official else slip(rng, stem, slips)
    prefix = np.full(len(stem), "", dtype=object)
    for one, options in PREFIXES.items():
        rows = np.flatnonzero(kind == one)
        prefix[rows] = pick(rng, options[:1] if official else options, len(rows))
    limited = (kind == "credit_union") & (official | (rng.random(len(stem)) < 0.85))
    joined: Texts = (
        prefix + stem + np.where(limited, " จำกัด", "") + _moo_suffix(rng, moo, 0.0 if official else 0.12)
    )
    return joined


def register_number(serial: Ints) -> pl.Series:
    """Thirteen digits of a juristic person, with a right check digit, from a range that no registrar uses (0999…)."""
    frame = pl.DataFrame({"s": serial}).select(b="0999" + (pl.col("s") % 10**8).cast(pl.String).str.zfill(8))
    total = pl.sum_horizontal(pl.col("b").str.slice(i, 1).cast(pl.Int64) * (13 - i) for i in range(12))
    return frame.select(pl.col("b") + ((11 - total % 11) % 10).cast(pl.String)).to_series()

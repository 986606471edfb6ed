"""Do values look like places? Shares of a column that the gazetteer knows, and a quick look at which rows resolve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import polars as pl

from ingest.reference.gazetteer import gazetteer_tables
from ingest.reference.seeds import load_seeds

Level = Literal["tambon", "amphoe", "province", "region"]
LEVELS: tuple[Level, ...] = ("tambon", "amphoe", "province", "region")
# Words for the level in front of a name. Short forms need their dot or a space: อ is the first letter of many names.
_PREFIX: dict[Level, str] = {
    "tambon": r"^(?:ตำบล|แขวง|ต(?:\s*\.|\s)|tambon\s|khwaeng\s)",
    "amphoe": r"^(?:กิ่งอำเภอ|กิ่ง\s*อ\s*\.|อำเภอ|เขต|อ(?:\s*\.|\s)|king\s+amphoe\s|amphoe\s|khet\s)",
    "province": r"^(?:จังหวัด|จ(?:\s*\.|\s)|changwat\s)",
    "region": r"^(?:ภาค)",
}
_CAPITALS = ("เมือง", "mueang", "muang")


@dataclass(frozen=True)
class Gazetteer:
    """Name keys of each level, all tambon codes (current and abolished), and names within their areas."""

    names: dict[Level, pl.Series]
    codes: pl.Series
    within: pl.DataFrame
    """tambon_key, amphoe_key, province_key: every combination that names one tambon or a few."""


def place_key(text: pl.Expr, level: Level) -> pl.Expr:
    """What two spellings of an area's name are compared by: lower case, no word for the level, space or punctuation."""
    return (
        text.str.to_lowercase()
        .str.strip_chars()
        .str.replace(_PREFIX[level], "")
        .str.replace_all(r"[\s\p{P}`´ฯ]+", "")
        .str.replace_all("ฤๅ", "ฤา", literal=True)
    )


@cache
def gazetteer() -> Gazetteer:
    """The gazetteer's names and codes, made once a process (about 0.2 s)."""
    tables = gazetteer_tables(load_seeds())

    def keys(level: Level, *columns: pl.Series) -> pl.Series:
        named = pl.concat(columns).drop_nulls().to_frame("n")
        return named.select(k=place_key(pl.col("n"), level))["k"].unique().drop_nulls()

    tambon, amphoe, province = tables["tambon"], tables["amphoe"], tables["province"]
    alias = tables["province_alias"]
    names: dict[Level, pl.Series] = {
        "tambon": keys("tambon", tambon["name_th"], tambon["name_en"], tables["tambon_alias"]["name_th"]),
        "amphoe": keys("amphoe", amphoe["name_th"], amphoe["name_en"], pl.Series(_CAPITALS)),
        "province": keys("province", province["name_th"], province["name_en"], alias["name_th"]),
        "region": keys("region", tables["region"]["name_th"], tables["region"]["name_en"]),
    }
    return Gazetteer(names, tambon["tambon_code"], _within(tambon, amphoe, province, alias))


def _within(
    tambon: pl.DataFrame, amphoe: pl.DataFrame, province: pl.DataFrame, alias: pl.DataFrame
) -> pl.DataFrame:
    """Every way of naming a tambon with its amphoe and province, in Thai or English."""

    def both(table: pl.DataFrame, level: Level, *carry: str) -> pl.DataFrame:
        return pl.concat(
            [table.select(*carry, k=place_key(pl.col(n), level)) for n in ("name_th", "name_en")]
        ).unique()

    t = both(tambon, "tambon", "tambon_code", "amphoe_code").rename({"k": "tambon_key"})
    a = both(amphoe, "amphoe", "amphoe_code", "province_code").rename({"k": "amphoe_key"})
    capital = amphoe.filter(pl.col("amphoe_code").str.ends_with("01")).select(
        "amphoe_code", "province_code", amphoe_key=pl.lit("เมือง")
    )
    p = pl.concat(
        [
            both(province, "province", "province_code"),
            alias.select("province_code", k=place_key(pl.col("name_th"), "province")),
        ]
    ).rename({"k": "province_key"})
    return (
        t.join(pl.concat([a, capital]), on="amphoe_code")
        .join(p, on="province_code")
        .select("tambon_key", "amphoe_key", "province_key")
        .unique()
    )


def share_of_names(values: pl.Series, counts: pl.Series, level: Level) -> float:
    """Share of cells (values weighted by counts) that are a name of this level."""
    frame = pl.DataFrame({"v": values, "n": counts}).with_columns(k=place_key(pl.col("v"), level))
    known = frame.filter(pl.col("k").is_in(gazetteer().names[level].implode()))["n"].sum()
    return float(known) / max(1, int(counts.sum()))


def share_of_codes(code6: pl.Series, counts: pl.Series) -> float:
    """Share of cells whose six digits are a tambon code, current or abolished."""
    known = counts.filter(code6.is_in(gazetteer().codes.implode()).fill_null(False)).sum()
    return float(known) / max(1, int(counts.sum()))


@dataclass(frozen=True)
class PlaceCount:
    """Rows of a conformed table by what a quick look says of their place."""

    rows: int
    by_code: int
    by_name: int

    @property
    def unresolved(self) -> int:
        """Rows that neither a known code nor the exact names place. A refresh also resolves near spellings."""
        return self.rows - self.by_code - self.by_name


def count_places(conformed: pl.DataFrame | None) -> PlaceCount:
    """Look at the reported places of a conformed table: a known code, else the names exactly as the gazetteer has them.

    Rows that name no place at all (a forum, an announced figure of the country) do not count.
    """
    if conformed is None:
        return PlaceCount(0, 0, 0)
    reported = ("reported_code6", "reported_tambon", "reported_amphoe", "reported_province")
    conformed = conformed.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in reported))
    places = conformed.group_by(reported).len()
    places = places.with_columns(
        coded=pl.col("reported_code6").is_in(gazetteer().codes.implode()).fill_null(False),
        tambon_key=place_key(pl.col("reported_tambon"), "tambon"),
        amphoe_key=place_key(pl.col("reported_amphoe"), "amphoe"),
        province_key=place_key(pl.col("reported_province"), "province"),
    )
    within = gazetteer().within
    full = places.join(within, on=["tambon_key", "amphoe_key", "province_key"], how="semi")
    # Without one of the larger areas the other has to do.
    part = pl.concat(
        [
            places.filter(pl.col(missing).is_null()).join(within, on=["tambon_key", given], how="semi")
            for missing, given in (("province_key", "amphoe_key"), ("amphoe_key", "province_key"))
        ]
    )
    by_code = int(places.filter("coded")["len"].sum())
    by_name = int(pl.concat([full, part]).filter(~pl.col("coded"))["len"].sum())
    return PlaceCount(conformed.height, by_code, by_name)

"""The registers that list no group of another agency: institutions, poverty and women's funds, enterprises and sites.

Sizes: community finance institutions 2,560; กข.คจ. 11,608 villages in its first phase and about 29,000 in all, 280,000 THB each;
the women's fund 16,144,694 individual members (Dec 2023) and 79,150 organisations; community enterprises 94,996 operating
of 175,634 approved (Feb 2022); one กศน. learning centre a tambon. Farmer groups, revoked enterprises in the list and
pilots are our assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from ingest.sample.coordinates import PROVINCE_POINTS
from ingest.sample.funds import allocate, make_registers, rng_for
from ingest.sample.places import Places, Texts, load_places

INSTITUTIONS = 2_560
POVERTY_FIRST, POVERTY_FUNDS, POVERTY_THB = 11_608, 29_000, 280_000.0
WOMEN_MEMBERS, WOMEN_ORGANISATIONS = 16_144_694, 79_150
ENTERPRISES, NETWORKS, FARMER_GROUPS, REVOKED = 94_496, 500, 4_000, 12_000
PILOTS, FUND_CENTRES = 180, 120
PRODUCTS = (
    "ผ้าทอ ข้าวอินทรีย์ น้ำพริก จักสาน ปุ๋ยอินทรีย์ เลี้ยงโค ผักปลอดภัย ผลไม้แปรรูป กล้วยฉาบ สมุนไพร เครื่องแกง ขนมไทย เห็ด "
    "ท่องเที่ยวชุมชน ปลาแปรรูป ยางพารา กาแฟ เพาะกล้าไม้ น้ำผึ้ง ไข่เค็ม"
).split()
TOPICS = ("บัญชีครัวเรือน", "เศรษฐกิจพอเพียง", "การจัดการกองทุน", "สวัสดิการชุมชน", "การออม", "อาชีพระยะสั้น")


@dataclass(frozen=True)
class Others:
    """One frame a feed: tambon, moo, fund_code (or site code), fund_name, start_year, end_year, sizes of the last year."""

    institutions: pl.DataFrame
    poverty: pl.DataFrame
    women: pl.DataFrame
    enterprises: pl.DataFrame
    centres: pl.DataFrame
    pilots: pl.DataFrame


def _day_in(rng: np.random.Generator, year: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pl.Series:
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    return pl.Series(start + rng.integers(0, 270, len(year)).astype("timedelta64[D]")).cast(pl.Date)


def _text(values: Texts) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def _serial(width: int) -> pl.Expr:
    return (pl.int_range(pl.len()) + 1).cast(pl.String).str.zfill(width)


def _lasting(frame: pl.DataFrame, start: pl.Expr | int) -> pl.DataFrame:
    return frame.with_columns(
        start_year=pl.lit(start, dtype=pl.Int64) if isinstance(start, int) else start.cast(pl.Int64),
        end_year=pl.lit(9999, dtype=pl.Int64),
    )


def _institutions(
    rng: np.random.Generator, hosts: pl.DataFrame, places: Places, last_year: int
) -> pl.DataFrame:
    there = hosts[np.sort(rng.permutation(hosts.height)[:INSTITUTIONS])]
    n = there.height
    of_tambon = (rng.random(n) < 0.35) & ~there["tambon"].is_duplicated().to_numpy()
    stem: Texts = np.where(
        of_tambon, "ตำบล" + places.tambon[there["tambon"].to_numpy()], "บ้าน" + there["village"].to_numpy()
    )
    founded = np.minimum(2004 + (rng.beta(2.0, 2.5, n) * 18).astype(np.int64), last_year)
    members = np.round((rng.lognormal(0.0, 0.5, n) * 420).clip(40, 9000))
    frame = there.select("tambon", "moo").with_columns(
        moo=pl.Series(np.where(of_tambon, 0, there["moo"].to_numpy())),
        fund_code=pl.lit("9") + _serial(7),
        fund_name=_text("สถาบันการเงินชุมชน" + stem),
        founded_on=_day_in(rng, founded),
        funds=pl.Series(np.where(of_tambon, rng.integers(2, 12, n), rng.integers(1, 4, n)).astype(float)),
        members=pl.Series(members),
        savings=pl.Series(np.round(members * rng.lognormal(0.0, 0.6, n) * 14_000, -2)),
        overdue=pl.Series(np.where(rng.random(n) < 0.4, 0.0, rng.beta(1.2, 18.0, n))),
        juristic=pl.Series(rng.random(n) < 0.6),
        grade=_text(rng.choice(np.array(["A", "B", "C"], dtype=object), n, p=[0.45, 0.4, 0.15])),
    )
    return _lasting(frame, pl.col("founded_on").dt.year())


def _poverty(rng: np.random.Generator, hosts: pl.DataFrame, places: Places) -> pl.DataFrame:
    there = hosts[np.sort(rng.permutation(hosts.height)[:POVERTY_FUNDS])]
    n = there.height
    first = np.zeros(n, dtype=bool)
    first[rng.permutation(n)[:POVERTY_FIRST]] = True
    target = rng.integers(15, 70, n).astype(float)
    # No interest: a fund can only shrink by debts that were never paid, or grow a little by gifts.
    lost = np.where(rng.random(n) < 0.2, rng.uniform(0, 0.25, n), 0.0)
    gift = np.where(rng.random(n) < 0.1, rng.uniform(0, 0.1, n), 0.0)
    frame = there.select("tambon", "moo").with_columns(
        fund_code=_text(places.code[there["tambon"].to_numpy()]) + there["moo"].cast(pl.String).str.zfill(2),
        fund_name=_text(
            np.where(rng.random(n) < 0.8, "กองทุน กข.คจ. บ้าน", "กข.คจ.บ้าน") + there["village"].to_numpy()
        ),
        received=pl.Series(np.where(first, rng.integers(1993, 1998, n), rng.integers(1998, 2010, n))),
        target=pl.Series(target),
        borrowing=pl.Series(np.floor(target * rng.uniform(0.2, 0.95, n))),
        capital=pl.Series(np.round(POVERTY_THB * (1 - lost + gift), -2)),
        level=pl.Series(rng.choice([1, 2, 3], n, p=[0.2, 0.45, 0.35])),
    )
    return _lasting(frame, 1900)


def _women(
    rng: np.random.Generator, people: np.ndarray[tuple[int], np.dtype[np.float64]], places: Places
) -> pl.DataFrame:
    n = places.size
    members = allocate(WOMEN_MEMBERS, people * rng.lognormal(0.0, 0.3, n)).astype(float)
    lent = np.round(members * rng.lognormal(0.0, 0.5, n) * 55, -2)
    frame = pl.DataFrame({"tambon": np.arange(n, dtype=np.int64)}).with_columns(
        moo=pl.lit(0, dtype=pl.Int64),
        fund_code=pl.lit("W") + _text(places.code),
        fund_name=_text("กองทุนพัฒนาบทบาทสตรีตำบล" + places.tambon),
        members=pl.Series(members),
        organisations=pl.Series(allocate(WOMEN_ORGANISATIONS, np.sqrt(members)).astype(float)),
        lent=pl.Series(lent),
        repaid=pl.Series(rng.uniform(0.5, 1.1, n)),
        # The programme's own target is under 5 %; some tambons miss it.
        overdue=pl.Series(np.where(rng.random(n) < 0.3, 0.0, rng.beta(1.3, 24.0, n))),
    )
    return _lasting(frame, 2013)


def _enterprises(
    rng: np.random.Generator, hosts: pl.DataFrame, places: Places, last_year: int
) -> pl.DataFrame:
    counts = {"enterprise": ENTERPRISES, "network": NETWORKS, "farmer": FARMER_GROUPS, "revoked": REVOKED}
    kind = np.concatenate([np.full(count, name, dtype=object) for name, count in counts.items()])
    n = len(kind)
    rows = rng.integers(0, hosts.height, n)
    order = np.argsort(rows, kind="stable")
    there, kind = hosts[rows[order]], kind[order]
    product = np.array(PRODUCTS, dtype=object)[rng.integers(0, len(PRODUCTS), n)]
    prefix = np.select(
        [kind == "farmer", kind == "network", rng.random(n) < 0.5],
        ["กลุ่มเกษตรกร" + product, "เครือข่ายวิสาหกิจชุมชน" + product, "วิสาหกิจชุมชนกลุ่ม" + product],
        "วิสาหกิจชุมชน" + product,
    )
    founded = np.minimum(2005 + (rng.beta(1.6, 1.6, n) * (last_year - 2005)).astype(np.int64), last_year)
    members = np.round((rng.lognormal(0.0, 0.5, n) * 16).clip(7, 900))
    place = places.code[there["tambon"].to_numpy()]
    code = pl.DataFrame({"c": _text(place)}).select(
        pl.concat_str(
            pl.col("c").str.slice(0, 2), pl.lit("-"), pl.col("c").str.slice(2, 2), pl.lit("-"), pl.col("c").str.slice(4),
            pl.lit("/1-"), (pl.int_range(pl.len()).over("c") + 1).cast(pl.String).str.zfill(4),
        )
    ).to_series()  # fmt: skip
    frame = there.select("tambon", "moo").with_columns(
        fund_code=code,
        fund_name=_text(prefix + "บ้าน" + there["village"].to_numpy()),
        kind=_text(kind),
        product=_text(product),
        founded_on=_day_in(rng, founded),
        members=pl.Series(members),
        capital=pl.Series(np.round(members * rng.lognormal(0.0, 0.9, n) * 2_000, -1)),
        level=_text(rng.choice(np.array(["ดี", "ปานกลาง", "ปรับปรุง"], dtype=object), n, p=[0.3, 0.5, 0.2])),
        revoked_in=pl.Series(np.where(kind == "revoked", last_year - rng.integers(0, 3, n), 9999)),
    )
    return _lasting(frame, pl.col("founded_on").dt.year().clip(upper_bound=last_year))


def _points(
    rng: np.random.Generator, places: Places, tambon: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> tuple[pl.Series, pl.Series]:
    """Invented points around the middle of each province; offsets belong to the tambon."""
    middle = np.array([PROVINCE_POINTS[code[:2]] for code in places.code])
    spread = rng.uniform(-0.18, 0.18, (places.size, 2))
    point = np.round(middle + spread, 6)[tambon]
    return pl.Series(point[:, 0]), pl.Series(point[:, 1])


def _centres(rng: np.random.Generator, places: Places) -> pl.DataFrame:
    n = places.size
    latitude, longitude = _points(rng, places, np.arange(n, dtype=np.int64))
    frame = pl.DataFrame({"tambon": np.arange(n, dtype=np.int64)}).with_columns(
        moo=pl.lit(0, dtype=pl.Int64),
        fund_code=pl.lit("12") + _text(places.code) + pl.lit("00"),
        fund_name=_text("กศน.ตำบล" + places.tambon),
        opened_on=_day_in(rng, rng.integers(2008, 2014, n)),
        learners=pl.Series(np.round(rng.lognormal(0.0, 0.5, n) * 380)),
        topic=_text(np.array(TOPICS, dtype=object)[rng.integers(0, len(TOPICS), n)]),
        host=_text("ศูนย์ส่งเสริมการเรียนรู้อำเภอ" + places.amphoe),
        latitude=latitude, longitude=longitude,
    )  # fmt: skip
    return _lasting(frame, 1900)


def _pilots(rng: np.random.Generator, hosts: pl.DataFrame, places: Places, last_year: int) -> pl.DataFrame:
    # One at least in the first tambon of each province, which every scale keeps: no list is ever empty.
    _, first = np.unique([code[:2] for code in places.code], return_index=True)
    rest = np.setdiff1d(np.arange(places.size), first)
    tambons = np.sort(
        np.concatenate([first, rng.permutation(rest)[: PILOTS + FUND_CENTRES - len(first)]])
    ).astype(np.int64)
    n = len(tambons)
    centre = np.zeros(n, dtype=bool)
    centre[rng.permutation(n)[:FUND_CENTRES]] = True
    opened = np.where(centre, rng.integers(2009, min(2020, last_year), n), 2007)
    latitude, longitude = _points(rng, places, tambons)
    host = np.where(centre, "กองทุนสวัสดิการชุมชนตำบล", "เครือข่ายองค์กรการเงินชุมชนตำบล") + places.tambon[tambons]
    frame = pl.DataFrame({"tambon": tambons}).with_columns(
        moo=pl.lit(0, dtype=pl.Int64),
        fund_code=pl.Series(np.where(centre, "LC-", "PT-"), dtype=pl.String) + _serial(3),
        fund_name=_text(np.where(centre, "แหล่งเรียนรู้กองทุนตำบล", "ตำบลนำร่อง") + places.tambon[tambons]),
        kind=pl.Series(np.where(centre, "fund_learning_centre", "pilot"), dtype=pl.String),
        opened_on=_day_in(rng, opened.astype(np.int64)),
        learners=pl.Series(np.round(rng.lognormal(0.0, 0.7, n) * 220)),
        topic=_text(np.array(TOPICS, dtype=object)[rng.integers(2, 5, n)]),
        host=_text(host),
        closed=pl.Series(rng.random(n) < 0.05),
        latitude=latitude, longitude=longitude,
    )  # fmt: skip
    return _lasting(frame, pl.col("opened_on").dt.year())


@lru_cache(maxsize=1)
def make_others(last_year: int, seed: int) -> Others:
    """Draw these registers at national size; under a second, the last ones kept."""
    places, registers = load_places(), make_registers(last_year, seed)
    people = registers.population["people"].to_numpy().astype(np.float64)
    hosts = registers.village.filter((pl.col("moo") > 0) & (pl.col("end_year") == 9999)).select(
        pl.col("tambon").cast(pl.Int64), "moo", "village"
    )
    return Others(
        _institutions(rng_for(seed, "institutions"), hosts, places, last_year),
        _poverty(rng_for(seed, "poverty funds"), hosts, places),
        _women(rng_for(seed, "women funds"), people, places),
        _enterprises(rng_for(seed, "enterprises"), hosts, places, last_year),
        _centres(rng_for(seed, "centres"), places),
        _pilots(rng_for(seed, "pilots"), hosts, places, last_year),
    )

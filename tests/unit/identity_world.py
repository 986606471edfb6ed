"""An invented country of funds: which organisations there are, and how each agency's register writes them.

Organisations of a village share its name and number: a village fund, often a savings group, a satja group, a poverty fund; each
is an organisation of its own. Registers list parts of them under spellings of their own, years apart. `truth` holds every true
pair across feeds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
import polars as pl

from ingest.identity.sources import SOURCE_SCHEMA

FIRST = "หนอง โคก ดอน ห้วย โนน นา คลอง ท่า วัง ทุ่ง ป่า บึง เขา ดง สระ บ่อ ปาก แม่ ไร่ ศรี".split()
SECOND = (
    "แวง ไผ่ ยาง ม่วง สูง กลาง ใหญ่ น้อย แดง ขาว ดำ ทอง เงิน แก้ว หว้า ขาม มะขาม ตาล มะพร้าว ชัย เจริญ สวรรค์ งาม ดินแดง หิน ทราย "
    "ช้าง เสือ กวาง ปลา เต่า นกยูง จาน บัว ขี้เหล็ก ตะแบก ประดู่ สะแก กระทุ่ม มะเดื่อ ค้อ แค หลวง กุง พลับ ตะเคียน สำโรง คูณ โพธิ์ ไทร"
).split()
ALONE = "ใหม่ เหนือ ใต้ กลาง สันติสุข เจริญสุข พัฒนา สามัคคี ไทรงาม โพธิ์ทอง".split()
LETTERS = "กขคงจชดตทนบปพมยรลวสหอ"
# wordings of one kind: how each register may write what a group is
WORDS = {
    "savings": ["กลุ่มออมทรัพย์เพื่อการผลิตบ้าน", "กลุ่มออมทรัพย์ฯ บ.", "กลุ่มออมทรัพย์บ้าน", "กลุ่มออมทรัพย์เพื่อการผลิต บ.", "ออมทรัพย์บ้าน"],
    "satja": ["กลุ่มสัจจะสะสมทรัพย์บ้าน", "กลุ่มสัจจะออมทรัพย์บ้าน", "สัจจะ บ.", "สัจจะออมทรัพย์ บ้าน"],
    "bank": ["ธนาคารหมู่บ้าน บ้าน", "ธนาคารหมู่บ้าน"],
    "credit": ["สหกรณ์เครดิตยูเนี่ยน{} จำกัด", "เครดิตยูเนี่ยน{}", "กลุ่มเครดิตยูเนี่ยนบ้าน{}", "เครดิตยูเนียน {}"],
    "village": ["กองทุนหมู่บ้าน บ้าน", "กองทุนหมู่บ้าน", "บ้าน", "กองทุนหมู่บ้านและชุมชนเมือง บ."],
    "poverty": ["กข.คจ. บ้าน", "บ้าน", "กองทุนโครงการแก้ไขปัญหาความยากจน บ้าน"],
    "institution": ["สถาบันการเงินชุมชนบ้าน", "สถาบันการเงินชุมชน ต้นแบบบ้าน"],
    "welfare": ["กองทุนสวัสดิการชุมชนตำบล", "กองทุนสวัสดิการชุมชนเทศบาลตำบล"],
    "enterprise": ["วิสาหกิจชุมชนกลุ่มออมทรัพย์บ้าน", "วิสาหกิจชุมชนบ้าน"],
}  # fmt: skip
FAMILY = {
    "village_fund": "village", "community_institution": "village", "savings_group": "savings", "poverty_fund": "poverty",
    "welfare_fund": "welfare", "satja_group": "savings", "village_bank": "savings", "other_finance": "savings",
    "credit_union": "cooperative", "peoples_finance": "savings", "community_enterprise": "enterprise",
}  # fmt: skip


@dataclass(frozen=True)
class Noise:
    """How badly the second register is kept. Shares of its rows, but for `size`: spread of a size one or two years on."""

    other_words: float = 0.6
    typo: float = 0.08
    bare_name: float = 0.05
    missing_moo: float = 0.3
    wrong_moo: float = 0.01
    missing_founded: float = 0.3
    year_slip: float = 0.12
    year_only: float = 0.1
    missing_members: float = 0.05
    missing_savings: float = 0.1
    size: float = 0.09
    missing_number: float = 0.4
    twin: float = 0.02  # a second group of one kind in one village, each in one register only
    unplaced: float = 0.005


@dataclass
class Rows:
    """Rows of `sources` in the making, with the organisation each is."""

    rows: list[dict[str, object]] = field(default_factory=list)
    org: list[int] = field(default_factory=list)


def mended_or_not(rng: np.random.Generator, text: str) -> str:
    """One slip of the pen: a letter lost, doubled, swapped or another one; a mark lost."""
    marks = [i for i, c in enumerate(text) if c in "่้๊๋์็"]
    kind = rng.integers(0, 5)
    if kind == 0 and marks:
        at = int(rng.choice(marks))
        return text[:at] + text[at + 1 :]
    at = int(rng.integers(max(0, len(text) - 10), len(text)))
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    if kind == 3 and 0 < at < len(text):
        return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
    return text[:at] + str(rng.choice(list(LETTERS))) + text[at + 1 :]


def key_of(feed: str, code: str) -> str:
    return hashlib.md5(f"{feed}|{code}".encode()).hexdigest()[:16]


class World:
    """Draws organisations tambon by tambon and writes them into registers."""

    def __init__(self, tambons: int, seed: int, noise: Noise) -> None:
        self.rng = np.random.default_rng(seed)
        self.noise = noise
        self.out = Rows()
        self.orgs = 0
        self.serial: dict[str, int] = {}
        for index in range(tambons):
            self.tambon(index)

    def org(self) -> int:
        self.orgs += 1
        return self.orgs

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def group(
        self, kind: str, village: str, moo: int | None, members: float, each: float
    ) -> dict[str, object]:
        """What is true of an organisation."""
        rng = self.rng
        year = int(1978 + rng.beta(3, 2.2) * 45)
        size = max(12.0, round(members * rng.lognormal(0, 0.5)))
        return {
            "kind": kind,
            "village": village,
            "moo": moo,
            "founded": np.datetime64(f"{year}-01-01") + int(rng.integers(0, 365)),
            "members": size,
            "savings": round(size * rng.lognormal(0, 0.65) * each, -1),
        }

    def write(
        self,
        org: int,
        true: dict[str, object],
        feed: str,
        programme: str,
        place: dict[str, object],
        *,
        owner: bool,
    ) -> None:
        """One register's row of an organisation; the owner's own register is kept well."""
        rng, n = self.rng, self.noise
        own = replace(
            n,
            typo=n.typo / 4,
            bare_name=0.0,
            missing_moo=0.02,
            wrong_moo=0.002,
            missing_founded=0.03,
            year_slip=0.01,
            year_only=0.0,
            size=0.0,
            missing_number=0.1,
            unplaced=n.unplaced / 2,
        )
        near = own if owner else n
        words = WORDS[str(true["kind"])]
        word = words[0] if not self.chance(near.other_words) else str(rng.choice(words))
        village = str(true["village"])
        if self.chance(near.typo):
            village = mended_or_not(rng, village)
        name = word.format(village) if "{}" in word else word + village
        if self.chance(near.bare_name):
            name = village
        moo = true["moo"]
        if moo is not None and self.chance(near.wrong_moo):
            moo = int(rng.integers(1, 14))
        shown = moo
        if moo is not None and self.chance(near.missing_moo):
            shown = None
            if self.chance(0.4):
                name += str(rng.choice([f" หมู่ที่ {moo}", f" ม.{moo}", f" (หมู่ {moo})"]))
        founded = None if self.chance(near.missing_founded) else true["founded"]
        if founded is not None and self.chance(near.year_slip):
            founded = founded + int(rng.choice([-365, 365, 366]))  # type: ignore[operator]
        if founded is not None and self.chance(near.year_only):
            founded = founded.astype("datetime64[Y]").astype("datetime64[D]")  # type: ignore[attr-defined]
        sizes = {
            what: None
            if self.chance(missing)
            else max(1.0, float(np.round(value * np.exp(rng.normal(0, near.size)))))
            for what, missing, value in (
                ("members", 0.02 if owner else n.missing_members, true["members"]),
                ("savings", 0.03 if owner else n.missing_savings, true["savings"]),
            )
        }
        self.serial[feed] = self.serial.get(feed, 0) + 1
        code = f"{self.serial[feed]:08d}"
        lost = self.chance(near.unplaced)
        self.out.org.append(org)
        self.out.rows.append(
            {
                "source_fund_key": key_of(feed, code),
                "feed_code": feed,
                "agency_code": feed.split("/", maxsplit=1)[0],
                "programme_code": programme,
                "family": FAMILY[programme],
                "fund_code": code,
                "fund_name": name,
                **(place | {"tambon_unit_id": None, "tambon_code": None} if lost else place),
                "moo": shown,
                "founded_on": None if founded is None else founded.item(),  # type: ignore[attr-defined]
                "juristic_number": None if self.chance(near.missing_number) else true.get("juristic"),
                "registration_number": None if self.chance(near.missing_number) else true.get("registration"),
                "members_persons": sizes["members"],
                "savings_thb": sizes["savings"],
                "first_fiscal_year": 2015,
                "last_fiscal_year": 2025,
            }
        )

    def tambon(self, index: int) -> None:
        rng, n = self.rng, self.noise
        code = f"{10 + index // 60:02d}{1 + index // 6 % 10:02d}{1 + index % 6:02d}"
        place: dict[str, object] = {
            "tambon_unit_id": f"U{code}", "tambon_code": code, "amphoe_code": code[:4], "province_code": code[:2],
        }  # fmt: skip
        villages: list[str] = []
        for _ in range(int(rng.integers(5, 18))):
            # A village that split keeps its name under another number.
            again = villages and self.chance(0.05)
            fresh = (
                str(rng.choice(ALONE))
                if self.chance(0.08)
                else str(rng.choice(FIRST)) + str(rng.choice(SECOND))
            )
            villages.append(str(rng.choice(villages)) if again else fresh)
        tambon_name = str(rng.choice(FIRST)) + str(rng.choice(SECOND))
        for moo, village in enumerate(villages, 1):
            fund = self.group("village", village, moo, 150, 10_000) | {"founded": None}
            fund_org = self.org()
            is_group = self.chance(0.01)  # the village's fund is its savings group and says so
            if is_group:
                fund["kind"] = "savings"
            self.write(fund_org, fund, "nvf/village_funds", "village_fund", place, owner=True)
            if self.chance(0.03):
                self.write(self.org(), self.group("institution", village, moo, 300, 20_000), "nvf/community_institutions",
                           "community_institution", place, owner=True)  # fmt: skip
            if self.chance(0.36):
                self.write(self.org(), self.group("poverty", village, moo, 60, 3_000), "cdd/poverty_funds", "poverty_fund",
                           place, owner=True)  # fmt: skip
            if is_group or self.chance(0.26):
                self.savings(village, moo, place, fund if is_group else None, fund_org)
            if self.chance(0.08):
                self.satja(village, moo, place)
            if self.chance(0.05):
                self.write(self.org(), self.group("bank", village, moo, 110, 6_000), "codi/finance_organisations",
                           "village_bank", place, owner=True)  # fmt: skip
        if self.chance(0.16):
            self.credit_union(str(rng.choice(villages)), place)
        if self.chance(0.8):
            welfare = self.group("welfare", tambon_name, None, 900, 900)
            self.write(self.org(), welfare, "codi/welfare_funds", "welfare_fund", place, owner=True)
        if self.chance(n.twin * 5):
            # Another group of a kind that the register of communities alone knows, in a village that has one already.
            self.write(self.org(), self.group("savings", villages[0], 1, 120, 8_000), "codi/finance_organisations",
                       "other_finance", place, owner=False)  # fmt: skip

    def savings(
        self,
        village: str,
        moo: int,
        place: dict[str, object],
        same_as: dict[str, object] | None,
        same_org: int,
    ) -> None:
        true = self.group("savings", village, moo, 130, 9_000)
        org = self.org()
        if same_as is not None:
            org, true = same_org, true | {"members": same_as["members"], "savings": same_as["savings"]}
        if self.chance(self.noise.twin):
            # One stands in the owner's register, its neighbour in the others.
            self.write(org, true, "cdd/savings_groups", "savings_group", place, owner=True)
            org, true = self.org(), self.group("savings", village, moo, 130, 9_000)
        else:
            self.write(org, true, "cdd/savings_groups", "savings_group", place, owner=True)
        if self.chance(0.35):
            self.write(org, true, "codi/finance_organisations", "other_finance", place, owner=False)
        if self.chance(0.1):
            self.write(org, true, "fpo/peoples_finance", "peoples_finance", place, owner=False)
        if self.chance(0.04):
            self.write(org, true | {"kind": "enterprise"}, "doae/community_enterprises", "community_enterprise", place,
                       owner=False)  # fmt: skip

    def satja(self, village: str, moo: int, place: dict[str, object]) -> None:
        true, org = self.group("satja", village, moo, 160, 12_000), self.org()
        self.write(org, true, "satja/groups", "satja_group", place, owner=True)
        if self.chance(0.6):
            self.write(org, true, "codi/finance_organisations", "satja_group", place, owner=False)

    def credit_union(self, village: str, place: dict[str, object]) -> None:
        true = self.group("credit", village, None, 600, 20_000)
        registered = self.chance(0.5)
        if registered:
            serial = int(self.rng.integers(10**8))
            true |= {"juristic": f"0994{serial:09d}", "registration": f"{serial % 10**7:07d}25"}
        org = self.org()
        self.write(org, true, "cult/credit_unions", "credit_union", place, owner=True)
        if self.chance(0.5):
            self.write(org, true, "codi/finance_organisations", "other_finance", place, owner=False)


def make_world(
    tambons: int = 550, seed: int = 1, noise: Noise | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(`sources`, `truth`): some 36 funds a tambon; truth is `left_key` < `right_key`, every true pair across feeds."""
    world = World(tambons, seed, noise or Noise())
    sources = pl.DataFrame(world.out.rows, schema=SOURCE_SCHEMA)
    by_org: dict[int, list[str]] = {}
    for org, row in zip(world.out.org, world.out.rows, strict=True):
        by_org.setdefault(org, []).append(str(row["source_fund_key"]))
    pairs = [tuple(sorted(pair)) for keys in by_org.values() for pair in combinations(keys, 2)]
    truth = pl.DataFrame(pairs, schema={"left_key": pl.String, "right_key": pl.String}, orient="row")
    return sources, truth.sort("left_key", "right_key")

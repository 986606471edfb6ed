"""The hand-kept CSV files beside this module, read as text and checked before anything uses them.

They are meant to be edited in a spreadsheet: UTF-8 with or without BOM; a mistake names file, row, column.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

SEED_FOLDER = Path(__file__).parent

# Columns of each seed; those in NULLABLE may be blank, all others may not.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "regions": ("province_code", "province_th", "region_code", "basis"),
    "region_names": ("region_code", "name_th", "name_en", "basis"),
    "unit_links": (
        "tambon_code",
        "tambon_th",
        "successor_code",
        "successor_th",
        "basis",
        "in_force_on",
        "evidence",
        "source",
    ),
    "tambon_alias": ("tambon_code", "name_th", "kind", "source"),
    "province_alias": ("province_code", "name_th", "source"),
}
NULLABLE = frozenset({"in_force_on"})
KEYS: Mapping[str, tuple[str, ...]] = {
    "regions": ("province_code",),
    "region_names": ("region_code",),
    "unit_links": ("tambon_code", "successor_code"),
    "tambon_alias": ("tambon_code", "name_th"),
    "province_alias": ("name_th",),
}
CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("unit_links", "basis"): ("split", "boundary"),
    ("unit_links", "evidence"): ("report_and_population", "report", "population"),
    ("tambon_alias", "kind"): ("former", "variant"),
}


@dataclass(frozen=True)
class SeedProblem:
    """One cell that cannot stand. `row` is as a spreadsheet shows it (header = 1; 0 = the whole file)."""

    file: str
    row: int
    column: str
    value: str
    message_th: str
    message_en: str

    def __str__(self) -> str:
        place_th = f"{self.file} แถว {self.row} คอลัมน์ {self.column}" if self.row else self.file
        place_en = f"{self.file}, row {self.row}, column {self.column}" if self.row else self.file
        value = f" '{self.value}'" if self.value else ""
        return f"{place_th}:{value} {self.message_th}\n{place_en}:{value} {self.message_en}"


class SeedError(ValueError):
    """One or more seed files cannot be used; `problems` says where, str() is a text for the user."""

    def __init__(self, problems: tuple[SeedProblem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


@dataclass(frozen=True)
class Seeds:
    """All seeds as text frames (`row` number in the file, then its columns), and a hash of their bytes."""

    regions: pl.DataFrame
    region_names: pl.DataFrame
    unit_links: pl.DataFrame
    tambon_alias: pl.DataFrame
    province_alias: pl.DataFrame
    fingerprint: str


def problems_of(
    seed: str, bad: pl.DataFrame, column: str, message_th: str, message_en: str
) -> tuple[SeedProblem, ...]:
    """One problem a row of `bad`, which holds `row` and `column`."""
    return tuple(
        SeedProblem(f"{seed}.csv", row, column, value or "", message_th, message_en)
        for row, value in bad.select("row", column).iter_rows()
    )


def _read(seed: str, folder: Path) -> pl.DataFrame:
    columns = COLUMNS[seed]
    expected = ", ".join(columns)
    try:
        frame = pl.read_csv(
            (folder / f"{seed}.csv").read_bytes(),
            infer_schema=False,
            encoding="utf8",
            row_index_name="row",
            row_index_offset=2,
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SeedError(
            (
                SeedProblem(
                    f"{seed}.csv",
                    0,
                    "",
                    "",
                    f"อ่านไฟล์ไม่ได้ ต้องเป็น CSV แบบ UTF-8 ที่มีคอลัมน์ {expected} ({error})",
                    f"cannot be read: it must be a UTF-8 CSV with the columns {expected} ({error})",
                ),
            )
        ) from error
    if tuple(frame.columns[1:]) != columns:
        raise SeedError(
            (
                SeedProblem(
                    f"{seed}.csv",
                    1,
                    "*",
                    ", ".join(frame.columns[1:]),
                    f"หัวคอลัมน์ต้องเป็น {expected} ตามลำดับ",
                    f"the header must be {expected}, in this order",
                ),
            )
        )
    texts = [pl.col(c).str.normalize("NFC").str.strip_chars().replace("", None) for c in columns]
    return frame.with_columns(pl.col("row").cast(pl.Int64), *texts)


def _problems(seed: str, frame: pl.DataFrame) -> tuple[SeedProblem, ...]:
    found: list[SeedProblem] = []
    for column in COLUMNS[seed]:
        if column not in NULLABLE:
            empty = frame.filter(pl.col(column).is_null())
            found += problems_of(seed, empty, column, "ว่าง กรุณากรอกค่า", "is blank: fill it in")
        allowed = CHOICES.get((seed, column))
        if allowed:
            other = frame.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(allowed))
            words = ", ".join(allowed)
            found += problems_of(seed, other, column, f"ต้องเป็นค่าใดค่าหนึ่งใน {words}", f"must be one of {words}")
    keys = KEYS[seed]
    twice = frame.filter(~pl.struct(keys).is_first_distinct())
    found += problems_of(
        seed, twice, keys[-1], "ซ้ำกับแถวก่อนหน้า กรุณาลบแถวหนึ่ง", "stands in an earlier row too: delete one"
    )
    if seed == "unit_links":
        unread = frame.filter(
            pl.col("in_force_on").is_not_null()
            & pl.col("in_force_on").str.to_date("%Y-%m-%d", strict=False).is_null()
        )
        found += problems_of(
            seed,
            unread,
            "in_force_on",
            "ต้องเป็นวันที่ ค.ศ. แบบ YYYY-MM-DD หรือเว้นว่าง",
            "must be a date as YYYY-MM-DD (CE), or blank",
        )
    return tuple(found)


def load_seeds(folder: Path = SEED_FOLDER) -> Seeds:
    """Read and check every seed on its own; that codes exist is checked against the gazetteer later.

    Raises:
        SeedError: with the problems of all files together.
    """
    frames = {seed: _read(seed, folder) for seed in COLUMNS}
    problems = tuple(problem for seed, frame in frames.items() for problem in _problems(seed, frame))
    if problems:
        raise SeedError(problems)
    digest = hashlib.sha256()
    for seed in COLUMNS:
        digest.update(seed.encode() + b"\0" + hashlib.sha256((folder / f"{seed}.csv").read_bytes()).digest())
    return Seeds(**frames, fingerprint=digest.hexdigest())

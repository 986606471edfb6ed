"""สศช.: population, with rows of country, province and amphoe among the tambons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.sample import funds
from ingest.sample.agencies.common import (
    Extra,
    Format,
    Kept,
    Written,
    headers_of,
    new_draft,
    numbers_as_text,
    repeat,
    write_table,
)
from ingest.sample.draft import Draft, code_column, place_columns
from ingest.sample.files import Sheet, write_workbook
from ingest.sample.funds import Registers
from ingest.sample.places import Ints, Places
from ingest.sample.words import (
    BE,
    SYNTHETIC_TITLE,
    NumberStyle,
    number_column,
)

_NESDC_HEADERS: tuple[dict[str, str], ...] = (
    {
        "calendar_year": "ปี พ.ศ.",
        "reference_date": "ข้อมูล ณ วันที่",
        "tambon_code": "รหัส",
        "province": "จังหวัด",
        "amphoe": "อำเภอ/เขต",
        "tambon": "ตำบล/แขวง",
        "population_male": "ชาย",
        "population_female": "หญิง",
        "population_total": "รวมประชากร",
        "households_total": "จำนวนบ้าน",
    },
    {
        "tambon_code": "geocode",
        "province": "ชื่อจังหวัด",
        "amphoe": "ชื่ออำเภอ",
        "tambon": "ชื่อตำบล",
        "population_male": "จำนวนประชากร|ชาย",
        "population_female": "จำนวนประชากร|หญิง",
        "population_total": "จำนวนประชากร|รวม",
        "households_total": "หลังคาเรือน",
    },
    {
        "serial": "ลำดับ",
        "province": "จังหวัด",
        "amphoe": "อำเภอ",
        "tambon": "ตำบล",
        "population_male": "ประชากรชาย",
        "population_female": "ประชากรหญิง",
        "population_total": "ประชากรรวม",
        "households_total": "จำนวนครัวเรือน",
        "calendar_year": "ปี",
    },
    {
        "calendar_year": "year_ce",
        "reference_date": "reference_date",
        "tambon_code": "geocode",
        "tambon": "name_th",
        "amphoe": "amphoe_th",
        "province": "province_th",
        "population_male": "male",
        "population_female": "female",
        "population_total": "total",
        "households_total": "households",
    },
)


def _nesdc_turn(age: int) -> int:
    return age if age < 2 else 2 + age % 2


def nesdc_format(age: int) -> Format:
    """UTF-8 with BOM, one workbook, then cp874 with names only and UTF-8 with codes in turn."""
    return (
        Format("utf-8-sig", ".csv"),
        Format(None, ".xlsx"),
        Format("cp874", ".csv"),
        Format("utf-8", ".csv"),
    )[_nesdc_turn(age)]


def nesdc_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Population of every tambon, whatever the scale of the funds."""
    turn = _nesdc_turn(age)
    view, n = places.at(year), places.size
    index = np.arange(n, dtype=np.int64)
    numbers = funds.population_values(registers, year)
    style: NumberStyle = "grouped" if turn in (1, 2) else "plain"
    text = {
        "serial": pl.int_range(1, n + 1, eager=True).cast(pl.String),
        "calendar_year": repeat(str(year if turn == 3 else year + BE), n),
        "reference_date": repeat(f"{year}-12-31" if turn == 3 else f"31/12/{year + BE}", n),
        "tambon_code": code_column(view, index, digits=8 if turn == 1 else 6),
        **place_columns(
            places, view, index, ("bare", "bare", "dotted", "bare")[turn], short_bangkok=turn == 2
        ),
        **numbers_as_text(numbers, style),
    }
    headers = {name: wording.replace("|", " ") for name, wording in _NESDC_HEADERS[turn].items()}
    return new_draft(
        "nesdc/population", year, age, headers, text, numbers, index, index, places, view, number_style=style
    )


def _area_rows(draft: Draft, places: Places, level: int) -> tuple[pl.DataFrame, npt.NDArray[np.object_]]:
    """Rows of a level above the tambon (code digits 0 = country, 2 = province, 4 = amphoe) with
    their sums, and their codes."""
    view, turn = places.at(draft.year), _nesdc_turn(draft.age)
    own = np.array([code[:level] for code in view.code], dtype=object)
    codes, first, group = np.unique(own.astype(str), return_index=True, return_inverse=True)
    of_row = group[draft.tambon_index]
    once = draft.copy_of < 0
    columns: dict[str, pl.Series] = {}
    names = place_columns(
        places,
        view,
        first.astype(np.int64),
        ("bare", "bare", "dotted", "bare")[turn],
        short_bangkok=turn == 2,
    )
    size = len(codes)
    for name in draft.text.columns:
        if name in draft.numbers:
            sums = np.bincount(of_row[once], np.nan_to_num(draft.numbers[name][once]), minlength=size)
            columns[name] = number_column(sums.astype(np.float64), draft.number_style)
        elif name == "tambon_code":
            columns[name] = pl.Series(
                [code.ljust(8, "0") if turn == 1 else code for code in codes], dtype=pl.String
            )
        elif name == "province":
            columns[name] = names["province"] if level else repeat("รวมทั้งประเทศ", size)
        elif name == "amphoe":
            columns[name] = names["amphoe"] if level == 4 else repeat("", size)
        elif name == "tambon":
            # Without codes only the word says that this is no tambon.
            columns[name] = repeat("รวม" if turn == 2 and level else "", size)
        else:
            columns[name] = repeat("", size) if name == "serial" else draft.text[name].gather([0] * size)
    return pl.DataFrame(columns), codes.astype(object)


def _nesdc_rows(draft: Draft, places: Places) -> tuple[pl.DataFrame, Ints]:
    codes = places.at(draft.year).code[draft.tambon_index]
    parts, keys = [draft.text], [codes]
    for level in (0, 2, 4):
        rows, area_codes = _area_rows(draft, places, level)
        parts.append(rows)
        keys.append(area_codes)
    key = np.concatenate(keys).astype(str)
    # A shorter code sorts before those that begin with it: country, province, amphoe, its tambons.
    order = np.lexsort((np.arange(len(key)), key))
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    return pl.concat(parts)[order], position[: draft.height]


def nesdc_write(draft: Draft, places: Places, path: Path, extra: Extra = None) -> Written:
    """CSV, or the one year that came as a workbook, with the rows of larger areas among the tambons."""
    rows, position = _nesdc_rows(draft, places)
    encoding = nesdc_format(draft.age).encoding
    if encoding is not None:
        return write_table(draft, path, encoding, extra, rows, position)
    year = str(draft.year + BE)
    sheet = Sheet(
        name=year,
        titles=[f"จำนวนประชากรและบ้าน ณ วันที่ 31 ธันวาคม {year}", SYNTHETIC_TITLE],
        headers=headers_of(draft, _NESDC_HEADERS[1]),
        rows=rows,
        number_columns=frozenset(draft.numbers),
        footer=[f"หมายเหตุ : {SYNTHETIC_TITLE}"],
    )
    write_workbook(path, [sheet])
    return Written(
        np.full(draft.height, sheet.name, dtype=object),
        position + sheet.first_data_row,
        tuple(draft.text.columns),
    )

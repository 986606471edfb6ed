"""Baseline (b): the script an analyst would write in pandas.

    python benchmarks/pandas_script.py INBOX OUT

Same files in, same tables out as `duckdb_script.py` (which says what both leave out); whole-column operations, no loops over rows.
"""

# ruff: noqa: E501 - long expressions read better unbroken here
from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import source
from source import Delivery, Field

FUND_MEASURES, INDICATORS = list(source.measures("fund_measures")), list(source.measures("indicators"))
TO_ARABIC = str.maketrans(source.THAI_DIGITS, source.DIGITS)
PLACE_KEY = ["code6", "tambon", "amphoe", "province"]


def texts(cells: pd.Series) -> pd.Series:
    return cells.str.strip().replace("", None)


def number(cells: pd.Series, field: Field, factor: float) -> pd.Series:
    text = cells.str.translate(TO_ARABIC).str.strip()
    value = pd.to_numeric(
        text.where(text.str.match(source.NUMBER, na=False)).str.replace(",", ""), errors="coerce"
    ).astype("float64")
    if factor != 1:
        value = (value * factor).round(2)
    value = value.where((value >= 0) & (value <= field.maximum))
    return value.mask(text.fillna("").isin(["", "-"]), 0.0) if field.zero_if_blank else value


def year(cells: pd.Series) -> pd.Series:
    text = cells.str.translate(TO_ARABIC).str.extract(r"^\s*(\d{4})\s*$")[0]
    value = pd.to_numeric(text, errors="coerce")
    return value.where(value < 2400, value - 543)


def date(cells: pd.Series) -> pd.Series:
    """31/01/2566, 12 พ.ค. 64, 12 พฤษภาคม 2564, 2566-01-31 and a workbook's own dates."""
    text = cells.str.translate(TO_ARABIC).str.strip()
    months = {
        name: number for names in (source.MONTHS, source.LONG_MONTHS) for number, name in enumerate(names, 1)
    }
    part = text.str.extract(r"^(?P<day>\d{1,2})[/ ](?P<month>.+)[/ ](?P<year>\d{2,4})$")
    month = pd.to_numeric(part["month"], errors="coerce").fillna(part["month"].map(months))
    years = pd.to_numeric(part["year"], errors="coerce")
    years = (years - 543).mask(part["year"].str.len() == 2, years + 1957)
    written = pd.to_datetime(
        pd.DataFrame({"year": years, "month": month, "day": pd.to_numeric(part["day"])}), errors="coerce"
    )
    return written.fillna(
        pd.to_datetime(text.where(part["day"].isna()), errors="coerce", format="%Y-%m-%d %H:%M:%S")
    )


def name(cells: pd.Series, level: str) -> pd.Series:
    text = cells.str.replace("[\u200b\u2060]", "", regex=True).str.replace("ํา", "ำ")
    return texts(text.str.replace(source.PREFIX[level], "", regex=True))


def typed(
    delivery: Delivery, cells: pd.DataFrame, headers: list[str], sheet: str, first_row: int
) -> pd.DataFrame:
    """One file's columns as typed fields; `cells` holds text, one row a record, columns by position."""
    at = source.match_headers(delivery.feed, headers)
    declared = source.contract(delivery.feed)
    if missing := {column["field"] for column in declared["columns"] if column.get("required")} - at.keys():
        raise ValueError(f"no column for {', '.join(sorted(missing))}")
    nothing = pd.Series(None, index=cells.index, dtype="str")
    raw = {field: cells.iloc[:, position] for field, (position, _, _) in at.items()}
    if first_row > 2 and "amphoe" in raw:  # merged downwards in workbooks with title rows
        raw["amphoe"] = raw["amphoe"].ffill()
    out = pd.DataFrame({
        "feed": delivery.feed, "sequence": delivery.sequence, "file": delivery.path.name, "sheet": sheet,
        "row_number": np.arange(len(cells)) + first_row,
        "code6": texts(raw.get("tambon_code", nothing).str.replace(r"\s", "", regex=True).str[:6]),
        **{level: name(raw.get(level, nothing), level) for level in ("tambon", "amphoe", "province")},
        "moo": pd.to_numeric(raw.get("moo", nothing).str.translate(TO_ARABIC), errors="coerce"),
    }, index=cells.index)  # fmt: skip
    period = declared["period"]["field"]
    out["period"] = year(raw[period]) if period in raw else float(delivery.year)
    if delivery.feed != source.AREA_FEED:
        out["programme_code"] = declared["programme"]
        for field in source.TEXTS:
            if field == "founded_on":
                out[field] = date(raw[field]) if field in at else pd.NaT
            elif field in at and at[field][1].lookup:
                out[field] = raw[field].str.strip().map(at[field][1].lookup)
            else:
                text = texts(raw.get(field, nothing))
                out[field] = (
                    text.str.zfill(at[field][1].width) if field in at and at[field][1].width else text
                )
    for measure in INDICATORS if delivery.feed == source.AREA_FEED else FUND_MEASURES:
        out[measure] = number(raw[measure], *at[measure][1:]) if measure in at else np.nan
    return out


def load(delivery: Delivery) -> list[pd.DataFrame]:
    if delivery.path.suffix == ".xlsx":
        frames = []
        for sheet, cells in pd.read_excel(delivery.path, sheet_name=None, header=None, dtype=str).items():
            top = cells.head(source.HEADER_ROWS).astype(object).where(lambda f: f.notna(), None)
            try:
                start, headers = source.find_header(delivery.feed, top.values.tolist())
            except ValueError:
                continue  # a sheet of explanations
            frames.append(typed(delivery, cells.iloc[start:], headers, str(sheet), start + 1))
        return frames
    try:
        cells = pd.read_csv(delivery.path, dtype=str, encoding="utf-8-sig")
    except UnicodeDecodeError:
        cells = pd.read_csv(delivery.path, dtype=str, encoding="cp874")
    return [typed(delivery, cells, list(cells.columns), "", 2)]


def resolve(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Every distinct place as written, with its current tambon by code (abolished ones through their successor), else by exact names."""
    places = pd.concat([frame[PLACE_KEY] for frame in frames]).drop_duplicates()
    gazetteer = pd.DataFrame(source.gazetteer())
    places["province_name"] = places["province"].replace(source.province_alias())
    places["amphoe_name"] = places["amphoe"].where(
        places["amphoe"] != "เมือง", "เมือง" + places["province_name"]
    )
    coded = gazetteer.set_index("code")
    by_name = gazetteer.sort_values("is_current", ascending=False)
    several = by_name[by_name["is_current"]].duplicated(["tambon", "amphoe", "province"], keep=False)
    by_name = by_name.drop(several[several].index).drop_duplicates(["tambon", "amphoe", "province"])
    places = places.merge(
        by_name[["tambon", "amphoe", "province", "target"]], how="left",
        left_on=["tambon", "amphoe_name", "province_name"], right_on=["tambon", "amphoe", "province"], suffixes=("", "_g"),
    )  # fmt: skip
    code_target, code_name = places["code6"].map(coded["target"]), places["code6"].map(coded["tambon"])
    conflict = (
        code_target.notna()
        & places["target"].notna()
        & (code_target != places["target"])
        & (code_name != places["tambon"])
    )
    places["tambon_code"] = code_target.fillna(places["target"]).mask(conflict)
    return places[[*PLACE_KEY, "tambon_code"]]


def indicators(area: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    area = area[area["population_male"].notna() & ~area["tambon"].fillna("").isin(["", "รวม"])].merge(
        places, on=PLACE_KEY, how="left"
    )
    written = area["tambon"].fillna("") + area["amphoe"].fillna("") + area["province"].fillna("")
    area["key"] = area["code6"].fillna(area["tambon_code"]).where(area["tambon_code"].notna(), written)
    area = area.sort_values(["sequence", "row_number"]).drop_duplicates(["key", "period"], keep="last")
    long = area.rename(columns={"period": "calendar_year"}).melt(
        ["tambon_code", "calendar_year"], INDICATORS, "indicator_code", "value"
    )
    key = ["tambon_code", "calendar_year", "indicator_code"]
    return long.dropna(subset="value").groupby(key, dropna=False)["value"].sum().reset_index()


def fund_years(fund: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Every revision of a fund-year, numbered in order of delivery."""
    fund = fund[fund["fund_code"].notna() & fund["fund_name"].notna() & fund["period"].notna()]
    fund = fund[~fund["fund_name"].str.startswith("รวมทั้ง")].rename(columns={"period": "fiscal_year"})
    fund = fund.merge(places, on=PLACE_KEY, how="left")
    fund["fund_id"] = fund["feed"] + "/" + fund["fund_code"]
    key = ["fund_id", "programme_code", "fiscal_year"]
    fund = fund.sort_values(["sequence", "sheet", "row_number"]).drop_duplicates(
        [*key, "sequence"], keep="last"
    )
    fund["revision_number"] = fund.groupby(key).cumcount() + 1
    fund["is_latest"] = ~fund.duplicated(key, keep="last")
    silent = (fund["accounts_filed"] == "false") | fund[FUND_MEASURES].isna().all(axis=1)
    fund["reporting_status"] = np.where(silent, "not_reported", "reported")
    return fund


def tambon_years(latest: pd.DataFrame, current: pd.Series[str]) -> pd.DataFrame:
    """Current tambons (and the unresolved rest) × programmes × years."""
    key = ["tambon_code", "programme_code", "fiscal_year"]
    seen = latest.sort_values("fiscal_year")[["fund_id", *key]].copy()
    seen["next"] = seen.groupby("fund_id")["fiscal_year"].shift(-1)
    gone = seen.dropna(subset="next").assign(fiscal_year=lambda f: f["next"], change=-1)
    change = pd.concat([seen.assign(change=1), gone]).groupby(key, dropna=False)["change"].sum()
    summed = latest.groupby(key, dropna=False)[FUND_MEASURES].sum(min_count=1)
    summed["funds_reporting"] = (
        latest["reporting_status"].eq("reported").groupby([latest[k] for k in key], dropna=False).sum()
    )
    years = latest[["programme_code", "fiscal_year"]].drop_duplicates()
    grid = pd.concat([current, pd.Series([None])]).to_frame("tambon_code").merge(years, how="cross")
    grid = (
        grid.merge(change.reset_index(), on=key, how="left")
        .merge(summed.reset_index(), on=key, how="left")
        .sort_values(key)
    )
    grid["funds_known"] = (
        grid["change"].fillna(0).groupby([grid["tambon_code"], grid["programme_code"]], dropna=False).cumsum()
    )
    grid["funds_reporting"] = grid["funds_reporting"].fillna(0)
    grid["reporting_status"] = np.select(
        [grid["funds_known"] == 0, grid["funds_reporting"] == 0], ["no_fund", "not_reported"], "reported"
    )
    grid["overdue_ratio"] = grid["loans_overdue_thb"] / grid["loans_outstanding_thb"].replace(0, np.nan)
    del grid["change"]
    return pd.DataFrame(grid)


def roll_up(area: pd.DataFrame) -> pd.DataFrame:
    both = pd.concat([area, area.assign(programme_code="all")])
    known = both["tambon_code"].notna()
    province = both["tambon_code"].str[:2]
    levels = {
        "amphoe": both["tambon_code"].str[:4], "province": province, "region": province.map(source.region_of()),
        "country": pd.Series("TH", index=both.index),
    }  # fmt: skip
    columns = ["funds_known", "funds_reporting", *FUND_MEASURES]
    parts = []
    for level, codes in levels.items():
        code = codes if level == "country" else codes.where(known, "unresolved")
        grouped = both.assign(area_level=level, area_code=code).groupby(
            ["area_level", "area_code", "programme_code", "fiscal_year"]
        )
        parts.append(grouped[columns].sum(min_count=1).reset_index())
    return pd.concat(parts)


def checks(latest: pd.DataFrame, area: pd.DataFrame) -> dict[str, int]:
    savings = latest.sort_values("fiscal_year").groupby("fund_id")["savings_thb"]
    now, before = latest["savings_thb"], savings.shift(1)
    members = latest["members_persons"] - latest["members_male_persons"] - latest["members_female_persons"]
    country = area[area["area_level"] == "country"].set_index(["programme_code", "fiscal_year"])[
        "savings_thb"
    ]
    total = latest.groupby(["programme_code", "fiscal_year"])["savings_thb"].sum(min_count=1)
    failing = {
        "key": latest.duplicated(["fund_id", "programme_code", "fiscal_year"]),
        "negative": (latest[FUND_MEASURES] < 0).any(axis=1),
        "overdue above outstanding": latest["loans_overdue_thb"] > latest["loans_outstanding_thb"] + 0.5,
        "parts": members.abs() > 0.5,
        "jump": (now > 0) & (before > 0) & (np.maximum(now, before) > 20 * np.minimum(now, before)),
        "unresolved": latest["tambon_code"].isna(),
        "roll-up": (total - country.reindex(total.index)).abs() > 1,
    }
    return {check: int(rows.sum()) for check, rows in failing.items()}


def main(inbox: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    frames: dict[bool, list[pd.DataFrame]] = {True: [], False: []}
    for delivery in source.deliveries(inbox):
        try:
            frames[delivery.feed == source.AREA_FEED] += load(delivery)
        except (ValueError, zipfile.BadZipFile) as error:
            print(f"left out {delivery.path.name}: {error}", file=sys.stderr)
    area, fund = pd.concat(frames[True], ignore_index=True), pd.concat(frames[False], ignore_index=True)
    del frames
    places = resolve([area, fund])
    tambon = pd.DataFrame([place for place in source.gazetteer() if place.is_current])
    tambon = tambon.rename(columns={"code": "tambon_code"}).drop(columns=["target", "is_current"])
    revisions = fund_years(fund, places)
    del fund
    latest = revisions[revisions["is_latest"]]
    years = tambon_years(latest, tambon["tambon_code"])
    counted, rolled = indicators(area, places), roll_up(years)
    (out / "checks.json").write_text(json.dumps(checks(latest, rolled)))
    newest = years.groupby("programme_code")["fiscal_year"].transform("max") == years["fiscal_year"]
    held = years[newest].groupby("tambon_code")[["funds_known", *FUND_MEASURES]].sum(min_count=1)
    people = counted[
        (counted["indicator_code"] == "population_total")
        & (counted["calendar_year"] == counted["calendar_year"].max())
    ]
    profile = tambon.merge(held, on="tambon_code", how="left").merge(
        people[["tambon_code", "value"]].rename(columns={"value": "population_total"}).dropna(),
        on="tambon_code",
        how="left",
    )
    profile["savings_per_capita_thb"] = profile["savings_thb"] / profile["population_total"]
    tables = {
        "dim_tambon": tambon, "fct_fund_year_revision": revisions, "fct_fund_year": latest,
        "fct_tambon_year": years[years["tambon_code"].notna()], "fct_tambon_indicator_year": counted,
        "mart_area_year": rolled, "mart_tambon_profile": profile,
    }  # fmt: skip
    for table, content in tables.items():
        content.to_parquet(out / f"{table}.parquet", index=False, compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

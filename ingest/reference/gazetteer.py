"""The gazetteer as Polars frames: tambons (current and abolished), their units, amphoe, provinces, regions.

Names and codes are those of the Department of Provincial Administration (DOPA) as published by `geothai`.
What a tambon unit is, and what it cannot say, is written in docs/decisions/0002-tambon-units.md.
"""

from __future__ import annotations

import polars as pl
from geothai import districts, provinces, subdistricts
from geothai.abolished import abolished_areas

from ingest.reference.seeds import SeedError, SeedProblem, Seeds, problems_of

# Links that move a whole code or split one: the new code is new because of them. A `boundary` link joins
# codes that both were there before and after, so it makes no code new.
_BASES_OF_NEW_CODES = ("notice", "split")

_NO_TAMBON = (
    "ไม่มีรหัสตำบลนี้ในทำเนียบ กรุณาตรวจรหัส 6 หลัก",
    "is no tambon code of the gazetteer: check the six digits",
)
_NO_PROVINCE = ("ไม่มีรหัสจังหวัดนี้ กรุณาตรวจรหัส 2 หลัก", "is no province code: check the two digits")
_PROVINCE_MISSING = ("ไม่มีจังหวัดนี้ในไฟล์ กรุณาเพิ่มแถว", "this province is missing: add a row")


def _current_tambons() -> pl.DataFrame:
    rows = [
        (t.code, t.name_th, t.name_en, True, None)
        for p in provinces()
        for a in districts(p.code)
        for t in subdistricts(a.code)
    ]
    return pl.DataFrame(rows, schema=_TAMBON_SCHEMA, orient="row")


_TAMBON_SCHEMA = {
    "tambon_code": pl.String,
    "name_th": pl.String,
    "name_en": pl.String,
    "is_current": pl.Boolean,
    "valid_to": pl.String,
}


def _all_tambons() -> pl.DataFrame:
    """(tambon_code, name_th, name_en, is_current, valid_to), one row a code; current wins over abolished."""
    gone = [
        (a.code, a.name_th, a.name_en, False, a.abolished_on)
        for a in abolished_areas()
        if a.level == "subdistrict"
    ]
    return (
        pl.concat([_current_tambons(), pl.DataFrame(gone, schema=_TAMBON_SCHEMA, orient="row")])
        .unique("tambon_code", keep="first", maintain_order=True)
        .with_columns(
            pl.col("name_th", "name_en").str.normalize("NFC").str.strip_chars(),
            pl.col("valid_to").str.to_date("%Y-%m-%d"),
        )
        .sort("tambon_code")
    )


def tambon_successors(seeds: Seeds) -> pl.DataFrame:
    """Every known step from one tambon code to another.

    Grain: (tambon_code, successor_code). Columns: those, `basis`, `in_force_on` (date, NULL = not known),
    `source` (NULL for `name`). Bases `notice` (a published notice) and `name` (the one tambon of that name in
    the province; likely, not proven) are geothai's; `split` (the old code lives on) and `boundary` (area
    moved between two codes that both live on) come from `unit_links.csv`.

    Raises:
        SeedError: `unit_links.csv` names a code that is not in the gazetteer, or links a code to itself.
    """
    links = seeds.unit_links
    known = _all_tambons().get_column("tambon_code").implode()
    problems: list[SeedProblem] = []
    for column in ("tambon_code", "successor_code"):
        problems += problems_of(
            "unit_links",
            links.filter(~pl.col(column).is_in(known)),
            column,
            *_NO_TAMBON,
        )
    problems += problems_of(
        "unit_links",
        links.filter(pl.col("tambon_code") == pl.col("successor_code")),
        "successor_code",
        "เหมือนรหัสเดิม กรุณาใส่รหัสใหม่",
        "is the same code: give the other one",
    )
    if problems:
        raise SeedError(tuple(problems))
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "tambon_code": pl.String,
        "successor_code": pl.List(pl.String),
        "basis": pl.String,
        "in_force_on": pl.String,
        "source": pl.String,
    }
    rows = [
        (a.code, list(a.successors), a.successors_basis, a.successors_in_force, a.successors_source)
        for a in abolished_areas()
        if a.level == "subdistrict" and a.successors
    ]
    published = pl.DataFrame(rows, schema=schema, orient="row").explode("successor_code")
    return (
        pl.concat([published, links.select(published.columns)])
        .unique(["tambon_code", "successor_code"], keep="first", maintain_order=True)
        .with_columns(pl.col("in_force_on").str.to_date("%Y-%m-%d"))
        .sort("tambon_code", "successor_code")
    )


def tambon_units(tambons: pl.DataFrame, successors: pl.DataFrame) -> pl.DataFrame:
    """Group codes that any chain of links joins (connected components).

    In: `tambons` (tambon_code, is_current), `successors` (tambon_code, successor_code).
    Out: one row a tambon_code: `tambon_unit_id` (`U` + the smallest current code of the group, or the
    smallest code where none is current), `unit_code_count` (codes in the group). A code without links is a
    unit of its own.
    """
    # A label that sorts current codes before abolished ones; the least label spreads along the links until
    # nothing moves.
    label = pl.when("is_current").then(pl.lit("0")).otherwise(pl.lit("1")) + pl.col("tambon_code")
    labels = tambons.select("tambon_code", label.alias("label"))
    pair = successors.select("tambon_code", other="successor_code")
    edges = pl.concat([pair, pair.select(tambon_code="other", other="tambon_code")])
    while True:
        spread = (
            edges.join(labels, left_on="other", right_on="tambon_code")
            .group_by("tambon_code")
            .agg(pl.col("label").min().alias("least"))
        )
        following = labels.join(spread, on="tambon_code", how="left", maintain_order="left").select(
            "tambon_code", pl.min_horizontal("label", "least").alias("label")
        )
        if following.equals(labels):
            break
        labels = following
    return labels.select(
        "tambon_code",
        tambon_unit_id="U" + pl.col("label").str.slice(1),
        unit_code_count=pl.len().over("label").cast(pl.Int32),
    )


def tambon_table(successors: pl.DataFrame) -> pl.DataFrame:
    """`tambon`, one row a code, current and abolished; columns as in docs/architecture.md.

    `valid_from` is the day on which the notice that made the code took force, NULL where no dated notice is
    known. `valid_to` is the day on which DOPA took the code off its list: at times later than the legal
    change (that day is in `tambon_successor`), and 2006-01-01 for all codes of DOPA's clean-up of that day,
    which is no legal date.
    """
    tambons = _all_tambons()
    born = (
        successors.filter(pl.col("basis").is_in(_BASES_OF_NEW_CODES))
        .group_by(tambon_code="successor_code")
        .agg(valid_from=pl.col("in_force_on").min())
    )
    return (
        tambons.join(born, on="tambon_code", how="left")
        .join(tambon_units(tambons, successors), on="tambon_code", how="left")
        .select(
            "tambon_code",
            "name_th",
            "name_en",
            pl.col("tambon_code").str.slice(0, 4).alias("amphoe_code"),
            pl.col("tambon_code").str.slice(0, 2).alias("province_code"),
            "is_current",
            "valid_from",
            "valid_to",
            "tambon_unit_id",
            "unit_code_count",
        )
        .sort("tambon_code")
    )


def amphoe_table() -> pl.DataFrame:
    """`amphoe`, one row a code, current and abolished (also DOPA's former branch registration offices).

    `name_th` is the bare name, in Bangkok too (geothai writes `เขต` before a khet's name and nothing before
    an amphoe's). `successor_code` is NULL unless exactly one code took the amphoe's place.
    """
    schema = {
        "amphoe_code": pl.String,
        "name_th": pl.String,
        "name_en": pl.String,
        "is_current": pl.Boolean,
        "valid_to": pl.String,
        "successor_code": pl.String,
    }
    current = [
        (a.code, a.name_th, a.name_en, True, None, None) for p in provinces() for a in districts(p.code)
    ]
    gone = [
        (
            a.code,
            a.name_th,
            a.name_en,
            False,
            a.abolished_on,
            a.successors[0] if len(a.successors) == 1 else None,
        )
        for a in abolished_areas()
        if a.level == "district"
    ]
    return (
        pl.DataFrame([*current, *gone], schema=schema, orient="row")
        .unique("amphoe_code", keep="first", maintain_order=True)
        .select(
            "amphoe_code",
            pl.col("name_th").str.normalize("NFC").str.strip_chars().str.strip_prefix("เขต"),
            pl.col("name_en").str.normalize("NFC").str.strip_chars(),
            pl.col("amphoe_code").str.slice(0, 2).alias("province_code"),
            "is_current",
            pl.col("valid_to").str.to_date("%Y-%m-%d"),
            "successor_code",
        )
        .sort("amphoe_code")
    )


def province_table(seeds: Seeds) -> pl.DataFrame:
    """`province`: `province_code, name_th, name_en, region_code`, one row a province.

    Raises:
        SeedError: `regions.csv` leaves a province out, has one that does not exist or under another name, or
            names an unknown region.
    """
    table = pl.DataFrame(
        [(p.code, p.name_th, p.name_en) for p in provinces()],
        schema={"province_code": pl.String, "name_th": pl.String, "name_en": pl.String},
        orient="row",
    ).with_columns(pl.col("name_th", "name_en").str.normalize("NFC").str.strip_chars())
    regions = seeds.regions.join(table, on="province_code", how="left")
    codes = seeds.region_names.get_column("region_code")
    words = ", ".join(codes)
    problems = [
        *problems_of(
            "regions",
            regions.filter(pl.col("name_th").is_null()),
            "province_code",
            *_NO_PROVINCE,
        ),
        *problems_of(
            "regions",
            regions.filter(pl.col("name_th") != pl.col("province_th")),
            "province_th",
            "ไม่ตรงกับรหัสจังหวัดในแถวเดียวกัน",
            "is not the name of the province code in this row",
        ),
        *problems_of(
            "regions",
            regions.filter(~pl.col("region_code").is_in(codes.implode())),
            "region_code",
            f"ไม่มีภาคนี้ใน region_names.csv ต้องเป็นค่าใดค่าหนึ่งใน {words}",
            f"is not in region_names.csv: use one of {words}",
        ),
        *(
            SeedProblem("regions.csv", 0, "", code, *_PROVINCE_MISSING)
            for code in table.join(seeds.regions, on="province_code", how="anti").get_column("province_code")
        ),
    ]
    if problems:
        raise SeedError(tuple(problems))
    return (
        table.join(seeds.regions.select("province_code", "region_code"), on="province_code")
        .select("province_code", "name_th", "name_en", "region_code")
        .sort("province_code")
    )


def tambon_alias_table(seeds: Seeds) -> pl.DataFrame:
    """`tambon_alias`: `tambon_code, name_th, kind, source`; several names may belong to one code.

    Raises:
        SeedError: a code is not in the gazetteer.
    """
    unknown = seeds.tambon_alias.join(_all_tambons(), on="tambon_code", how="anti")
    if unknown.height:
        raise SeedError(problems_of("tambon_alias", unknown, "tambon_code", *_NO_TAMBON))
    return seeds.tambon_alias.select("tambon_code", "name_th", "kind", "source").sort(
        "tambon_code", "name_th"
    )


def province_alias_table(seeds: Seeds, province: pl.DataFrame) -> pl.DataFrame:
    """`province_alias`: `province_code, name_th`; no name stands twice or is a province's own name.

    Raises:
        SeedError: a code is unknown, or a name is the official name of a province.
    """
    alias = seeds.province_alias
    problems = (
        *problems_of(
            "province_alias",
            alias.join(province, on="province_code", how="anti"),
            "province_code",
            *_NO_PROVINCE,
        ),
        *problems_of(
            "province_alias",
            alias.join(province, on="name_th", how="semi"),
            "name_th",
            "เป็นชื่อทางการของจังหวัดอยู่แล้ว กรุณาลบแถวนี้",
            "is a province's official name: delete this row",
        ),
    )
    if problems:
        raise SeedError(problems)
    return alias.select("province_code", "name_th").sort("province_code", "name_th")


def gazetteer_tables(seeds: Seeds) -> dict[str, pl.DataFrame]:
    """tambon, tambon_successor, tambon_alias, amphoe, province, province_alias and region, by name.

    The same geothai data and seeds give the same rows in the same order.

    Raises:
        SeedError: a seed disagrees with the gazetteer.
    """
    successors = tambon_successors(seeds)
    province = province_table(seeds)
    return {
        "tambon": tambon_table(successors),
        "tambon_successor": successors,
        "tambon_alias": tambon_alias_table(seeds),
        "amphoe": amphoe_table(),
        "province": province,
        "province_alias": province_alias_table(seeds, province),
        "region": seeds.region_names.select("region_code", "name_th", "name_en", "basis"),
    }

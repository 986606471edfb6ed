"""What is wrong with a reported place, and what to type instead: one defect a place, at the cell most likely wrong."""

from __future__ import annotations

import polars as pl

from expectations.places import CELLS, ladder

SURE = 0.75
"""From which confidence on a tambon found by its names is what to type."""
OUTPUT: dict[str, pl.DataType] = {
    **dict.fromkeys(CELLS, pl.String()),
    **dict.fromkeys(("place_defect", "place_suggested", "place_suggestion", "place_expected"), pl.String()),
    "place_confidence": pl.Float64(),
}
_PREFIX = r"^((?:ตำบล|ต\.|แขวง|กิ่งอำเภอ|อำเภอ|อ\.|เขต|จังหวัด|จ\.)\s*)"


def judged_places(places: pl.DataFrame) -> pl.DataFrame:
    """Distinct places of deliveries (`CELLS`) that have a defect.

    Returns:
        The columns of `OUTPUT`. `place_defect` is `code_unknown`, `code_abolished`, `code_name`, `province_unknown`,
        `amphoe_unknown`, `amphoe_of_tambon`, `tambon_spelling`, `tambon_unknown`, `ambiguous`, `amphoe_short` or
        `province_short`; `place_suggested` is what to type in the cell that the defect is about, NULL where it is not known.
    """
    # The ladder looks at the cell of a code only where no six digits could be read in it: a village's code is its tambon's.
    cell = pl.when(pl.col("reported_code6").is_null()).then("reported_tambon_code")
    given = places.select(CELLS).with_columns(_cell=cell)
    apart = ["_cell", *CELLS[1:]]
    distinct = given.select(apart).unique(maintain_order=True).with_row_index("n").rename({"_cell": CELLS[0]})
    if distinct.is_empty():
        return pl.DataFrame(schema=OUTPUT)
    none = pl.lit(None, pl.String)
    numbered = distinct.with_columns(place_id=pl.format("{}", "n"))
    with ladder() as resolved:
        found = resolved(numbered)
        coded = pl.col("reported_code6").is_not_null()
        doubted = found.filter((coded & pl.col("known_code").is_null()) | (pl.col("method") == "conflict"))
        bare = numbered.join(doubted, on="place_id", how="semi").with_columns(
            none.alias(CELLS[0]), none.alias(CELLS[1])
        )
        by_names = resolved(bare) if bare.height else found.head(0)
    by_names = by_names.select("place_id", named_code="tambon_code", named_confidence="confidence")
    table = _labelled(found.join(by_names, on="place_id", how="left"))
    told = _told(table).filter(pl.col("place_defect").is_not_null())
    return (
        given.unique(maintain_order=True)
        .join(
            told.with_columns(_cell=pl.col(CELLS[0])).drop(CELLS[0]),
            on=apart,
            nulls_equal=True,
            how="inner",
        )
        .select(pl.col(name).cast(kind) for name, kind in OUTPUT.items())
    )


def _labelled(found: pl.DataFrame) -> pl.DataFrame:
    """With the names of: the tambon resolved, the tambon of the code, the tambon of the names."""
    from expectations.places import gazetteer

    tables = gazetteer()
    names = (
        tables["tambon"]
        .join(tables["amphoe"].select("amphoe_code", amphoe="name_th"), on="amphoe_code", how="left")
        .join(tables["province"].select("province_code", province="name_th"), on="province_code", how="left")
        .select("tambon_code", tambon="name_th", amphoe="amphoe", province="province")
    )
    for code, mark in (("tambon_code", "at"), ("known_code", "own"), ("named_code", "named")):
        renamed = names.rename(
            {"tambon_code": code, **{c: f"{mark}_{c}" for c in ("tambon", "amphoe", "province")}}
        )
        found = found.join(renamed, on=code, how="left")
    province = tables["province"].select(named_province_code="province_code", near_province="name_th")
    amphoe = tables["amphoe"].select(near_amphoe_code="amphoe_code", near_amphoe="name_th")
    best = pl.col("candidates").str.json_path_match("$[0].name")
    names_of_best = best.str.split(" / ")
    return (
        found.join(province, on="named_province_code", how="left")
        .join(amphoe, on="near_amphoe_code", how="left")
        .with_columns(
            best_name=names_of_best.list.get(0, null_on_oob=True),
            best_label=best,
            best_score=pl.col("candidates").str.json_path_match("$[0].score").cast(pl.Float64, strict=False),
            candidate_names=pl.col("candidates")
            .str.extract_all(r'"name":"[^"]+"')
            .list.eval(pl.element().str.slice(8).str.strip_chars('"'))
            .list.join("; "),
        )
    )


def _label(mark: str) -> pl.Expr:
    return pl.concat_str(
        *(f"{mark}_{name}" for name in ("tambon", "amphoe", "province")), separator=" / ", ignore_nulls=True
    )


def _prefixed(cell: str, name: pl.Expr) -> pl.Expr:
    """The right name as this officer writes names: with the prefix that stood in the cell."""
    return pl.concat_str(pl.col(cell).str.extract(_PREFIX, 1).fill_null(""), name)


def _own_words() -> pl.Expr:
    return pl.format("รหัส {} คือ · is {}", "known_code", _label("own"))


def _named_words() -> pl.Expr:
    return pl.format("รหัสของชื่อนี้คือ · the code of these names is {} ({})", "named_code", _label("named"))


def _told(table: pl.DataFrame) -> pl.DataFrame:
    """The defect, what to type, in words, and how sure."""
    method = pl.col("method")
    found = pl.col("tambon_code").is_not_null()
    coded, known = pl.col("reported_code6").is_not_null(), pl.col("known_code").is_not_null()
    named = pl.col("named_code").is_not_null() & (pl.col("named_confidence") >= SURE)
    has_amphoe, has_province = pl.col("amphoe_key").is_not_null(), pl.col("province_key").is_not_null()
    tambon = pl.col("tambon_key").is_not_null()
    lost_province = has_province & pl.col("named_province_code_exact").is_null()
    lost_amphoe = has_amphoe & ~lost_province & has_province & pl.col("named_amphoe_codes").is_null()
    near = known & ~pl.col("name_is_known") & tambon & method.str.starts_with("code")
    short_province = (pl.col("province_key") != pl.col("near_province")) & ~pl.col(
        "province_key"
    ).str.contains("[a-z]")
    both_words = pl.concat_str(
        pl.when(named).then(_named_words()), _own_words(), separator="; ", ignore_nulls=True
    )
    defect = (
        pl.when(coded & ~known).then(pl.lit("code_unknown"))
        # A code that fits the amphoe, and a tambon name that is nobody's there: the name is what is wrong.
        .when((method == "conflict") & pl.col("named_code").is_null() & tambon & ~pl.col("amphoe_differs") & ~lost_province)
        .then(pl.lit("tambon_unknown"))
        .when(method == "conflict").then(pl.lit("code_name"))
        .when(method.str.starts_with("code_abolished") | (method == "code_split")).then(pl.lit("code_abolished"))
        .when(lost_province).then(pl.lit("province_unknown"))
        .when(lost_amphoe).then(pl.lit("amphoe_unknown"))
        .when(known & pl.col("amphoe_differs") & method.str.starts_with("code")).then(pl.lit("amphoe_of_tambon"))
        .when(near | method.is_in(["fuzzy_amphoe", "fuzzy_province"])).then(pl.lit("tambon_spelling"))
        # A tambon alone, or without its province, is told as a place that is not given.
        .when((method == "unresolved") & tambon & has_province & has_amphoe).then(pl.lit("tambon_unknown"))
        .when((method == "unresolved") & tambon & has_province).then(pl.lit("ambiguous"))
        .when(found & pl.col("amphoe_key").is_in(["เมือง", "mueang", "muang"])).then(pl.lit("amphoe_short"))
        .when(found & has_province & short_province)
        .then(pl.lit("province_short"))
    )  # fmt: skip
    table = table.with_columns(place_defect=defect)
    is_ = {name: pl.col("place_defect") == name for name in (
        "code_unknown", "code_name", "code_abolished", "province_unknown", "amphoe_unknown", "amphoe_of_tambon",
        "tambon_spelling", "tambon_unknown", "ambiguous", "amphoe_short", "province_short")}  # fmt: skip
    likely = pl.col("best_score") >= 75
    suggested = (
        pl.when((is_["code_unknown"] | is_["code_name"]) & named).then("named_code")
        .when(is_["code_abolished"] & found & (pl.col("tambon_code") != pl.col("known_code"))).then("tambon_code")
        .when(is_["province_unknown"] | is_["province_short"]).then(
            _prefixed("reported_province", pl.coalesce(pl.when(found).then("at_province"), "near_province")))
        .when(is_["amphoe_unknown"] | is_["amphoe_of_tambon"] | is_["amphoe_short"]).then(
            _prefixed("reported_amphoe", pl.coalesce(pl.when(found).then("at_amphoe"), "near_amphoe")))
        .when(is_["tambon_spelling"]).then(_prefixed("reported_tambon", pl.col("at_tambon")))
        .when(is_["tambon_unknown"] & known).then(_prefixed("reported_tambon", pl.col("own_tambon")))
        .when(is_["tambon_unknown"] & likely).then(_prefixed("reported_tambon", pl.col("best_name")))
    )  # fmt: skip
    at_words = pl.format("{} ({})", _label("at"), "tambon_code")
    candidates = pl.format("อาจเป็น · may be: {}", "candidate_names")
    words = (
        pl.when(is_["code_unknown"] & named).then(_named_words())
        .when(is_["code_name"]).then(both_words)
        .when(is_["code_abolished"] & (pl.col("tambon_code") != pl.col("known_code")))
        .then(pl.format("ใช้ · use {}", at_words))
        .when(is_["tambon_unknown"] & known).then(_own_words())
        .when(found).then(at_words)
        .when(is_["province_unknown"]).then(pl.col("near_province"))
        .when(is_["amphoe_unknown"] & pl.col("near_amphoe").is_not_null()).then(pl.col("near_amphoe"))
        .otherwise(pl.when(pl.col("candidate_names") != "").then(candidates))
    )  # fmt: skip
    expected = {
        "code_unknown": "รหัสตำบลที่มีในทำเนียบ · a tambon code of the gazetteer",
        "code_name": "รหัสและชื่อของตำบลเดียวกัน · code and names of one tambon",
        "code_abolished": "รหัสที่ใช้อยู่ในปัจจุบัน · a code in use today",
        "province_unknown": "ชื่อจังหวัดที่มีอยู่ · the name of a province",
        "amphoe_unknown": "อำเภอในจังหวัดนี้ · an amphoe of this province",
        "amphoe_of_tambon": "อำเภอที่ตำบลนี้ตั้งอยู่ · the amphoe that this tambon lies in",
        "tambon_spelling": "ชื่อตำบลตามทำเนียบ · the tambon's name as in the gazetteer",
        "tambon_unknown": "ตำบลในอำเภอนี้ · a tambon of this amphoe",
        "amphoe_short": "ชื่ออำเภอเต็ม · the amphoe's whole name",
        "province_short": "ชื่อจังหวัดเต็ม · the province's whole name",
        "ambiguous": "อำเภอ เพราะชื่อนี้มีหลายตำบลหรือไม่มีในจังหวัด · the amphoe: the province has several or none of this name",
    }
    confidence = (
        pl.when(is_["code_unknown"]).then(0.99)
        .when(is_["code_name"]).then(0.95)
        .when(is_["tambon_spelling"]).then(pl.lit(0.9))
        .when(is_["code_abolished"] | is_["province_unknown"]).then(0.95)
        .otherwise(0.9)
    )  # fmt: skip
    return table.with_columns(
        place_suggested=suggested,
        place_suggestion=words,
        place_expected=pl.col("place_defect").replace_strict(expected, default=None, return_dtype=pl.String),
        place_confidence=confidence,
    )

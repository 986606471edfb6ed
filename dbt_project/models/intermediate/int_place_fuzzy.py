"""Left-over places: near spellings, cut names, misspelt amphoes. rapidfuzz sees distinct places only.

A wrong tambon costs about ten times an unresolved one, so a match needs a high score and a clear margin over
the next tambon; everything else is listed as a candidate. The thresholds were tuned on synthetic
misspellings of every current tambon and on names that do not exist in the amphoe they are reported in
(docs/decisions/0004-places-and-facts.md).
"""

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

ACCEPT_SCORE = 88.0  # the same amphoe, or names and amphoe together
ACCEPT_MARGIN = 8.0  # ahead of every other tambon in scope
LONE_SCORE = 78.0  # less alike, but nothing else in the amphoe is anywhere near
LONE_MARGIN = 25.0
CODE_SCORE = 70.0  # a code already says so; the spelling only has to be near
CODE_MARGIN = 5.0
CANDIDATE_SCORE = 50.0
CANDIDATES = 5
CUT_LENGTHS = (15, 16)  # some registers cut names at 16 characters, and a trailing space goes

# Tone marks and signs that are dropped or swapped when Thai is typed by ear:
# mai ek to mai chattawa, thanthakhat, mai taikhu.
TONE_MARKS = "[\u0e47-\u0e4c]"

OUTPUT = {
    "place_id": pl.String,
    "tambon_code": pl.String,
    "amphoe_code": pl.String,
    "province_code": pl.String,
    "method": pl.String,
    "confidence": pl.Float64,
    "candidates": pl.String,
    "reason": pl.String,
}


def bare(column):
    """The key without tone marks. Made on names and places, before they are paired."""
    return pl.col(column).str.replace_all(TONE_MARKS, "").alias(f"{column}_bare")


def similarity(pairs, left, right):
    """Scores 0 to 100, pair by pair: the plain keys or, a little less, those without tone marks."""

    def ratio(one, other):
        return process.cpdist(
            pairs[one].to_list(), pairs[other].to_list(), scorer=fuzz.ratio, dtype=np.float32, workers=1
        )

    return pl.Series(np.maximum(ratio(left, right), ratio(f"{left}_bare", f"{right}_bare") * 0.97)).cast(
        pl.Float64
    )


def nearest_area(keys, areas, scope):
    """The one area whose name is clearly nearest, per row of `keys` (columns `key` and those of `scope`).

    Returns `key`, `scope`, `area_code`, `area_score`; rows without a clear winner are absent.
    """
    keys, areas = keys.with_columns(bare("key")), areas.with_columns(bare("name_key"))
    pairs = keys.join(areas, on=scope, how="inner") if scope else keys.join(areas, how="cross")
    if pairs.is_empty():
        return pairs.select("key", *scope, "area_code", pl.lit(0.0).alias("area_score"))
    return (
        pairs.with_columns(similarity(pairs, "key", "name_key").alias("area_score"))
        .group_by("key", *scope, "area_code")
        .agg(pl.col("area_score").max())
        .sort("area_score", descending=True)
        .group_by("key", *scope, maintain_order=True)
        .agg(
            pl.col("area_code").first(),
            pl.col("area_score").first(),
            pl.col("area_score").get(1, null_on_oob=True).alias("second"),
        )
        .with_columns((pl.col("area_score") - pl.col("second").fill_null(0.0)).alias("lead"))
        .filter(
            ((pl.col("area_score") >= ACCEPT_SCORE) & (pl.col("lead") >= ACCEPT_MARGIN))
            | ((pl.col("area_score") >= LONE_SCORE) & (pl.col("lead") >= LONE_MARGIN))
        )
        .select("key", *scope, "area_code", "area_score")
    )


def with_areas(places, areas):
    """Adds `scope_province_code` (named, else nearest) and `near_amphoe_area` (where none fits exactly)."""
    provinces = areas.filter(pl.col("level") == "province").select("area_code", "name_key")
    lost = places.filter(pl.col("named_province_code").is_null() & pl.col("province_key").is_not_null())
    near_province = nearest_area(
        lost.select(pl.col("province_key").alias("key")).unique(), provinces, []
    ).rename({"key": "province_key", "area_code": "near_province_code"})
    places = places.join(near_province.drop("area_score"), on="province_key", how="left").with_columns(
        pl.coalesce("named_province_code", "near_province_code").alias("scope_province_code")
    )
    amphoes = areas.filter(pl.col("level") == "amphoe").select(
        "area_code", "name_key", pl.col("province_code").alias("scope_province_code")
    )
    lost = places.filter(
        pl.col("named_amphoe_codes").is_null()
        & pl.col("amphoe_key").is_not_null()
        & pl.col("scope_province_code").is_not_null()
    )
    near_amphoe = nearest_area(
        lost.select(pl.col("amphoe_key").alias("key"), "scope_province_code").unique(),
        amphoes,
        ["scope_province_code"],
    ).rename({"key": "amphoe_key", "area_code": "near_amphoe_area"})
    return places.join(near_amphoe, on=["amphoe_key", "scope_province_code"], how="left")


def scoped_pairs(places, names):
    """Every (place, tambon name) worth scoring: in the amphoe, else the near amphoe, and in the amphoe of
    the code.

    `scope`: `amphoe` (the name fits), `near_amphoe` (misspelt), `code` (the code's own amphoe);
    `province` and `hint` (first digits of an unusable code) only give candidates.
    """
    by_amphoe = (
        places.select("place_id", pl.col("named_amphoe_codes").alias("amphoe_code"))
        .explode("amphoe_code")
        .drop_nulls()
    )
    near = places.select("place_id", pl.col("near_amphoe_area").alias("amphoe_code")).drop_nulls()
    code = places.select("place_id", pl.col("known_code").str.slice(0, 4).alias("amphoe_code")).drop_nulls()
    province_only = places.filter(
        pl.col("named_amphoe_codes").is_null()
        & pl.col("near_amphoe_area").is_null()
        & pl.col("scope_province_code").is_not_null()
    ).select("place_id", pl.col("scope_province_code").alias("province_code"))
    hint = (
        places.filter(pl.col("known_code").is_null())
        .select("place_id", pl.col("hint_amphoe_code").alias("amphoe_code"))
        .drop_nulls()
    )
    return pl.concat(
        [
            by_amphoe.join(names, on="amphoe_code").with_columns(pl.lit("amphoe").alias("scope")),
            near.join(names, on="amphoe_code").with_columns(pl.lit("near_amphoe").alias("scope")),
            code.join(names, on="amphoe_code").with_columns(pl.lit("code").alias("scope")),
            hint.join(names, on="amphoe_code").with_columns(pl.lit("hint").alias("scope")),
            province_only.join(names, on="province_code").with_columns(pl.lit("province").alias("scope")),
        ],
        how="diagonal",
    )


def exact_elsewhere(places, names):
    """Only a tambon name is known: the tambons of that name anywhere, as candidates and never as an
    answer.
    """
    return (
        places.filter(
            pl.col("scope_province_code").is_null()
            & pl.col("named_amphoe_codes").is_null()
            & pl.col("known_code").is_null()
        )
        .select("place_id", "tambon_key")
        .join(names, left_on="tambon_key", right_on="name_key")
        .with_columns(pl.lit(100.0).alias("score"), pl.lit("name").alias("scope"))
        .select("place_id", "tambon_code", "target_code", "label_th", "scope", "score")
    )


def scored(places, names):
    """Best score per (place, tambon, scope): place_id, tambon_code, target_code, label_th, scope, score."""
    columns = ["place_id", "tambon_code", "target_code", "label_th", "scope", "score"]
    pairs = scoped_pairs(places, names.with_columns(bare("name_key"))).join(
        places.select("place_id", "tambon_key", "reported_length", bare("tambon_key")), on="place_id"
    )
    elsewhere = exact_elsewhere(places, names)
    if pairs.is_empty():
        return elsewhere
    is_cut = (
        pl.col("reported_length").is_in(CUT_LENGTHS)
        & (pl.col("tambon_key").str.len_chars() >= 6)
        & (pl.col("name_key").str.len_chars() > pl.col("tambon_key").str.len_chars())
        & pl.col("name_key").str.starts_with(pl.col("tambon_key"))
    )
    pairs = pairs.with_columns(similarity(pairs, "tambon_key", "name_key").alias("score")).with_columns(
        pl.when(is_cut).then(pl.max_horizontal("score", pl.lit(96.0))).otherwise("score").alias("score")
    )
    best = pairs.group_by("place_id", "tambon_code", "target_code", "label_th", "scope").agg(
        pl.col("score").max()
    )
    return pl.concat([best.select(columns), elsewhere.select(columns)])


def leaders(pairs, scope):
    """Within one scope: the leading tambon, its score, and the best score of any other piece of land."""
    by_target = (
        pairs.filter(pl.col("scope") == scope)
        .group_by("place_id", "target_code")
        .agg(pl.col("score").max())
        .sort("score", "target_code", descending=[True, False])
    )
    return by_target.group_by("place_id", maintain_order=True).agg(
        pl.col("target_code").first().alias(f"{scope}_code"),
        pl.col("score").first().alias(f"{scope}_score"),
        pl.col("score").get(1, null_on_oob=True).fill_null(0.0).alias(f"{scope}_second"),
    )


def candidate_lists(places, pairs):
    """place_id, candidates: a JSON list of {code, name, score, why}, best first, the code's own always
    in it.
    """
    own = (
        places.select("place_id", pl.col("known_code").alias("tambon_code"))
        .drop_nulls()
        .with_columns(pl.lit(True).alias("is_own"))
    )
    return (
        pairs.join(own, on=["place_id", "tambon_code"], how="left")
        .filter((pl.col("score") >= CANDIDATE_SCORE) | pl.col("is_own").fill_null(False))
        .sort("score", descending=True)
        .unique(["place_id", "tambon_code"], keep="first", maintain_order=True)
        .sort(pl.col("is_own").fill_null(False), "score", "tambon_code", descending=[True, True, False])
        .group_by("place_id", maintain_order=True)
        .head(CANDIDATES)
        .select(
            "place_id",
            pl.struct(
                pl.col("tambon_code").alias("code"),
                pl.col("label_th").alias("name"),
                pl.col("score").round(1),
                pl.col("scope").alias("why"),
            )
            .struct.json_encode()
            .alias("candidate"),
        )
        .group_by("place_id", maintain_order=True)
        .agg(pl.col("candidate").str.join(","))
        .select("place_id", pl.format("[{}]", "candidate").alias("candidates"))
    )


def judged(places, pairs):
    """`places` with the verdict columns tambon_code, method, confidence and reason."""
    own = (
        places.select("place_id", "known_code", "target_code")
        .drop_nulls()
        .join(
            pairs.filter(pl.col("scope") == "code").select(
                "place_id", "tambon_code", pl.col("target_code").alias("name_target"), "score"
            ),
            on="place_id",
        )
    )
    is_own = pl.col("name_target") == pl.col("target_code")
    own = own.group_by("place_id").agg(
        pl.col("score").filter(is_own).max().fill_null(0.0).alias("own_score"),
        pl.col("score").filter(~is_own).max().fill_null(0.0).alias("other_score"),
    )
    table = places.join(own, on="place_id", how="left")
    for scope in ("amphoe", "near_amphoe"):
        table = table.join(leaders(pairs, scope), on="place_id", how="left")

    def points_elsewhere(scope):
        """The reported amphoe holds a tambon that is about as near as the code's own, or nearer."""
        return (
            (pl.col(f"{scope}_code") != pl.col("target_code"))
            & (pl.col(f"{scope}_score") > pl.col("own_score") - CODE_MARGIN)
        ).fill_null(False)

    def clear(scope):
        lead = pl.col(f"{scope}_score") - pl.col(f"{scope}_second")
        return (
            ((pl.col(f"{scope}_score") >= ACCEPT_SCORE) & (lead >= ACCEPT_MARGIN))
            | ((pl.col(f"{scope}_score") >= LONE_SCORE) & (lead >= LONE_MARGIN))
        ).fill_null(False)

    has_code = pl.col("known_code").is_not_null()
    by_code = (
        has_code
        & (pl.col("own_score") >= CODE_SCORE)
        & (pl.col("own_score") - pl.col("other_score") >= CODE_MARGIN)
        & ~pl.col("amphoe_differs")
        & ~points_elsewhere("amphoe")
        & ~points_elsewhere("near_amphoe")
    ).fill_null(False)
    # a name that is exactly another tambon of the province is not a misspelling
    by_amphoe = ~has_code & clear("amphoe") & pl.col("is_other_name").is_null()
    # two misspelt names at once: the tambon has to be nearly right
    by_province = (
        ~has_code
        & clear("near_amphoe")
        & pl.col("is_other_name").is_null()
        & (pl.col("near_amphoe_score") + pl.col("area_score") >= 2 * ACCEPT_SCORE)
    )
    return table.with_columns(
        pl.when(by_code)
        .then("target_code")
        .when(by_amphoe)
        .then("amphoe_code")
        .when(by_province)
        .then("near_amphoe_code")
        .alias("tambon_code"),
        pl.when(has_code & by_code)
        .then("code_method")
        .when(has_code)
        .then(pl.lit("conflict"))
        .when(by_amphoe)
        .then(pl.lit("fuzzy_amphoe"))
        .when(by_province)
        .then(pl.lit("fuzzy_province"))
        .otherwise(pl.lit("unresolved"))
        .alias("method"),
        pl.when(by_code)
        .then(0.6 + 0.003 * pl.col("own_score"))
        .when(by_amphoe)
        .then(0.6 + 0.0025 * pl.col("amphoe_score"))
        .when(by_province)
        .then(0.5 + 0.0025 * pl.min_horizontal("near_amphoe_score", "area_score"))
        .otherwise(0.0)
        .alias("confidence"),
        pl.when(by_code)
        .then(pl.lit("code; the name is spelt nearly so"))
        .when(has_code & (pl.col("own_score") < CANDIDATE_SCORE))
        .then(pl.lit("code and tambon name have nothing in common"))
        .when(has_code)
        .then(pl.lit("tambon name is not clearly the code's"))
        .when(by_amphoe)
        .then(pl.lit("tambon name is spelt nearly so in this amphoe"))
        .when(by_province)
        .then(pl.lit("amphoe or province misspelt; tambon fits in the nearest one"))
        .when(pl.col("named_amphoe_codes").is_not_null())
        .then(pl.lit("no tambon of this amphoe is clearly meant"))
        .when(pl.col("amphoe_key").is_null() & pl.col("scope_province_code").is_not_null())
        .then(pl.lit("amphoe missing, and the name is not exactly one tambon of the province"))
        .when(pl.col("scope_province_code").is_not_null())
        .then(pl.lit("amphoe not recognised in this province"))
        .when(pl.col("province_key").is_not_null())
        .then(pl.lit("province not recognised"))
        .otherwise(pl.lit("a tambon name alone does not say which tambon"))
        .alias("reason"),
    )


def resolve(places, names, areas):
    """One row a left-over place, with the columns of OUTPUT; `places` are the needs_fuzzy rows of
    int_place_ladder.
    """
    known = names.select(pl.col("amphoe_code").alias("hint_amphoe_code")).unique()
    places = (
        with_areas(
            places.drop("tambon_code", "method", "confidence", "candidates", "reason", strict=False), areas
        )
        .with_columns(
            pl.coalesce("reported_code6", "reported_tambon_code")
            .str.extract(r"^(\d{4})", 1)
            .alias("hint_amphoe_code"),
            pl.col("reported_tambon").str.len_chars().alias("reported_length"),
        )
        .join(known.with_columns(pl.lit(True).alias("hint_known")), on="hint_amphoe_code", how="left")
        .with_columns(pl.when("hint_known").then("hint_amphoe_code").alias("hint_amphoe_code"))
    )
    exact_in_province = names.select(
        pl.col("name_key").alias("tambon_key"),
        pl.col("province_code").alias("scope_province_code"),
        "amphoe_code",
    )
    other_name = (
        places.select("place_id", "tambon_key", "scope_province_code", "near_amphoe_area")
        .join(exact_in_province, on=["tambon_key", "scope_province_code"])
        .group_by("place_id")
        .agg(
            ((pl.col("amphoe_code") != pl.col("near_amphoe_area")).fill_null(True))
            .all()
            .alias("is_other_name")
        )
        .filter("is_other_name")
    )
    places = places.join(other_name, on="place_id", how="left")
    pairs = scored(places, names)
    table = judged(places, pairs).join(candidate_lists(places, pairs), on="place_id", how="left")
    is_current = (
        areas.filter((pl.col("level") == "amphoe") & pl.col("is_current"))
        .select(pl.col("area_code").alias("near_amphoe_area"), pl.lit(True).alias("near_is_current"))
        .unique()
    )
    return (
        table.join(is_current, on="near_amphoe_area", how="left")
        .with_columns(
            pl.coalesce("named_amphoe_code", pl.when("near_is_current").then("near_amphoe_area")).alias(
                "amphoe_of_place"
            ),
            pl.when(pl.col("method").is_in(["conflict", "unresolved"]))
            .then("candidates")
            .alias("candidates"),
        )
        .select(
            "place_id",
            "tambon_code",
            pl.col("amphoe_of_place").alias("amphoe_code"),
            pl.col("scope_province_code").alias("province_code"),
            "method",
            "confidence",
            "candidates",
            "reason",
        )
        .cast(OUTPUT)
    )


def model(dbt, session):
    dbt.config(materialized="table")
    places = dbt.ref("int_place_ladder").filter("needs_fuzzy").pl()
    names = dbt.ref("int_tambon_name").pl()
    areas = dbt.ref("int_area_name").pl()
    if places.is_empty():
        return pl.DataFrame(schema=OUTPUT).to_arrow()
    return resolve(places, names, areas).to_arrow()

"""The gazetteer against facts checked by hand (DOPA's lists, the gazette notices that geothai cites)."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.reference.gazetteer import gazetteer_tables, tambon_units
from ingest.reference.seeds import COLUMNS, SEED_FOLDER, SeedError, load_seeds

REAL_PANEL = Path(__file__).parents[3] / "shared" / "real" / "population_by_tambon_panel.csv"
PANEL_YEARS = (2007, 2012, 2017, 2019, 2020, 2021)


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    return gazetteer_tables(load_seeds())


def row(table: pl.DataFrame, code: str) -> dict[str, object]:
    return table.row(by_predicate=pl.col(table.columns[0]) == code, named=True)


def unit(tables: dict[str, pl.DataFrame], code: str) -> set[str]:
    tambon = tables["tambon"]
    same = tambon.filter(pl.col("tambon_unit_id") == row(tambon, code)["tambon_unit_id"])
    assert set(same["unit_code_count"]) == {same.height}
    return set(same["tambon_code"])


def test_counts_are_those_of_the_country(tables: dict[str, pl.DataFrame]) -> None:
    assert tables["tambon"]["is_current"].sum() == 7436
    assert tables["amphoe"]["is_current"].sum() == 928
    assert tables["province"].height == 77
    assert tables["region"].height == 7


def test_codes_are_keys_and_never_both_current_and_abolished(tables: dict[str, pl.DataFrame]) -> None:
    for name in ("tambon", "amphoe", "province", "region"):
        assert tables[name].to_series(0).is_unique().all(), name
    tambon = tables["tambon"]
    assert tambon["tambon_code"].str.contains(r"^\d{6}$").all()
    assert tambon.filter(pl.col("is_current") == pl.col("valid_to").is_not_null()).is_empty()


def test_every_tambon_stands_in_an_amphoe_a_province_and_a_region(tables: dict[str, pl.DataFrame]) -> None:
    tambon = tables["tambon"]
    assert tambon.join(tables["amphoe"], on="amphoe_code", how="anti").is_empty()
    current = tambon.filter("is_current")
    assert current.join(tables["amphoe"].filter("is_current"), on="amphoe_code", how="anti").is_empty()
    region = tables["province"].select("province_code", "region_code")
    placed = tambon.join(region, on="province_code").join(
        tables["region"].select("region_code"), on="region_code"
    )
    assert placed.height == tambon.height


def test_names_are_clean(tables: dict[str, pl.DataFrame]) -> None:
    for name in ("tambon", "amphoe", "province"):
        texts = tables[name]["name_th"]
        assert texts.null_count() == 0
        assert (texts == texts.str.normalize("NFC").str.strip_chars()).all()
    assert row(tables["amphoe"], "1001")["name_th"] == "พระนคร"


def test_bueng_kan_before_and_after_it_became_a_province(tables: dict[str, pl.DataFrame]) -> None:
    assert {"430301", "380101"} <= unit(tables, "430301")
    assert row(tables["tambon"], "430301")["tambon_unit_id"] == "U380101"
    assert row(tables["tambon"], "380101")["valid_from"] == date(2011, 3, 23)
    assert row(tables["tambon"], "430301")["valid_to"] == date(2011, 3, 31)
    assert row(tables["amphoe"], "4303")["successor_code"] == "3801"
    bueng_kan = tables["tambon"].filter(pl.col("province_code") == "38")
    old = tables["tambon_successor"].filter(
        pl.col("successor_code").is_in(bueng_kan["tambon_code"].implode())
    )
    assert set(old["successor_code"]) == set(bueng_kan["tambon_code"])


@pytest.mark.parametrize(
    ("code", "codes"),
    [
        ("104701", {"104701", "104702", "104703"}),  # บางนา, abolished into two
        ("105001", {"105001", "105002", "105003", "105004", "105005"}),  # บางบอน, abolished into four
        ("500306", {"500306", "502501"}),  # บ้านจันทร์, to the new amphoe กัลยาณิวัฒนา
        ("530306", {"530306", "530407"}),  # ท่าแฝก, to another amphoe
    ],
)
def test_abolished_codes_share_a_unit_with_what_they_became(
    tables: dict[str, pl.DataFrame], code: str, codes: set[str]
) -> None:
    found = unit(tables, code)
    assert codes <= found
    # whatever else is in the unit is an older code: no current tambon is drawn in
    current = set(tables["tambon"].filter("is_current")["tambon_code"])
    assert found & current == codes & current


def test_a_split_keeps_the_old_code_current(tables: dict[str, pl.DataFrame]) -> None:
    codes = unit(tables, "104504")
    assert {"104501", "104502", "104503", "104504"} <= codes
    assert row(tables["tambon"], "104501")["is_current"]
    assert row(tables["tambon"], "104504")["tambon_unit_id"] == "U104501"
    assert row(tables["tambon"], "103402")["valid_from"] == date(2017, 7, 26)
    # the day on which วังทองหลาง was split is not certain, so it is not stated
    assert row(tables["tambon"], "104504")["valid_from"] is None


def test_moved_boundaries_join_codes_but_make_none_new(tables: dict[str, pl.DataFrame]) -> None:
    assert {"104001", "104002", "104004"} <= unit(tables, "104001")
    assert "104003" not in unit(tables, "104001")
    assert row(tables["tambon"], "104002")["valid_from"] == date(1998, 3, 6)  # บางแค became a khet


def test_unit_id_is_the_smallest_current_code(tables: dict[str, pl.DataFrame]) -> None:
    least = (
        tables["tambon"]
        .group_by("tambon_unit_id")
        .agg(
            pl.col("tambon_code").filter("is_current").min().alias("current"),
            pl.col("tambon_code").min().alias("any"),
        )
    )
    assert (least["tambon_unit_id"] == "U" + least["current"].fill_null(least["any"])).all()


def test_abolished_without_successor_is_a_unit_of_its_own(tables: dict[str, pl.DataFrame]) -> None:
    assert unit(tables, "103204") == {"103204"}
    assert row(tables["tambon"], "103204")["tambon_unit_id"] == "U103204"


def test_only_abolished_codes_have_notice_or_name_successors(tables: dict[str, pl.DataFrame]) -> None:
    links = tables["tambon_successor"].join(tables["tambon"], on="tambon_code")
    became = pl.col("basis").is_in(["notice", "name"])
    assert links.filter(became & pl.col("is_current")).is_empty()
    assert links.filter(~became & ~pl.col("is_current")).is_empty()
    assert links.filter(pl.col("basis") != "name")["source"].null_count() == 0
    assert links.filter(pl.col("basis") == "notice")["in_force_on"].null_count() == 0


def test_regions_are_labelled_an_assumption(tables: dict[str, pl.DataFrame]) -> None:
    assert tables["region"]["basis"].str.starts_with("Assumption").all()
    per_region = dict(tables["province"].group_by("region_code").len().iter_rows())
    assert per_region == {
        "bangkok_vicinity": 6,
        "central_upper": 6,
        "east": 8,
        "northeast": 20,
        "north": 17,
        "west": 6,
        "south": 14,
    }


def test_aliases_are_not_the_official_name(tables: dict[str, pl.DataFrame]) -> None:
    same = tables["tambon_alias"].join(tables["tambon"], on=["tambon_code", "name_th"], how="semi")
    assert same.is_empty()
    alias = dict(tables["province_alias"].select("name_th", "province_code").iter_rows())
    assert (alias["กทม."], alias["โคราช"], alias["อยุธยา"], alias["แปดริ้ว"]) == ("10", "30", "14", "24")


def test_the_same_inputs_give_the_same_tables(tables: dict[str, pl.DataFrame]) -> None:
    again = gazetteer_tables(load_seeds())
    assert all(again[name].equals(table) for name, table in tables.items())


codes = st.integers(0, 30).map(lambda n: f"{n:06d}")


@settings(max_examples=60, deadline=None)
@given(
    tambons=st.dictionaries(codes, st.booleans(), min_size=1, max_size=25),
    links=st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=25),
    seed=st.randoms(use_true_random=False),
)
def test_units_are_connected_components(
    tambons: dict[str, bool], links: list[tuple[int, int]], seed: object
) -> None:
    """Against a plain flood fill; loops, chains and repeated links included, in whatever order rows come."""
    names = sorted(tambons)
    pairs = [(names[a % len(names)], names[b % len(names)]) for a, b in links]
    schema = {"tambon_code": pl.String, "successor_code": pl.String}
    shuffled = list(tambons.items())
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    frame = pl.DataFrame(shuffled, schema={"tambon_code": pl.String, "is_current": pl.Boolean}, orient="row")
    found = tambon_units(frame, pl.DataFrame(pairs, schema=schema, orient="row"))
    for code, unit_id, count in found.iter_rows():
        group, edge = {code}, {code}
        while edge:
            edge = {b for p in pairs for a, b in (p, p[::-1]) if a in edge} - group
            group |= edge
        assert unit_id == "U" + min([c for c in group if tambons[c]] or group)
        assert count == len(group)


# -- seeds that officers edit --


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in COLUMNS:
        shutil.copy(SEED_FOLDER / f"{name}.csv", tmp_path)
    return tmp_path


def change(folder: Path, seed: str, old: str, new: str) -> None:
    path = folder / f"{seed}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("seed", "old", "new", "says"),
    [
        ("regions", "11,สมุทรปราการ", "99,สมุทรปราการ", "regions.csv, row 3, column province_code: '99'"),
        ("regions", "11,สมุทรปราการ", "11,นนทบุรี", "regions.csv, row 3, column province_th"),
        ("regions", "20,ชลบุรี,east", "20,ชลบุรี,far_east", "use one of bangkok_vicinity"),
        ("regions", "21,ระยอง,east", "20,ระยอง,east", "earlier row"),
        ("unit_links", "100910", "100988", "column successor_code: '100988'"),
        ("unit_links", "100910", "100905", "same code"),
        ("unit_links", "2017-07-26", "26/7/2560", "YYYY-MM-DD"),
        ("unit_links", "split", "divided", "must be one of split, boundary"),
        ("tambon_alias", "150601", "150699", "row 2, column tambon_code: '150699'"),
        ("tambon_alias", "150601", "", "is blank"),
        ("province_alias", "กทม,", "กรุงเทพมหานคร,", "official name"),
        ("province_alias", "province_code", "province", "the header must be province_code"),
    ],
)
def test_a_mistake_in_a_seed_names_file_row_and_column(
    folder: Path, seed: str, old: str, new: str, says: str
) -> None:
    change(folder, seed, old, new)
    with pytest.raises(SeedError) as raised:
        gazetteer_tables(load_seeds(folder))
    assert says in str(raised.value)


def test_a_missing_province_is_named(folder: Path) -> None:
    path = folder / "regions.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("38,")]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SeedError, match=r"'38' this province is missing"):
        gazetteer_tables(load_seeds(folder))


@pytest.mark.parametrize("bytes_", [b"", b"\xa1\xa2\xa3,\xff\n", b"a,b\n1,2,3,4\n"])
def test_a_seed_that_is_no_table_is_refused(folder: Path, bytes_: bytes) -> None:
    (folder / "tambon_alias.csv").write_bytes(bytes_)
    with pytest.raises(SeedError, match=r"tambon_alias\.csv"):
        load_seeds(folder)


def test_a_seed_saved_by_a_spreadsheet_reads_the_same(folder: Path) -> None:
    path = folder / "tambon_alias.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_seeds(folder).tambon_alias.equals(load_seeds().tambon_alias)
    assert load_seeds(folder).fingerprint != load_seeds().fingerprint


# -- against the real registration counts --


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    if not REAL_PANEL.exists():
        pytest.skip(f"the real population panel is not here ({REAL_PANEL})")
    return pl.read_csv(REAL_PANEL, schema_overrides={"geocode": pl.String}).rename({"geocode": "tambon_code"})


def test_every_real_code_is_in_the_gazetteer(tables: dict[str, pl.DataFrame], panel: pl.DataFrame) -> None:
    six = panel.filter(pl.col("tambon_code").str.contains(r"^\d{6}$"))
    assert panel.height - six.height == 1  # one row of 2020 stands under a four-digit code
    assert six.join(tables["tambon"], on="tambon_code", how="anti").is_empty()


def test_every_real_name_is_known_for_its_code(tables: dict[str, pl.DataFrame], panel: pl.DataFrame) -> None:
    known = pl.concat([tables[t].select("tambon_code", "name_th") for t in ("tambon", "tambon_alias")])
    six = panel.filter(pl.col("tambon_code").str.len_chars() == 6)
    assert six.join(known, on=["tambon_code", "name_th"], how="anti").is_empty()


def test_every_unit_of_today_compares_over_all_years(
    tables: dict[str, pl.DataFrame], panel: pl.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    tambon = tables["tambon"]
    years = (
        panel.filter(pl.col("total") > 0)
        .join(tambon, on="tambon_code")
        .group_by("tambon_unit_id")
        .agg(pl.col("year_ce").n_unique().alias("years"), pl.col("is_current").any())
    )
    whole = years.filter(pl.col("years") == len(PANEL_YEARS)).height
    by_code = (
        panel.filter(pl.col("total") > 0).group_by("tambon_code").agg(pl.col("year_ce").n_unique().alias("n"))
    )
    codes_whole = by_code.filter(pl.col("n") == len(PANEL_YEARS)).height
    today = tambon.filter("is_current")["tambon_unit_id"].n_unique()
    with capsys.disabled():
        print(
            f"\n  {whole:,} of {years.height:,} units have population in all {len(PANEL_YEARS)} years"
            f" ({codes_whole:,} of {by_code.height:,} codes alone); {today:,} units exist today"
        )
    assert whole == years.height == today


def test_linked_codes_keep_their_population(tables: dict[str, pl.DataFrame], panel: pl.DataFrame) -> None:
    """A link drawn wrongly would make its unit jump: people move less than areas do."""
    linked = tables["tambon_successor"].filter(pl.col("basis").is_in(["split", "boundary"]))
    units = tables["tambon"].join(linked, on="tambon_code", how="semi")["tambon_unit_id"].unique()
    change_ = (
        panel.join(tables["tambon"], on="tambon_code")
        .filter(pl.col("tambon_unit_id").is_in(units.implode()))
        .group_by("tambon_unit_id", "year_ce")
        .agg(pl.col("total").sum())
        .sort("tambon_unit_id", "year_ce")
        .with_columns((pl.col("total") / pl.col("total").shift().over("tambon_unit_id")).alias("ratio"))
    )
    assert units.len() == 11
    assert change_["ratio"].drop_nulls().is_between(0.88, 1.12).all()

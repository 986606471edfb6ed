# ruff: noqa: E501 - tables of places and rows read better on one line
"""The dbt project on small inputs, run once; every answer here was worked out by hand."""

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from ingest.contract import load_fields
from ingest.contract.fields import RECORD_KINDS
from ingest.identity.decisions import LINK_SCHEMA
from ingest.identity.registry import EVENT_SCHEMA
from ingest.identity.stewardship import CORRECTION_SCHEMA, PLACE_SCHEMA
from ingest.mending.replaced import REPLACED
from ingest.normalise.schema import conformed_schema
from orchestration.memory import FILE_TOTAL
from orchestration.warehouse import DbtRun, prepare_manifest, run_dbt

MEASURES = list(load_fields().fund_measures)

FUND_SCHEMA: dict[str, Any] = conformed_schema("fund_report")
AREA_SCHEMA: dict[str, Any] = conformed_schema("area_statistic")
DELIVERY_SCHEMA: dict[str, Any] = {
    "delivery_id": pl.String, "agency_code": pl.String, "feed_code": pl.String, "record_kind": pl.String, "sequence": pl.Int64,
    "arrived_at": pl.Datetime, "file_name": pl.String, "is_synthetic": pl.Boolean,
}  # fmt: skip
# What a build is made from beside its deliveries.
MEMORY_SCHEMAS: dict[str, dict[str, Any]] = {
    "fund_registry": EVENT_SCHEMA, "fund_decision": LINK_SCHEMA, "place_decision": PLACE_SCHEMA, "correction": CORRECTION_SCHEMA,
    "delivery_release": {"delivery_id": pl.String, "first_release_id": pl.String, "first_released_at": pl.Datetime("us", "UTC")},
    "file_total": FILE_TOTAL, "replaced_row": REPLACED,
}  # fmt: skip

# code, Thai name, English name, is it current
TAMBONS = [
    ("100101", "พระบรมมหาราชวัง", "Phra Borom Maha Ratchawang", True),
    ("400101", "ในเมือง", "Nai Mueang", True),
    ("400102", "สำราญ", "Samran", True),
    ("400103", "โคกสี", "Khok Si", True),
    ("400104", "หนองตูมพระลับ", "Nong Tum Phra Lap", True),
    ("400190", "บ้านเก่า", "Ban Kao", False),  # split into 400102 and 400103
    ("400191", "บ้านร้าง", "Ban Rang", False),  # nothing is known of what it became
    ("400201", "ป่าหวายนั่ง", "Pa Wai Nang", True),
    ("400202", "โนนฆ้อง", "Non Khong", True),
    ("430101", "ในเมือง", "Nai Mueang", True),
    ("430301", "บึงกาฬ", "Bueng Kan", False),  # 380101 by notice
    ("430302", "โนนสมบูรณ์", "Non Sombun", False),  # 380101 by name
    ("380101", "บึงกาฬ", "Bueng Kan", True),
    ("380102", "ไคสี", "Khai Si", True),
]
UNITS = {
    "400102": "U400102",
    "400103": "U400102",
    "400190": "U400102",
    "430301": "U380101",
    "430302": "U380101",
}

# place name: code, tambon, amphoe, province -> tambon, method
PLACES: dict[str, tuple[str | None, str | None, str | None, str | None, str | None, str]] = {
    "code": ("400101", "ต.ในเมือง", "อ.เมืองขอนแก่น", "จ.ขอนแก่น", "400101", "code"),
    "english": ("400103", "Khok Si", None, "Khon Kaen", "400103", "code"),
    "alias": ("400202", "โนนค้อง", None, None, "400202", "code"),
    "near": ("400104", "หนองตูมพระลัย", "เมืองขอนแก่น", "ขอนแก่น", "400104", "code"),
    "cut": ("100101", "แขวงพระบรมมหาราช", "เขตพระนคร", "กทม.", "100101", "code"),
    "code only": ("380102", None, None, None, "380102", "code_only"),
    "notice": ("430301", "บึงกาฬ", "บึงกาฬ", "หนองคาย", "380101", "code_abolished_notice"),
    "by name": ("430302", "โนนสมบูรณ์", None, None, "380101", "code_abolished_name"),
    "split": ("400190", "บ้านเก่า", "เมืองขอนแก่น", "ขอนแก่น", "400190", "code_split"),
    "open": ("400191", "บ้านร้าง", None, None, "400191", "code_abolished_open"),
    "names": (None, "ตำบลสำราญ", "อำเภอเมือง", "ขอนแก่น", "400102", "name_exact"),
    "bangkok": (None, "แขวงพระบรมมหาราชวัง", "พระนคร", "กรุงเทพฯ", "100101", "name_exact"),
    "short code": ("4001", "โคกสี", "เมืองขอนแก่น", "ขอนแก่น", "400103", "name_exact"),
    "unknown code": ("409999", "ป่าหวายนั่ง", "บ้านฝาง", "ขอนแก่น", "400201", "name_exact"),
    "no amphoe": (None, "ไคสี", None, "บึงกาฬ", "380102", "name_in_province"),
    "old names": (None, "โนนสมบูรณ์", "บึงกาฬ", "หนองคาย", "380101", "name_abolished"),
    "misspelt": (None, "ป่าหวายนัง", "บ้านฝาง", "ขอนแก่น", "400201", "fuzzy_amphoe"),
    "amphoe misspelt": (None, "หนองตูมพระลับ", "เมืองขอนแก่", "ขอนแก่น", "400104", "fuzzy_province"),
    "other tambon": ("400101", "โคกสี", "เมืองขอนแก่น", "ขอนแก่น", None, "conflict"),
    "same name elsewhere": ("400101", "ในเมือง", "เมืองหนองคาย", "หนองคาย", None, "conflict"),
    "nothing alike": ("400101", "ทุ่งกุลา", None, None, None, "conflict"),
    "tambon alone": (None, "โคกสี", None, None, None, "unresolved"),
    "unknown tambon": (None, "ทุ่งกุลา", "บ้านฝาง", "ขอนแก่น", None, "unresolved"),
    "near without amphoe": (None, "ไคสิ", None, "บึงกาฬ", None, "unresolved"),
    "nothing": (None, None, None, "ขอนแก่น", None, "unresolved"),
}  # fmt: skip


def place_cells(name: str) -> dict[str, str | None]:
    code, tambon, amphoe, province, *_ = PLACES[name]
    code6 = code if code and len(code) == 6 else None
    return {
        "reported_tambon_code": code, "reported_code6": code6,
        "reported_tambon": tambon, "reported_amphoe": amphoe, "reported_province": province,
    }  # fmt: skip


def write(folder: Path, name: str, rows: Sequence[dict[str, Any]], schema: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    full = [{**dict.fromkeys(schema), **row} for row in rows]
    pl.DataFrame(full, schema=schema, orient="row").write_parquet(folder / f"{name}.parquet")


def write_input(
    folder: Path,
    records: Mapping[str, Sequence[dict[str, Any]]],
    deliveries: Sequence[str],
    memory: Mapping[str, Sequence[dict[str, Any]]] | None = None,
) -> None:
    """A build's input folder: rows by record kind, deliveries in order of arrival, and what is remembered, by table."""
    for kind in RECORD_KINDS:
        write(folder / kind, "_empty", [], conformed_schema(kind))
        write(folder / kind, "all", records.get(kind, []), conformed_schema(kind))
    for table, schema in MEMORY_SCHEMAS.items():
        write(folder, table, (memory or {}).get(table, []), schema)
    arrived = [{"delivery_id": delivery, "sequence": order} for order, delivery in enumerate(deliveries)]
    write(folder, "delivery", arrived, DELIVERY_SCHEMA)


def write_reference(folder: Path) -> None:
    text = pl.String
    names = {"name_th": text, "name_en": text}
    write(
        folder,
        "tambon",
        [
            {
                "tambon_code": code,
                "name_th": th,
                "name_en": en,
                "amphoe_code": code[:4],
                "province_code": code[:2],
                "is_current": current,
                "tambon_unit_id": UNITS.get(code, f"U{code}"),
                "unit_code_count": 1,
            }
            for code, th, en, current in TAMBONS
        ],
        {
            "tambon_code": text,
            **names,
            "amphoe_code": text,
            "province_code": text,
            "is_current": pl.Boolean,
            "valid_from": pl.Date,
            "valid_to": pl.Date,
            "tambon_unit_id": text,
            "unit_code_count": pl.Int32,
        },
    )
    write(
        folder,
        "tambon_successor",
        [
            {"tambon_code": old, "successor_code": new, "basis": basis}
            for old, new, basis in [
                ("430301", "380101", "notice"),
                ("430302", "380101", "name"),
                ("400190", "400102", "notice"),
                ("400190", "400103", "notice"),
                ("380101", "380102", "split"),
            ]
        ],
        {"tambon_code": text, "successor_code": text, "basis": text, "in_force_on": pl.Date, "source": text},
    )
    write(
        folder,
        "tambon_alias",
        [{"tambon_code": "400202", "name_th": "โนนค้อง", "kind": "variant"}],
        {"tambon_code": text, "name_th": text, "kind": text, "source": text},
    )
    write(
        folder,
        "amphoe",
        [
            {
                "amphoe_code": code,
                "name_th": th,
                "name_en": en,
                "province_code": code[:2],
                "is_current": after is None,
                "successor_code": after,
            }
            for code, th, en, after in [
                ("1001", "เขตพระนคร", "Phra Nakhon", None),
                ("4001", "เมืองขอนแก่น", "Mueang Khon Kaen", None),
                ("4002", "บ้านฝาง", "Ban Fang", None),
                ("4301", "เมืองหนองคาย", "Mueang Nong Khai", None),
                ("4303", "บึงกาฬ", "Bueng Kan", "3801"),
                ("3801", "เมืองบึงกาฬ", "Mueang Bueng Kan", None),
            ]
        ],
        {
            "amphoe_code": text,
            **names,
            "province_code": text,
            "is_current": pl.Boolean,
            "valid_to": pl.Date,
            "successor_code": text,
        },
    )
    write(
        folder,
        "province",
        [
            {"province_code": code, "name_th": th, "name_en": en, "region_code": region}
            for code, th, en, region in [
                ("10", "กรุงเทพมหานคร", "Bangkok", "bangkok_vicinity"),
                ("40", "ขอนแก่น", "Khon Kaen", "northeast"),
                ("43", "หนองคาย", "Nong Khai", "northeast"),
                ("38", "บึงกาฬ", "Bueng Kan", "northeast"),
            ]
        ],
        {"province_code": text, **names, "region_code": text},
    )
    write(
        folder,
        "province_alias",
        [{"province_code": "10", "name_th": name} for name in ("กทม.", "กรุงเทพ")],
        {"province_code": text, "name_th": text},
    )
    write(
        folder,
        "region",
        [
            {"region_code": code, "name_th": code, "name_en": code}
            for code in ("bangkok_vicinity", "northeast")
        ],
        {"region_code": text, **names, "basis": text},
    )
    indicators = load_fields().indicators
    write(
        folder,
        "measure",
        [
            {
                "measure_code": code,
                "kind": "indicator",
                "label_th": measure.label_th,
                "label_en": measure.label_en,
                "unit": measure.unit,
            }
            for code, measure in indicators.items()
        ],
        dict.fromkeys(
            [
                "measure_code",
                "kind",
                "label_th",
                "label_en",
                "unit",
                "adds_over_funds",
                "adds_over_time",
                "people_or_memberships",
                "definition_th",
                "definition_en",
            ],
            text,
        ),
    )
    write(
        folder,
        "measure_definition",
        [],
        dict.fromkeys(["measure_code", "programme_code", "definition_th", "definition_en"], text),
    )
    write(
        folder,
        "programme",
        [
            {
                "programme_code": code,
                "label_th": code,
                "label_en": code,
                "family": programme.family,
                "owner_agency": programme.owner_agency,
                "preference": place,
            }
            for place, (code, programme) in enumerate(load_fields().programmes.items(), start=1)
        ],
        {
            **dict.fromkeys(["programme_code", "label_th", "label_en", "family", "owner_agency"], text),
            "preference": pl.Int32,
        },
    )
    write(
        folder,
        "agency",
        [{"agency_code": "nvf", **dict.fromkeys(["name_th", "name_en", "short_th", "short_en"], "nvf")}],
        dict.fromkeys(["agency_code", "name_th", "name_en", "short_th", "short_en"], text),
    )
    write(folder, "feed", [], {"feed_code": text, "agency_code": text})


def fund(delivery: str, row: int, year: int, code: str | None, place: str, **values: Any) -> dict[str, Any]:
    programme = "village_fund" if delivery.startswith("nvf") else "savings_group"
    feed = {"village_fund": "nvf/village_funds", "savings_group": "cdd/savings_groups"}[programme]
    return {
        "delivery_id": delivery, "agency_code": feed[:3], "feed_code": feed, "sheet": "", "row_number": row,
        "programme_code": programme, "fiscal_year": year, "fund_code": code, **place_cells(place), **values,
    }  # fmt: skip


def statistic(
    delivery: str, row: int, year: int, place: str, value: float, indicator: str = "population_total"
) -> dict[str, Any]:
    return {
        "delivery_id": delivery, "agency_code": "nesdc", "feed_code": "nesdc/population", "sheet": "", "row_number": row,
        "indicator_code": indicator, "calendar_year": year, "reference_date": dt.date(year, 12, 31), "value": value, **place_cells(place),
    }  # fmt: skip


FUNDS = [
    # A: reported in 2023, restated by a later delivery; reported zero in 2024
    fund("nvf-1", 2, 2023, "A", "code", members_persons=90.0, savings_thb=900.0, accounts_filed=True),
    fund("nvf-2", 2, 2023, "A", "names", members_persons=1.0, savings_thb=1.0, accounts_filed=True),  # superseded in its own file
    fund("nvf-2", 9, 2023, "A", "code", members_persons=100.0, savings_thb=1000.0, accounts_filed=True),
    fund("nvf-3", 2, 2024, "A", "code", members_persons=100.0, savings_thb=0.0, accounts_filed=True,
         loans_outstanding_thb=200.0, loans_overdue_thb=50.0),
    # B: in the same tambon, did not file in 2024
    fund("nvf-1", 3, 2023, "B", "code", members_persons=10.0, savings_thb=500.0, accounts_filed=True),
    fund("nvf-3", 3, 2024, "B", "code", accounts_filed=False),
    # C: alone in its tambon, seen in 2023 only
    fund("nvf-1", 4, 2023, "C", "english", members_persons=7.0, savings_thb=70.0, accounts_filed=True),
    # D: cannot be placed; its province is known from the name, its place is not
    fund("nvf-3", 4, 2024, "D", "unknown tambon", members_persons=5.0, savings_thb=50.0, accounts_filed=True),
    # E: an abolished code that was split keeps that code and counts in the amphoe
    fund("nvf-3", 5, 2024, "E", "split", members_persons=3.0, savings_thb=30.0, accounts_filed=True),
    # savings groups without codes: the same name and village is one fund over two spellings of the place, another village is not
    fund("cdd-1", 2, 2023, None, "bangkok", fund_name="กลุ่มออมทรัพย์ วังหลวง", moo=1, savings_thb=10.0),
    fund("cdd-2", 2, 2024, None, "cut", fund_name="กลุ่มออมทรัพย์วังหลวง", moo=1, savings_thb=11.0),
    fund("cdd-2", 3, 2024, None, "cut", fund_name="กลุ่มออมทรัพย์วังหลวง", moo=2, savings_thb=12.0),
]  # fmt: skip
STATISTICS = [
    # two abolished codes that are one tambon today add up; the same code delivered again replaces
    statistic("pop-1", 2, 2022, "notice", 100.0),
    statistic("pop-1", 3, 2022, "by name", 50.0),
    statistic("pop-2", 2, 2022, "by name", 60.0),
    statistic("pop-1", 4, 2022, "code", 400.0),
    statistic("pop-1", 5, 2022, "code", 150.0, "households_total"),
    # a code that its name contradicts never replaces the true row of that code
    statistic("pop-1", 6, 2022, "other tambon", 5.0),
    # every remaining place once, so that the ladder meets it
    *(statistic("pop-1", 100 + i, 2019, place, 1.0) for i, place in enumerate(PLACES)),
]
DELIVERIES = ["nvf-1", "cdd-1", "pop-1", "nvf-2", "nvf-3", "cdd-2", "pop-2"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[DbtRun, Path, dict[str, Path]]:
    root = tmp_path_factory.mktemp("dbt")
    folders = {
        "input_dir": root / "input",
        "reference_dir": root / "reference",
        "target_dir": root / "target",
    }
    write_reference(folders["reference_dir"])
    write_input(folders["input_dir"], {"fund_report": FUNDS, "area_statistic": STATISTICS}, DELIVERIES)
    here = Path.cwd()
    warehouse = root / "build" / "warehouse.duckdb"
    outcome = run_dbt(**folders, warehouse=warehouse, fund_measures=MEASURES, unit_tests=True)
    assert Path.cwd() == here
    assert "TAMBON_WAREHOUSE" not in os.environ
    return outcome, warehouse, folders


@pytest.fixture(scope="module")
def query(run: tuple[DbtRun, Path, dict[str, Path]]) -> Any:
    # A writing connection: it fails unless dbt let go of its lock.
    with duckdb.connect(str(run[1])) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def test_every_model_and_test_passes(run: tuple[DbtRun, Path, dict[str, Path]]) -> None:
    outcome = run[0]
    assert outcome.error is None
    assert [
        (node.name, node.message) for node in outcome.nodes if node.status not in ("success", "pass")
    ] == []
    assert outcome.success
    kinds = {node.resource_type for node in outcome.nodes}
    assert {"model", "test", "unit_test"} <= kinds
    assert {event["info"]["name"] for event in outcome.events} == {"LogModelResult", "LogTestResult"}
    assert json.loads(outcome.manifest.read_text(encoding="utf-8"))["nodes"]


@pytest.mark.parametrize("name", PLACES)
def test_place_ladder(query: Any, name: str) -> None:
    cells = place_cells(name)
    where = " and ".join(
        f"{column} is not distinct from {'null' if v is None else repr(v)}" for column, v in cells.items()
    )
    [(tambon, method, confidence, candidates, reason)] = query(
        f"select tambon_code, method, confidence, candidates, reason from dim_place where {where}"
    )
    assert (tambon, method) == PLACES[name][4:]
    assert (confidence > 0) == (tambon is not None)
    assert tambon is not None or reason
    if method == "conflict":
        codes = {candidate["code"] for candidate in json.loads(candidates)}
        assert PLACES[name][0] in codes
        assert {"code", "name", "score", "why"} == set(json.loads(candidates)[0])


def test_conflict_lists_both_and_unresolved_lists_candidates(query: Any) -> None:
    [(both,)] = query(
        "select candidates from dim_place where method = 'conflict' and reported_tambon = 'โคกสี'"
    )
    assert {candidate["code"] for candidate in json.loads(both)} == {"400101", "400103"}
    [(alone,)] = query(
        "select candidates from dim_place where reported_tambon = 'โคกสี' and reported_province is null and reported_code6 is null"
    )
    assert [candidate["code"] for candidate in json.loads(alone)] == ["400103"]


def test_unresolved_place_keeps_the_area_its_names_say(query: Any) -> None:
    assert query(
        "select amphoe_code, province_code from dim_place where reported_tambon = 'ทุ่งกุลา' and reported_code6 is null"
    ) == [("4002", "40")]


def test_restatement_keeps_every_revision_and_counts_the_last(query: Any) -> None:
    rows = query(
        "select revision_number, delivery_id, row_number, savings_thb, is_latest from fct_fund_year_revision "
        "where fund_code = 'A' and fiscal_year = 2023 order by 1"
    )
    assert rows == [(1, "nvf-1", 2, 900.0, False), (2, "nvf-2", 9, 1000.0, True)]
    assert query(
        "select savings_thb, revision_number from fct_fund_year where fund_code = 'A' and fiscal_year = 2023"
    ) == [(1000.0, 2)]


def test_fund_without_code_is_its_name_unit_and_village(query: Any) -> None:
    assert query(
        "select first_fiscal_year, last_fiscal_year, tambon_code from dim_fund where feed_code = 'cdd/savings_groups' order by 1"
    ) == [
        (2023, 2024, "100101"),
        (2024, 2024, "100101"),
    ]


def test_no_fund_not_reported_and_zero_are_three_things(query: Any) -> None:
    def tambon_year(code: str, year: int) -> Any:
        return query(
            "select reporting_status, funds_known, funds_reporting, members_persons, savings_thb, overdue_ratio from fct_tambon_year "
            f"where tambon_code = '{code}' and programme_code = 'village_fund' and fiscal_year = {year}"
        )[0]

    assert tambon_year("400101", 2023) == ("reported", 2, 2, 110.0, 1500.0, None)
    assert tambon_year("400101", 2024) == ("reported", 2, 1, 100.0, 0.0, 0.25)
    assert tambon_year("400103", 2024) == ("not_reported", 1, 0, None, None, None)
    assert tambon_year("400202", 2024) == ("no_fund", 0, 0, None, None, None)
    [(rows,)] = query("select count(*) from fct_tambon_year")
    assert rows == 10 * 2 * 2  # current tambons x programmes x years


def test_areas_and_unresolved_add_up_to_the_country(query: Any) -> None:
    rows = dict(
        query(
            "select area_level || ' ' || area_code, (funds_known, savings_thb) from mart_area_year "
            "where programme_code = 'village_fund' and fiscal_year = 2024 and funds_known > 0"
        )
    )
    assert rows == {
        "country TH": (5, 80.0),
        "unresolved 40": (1, 50.0),
        "region northeast": (4, 30.0),
        "province 40": (4, 30.0),
        "amphoe 4001": (4, 30.0),
    }
    assert query(
        "select funds_known, savings_thb from mart_area_year where area_level = 'country' and programme_code = 'all' and fiscal_year = 2024"
    ) == [(7, 103.0)]


def test_indicators_add_over_merged_codes_and_never_twice(query: Any) -> None:
    rows = query("select area_key, value, tambon_unit_id from fct_tambon_indicator_year where calendar_year = 2022 "
                 "and indicator_code = 'population_total' and tambon_code is not null order by 1")  # fmt: skip
    assert rows == [("380101", 160.0, "U380101"), ("400101", 400.0, "U400101")]
    # What cannot be placed still counts in the country: 100 + 60 + 400 + 5. In 2019 25 places of one person each, but five of
    # them are the same reported area as another (a code or a tambon counts once in a delivery).
    assert query("select calendar_year, sum(value) from fct_tambon_indicator_year where indicator_code = 'population_total' "
                 "group by 1 order by 1") == [(2019, 20.0), (2022, 565.0)]  # fmt: skip


def test_profile_of_a_tambon(query: Any) -> None:
    [row] = query(
        "select population_total, households_total, population_year, fiscal_year, funds_known, programmes, programme_count, "
        "members_persons, savings_per_capita_thb from mart_tambon_profile where tambon_code = '400101'"
    )
    assert row == (400.0, 150.0, 2022, 2024, 2, "village_fund", 1, 100.0, 0.0)
    assert query("select count(*), count(distinct tambon_code) from mart_tambon_profile") == [(10, 10)]


def test_second_run_in_the_same_process_and_manifest(
    run: tuple[DbtRun, Path, dict[str, Path]], tmp_path: Path
) -> None:
    _, _, folders = run
    again = run_dbt(
        **folders, warehouse=tmp_path / "warehouse.duckdb", fund_measures=MEASURES, select=["+dim_tambon"]
    )
    assert (again.success, again.failed) == (True, ())
    assert {node.name for node in again.nodes if node.resource_type == "model"} == {
        "stg_tambon",
        "dim_tambon",
    }
    manifest = prepare_manifest(folders["target_dir"], MEASURES)
    written = manifest.stat().st_mtime_ns
    assert prepare_manifest(folders["target_dir"], MEASURES).stat().st_mtime_ns == written


def test_failures_are_returned_not_raised(run: tuple[DbtRun, Path, dict[str, Path]], tmp_path: Path) -> None:
    _, _, folders = run
    missing = {**folders, "input_dir": tmp_path / "nothing"}
    outcome = run_dbt(**missing, warehouse=tmp_path / "warehouse.duckdb", fund_measures=MEASURES)
    assert not outcome.success
    assert outcome.error or outcome.failed

"""Which findings are open when deliveries of a feed follow each other, and under which id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from expectations.life import CLOSED, settle_findings
from expectations.scores import make_scores
from expectations.scratch import Scratch, scratch
from expectations.tables import TABLES, create_table, insert_rows
from ingest.contract import load_contracts
from ingest.home import Home
from ingest.normalise.schema import REJECTED, conformed_schema

FEED = "nvf/village_funds"
AREAS = "nesdc/population"
CHECK = f"adm.bounds:{FEED}:members_persons"
CELLS = {"reported_tambon": "ต.ปากน้ำ", "reported_amphoe": "อ.เมือง", "reported_province": "จ.ระยอง"}


class Deliveries:
    """Deliveries of one home, in order of arrival, and what admission listed of them."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.deliveries: list[dict[str, object]] = []
        self.findings: list[dict[str, object]] = []
        self.checks: dict[str, dict[str, object]] = {}
        self.results: list[dict[str, object]] = []

    def send(
        self,
        records: Sequence[Mapping[str, object]],
        failing: Mapping[int, str] | None = None,
        *,
        status: str = "admitted",
        feed: str = FEED,
        year: int = 2024,
        rejected: Sequence[Mapping[str, str]] = (),
        whole: str | None = None,
        check: str = CHECK,
    ) -> str:
        """A delivery; `failing`: rows (by place in `records`) with the value that failed, `whole`: a finding on all of it."""
        contract = load_contracts()[feed]
        number = len(self.deliveries) + 1
        delivery = f"{feed.replace('/', '-')}-{number:012d}"
        about = {
            "delivery_id": delivery,
            "agency_code": contract.agency_code,
            "feed_code": feed,
            "sheet": "",
        }
        schema = conformed_schema(contract.record_kind)
        period = contract.period.field
        rows = [
            {**about, "row_number": i + 2, period: year, **CELLS, **record}
            for i, record in enumerate(records)
        ]
        folder = self.home.conformed / contract.record_kind / feed.replace("/", ".")
        folder.mkdir(parents=True, exist_ok=True)
        frame = pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)
        frame.write_parquet(folder / f"{delivery}.parquet")
        left_out = [
            {
                **about,
                "row_number": 500 + i,
                "disposition": "rejected",
                "cells_json": json.dumps(cells, ensure_ascii=False),
            }
            for i, cells in enumerate(rejected)
        ]
        pl.DataFrame(
            [{column: row.get(column) for column in REJECTED} for row in left_out], schema=REJECTED
        ).write_parquet(folder / f"{delivery}.rejected.parquet")
        headers = {header: header for cells in rejected for header in cells}
        (folder / f"{delivery}.report.json").write_text(
            json.dumps({"headers_matched": headers}), encoding="utf-8"
        )
        self.deliveries.append(
            {
                "delivery_id": delivery,
                "agency_code": contract.agency_code,
                "feed_code": feed,
                "record_kind": contract.record_kind,
                "status": status,
                "sequence": number,
                "rows_conformed": len(rows),
                "first_fiscal_year": year if rows else None,
                "last_fiscal_year": year if rows else None,
            }
        )
        for i, value in (failing or {}).items():
            self._find(about, check, i + 2, value, number)
        for row in left_out:
            self._find(about, f"adm.rejected_rows:{feed}", row["row_number"], "", number)
        if whole:
            self._find(about, f"adm.readable:{feed}", None, whole, number)
        return delivery

    def _find(self, about: Mapping[str, object], check: str, row: object, value: str, number: int) -> None:
        column = check.split(":")[2] if check.count(":") > 1 else None
        self.checks[check] = {"check_id": check, "stage": "admission", "column_name": column}
        self.findings.append(
            {
                "finding_id": f"{number}-{row}-{check}",
                "check_id": check,
                "severity": "warn",
                **about,
                "sheet": about["sheet"] if row else None,
                "row_number": row,
                "value": value,
            }
        )

    @contextmanager
    def settled(self) -> Iterator[Scratch]:
        """The scratch database after `settle_findings`."""
        with scratch() as database:
            for table in TABLES:
                create_table(database, table)
            insert_rows(database, "dq_delivery", self.deliveries)
            insert_rows(database, "dq_check", self.checks.values())
            insert_rows(database, "dq_finding", self.findings)
            insert_rows(database, "dq_result", self.results)
            database.connection.execute(
                "CREATE SCHEMA wh; CREATE TABLE wh.dim_tambon AS SELECT * FROM "
                "(VALUES ('21', 'ระยอง'), ('23', 'ตราด')) AS known(province_code, province_name_th)"
            )
            settle_findings(database, self.home, load_contracts())
            yield database

    def open_now(self) -> dict[tuple[str, object], str]:
        """(delivery, row) → finding id of what is open."""
        with self.settled() as database:
            rows = database.rows("SELECT delivery_id, row_number, finding_id FROM dq_finding")
        return {(str(delivery), row): str(finding) for delivery, row, finding in rows}

    def closed(self) -> dict[str, str]:
        """Finding id → how it ended."""
        with self.settled() as database:
            return {str(a): str(b) for a, b in database.rows(f"SELECT finding_id, how FROM {CLOSED}")}


def fund(code: int | None, name: str = "", **more: object) -> dict[str, object]:
    return {
        "fund_code": None if code is None else f"{code:08d}",
        "fund_name": name or f"กองทุน {code}",
        **more,
    }


@pytest.fixture
def sent(tmp_path: Path) -> Deliveries:
    return Deliveries(tmp_path)


def test_the_same_record_on_another_row_of_another_file_keeps_its_id(sent: Deliveries) -> None:
    first = sent.send([fund(1), fund(2), fund(3)], {0: "9", 2: "9"})
    before = sent.open_now()
    second = sent.send([fund(4), fund(3), fund(2), fund(1)], {1: "8", 3: "9"})
    after = sent.open_now()
    assert after == {(second, 3): before[first, 4], (second, 5): before[first, 2]}
    assert sent.closed() == {}


def test_what_passes_in_the_next_file_is_mended(sent: Deliveries) -> None:
    first = sent.send([fund(1), fund(2), fund(3)], {0: "9", 1: "9"})
    one, two = sent.open_now()[first, 2], sent.open_now()[first, 3]
    second = sent.send([fund(1), fund(2), fund(3)], {1: "9"})
    assert sent.open_now() == {(second, 3): two}
    assert sent.closed() == {one: "mended"}


def test_a_correction_of_some_rows_closes_only_these(sent: Deliveries) -> None:
    first = sent.send([fund(i) for i in range(10)], {0: "9", 1: "9"})
    before = sent.open_now()
    sent.send([fund(0)])
    assert sent.open_now() == {(first, 3): before[first, 3]}
    assert sent.closed() == {before[first, 2]: "mended"}


def test_what_does_not_come_back_in_the_file_that_replaces_it_is_gone(sent: Deliveries) -> None:
    first = sent.send([fund(i) for i in range(10)], {0: "9"})
    before = sent.open_now()
    sent.send([fund(i) for i in range(1, 10)])
    assert sent.open_now() == {}
    assert sent.closed() == {before[first, 2]: "gone"}


def test_another_years_file_and_another_provinces_file_replace_nothing(sent: Deliveries) -> None:
    first = sent.send([fund(i) for i in range(4)], {0: "9"})
    sent.send([fund(i) for i in range(4)], year=2025)
    sent.send([fund(i + 50, reported_province="จ.ตราด") for i in range(9)])
    assert list(sent.open_now()) == [(first, 2)]


def test_a_held_file_counts_while_it_is_the_newest_and_replaces_nothing_admitted(sent: Deliveries) -> None:
    first = sent.send([fund(i) for i in range(4)], {0: "9"})
    held = sent.send([fund(i) for i in range(4)], {1: "7"}, status="held", whole="cannot be read")
    assert set(sent.open_now()) == {(first, 2), (held, 3), (held, None)}
    again = sent.send([fund(i) for i in range(4)], {1: "7"}, status="held", whole="cannot be read")
    assert set(sent.open_now()) == {(first, 2), (again, 3), (again, None)}
    last = sent.send([fund(i) for i in range(4)], {1: "7"})
    assert set(sent.open_now()) == {(last, 3)}
    assert set(sent.closed().values()) == {"mended"}


def test_one_problem_in_an_admitted_and_a_held_file_is_one_finding(sent: Deliveries) -> None:
    sent.send([fund(i) for i in range(4)], {0: "9"})
    held = sent.send([fund(i) for i in range(4)], {0: "9"}, status="held")
    assert list(sent.open_now()) == [(held, 2)], "told once, where it is to be mended"


def test_the_same_record_twice_in_one_file_has_two_findings(sent: Deliveries) -> None:
    first = sent.send([fund(1), fund(1), fund(2)], {0: "9", 1: "9"})
    before = sent.open_now()
    assert len(set(before.values())) == 2
    second = sent.send([fund(2), fund(1), fund(1)], {1: "9", 2: "9"})
    after = sent.open_now()
    assert [after[second, 3], after[second, 4]] == [before[first, 2], before[first, 3]]


def test_a_row_left_out_is_mended_by_the_same_record_let_in(sent: Deliveries) -> None:
    """Its year could not be read, so it is the file's only one; and one without a code is known by its name and place."""
    cells = {"tambon": "ปากน้ำ", "amphoe": "เมือง", "province": "ระยอง", "moo": "3"}
    no_year = {"fund_code": "77", "fund_name": "กองทุน 77", "fiscal_year": "25xx", **cells}
    no_code = {"fund_code": "", "fund_name": "กองทุน บ้านใต้", "fiscal_year": "2567", **cells}
    sent.send([fund(i) for i in range(20)], rejected=[no_year, no_code])
    assert len(sent.open_now()) == 2
    again = sent.send([fund(77, moo=3)], rejected=[no_code])
    assert len(sent.open_now()) == 1
    assert [delivery for delivery, _ in sent.open_now()] == [again]
    sent.send([fund(91, "กองทุนบ้านใต้", moo=3)])
    assert sent.open_now() == {}
    assert set(sent.closed().values()) == {"mended"}


def test_an_area_is_the_same_by_its_names_when_its_code_is_mended(sent: Deliveries) -> None:
    check = f"adm.bounds:{AREAS}:value"
    wrong = {"indicator_code": "population_total", "value": 1.0, "reported_code6": "999999"}
    other = {
        "indicator_code": "population_total",
        "value": 1.0,
        "reported_code6": "210102",
        "reported_tambon": "ต.เนินพระ",
    }
    more = [{**other, "reported_code6": f"21020{i}", "reported_tambon": f"ต.ที่ {i}"} for i in range(5)]
    first = sent.send([wrong, other, *more], {0: "9", 1: "9"}, feed=AREAS, check=check)
    assert set(sent.open_now()) == {(first, 2), (first, 3)}
    sent.send([{**wrong, "reported_code6": "210101"}], feed=AREAS)
    assert set(sent.open_now()) == {(first, 3)}


def test_an_unreadable_file_is_replaced_by_any_later_one(sent: Deliveries) -> None:
    broken = sent.send([], status="held", whole="truncated")
    assert set(sent.open_now()) == {(broken, None)}
    sent.send([fund(1)])
    assert sent.open_now() == {}


def test_findings_of_a_feed_without_a_contract_are_gone(sent: Deliveries) -> None:
    first = sent.send([fund(1)], {0: "9"})
    with scratch() as database:
        for table in TABLES:
            create_table(database, table)
        insert_rows(database, "dq_delivery", sent.deliveries)
        insert_rows(database, "dq_check", sent.checks.values())
        insert_rows(database, "dq_finding", sent.findings)
        settle_findings(database, sent.home, {})
        assert database.rows("SELECT count(*) FROM dq_finding") == [(0,)]
        assert database.rows(f"SELECT how FROM {CLOSED}") == [("gone",)]
    assert set(sent.open_now()) == {(first, 2)}


def test_a_score_by_hand(sent: Deliveries) -> None:
    """Ten funds, two of them wrong, one of these twice; a replaced file counts for nothing; one of two whole results failed.

    Accuracy: 8 of 10 records are clean and 1 of 2 results on whole files passed: 100 × 8/10 × 1/2 = 40. In Rayong 3 of 4 are
    clean: 75. Completeness has one result on a whole file, passed: 100.
    """
    rayong, trat = (
        {"reported_province": province, "members_persons": 90.0} for province in ("จ.ระยอง", "จ.ตราด")
    )
    records = [*(fund(i, **rayong) for i in range(4)), *(fund(i, **trat) for i in range(4, 10))]
    other = f"adm.bounds:{FEED}:savings_thb"
    sent.send(records, dict.fromkeys(range(10), "9"))
    last = sent.send(records, {0: "9", 5: "9"})
    sent._find({"delivery_id": last, "agency_code": "nvf", "feed_code": FEED, "sheet": ""}, other, 7, "9", 2)
    about = {
        "feed_code": FEED,
        "agency_code": "nvf",
        "delivery_id": last,
        "stage": "admission",
        "denominator": 1,
    }
    whole = (("adm.row_balance", True, "accuracy"), ("adm.file_totals", False, "accuracy"))
    whole += (("adm.has_rows", True, "completeness"),)
    for check, passed, _ in whole:
        sent.results.append(
            {**about, "check_id": f"{check}:{FEED}", "passed": passed, "numerator": 0 if passed else 1}
        )
        sent.checks[f"{check}:{FEED}"] = {"check_id": f"{check}:{FEED}", "stage": "admission"}
    dimensions = {CHECK: "accuracy", other: "accuracy"} | {f"{c}:{FEED}": d for c, _, d in whole}
    sent.checks = {
        check: {
            **sent.checks[check],
            "feed_code": FEED,
            "dimension": dimension,
            "severity": "warn",
            "owner": "agency",
        }
        for check, dimension in dimensions.items()
    }
    with sent.settled() as database:
        insert_rows(database, "dq_feed", [{"feed_code": FEED, "agency_code": "nvf"}])
        make_scores(database, sent.home, load_contracts(), [])
        scores = database.rows(
            "SELECT province_code, dimension, numerator, denominator, round(score, 6), rank, ranked_of FROM dq_score "
            "WHERE score IS NOT NULL ORDER BY province_code NULLS FIRST, dimension"
        )
        checked = database.rows(
            "SELECT check_id, province_code, numerator, denominator FROM dq_score_check WHERE numerator > 0 ORDER BY ALL"
        )
    assert scores == [
        (None, "accuracy", 8, 10, 40.0, 1, 1),
        (None, "all", 8, 10, 53.333333, 1, 1),  # 8/10 × 2/3 of the whole results
        (None, "completeness", 1, 1, 100.0, 1, 1),
        ("21", "accuracy", 3, 4, 75.0, 1, 1),
        ("21", "all", 3, 4, 75.0, 1, 1),
        ("23", "accuracy", 5, 6, 83.333333, 1, 1),
        ("23", "all", 5, 6, 83.333333, 1, 1),
    ]
    assert (CHECK, "21", 1, 4) in checked
    assert (CHECK, "23", 1, 6) in checked
    assert (f"adm.file_totals:{FEED}", None, 1, 1) in checked

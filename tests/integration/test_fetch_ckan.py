"""Pulling from a CKAN portal: a server that speaks CKAN's JSON, and one that pages badly on purpose."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ingest.contract import Contract
from ingest.fetch import FetchOutcome, fetch_feed, guard
from ingest.home import Home
from ingest.landing import arrivals
from tests.integration.servers import Exchange, Site, contract_with, site

QUICK: dict[str, object] = {"connect_seconds": 2, "read_seconds": 2, "wait_seconds": 0.02, "attempts": 3}
FIELDS = ["รหัสตำบล", "ตำบล", "ปี", "รวมประชากร", "พื้นที่"]


def _records(count: int) -> list[dict[str, Any]]:
    return [
        {
            "_id": i * 2 + 1,
            "รหัสตำบล": f"{100100 + i}",
            "ตำบล": f'ตำบล "{i}"',
            "ปี": 2568,
            "รวมประชากร": i * 10,
            "พื้นที่": None,
        }
        for i in range(count)
    ]


@dataclass
class Portal:
    """A small CKAN: `twist` may change a page before it is sent."""

    web: Site
    records: list[dict[str, Any]] = field(default_factory=lambda: _records(25))
    resources: list[dict[str, Any]] = field(default_factory=list)
    key: str | None = None
    largest_page: int = 32_000
    twist: Callable[[Exchange, dict[str, Any]], None] | None = None

    def start(self) -> Portal:
        base = "/api/3/action/"
        self.resources = [
            {
                "id": "r-2567",
                "name": "ประชากร 2567.csv",
                "format": "CSV",
                "url": self.web.url("/f/1"),
                "datastore_active": True,
            },
            {
                "id": "r-2568",
                "name": "ประชากร 2568",
                "format": "CSV",
                "url": self.web.url("/f/pop68.csv"),
                "datastore_active": True,
            },
            {
                "id": "r-doc",
                "name": "คู่มือ",
                "format": "PDF",
                "url": self.web.url("/f/doc.pdf"),
                "datastore_active": False,
            },
        ]
        self.web.routes |= {
            base + "package_show": self._guarded(self.package_show),
            base + "resource_show": self._guarded(self.resource_show),
            base + "datastore_search": self._guarded(self.search),
            "/f/1": lambda x: x.send(body="a,b\n1,67\n", ETag='"67"'),
            "/f/pop68.csv": lambda x: (
                x.send(body="a,b\n1,68\n") if "if-none-match" not in x.headers else x.send(304)
            ),
            "/datastore/dump/r-2568": lambda x: x.send(body=f"\ufeff_id,a\n1,{x.query.get('format')}\n"),
        }
        return self

    def _guarded(self, route: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
        def page(x: Exchange) -> None:
            if self.key and x.headers.get("api-key") != self.key:
                x.json({"success": False, "error": {"__type": "Authorization Error", "message": "no"}}, 403)
            else:
                route(x)

        return page

    def package_show(self, x: Exchange) -> None:
        if x.query["id"] != "population":
            x.json({"success": False, "error": {"message": "Not found"}}, 404)
        else:
            x.json(
                {"success": True, "result": {"id": "p-1", "name": "population", "resources": self.resources}}
            )

    def resource_show(self, x: Exchange) -> None:
        found = [one for one in self.resources if one["id"] == x.query["id"]]
        x.json(
            {"success": True, "result": found[0]} if found else {"success": False, "error": "Not found"},
            200 if found else 404,
        )

    def search(self, x: Exchange) -> None:
        assert x.query["sort"] == "_id asc"
        offset, limit = int(x.query["offset"]), min(int(x.query["limit"]), self.largest_page)
        result: dict[str, Any] = {
            "fields": [{"id": "_id", "type": "int"}, *({"id": name, "type": "text"} for name in FIELDS)],
            "records": self.records[offset : offset + limit],
            "total": len(self.records),
            "limit": limit,
            "offset": offset,
            "total_was_estimated": False,
        }
        if self.twist:
            self.twist(x, result)
        if result:
            x.json({"success": True, "result": result})


@pytest.fixture
def portal() -> Iterator[Portal]:
    with site() as running:
        yield Portal(running).start()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def _contract(folder: Path, portal: Portal, **more: object) -> Contract:
    return contract_with(folder, {"kind": "ckan", "base_url": portal.web.url("/"), **QUICK, **more})


def _table(folder: Path, portal: Portal, **more: object) -> Contract:
    return _contract(folder, portal, resource_id="r-2568", via="datastore", page_rows=10, **more)


def _fetch(home: Home, contract: Contract) -> FetchOutcome:
    (outcome,) = fetch_feed(home, contract)
    return outcome


def _failed_whole(home: Home, outcome: FetchOutcome, code: str) -> None:
    assert (outcome.status, outcome.code) == ("failed", code)
    assert outcome.message_th
    assert outcome.mend_en
    assert arrivals(home) == []


# ---- files ----


def test_the_files_that_a_pattern_chooses(portal: Portal, home: Home, tmp_path: Path) -> None:
    contract = _contract(tmp_path, portal, package="population", resource="ประชากร*")
    outcomes = fetch_feed(home, contract)
    assert [(one.status, one.file_name) for one in outcomes] == [
        ("fetched", "ประชากร 2567.csv"),
        ("fetched", "pop68.csv"),
    ]
    assert [one.origin.partition("#")[2] for one in outcomes] == ["r-2567 (file)", "r-2568 (file)"]
    portal.web.routes["/f/1"] = lambda x: (
        x.send(304) if x.headers.get("if-none-match") == '"67"' else x.send(500)
    )
    assert [one.code for one in fetch_feed(home, contract)] == ["not_modified", "same_content"]


def test_the_dump_of_a_table(portal: Portal, home: Home, tmp_path: Path) -> None:
    outcome = _fetch(home, _contract(tmp_path, portal, resource_id="r-2568", via="dump"))
    assert (outcome.status, outcome.file_name) == ("fetched", "ประชากร 2568.csv")
    asked = portal.web.asked[-1]
    assert (asked.path, asked.query) == ("/datastore/dump/r-2568", {"bom": "True", "format": "csv"})


def test_a_resource_that_is_not_there_names_those_that_are(
    portal: Portal, home: Home, tmp_path: Path
) -> None:
    outcome = _fetch(home, _contract(tmp_path, portal, package="population", resource="ครัวเรือน*"))
    _failed_whole(home, outcome, "no_resource")
    assert "ประชากร 2568" in outcome.message_th


def test_a_dataset_that_is_not_there(portal: Portal, home: Home, tmp_path: Path) -> None:
    _failed_whole(home, _fetch(home, _contract(tmp_path, portal, package="other", resource="*")), "not_found")


def test_the_key_goes_to_the_portal_and_to_nobody_else(
    portal: Portal, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_CKAN_KEY", "k3y")
    portal.key = "k3y"
    with site() as elsewhere:
        elsewhere.routes["/x.csv"] = lambda x: x.send(body="a,b\n1,2\n")
        portal.resources[0]["url"] = elsewhere.url("/x.csv")
        contract = _contract(
            tmp_path, portal, package="population", resource="ประชากร*", api_key_env="TEST_CKAN_KEY"
        )
        outcomes = fetch_feed(home, contract)
        assert [one.status for one in outcomes] == ["fetched", "fetched"]
        assert "api-key" not in elsewhere.asked[0].headers
        assert portal.web.asked[-1].headers["api-key"] == "k3y"
    monkeypatch.setenv("TEST_CKAN_KEY", "other")
    denied = _fetch(home, contract)
    assert (denied.code, denied.attempts) == ("denied", 1)
    assert "k3y" not in "".join(p.read_text("utf-8", "replace") for p in home.root.rglob("*.jsonl"))


def test_a_portal_on_the_internet_cannot_point_inside(
    portal: Portal, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """127.0.0.1 plays the internet, 127.0.0.2 the inside: the address comes from the portal, not from the contract."""
    with site("127.0.0.2") as inside:
        monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1")
        portal.resources[0]["url"] = inside.url("/secret.csv")
        outcome = _fetch(home, _contract(tmp_path, portal, resource_id="r-2567"))
        _failed_whole(home, outcome, "redirect_refused")
        assert inside.asked == []


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, "<html>portal is being mended</html>", "ckan_answer"),
        (200, '{"success": tr', "ckan_answer"),
        (200, "[" * 100_000, "ckan_answer"),
        (200, '{"success": true, "result": {"resources": "none"}}', "ckan_answer"),
        (200, '{"success": true, "result": {"resources": [1, {"name": "x"}]}}', "ckan_answer"),
        (200, '{"success": false, "error": {"message": "Access\\ndenied"}}', "ckan_refused"),
        (200, "[]", "ckan_answer"),
        (500, "", "server_error"),
    ],
)
def test_what_is_no_answer_of_ckan(
    portal: Portal, home: Home, tmp_path: Path, status: int, body: str, code: str
) -> None:
    portal.web.routes["/api/3/action/package_show"] = lambda x: x.send(status, body)
    outcome = _fetch(home, _contract(tmp_path, portal, package="population", resource="x"))
    _failed_whole(home, outcome, code)


# ---- tables by pages ----


def test_a_table_comes_whole_and_as_it_was_sent(portal: Portal, home: Home, tmp_path: Path) -> None:
    portal.records[3]["รวมประชากร"] = 12345678901234567890
    contract = _table(tmp_path, portal)
    outcome = _fetch(home, contract)
    assert (outcome.status, outcome.file_name) == ("fetched", "ประชากร 2568.csv")
    (arrival,) = arrivals(home)
    rows = list(csv.reader(io.StringIO((home.root / arrival.object_path).read_text("utf-8"))))
    assert rows[0] == FIELDS  # without the portal's own row number
    assert len(rows) == 26
    assert rows[4] == ["100103", 'ตำบล "3"', "2568", "12345678901234567890", ""]
    assert portal.web.count("/api/3/action/datastore_search") == 3
    assert _fetch(home, contract).code == "same_content"


def test_numbers_keep_the_digits_they_were_sent_with(portal: Portal, home: Home, tmp_path: Path) -> None:
    body = (
        '{"success": true, "result": {"total": 1, "limit": 10, "fields": [{"id": "_id"}, {"id": "a"}, {"id": "b"}, {"id": "c"}],'
        ' "records": [{"_id": 1, "a": 0.10, "b": 1e3, "c": {"x": [1, true]}}]}}'
    )
    portal.web.routes["/api/3/action/datastore_search"] = lambda x: x.send(body=body)
    _fetch(home, _table(tmp_path, portal))
    (arrival,) = arrivals(home)
    kept = (home.root / arrival.object_path).read_text("utf-8")
    assert kept.splitlines()[1].startswith("0.10,1e3,")


def test_a_portal_may_give_smaller_pages_than_asked_for(portal: Portal, home: Home, tmp_path: Path) -> None:
    portal.largest_page = 4
    assert _fetch(home, _table(tmp_path, portal)).status == "fetched"
    assert portal.web.count("/api/3/action/datastore_search") == 7


def test_an_empty_table_is_a_file_with_its_header(portal: Portal, home: Home, tmp_path: Path) -> None:
    """Empty is what the agency says; that it shrank is for admission to tell."""
    portal.records = []
    assert _fetch(home, _table(tmp_path, portal)).status == "fetched"


def test_a_page_that_fails_once_is_asked_again_alone(portal: Portal, home: Home, tmp_path: Path) -> None:
    def twist(x: Exchange, result: dict[str, Any]) -> None:
        if x.count == 2:
            x.send(502)
            result.clear()

    portal.twist = twist
    outcome = _fetch(home, _table(tmp_path, portal))
    assert (outcome.status, outcome.attempts) == ("fetched", 2)
    assert portal.web.count("/api/3/action/datastore_search") == 4


def _short_page(x: Exchange, result: dict[str, Any]) -> None:
    if x.query["offset"] == "10":
        result["records"] = result["records"][:-1]


def _empty_page(x: Exchange, result: dict[str, Any]) -> None:
    if x.query["offset"] == "20":
        result["records"] = []


def _total_changes(x: Exchange, result: dict[str, Any]) -> None:
    if x.query["offset"] != "0":
        result["total"] += 1


def _same_page_again(x: Exchange, result: dict[str, Any]) -> None:
    if x.query["offset"] == "10":
        result["records"] = _records(10)


def _columns_change(x: Exchange, result: dict[str, Any]) -> None:
    if x.query["offset"] == "10":
        result["fields"] = result["fields"][:-1]


def _estimated(x: Exchange, result: dict[str, Any]) -> None:
    result["total_was_estimated"] = True


def _no_total(x: Exchange, result: dict[str, Any]) -> None:
    del result["total"]


@pytest.mark.parametrize(
    ("twist", "code"),
    [
        (_short_page, "short_page"),
        (_empty_page, "short_page"),
        (_total_changes, "total_changed"),
        (_same_page_again, "rows_moved"),
        (_columns_change, "rows_moved"),
        (_estimated, "ckan_answer"),
        (_no_total, "ckan_answer"),
    ],
)
def test_pages_that_do_not_add_up_are_a_failed_fetch_not_fewer_rows(
    portal: Portal, home: Home, tmp_path: Path, twist: Callable[[Exchange, dict[str, Any]], None], code: str
) -> None:
    portal.twist = twist
    _failed_whole(home, _fetch(home, _table(tmp_path, portal)), code)


def test_limits_of_rows_and_bytes(portal: Portal, home: Home, tmp_path: Path) -> None:
    _failed_whole(home, _fetch(home, _table(tmp_path, portal, max_rows=24)), "too_many_rows")
    _failed_whole(home, _fetch(home, _table(tmp_path / "b", portal, max_mb=0.0005)), "too_large")


def test_a_resource_without_a_table_is_told(portal: Portal, home: Home, tmp_path: Path) -> None:
    contract = _contract(tmp_path, portal, resource_id="r-doc", via="datastore")
    _failed_whole(home, _fetch(home, contract), "no_datastore")

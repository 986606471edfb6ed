"""Parts of a pull that need no server: addresses, names, attempts, secrets, bundled files, landing, the record."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ingest.contract import AGENCIES, Contract, load_contract
from ingest.contract.sources import Http
from ingest.fetch import FetchOutcome, all_outcomes, failed_feeds, fetch_feed, guard, last_outcomes, messages
from ingest.fetch.models import FetchFailed
from ingest.fetch.names import clean_name, name_of
from ingest.fetch.record import log_outcome
from ingest.fetch.secrets import Secrets
from ingest.fetch.tries import Tries, retry_after
from ingest.home import Home
from ingest.landing import arrivals, take_inbox
from ingest.landing.limits import ALLOWED_SUFFIXES
from ingest.landing.messages import REFUSED
from ingest.landing.names import name_fault
from ingest.landing.pulled import PulledRefused, land_pulled

FEED = "nesdc/population"
CSV = "รหัสตำบล,ปี,รวมประชากร\n100101,2568,1\n".encode()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def _bundled(folder: Path, content: bytes = CSV) -> Contract:
    agency = folder / "nesdc"
    agency.mkdir(parents=True, exist_ok=True)
    (agency / "facts_2550.csv").write_bytes(content)
    declared = yaml.safe_load((AGENCIES / "nesdc" / "population.yml").read_text(encoding="utf-8"))
    declared["sources"] = [{"kind": "bundled", "path": "facts_2550.csv"}]
    (agency / "population.yml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    return load_contract(agency / "population.yml")


# ---- bundled files ----


def test_a_bundled_file_is_taken_once_per_content(home: Home, tmp_path: Path) -> None:
    contract = _bundled(tmp_path)
    first, second, third = (fetch_feed(home, contract)[0] for _ in range(3))
    assert (first.status, second.code, third.code) == ("fetched", "same_content", "same_content")
    assert first.file_name == "facts_2550.csv"
    changed = fetch_feed(home, _bundled(tmp_path, CSV + b"100102,2568,2\n"))[0]
    assert changed.status == "fetched"
    assert [one.sequence for one in arrivals(home)] == [1, 2]
    assert [one.status for one in all_outcomes(home)] == [
        "fetched",
        "fetched",
    ]  # no word a night about nothing


@pytest.mark.parametrize("kind", ["synthetic", "real", None])
def test_bundled_facts_are_real_and_go_into_every_home(home: Home, tmp_path: Path, kind: str | None) -> None:
    if kind:
        home.set_kind(kind)  # type: ignore[arg-type]
    assert fetch_feed(home, _bundled(tmp_path))[0].status == "fetched"
    assert [one.is_synthetic for one in arrivals(home)] == [False]
    assert home.kind() == kind


def test_a_bundled_file_that_went_away_is_a_failure(home: Home, tmp_path: Path) -> None:
    contract = _bundled(tmp_path)
    (tmp_path / "nesdc" / "facts_2550.csv").unlink()
    (outcome,) = fetch_feed(home, contract)
    assert (outcome.status, outcome.code) == ("failed", "no_bundled_file")
    _bundled(tmp_path)
    fetch_feed(home, contract)
    assert failed_feeds(home, [contract]).is_empty()


def test_a_feed_without_sources_is_not_pulled(home: Home) -> None:
    assert fetch_feed(home, load_contract(AGENCIES / "nvf" / "village_funds.yml")) == []
    assert not home.root.exists()


def test_a_dry_run_writes_nothing(home: Home, tmp_path: Path) -> None:
    assert fetch_feed(home, _bundled(tmp_path), dry_run=True)[0].status == "fetched"
    assert not home.root.exists()


# ---- landing what was pulled ----


def test_pulled_and_dropped_files_share_one_log_and_one_store(home: Home, tmp_path: Path) -> None:
    dropped = home.inbox / "nesdc" / "population" / "dropped.csv"
    dropped.parent.mkdir(parents=True)
    dropped.write_bytes(CSV)
    take_inbox(home, [FEED], settle_seconds=0)
    pulled = tmp_path / "pulled"
    pulled.write_bytes(CSV)
    same = land_pulled(home, FEED, pulled, "pulled.csv", max_bytes=1000)
    assert not same.is_new
    assert same.arrival.file_name == "dropped.csv"
    pulled.write_bytes(CSV + b"100102,2568,2\n")
    new = land_pulled(home, FEED, pulled, "pulled.csv", max_bytes=1000)
    assert (new.is_new, new.arrival.sequence) == (True, 2)
    dropped.write_bytes(pulled.read_bytes())
    report = take_inbox(home, [FEED], settle_seconds=0)
    assert [one.delivery_id for one in report.duplicates] == [new.arrival.delivery_id]
    assert [one.file_name for one in arrivals(home)] == ["dropped.csv", "pulled.csv"]
    assert not list((home.landing / "incoming").iterdir())


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (CSV, "x.exe", "unsupported_type"),
        (CSV, "x\u202evsc.csv", "bad_name"),
        (CSV, "-x.csv", "bad_name"),
        (CSV * 100, "x.csv", "too_large"),
        (b"", "x.csv", "empty"),
        (b"%PDF-1.4", "x.csv", "wrong_content"),
        (b"PK\x03\x04 and no end", "x.xlsx", "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "x.xlsx", "encrypted"),
    ],
)
def test_landing_refuses_what_it_refuses_from_the_inbox(
    home: Home, tmp_path: Path, content: bytes, name: str, code: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(PulledRefused) as caught:
        land_pulled(home, FEED, path, name, max_bytes=1000)
    assert caught.value.code == code
    assert all(messages.text_of(code, caught.value.values))
    assert arrivals(home) == []


# ---- addresses ----


@pytest.mark.parametrize("address", ["8.8.8.8", "203.150.10.1", "2001:4860:4860::8888"])
def test_addresses_of_the_internet(address: str) -> None:
    assert guard.is_public(address)


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 127.9.9.9 10.0.0.1 172.16.3.4 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 "
    "::1 :: fe80::1 fe80::1%eth0 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: nonsense".split(),
)
def test_addresses_inside(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.1", "2130706433", "[::1]"])
def test_spellings_of_loopback_lead_inside(host: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        guard.check_step("https://agency.example/", f"https://{host}/", from_public=True)
    assert caught.value.code in ("redirect_refused", "unknown_host")


def test_secrets_stay_with_their_origin() -> None:
    assert guard.same_origin("https://a.example/x", "https://A.example:443/y")
    for other in (
        "http://a.example/x",
        "https://a.example:444/x",
        "https://b.example/x",
        "https://a.example.b.example/",
    ):
        assert not guard.same_origin("https://a.example/x", other)


# ---- names ----


@given(st.text(max_size=300))
@settings(max_examples=300)
def test_any_name_becomes_one_that_landing_takes(name: str) -> None:
    cleaned = clean_name(name)
    if cleaned.endswith((".csv", ".xlsx")):
        assert name_fault(cleaned) is None
    assert "/" not in cleaned
    assert clean_name(cleaned) == cleaned


@given(
    st.text(alphabet=string.printable + "ก\u202e\x00é", max_size=80),
    st.text(max_size=80),
    st.binary(max_size=40),
)
@settings(max_examples=300)
def test_headers_of_any_kind_give_a_good_name_or_a_clear_answer(
    disposition: str, content_type: str, head: bytes
) -> None:
    try:
        name = name_of(
            url="https://a.example/x",
            disposition=f"attachment; filename={disposition}",
            content_type=content_type,
            head=head,
            fallback="population",
            host="a.example",
        )
    except FetchFailed as failure:
        assert failure.code == "unknown_type"
    else:
        assert Path(name).suffix in ALLOWED_SUFFIXES
        assert name_fault(name) is None


# ---- attempts ----


class _Clock:
    """Time that passes only by sleeping."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.slept = 1000.0, list[float]()
        monkeypatch.setattr("ingest.fetch.tries.time.monotonic", lambda: self.now)
        monkeypatch.setattr("tenacity.nap.time.sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _tries(**more: object) -> Tries:
    return Tries(Http.model_validate({"kind": "http", "url": "https://a.example/x.csv", **more}))


def _failing(failure: FetchFailed, times: int) -> list[FetchFailed]:
    return [failure] * times


def _call(tries: Tries, failures: list[FetchFailed]) -> str:
    left = list(failures)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return tries.call(attempt)


def test_waits_grow_with_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    tries = _tries(attempts=6, wait_seconds=1)
    assert _call(tries, _failing(FetchFailed("unreachable", retry=True), 5)) == "done"
    assert tries.used == 6
    for number, slept in enumerate(clock.slept):
        assert 2**number <= slept <= 2**number + 1
    assert len({round(slept % 1, 6) for slept in clock.slept}) > 1


def test_what_cannot_pass_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    with pytest.raises(FetchFailed, match="denied"):
        _call(_tries(), [FetchFailed("denied")])
    assert clock.slept == []


def test_no_wait_goes_beyond_the_time_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    tries = _tries(attempts=10, wait_seconds=10, max_seconds=60)
    with pytest.raises(FetchFailed, match="unreachable"):
        _call(tries, _failing(FetchFailed("unreachable", retry=True), 20))
    assert sum(clock.slept) < 60


def test_the_servers_wish_is_a_lower_bound_and_has_an_upper_one(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    assert _call(_tries(), [FetchFailed("rate_limited", retry=True, retry_after=90)]) == "done"
    assert clock.slept[0] >= 90
    with pytest.raises(FetchFailed, match="rate_limited"):
        _call(_tries(), [FetchFailed("rate_limited", retry=True, retry_after=121)])
    assert len(clock.slept) == 1


def test_retry_after_is_a_number_or_a_date() -> None:
    assert retry_after("30") == 30
    soon = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    assert soon is not None
    assert 50 < soon <= 60
    assert retry_after(format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)) == 0
    for useless in (None, "", "soon", "-5", "๕", "Mon, 99 Foo 2568"):
        assert retry_after(useless) is None


@given(st.text(max_size=40))
def test_any_retry_after_is_answered(text: str) -> None:
    seconds = retry_after(text)
    assert seconds is None or seconds >= 0


# ---- secrets ----


def test_secrets_are_cut_out_in_every_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SECRET", "p@ss w/rd")
    secrets = Secrets()
    assert secrets.get("TEST_SECRET") == "p@ss w/rd"
    told = secrets.clean("a p@ss w/rd b p%40ss%20w%2Frd c p%40ss+w%2Frd d p%40ss%20w/rd")
    assert told == "a ••• b ••• c ••• d •••"


def test_a_header_secret_that_cannot_be_a_header_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SECRET", "a\nX-Other: b")
    with pytest.raises(FetchFailed) as caught:
        Secrets().header("TEST_SECRET")
    assert caught.value.code == "bad_secret"
    assert "X-Other" not in str(caught.value.values)


# ---- words ----


def test_every_message_is_whole() -> None:
    for code, text in messages.TEXTS.items():
        assert all(text), code
        assert any("\u0e00" <= char <= "\u0e7f" for char in text.message_th), code
        assert not any("\u0e00" <= char <= "\u0e7f" for char in text.message_en + text.mend_en), code
    assert not set(messages.TEXTS) & set(REFUSED) - {"too_large"}  # a code means one thing


# ---- the record ----


def _outcome(
    origin: str, status: str, run: str, hour: int, source: str = "https://a.example/x.csv"
) -> FetchOutcome:
    return FetchOutcome(
        run_id=run,
        started_at=datetime(2026, 1, 1, hour, tzinfo=UTC),
        feed_code=FEED,
        agency_code="nesdc",
        kind="http",
        source=source,
        origin=origin,
        status=status,  # type: ignore[arg-type]
        code="timeout" if status == "failed" else "fetched",
        message_th="ก",
        message_en="a",
    )


def test_the_last_run_of_each_source_counts(home: Home, tmp_path: Path) -> None:
    declared = yaml.safe_load((AGENCIES / "nesdc" / "population.yml").read_text(encoding="utf-8"))
    declared["sources"] = [{"kind": "http", "url": "https://a.example/x.csv"}]
    contract = Contract.model_validate(declared)
    url = "https://a.example/x.csv"
    for outcome in (
        _outcome(url, "fetched", "r1", 1),
        _outcome(url, "failed", "r2", 2),
        _outcome(url, "failed", "r3", 3),
        _outcome("https://old.example/", "failed", "r1", 1, source="https://old.example/"),
    ):
        log_outcome(home, outcome)
    assert [one.run_id for one in last_outcomes(home)] == ["r3", "r1"]
    frame = failed_feeds(home, [contract])
    assert frame.schema["failed_at"] == pl.Datetime("us", "UTC")
    (row,) = frame.to_dicts()
    assert (row["last_success_at"].hour, row["failing_since"].hour, row["failed_at"].hour) == (1, 2, 3)
    log_outcome(home, _outcome(url, "unchanged", "r4", 4))
    assert failed_feeds(home, [contract]).is_empty()
    assert failed_feeds(home, [contract]).columns == frame.columns


def test_a_damaged_line_costs_one_line(home: Home) -> None:
    log_outcome(home, _outcome("a", "fetched", "r1", 1))
    with (home.landing / "fetches.jsonl").open("ab") as log:
        log.write(b'{"run_id": 5}\nnot json\n{"torn')
    log_outcome(home, _outcome("b", "fetched", "r2", 2))
    assert [one.origin for one in all_outcomes(home)] == ["a", "b"]


# ---- the command ----


def _tambon(home: Home, *words: str) -> tuple[int, str]:
    from cli.main import app

    done = CliRunner().invoke(app, ["fetch", "--home", str(home.root), *words])
    return done.exit_code, " ".join(done.output.split())


def test_the_command_pulls_says_so_and_knows_failure(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "more"
    (folder / "local").mkdir(parents=True)
    (folder / "local" / "agency.yml").write_text(
        "{code: local, name_th: อบต., name_en: Local, short_th: อบต., short_en: TAO}\n", encoding="utf-8"
    )
    (folder / "local" / "facts.csv").write_bytes(CSV)
    declared = yaml.safe_load((AGENCIES / "nesdc" / "population.yml").read_text(encoding="utf-8"))
    declared |= {"feed": "local/people", "sources": [{"kind": "bundled", "path": "facts.csv"}]}
    (folder / "local" / "people.yml").write_text(
        yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8"
    )
    monkeypatch.setenv("TAMBON_AGENCIES", str(folder))

    code, told = _tambon(home, "local/people", "--dry-run")
    assert (code, home.root.exists()) == (0, False)
    assert "fetched" in told
    code, told = _tambon(home, "local/people")
    assert code == 0
    assert [one.feed_code for one in arrivals(home)] == ["local/people"]
    (folder / "local" / "facts.csv").unlink()
    code, told = _tambon(home, "local/people", "--quiet")
    assert code == 1
    assert "facts.csv" in told
    code, told = _tambon(home, "local/nothing")
    assert code == 2
    assert "local/people" in told
    code, told = _tambon(home, "nvf/village_funds")
    assert code == 0
    assert "inbox" in told

"""What a message says, to whom, and when there is none. Nothing is sent here."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract import ContractError, load_contracts
from ingest.home import Home
from orchestration.alerts.config import OPERATORS, AlertsConfig, Recipient, load_config, owners, routes
from orchestration.alerts.known import write_told
from orchestration.alerts.message import Message
from orchestration.alerts.run import Planned, plan
from orchestration.alerts.send import mail_of
from orchestration.alerts.text import Body, Section, as_html, capped, clean, thai_day
from orchestration.builds import Build
from tests.unit.alert_world import (
    BEGAN,
    add_build,
    finding,
    held,
    new_home,
    not_pulled,
    refused,
    stale,
    write_config,
)

MAIL = "mail: {host: 127.0.0.1, port: 2525, security: none, sender: tambon@example.org}\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def config_of(**more: object) -> AlertsConfig:
    return AlertsConfig.model_validate(
        {
            "mail": {"host": "127.0.0.1", "security": "none", "sender": "tambon@example.org"},
            "contract_owners": False,
            "operators": {"email": ["ops@example.org"]},
            "agencies": {"nvf": {"email": ["nvf@example.org"]}, "cdd": {"email": ["cdd@example.org"]}},
        }
        | more
    )


def messages(home: Home, build: Build, config: AlertsConfig | None = None) -> dict[str, Message]:
    return {one.route.who: one.message for one in plan(home, config or config_of(), build)}


def tell(home: Home, planned: list[Planned]) -> None:
    """As if everything had been sent."""
    for one in planned:
        assert one.knows is not None
        write_told(home, one.route, one.knows)


# ---- when, and to whom ----


def test_each_agency_hears_of_its_own_and_of_nothing_else(home: Home) -> None:
    build = add_build(
        home,
        1,
        dq_finding=[finding("a"), finding("b", "cdd", file_name="cdd.csv"), finding("c", None)],
        dq_delivery=[held()],
        dq_feed=[stale()],
        dq_fetch=[not_pulled()],
        dq_refusal=[refused(), refused("who/knows.csv", None)],
    )
    found = messages(home, build)
    assert set(found) == {"nvf", "cdd", OPERATORS}
    assert "2567.xlsx" in found["nvf"].text
    assert "cdd.csv" not in found["nvf"].text
    assert "cdd.csv" in found["cdd"].text
    assert "2567.xlsx" not in found["cdd"].text
    for word in ("nvf-village_funds-9.csv", "เลยกำหนดส่ง", "ต้นทางไม่ตอบ", "a.docx"):
        assert word in found["nvf"].text
        assert word not in found["cdd"].text
        assert word in found[OPERATORS].text, "what keeps data out is for the operators too"
    assert "who/knows.csv" in found[OPERATORS].text
    assert "tambon admit nvf-village_funds-9 --because" in found[OPERATORS].text
    counts = found["nvf"].payload["counts"]
    assert (counts["new"], counts["held"], counts["stale"], counts["fetch"], counts["refusal"]) == (
        1,
        1,
        1,
        1,
        1,
    )


def test_nothing_changed_is_no_message(home: Home) -> None:
    rows = [finding("a"), finding("b")]
    first = add_build(home, 1, dq_finding=rows, dq_delivery=[held()])
    tell(home, list(plan(home, config_of(), first)))
    assert messages(home, first) == {}
    assert messages(home, add_build(home, 2, dq_finding=rows, dq_delivery=[held()])) == {}


def test_only_what_changed_since_it_was_told(home: Home) -> None:
    first = add_build(
        home, 1, dq_finding=[finding("a"), finding("b")], dq_delivery=[held()], dq_feed=[stale()]
    )
    tell(home, list(plan(home, config_of(), first)))
    life = [{"finding_id": "b", "life": "mended"}]
    second = add_build(home, 2, dq_finding=[finding("a"), finding("c", row_number=99)], dq_finding_life=life)
    nvf = messages(home, second)["nvf"]
    counts = nvf.payload["counts"]
    assert (counts["new"], counts["closed"], counts["open"]) == (1, 1, 2)
    assert (counts["held_over"], counts["stale_over"]) == (1, 1)
    assert "แถว 99" in nvf.text
    assert "แถว 12" not in nvf.text
    assert "แก้แล้ว · mended" in nvf.text
    assert "ไม่ถูกระงับแล้ว" in nvf.text
    assert "กลับมาส่งตามกำหนด" in nvf.text
    assert "cdd" not in messages(home, second)
    # Was the second message never sent, the third still holds its news.
    third = add_build(home, 3, dq_finding=[finding("a"), finding("c"), finding("d")])
    assert messages(home, third)["nvf"].payload["counts"]["new"] == 2


def test_tables_of_an_older_version_will_do(home: Home) -> None:
    """No lives, no provinces: told apart by ids alone."""
    import polars as pl

    build = add_build(
        home, 1, without=("dq_finding_life", "dq_fetch"), dq_finding=[finding("a", tambon_code="500101")]
    )
    path = home.builds / build.build_id / "audit" / "dq_finding.parquet"
    old = ("life", "first_release_id", "first_seen_at", "province_code", "amphoe_code", "record_key", "field")
    pl.read_parquet(path).drop(old).write_parquet(path)
    nvf = messages(home, build)["nvf"]
    assert nvf.payload["new_by_province"] == [{"province_code": "50", "count": 1}]


def test_a_threshold_hides_findings_and_lifting_it_mends_none(home: Home) -> None:
    rows = [finding("a", severity="info"), finding("b", severity="warn")]
    build = add_build(home, 1, dq_finding=rows)
    assert messages(home, build, config_of(severity="warn"))["nvf"].payload["counts"]["new"] == 1
    tell(home, list(plan(home, config_of(), build)))
    assert messages(home, add_build(home, 2, dq_finding=rows), config_of(severity="block")) == {}


def test_a_failed_audit_is_told_to_the_operators_with_why(home: Home) -> None:
    build = add_build(home, 1, "audit_failed", dq_finding=[finding("a")])
    found = messages(home, build)
    assert "ผลตรวจไม่ผ่าน" in found[OPERATORS].subject
    assert "wrong figures" in found[OPERATORS].text
    assert "ข้อมูลที่เผยแพร่ยังเป็นรอบก่อน" in found["nvf"].text


def test_owners_of_contracts_are_written_to_in_real_homes_only(home: Home) -> None:
    config = config_of(contract_owners=True, agencies={})
    assert owners(load_contracts(), "nvf") == ("nvf-data@example.org",)
    assert {one.who for one in routes(home, config, synthetic=False)} > {"nvf", "cdd", OPERATORS}
    assert {one.who for one in routes(home, config, synthetic=True)} == {OPERATORS}
    muted = config.model_copy(update={"agencies": {"nvf": Recipient(mute=True)}})
    assert "nvf" not in {one.who for one in routes(home, muted, synthetic=False)}


# ---- what it says ----


def test_a_message_is_thai_first_with_counts_and_where_to_mend(home: Home) -> None:
    rows = [finding(f"{n:03d}", row_number=n, province_code=f"{10 + n % 40}") for n in range(1, 201)]
    rows.append(finding("zz", severity="block", row_number=7777))
    build = add_build(home, 0, dq_finding=rows)
    mending = home.releases / build.build_id / "mending"
    mending.mkdir(parents=True)
    quality = mending.parent / "quality"
    (home.builds / build.build_id / "audit").rename(quality)
    (mending / "nvf.xlsx").write_bytes(b"PK")
    config = config_of(items=10, site="https://tambon.example.org/")
    nvf = messages(home, build, config)["nvf"]
    assert "สทบ." in nvf.subject
    assert "28 พ.ย. 2569" in nvf.subject
    assert "พบใหม่ 201" in nvf.subject
    assert "201 new findings" in nvf.text
    assert "201 × เซลล์ที่อ่านไม่ได้" not in nvf.text, "two severities are two lines"
    assert "200 × เซลล์ที่อ่านไม่ได้ · Unreadable cells" in nvf.text
    assert nvf.text.index("แถว 7,777") < nvf.text.index("แถว 1 "), "the gravest first"
    assert "และอีก 191 รายการ · and 191 more" in nvf.text
    assert len(nvf.text) < 8000
    assert "https://tambon.example.org/files/mending/nvf.xlsx" in nvf.text
    assert "ความลับในเซลล์" not in nvf.text + nvf.html + str(nvf.payload), (
        "cells' values stay in the mending list"
    )


HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=1>\r\nBcc: all@example.org\u202egnp.exe=HYPERLINK("x")'
)


def test_hostile_words_stay_words(home: Home) -> None:
    hostile = finding(
        "a", file_name=HOSTILE, sheet=HOSTILE, column_name=HOSTILE, message_th=HOSTILE, check_id=HOSTILE
    )
    build = add_build(
        home,
        1,
        dq_finding=[hostile],
        dq_delivery=[held(file_name=HOSTILE, status_reason=HOSTILE)],
        dq_refusal=[refused(HOSTILE)],
    )
    for message in messages(home, build).values():
        assert "<script" not in message.html
        assert "<img" not in message.html
        assert "\u202e" not in message.text + message.html
        assert not [line for line in message.text.splitlines() if line.lower().startswith("bcc:")]
        config = config_of()
        assert config.mail
        letter = mail_of(message, ("a@example.org",), config.mail, BEGAN)
        assert set(letter.keys()) == {
            *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
            *("X-Auto-Response-Suppress", "X-Tambon-Build", "MIME-Version", "Content-Type"),
        }


@given(st.text(max_size=500))
@settings(deadline=None)
def test_any_text_becomes_one_safe_line(text: str) -> None:
    line = clean(text)
    assert len(line) <= 300
    assert len(line.splitlines()) <= 1
    assert clean(line) == line or len(text) > 299
    page = as_html(Body((text,), (), (Section(text, text, (text,), text),)), text)
    assert page.count("<script") == page.count("<img") == 0
    build = Build(build_id="b", run_id="r", input_fingerprint="f", started_at=BEGAN)
    message = Message(
        key=text, who="nvf", build_id=build.build_id, subject=text, text="x", html="<p>", payload={}
    )
    config = config_of()
    assert config.mail
    raw = mail_of(message, ("a@example.org",), config.mail, BEGAN).as_bytes()
    head = raw.split(b"\r\n\r\n", 1)[0]
    assert b"\r\nBcc:" not in head
    assert head.count(b"\r\nSubject:") == 1


def test_lists_are_capped_and_days_are_thai() -> None:
    assert capped(["a", "b", "c"], 2) == ("a", "b", "และอีก 1 รายการ · and 1 more")
    assert capped(["a"], 2) == ("a",)
    assert capped(["a"], 1, total=1001)[-1] == "และอีก 1,000 รายการ · and 1,000 more"
    assert thai_day(BEGAN) == "28 พ.ย. 2569"


# ---- alerts.yml ----


def test_no_file_is_no_alerts(home: Home) -> None:
    assert load_config(home) is None


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (MAIL + "agencies:\n  nvf: {}\n  nowhere: {}\n", 4, "nowhere"),
        (MAIL + "operators: {email: [not-an-address]}\n", 2, "อีเมล"),
        (MAIL + 'operators: {email: ["a@example.org\\nBcc: b@example.org"]}\n', 2, "email"),
        (MAIL + 'operators: {email: ["a@exa mple.org"]}\n', 2, "email"),
        (MAIL + 'operators: {email: ["a@example.org, b@example.org"]}\n', 2, "email"),
        ("operators: {email: [a@example.org]}\n", 1, "mail:"),
        (MAIL + "itmes: 3\n", 2, "itmes"),
        (MAIL + "items: 0\n", 2, "items"),
        (MAIL + "agencies:\n  nvf:\n    webhook: {url: 'http://example.org/x'}\n", 4, "https"),
        (MAIL + "agencies:\n  nvf:\n    webhook: {url: 'https://u:p@example.org/x'}\n", 4, "https"),
        (MAIL + "agencies:\n  nvf:\n    webhook: {}\n", 4, "url_env"),
        (
            "mail:\n  host: a\n  sender: a@example.org\n  security: none\n  user_env: A\n  password_env: B\n",
            2,
            "เข้ารหัส",
        ),
        ("mail:\n  host: a\n  sender: a@example.org\n  user_env: A\n", 2, "password_env"),
        ("mail: [\n", 1, "YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line(home: Home, text: str, line: int, told: str) -> None:
    write_config(home, text)
    with pytest.raises(ContractError) as error:
        load_config(home)
    assert told in str(error.value)
    assert any(abs(number - line) <= 1 for _, number, _ in error.value.problems), str(error.value)
    assert "alerts.yml" in str(error.value)


def test_secrets_of_addresses_are_not_shown() -> None:
    hook = {"url": "https://hooks.example.org/services/T0/secret?token=abc"}
    config = config_of(agencies={"nvf": {"webhook": hook}}, operators={"webhook": {"url_env": "HOOK"}})
    shown = [one.shown for one in routes(home, config, synthetic=True)]
    assert shown == ["https://hooks.example.org/…", "$HOOK"]

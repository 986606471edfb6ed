"""A held delivery waits with its report; only a reasoned decision in the log lets it through, and every way round fails."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from expectations.admission import admission_folder, load_admission
from expectations.decisions import DecisionRefused, decisions_file, read_log, record_decision
from expectations.deliveries import delivery_rows
from expectations.held import let_through, take_back, waiting
from expectations.held_report import write_held
from ingest.contract import load_contracts
from ingest.home import Home
from ingest.landing import arrivals
from tests.unit.held_world import FEED, HEADER, doubled_rows, drop, fund, good_rows, take

WHY = "สทบ. ยืนยันทางโทรศัพท์ว่ารายการซ้ำเป็นคนละบัญชี"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Last year's file admitted, this year's held for records that stand twice."""
    made = Home(tmp_path / "home")
    drop(made, "funds-2566-synthetic.csv", good_rows())
    take(made)
    drop(made, "funds-2567-synthetic.csv", doubled_rows())
    take(made)
    return made


def held_id(home: Home) -> str:
    return waiting(home, load_contracts())[0].delivery_id


def allow(home: Home, because: str = WHY) -> str:
    one = held_id(home)
    let_through(home, load_contracts(), one, because=because, by="สมชาย")
    return one


def status(home: Home) -> list[str]:
    return [one.status for one in take(home)]


def test_a_held_delivery_waits_with_a_report_in_two_languages(home: Home) -> None:
    (one,) = waiting(home, load_contracts())
    assert [reason.check_id.split(":")[0] for reason in one.reasons] == ["adm.key_unique"]
    assert one.reasons[0].numerator == 6  # of each pair the later row is told
    assert one.meanwhile
    assert one.meanwhile.file_name == "funds-2566-synthetic.csv"
    assert one.can_be_let_through
    report = (home.held / one.delivery_id / "report.md").read_text(encoding="utf-8")
    for words in (
        "ไฟล์ถูกพักไว้",
        "Held since",
        "funds-2567-synthetic.csv",
        "ฝ่ายสารสนเทศ สทบ.",
        "tambon admit",
        "6 / 66",
    ):
        assert words in report
    findings = (home.held / one.delivery_id / "findings.csv").read_text(encoding="utf-8-sig")
    assert findings.count("adm.key_unique") == 6


def test_a_hostile_file_name_and_value_do_no_harm_in_the_report(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    rows = [*good_rows(), *(fund(n, name="=cmd|' /C calc'!A0") for n in range(1, 8))]
    drop(home, "<b>[x](y)#synthetic.csv", rows)
    take(home)
    (folder,) = home.held.iterdir()
    assert "<b>[x]" not in (folder / "report.md").read_text(encoding="utf-8")
    cells = [cell for row in csv.reader((folder / "findings.csv").open(encoding="utf-8-sig")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_letting_through_admits_with_the_reason_and_keeps_the_findings(home: Home) -> None:
    before = load_admission(home, held_id(home))
    one = allow(home)
    found = load_admission(home, one)
    assert before
    assert found
    assert found.status == "admitted"
    assert found.let_through
    assert (found.let_through.because, found.let_through.by) == (WHY, "สมชาย")
    assert found.findings == before.findings > 0
    recorded = json.loads((admission_folder(home, one) / "admission.json").read_text(encoding="utf-8"))
    assert recorded["status"] == "admitted"
    assert recorded["let_through"]["because"] == WHY
    row = next(row for row in delivery_rows(arrivals(home), {one: found}) if row["delivery_id"] == one)
    assert (row["status"], row["admitted_because"], row["admitted_by"]) == ("admitted", WHY, "สมชาย")
    assert row["decided_at"]
    write_held(home, load_contracts(), FEED)
    assert not (home.held / one).exists()
    assert status(home) == ["admitted", "admitted"]


def test_a_decision_taken_back_holds_the_delivery_again_and_both_stay_in_the_log(home: Home) -> None:
    one = allow(home)
    take_back(home, load_contracts(), one, because="สทบ. แจ้งภายหลังว่าไฟล์ผิดจริง", by="สมหญิง")
    assert status(home) == ["admitted", "held"]
    assert (home.held / one / "report.md").exists()
    assert [d.decision for d in read_log(home).decisions] == ["admit", "withdraw"]
    with pytest.raises(DecisionRefused, match="no decision lets"):
        take_back(home, load_contracts(), one, because="สทบ. แจ้งภายหลังว่าไฟล์ผิดจริง", by="สมหญิง")


@pytest.mark.parametrize(
    "because", ["", "ok", "          ", "xxxxxxxxxxxxxxxxxxxxx", "1234567890123", "........"]
)
def test_an_empty_or_short_reason_is_refused(home: Home, because: str) -> None:
    with pytest.raises(DecisionRefused, match="too short"):
        allow(home, because)
    assert not decisions_file(home).exists()


def test_an_unknown_or_admitted_delivery_cannot_be_let_through(home: Home) -> None:
    admitted = arrivals(home)[0].delivery_id
    with pytest.raises(DecisionRefused, match="not held"):
        let_through(home, load_contracts(), admitted, because=WHY, by="x")
    with pytest.raises(DecisionRefused, match="is known"):
        let_through(home, load_contracts(), "../../etc/passwd", because=WHY, by="x")


@pytest.mark.parametrize(
    ("header", "rows", "check"),
    [
        ([*HEADER, "บันทึกของเจ้าหน้าที่ภาค"], [[*fund(1), "x"]], "adm.undeclared_column"),
        (HEADER[1:], [fund(n)[1:] for n in range(1, 9)], "adm.required_column"),
        (HEADER, [], "adm.readable"),
        (HEADER, [fund(n, code="") for n in range(1, 9)], "adm.has_rows"),
    ],
)
def test_what_cannot_be_admitted_at_all_is_not_let_through(
    tmp_path: Path, header: list[str], rows: list[list[object]], check: str
) -> None:
    home = Home(tmp_path / "home")
    drop(home, "a-synthetic.csv", rows, header)
    take(home)
    (one,) = waiting(home, load_contracts())
    assert check in [fatal.split(":")[0] for fatal in one.fatal]
    assert "Nobody can let this file through" in (home.held / one.delivery_id / "report.md").read_text(
        "utf-8"
    )
    with pytest.raises(DecisionRefused, match="to mend"):
        allow(home)
    # Not even a decision written into the log by our own code.
    record_decision(
        home,
        "admit",
        delivery_id=one.delivery_id,
        sha256=one.sha256,
        feed_code=FEED,
        file_name=one.file_name,
        overrides=[(reason.check_id, 10**9) for reason in one.reasons],
        reason=WHY,
        decided_by="x",
    )
    assert status(home) == ["held"]


def test_other_blocking_reasons_hold_it_again(home: Home) -> None:
    allow(home)
    contract = load_contracts()[FEED]
    assert [one.status for one in take(home, contract)] == ["admitted", "admitted"]
    columns = tuple(
        column.model_copy(update={"max": 1.0, "severity": "block"})
        if column.field == "savings_thb"
        else column
        for column in contract.columns
    )
    stricter = contract.model_copy(update={"columns": columns, "version": 99})
    stricter.__dict__.pop("fingerprint", None)
    stricter.__dict__.pop("by_field", None)
    assert take(home, stricter)[1].status == "held"


def test_a_newer_good_delivery_takes_the_place_of_the_held_one(home: Home) -> None:
    one = held_id(home)
    drop(home, "funds-2567-mended-synthetic.csv", good_rows(year=2567))
    assert status(home) == ["admitted", "held", "admitted"]
    assert not (home.held / one).exists()
    with pytest.raises(DecisionRefused, match="replaced by a later"):
        let_through(home, load_contracts(), one, because=WHY, by="x")


def test_personal_numbers_in_a_reason_are_masked_for_ever(home: Home) -> None:
    allow(home, "นายสมชาย 1-2345-67890-12-1 โทร 081-234-5678 ยืนยันว่าถูกต้องแล้ว")
    text = decisions_file(home).read_text(encoding="utf-8")
    assert "67890" not in text
    assert "234-5678" not in text
    assert "ยืนยันว่าถูกต้องแล้ว" in text


# Ways round, each tried.


def test_editing_the_recorded_verdict_admits_nothing(home: Home) -> None:
    record = admission_folder(home, held_id(home)) / "admission.json"
    content = json.loads(record.read_text(encoding="utf-8"))
    for change in (
        {"status": "admitted"},
        {"status": "admitted", "reasons": []},
        {"reasons": [], "let_through": {"because": WHY, "by": "x", "decided_at": "2026-01-01T00:00:00Z"}},
        {"status": "admitted", "reasons": [], "seal": ""},
    ):
        record.write_text(json.dumps(content | change), encoding="utf-8")
        found = load_admission(home, str(content["delivery_id"]))
        assert found is None or found.status == "held"
        assert status(home) == ["admitted", "held"]


def test_touching_the_held_folder_admits_nothing(home: Home, tmp_path: Path) -> None:
    one = held_id(home)
    (home.held / one / "report.md").write_text("admitted")
    (home.held / one / "ADMIT").touch()
    assert status(home) == ["admitted", "held"]
    for path in sorted(home.held.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert status(home) == ["admitted", "held"]
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").touch()
    (home.held / "nvf-village_funds-000000000000").symlink_to(outside)
    write_held(home, load_contracts())
    assert (outside / "keep").exists()


def test_a_line_typed_into_the_log_counts_for_nothing_and_is_told(home: Home) -> None:
    one = waiting(home, load_contracts())[0]
    path = decisions_file(home)
    drop(home, "other-synthetic.csv", doubled_rows(80, 2565))
    take(home)
    other = waiting(home, load_contracts())[1]
    let_through(home, load_contracts(), other.delivery_id, because=WHY, by="สมชาย")
    line = path.read_text(encoding="utf-8").splitlines()[-1].replace(other.delivery_id, one.delivery_id)
    with path.open("a", encoding="utf-8") as log:
        log.write(line.replace(other.sha256, one.sha256) + "\n")
    log_read = read_log(home)
    assert log_read.broken_at == 3
    assert list(log_read.in_force()) == [other.delivery_id]
    assert status(home) == ["admitted", "held", "admitted"]
    with pytest.raises(DecisionRefused, match="backup"):
        allow(home)


def test_a_changed_or_removed_line_breaks_the_log_there(home: Home) -> None:
    allow(home)
    path = decisions_file(home)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("สมชาย", "สมหญิง"), encoding="utf-8")
    assert status(home) == ["admitted", "held"]
    path.write_text("", encoding="utf-8")
    assert status(home) == ["admitted", "held"]
    path.write_text(whole, encoding="utf-8")
    assert status(home) == ["admitted", "admitted"]


def test_a_log_cut_in_the_middle_of_a_line_goes_on_after_the_last_whole_one(home: Home) -> None:
    one = allow(home)
    path = decisions_file(home)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])
    take_back(home, load_contracts(), one, because="สทบ. แจ้งภายหลังว่าไฟล์ผิดจริง", by="x")
    assert [d.decision for d in read_log(home).decisions] == ["admit", "withdraw"]
    path.write_bytes(whole.rstrip(b"\n"))
    take_back(home, load_contracts(), one, because="สทบ. แจ้งภายหลังว่าไฟล์ผิดจริง", by="x")
    assert [d.decision for d in read_log(home).decisions] == ["admit", "withdraw"]


def test_no_setting_points_the_log_elsewhere(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(home)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    decisions_file(home).rename(elsewhere / "admissions.csv")
    for name in ("TAMBON_STEWARDSHIP", "TAMBON_ADMIT", "TAMBON_DECISIONS"):
        monkeypatch.setenv(name, str(elsewhere))
    assert status(home) == ["admitted", "held"]
    root = Path(__file__).parents[2]
    sources = (
        root / name
        for name in ("expectations/admission.py", "expectations/decisions.py", "expectations/held.py")
    )
    assert not [
        path.name for path in sources if re.search(r"environ|getenv", path.read_text(encoding="utf-8"))
    ]


def test_only_the_two_decisions_write_to_the_log() -> None:
    root = Path(__file__).parents[2]
    callers = {
        path.relative_to(root).as_posix()
        for folder in ("ingest", "expectations", "release", "orchestration", "cli")
        for path in (root / folder).rglob("*.py")
        if re.search(r"\brecord_decision\b", path.read_text(encoding="utf-8"))
    }
    assert callers == {"expectations/decisions.py", "expectations/held.py"}


def test_the_audit_tells_a_log_that_was_changed_by_hand(home: Home) -> None:
    from expectations.audit_faults import create_fault_tables
    from expectations.catalogue import checks_by_id
    from expectations.scratch import scratch

    def failing() -> int:
        with scratch() as database:
            database.connection.execute("CREATE TABLE dq_feed (feed_code VARCHAR, agency_code VARCHAR)")
            create_fault_tables(database, home)
            check = checks_by_id()["steward.admission_log"]
            return int(database.rows(f"SELECT count(*) FROM {check.table} WHERE {check.fails}")[0][0])

    assert failing() == 0
    allow(home)
    assert failing() == 0
    path = decisions_file(home)
    path.write_text(path.read_text(encoding="utf-8").replace("สมชาย", "สมหญิง"), encoding="utf-8")
    assert failing() == 1

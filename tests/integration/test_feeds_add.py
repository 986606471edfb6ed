"""`tambon feeds add`: from an unknown file to a contract that works, without code."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

import pytest
import yaml

from ingest.contract.load import load_agencies, load_contracts
from ingest.home import Home
from tests.integration.conftest import Tambon
from tests.integration.homes import ROOT, flat
from tests.unit.propose_files import UNSEEN, as_csv, person, phone, places

BY_NAME = {make.__name__: make for make in UNSEEN}


def unseen(name: str, folder: Path) -> Path:
    file = BY_NAME[name]()
    file.write(folder / file.name)
    return folder / file.name


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_an_unseen_file_is_admitted_under_its_proposal(tambon: Tambon, tmp_path: Path, name: str) -> None:
    file, out = unseen(name, tmp_path), tmp_path / "agencies"
    result = tambon(
        Home(tmp_path / "home"), "feeds", "add", file, "--feed", f"newoffice/{name}", "--out", out, "--yes",
        "--agency-name-th", "สำนักงานใหม่", "--agency-name-en", "New office", "--agency-short", "NEW",
    )  # fmt: skip
    text = flat(result.output)
    assert result.exit_code == 0, result.output
    assert "Wouldbeadmitted" in text and "rejected0" in text and "unreadablecells0" in text
    assert "byexactname0" in text or "placesnotfoundbycodeorexactname0" in text
    contract = load_contracts(out)[f"newoffice/{name}"]
    assert contract.agency_code == "newoffice" and load_agencies(out)["newoffice"].name_en == "New office"
    assert (
        (out / "newoffice" / f"{name}.yml")
        .read_text(encoding="utf-8")
        .startswith("# yaml-language-server: $schema=")
    )


def test_then_the_feed_is_one_of_the_feeds(
    tambon: Tambon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written into the first folder of TAMBON_AGENCIES, it is checked like any other."""
    file, out = unseen("english", tmp_path), tmp_path / "ours"
    out.mkdir()
    monkeypatch.setenv("TAMBON_AGENCIES", str(out))
    home = Home(tmp_path / "home")
    assert tambon(home, "feeds", "add", file, "--feed", "newoffice/groups", "--yes").exit_code == 0
    # A process of its own, as a person would start it: contracts are read once a process.
    for command in (("feeds", "check"), ("check", str(file), "--feed", "newoffice/groups")):
        run = subprocess.run(
            [sys.executable, "-m", "cli.main", *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_a_known_agency_gets_no_second_agency_file(tambon: Tambon, tmp_path: Path) -> None:
    file, out = unseen("abbreviations", tmp_path), tmp_path / "agencies"
    tambon(Home(tmp_path / "home"), "feeds", "add", file, "--feed", "cdd/other_groups", "--out", out, "--yes")
    assert (out / "cdd" / "other_groups.yml").exists() and not (out / "cdd" / "agency.yml").exists()


def test_dry_run_writes_nothing_and_shows_the_contract(tambon: Tambon, tmp_path: Path) -> None:
    file, out = unseen("merged", tmp_path), tmp_path / "agencies"
    result = tambon(
        Home(tmp_path / "home"), "feeds", "add", file, "--feed", "newoffice/x", "--out", out, "--dry-run"
    )
    assert result.exit_code == 0 and "record_kind: fund_report" in result.output
    assert not out.exists()


def test_nothing_is_written_unasked_or_over_a_file(tambon: Tambon, tmp_path: Path) -> None:
    file, out, home = unseen("areas", tmp_path), tmp_path / "agencies", Home(tmp_path / "home")
    add = ("feeds", "add", file, "--feed", "newoffice/areas", "--out", out)
    result = tambon(home, *add)
    assert result.exit_code == 2 and "--yes" in result.output and not out.exists()
    assert tambon(home, *add, "--yes").exit_code == 0
    target = out / "newoffice" / "areas.yml"
    target.write_text("# mended by hand\n", encoding="utf-8")
    result = tambon(home, *add, "--yes")
    assert result.exit_code == 2 and "--force" in result.output
    assert target.read_text(encoding="utf-8") == "# mended by hand\n"
    assert tambon(home, *add, "--yes", "--force").exit_code == 0 and "areas" in target.read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--feed", "../../etc/passwd"), "agency/name"),
        (("--feed", "A/B"), "agency/name"),
        (("--kind", "funds"), "fund_report"),
        (("--programme", "lottery"), "savings_group"),
    ],
)
def test_wrong_options_are_told(tambon: Tambon, tmp_path: Path, options: tuple[str, str], said: str) -> None:
    file = unseen("areas", tmp_path)
    result = tambon(
        Home(tmp_path / "home"), "feeds", "add", file, "--out", tmp_path / "out", "--yes", *options
    )
    assert result.exit_code == 2 and said in result.output and not (tmp_path / "out").exists()


def test_a_file_without_a_place_writes_nothing(tambon: Tambon, tmp_path: Path) -> None:
    file = tmp_path / "nowhere.csv"
    as_csv([["รหัสกลุ่ม", "ชื่อกลุ่ม", "สมาชิก"], *([f"{n:03d}", f"กลุ่มที่ {n}", str(n)] for n in range(30))])(file)
    add = ("feeds", "add", file, "--feed", "a/b", "--kind", "fund_report", "--out", tmp_path / "out", "--yes")
    result = tambon(Home(tmp_path / "home"), *add)
    assert (
        result.exit_code == 1 and "no column says where" in result.output and not (tmp_path / "out").exists()
    )


def test_an_unreadable_file_is_told(tambon: Tambon, tmp_path: Path) -> None:
    file = tmp_path / "broken.xlsx"
    file.write_bytes(b"PK\x03\x04 no workbook")
    result = tambon(Home(tmp_path / "home"), "feeds", "add", file, "--out", tmp_path / "out", "--yes")
    assert (
        result.exit_code == 2
        and "Traceback" not in result.output
        and str(tmp_path) not in flat(result.output).split("Error:")[1]
    )


def test_persons_stay_in_the_file(tambon: Tambon, tmp_path: Path) -> None:
    """No name, number or address of a person reaches the terminal or the contract; nor do rejected rows keep one."""
    rng = random.Random(4)
    people, numbers = [person(rng) for _ in range(50)], [phone(rng) for _ in range(50)]
    rows = [["รหัสกลุ่ม", "ชื่อกลุ่ม", "ตำบล", "อำเภอ", "จังหวัด", "ปี", "สมาชิก", "ผู้รับผิดชอบ", "ช่องทางอื่น"]]
    rows += [
        [
            f"{n:04d}",
            f"กลุ่ม{at['t']}",
            at["t"],
            at["a"],
            at["p"],
            "2567",
            "ไม่แน่ใจ" if n == 7 else "50",
            people[n],
            numbers[n],
        ]
        for n, at in enumerate(places(50))
    ]
    file, out = tmp_path / "list.csv", tmp_path / "agencies"
    as_csv(rows)(file)
    add = ("feeds", "add", file, "--feed", "a/b", "--programme", "satja_group", "--out", out, "--yes")
    result = tambon(Home(tmp_path / "home"), *add)
    everything = flat(result.output) + (out / "a" / "b.yml").read_text(encoding="utf-8")
    assert not any(flat(one) in everything for one in (*people, *numbers))
    contract = yaml.safe_load((out / "a" / "b.yml").read_text(encoding="utf-8"))
    assert [c["headers"] for c in contract["columns"] if c.get("personal")] == [["ผู้รับผิดชอบ"], ["ช่องทางอื่น"]]


@pytest.mark.slow
def test_eighty_thousand_rows_take_seconds(tmp_path: Path) -> None:
    from ingest.propose import propose

    some, rng = places(300, "30"), random.Random(5)
    rows = [
        [
            "รหัสกองทุน",
            "ชื่อกองทุน",
            "หมู่ที่",
            "ตำบล",
            "อำเภอ",
            "จังหวัด",
            "ปีงบประมาณ",
            "จำนวนสมาชิก",
            "เงินออม",
            "เงินกู้คงค้าง",
        ]
    ]
    rows += [
        [f"{n:08d}", f"กองทุนหมู่บ้าน{at['t']} {n % 13}", str(n % 13 + 1), at["t"], at["a"], at["p"],
         "2566", str(n % 90 + 20), f"{rng.randint(9_000, 900_000):,}", str(n % 7 * 9_000)]
        for n, at in zip(range(80_000), cycle(some), strict=False)
    ]  # fmt: skip
    as_csv(rows)(tmp_path / "list.csv")
    begun = time.process_time()
    proposal = propose(tmp_path / "list.csv", load_contracts(), load_agencies())
    assert time.process_time() - begun < 30
    assert proposal.key.fields == ("fund_code", "fiscal_year") and proposal.table.cells.height == 80_000

"""Forum packs: figures as the mart gives them, questions only where there is something to ask, and a PDF that is only text."""

import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dashboard.model import Bilingual
from dashboard.packs.content import region_packs
from dashboard.packs.pdf import pack_pdf
from dashboard.packs.questions import questions_for

HOSTILE = '#panic("x") *bold* $1+1$ <script>alert(1)</script> \u202egnp'
ROW: dict[str, Any] = {
    "region_code": "north", "region_name_th": "เหนือ", "region_name_en": "North", "event_code": "F",
    "forum_name": "เวทีภาค", "starts_on": date(2007, 2, 28), "ends_on": date(2007, 3, 1), "venue": HOSTILE,
    "participant_count": 1, "delegates": None, "tambons": 200, "tambons_with_funds": 50, "funds": 120,
    "funds_linked": 7, "funds_reporting": 90, "memberships": 4000.0, "people_lower": 1500.0, "people_upper": 4000.0,
    "savings_total_thb": 12_345_678.0, "loans_outstanding_total_thb": None, "overdue_ratio": 0.031,
    "welfare_coverage": 0.5, "tambons_neither": 150, "tambons_finance_without_welfare": 3,
    "tambons_welfare_without_finance": 0, "tambons_both_not_linked": 1, "tambons_linked": 46, "tambons_pilot": 2,
    "tambons_candidate": 4, "funds_not_reporting": 20, "funds_not_listed": 10, "funds_without_tambon": 6,
    "places_unresolved": 8, **{f"tambons_level_{level}": 40 for level in range(5)},
}  # fmt: skip


def item(section: str, rank: int, code: str, title: str, number: float | None) -> dict[str, Any]:
    return {
        "region_code": "north", "section": section, "item_rank": rank, "item_code": code, "title_th": title,
        "title_en": None, "text_th": "เหตุผล", "text_en": "why", "number": number, "unit": None,
    }  # fmt: skip


class Made:
    """Rows by the table that a query names first."""

    def rows(self, sql: str, params: object = None) -> list[dict[str, Any]]:
        if "from mart_forum_pack_item" in sql:
            return [
                item("tambon_gap", 1, "540309", HOSTILE, 5000.0),
                item("province_savings", 1, "54", "แพร่", 193.97),
                item("province_silent_funds", 1, "54", "แพร่", 6.0),
            ]
        if "from mart_forum_pack" in sql:
            return [ROW]
        if "from mart_agency_conflict" in sql:
            return [{"region_code": "north", "funds": 9}]
        return []


def pdf_text(content: bytes, folder: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    (folder / "pack.pdf").write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", folder / "pack.pdf", "-"], capture_output=True, check=True)
    return done.stdout.decode()


def pdf(lang: str = "th") -> bytes:
    (pack,) = region_packs(Made())
    return pack_pdf(
        pack,
        lang,
        released_on=date(2026, 11, 28),
        release_id="R1",
        notice=Bilingual("ข้อมูลสังเคราะห์", "Synthetic data"),
    )


def test_questions_rest_on_the_regions_own_figures() -> None:
    asked = [question.en for question in questions_for({**ROW, "conflicts": 9})]
    assert any(question.startswith("3 tambons have finance funds") for question in asked)
    assert any(question.startswith("30 funds did not report") for question in asked)  # 20 and 10
    assert any(question.startswith("9 funds have figures") for question in asked)
    assert not any("welfare fund but no finance" in question for question in asked)  # 0: nothing to ask
    assert not any("Overdue" in question for question in asked)  # 3.1 % is under the 5 % of the rule
    assert any("7.5%" in question.en for question in questions_for({**ROW, "overdue_ratio": 0.075}))
    assert questions_for(dict.fromkeys(ROW)) == []


def test_a_pack_shows_the_figures_of_the_mart() -> None:
    (pack,) = region_packs(Made())
    facts = dict(pack["blocks"][0]["facts"])
    told = {name.en: value.en for name, value in facts.items()}
    assert told["Tambons with a fund"] == "50 of 200 (25.0%)"
    assert told["Funds reporting in the latest year"] == "90 of 120 (75.0%)"
    assert told["People, between"] == "1,500 to 4,000 people"
    assert told["Loans outstanding (THB)"] == "no data"
    by_title = {block["title"].en: block for block in pack["blocks"]}
    province = by_title["Provinces (most savings per person first)"]["rows"]
    assert [one["text"].en for one in province[0]] == ["แพร่", "194", "–", "6", "0"]
    assert province[0][0]["href"] == "province/54.html"
    assert by_title["Pilot tambons"]["rows"] == [] and by_title["Pilot tambons"]["empty"].th == "ไม่มีในภาคนี้"
    assert any("assumption" in point.en for point in by_title["Read the figures with care"]["points"])
    assert "28 Feb 2007" in pack["forum"].en.replace("\u00a0", " ")


def test_the_pdf_is_the_same_for_the_same_release() -> None:
    assert pdf() == pdf()
    assert pdf().startswith(b"%PDF")


def test_the_pdf_names_region_and_date_and_marks_synthetic_data(tmp_path: Path) -> None:
    text = pdf_text(pdf(), tmp_path)
    assert "เหนือ" in text and "2569" in text and "R1" in text
    english = pdf_text(pdf("en"), tmp_path).replace("\u00a0", " ")
    assert "Regional forum pack: North" in english and "Synthetic data" in english
    assert "12.35 m" in english or "12.3 m" in english


def test_markup_in_a_name_is_printed_and_not_run(tmp_path: Path) -> None:
    text = pdf_text(pdf("en"), tmp_path)
    assert '#panic("x") *bold* $1+1$ <script>alert(1)</script>' in " ".join(text.split())
    assert "\u202e" not in text


def test_an_empty_release_has_no_packs() -> None:
    class Nothing:
        def rows(self, sql: str, params: object = None) -> list[dict[str, Any]]:
            return []

    assert region_packs(Nothing()) == []

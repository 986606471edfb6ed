"""A small release folder whose data is hostile: markup, direction marks, formulas, endless names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from expectations.tables import frame
from release.models import BuildMeta, FileEntry, InputFile, Manifest, TableEntry
from release.models import ColumnEntry as Column
from release.verify import file_entries
from tests.unit.dashboard_world_places import place_tables

MARKUP = "<script>alert('ก')</script>&<img src=x onerror=alert(1)>"
TURNED = "กองทุน\u202eABC\u2066\u200f\x07\ufeff"
LONG = "กองทุนหมู่บ้าน" * 400
FORMULA = '=HYPERLINK("http://127.0.0.1","x")'
BOUNDS = "adm.bounds:nvf/village_funds:savings_thb"
NOW = datetime(2026, 11, 28, 12, 14, tzinfo=UTC)


def finding(number: int, **values: Any) -> dict[str, Any]:
    return {
        "finding_id": f"f{number}", "check_id": BOUNDS, "severity": "warn", "agency_code": "nvf",
        "feed_code": "nvf/village_funds", "delivery_id": "nvf-village_funds-abc", "file_name": "a.csv", "row_number": number,
        "column_name": "เงินออม", "value": "1", "message_th": "ค่าเกิน", "message_en": "Too large", "province_code": "90",
        "life": "new", **values,
    }  # fmt: skip


FINDINGS = [
    finding(1),
    finding(2, value=MARKUP, column_name=MARKUP, file_name=MARKUP, message_th=MARKUP, message_en=MARKUP),
    finding(3, value=TURNED, record_key=TURNED, sheet=TURNED, severity="block"),
    finding(4, value=FORMULA, file_name=FORMULA, suggested_value="100", confidence=0.9),
    finding(5, value=LONG, message_th=LONG, message_en=LONG, life="persisting"),
    finding(6, agency_code=None, feed_code=None, check_id="fact.place_resolved", province_code=None),
]


def quality_tables(releases: int) -> dict[str, pl.DataFrame]:
    check = {
        "stage": "admission", "title_th": MARKUP, "title_en": "Within bounds", "meaning_th": "ก", "meaning_en": "a",
        "why_th": "ก", "why_en": "a", "mend_th": MARKUP, "mend_en": MARKUP, "dimension": "accuracy", "severity": "warn",
        "scope": "record",
    }  # fmt: skip
    scored = {
        "agency_code": "nvf",
        "dimension": "all",
        "checks": 2,
        "checks_applied": 2,
        "numerator": 5,
        "denominator": 400,
    }
    delivery = {
        "delivery_id": "nvf-village_funds-abc", "agency_code": "nvf", "feed_code": "nvf/village_funds",
        "record_kind": "fund_report", "file_name": MARKUP, "sha256": "a" * 64,
        "bytes": 10, "sequence": 1, "arrived_at": NOW, "status": "admitted",
        "rows_in": 400, "rows_conformed": 399, "rows_rejected": 1, "rows_not_data": 0, "cells_unreadable": 0,
    }  # fmt: skip
    rows: dict[str, list[dict[str, Any]]] = {
        "dq_check": [
            {**check, "check_id": BOUNDS, "feed_code": "nvf/village_funds"},
            {**check, "check_id": BOUNDS.replace("savings_thb", "members_persons"), "feed_code": "nvf/village_funds",
             "title_th": "ข"},
            {**check, "check_id": "fact.place_resolved", "stage": "audit", "severity": "block"},
        ],
        "dq_result": [
            {"check_id": BOUNDS, "stage": "admission", "agency_code": "nvf",
             "delivery_id": "nvf-village_funds-bad", "numerator": 5, "denominator": 400, "passed": False, "severity": "block"},
        ],
        "dq_finding": FINDINGS,
        "dq_finding_life": [
            {"finding_id": "old", "check_id": "fact.place_resolved", "life": "mended", "closed_release_id": "r2",
             "agency_code": "nvf"}
        ],
        "dq_score": [
            {**scored, "score": 98.75, "rank": 1, "ranked_of": 1, "formula_th": "ก", "formula_en": "a"},
            {**scored, "dimension": "accuracy", "score": 98.75},
            {**scored, "province_code": "90", "score": 90.0},
        ],
        "dq_score_check": [
            {"agency_code": "nvf", "feed_code": "nvf/village_funds", "check_id": BOUNDS,
             "dimension": "accuracy", "severity": "warn", "numerator": 5, "denominator": 400}
        ],
        "dq_trend": [
            {"release_id": f"r{n}", "released_at": NOW.replace(day=n), "agency_code": "nvf", "check_id": "fact.place_resolved",
             "findings_open": 10 - n, "findings_new": 1, "findings_mended": 2}
            for n in range(1, releases + 1)
        ],
        "dq_release": [
            {"release_id": f"r{n}", "released_at": NOW.replace(day=n), "outcome": "good", "findings_open": 10 - n,
             "findings_new": 1, "findings_mended": 2, "deliveries_admitted": 1}
            for n in range(1, releases + 1)
        ],
        "dq_delivery": [
            delivery,
            {**delivery, "delivery_id": "nvf-village_funds-bad", "status": "held",
             "status_reason": f"ไม่ผ่าน: {MARKUP} · Failed: {MARKUP}"},
        ],
        "dq_feed": [
            {"feed_code": "nvf/village_funds", "agency_code": "nvf", "deliveries": 2, "admitted": 1, "held": 1, "is_stale": True,
             "age_days": 3, "last_admitted_delivery_id": "nvf-village_funds-abc", "last_admitted_at": NOW,
             "due_on": NOW.date(), "stale_reason_th": MARKUP, "stale_reason_en": MARKUP}
        ],
        "dq_refusal": [
            {"inbox_path": MARKUP, "agency_code": "nvf", "feed_code": "nvf/village_funds", "code": "broken", "message_th": MARKUP,
             "message_en": MARKUP, "mend_th": "ก", "mend_en": "a", "bytes": 1, "refused_at": NOW}
        ],
        "dq_fetch": [],
        "dq_mend_time": [],
    }  # fmt: skip
    return {name: frame(name, content) for name, content in rows.items()}


def fact_tables() -> dict[str, pl.DataFrame]:
    return {
        "dim_agency": pl.DataFrame(
            {"agency_code": ["nvf"], "name_th": [MARKUP], "name_en": [MARKUP], "short_th": ["สทบ."], "short_en": ["NVF"]}
        ),
        "dim_tambon": pl.DataFrame(
            {
                "tambon_code": ["900101", "900102"], "name_th": ["บ่อยาง", MARKUP], "name_en": ["Bo Yang", MARKUP],
                "amphoe_code": "9001", "amphoe_name_th": "เมืองสงขลา", "amphoe_name_en": "Mueang Songkhla",
                "province_code": "90", "province_name_th": "สงขลา", "province_name_en": "Songkhla",
                "region_code": "south", "region_name_th": "ใต้", "region_name_en": "South", "is_current": True,
                "valid_to": None, "tambon_unit_id": ["U900101", "U900102"],
            }
        ),
        "dim_fund": pl.DataFrame(
            {"fund_id": ["F1"], "fund_name": [f"</script>{MARKUP}"], "programme_code": ["village_fund"],
             "tambon_code": ["900101"]}
        ),
        "dim_programme": pl.DataFrame(
            {"programme_code": ["village_fund"], "label_th": ["กองทุนหมู่บ้าน"], "label_en": ["Village fund"], "preference": [1]}
        ),
        "fct_fund_agency_year": pl.DataFrame(
            {"fund_id": ["F1"] * 4, "province_code": ["90"] * 4, "amphoe_code": ["9001"] * 4, "agency_code": ["nvf"] * 4,
             "delivery_id": ["nvf-village_funds-abc"] * 4, "sheet": [""] * 4, "row_number": [1, 2, 3, 4]}
        ),
        **place_tables(MARKUP, TURNED, LONG),
    }  # fmt: skip


def make_release(
    folder: Path,
    release_id: str = "r2",
    *,
    kind: str = "release",
    findings: list[dict[str, Any]] | None = None,
    releases: int = 1,
) -> Manifest:
    """Write the tables of a release into `folder` (charts are drawn from two `releases` on).

    Returns its manifest, as it is before the pages are written.
    """
    tables = quality_tables(releases)
    if findings is not None:
        tables["dq_finding"] = frame("dq_finding", findings)
    named = {"quality": tables, "marts": fact_tables() if kind == "release" else {}}
    entries = []
    for part, content in named.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, table in content.items():
            table.write_parquet(folder / part / f"{name}.parquet")
            columns = [Column(name=column, type=str(kind)) for column, kind in table.schema.items()]
            entries.append(
                TableEntry(
                    name=name,
                    folder=part,
                    path=f"{part}/{name}.parquet",
                    rows=table.height,
                    keys=[],
                    columns=columns,
                )  # type: ignore[arg-type]
            )
    files: list[FileEntry] = file_entries(folder)
    return Manifest(
        release_id=release_id,
        kind=kind,  # type: ignore[arg-type]
        status="good" if kind == "release" else "audit_failed",
        created_at=NOW,
        is_synthetic=True,
        inputs=[InputFile(delivery_id="nvf-village_funds-abc", feed_code="nvf/village_funds", file_name=MARKUP,
                          sha256="a" * 64, rows=399)],
        contracts=[],
        checks=BuildMeta(created_at=NOW, is_synthetic=True).checks,
        tables=entries,
        files=files,
        duckdb_version="2",
    )  # fmt: skip

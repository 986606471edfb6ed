"""Every delivery, feed and refusal known, as the quality tables show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from expectations.admission import Admission
from expectations.faults import FeedFault
from ingest.contract import Contract
from ingest.landing import Arrival, Refusal

# Days after which the next delivery of a cadence is expected; an irregular feed is never late.
CADENCE_DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}


def delivery_rows(
    arrivals: Sequence[Arrival], admissions: Mapping[str, Admission]
) -> list[dict[str, object]]:
    """dq_delivery.

    One row a distinct delivery. One that was never judged (its feed has no contract now) counts as held.
    """
    rows = []
    for arrival in arrivals:
        judged = admissions.get(arrival.delivery_id)
        row: dict[str, object] = {
            name: getattr(arrival, name)
            for name in (
                "delivery_id",
                "agency_code",
                "feed_code",
                "file_name",
                "sha256",
                "bytes",
                "sequence",
                "arrived_at",
                "is_synthetic",
            )
        }
        row["status"] = judged.status if judged else "held"
        row["status_reason"] = judged.status_reason if judged else "ยังไม่ได้ตรวจ · not judged yet"
        if judged:
            row |= judged.model_dump(
                include={
                    "record_kind",
                    "rows_in",
                    "rows_conformed",
                    "rows_rejected",
                    "rows_not_data",
                    "cells_unreadable",
                    "contract_version",
                    "contract_fingerprint",
                }
            )
            if judged.let_through:
                row["admitted_because"] = judged.let_through.because
                row["admitted_by"] = judged.let_through.by
                row["decided_at"] = judged.let_through.decided_at
            row["first_fiscal_year"], row["last_fiscal_year"] = judged.first_year, judged.last_year
        rows.append(row)
    return rows


def _period_end(contract: Contract, year: int) -> date:
    """Last day of a fiscal year (30 September) or calendar year."""
    return date(year, 9, 30) if contract.period.field == "fiscal_year" else date(year, 12, 31)


def _due_on(contract: Contract, last_year: int | None, last_arrival: date) -> date | None:
    """When the delivery after the last admitted one is late.

    The end of the next period, or of the cadence, plus the lag.
    """
    days = CADENCE_DAYS.get(contract.cadence)
    if days is None:
        return None
    lag = timedelta(days=contract.allowed_lag_days)
    if contract.cadence == "yearly" and last_year is not None and 1900 < last_year < 3000:
        return _period_end(contract, last_year + 1) + lag
    return last_arrival + timedelta(days=days) + lag


def feed_rows(
    contracts: Mapping[str, Contract],
    arrivals: Sequence[Arrival],
    admissions: Mapping[str, Admission],
    now: datetime,
    faults: Mapping[str, Sequence[FeedFault]] | None = None,
) -> list[dict[str, object]]:
    """dq_feed.

    One row a declared feed, and one a feed whose contract is broken. Stale: nothing admitted, the newest delivery held, the
    next one overdue, or the feed could not be worked on (`faults`). `age_days` counts from the last admitted arrival.
    """
    rows: list[dict[str, object]] = []
    told = faults or {}
    for feed, contract in contracts.items():
        own = [arrival for arrival in arrivals if arrival.feed_code == feed]
        status = {a.delivery_id: admissions[a.delivery_id].status for a in own if a.delivery_id in admissions}
        admitted = [arrival for arrival in own if status.get(arrival.delivery_id) == "admitted"]
        # Mended rows come between: a feed is as fresh as its last delivery of a whole period.
        whole = [arrival for arrival in own if not arrival.is_mending]
        whole_admitted = [arrival for arrival in admitted if not arrival.is_mending]
        last = whole_admitted[-1] if whole_admitted else None
        years = [year for a in admitted if (year := admissions[a.delivery_id].last_year) is not None]
        due = (
            _due_on(contract, max(years, default=None), last.arrived_at.astimezone(UTC).date())
            if last
            else None
        )
        reasons: list[tuple[str, str]] = []
        if not own:
            reasons.append(("ยังไม่เคยได้รับไฟล์", "nothing was ever delivered"))
        elif last is None:
            reasons.append(("ยังไม่มีไฟล์ที่รับเข้าได้", "no delivery could be admitted"))
        elif whole[-1].delivery_id != last.delivery_id:
            reasons.append(
                ("ไฟล์ล่าสุดถูกพักไว้ ใช้ไฟล์ก่อนหน้า", "the newest delivery is held; an earlier one is in use")
            )
        if due and due < now.date():
            reasons.append(
                (
                    f"เลยกำหนดส่งงวดถัดไป {due.day}/{due.month}/{due.year + 543}",
                    f"the next period was due on {due}",
                )
            )
        reasons.extend((one.message_th, one.message_en) for one in told.get(feed, ()))
        rows.append(
            {
                "feed_code": feed,
                "agency_code": contract.agency_code,
                "deliveries": len(own),
                "admitted": len(admitted),
                "held": len(own) - len(admitted),
                "is_stale": bool(reasons),
                "age_days": (now - last.arrived_at).days if last else None,
                "last_admitted_delivery_id": last.delivery_id if last else None,
                "last_admitted_at": last.arrived_at if last else None,
                "due_on": due,
                "stale_reason_th": "; ".join(th for th, _ in reasons) or None,
                "stale_reason_en": "; ".join(en for _, en in reasons) or None,
            }
        )
    rows.extend(
        {
            "feed_code": feed,
            "agency_code": feed.split("/", maxsplit=1)[0],
            "deliveries": sum(one.feed_code == feed for one in arrivals),
            "admitted": 0,
            "held": sum(one.feed_code == feed for one in arrivals),
            "is_stale": True,
            "stale_reason_th": "; ".join(one.message_th for one in why),
            "stale_reason_en": "; ".join(one.message_en for one in why),
        }
        for feed, why in told.items()
        if feed not in contracts
    )
    return rows


def refusal_rows(refusals: Sequence[Refusal]) -> list[dict[str, object]]:
    """dq_refusal: one row a file that was left in the inbox."""
    return [refusal.model_dump() for refusal in refusals]

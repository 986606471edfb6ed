"""Deliveries that wait: which, since when, why, who can let them through, and what their feed goes on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from expectations.admission import Admission, Reason, load_admission, refresh_record
from expectations.catalogue import checks_by_id
from expectations.decisions import Decision, DecisionRefused, check_reason, read_log, record_decision
from ingest.contract import Contract
from ingest.home import Home
from ingest.landing import Arrival, arrivals

NOT_JUDGED = Reason(
    check_id="adm.not_judged",
    severity="block",
    numerator=1,
    denominator=1,
    message_th="ยังไม่ได้ตรวจ เพราะชุดข้อมูลนี้ไม่มีสัญญาข้อมูลที่ใช้ได้ หรือการตรวจล้มเหลว — วิธีแก้: ดู tambon status และ tambon feeds check",
    message_en="Not judged yet: the feed has no usable contract, or judging it failed — to mend: see `tambon status` and "
    "`tambon feeds check`",
)


class Meanwhile(BaseModel):
    """The delivery that a feed goes on with; its age counts from its arrival."""

    model_config = ConfigDict(frozen=True)

    delivery_id: str
    file_name: str
    age_days: int
    last_year: int | None


class HeldDelivery(BaseModel):
    """One delivery that waits. `fatal` are the reasons that nobody can let pass; `age_days` counts from `since`."""

    model_config = ConfigDict(frozen=True)

    delivery_id: str
    sha256: str
    agency_code: str
    feed_code: str
    title_th: str
    title_en: str
    file_name: str
    arrived_at: datetime
    since: datetime
    age_days: int
    rows_in: int
    rows_conformed: int
    first_year: int | None
    last_year: int | None
    reasons: tuple[Reason, ...]
    fatal: tuple[str, ...]
    owner_name: str
    owner_email: str | None
    meanwhile: Meanwhile | None

    @property
    def can_be_let_through(self) -> bool:
        """Whether a person may decide to admit it as it is."""
        return not self.fatal


def waiting(
    home: Home,
    contracts: Mapping[str, Contract],
    *,
    feed_code: str | None = None,
    now: datetime | None = None,
) -> list[HeldDelivery]:
    """Every delivery that waits, in order of arrival; one that a later admitted delivery of its years replaced does not."""
    moment = now or datetime.now(UTC)
    landed = [one for one in arrivals(home) if feed_code in (None, one.feed_code)]
    judged = {one.delivery_id: load_admission(home, one.delivery_id) for one in landed}
    found = []
    for position, arrival in enumerate(landed):
        admission = judged[arrival.delivery_id]
        if admission and admission.status == "admitted":
            continue
        feed = [one for one in landed if one.feed_code == arrival.feed_code]
        later = [one for one in landed[position + 1 :] if one.feed_code == arrival.feed_code]
        if admission and any(_replaces(judged[one.delivery_id], admission) for one in later):
            continue
        found.append(_held(arrival, admission, contracts.get(arrival.feed_code), feed, judged, moment))
    return found


def _replaces(later: Admission | None, held: Admission) -> bool:
    """Whether a later admitted delivery has all the years of a held one (or nobody can tell which years that had)."""
    if later is None or later.status != "admitted":
        return False
    if held.first_year is None or held.last_year is None:
        return True
    if later.first_year is None or later.last_year is None:
        return False
    return later.first_year <= held.first_year and later.last_year >= held.last_year


def _held(
    arrival: Arrival,
    admission: Admission | None,
    contract: Contract | None,
    feed: Sequence[Arrival],
    judged: Mapping[str, Admission | None],
    now: datetime,
) -> HeldDelivery:
    reasons = admission.reasons if admission else (NOT_JUDGED,)
    since = (admission.held_since if admission else None) or arrival.arrived_at
    return HeldDelivery(
        delivery_id=arrival.delivery_id,
        sha256=arrival.sha256,
        agency_code=arrival.agency_code,
        feed_code=arrival.feed_code,
        title_th=contract.title.th if contract else arrival.feed_code,
        title_en=contract.title.en if contract else arrival.feed_code,
        file_name=arrival.file_name,
        arrived_at=arrival.arrived_at,
        since=since,
        age_days=(now - since).days,
        rows_in=admission.rows_in if admission else 0,
        rows_conformed=admission.rows_conformed if admission else 0,
        first_year=admission.first_year if admission else None,
        last_year=admission.last_year if admission else None,
        reasons=reasons,
        fatal=tuple(one.check_id for one in reasons if not may_pass(one.check_id)),
        owner_name=contract.owner.name_th if contract else "",
        owner_email=contract.owner.email if contract else None,
        meanwhile=_meanwhile(feed, judged, now),
    )


def may_pass(check_id: str) -> bool:
    """Whether a person may let a delivery through in spite of this check; a check that is not declared may not."""
    check = checks_by_id().get(check_id.split(":", maxsplit=1)[0])
    return check is not None and check.let_through


def _meanwhile(
    feed: Sequence[Arrival], judged: Mapping[str, Admission | None], now: datetime
) -> Meanwhile | None:
    for arrival in reversed(feed):
        admission = judged[arrival.delivery_id]
        if admission and admission.status == "admitted":
            return Meanwhile(
                delivery_id=arrival.delivery_id,
                file_name=arrival.file_name,
                age_days=(now - arrival.arrived_at).days,
                last_year=admission.last_year,
            )
    return None


def find_held(held: Sequence[HeldDelivery], delivery_id: str) -> HeldDelivery:
    """The waiting delivery of this id.

    Raises:
        DecisionRefused: none of that id waits.
    """
    for one in held:
        if one.delivery_id == delivery_id:
            return one
    raise DecisionRefused(
        f"ไม่มีไฟล์ที่ถูกพักไว้รหัส {delivery_id!r} ดูรายการด้วย tambon held · "
        f"no delivery {delivery_id!r} is held; `tambon held` lists those that are"
    )


def let_through(
    home: Home, contracts: Mapping[str, Contract], delivery_id: str, *, because: str, by: str
) -> Decision:
    """Decide that a held delivery is admitted as it is; from the next refresh on its feed uses it.

    Raises:
        DecisionRefused: the id is not known or not held, a reason of its cannot be let pass, or `because` says too little.
        filelock.Timeout: another decision is being written.
    """
    one = may_be_let_through(home, contracts, delivery_id, because=because)
    decision = record_decision(
        home,
        "admit",
        delivery_id=one.delivery_id,
        sha256=one.sha256,
        feed_code=one.feed_code,
        file_name=one.file_name,
        overrides=[(reason.check_id, reason.numerator) for reason in one.reasons],
        reason=because,
        decided_by=by,
    )
    refresh_record(home, delivery_id)
    return decision


def may_be_let_through(
    home: Home, contracts: Mapping[str, Contract], delivery_id: str, *, because: str
) -> HeldDelivery:
    """The held delivery, where all that `let_through` asks for is so; nothing is written.

    Raises:
        DecisionRefused: as `let_through`.
    """
    known = next((one for one in arrivals(home) if one.delivery_id == delivery_id), None)
    if known is None:
        raise DecisionRefused(
            f"ไม่รู้จักไฟล์รหัส {delivery_id!r} ดูรายการด้วย tambon held · "
            f"no delivery {delivery_id!r} is known; `tambon held` lists those that wait"
        )
    admission = load_admission(home, delivery_id)
    if admission and admission.status == "admitted":
        raise DecisionRefused(
            f"ไฟล์ {known.file_name} ({delivery_id}) รับเข้าแล้ว ไม่ได้ถูกพักไว้ · {delivery_id} is admitted already, not held"
        )
    held = waiting(home, contracts, feed_code=known.feed_code)
    if admission and all(one.delivery_id != delivery_id for one in held):
        raise DecisionRefused(
            f"ไฟล์ {known.file_name} ถูกแทนด้วยไฟล์ที่ส่งมาภายหลังแล้ว ไม่ต้องรับเข้า · "
            f"{delivery_id} was replaced by a later delivery of the same years that was admitted; there is nothing to let through"
        )
    one = find_held(held, delivery_id)
    if one.fatal:
        raise DecisionRefused(_fatal_text(one))
    check_reason(because)
    return one


def _fatal_text(one: HeldDelivery) -> str:
    """Why nobody may let it through, and how to mend it instead."""
    fatal = [reason for reason in one.reasons if reason.check_id in one.fatal]
    th = "; ".join(reason.message_th for reason in fatal)
    en = "; ".join(reason.message_en for reason in fatal)
    return (
        f"ไฟล์ {one.file_name} รับเข้าไม่ได้แม้มีเหตุผล ต้องแก้ไฟล์หรือสัญญาข้อมูลก่อน: {th}\n"
        f"{one.file_name} cannot be let through, whatever the reason; mend the file or the contract: {en}"
    )


def take_back(
    home: Home, contracts: Mapping[str, Contract], delivery_id: str, *, because: str, by: str
) -> Decision:
    """Take a decision back: the delivery is held again, and its feed goes back to what it had from the next refresh on.

    Raises:
        DecisionRefused: no decision lets this delivery through, or `because` says too little.
        filelock.Timeout: another decision is being written.
    """
    decision = decision_in_force(home, delivery_id)
    taken = record_decision(
        home,
        "withdraw",
        delivery_id=delivery_id,
        sha256=decision.sha256,
        feed_code=decision.feed_code,
        file_name=decision.file_name,
        overrides=(),
        reason=because,
        decided_by=by,
    )
    refresh_record(home, delivery_id)
    return taken


def decision_in_force(home: Home, delivery_id: str) -> Decision:
    """The decision that lets a delivery through.

    Raises:
        DecisionRefused: there is none.
    """
    decision = read_log(home).in_force().get(delivery_id)
    if decision is None:
        raise DecisionRefused(
            f"ไม่มีการตัดสินใจรับไฟล์ {delivery_id!r} ที่จะยกเลิก · no decision lets {delivery_id!r} through, so none can be taken back"
        )
    return decision

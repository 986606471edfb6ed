"""What is done for one feed, apart from all others: a feed that fails is told, and goes on with its last good deliveries."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import polars as pl

from expectations.admission import Admission, admit_feed, load_admission
from expectations.faults import FeedFault, Step, clear_fault, read_faults, record_fault
from expectations.gx_record import documented
from expectations.held_report import write_held
from expectations.last_good import keep_good, last_good
from ingest.conform import conform_arrival
from ingest.contract import Contract
from ingest.home import Home
from ingest.landing import Arrival, arrivals
from ingest.normalise.schema import conformed_schema
from ingest.report import ConformReport
from orchestration import progress
from orchestration.builds import stage

# Polars lets go of Python's lock while it works: two files at a time take 0.6 of the time of one after the other.
CONFORM_THREADS = 2
# A file share that hiccups is worth two more tries; a wrong file is not tried again, it is told.
PAUSES = (1.0, 5.0)
# A reader written in Rust that panics raises what is no Exception.
FAILURES = (Exception, pl.exceptions.PanicException)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Worked:
    """What a step came to for one feed; `fault` where it failed, and then `done` is what was known before."""

    reports: list[ConformReport]
    admissions: list[Admission]
    fault: FeedFault | None = None


def arrivals_of(home: Home, contract: Contract) -> list[Arrival]:
    """A feed's deliveries in order of arrival."""
    return [arrival for arrival in arrivals(home) if arrival.feed_code == contract.feed]


def conform_feed(home: Home, contract: Contract) -> Worked:
    """Conform every delivery of a feed, in order of arrival; those conformed before are only looked up. Never raises."""
    reports, fault = _apart(home, contract, "conform", lambda: _conform(home, contract))
    return Worked(reports or [], [], fault)


def admit(home: Home, contract: Contract) -> Worked:
    """Run the admission suite on what was not judged before; every delivery's admission in order of arrival. Never raises."""

    def judge() -> list[Admission]:
        with stage(home, None, f"admit {contract.feed}"):
            try:
                with documented(home.datadocs, f"admission {contract.feed}"):
                    found = _judge(home, contract)
            except FAILURES:
                if not _forget_unreadable(home, contract):
                    raise
                found = _judge(home, contract)  # conformed anew from the bytes that landed
            write_held(home, {contract.feed: contract}, contract.feed)
        return found

    admissions, fault = _apart(home, contract, "admit", judge)
    if admissions is None:
        known = (load_admission(home, one.delivery_id) for one in arrivals_of(home, contract))
        admissions = [one for one in known if one]
    held = sum(admission.status == "held" for admission in admissions)
    progress.report("admit", f"{contract.feed}: {len(admissions) - held} admitted, {held} held")
    return Worked([], admissions, fault)


def usable_deliveries(home: Home, contract: Contract) -> list[tuple[Arrival, ConformReport]]:
    """The deliveries of a feed that may enter the warehouse, in order of arrival. Never raises for what is in the feed.

    Where the feed could not be worked on, those admitted before, as they were then.
    """
    if not {fault.step for fault in read_faults(home).get(contract.feed, ())} & {"conform", "admit"}:
        found, _ = _apart(home, contract, "admit", lambda: _admitted(home, contract))
        if found is not None:
            return found
    columns = set(conformed_schema(contract.record_kind))
    before = [(one, last_good(home, one.delivery_id, columns)) for one in arrivals_of(home, contract)]
    return [(arrival, report) for arrival, report in before if report]


def _apart(
    home: Home, contract: Contract, step: Step, work: Callable[[], _T]
) -> tuple[_T | None, FeedFault | None]:
    """Do a feed's step; a failure is recorded and told, never raised."""
    try:
        done = _again(contract, step, work)
    except FAILURES as error:
        fault = record_fault(home, contract.feed, step, error)
        progress.report(step, f"{contract.feed}: {fault.message_th} · {fault.message_en}")
        return None, fault
    clear_fault(home, contract.feed, step)
    return done, None


def _again(contract: Contract, step: Step, work: Callable[[], _T]) -> _T:
    """Do the work; a file that could not be read or written is tried again after each of PAUSES."""
    for pause in PAUSES:
        try:
            return work()
        except OSError as error:
            progress.report(step, f"{contract.feed}: {error.strerror or error}; again in {pause:g} s")
            time.sleep(pause)
    return work()


def _conform(home: Home, contract: Contract) -> list[ConformReport]:
    def conform(arrival: Arrival) -> ConformReport:
        report = conform_arrival(home, arrival, contract)
        if not report.from_cache:
            progress.report(
                "conform",
                f"{contract.feed}: {arrival.file_name}: {report.rows_conformed:,} rows, "
                f"{report.rows_rejected:,} rejected, {report.seconds:.1f} s",
            )
        return report

    with stage(home, None, f"conform {contract.feed}"), ThreadPoolExecutor(CONFORM_THREADS) as pool:
        return list(pool.map(conform, arrivals_of(home, contract)))


def _judge(home: Home, contract: Contract) -> list[Admission]:
    reports = [conform_arrival(home, arrival, contract) for arrival in arrivals_of(home, contract)]
    return admit_feed(home, contract, reports)


def _admitted(home: Home, contract: Contract) -> list[tuple[Arrival, ConformReport]]:
    pairs = [(arrival, conform_arrival(home, arrival, contract)) for arrival in arrivals_of(home, contract)]
    admissions = admit_feed(home, contract, [report for _, report in pairs])
    found = [
        pair for pair, admission in zip(pairs, admissions, strict=True) if admission.status == "admitted"
    ]
    for _, report in found:
        keep_good(home, report)
    return found


def _forget_unreadable(home: Home, contract: Contract) -> int:
    """Forget the conformed files that cannot be read back (a bad disk, a killed copy). Returns how many deliveries."""
    count = 0
    for arrival in arrivals_of(home, contract):
        report = conform_arrival(home, arrival, contract)
        for path in (report.conformed_path, report.rejected_path, report.cells_path):
            try:
                pl.read_parquet(path)
            except FAILURES:
                path.unlink(missing_ok=True)
                count += 1
                break
    return count


def conform_metadata(reports: list[ConformReport]) -> dict[str, Any]:
    """Counts of one feed for Dagster's plots."""
    return {
        "dagster/row_count": sum(report.rows_conformed for report in reports),
        "rows_in": sum(report.rows_in for report in reports),
        "rows_rejected": sum(report.rows_rejected for report in reports),
        "rows_not_data": sum(report.rows_not_data for report in reports),
        "cells_unreadable": sum(report.cells_unreadable for report in reports),
        "deliveries": len(reports),
        "deliveries_conformed_now": sum(not report.from_cache for report in reports),
    }


def admission_metadata(admissions: list[Admission]) -> dict[str, Any]:
    """Counts of one feed for Dagster's plots."""
    held = sum(admission.status == "held" for admission in admissions)
    return {"deliveries_admitted": len(admissions) - held, "deliveries_held": held}

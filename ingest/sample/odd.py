"""Deliveries that are not a year's list: redeliveries, copies, files cut off on their way, files that landing cannot take."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ingest.sample.agencies import AGENCIES
from ingest.sample.draft import Draft
from ingest.sample.restate import restate
from ingest.sample.run import MARK, Run, file_name
from ingest.sample.words import SYNTHETIC_TITLE

LATE_FEED = "cdd/women_funds"  # its newest year has not come
HELD_FEEDS = ("nvf/village_funds", "fpo/peoples_finance")  # came with a column that nobody declared
CORRECTED_FEEDS = ("nvf/village_funds", "satja/groups", "cult/credit_unions")
_UNDECLARED = "ผลตรวจสอบภายใน"
_ODD_FILES = {
    "codi/welfare_funds": 1,
    "cdd/savings_groups": 1,
    "nvf/village_funds": 2,
    "doae/community_enterprises": 1,
}


def plan_files(
    feeds: tuple[str, ...], first: int, last: int, tidy: bool, exists: Callable[[str, int], bool]
) -> tuple[list[tuple[int, str]], int]:
    """(year, feed) of every yearly file in the order of arrival, and how many files there will be with the odd ones."""
    late_years = [] if tidy or first == last else [(last, LATE_FEED)]
    yearly = [
        (year, feed)
        for year in range(first, last + 1)
        for feed in feeds
        if (year, feed) not in late_years and exists(feed, year)
    ]
    odd = (
        0
        if tidy
        else sum((one in HELD_FEEDS) + (one in CORRECTED_FEEDS) + _ODD_FILES.get(one, 0) for one in feeds)
    )
    return yearly, len(yearly) + odd


def redeliveries(run: Run, draft: Draft, seed: int) -> None:
    """An earlier year comes again: with a column nobody declared, then corrected."""
    feed, extension = draft.feed, AGENCIES[draft.feed].format(draft.age).extension
    if feed in HELD_FEEDS:
        extra = pl.Series(["ปกติ"]).new_from_index(0, draft.height)
        held = run.write_draft(draft, 2, "undeclared_column", extra=(_UNDECLARED, extra))
        why = f"column {_UNDECLARED} is not in the contract"
        run.truth.add_delivery(held.name, feed, "undeclared_column", "delivery_held", why)
    if feed in CORRECTED_FEEDS:
        name = file_name(feed, draft.year, 3, "corrected", extension)
        corrected, changes = restate(draft, name, seed)
        run.write_draft(corrected, 3, "corrected")
        run.truth.restatements.append(changes)
        run.truth.set_totals(corrected)


def odd_files(run: Run, year: int) -> None:
    """A delivery under a second name, files cut off on their way, and files that landing cannot take."""
    feed = "codi/welfare_funds"
    if feed in run.feeds:
        original = run.path(feed, file_name(feed, year, 1, "", ".xlsx"))
        copy = run.write_bytes(
            feed, file_name(feed, year, 2, "copy", ".xlsx"), original.read_bytes(), year, 2
        )
        run.truth.add_delivery(
            copy.name, feed, "same_bytes", "delivery_duplicate", f"the bytes of {original.name}"
        )
    for feed, extension, kind in (
        ("cdd/savings_groups", ".xlsx", "truncated_workbook"),
        ("doae/community_enterprises", ".xml", "truncated_xml"),
    ):
        if feed not in run.feeds:
            continue
        content = run.path(feed, file_name(feed, year, 1, "", extension)).read_bytes()
        name = file_name(feed, year, 2, "truncated", extension)
        cut = run.write_bytes(feed, name, content[: len(content) * 6 // 10], year, 2)
        why = "refused at landing or held, never a crash"
        run.truth.add_delivery(cut.name, feed, kind, "delivery_unreadable", why)
    feed = "nvf/village_funds"
    if feed not in run.feeds:
        return
    note = run.write_bytes(feed, file_name(feed, year, 8, "note", ".docx"), SYNTHETIC_TITLE.encode(), year, 8)
    run.truth.add_delivery(note.name, feed, "unsupported_extension", "refused", "no table")
    folder = f"{MARK}_old"
    text = f"รหัสกองทุน,ชื่อกองทุน\r\n00000001,{SYNTHETIC_TITLE}\r\n".encode()
    below = run.write_bytes(
        feed, f"{folder}/{file_name(feed, year, 9, 'in_subfolder', '.csv')}", text, year, 9
    )
    run.truth.add_delivery(below.name, feed, "sub_folder", "refused", f"lies in the sub-folder {folder}")


def late(run: Run, year: int) -> None:
    """Note the delivery that has not come."""
    missing = file_name(LATE_FEED, year, 1, "", AGENCIES[LATE_FEED].format(0).extension)
    run.truth.add_delivery(missing, LATE_FEED, "late", "feed_late", "the newest year has not come")

"""A mending list that came back: which cells were mended, and the corrected deliveries that it becomes.

Nothing that the list itself says of a row is believed beyond its key: headers, and what a cell was before, are read anew from the
delivered file in landing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ingest.contract.model import Contract
from ingest.home import Home
from ingest.landing.models import Arrival
from ingest.mending.marker import (
    DELETE_HEADER,
    DELETE_WORDS,
    HEADER_SEARCH_ROWS,
    KEY_HEADER,
    MARKER_SHEET,
    RESERVED,
    ListedSheet,
    Marker,
    MarkerError,
    read_marker,
    row_key,
)
from ingest.mending.mended_file import MendedFile, MendedSheet, mended_bytes
from ingest.mending.original import OriginalSheet, OriginalUnreadable, original_sheets
from ingest.mending.shown import is_unchanged
from ingest.normalise.text import clean_text
from ingest.readers.unzip import zip_problem
from ingest.readers.workbook_apart import Overgrown, load_sheets_apart
from ingest.readers.workbook_bounds import workbook_bounds
from ingest.readers.workbook_load import Loaded, load_sheets

_MAX_ROWS = 200_000
_SHOWN = 5


@dataclass
class Counted:
    """What a list came back with, by rows."""

    mended: int = 0
    deleted: int = 0
    unchanged: int = 0
    missing: int = 0
    """Listed, and no longer in the workbook: nothing is done about them."""

    def add(self, other: Counted) -> None:
        """Add another count to this one."""
        self.mended += other.mended
        self.deleted += other.deleted
        self.unchanged += other.unchanged
        self.missing += other.missing


@dataclass(frozen=True)
class Corrected:
    """One corrected delivery: its bytes, and the counts of its feed's rows."""

    feed_code: str
    content: bytes
    counted: Counted


@dataclass(frozen=True)
class SentBack:
    """A list that came back. `deliveries` are those of feeds of which something was mended."""

    marker: Marker
    deliveries: tuple[Corrected, ...]
    counted: Counted = field(default_factory=Counted)


def read_sent_back(
    path: Path,
    suffix: str,
    sha256: str,
    agency_code: str | None,
    home: Home,
    contracts: Mapping[str, Contract],
    arrivals: Sequence[Arrival],
) -> SentBack:
    """Read a mending list that came back.

    Args:
        agency_code: whose inbox it lies in; None where that is not to be looked at.

    Raises:
        MarkerError: it cannot be taken; the code is a key of landing's messages.
        OSError: it, or a delivered file, cannot be read.
    """
    sheets = _load(path, suffix)
    marker_sheet = sheets.get(MARKER_SHEET)
    if marker_sheet is None or marker_sheet.cells is None:
        raise MarkerError("mending_marker")
    marker = read_marker(marker_sheet.cells.iter_rows())
    _check_owner(marker, agency_code, home, contracts, arrivals)
    landed = {arrival.delivery_id: arrival for arrival in arrivals}
    whole = Counted()
    corrected: list[Corrected] = []
    for feed_code in dict.fromkeys(one.feed_code for one in marker.sheets):
        counted = Counted()
        mended: list[MendedSheet] = []
        for listed in (one for one in marker.sheets if one.feed_code == feed_code):
            part = _sheet(sheets, listed, contracts[feed_code], home, landed[listed.delivery_id], counted)
            if part is not None:
                mended.append(part)
        whole.add(counted)
        if mended:
            content = MendedFile(
                feed_code=feed_code, list_sha256=sha256, release_id=marker.release_id, sheets=mended
            )
            corrected.append(Corrected(feed_code, mended_bytes(content), counted))
    if not corrected:
        raise MarkerError("mending_unchanged", value=whole.unchanged + whole.missing)
    return SentBack(marker, tuple(corrected), whole)


def _load(path: Path, suffix: str) -> dict[str, Loaded]:
    kind = {".xlsm": "xlsx"}.get(suffix, suffix.lstrip("."))
    if kind != "xls" and zip_problem(path, f".{kind}", "not_a_workbook") is not None:
        raise MarkerError("mending_unreadable")
    bounds = workbook_bounds(path, kind)
    if bounds.problem is not None:
        raise MarkerError("mending_unreadable")
    try:
        load = load_sheets_apart if bounds.apart else load_sheets
        return {one.name: one for one in load(path, ("*",), (), _MAX_ROWS)}
    except Overgrown as error:
        raise MarkerError("mending_unreadable") from error


def _check_owner(
    marker: Marker,
    agency_code: str | None,
    home: Home,
    contracts: Mapping[str, Contract],
    arrivals: Sequence[Arrival],
) -> None:
    if agency_code is not None and marker.agency_code != agency_code:
        raise MarkerError("mending_other_agency", value=marker.agency_code[:40], expected=agency_code)
    # A list of `tambon check` knows of no home; its file may have been delivered since, under the same id.
    if marker.home_kind not in ("", home.kind() or "real"):
        raise MarkerError("mending_other_home", value=marker.home_kind[:20])
    known = {arrival.delivery_id: arrival.feed_code for arrival in arrivals}
    for one in marker.sheets:
        if one.feed_code not in contracts or not one.feed_code.startswith(f"{marker.agency_code}/"):
            raise MarkerError("mending_unknown_delivery", value=f"{one.feed_code} {one.delivery_id}"[:120])
        if known.get(one.delivery_id) != one.feed_code:
            raise MarkerError("mending_unknown_delivery", value=one.delivery_id[:120])


def _sheet(
    sheets: Mapping[str, Loaded],
    listed: ListedSheet,
    contract: Contract,
    home: Home,
    arrival: Arrival,
    counted: Counted,
) -> MendedSheet | None:
    """What of one sheet was mended; None where nothing was."""
    there = sheets.get(listed.name)
    if there is None or there.cells is None:
        counted.missing += listed.rows
        return None
    sent, labels = _table(there.cells, listed.name)
    numbers = _row_numbers(sent, listed)
    if not numbers.len():
        counted.missing += listed.rows
        return None
    try:
        wanted = {listed.source_sheet: numbers.to_list()}
        path = home.root / arrival.object_path
        original = next(original_sheets(path, contract, arrival.file_name, wanted, RESERVED), None)
    except OriginalUnreadable as error:
        raise MarkerError("mending_original", value=arrival.file_name) from error
    if original is None:
        raise MarkerError("mending_original", value=arrival.file_name)
    absent = [column.label for column in original.columns if clean_label(column.label) not in labels]
    if absent:
        raise MarkerError("mending_header", sheet=listed.name, value=", ".join(absent[:_SHOWN]))
    lost = sorted(set(numbers.to_list()) - set(original.rows["row_number"].to_list()))
    if lost:
        raise MarkerError("mending_row", sheet=listed.name, value=", ".join(map(str, lost[:_SHOWN])))
    return _mended(sent.with_columns(row_number=numbers), labels, original, listed, counted)


def clean_label(label: str) -> str:
    """A header as it is compared: a workbook may have changed its line ends and blanks."""
    return str(clean_text(pl.Series([label]))[0])


def _table(cells: pl.DataFrame, name: str) -> tuple[pl.DataFrame, dict[str, str]]:
    """The filled rows below the list's header, with `at` (their row in the workbook), and each header's column."""
    top = cells.head(HEADER_SEARCH_ROWS)
    for place, row in enumerate(top.iter_rows()):
        if KEY_HEADER in row:
            labels: dict[str, str] = {}
            for index, label in enumerate(row):
                if label:
                    labels.setdefault(clean_label(label), f"c{index}")
            below = cells.with_row_index("at", offset=1).slice(place + 1)
            filled = pl.any_horizontal(pl.exclude("at").str.strip_chars().fill_null("") != "")
            return below.filter(filled), labels
    raise MarkerError("mending_header", sheet=name, value=KEY_HEADER)


def _row_numbers(sent: pl.DataFrame, listed: ListedSheet) -> pl.Series:
    """The original row number of each row that came back.

    Raises:
        MarkerError: a row without a sound key, or two with one.
    """
    key_at = next(
        (
            n
            for n in sent.columns
            if n != "at" and sent[n].fill_null("").str.contains(r"^\d+\.[0-9a-f]{10}$").any()
        ),
        None,
    )
    keys = sent[key_at].fill_null("") if key_at else pl.repeat("", sent.height, eager=True)
    numbers = keys.str.extract(r"^(\d{1,9})\.[0-9a-f]{10}$").cast(pl.Int64)
    good = [
        number is not None and key == row_key(listed.delivery_id, listed.source_sheet, number)
        for key, number in zip(keys, numbers, strict=True)
    ]
    if not all(good):
        bad = [str(at) for at, fine in zip(sent["at"], good, strict=True) if not fine]
        raise MarkerError("mending_row", sheet=listed.name, value=", ".join(bad[:_SHOWN]))
    if numbers.is_duplicated().any():
        twice = sent.filter(numbers.is_duplicated())["at"].cast(pl.String).to_list()
        raise MarkerError("mending_row_twice", sheet=listed.name, value=", ".join(twice[:_SHOWN]))
    return numbers


def _mended(
    sent: pl.DataFrame,
    labels: Mapping[str, str],
    original: OriginalSheet,
    listed: ListedSheet,
    counted: Counted,
) -> MendedSheet | None:
    was = original.rows.rename({c.name: f"was_{c.index}" for c in original.columns})
    both = sent.join(was, on="row_number", how="inner", maintain_order="left")
    kept, changed = [], []
    for column in original.columns:
        before, after = both[f"was_{column.index}"], both[labels[clean_label(column.label)]]
        same = is_unchanged(before, after)
        changed.append((~same).alias(f"d{column.index}"))
        # What the officer cleared is cleared.
        text = after.to_frame("v").select(pl.when(pl.col("v").str.strip_chars() != "").then("v"))["v"]
        kept.append(before.zip_with(same, text).alias(f"n{column.index}"))
    is_changed = pl.DataFrame(changed).select(c=pl.any_horizontal(pl.all()))["c"]
    marks = both[labels[clean_label(DELETE_HEADER)]] if clean_label(DELETE_HEADER) in labels else None
    is_deleted = _deleted(marks, both["at"], listed)
    counted.deleted += int(is_deleted.sum())
    counted.mended += int((is_changed & ~is_deleted).sum())
    counted.unchanged += int((~is_changed & ~is_deleted).sum())
    counted.missing += max(0, listed.rows - both.height)
    mended, deleted = both.filter(is_changed & ~is_deleted), both.filter(is_deleted)
    if not mended.height and not deleted.height:
        return None
    rows = pl.DataFrame(kept).filter(is_changed & ~is_deleted)
    return MendedSheet(
        name=listed.name,
        delivery_id=listed.delivery_id,
        source_sheet=listed.source_sheet,
        stated_sheet=original.stated[0],
        stated_file=original.stated[1],
        head=original.head,
        rows=[list(row) for row in rows.iter_rows()],
        numbers=mended["at"].to_list(),
        of=mended["row_number"].to_list(),
        deleted_numbers=deleted["at"].to_list(),
        deleted_of=deleted["row_number"].to_list(),
    )


def _deleted(marks: pl.Series | None, at: pl.Series, listed: ListedSheet) -> pl.Series:
    if marks is None:
        return pl.repeat(False, at.len(), dtype=pl.Boolean, eager=True)
    words = clean_text(marks.fill_null("")).str.to_lowercase()
    known = words.is_in([*DELETE_WORDS, ""])
    if not known.all():
        bad = at.filter(~known).cast(pl.String).to_list()
        raise MarkerError("mending_delete", sheet=listed.name, value=", ".join(bad[:_SHOWN]))
    return words != ""

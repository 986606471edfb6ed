"""Fill a home's inbox with the synthetic national sample, and `sample/` with its truth."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.contract import load_contracts
from ingest.home import Home
from ingest.sample.agencies import AGENCIES, Format
from ingest.sample.changes import changes_of
from ingest.sample.defects import plant_defects
from ingest.sample.draft import Draft
from ingest.sample.funds import in_year, kept_tambons, make_registers, rng_for
from ingest.sample.links import links_frame, secondary_rows
from ingest.sample.odd import LATE_FEED, late, odd_files, plan_files, redeliveries
from ingest.sample.parameters import SampleRefused, check_parameters, chosen_feeds, refuse_where_real
from ingest.sample.places import load_places
from ingest.sample.run import MARK, Progress, Run
from ingest.sample.scene import Scene
from ingest.sample.truth import Truth
from ingest.sample.words import SYNTHETIC_TITLE

MANIFEST = "manifest.json"

_README = f"""{SYNTHETIC_TITLE}

ข้อมูลทั้งหมดในกล่องรับเข้า (inbox) ของโฟลเดอร์นี้สร้างขึ้นเพื่อทดสอบ ชื่อกองทุน บุคคล ตัวเลขเงิน สมาชิก ประชากร แหล่งเรียนรู้ และพิกัด ไม่ใช่ข้อมูลจริง
มีเพียงชื่อและรหัสพื้นที่การปกครองเท่านั้นที่เป็นของจริง ห้ามนำตัวเลขไปใช้อ้างอิง

Everything in this home's inbox is synthetic, made for testing:
funds, persons, money, members, sites and statistics are invented, and sized as the announced national figures.
Only names and codes of places are real (package geothai, CC-BY-4.0). Do not cite any figure.

truth_defects.csv       every planted defect: file, sheet, row, column, kind, and how it should be read
truth_places.parquet    every record's true tambon ('' where it cannot be resolved) and its spelling
truth_links.csv         groups that stand in two agencies' lists; of a group in three lists all three pairs
truth_changes.csv       funds that changed name, tambon, programme or code: the first year of the new value, under the new code
truth_restatements.csv  values that a corrected delivery changed
truth_totals.csv        sums of what is written, readable and not rejected, after all deliveries
manifest.json           parameters and files of this sample
"""


@dataclass(frozen=True)
class SampleReport:
    """What was written. `files` are relative to the home, in order of arrival; `records` counts
    data rows by feed."""

    files: tuple[str, ...]
    records: dict[str, int]
    defects: dict[str, int]
    links: int
    seconds: float
    scale: float
    years: tuple[int, ...]
    seed: int
    tidy: bool
    feeds: tuple[str, ...]


def _make_draft(
    run: Run, feed: str, kept: npt.NDArray[np.bool_], year: int, age: int, oldest: bool, tidy: bool
) -> tuple[Draft, pl.Series | None]:
    """A year's delivery with its defects, and the funds' codes as they should be."""
    agency = AGENCIES[feed]
    draft = agency.draft(run.registers, run.places, kept, year, age)
    codes = draft.text["fund_code"] if "fund_code" in draft.text.columns else None
    if not tidy and draft.height:
        _spoil(run, draft, year, age, oldest)
    run.measures[feed] = frozenset(draft.numbers)
    return draft, codes


def _spoil(run: Run, draft: Draft, year: int, age: int, oldest: bool) -> None:
    feed = draft.feed
    agency = AGENCIES[feed]
    form: Format = agency.format(age)
    before = None if oldest else agency.values(run.registers, year - 1)
    previous = (
        None if before is None else {name: values[draft.register_row] for name, values in before.items()}
    )
    if previous is not None and agency.register is not None:
        # A fund that began this year has no last year.
        began = agency.register(run.registers)["start_year"].to_numpy()[draft.register_row] > year - 1
        for values in previous.values():
            values[began] = float("nan")
    rng = rng_for(run.registers.seed, "defects", feed, year)
    plant_defects(
        Scene(
            draft,
            run.contracts[feed],
            run.places,
            run.places.at(year),
            rng,
            previous,
            form.unicode_ok,
            slips=agency.slips,
            secondary=secondary_rows(run.registers, feed),
            listed_before=run.measures.get(feed, frozenset()),
        )
    )


def _note_funds(
    run: Run, draft: Draft, codes: pl.Series | None, kept: npt.NDArray[np.bool_], oldest: bool
) -> None:
    """Remember which funds the files list, and what changed since last year's."""
    register = AGENCIES[draft.feed].register
    if register is None or codes is None:
        return
    sound = ~draft.rejected[: codes.len()]
    run.listed.setdefault(draft.feed, set()).update(codes.filter(pl.Series(sound)).to_list())
    rows = draft.register_row[: codes.len()]
    rejected = set(rows[~sound].tolist())
    if not oldest:
        frame = register(run.registers)
        before = np.isin(rows, in_year(frame, draft.year - 1, kept))
        gone = np.isin(rows, sorted(rejected | run.rejected.get(draft.feed, set())))
        run.truth.changes.append(
            changes_of(draft.feed, frame, rows[before & ~gone], draft.year, run.places.code)
        )
    run.rejected[draft.feed] = rejected


def _forget_earlier(home: Home, files: list[str]) -> None:
    """Take an earlier sample's files, and no others, out of the inbox where this one does not have them."""
    manifest = home.sample / MANIFEST
    if not manifest.exists():
        return
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    except (ValueError, KeyError, TypeError):
        return
    for relative in set(listed) - set(files):
        path = (home.root / str(relative)).resolve()
        if path.is_relative_to(home.inbox.resolve()) and MARK in path.name:
            path.unlink(missing_ok=True)


def _write_truth(home: Home, run: Run, links: pl.DataFrame, report: SampleReport) -> None:
    home.sample.mkdir(parents=True, exist_ok=True)
    for name, frame in {**run.truth.frames(), "truth_links": links}.items():
        # Places are as many as records: Parquet.
        extension = ".parquet" if name == "truth_places" else ".csv"
        temporary = home.sample / f".{name}{extension}"
        if extension == ".parquet":
            frame.write_parquet(temporary)
        else:
            frame.write_csv(temporary)
        temporary.replace(home.sample / f"{name}{extension}")
    (home.sample / "README.txt").write_text(_README, encoding="utf-8")
    manifest = {
        "scale": report.scale,
        "years": report.years,
        "seed": report.seed,
        "tidy": report.tidy,
        "feeds": report.feeds,
        "records": report.records,
        "defects": report.defects,
        "files": report.files,
    }
    (home.sample / MANIFEST).write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def write_sample(
    home: Home,
    *,
    scale: float = 1.0,
    years: int = 3,
    seed: int = 2550,
    last_fiscal_year: int = 2025,
    progress: Progress | None = None,
    tidy: bool = False,
    feeds: Collection[str] | None = None,
) -> SampleReport:
    """Write the synthetic deliveries into the inbox, and the truth about them into `sample/`.

    `scale` (0 to 1] keeps that share of each province's tambons, one at least, with all their funds; population always
    covers every tambon. `years` fiscal years end with `last_fiscal_year` (CE). `tidy` plants no defects, no
    redeliveries and no odd files, and leaves no feed late (the offices' formats stay). `feeds`: only these (default: all
    but those that ship with the product); a feed's files are the same whichever others are written. The same arguments
    give the same bytes. `progress(file name, files done, files in all)`.

    Raises:
        SampleRefused: the home is real, has deliveries or inbox files not marked synthetic, or an
        argument makes no sense.
        HomeKindError: `home.json` is unreadable.
    """
    started = time.perf_counter()
    check_parameters(scale, years, last_fiscal_year)
    chosen = chosen_feeds(feeds)
    refuse_where_real(home)
    home.set_kind("synthetic")
    places = load_places()
    registers = make_registers(last_fiscal_year, seed)
    kept = kept_tambons(places, scale)
    first = last_fiscal_year - years + 1

    def exists(feed: str, year: int) -> bool:
        register = AGENCIES[feed].register
        return year >= AGENCIES[feed].since and (
            register is None or len(in_year(register(registers), year, kept)) > 0
        )

    plan, total = plan_files(chosen, first, last_fiscal_year, tidy, exists)
    run = Run(home, places, registers, dict(load_contracts()), Truth(), [], {}, progress, total, chosen)
    restated = max(first, last_fiscal_year - 1)
    for year, feed in plan:
        draft, codes = _make_draft(run, feed, kept, year, last_fiscal_year - year, year == first, tidy)
        run.write_draft(draft, 1)
        run.truth.set_totals(draft)
        _note_funds(run, draft, codes, kept, year == first)
        if not tidy and year == restated:
            redeliveries(run, draft, seed)
    if not tidy:
        odd_files(run, last_fiscal_year)
        if LATE_FEED in chosen and (last_fiscal_year, LATE_FEED) not in plan:
            late(run, last_fiscal_year)
    _forget_earlier(home, run.files)
    links = links_frame(registers, run.listed)
    defects = run.truth.frames()["truth_defects"].group_by("kind").len().sort("kind")
    report = SampleReport(
        files=tuple(run.files),
        records=run.records,
        defects=dict(defects.iter_rows()),
        links=links.height,
        seconds=time.perf_counter() - started,
        scale=scale,
        years=tuple(range(first, last_fiscal_year + 1)),
        seed=seed,
        tidy=tidy,
        feeds=chosen,
    )
    _write_truth(home, run, links, report)
    return report


__all__ = ["SampleRefused", "SampleReport", "write_sample"]

"""Fill a home's inbox with the synthetic national sample, and `sample/` with its truth."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from ingest.contract import Contract, load_contracts
from ingest.home import SAMPLE_MARK, Home
from ingest.sample.agencies import AGENCIES, Format, Written, write_csv
from ingest.sample.defects import Scene, plant_defects
from ingest.sample.draft import Draft
from ingest.sample.files import atomic
from ingest.sample.funds import Registers, kept_tambons, make_registers, rng_for
from ingest.sample.places import Places, load_places
from ingest.sample.truth import Truth, links_frame, restate
from ingest.sample.words import BE, SYNTHETIC_TITLE

Progress = Callable[[str, int, int], None]
MARK = SAMPLE_MARK
MANIFEST = "manifest.json"
MAX_YEARS = 20

_README = f"""{SYNTHETIC_TITLE}

ข้อมูลทั้งหมดในกล่องรับเข้า (inbox) ของโฟลเดอร์นี้สร้างขึ้นเพื่อทดสอบ ชื่อกองทุน บุคคล ตัวเลขเงิน สมาชิก และประชากร ไม่ใช่ข้อมูลจริง
มีเพียงชื่อและรหัสพื้นที่การปกครองเท่านั้นที่เป็นของจริง ห้ามนำตัวเลขไปใช้อ้างอิง

Everything in this home's inbox is synthetic, made for testing:
funds, persons, money, members and population are invented.
Only names and codes of places are real (package geothai, CC-BY-4.0). Do not cite any figure.

truth_defects.csv       every planted defect: file, sheet, row, column, kind, and how it should be read
truth_places.parquet    every record's true tambon ('' where it cannot be resolved) and its spelling
truth_links.csv         groups that stand in two agencies' lists
truth_restatements.csv  values that a corrected delivery changed
truth_totals.csv        sums of what is written, readable and not rejected, after all deliveries
manifest.json           parameters and files of this sample
"""


class SampleRefused(Exception):
    """The sample would mix with real deliveries, or a parameter makes no sense. str(): Thai, then English."""


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


def _refuse(thai: str, english: str) -> SampleRefused:
    return SampleRefused(f"{thai}\n{english}")


def _refuse_where_real(home: Home) -> None:
    kind = home.kind()
    elsewhere = ("กรุณาตั้ง TAMBON_HOME เป็นโฟลเดอร์อื่นที่ว่าง", "Set TAMBON_HOME to another, empty folder.")
    if kind == "real":
        raise _refuse(
            f"โฟลเดอร์ {home.root} เก็บข้อมูลจริงอยู่ จะไม่นำข้อมูลสังเคราะห์ไปปน {elsewhere[0]}",
            f"{home.root} holds real data; synthetic data is not mixed in. {elsewhere[1]}",
        )
    log = home.landing / "arrivals.jsonl"
    if kind is None and log.exists() and log.stat().st_size:
        raise _refuse(
            f"โฟลเดอร์ {home.root} รับไฟล์เข้ามาแล้วโดยไม่ได้ระบุว่าเป็นข้อมูลสังเคราะห์ {elsewhere[0]}",
            f"{home.root} has taken deliveries that are not marked synthetic. {elsewhere[1]}",
        )
    if home.inbox.is_dir():
        # Only what officers could have dropped: hidden files belong to the machine.
        strangers = sorted(
            p
            for p in home.inbox.rglob("*")
            if (p.is_file() or p.is_symlink()) and MARK not in p.name and not p.name.startswith(".")
        )
        if strangers:
            raise _refuse(
                f"ในกล่องรับเข้ามีไฟล์ที่ไม่ใช่ข้อมูลสังเคราะห์: {strangers[0]} {elsewhere[0]}",
                f"The inbox holds a file that is not synthetic: {strangers[0]}. {elsewhere[1]}",
            )


def _check_parameters(scale: float, years: int, last_fiscal_year: int) -> None:
    if not 0 < scale <= 1:
        raise _refuse(
            f"scale ต้องมากกว่า 0 และไม่เกิน 1 (ได้รับ {scale})",
            f"scale must be above 0 and at most 1, not {scale}.",
        )
    if not 1 <= years <= MAX_YEARS:
        raise _refuse(
            f"years ต้องอยู่ระหว่าง 1 ถึง {MAX_YEARS} (ได้รับ {years})",
            f"years must be 1 to {MAX_YEARS}, not {years}.",
        )
    earliest = last_fiscal_year - years + 1
    if earliest < 2005:
        raise _refuse(
            f"ปีแรกของข้อมูลคือ พ.ศ. {earliest + BE} แต่กองทุนสวัสดิการชุมชนเริ่ม พ.ศ. 2548 กรุณาลด years",
            f"The first year would be {earliest}; welfare funds began in 2005. Ask for fewer years.",
        )


def _mtime(year: int, sequence: int) -> float:
    """Files seem to have come in the December after their fiscal year, a day apart, whenever the
    sample is made."""
    return datetime(year, 12, sequence, 3, tzinfo=UTC).timestamp()


@dataclass
class _Run:
    """One call's state: where to write, and what has been written."""

    home: Home
    places: Places
    registers: Registers
    contracts: dict[str, Contract]
    truth: Truth
    files: list[str]
    records: dict[str, int]
    progress: Progress | None
    total: int

    def path(self, feed: str, name: str) -> Path:
        return self.home.inbox / feed / name

    def done(self, path: Path) -> None:
        self.files.append(path.relative_to(self.home.root).as_posix())
        if self.progress is not None:
            self.progress(path.name, len(self.files), self.total)

    def write_draft(
        self, draft: Draft, sequence: int, suffix: str = "", extra: tuple[str, pl.Series] | None = None
    ) -> Path:
        """Write one delivery as its year's format wants it, and its truth."""
        agency = AGENCIES[draft.feed]
        form = agency.format(draft.age)
        path = self.path(draft.feed, _name(draft.feed, draft.year, sequence, suffix, form.extension))
        with atomic(path, _mtime(draft.year, sequence)) as temporary:
            written: Written
            if form.encoding is not None:
                written = write_csv(draft, self.places, temporary, form.encoding, extra)
            else:
                assert agency.workbook is not None, draft.feed
                written = agency.workbook(draft, self.places, temporary)
        self.truth.add_rows(path.name, draft, written)
        self.records[draft.feed] = self.records.get(draft.feed, 0) + draft.height
        self.done(path)
        return path

    def write_bytes(self, feed: str, relative: str, content: bytes, year: int, sequence: int) -> Path:
        path = self.path(feed, relative)
        with atomic(self.path(feed, path.name), _mtime(year, sequence)) as temporary:
            temporary.write_bytes(content)
        if path.parent != self.path(feed, "x").parent:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.path(feed, path.name).replace(path)
        self.done(path)
        return path


def _name(feed: str, year: int, sequence: int, suffix: str, extension: str) -> str:
    """`2568_01_nvf_synthetic.csv`: names sort in the order of arrival within a feed."""
    tail = f"_{suffix}" if suffix else ""
    return f"{year + BE}_{sequence:02d}_{feed.split('/', maxsplit=1)[0]}_{MARK}{tail}{extension}"


def _make_draft(run: _Run, feed: str, kept: object, year: int, age: int, oldest: bool, tidy: bool) -> Draft:
    agency = AGENCIES[feed]
    draft = agency.draft(run.registers, run.places, kept, year, age)  # type: ignore[arg-type]
    if tidy:
        return draft
    form: Format = agency.format(age)
    before = None if oldest else agency.values(run.registers, year - 1)
    previous = (
        None if before is None else {name: values[draft.register_row] for name, values in before.items()}
    )
    if previous is not None and feed != "nesdc/population":
        # A fund that began this year has no last year.
        register = {
            "nvf/village_funds": run.registers.village,
            "cdd/savings_groups": run.registers.savings,
            "codi/welfare_funds": run.registers.welfare,
        }[feed]
        began = register["start_year"].to_numpy()[draft.register_row] > year - 1
        for values in previous.values():
            values[began] = float("nan")
    rng = rng_for(run.registers.seed, "defects", feed, year)
    plant_defects(
        Scene(draft, run.contracts[feed], run.places, run.places.at(year), rng, previous, form.unicode_ok)
    )
    return draft


def _redeliveries(run: _Run, draft: Draft, seed: int) -> None:
    """An earlier year of village funds comes twice more: with a column nobody declared, then corrected."""
    extra = pl.Series(["ปกติ"]).new_from_index(0, draft.height)
    held = run.write_draft(draft, 2, "undeclared_column", extra=("ผลตรวจสอบภายใน", extra))
    run.truth.add_delivery(
        held.name,
        draft.feed,
        "undeclared_column",
        "delivery_held",
        "column ผลตรวจสอบภายใน is not in the contract",
    )
    name = _name(draft.feed, draft.year, 3, "corrected", AGENCIES[draft.feed].format(draft.age).extension)
    corrected, changes = restate(draft, name, seed)
    run.write_draft(corrected, 3, "corrected")
    run.truth.restatements.append(changes)
    run.truth.set_totals(corrected)


def _odd_files(run: _Run, year: int) -> None:
    """A delivery under a second name, a workbook cut off on its way, and files that landing cannot take."""
    feed = "codi/welfare_funds"
    original = run.path(feed, _name(feed, year, 1, "", ".xlsx"))
    copy = run.write_bytes(feed, _name(feed, year, 2, "copy", ".xlsx"), original.read_bytes(), year, 2)
    run.truth.add_delivery(
        copy.name, feed, "same_bytes", "delivery_duplicate", f"the bytes of {original.name}"
    )
    feed = "cdd/savings_groups"
    original = run.path(feed, _name(feed, year, 1, "", ".xlsx"))
    content = original.read_bytes()
    cut = run.write_bytes(
        feed, _name(feed, year, 2, "truncated", ".xlsx"), content[: len(content) * 6 // 10], year, 2
    )
    run.truth.add_delivery(
        cut.name,
        feed,
        "truncated_workbook",
        "delivery_unreadable",
        "refused at landing or held, never a crash",
    )
    feed = "nvf/village_funds"
    note = run.write_bytes(feed, _name(feed, year, 8, "note", ".docx"), SYNTHETIC_TITLE.encode(), year, 8)
    run.truth.add_delivery(note.name, feed, "unsupported_extension", "refused", "no table")
    folder = f"{MARK}_old"
    text = f"รหัสกองทุน,ชื่อกองทุน\r\n00000001,{SYNTHETIC_TITLE}\r\n".encode()
    below = run.write_bytes(feed, f"{folder}/{_name(feed, year, 9, 'in_subfolder', '.csv')}", text, year, 9)
    run.truth.add_delivery(below.name, feed, "sub_folder", "refused", f"lies in the sub-folder {folder}")


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


def _write_truth(home: Home, run: _Run, links: pl.DataFrame, report: SampleReport) -> None:
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
) -> SampleReport:
    """Write the synthetic deliveries of four feeds into the inbox, and the truth about them into `sample/`.

    `scale` (0 to 1] keeps that share of each province's tambons, one at least, with all their
    funds; population always covers
    every tambon. `years` fiscal years end with `last_fiscal_year` (CE). `tidy` plants no defects,
    no redeliveries and no odd
    files (the offices' formats stay). The same arguments give the same bytes. `progress(file name,
    files done, files in all)`.

    Raises:
        SampleRefused: the home is real, has deliveries or inbox files not marked synthetic, or an
        argument makes no sense.
        HomeKindError: `home.json` is unreadable.
    """
    started = time.perf_counter()
    _check_parameters(scale, years, last_fiscal_year)
    _refuse_where_real(home)
    home.set_kind("synthetic")
    places = load_places()
    registers = make_registers(last_fiscal_year, seed)
    kept = kept_tambons(places, scale)
    run = _Run(
        home,
        places,
        registers,
        dict(load_contracts()),
        Truth(),
        [],
        {},
        progress,
        years * len(AGENCIES) + (0 if tidy else 6),
    )
    listed: dict[str, set[str]] = {}
    first = last_fiscal_year - years + 1
    restated = max(first, last_fiscal_year - 1)
    for year in range(first, last_fiscal_year + 1):
        for feed in AGENCIES:
            draft = _make_draft(run, feed, kept, year, last_fiscal_year - year, year == first, tidy)
            run.write_draft(draft, 1)
            run.truth.set_totals(draft)
            if feed != "nesdc/population" and year == last_fiscal_year:
                listed[feed] = set(draft.text["fund_code"].to_list())
            if not tidy and feed == "nvf/village_funds" and year == restated:
                _redeliveries(run, draft, seed)
    if not tidy:
        _odd_files(run, last_fiscal_year)
    _forget_earlier(home, run.files)
    links = links_frame(registers, listed)
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
    )
    _write_truth(home, run, links, report)
    return report

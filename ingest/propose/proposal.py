"""From an unknown file to a proposed contract: read, find the table, match its columns, say what is unsure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.contract.fields import RecordKind, load_fields
from ingest.contract.model import Agency, Contract
from ingest.propose.assign import assign
from ingest.propose.header import is_wide_year
from ingest.propose.kind import Subject, guess_kind, guess_programme
from ingest.propose.labels import read_labels
from ingest.propose.lexicon import IGNORED, Lexicon
from ingest.propose.match import Match
from ingest.propose.reading import UnreadableFile, read_unknown
from ingest.propose.say import Say
from ingest.propose.shape import (
    Key,
    Label,
    PeriodFound,
    fills,
    known_labels,
    odd_labels,
    propose_key,
    propose_not_above,
    propose_period,
    propose_sums,
    total_by_sum,
)
from ingest.propose.table import Table, find_table

__all__ = ["Options", "Proposal", "UnreadableFile", "propose"]

_MIN_WIDE = 4  # columns headed by nothing but a year


@dataclass(frozen=True)
class Options:
    """What the person who adds the feed says beforehand; whatever is None is guessed."""

    feed: str | None = None
    kind: RecordKind | None = None
    programme: str | None = None
    agency_name_th: str | None = None
    agency_name_en: str | None = None
    agency_short_th: str | None = None
    agency_short_en: str | None = None


@dataclass(frozen=True)
class Proposal:
    """What a contract for the file would say. `notes`: what no contract can mend, and a person has to know. `fills`: share of the
    records that have a value, by field.

    `text` and `contract` come from `write.contract_text` and `write.read_contract`.
    """

    feed: str
    feed_check: Say | None
    kind: Subject
    programme: Subject | None
    table: Table = field(repr=False)
    matches: tuple[Match, ...]
    key: Key
    period: PeriodFound
    sums: tuple[tuple[str, tuple[str, ...]], ...]
    not_above: tuple[tuple[str, str], ...]
    labels: dict[str, list[Label]]
    not_data: tuple[str, ...]
    notes: tuple[Say, ...]
    fills: dict[str, float]

    @property
    def record_kind(self) -> RecordKind:
        """The record kind proposed."""
        return self.kind.value  # type: ignore[return-value]


def _subject_given(value: str) -> Subject:
    return Subject(value, Say("ระบุมา", "as given"))


def _feed_name(
    file_name: str, kind: RecordKind, programme: str | None, agency: str | None
) -> tuple[str, str]:
    """An agency and a name for a feed that was given none: the programme's own office, and the file's or the programme's name."""
    owner = load_fields().programmes[programme].owner_agency if programme else None
    words = re.findall(r"[a-z][a-z]+", Path(file_name).stem.lower())
    own = "_".join(words[:3]) or kind
    name = f"{programme.removesuffix('s')}s" if programme else own
    return agency or owner or "agency", name


def _notes(table: Table, matches: Iterable[Match]) -> list[Say]:
    notes = []
    if table.nameless:
        where = ", ".join(table.nameless)
        notes.append(
            Say(
                f"คอลัมน์ {where} มีข้อมูลแต่ไม่มีหัวคอลัมน์ แฟ้มจะถูกระงับจนกว่าจะใส่หัวคอลัมน์",
                f"column {where} holds values but has no header: the file is held until it has one",
            )
        )
    if table.repeated:
        where = ", ".join(table.repeated)
        notes.append(
            Say(
                f"หัวคอลัมน์ซ้ำในแผ่นเดียวกัน: {where} ตั้งชื่อให้ต่างกันจึงจะอ่านได้ทั้งสอง",
                f"headers that stand twice in one sheet: {where}; give them different names to have both read",
            )
        )
    wide = [m.column.label for m in matches if is_wide_year(m.column.label)]
    if len(wide) >= _MIN_WIDE:
        notes.append(
            Say(
                "แฟ้มมีหนึ่งคอลัมน์ต่อปีหรือต่อเดือน สัญญาข้อมูลอ่านรูปแบบนี้ไม่ได้ ขอแฟ้มที่มีคอลัมน์ปี หรือเขียน reader.py",
                "the file has a column a year or month, which no contract can read: ask for a year column, or write a reader.py",
            )
        )
    joint = [m.column.letter for m in matches if m.target == IGNORED and m.column.evidence.address >= 0.5]
    notes += [
        Say(
            f"คอลัมน์ {letter} รวมตำบล อำเภอ จังหวัดไว้ในช่องเดียว ขอให้แยกคอลัมน์",
            f"column {letter} holds tambon, amphoe and province in one cell: ask for columns of their own",
        )
        for letter in joint
    ]
    others = [name for name, why in table.other_sheets.items() if why == "other_table"]
    return notes + [
        Say(f"แผ่นงาน {name} เป็นตารางอื่น ไม่ได้อ่าน", f"sheet {name} is another table and is not read")
        for name in others
    ]


def propose(
    path: Path,
    contracts: Mapping[str, Contract],
    agencies: Mapping[str, Agency],
    options: Options | None = None,
) -> Proposal:
    """Propose a contract for a file that none describes.

    Args:
        contracts: what is known already: their headers, labels and sums.
        agencies: the agencies that are known, by code.

    Raises:
        UnreadableFile: the file cannot be read, or holds no table.
    """
    options = options or Options()
    read = read_unknown(path)
    table = find_table(read)
    if table is None:
        raise UnreadableFile(
            (("ไม่พบตารางที่มีหัวคอลัมน์ในแฟ้ม", "No table with a header row was found in the file"),)
        )
    lexicon = Lexicon(contracts.values())
    texts = (path.stem, *table.sheets, *table.titles)
    if options.kind is None:
        kind, matches = guess_kind(table.columns, lexicon, texts)
    else:
        kind, matches = _subject_given(options.kind), assign(table.columns, lexicon, options.kind)
    record_kind: RecordKind = kind.value  # type: ignore[assignment]
    matches = total_by_sum(table, matches)
    agency = options.feed.split("/")[0] if options.feed else None
    programme = _programme(table, matches, path.name, agency, record_kind, options.programme)
    feed, feed_check = options.feed, None
    if feed is None:
        feed = "/".join(_feed_name(path.name, record_kind, programme.value if programme else None, agency))
        feed_check = Say("ชื่อหน่วยงานและชุดข้อมูลเดามา", "agency and name are guessed; give --feed agency/name")
    known = known_labels(contracts.values())
    labels = {m.field: found for m in matches if m.field and (found := read_labels(m, known))}
    return Proposal(
        feed=feed,
        feed_check=feed_check,
        kind=kind,
        programme=programme,
        table=table,
        matches=tuple(matches),
        key=propose_key(table, matches, record_kind),
        period=propose_period(table, matches, record_kind, path.name),
        sums=tuple(propose_sums(table, matches, contracts.values())),
        not_above=tuple(propose_not_above(table, matches)),
        labels=labels,
        not_data=tuple(odd_labels(table, matches, record_kind)),
        notes=tuple(_notes(table, matches)),
        fills=fills(table, matches, record_kind),
    )


def _programme(
    table: Table,
    matches: list[Match],
    file_name: str,
    agency: str | None,
    kind: RecordKind,
    given: str | None,
) -> Subject | None:
    """The programme of a fund report: as given, or guessed; None where each row names its own, and for other kinds."""
    if kind != "fund_report":
        return None
    if given is not None:
        return _subject_given(given)
    if any(m.field == "programme_code" and m.check is None for m in matches):
        return None
    return guess_programme(table, matches, file_name, agency)

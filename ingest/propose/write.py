"""A proposal as the text of a contract: one line a column, and on each line that is unsure why a person has to look."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import ValidationError

from ingest.contract.fields import Measure, load_fields
from ingest.contract.load import SCHEMA_FILE
from ingest.contract.model import PLACE_FIELDS, Agency, Contract, ContractError
from ingest.normalise.text import label_key
from ingest.propose.lexicon import PERSONAL
from ingest.propose.match import Match
from ingest.propose.proposal import Options, Proposal
from ingest.propose.say import Say, joined
from ingest.propose.yaml_text import checked, comment, listed, quoted
from ingest.yaml_lines import mistakes

_REQUIRED_FILL = 0.99
_SMALL_MONEY = 2_000  # a fund's stock of money is hardly ever less in baht
_SMALL_FIELDS = ("savings_thb", "loans_outstanding_thb", "share_capital_thb", "assets_thb", "capital_thb")
_NAMES = ("fund_name", "site_name")
_KIND_TITLES = {
    "area_statistic": ("สถิติรายพื้นที่", "Statistics by area"),
    "site": ("ทะเบียนแหล่งเรียนรู้", "Register of sites"),
    "event": ("ปฏิทินเวทีและผู้เข้าร่วม", "Forums and who takes part"),
    "published_total": ("ตัวเลขที่ประกาศ", "Announced figures"),
}


def _measure(field: str) -> Measure | None:
    fields = load_fields()
    groups = (
        fields.fund_measures,
        fields.indicators,
        fields.site_measures,
        fields.event_measures,
        fields.total_measures,
    )
    return next((group[field] for group in groups if field in group), None)


def _unit(match: Match, title_unit: str | None) -> tuple[str | None, Say | None]:
    """The unit of a measure's column, and what is unsure about it."""
    measure = _measure(match.field or "")
    if measure is None:
        return None, None
    if match.column.unit is not None and match.column.unit != "percent":
        agreed = match.column.unit if measure.unit == "THB" else measure.unit
        return agreed, None
    if measure.unit != "THB":
        return measure.unit, None
    if title_unit is not None:
        return title_unit, None
    median = match.column.evidence.median
    if match.field in _SMALL_FIELDS and median is not None and 0 < median < _SMALL_MONEY:
        small = Say("จำนวนเงินน้อยผิดปกติ เป็นพันบาทหรือล้านบาทหรือไม่", "small for baht: thousand_THB or million_THB?")
        return "THB", small
    return "THB", None


def _column_line(matches: list[Match], proposal: Proposal) -> list[str]:
    """The line (or lines, with a lookup) of the column, or columns of different sheets, that fill one field."""
    match = matches[0]
    field = match.field
    assert field is not None
    e = match.column.evidence
    headers = [text for m in matches for text in (m.column.header, *m.column.also)]
    unit, doubt = _unit(match, proposal.table.title_unit)
    parts = [f"field: {field}", f"headers: {listed(dict.fromkeys(headers))}"]
    if unit:
        parts.append(f"unit: {unit}")
    identity = load_fields().identity.get(field)
    if identity is not None and identity.type == "code" and e.width and e.zero_padded >= 0.02:
        parts.append(f"width: {e.width}")
    needed = field in _NAMES or (field in proposal.key.fields and field not in (*PLACE_FIELDS, "moo"))
    if (
        needed
        and field != proposal.period.field
        and proposal.fills.get(field, 0.0) >= _REQUIRED_FILL
        and match.check is None
    ):
        parts.append("required: true")
    said = joined(*(m.check for m in matches if m.check), *([doubt] if doubt else []))
    remark = checked(said, match.others, match.confidence if match.check else None)
    labels = proposal.labels.get(field)
    if not labels:
        return [f"  - {{{', '.join(parts)}}}{remark}"]
    lines = [f"  - {parts[0]}{remark}", *(f"    {part}" for part in parts[1:])]
    known = [label for label in labels if label.value is not None]
    if known:
        lines.append("    lookup:")
        for label in known:
            assert label.value is not None
            value = (
                json.dumps(label.value)
                if label.value in ("true", "false") or label.value.isdigit()
                else quoted(label.value)
            )
            lines.append(f"      {json.dumps(label.text, ensure_ascii=False)}: {value}{checked(label.check)}")
    for label in labels:
        if label.value is None:
            text = json.dumps(label.text, ensure_ascii=False)
            lines.append(f"      # {text}: ?{checked(label.check)}")
    return lines


def _head(proposal: Proposal, options: Options, agency: Agency | None) -> list[str]:
    kind, programme = proposal.kind, proposal.programme
    lines = [f"feed: {proposal.feed}{checked(proposal.feed_check)}", "version: 1"]
    maybe = ", ".join(kind.others)
    lines.append(f"record_kind: {kind.value}" + checked(kind.check and joined(kind.check, Say(maybe, maybe))))
    if programme is not None:
        maybe = ", ".join(programme.others)
        lines.append(
            f"programme: {programme.value}"
            + checked(programme.check and joined(programme.check, Say(maybe, maybe)))
        )
    if programme is not None:
        label = load_fields().programmes[programme.value]
        title = (f"{label.label_th} รายปี", f"{label.label_en} by year")
    else:
        title = _KIND_TITLES.get(
            kind.value, ("ทะเบียนองค์กรการเงินชุมชน รายปี", "Community finance organisations by year")
        )
    lines.append(
        f"title: {{th: {quoted(title[0])}, en: {quoted(title[1])}}}"
        + checked(Say("ชื่อชุดข้อมูล", "what it is called"))
    )
    owner = options.agency_name_th or (agency.name_th if agency else proposal.feed.split("/")[0])
    lines.append(
        f"owner: {{name_th: {quoted(owner)}}}" + checked(Say("หน่วยใดแก้แฟ้มนี้", "who mends these files"))
    )
    lines.append("licence: not stated by the agency")
    lines.append(
        "cadence: yearly" + checked(Say("ส่งบ่อยเพียงใด ช้าได้กี่วัน", "how often it comes, and how late it may be"))
    )
    lines.append("allowed_lag_days: 270")
    return lines


def _format(proposal: Proposal) -> list[str]:
    lines = []
    if proposal.table.other_sheets:
        # A name is matched as a pattern: what would be a wildcard stands for itself.
        names = [re.sub(r"([*?\[])", r"[\1]", name) for name in proposal.table.other_sheets if name]
        if names:
            why = Say("แผ่นที่ไม่มีตารางเดียวกัน", "sheets without this table")
            lines.append(f"  skip_sheets: {listed(names)}{checked(why)}")
    header = proposal.table.header
    if header.first >= 40:
        lines.append(f"  header_search_rows: {min(200, header.first + 20)}")
    if header.last - header.first + 1 > 2:
        lines.append("  header_rows_max: 3")
    return ["format:", *lines] if lines else []


def _unique(matches: Iterable[Match]) -> list[Match]:
    """Matches whose header no other has: spaces and punctuation do not tell two apart."""
    seen: set[str] = set()
    kept = []
    for match in matches:
        if (key := label_key(match.column.header)) and key not in seen:
            seen.add(key)
            kept.append(match)
    return kept


def contract_text(proposal: Proposal, options: Options, agency: Agency | None, folder: Path) -> str:
    """The contract's YAML.

    Args:
        agency: the feed's agency where it is known already.
        folder: where the file will lie, for the way from it to the schema.
    """
    schema = Path(os.path.relpath(SCHEMA_FILE, folder)).as_posix()
    matches = _unique(proposal.matches)
    lines = [
        f"# yaml-language-server: $schema={schema}",
        "# เสนอจากแฟ้มหนึ่งแฟ้ม ยังไม่มีใครตรวจ บรรทัดที่มี CHECK ต้องให้คนดู แล้วลบหมายเหตุนั้นออก",
        "# Proposed from one file, and seen by nobody yet. A line with CHECK wants a person; delete the remark once settled.",
        *_head(proposal, options, agency),
        *_format(proposal),
    ]
    period = proposal.period
    date = f", from_date: {period.from_date}" if period.from_date else ""
    told = (
        Say(f"แฟ้มนี้บอกปีใน: {period.told}", f"this file says its year in: {period.told}")
        if period.told
        else None
    )
    lines.append(
        f"period: {{field: {period.field}, sources: {listed(period.sources)}{date}, year_min: {period.year_min}}}"
        + (checked(period.check) or (comment(str(told)) if told else ""))
    )
    lines.append("columns:")
    filled: dict[str, list[Match]] = {}
    for match in matches:
        if match.field is not None:
            filled.setdefault(match.field, []).append(match)
    for group in filled.values():
        lines += _column_line(group, proposal)
    for match in matches:
        if match.target == PERSONAL:
            headers = listed([match.column.header, *match.column.also])
            lines.append(f"  - {{headers: {headers}, personal: true}}{checked(match.check, match.others)}")
    ignored = [m for m in matches if m.field is None and m.target != PERSONAL]
    if ignored:
        lines.append("ignore_headers:")
        for match in ignored:
            for header in (match.column.header, *match.column.also):
                lines.append(f"  - {quoted(header)}{checked(match.check, match.others)}")
    lines.append(f"key: {listed(proposal.key.fields)}{checked(proposal.key.check)}")
    if proposal.sums:
        lines.append("parts:")
        lines += [f"  - {{total: {total}, parts: {listed(parts)}}}" for total, parts in proposal.sums]
    if proposal.not_above:
        lines.append("not_above:")
        lines += [f"  - {{lesser: {lesser}, greater: {greater}}}" for lesser, greater in proposal.not_above]
    if proposal.not_data:
        why = Say("แถวผลรวมหรือหัวข้อ ไม่ใช่ข้อมูล", "totals or headings, no records")
        lines.append(f"not_data: {{labels: {listed(proposal.not_data)}}}{checked(why)}")
    return "\n".join(lines) + "\n"


def agency_text(code: str, options: Options) -> str:
    """`agency.yml` of a new agency; what was not given is its code, to be mended."""
    given = {
        "name_th": options.agency_name_th,
        "name_en": options.agency_name_en,
        "short_th": options.agency_short_th or options.agency_short_en,
        "short_en": options.agency_short_en or options.agency_short_th,
    }
    missing = Say("ใส่ชื่อหน่วยงาน", "fill in the agency's name")
    lines = [f"code: {code}"]
    lines += [
        f"{name}: {quoted(text) if text else quoted(code.upper()) + checked(missing)}"
        for name, text in given.items()
    ]
    return "\n".join(lines) + "\n"


def read_contract(text: str, path: Path) -> Contract:
    """The contract that a text makes.

    Raises:
        ContractError: it is none; the file could not be described whole.
    """
    try:
        return Contract.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        raise ContractError(tuple((path, 1, message) for _, message in mistakes(error))) from error


def read_agency(text: str, path: Path) -> Agency:
    """The agency that a text makes.

    Raises:
        ContractError: it is none.
    """
    try:
        return Agency.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        raise ContractError(tuple((path, 1, message) for _, message in mistakes(error))) from error

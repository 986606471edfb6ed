"""Whatever the bytes: an answer in the officer's words, never a crash, and every row accounted for.

`conform` (made_files) holds each report to these promises; our own faults are raised here, not told.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.readers.workbook_bounds import Bounds, workbook_bounds
from tests.unit.made_files import (
    AREAS,
    FUNDS,
    HEAD,
    KINDS,
    TABLE,
    Run,
    as_csv,
    as_json,
    as_ods,
    as_xlsx,
    as_xml,
    as_zip,
    conform,
    ods_cell,
    ods_of,
    sound_file,
)

ENDINGS = ("csv", "txt", "tsv", "xlsx", "xlsm", "xls", "ods", "json", "jsonl", "ndjson", "xml", "zip")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
many = settings(max_examples=25, deadline=None)
some = settings(max_examples=15, deadline=None)


@pytest.fixture(autouse=True, scope="module")
def _our_own_errors_are_raised() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAMBON_DEBUG", "1")
        yield


@cache
def sound(kind: str) -> bytes:
    return sound_file(kind)


def is_answered(run: Run) -> None:
    """Either the file is refused with a reason, or rows are read."""
    assert "cannot_read" not in run.errors
    assert run.errors or run.report.rows_in > 0 or run.report.sheets


# ---- any bytes under any name ----


@given(st.sampled_from(ENDINGS), st.binary(max_size=400))
@example("json", b"\xff\xfe[\x00")
@example("xml", b"\xff\xfe<\x00a\x00/\x00>\x00")
@example("csv", b"\xff\xfe")
@example("csv", b"\xfe\xff\x00")
@example("zip", b"PK\x05\x06" + b"\x00" * 18)
@example("xlsx", b"PK\x05\x06" + b"\xff" * 18)
@example("xls", OLE)
@many
def test_random_bytes(ending: str, data: bytes) -> None:
    is_answered(conform(data, f"f.{ending}"))


STARTS = {
    "csv": [",".join(HEAD).encode() + b"\n"],
    "tsv": ["\t".join(HEAD).encode() + b"\n"],
    "xls": [OLE, OLE + b"\x00" * 512],
    "json": [b"[", b'[{"', b'{"records": [', b"\xef\xbb\xbf[{"],
    "jsonl": [b'{"a": 1}\n', b'{"'],
    "xml": [b"<", b"<?xml version='1.0' encoding='", b"<d><r>", b"<!DOCTYPE "],
    "xlsx": [b"PK\x03\x04"],
    "zip": [b"PK\x03\x04", b"PK\x05\x06"],
    "ods": [b"PK\x03\x04"],
}


@given(st.data(), st.sampled_from(sorted(STARTS)), st.binary(max_size=200))
@many
def test_random_bytes_behind_a_sound_start(data: st.DataObject, ending: str, tail: bytes) -> None:
    is_answered(conform(data.draw(st.sampled_from(STARTS[ending])) + tail, f"f.{ending}"))


# ---- sound files, damaged ----


@given(st.sampled_from(KINDS), st.floats(0, 1))
@many
def test_a_file_cut_anywhere(kind: str, where: float) -> None:
    whole = sound(kind)
    data = whole[: int(where * (len(whole) - 1))]
    run = conform(data, f"f.{kind}")
    is_answered(run)
    if kind not in ("csv", "tsv", "jsonl", "xls"):  # blank sectors may end an .xls
        assert run.errors or data.rstrip() == whole.rstrip(), "half of such a file is no file"


@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=3)), max_size=4),
)
@many
def test_a_file_with_some_bytes_changed(kind: str, changes: list[tuple[float, bytes]]) -> None:
    data = bytearray(sound(kind))
    for where, value in changes:
        at = int(where * (len(data) - 1))
        data[at : at + len(value)] = value
    is_answered(conform(bytes(data), f"f.{kind}"))


@given(st.sampled_from(KINDS), st.sampled_from(ENDINGS))
@some
def test_a_file_under_another_kinds_name(kind: str, ending: str) -> None:
    is_answered(conform(sound(kind), f"f.{ending}"))


@pytest.mark.parametrize("seed", range(12))
def test_parts_of_a_workbook_changed_and_packed_again(seed: int) -> None:
    """Damage that the zip's checksums do not show, because it was packed after."""
    chance = random.Random(seed)
    kind = chance.choice(("xlsx", "ods"))
    with zipfile.ZipFile(io.BytesIO(sound(kind))) as archive:
        parts = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    for _ in range(chance.randint(1, 3)):
        part = parts[chance.choice(sorted(parts))]
        at = chance.randrange(max(1, len(part)))
        if chance.random() < 0.3:
            del part[at:]
        else:
            part[at : at + 1] = bytes([chance.randrange(256)])
    is_answered(conform(as_zip({name: bytes(part) for name, part in parts.items()}), f"f.{kind}"))


# ---- encodings ----

ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp874", "tis-620", "latin-1", "cp1252", "utf-7",
    "shift_jis", "gb18030", "mac-roman",
)  # fmt: skip


@given(st.sampled_from(("csv", "tsv", "json", "jsonl", "xml")), st.sampled_from(ENCODINGS))
@settings(max_examples=40, deadline=None)
def test_any_encoding(kind: str, encoding: str) -> None:
    run = conform(sound(kind).decode().encode(encoding, "replace"), f"f.{kind}")
    is_answered(run)
    if encoding in ("utf-8", "utf-8-sig", "utf-16", "cp874", "tis-620"):
        assert run.report.rows_conformed == 2 and run.rows["fund_name"][0] == "กองทุนบ้านหนึ่ง"
    elif run.report.rows_conformed:
        assert run.rows["fund_name"][0] == "กองทุนบ้านหนึ่ง", "read wrongly without a word"


@given(
    st.sampled_from(("csv", "json", "xml")),
    st.floats(0, 1),
    st.sampled_from(("cp874", "utf-16-le", "latin-1")),
)
@some
def test_an_encoding_within_another(kind: str, where: float, encoding: str) -> None:
    text = sound(kind).decode()
    at = int(where * len(text))
    foreign = "กข".encode(encoding, "replace")
    run = conform(text[:at].encode() + foreign + text[at:].encode(), f"f.{kind}")
    is_answered(run)


@pytest.mark.parametrize("kind", ["csv", "json", "xml"])
def test_thai_converted_wrongly_before_is_refused(kind: str) -> None:
    garbled = sound(kind).decode("latin-1").encode()
    assert set(conform(garbled, f"f.{kind}").errors) & {"mojibake", "undecodable"}


# ---- what stands in cells ----

NASTY = (
    '"', '""', "'", ",", ";", "\t", "\n", "\r\n", "\r", "\x00", "\x0b", "\x1a", "\x85", "\u2028", "\u202e", "\u200b", "\ufeff",
    "=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1", "-1", "<script>", "&amp;", "]]>", "{}", "[1]", "\\", "\U0001f600",
    "9" * 400, "1e999", "-1e308", "0x10", "NaN", "Infinity", "๑๒๓", "#REF!", "รวม", "รวมทั้งสิ้น", "หมายเหตุ", "x" * 5000,
)  # fmt: skip
nasty = st.lists(st.sampled_from(NASTY) | st.text(max_size=6), max_size=4).map("".join)
XML_CANNOT = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


@given(st.lists(st.lists(nasty, min_size=len(HEAD), max_size=len(HEAD)), min_size=1, max_size=6))
@many
def test_anything_in_cells_of_any_kind(rows: list[list[str]]) -> None:
    records = [dict(zip(HEAD, row, strict=True)) for row in rows]
    for kind, data in (
        ("csv", as_csv([HEAD, *rows])),
        ("tsv", as_csv([HEAD, *rows], "\t")),
        ("json", as_json(records)),
        ("xml", as_xml([{k: v.translate(XML_CANNOT) for k, v in r.items()} for r in records])),
        ("ods", as_ods({"a": [HEAD, *([cell.translate(XML_CANNOT) for cell in row] for row in rows)]})),
    ):
        run = conform(data, f"f_2566.{kind}")
        is_answered(run)
        if kind == "json":
            assert run.errors or run.report.rows_in <= len(rows)


@given(st.lists(st.lists(nasty, max_size=9), max_size=8), st.sampled_from((FUNDS, AREAS)))
@many
def test_rows_of_any_length(rows: list[list[str]], contract: Any) -> None:
    head = HEAD if contract is FUNDS else ("รหัสตำบล", "ตำบล", "ประชากร", "ชาย")
    is_answered(conform(as_csv([head, *rows]), "f_2566.csv", contract))


scalar = st.none() | st.booleans() | st.integers() | st.floats() | nasty
deep = st.recursive(
    scalar,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(nasty, inner, max_size=3),
    max_leaves=12,
)


@given(deep)
@many
def test_any_json(value: Any) -> None:
    is_answered(conform(json.dumps(value).encode(), "f.json"))
    known = [{**dict.fromkeys(HEAD, "1"), "x": value}, dict(zip(HEAD, TABLE[1], strict=True))]
    for wrapped in (known, {"result": {"records": known, "x": value}}):
        is_answered(conform(json.dumps(wrapped).encode(), "f.json"))


names = st.sampled_from(("a", "ข", "row", "x:r", "data", "ns:a", "xmlns", "_"))


@st.composite
def xml_tree(draw: st.DrawFn, depth: int = 0) -> str:
    name = draw(names)
    attributes = "".join(
        f' a{i}="{draw(st.sampled_from(("1", "ก", "&lt;")))}"' for i in range(draw(st.integers(0, 2)))
    )
    inner = draw(st.lists(xml_tree(depth + 1), max_size=3)) if depth < 4 else []
    text = draw(
        st.sampled_from(("", "1", "ก", "<![CDATA[<]]>", "<!-- x -->", "<?pi?>", "&#3585;", "&bad;", "&#0;"))
    )
    return f"<{name}{attributes}>{text}{''.join(inner)}</{draw(names) if draw(st.integers(0, 30)) == 0 else name}>"


@given(xml_tree())
@many
def test_any_xml(tree: str) -> None:
    is_answered(conform(tree, "f.xml"))
    is_answered(conform(f"<d xmlns:x='u' xmlns:ns='v'>{tree}{tree}</d>", "f.xml"))


# ---- archives ----


@given(
    st.dictionaries(
        st.sampled_from(("a.csv", "ข.json", "README.txt", "b/c.xml", "d.xlsx", "e.pdf", "..", "f", "g.CSV", ".h.csv", "i.txt")),
        st.sampled_from(("csv", "json", "xml", "xlsx", "junk", "empty")),
        max_size=4,
    )
)  # fmt: skip
@some
def test_any_members(members: dict[str, str]) -> None:
    content = {"junk": b"\xff\x00junk", "empty": b""}
    data = as_zip(
        {name: content.get(kind) or (sound(kind) if kind in KINDS else b"") for name, kind in members.items()}
    )
    run = conform(data, "f.zip")
    is_answered(run)
    told = [one.sheet for one in (*run.report.errors, *run.report.warnings)] + [
        s.name for s in run.report.sheets
    ]
    if not run.errors:
        for name in members:
            assert any(sheet.startswith(name) for sheet in told), f"{name} vanished"


def nested_bomb(levels: int) -> bytes:
    """In the way of 42.zip: zips of zips, each of sixteen copies."""
    data = as_zip({"0.csv": b"0" * 1_000_000})
    for _ in range(levels):
        data = as_zip({f"{n}.zip": data for n in range(16)})
    return data


def overlapping_bomb(copies: int = 100) -> bytes:
    """Many entries of the directory that share one part (no nesting, no high ratio each)."""
    inner = as_zip({"a0000.csv": b"1,2\n" * 1000})
    start = inner.index(b"PK\x01\x02")
    entry = inner[start : inner.index(b"PK\x05\x06")]
    body, directory = inner[:start], b""
    for number in range(copies):
        directory += entry.replace(b"a0000.csv", b"a%04d.csv" % number)
    end = b"PK\x05\x06" + b"\x00" * 4 + copies.to_bytes(2, "little") * 2
    return (
        body
        + directory
        + end
        + len(directory).to_bytes(4, "little")
        + start.to_bytes(4, "little")
        + b"\x00\x00"
    )


def high_ratio_bomb(kind: str) -> bytes:
    zeros = b"0" * (120 << 20)
    return as_zip(
        {"a.csv": zeros} if kind == "zip" else {"xl/workbook.xml": b"x", "xl/worksheets/sheet1.xml": zeros}
    )


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (lambda: nested_bomb(3), "f.zip", "zip_nested"),
        (overlapping_bomb, "f.zip", "unpacks_too_large"),
        (lambda: high_ratio_bomb("zip"), "f.zip", "unpacks_too_large"),
        (lambda: high_ratio_bomb("xlsx"), "f.xlsx", "unpacks_too_large"),
    ],
)
def test_bombs(data: Any, name: str, code: str) -> None:
    assert conform(data(), name).errors == [code]


# ---- width ----


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods", "json", "xml"])
def test_two_hundred_columns(kind: str) -> None:
    """All are read and told: those that the contract does not know forbid admission, and none vanishes."""
    more = [f"คอลัมน์{i}" for i in range(200 - len(HEAD))]
    table = [(*HEAD, *more), *((*row, *map(str, range(len(more)))) for row in TABLE[1:])]
    records = [dict(zip(table[0], row, strict=True)) for row in table[1:]]
    made = {
        "csv": lambda: as_csv(table),
        "xlsx": lambda: as_xlsx({"a": table}),
        "ods": lambda: as_ods({"a": table}),
        "json": lambda: as_json(records),
        "xml": lambda: as_xml(records),
    }
    run = conform(made[kind](), f"f.{kind}")
    assert run.report.errors == [] and run.report.rows_conformed == 2
    assert run.report.unknown_headers == more


def test_a_workbook_of_two_sheets_as_libreoffice_writes_it_is_not_too_large(tmp_path: Path) -> None:
    """Each sheet says its columns and ends in a million blank rows: what another sheet follows holds no cell."""
    columns = '<table:table-column table:number-columns-repeated="16384"/>'
    row = f'<table:table-row table:style-name="ro1">{ods_cell("ก")}</table:table-row>'
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    rest = f'<table:table-row table:number-rows-repeated="1042576">{blank}</table:table-row>'
    tables = "".join(f'<table:table table:name="{n}">{columns}{row * 6000}{rest}</table:table>' for n in "ab")
    path = tmp_path / "f.ods"
    path.write_bytes(ods_of(tables))
    assert workbook_bounds(path, "ods") == Bounds()

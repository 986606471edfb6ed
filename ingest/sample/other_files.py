"""Deliveries that are no workbook: tables of text, OpenDocument, JSON and XML, written whole from columns of text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import polars as pl

_ZIP_TIME = (2007, 1, 30, 0, 0, 0)  # fixed, so that bytes depend on the content alone
_PLAIN_NUMBER = r"^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?$"
_ODS_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
)
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ODS_ROW = ("<table:table-row>", "</table:table-row>")
_ODS_TEXT, _ODS_END = '<table:table-cell office:value-type="string"><text:p>', "</text:p></table:table-cell>"
_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def _lines(rows: Sequence[Sequence[str]], width: int) -> pl.DataFrame:
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    return pl.DataFrame(padded, schema={f"c{i}": pl.String for i in range(width)}, orient="row")


def text_table(
    rows: pl.DataFrame, heads: Sequence[Sequence[str]], footer: Sequence[Sequence[str]], encoding: str
) -> bytes:
    """CSV with lines above and below the records, padded to its width as a spreadsheet saves it.

    Raises:
        UnicodeEncodeError: the encoding has no such letter.
    """
    renamed = rows.rename(dict(zip(rows.columns, [f"c{i}" for i in range(rows.width)], strict=True)))
    whole = pl.concat([_lines(heads, rows.width), renamed, _lines(footer, rows.width)])
    buffer = io.BytesIO()
    whole.write_csv(buffer, include_header=False, line_terminator="\r\n")
    content = buffer.getvalue()
    return content if encoding == "utf-8" else content.decode("utf-8").encode(encoding)


def _escaped(cell: pl.Expr) -> pl.Expr:
    return cell.str.replace_many(["&", "<", ">", '"'], ["&amp;", "&lt;", "&gt;", "&quot;"])


def _joined(frame: pl.DataFrame, cells: list[pl.Expr], before: str, after: str, separator: str = "") -> str:
    row = pl.concat_str([pl.lit(before), pl.concat_str(cells, separator=separator), pl.lit(after)])
    return "\n".join(frame.select(row.alias("r"))["r"].to_list())


def xml_rows(rows: pl.DataFrame, numbers: set[str]) -> bytes:
    """`<data><row _id="1">…` with one element a column, named as its header (which must be an XML name)."""
    cells = [pl.concat_str([pl.lit(f"<{c}>"), _escaped(pl.col(c)), pl.lit(f"</{c}>")]) for c in rows.columns]
    number = (pl.int_range(pl.len()) + 1).cast(pl.String)
    opened = [pl.concat_str([pl.lit('<row _id="'), number, pl.lit('">')]), *cells]
    return (_XML + "<data>\n" + _joined(rows, opened, "", "</row>") + "\n</data>\n").encode()


def json_lines(rows: pl.DataFrame, numbers: set[str]) -> bytes:
    """One object a line; cells of `numbers` that read as plain numbers are numbers, blanks are null."""
    escapes = (["\\", '"'], ["\\\\", '\\"'])
    cells = []
    for name in rows.columns:
        cell = pl.col(name)
        text = pl.concat_str([pl.lit('"'), cell.str.replace_many(*escapes), pl.lit('"')])
        plain = cell.str.contains(_PLAIN_NUMBER) if name in numbers else pl.lit(False)
        value = pl.when(cell == "").then(pl.lit("null")).when(plain).then(cell).otherwise(text)
        cells.append(pl.concat_str([pl.lit(f'"{name}": '), value]))
    return (_joined(rows, cells, "{", "}", ", ") + "\n").encode()


def open_document(
    rows: pl.DataFrame, heads: Sequence[Sequence[str]], footer: Sequence[Sequence[str]], sheet: str, numbers: frozenset[str]
) -> bytes:  # fmt: skip
    """An .ods of one sheet; cells of `numbers` that read as plain numbers are numbers."""

    def texts(lines: Sequence[Sequence[str]]) -> str:
        frame = _lines(lines, rows.width)
        cells = [
            pl.concat_str([pl.lit(_ODS_TEXT), _escaped(pl.col(c)), pl.lit(_ODS_END)]) for c in frame.columns
        ]
        return _joined(frame, cells, *_ODS_ROW) if lines else ""

    cells = []
    for name in rows.columns:
        cell = pl.col(name)
        text = pl.concat_str([pl.lit(_ODS_TEXT), _escaped(cell), pl.lit(_ODS_END)])
        float_cell = '<table:table-cell office:value-type="float" office:value="'
        number = pl.concat_str([pl.lit(float_cell), cell, pl.lit('"><text:p>'), cell, pl.lit(_ODS_END)])
        plain = cell.str.contains(_PLAIN_NUMBER) if name in numbers else pl.lit(False)
        cells.append(
            pl.when(cell == "").then(pl.lit("<table:table-cell/>")).when(plain).then(number).otherwise(text)
        )
    body = "\n".join(part for part in (texts(heads), _joined(rows, cells, *_ODS_ROW), texts(footer)) if part)
    content = (
        f'{_XML}<office:document-content {_ODS_NAMES} office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="{sheet}">\n{body}\n</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    entries = (("/", _ODS_TYPE), ("content.xml", "text/xml"))
    listed = "".join(
        f'<manifest:file-entry manifest:full-path="{p}" manifest:media-type="{m}"/>' for p, m in entries
    )
    names = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2"'
    manifest = f"{_XML}<manifest:manifest {names}>{listed}</manifest:manifest>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, part, how in (
            ("mimetype", _ODS_TYPE, zipfile.ZIP_STORED),
            ("META-INF/manifest.xml", manifest, zipfile.ZIP_DEFLATED),
            ("content.xml", content, zipfile.ZIP_DEFLATED),
        ):
            archive.writestr(zipfile.ZipInfo(path, _ZIP_TIME), part.encode(), how)
    return buffer.getvalue()

"""What a delivery's build says of it: headers that come again, columns that say nothing, sheets that are one sheet twice."""

from __future__ import annotations

from expectations.contract_rules import conformed_column
from expectations.delivery_records import all_fields
from expectations.scratch import Scratch
from expectations.tables import sql_text
from ingest.contract import Contract
from ingest.normalise.schema import PROVENANCE
from ingest.report import ConformReport

SHOWN = 12
"""Rows named in one finding about a whole file."""


def structure_facts(database: Scratch, contract: Contract, report: ConformReport) -> dict[str, object]:
    """Columns of `delivery_facts` about the delivery's structure; reads `records`, `typed`, `cells` and `rejected`."""
    return {
        **_headers_again(database, report),
        **_columns_said_twice(report),
        **_blank_columns(database, contract, report),
        **_worst_column(database, contract, report),
        **_copied_sheets(database, contract, report),
        **_formed_columns(database, contract, report),
    }


def _of(report: ConformReport) -> str:
    return f"delivery_id = {sql_text(report.delivery_id)}"


def _headers_again(database: Scratch, report: ConformReport) -> dict[str, object]:
    """Header rows among the data; one right under the header (in English, or numbers of columns) belongs to it."""
    header = {sheet.name: sheet.header_row or 0 for sheet in report.sheets}
    rows = database.rows(
        f"SELECT sheet, row_number FROM rejected WHERE {_of(report)} AND reason_code = 'header_row' ORDER BY ALL"
    )
    again = [(sheet, row) for sheet, row in rows if row > header.get(sheet, 0) + 1]
    told = ", ".join(f"{sheet} {row}".strip() for sheet, row in again[:SHOWN])
    return {"headers_again": len(again), "headers_again_text": told + (" …" if len(again) > SHOWN else "")}


def _columns_said_twice(report: ConformReport) -> dict[str, object]:
    def told(code: str) -> list[str]:
        return [f"{one.message_th} · {one.message_en}" for one in report.warnings if one.code == code]

    doubled, years = told("second_column_ignored"), told("period_sources_differ")
    return {
        "columns_doubled": len(doubled),
        "columns_doubled_text": "; ".join(doubled),
        "years_differ": len(years),
        "years_differ_text": "; ".join(years),
    }


def _blank_columns(database: Scratch, contract: Contract, report: ConformReport) -> dict[str, object]:
    """Columns that are there and say nothing in any row: no value, and nothing that could not be read either."""
    headers = {field: header for header, field in report.headers_matched.items()}
    fields = [field for field in headers if field in all_fields(contract)]
    none = {"columns_given": len(fields), "columns_blank": 0, "columns_blank_text": ""}
    if not fields or report.rows_conformed == 0:
        return none
    counts = ", ".join(f"count({conformed_column(field)})" for field in fields)
    (filled,) = database.rows(f"SELECT {counts} FROM records WHERE {_of(report)}")
    unread = {field for (field,) in database.rows(f"SELECT DISTINCT field FROM cells WHERE {_of(report)}")}
    blank = [
        headers[field]
        for field, count in zip(fields, filled, strict=True)
        if count == 0 and field not in unread
    ]
    return none | {"columns_blank": len(blank), "columns_blank_text": ", ".join(blank)}


def _worst_column(database: Scratch, contract: Contract, report: ConformReport) -> dict[str, object]:
    """The column of which the largest share could not be read."""
    worst = database.rows(
        f"""
        SELECT field, any_value(column_name), count(*) AS unread FROM cells
        WHERE {_of(report)} AND severity = 'warn' AND field IS NOT NULL
        GROUP BY field ORDER BY unread DESC, field LIMIT 1
        """
    )
    none = {"worst_unread": 0, "worst_cells": 0, "worst_text": ""}
    if not worst:
        return none
    field, column, unread = worst[0]
    typed = (
        database.rows(f'SELECT count("{field}") FROM typed WHERE {_of(report)}')
        if field in all_fields(contract)
        else []
    )
    filled = max(int(typed[0][0]) if typed else 0, int(unread))
    if typed and not int(typed[0][0]):  # conformed before cells were kept as typed
        filled = max(report.rows_conformed, int(unread))
    return {
        "worst_unread": int(unread),
        "worst_cells": filled,
        "worst_text": f"{column} ({unread:,} / {filled:,})",
    }


def _copied_sheets(database: Scratch, contract: Contract, report: ConformReport) -> dict[str, object]:
    """Sheets whose rows are those of another sheet of the file, whatever their order."""
    none = {"sheets_read": len(report.sheets), "sheets_copied": 0, "sheets_copied_text": ""}
    read = [sheet.name for sheet in report.sheets if sheet.rows_in]
    if len(read) < 2:
        return none
    columns = ", ".join(name for name in database.columns("records") if name not in PROVENANCE)
    rows = database.rows(
        f"""
        SELECT string_agg(sheet, ' = ' ORDER BY sheet), count(*) - 1 FROM (
            SELECT sheet, bit_xor(hash({columns})) AS content, count(*) AS height FROM records
            WHERE {_of(report)} GROUP BY sheet
        ) GROUP BY content, height HAVING count(*) > 1 AND any_value(height) > 1 ORDER BY ALL
        """
    )
    return none | {
        "sheets_copied": sum(int(count) for _, count in rows),
        "sheets_copied_text": "; ".join(str(names) for names, _ in rows),
    }


OWN_FORM = 0.2
"""From which share of a column's cells on a repair is how the office writes it, and no slip in a cell."""


def load_forms(database: Scratch) -> None:
    """Table `form`, grain delivery x field x note: repairs that so many cells of a column needed that they are its form."""
    fields = [
        name for name in database.columns("typed") if name not in ("delivery_id", "sheet", "row_number")
    ]
    filled = ", ".join(f'count("{field}") AS "{field}"' for field in fields)
    database.connection.execute(
        f"""
        CREATE TABLE form AS
        WITH filled AS (
            UNPIVOT (SELECT delivery_id, {filled} FROM typed GROUP BY delivery_id)
            ON COLUMNS(* EXCLUDE delivery_id) INTO NAME field VALUE cells
        ), noted AS (
            SELECT delivery_id, field, error_code, any_value(column_name) AS column_name, count(*) AS noted
            FROM cells WHERE severity = 'info' GROUP BY ALL
        )
        SELECT delivery_id, field, error_code, column_name, noted, cells
        FROM noted INNER JOIN filled USING (delivery_id, field)
        WHERE noted >= {OWN_FORM} * cells AND noted > 2
        """
    )


def _formed_columns(database: Scratch, contract: Contract, report: ConformReport) -> dict[str, object]:
    rows = database.rows(
        f"""
        SELECT concat(column_name, ' (', error_code, ': ', noted, ' / ', cells, ')') FROM form
        WHERE {_of(report)} AND error_code IN ('zero_padded', 'scientific_notation', 'excel_day_number', 'unit_suffix')
        ORDER BY ALL
        """
    )
    return {"columns_formed": len(rows), "columns_formed_text": "; ".join(str(text) for (text,) in rows)}

"""The rows behind figures: a table in parts of a sensible size, each a CSV that a spreadsheet opens as text and numbers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial

from dashboard import paths
from dashboard.model import SiteFile
from dashboard.source import Source
from release.spreadsheet import defused

BOM = "\ufeff".encode()


def csv_files(
    source: Source, table: str, part: str, query: str | None = None, order: str = "ALL"
) -> Iterator[SiteFile]:
    """One CSV for each value of `part` (an SQL expression over the table, or over `query`), at `paths.rows(table, value)`.

    Only parts whose rows changed are written again. UTF-8 with a mark for spreadsheets, formulas made harmless.
    """
    relation = f"({query})" if query else table
    keys = source.rows(
        f"SELECT ({part})::VARCHAR AS part, count(*) AS rows, bit_xor(hash(t))::VARCHAR AS seen, "
        f"sum(hash(t)::HUGEINT)::VARCHAR AS added FROM {relation} t GROUP BY 1 HAVING part IS NOT NULL ORDER BY 1"
    )
    columns = source.frame(f"SELECT * FROM {relation} LIMIT 0").columns
    for row in keys:
        yield SiteFile(
            paths.rows(table, row["part"]),
            f"{row['rows']}-{row['seen']}-{row['added']}-{len(columns)}",
            partial(_csv, source, relation, part, row["part"], order),
        )


def _csv(source: Source, relation: str, part: str, value: str, order: str) -> bytes:
    frame = source.frame(f"SELECT * FROM {relation} WHERE ({part})::VARCHAR = $1 ORDER BY {order}", [value])
    out = io.BytesIO()
    defused(frame).write_csv(out, include_bom=False, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    return BOM + out.getvalue()

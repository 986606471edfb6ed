"""The truth files of a sample: what was planted where, so that every later stage can be measured
against it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from ingest.sample.agencies.common import Written
from ingest.sample.changes import CHANGE_SCHEMA
from ingest.sample.draft import Draft, Expectation

DEFECT_SCHEMA = {
    "delivery_file": pl.String,
    "agency_code": pl.String,
    "feed_code": pl.String,
    "sheet": pl.String,
    "row_number": pl.Int64,
    "column_number": pl.Int64,
    "column": pl.String,
    "field": pl.String,
    "kind": pl.String,
    "expectation": pl.String,
    "value": pl.String,
    "detail": pl.String,
}
RESTATEMENT_SCHEMA = {
    "feed_code": pl.String,
    "delivery_file": pl.String,
    "fund_code": pl.String,
    "fiscal_year": pl.Int64,
    "measure": pl.String,
    "old": pl.Float64,
    "new": pl.Float64,
}
_TOTAL_SCHEMA = {
    "feed": pl.String,
    "fiscal_year": pl.Int64,
    "measure": pl.String,
    "rows": pl.Int64,
    "total": pl.Float64,
    "total_if_last_kept": pl.Float64,
}


@dataclass
class Truth:
    """Collected while the files are written; one frame a truth file at the end."""

    defects: list[pl.DataFrame] = field(default_factory=list)
    places: list[pl.DataFrame] = field(default_factory=list)
    totals: dict[tuple[str, int], list[dict[str, object]]] = field(default_factory=dict)
    restatements: list[pl.DataFrame] = field(default_factory=list)
    changes: list[pl.DataFrame] = field(default_factory=list)

    def add_rows(self, file: str, draft: Draft, written: Written) -> None:
        """The planted defects and every record's true place."""
        agency = draft.feed.split("/")[0]
        at = np.array([d.draft_row for d in draft.defects], dtype=np.int64)
        columns = [d.column for d in draft.defects]
        self.defects.append(
            pl.DataFrame(
                {
                    "delivery_file": [file] * len(at),
                    "agency_code": [agency] * len(at),
                    "feed_code": [draft.feed] * len(at),
                    "sheet": written.sheet[at].tolist(),
                    "row_number": written.row[at],
                    "column_number": [written.columns.index(c) + 1 for c in columns],
                    "column": [draft.headers[c] for c in columns],
                    "field": columns,
                    "kind": [d.kind for d in draft.defects],
                    "expectation": [d.expectation for d in draft.defects],
                    "value": [d.value for d in draft.defects],
                    "detail": [d.detail for d in draft.defects],
                },
                schema=DEFECT_SCHEMA,
            )
        )
        n = draft.height
        self.places.append(
            pl.DataFrame(
                {
                    "delivery_file": pl.Series([file]).new_from_index(0, n).cast(pl.Categorical),
                    "feed_code": pl.Series([draft.feed]).new_from_index(0, n).cast(pl.Categorical),
                    "sheet": pl.Series(written.sheet, dtype=pl.String).cast(pl.Categorical),
                    "row_number": written.row,
                    "tambon_code_true": pl.Series(draft.tambon_true, dtype=pl.String),
                    "kind": pl.Series(draft.place_kind, dtype=pl.String).cast(pl.Categorical),
                }
            )
        )

    def add_delivery(self, file: str, feed: str, kind: str, expectation: Expectation, detail: str) -> None:
        """A defect of a whole file: no sheet, row 0."""
        row = (file, feed.split("/", maxsplit=1)[0], feed, "", 0, 0, "", "", kind, expectation, "", detail)
        self.defects.append(pl.DataFrame([row], schema=DEFECT_SCHEMA, orient="row"))

    def set_totals(self, draft: Draft) -> None:
        """Sums of what is written, readable and not rejected; of rows with the same key the first
        counts (or the last).

        A later delivery of the same year takes the place of the earlier one.
        """
        first = ~draft.rejected & (draft.copy_of < 0)
        last = ~draft.rejected
        last[draft.copy_of[draft.copy_of >= 0]] = False
        self.totals[draft.feed, draft.year] = [
            {
                "feed": draft.feed,
                "fiscal_year": draft.year,
                "measure": name,
                "rows": int(np.isfinite(values[first]).sum()),
                "total": float(np.nansum(values[first])),
                "total_if_last_kept": float(np.nansum(values[last])),
            }
            for name, values in draft.numbers.items()
        ]

    def frames(self) -> dict[str, pl.DataFrame]:
        """Truth files by name, but for the links."""
        totals = [row for key in sorted(self.totals) for row in self.totals[key]]
        return {
            "truth_defects": pl.concat([pl.DataFrame(schema=DEFECT_SCHEMA), *self.defects]),
            "truth_places": pl.concat(self.places),
            "truth_totals": pl.DataFrame(totals, schema=_TOTAL_SCHEMA),
            "truth_restatements": pl.concat([pl.DataFrame(schema=RESTATEMENT_SCHEMA), *self.restatements]),
            "truth_changes": pl.concat([pl.DataFrame(schema=CHANGE_SCHEMA), *self.changes]),
        }

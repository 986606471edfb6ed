"""What conforming one delivery came to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingest.messages import Problem


class SheetReport(BaseModel):
    """One sheet: the header's row (1-based), rows below it, or why it was not read."""

    model_config = ConfigDict(extra="forbid")

    name: str
    header_row: int | None = None
    rows_in: int = 0
    skipped_reason: str | None = None


class FileTotal(BaseModel):
    """A grand total printed in the file beside the sum of its conformed rows (both in the measure's
    own unit)."""

    model_config = ConfigDict(extra="forbid")

    sheet: str
    row_number: int
    measure: str
    printed: float
    summed: float


class ConformReport(BaseModel):
    """Counts, headers and problems of one delivery.

    Rows are rows of the source file below the header. A blank row counts (as not data) only where
    another row follows it.
    The paths are absolute. `cells_unreadable` counts cells
    of severity `warn`.
    A delivery with `errors`, `missing_required` or `unknown_headers` is not to be admitted.
    """

    model_config = ConfigDict(extra="forbid")

    delivery_id: str
    feed_code: str
    record_kind: str
    file_name: str
    contract_version: int
    contract_fingerprint: str
    conform_version: int
    conformed_path: Path
    rejected_path: Path
    cells_path: Path
    typed_path: Path | None = Field(
        default=None,
        description="conformed rows as they were typed: sheet, row_number, and a text column a field",
    )
    is_partial: bool = Field(
        default=False, description="rows of a mending list: a few of a period, never all"
    )
    encoding: str | None = None
    sheets: list[SheetReport] = Field(default_factory=list)
    headers_matched: dict[str, str] = Field(default_factory=dict)
    unknown_headers: list[str] = Field(default_factory=list)
    missing_required: list[str] = Field(default_factory=list)
    personal_dropped: list[str] = Field(default_factory=list)
    rows_in: int = 0
    rows_conformed: int = 0
    rows_rejected: int = 0
    rows_not_data: int = 0
    cells_read: int = Field(
        default=0, description="cells of mapped columns in data rows: the base of the rate of unreadable ones"
    )
    cells_unreadable: int = 0
    repairs: dict[str, int] = Field(default_factory=dict, description="cells repaired, by kind")
    first_year: int | None = None
    last_year: int | None = None
    errors: list[Problem] = Field(default_factory=list)
    warnings: list[Problem] = Field(default_factory=list)
    totals_in_file: list[FileTotal] = Field(default_factory=list)
    seconds: float = 0.0
    from_cache: bool = Field(default=False, exclude=True)

    @model_validator(mode="after")
    def _every_row_is_accounted_for(self) -> Self:
        if self.rows_in != self.rows_conformed + self.rows_rejected + self.rows_not_data:
            raise ValueError("rows_in must be rows_conformed + rows_rejected + rows_not_data")
        return self

    def dump(self) -> dict[str, Any]:
        """As plain JSON values."""
        return self.model_dump(mode="json")

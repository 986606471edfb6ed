"""What to type in a cell that could not be read, where the cell itself says it. Only distinct cells are looked at."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from expectations.scratch import Scratch, quoted
from ingest.contract import Contract

NEAR = 75.0
"""From which likeness on (0 to 100) a label is likely a spelling of a declared one."""
_SCHEMA = dict.fromkeys(("field", "error_code", "value", "suggested_value", "suggestion"), pl.String())
_NUMBERS = ("unreadable_number", "unit_mismatch", "not_whole", "out_of_bounds")
_READ_ANEW = "อาจหมายถึง · may be meant: {}"


def load_suggestions(database: Scratch, contract: Contract) -> None:
    """Make table `suggestion`, grain field x error x cell's text, from the distinct texts of table `cells`."""
    rows = database.rows(
        "SELECT DISTINCT field, error_code, value FROM cells WHERE severity = 'warn' AND value IS NOT NULL"
    )
    cells = pl.DataFrame(
        rows, schema=dict.fromkeys(("field", "error_code", "value"), pl.String), orient="row"
    )
    found = suggested(cells, contract)
    with tempfile.TemporaryDirectory(prefix="tambon-suggestions-") as folder:
        path = Path(folder) / "suggestion.parquet"
        found.write_parquet(path)
        database.connection.execute(
            f"CREATE OR REPLACE TABLE suggestion AS SELECT * FROM read_parquet('{quoted(path)}')"
        )


def suggested(cells: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """What each unreadable cell (`field, error_code, value`) may have been meant as; cells that do not say are left out."""
    numbers = cells.filter(pl.col("error_code").is_in(_NUMBERS)).with_columns(
        suggested_value=_number("value")
    )
    parts = [numbers, _labels(cells.filter(error_code="unknown_label"), contract)]
    found = pl.concat([part.select("field", "error_code", "value", "suggested_value") for part in parts])
    found = found.filter(
        pl.col("suggested_value").is_not_null() & (pl.col("suggested_value") != pl.col("value"))
    )
    return found.with_columns(suggestion=pl.format(_READ_ANEW, "suggested_value")).select(
        pl.col(name).cast(kind) for name, kind in _SCHEMA.items()
    )


def _number(column: str) -> pl.Expr:
    """The number that a cell was meant as: separators in the wrong place go, letters typed for digits are digits.

    A comma before one or two last digits is the decimal point where nothing else separates thousands ('1314100,50') or dots
    do ('1.234.567,50'). '12,34' may be either, and '5,6' two numbers: nothing is said where no group has three digits. A
    minus where nothing can be negative is taken for a slip.
    """
    text = pl.col(column).str.strip_chars().str.replace_many(list("๐๑๒๓๔๕๖๗๘๙"), list("0123456789"))
    bare = text.str.replace(r"^(?:ประมาณ|ราว|เกือบ|~|≈)\s*", "").str.replace(
        r"\s*(?:บาทถ้วน|บาท|คน|ราย|ครัวเรือน|กองทุน|แห่ง|\.-|-)$", ""
    )
    digits = bare.str.replace_all(r"(?:[oO])", "0").str.replace_all(r"[lI|]", "1")
    is_typo = bare.str.contains(r"^[\d,.]*[oOlI|][\d,.oOlI|]*$") & bare.str.contains(r"\d")
    typed = pl.when(is_typo).then(digits).otherwise(bare)
    unsigned = typed.str.replace(r"^[-−–]\s*", "").str.replace(r"^\((.*)\)$", "${1}")
    plain = unsigned.str.contains(r"^\d+(?:\.\d+)?$") | unsigned.str.contains(
        r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$"
    )
    decimal = unsigned.str.contains(r"^\d{4,},\d{1,2}$") | unsigned.str.contains(
        r"^\d{1,3}(?:[. ]\d{3})+,\d{1,2}$"
    )
    misplaced = unsigned.str.contains(r"^\d[\d, ]*,[\d, ]*\d(?:\.\d+)?$") & unsigned.str.contains(r"\d{3}")
    dotted = unsigned.str.contains(r"^\d{1,3}(?:\.\d{3}){2,}$")  # 1.234.567
    together = unsigned.str.replace_all(r"[, ]", "")
    return (
        pl.when(decimal)
        .then(unsigned.str.replace_all(r"[. ]", "").str.replace(",", ".", literal=True))
        .when(plain | misplaced).then(together)
        .when(dotted).then(unsigned.str.replace_all(".", "", literal=True))
        .when(unsigned.str.contains(r"^\d+(?:\.\d+){2}$")).then(unsigned.str.replace(".", "", literal=True))
    )  # fmt: skip


def _labels(cells: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The declared label that an unknown one is nearest to."""
    from rapidfuzz import fuzz, process

    found = []
    for (field,), group in cells.group_by("field"):
        column = contract.by_field.get(str(field))
        labels = [label for label in (column.lookup or {}) if len(label) > 1] if column else []
        if labels:
            values = group["value"].to_list()
            best = [
                process.extractOne(value, labels, scorer=fuzz.ratio, score_cutoff=NEAR) for value in values
            ]
            found.append(
                group.with_columns(
                    suggested_value=pl.Series([one[0] if one else None for one in best], dtype=pl.String)
                )
            )
    return pl.concat(found) if found else cells.with_columns(suggested_value=pl.lit(None, pl.String)).head(0)

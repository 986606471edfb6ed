"""Text that a spreadsheet program will not run: see `ingest.spreadsheet`."""

from ingest.spreadsheet import FORMULA_START, PLAIN_NUMBER, defused

__all__ = ["FORMULA_START", "PLAIN_NUMBER", "defused"]

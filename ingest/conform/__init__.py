"""Conform: one delivered file, read as its contract says, into typed Parquet. Pure: the same bytes give the same rows."""

from ingest.conform.file import CONFORM_VERSION, MAX_ROWS, conform_arrival, conform_file

__all__ = ["CONFORM_VERSION", "MAX_ROWS", "conform_arrival", "conform_file"]

"""Turning cells into values: one module a kind of cell. Every function takes and gives whole Polars
columns."""

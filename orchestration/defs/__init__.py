"""Dagster definitions, one module a stage. Each asset calls one function of `orchestration.steps` and reports what it did."""

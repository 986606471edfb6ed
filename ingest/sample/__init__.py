"""Synthetic agencies: deterministic deliveries in each agency's own messy format, over real
geography, with their truth.

Every figure, person and fund is invented; only place names and codes are real. See `write.write_sample`.
"""

from ingest.sample.write import SampleRefused, SampleReport, write_sample

__all__ = ["SampleRefused", "SampleReport", "write_sample"]

"""Write every reference table as Parquet into a home; skipped while their inputs are unchanged."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from geothai import DATA_VERSION

from ingest.contract import Contracts, Fields, load_fields
from ingest.contract.load import load_agencies
from ingest.contract.model import Agency
from ingest.home import Home
from ingest.reference.gazetteer import gazetteer_tables
from ingest.reference.seeds import Seeds, load_seeds

# Raise it whenever this package writes other rows or columns from the same inputs.
REFERENCE_VERSION = 2
_STAMP = "reference.json"

_Schema = dict[str, type[pl.DataType]]


def _texts(columns: str) -> _Schema:
    return dict.fromkeys(columns.split(), pl.String)


_MEASURE = _texts(
    "measure_code kind label_th label_en unit adds_over_funds adds_over_time people_or_memberships"
    " definition_th definition_en"
)
_MEASURE_DEFINITION = _texts("measure_code programme_code definition_th definition_en")
_PROGRAMME = _texts("programme_code label_th label_en family owner_agency") | {"preference": pl.Int32}
_AGENCY = _texts("agency_code name_th name_en short_th short_en")
_FEED = _texts("feed_code agency_code record_kind programme_code title_th title_en cadence") | {
    "allowed_lag_days": pl.Int32,
    "contract_version": pl.Int32,
    "contract_fingerprint": pl.String,
}


@dataclass(frozen=True)
class ReferenceReport:
    """What `build_reference` did: rows by table; `rebuilt` is False where the files were up to date."""

    folder: Path
    fingerprint: str
    data_version: str
    rebuilt: bool
    rows: Mapping[str, int]
    seconds: float


def contract_tables(
    contracts: Contracts, fields: Fields, agencies: Mapping[str, Agency]
) -> dict[str, pl.DataFrame]:
    """The tables that describe what contracts declare: measure, measure_definition, programme, agency, feed.

    Columns as in docs/architecture.md; rows in order of their code. A feed whose records name their own
    programme has a NULL `programme_code`.
    """
    measures = [
        (
            code,
            kind,
            m.label_th,
            m.label_en,
            m.unit,
            m.adds_over_funds,
            m.adds_over_time,
            m.people_or_memberships,
            m.definition_th,
            m.definition_en,
        )
        for kind, group in (
            ("fund", fields.fund_measures),
            ("indicator", fields.indicators),
            ("site", fields.site_measures),
            ("event", fields.event_measures),
            ("total", fields.total_measures),
        )
        for code, m in group.items()
    ]
    definitions = [
        (d.measure, d.programme, d.definition_th, d.definition_en) for d in fields.definitions_by_programme
    ]
    programmes = [
        (code, p.label_th, p.label_en, p.family, p.owner_agency, place)
        for place, (code, p) in enumerate(fields.programmes.items(), start=1)
    ]
    senders = [(a.code, a.name_th, a.name_en, a.short_th, a.short_en) for a in agencies.values()]
    feeds = [
        (
            c.feed,
            c.agency_code,
            c.record_kind,
            c.programme,
            c.title.th,
            c.title.en,
            c.cadence,
            c.allowed_lag_days,
            c.version,
            c.fingerprint,
        )
        for c in contracts.values()
    ]
    return {
        "measure": _frame(measures, _MEASURE),
        "measure_definition": _frame(definitions, _MEASURE_DEFINITION),
        "programme": _frame(programmes, _PROGRAMME),
        "agency": _frame(senders, _AGENCY),
        "feed": _frame(feeds, _FEED),
    }


def _frame(rows: Sequence[tuple[object, ...]], schema: _Schema) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row").sort(next(iter(schema)), maintain_order=True)


def reference_fingerprint(
    contracts: Contracts, fields: Fields, agencies: Mapping[str, Agency], seeds: Seeds
) -> str:
    """Hash of everything the reference tables are made from (64 hex digits)."""
    content = {
        "reference_version": REFERENCE_VERSION,
        "geothai": DATA_VERSION,
        "seeds": seeds.fingerprint,
        "contracts": {feed: contract.fingerprint for feed, contract in contracts.items()},
        "fields": fields.model_dump(mode="json"),
        "agencies": {code: agency.model_dump(mode="json") for code, agency in agencies.items()},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _written(folder: Path, fingerprint: str) -> dict[str, int] | None:
    """Rows by table of the files on disk if they are whole and carry this fingerprint, else None."""
    try:
        stamp = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        rows = {str(name): int(count) for name, count in stamp["rows"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    whole = stamp.get("fingerprint") == fingerprint and all(
        (folder / f"{name}.parquet").is_file() for name in rows
    )
    return rows if whole else None


def _swap_in(fresh: Path, folder: Path) -> None:
    """Put `fresh` in the place of `folder`; killed between the renames it leaves none: the next rebuilds."""
    old = fresh.with_name(fresh.name + ".old")
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def build_reference(
    home: Home, contracts: Contracts, *, agencies: Mapping[str, Agency] | None = None
) -> ReferenceReport:
    """Bring `home.reference` up to date: `<table>.parquet` as in docs/architecture.md, and `reference.json`.

    Tables are written to a folder beside it and swapped in when all are whole. `agencies` are those of the
    product unless the contracts come from elsewhere.

    Raises:
        SeedError: a seed file cannot be used; the tables on disk stay as they were.
        ContractError: an `agency.yml` cannot be used.
    """
    started = time.perf_counter()
    fields = load_fields()
    agencies = load_agencies() if agencies is None else agencies
    seeds = load_seeds()
    fingerprint = reference_fingerprint(contracts, fields, agencies, seeds)
    rows = _written(home.reference, fingerprint)
    rebuilt = rows is None
    if rows is None:
        tables = gazetteer_tables(seeds) | contract_tables(contracts, fields, agencies)
        rows = {name: table.height for name, table in tables.items()}
        home.root.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=home.root, prefix=".reference-"))
        try:
            fresh.chmod(0o755)
            for name, table in tables.items():
                table.write_parquet(fresh / f"{name}.parquet", statistics=True)
            stamp = {"fingerprint": fingerprint, "data_version": DATA_VERSION, "rows": rows}
            (fresh / _STAMP).write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")
            _swap_in(fresh, home.reference)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return ReferenceReport(
        home.reference, fingerprint, DATA_VERSION, rebuilt, rows, time.perf_counter() - started
    )

"""The conformed rows of each admitted delivery as they were when it was admitted, for the day its feed cannot be worked on.

`admission/<delivery_id>/kept/` holds a hard link to the conformed file and its report: conforming anew makes another file, and
this one stays until the delivery is judged again.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pydantic import ValidationError

from expectations.admission import admission_folder, load_admission
from expectations.tables import sha256_of
from ingest.home import Home
from ingest.report import ConformReport


def keep_good(home: Home, report: ConformReport) -> None:
    """Keep an admitted delivery's rows; asked again for the same rows it does nothing.

    Raises:
        OSError: the home cannot be written.
    """
    folder = admission_folder(home, report.delivery_id) / "kept"
    rows, told = folder / report.conformed_path.name, folder / "report.json"
    if told.is_file() and rows.is_file() and rows.samefile(report.conformed_path):
        return
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".rows.{os.getpid()}"
    partial.unlink(missing_ok=True)
    try:
        os.link(report.conformed_path, partial)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(report.conformed_path, partial)
    partial.replace(rows)
    # A link to a file that is a link already changes nothing, and leaves the second name behind.
    partial.unlink(missing_ok=True)
    text = told.with_name(f".report.{os.getpid()}")
    text.write_text(report.model_dump_json(indent=1), encoding="utf-8")
    text.replace(told)


def last_good(home: Home, delivery_id: str, columns: set[str]) -> ConformReport | None:
    """An admitted delivery's report with the rows that were judged; None where it is held, or they are not as they were.

    Args:
        columns: what the warehouse needs of such rows; rows without one of them are of no use.
    """
    import polars as pl

    admission = load_admission(home, delivery_id)
    if admission is None or admission.status != "admitted":
        return None
    folder = admission_folder(home, delivery_id) / "kept"
    try:
        report = ConformReport.model_validate_json((folder / "report.json").read_bytes())
        rows = folder / Path(report.conformed_path).name
        same = report.delivery_id == delivery_id and sha256_of(rows) == admission.conformed_sha256
        whole = same and columns <= set(pl.read_parquet_schema(rows))
    except (OSError, ValidationError, pl.exceptions.PolarsError):
        return None
    return report.model_copy(update={"conformed_path": rows, "from_cache": True}) if whole else None

"""One file held against its contract in a throw-away home: the nightly job's own conform and admission."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from expectations.admission import Admission, admit_feed
from expectations.gx_runner import warm_up
from ingest.conform import conform_file
from ingest.contract import Contract
from ingest.home import Home
from ingest.report import ConformReport
from release.mending import list_of_file
from release.mending.content import MendingList
from release.spreadsheet import defused


@dataclass(frozen=True)
class FileCheck:
    """The verdict on one file. `findings` has the columns of `dq_finding`, one row a finding."""

    report: ConformReport
    admission: Admission
    findings: pl.DataFrame
    checks: pl.DataFrame
    results: pl.DataFrame

    def mending_list(self, path: Path, contract: Contract) -> MendingList:
        """The rows to mend of the very file that was checked, for `release.mending.book`."""
        return list_of_file(
            path,
            self.report.file_name,
            contract,
            self.report.delivery_id,
            self.findings,
            self.checks,
            self.results,
            self.report.rows_in,
            self.admission.measured_at,
        )

    def write_csv(self, path: Path) -> None:
        """Write the findings as CSV (UTF-8 with BOM for Excel); cells that a spreadsheet would run get a leading quote."""
        defused(self.findings).write_csv(path, include_bom=True)


def check_file(path: Path, contract: Contract) -> FileCheck:
    """Conform and judge one file. Never raises for what the file holds."""
    warming = warm_up()
    with tempfile.TemporaryDirectory(prefix="tambon-check-") as folder:
        home = Home(Path(folder))
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        delivery_id = f"{contract.agency_code}-{contract.feed_name}-{digest[:12]}"
        out = home.conformed / contract.record_kind / f"{contract.agency_code}.{contract.feed_name}"
        report = conform_file(path, contract, delivery_id, out, file_name=path.name)
        warming.join()
        admission = admit_feed(home, contract, [report])[0]
        tables = (
            pl.read_parquet(home.admission / delivery_id / f"{name}.parquet")
            for name in ("finding", "check", "result")
        )
        return FileCheck(report, admission, *tables)

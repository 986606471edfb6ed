"""What a release says about itself, and what its commands report."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InputFile(_Model):
    """One admitted delivery that the release was made from; who let it through and why, where a check had held it."""

    delivery_id: str
    feed_code: str
    file_name: str
    sha256: str
    rows: int
    admitted_because: str | None = None
    admitted_by: str | None = None
    decided_at: datetime | None = None


class ContractVersion(_Model):
    """The contract under which a feed was read."""

    feed_code: str
    version: str
    fingerprint: str


class StaleFeed(_Model):
    """A feed that the release shows as it was before: the age in days of its last admitted delivery, and why."""

    feed_code: str
    age_days: int | None
    last_admitted_delivery_id: str | None
    reason_th: str | None
    reason_en: str | None


class CheckSummary(_Model):
    """Counts of checks by outcome, and of findings by severity."""

    checks: int = 0
    passed: int = 0
    failed_block: int = 0
    failed_warn: int = 0
    failed_info: int = 0
    not_applicable: int = 0
    findings: dict[str, int] = Field(default_factory=dict)


class ColumnDoc(_Model):
    """A column's title and description; unit is THB, persons, households, funds or None."""

    title: str | None = None
    description: str | None = None
    unit: str | None = None


class TableSpec(_Model):
    """A table to publish. `keys` order its rows and identify them when releases are compared; `reads` names the published
    tables and kinds of records that it is made from.
    """

    name: str
    keys: list[str] = Field(default_factory=list)
    title: str | None = None
    description: str | None = None
    columns: dict[str, ColumnDoc] = Field(default_factory=dict)
    reads: list[str] = Field(default_factory=list)


class PackageMeta(_Model):
    """The 14 fields that the Thai government open-data catalogue requires of a data set."""

    data_type: str = "ข้อมูลประเภทอื่นๆ"
    title: str = "คลังข้อมูลกองทุนการเงินชุมชนระดับตำบล"
    maintainer: str = "ไม่ระบุ"
    maintainer_email: str = "ไม่ระบุ"
    tag_string: list[str] = Field(default_factory=lambda: ["กองทุนชุมชน", "ตำบล", "การเงินชุมชน", "สวัสดิการชุมชน"])
    notes: str = "กองทุนการเงินชุมชนจากหลายหน่วยงาน รวมเป็นฐานข้อเท็จจริงเดียวระดับตำบล พร้อมผลตรวจคุณภาพข้อมูล"
    objective: str = "บูรณาการข้อมูลกองทุนการเงินชุมชนและสวัสดิการชุมชนระดับตำบล"
    update_frequency_unit: str = "วัน"
    geo_coverage: str = "ตำบล"
    data_source: str = "ไม่ระบุ"
    data_format: list[str] = Field(default_factory=lambda: ["Parquet", "DuckDB", "JSON"])
    data_category: str = "ข้อมูลสาธารณะ"
    disclosure: str = "เปิดเผยได้"
    license_id: str = "Open Data Common"


class BuildMeta(_Model):
    """What a build knows about itself.

    `tables` empty: every dim_*, fct_* and mart_* of schema main, with their known keys.
    `memory_limit` is DuckDB's text (`2GB`); `exact_diff_rows`: a table with more rows is compared by counts
    only.
    """

    created_at: datetime
    is_synthetic: bool
    inputs: list[InputFile] = Field(default_factory=list)
    contracts: list[ContractVersion] = Field(default_factory=list)
    checks: CheckSummary = Field(default_factory=CheckSummary)
    stale_feeds: list[StaleFeed] = Field(default_factory=list)
    tables: list[TableSpec] = Field(default_factory=list)
    package: PackageMeta = Field(default_factory=PackageMeta)
    memory_limit: str = "2GB"
    threads: int = 2
    exact_diff_rows: int = 30_000_000


class ColumnEntry(_Model):
    """A published column with its DuckDB type."""

    name: str
    type: str
    title: str | None = None
    description: str | None = None
    unit: str | None = None


class TableEntry(_Model):
    """A published table.

    `folder` is marts or quality; `path` is its Parquet file, relative to the release.
    """

    name: str
    folder: Literal["marts", "quality"]
    path: str
    rows: int
    keys: list[str]
    title: str | None = None
    description: str | None = None
    columns: list[ColumnEntry]
    reads: list[str] = Field(default_factory=list)


class FileEntry(_Model):
    """A file of the release, relative path, size in bytes and SHA-256."""

    path: str
    bytes: int
    sha256: str


class TableChange(_Model):
    """Rows of one table against another release, by key. Counts by key are None where `note` says why."""

    table: str
    rows_before: int
    rows_after: int
    added: int | None = None
    removed: int | None = None
    changed: int | None = None
    columns_added: list[str] = Field(default_factory=list)
    columns_removed: list[str] = Field(default_factory=list)
    note: (
        Literal["identical", "no_key", "key_not_unique", "too_large", "new_table", "dropped_table"] | None
    ) = None


class MoneyTotal(_Model):
    """Sum of one money measure (THB) over all funds of a programme and fiscal year (CE)."""

    programme_code: str
    fiscal_year: int
    measure_code: str
    before_thb: float | None
    after_thb: float | None


class ReleaseChanges(_Model):
    """What differs from the release that was current before. `money` holds only totals that differ."""

    since: str
    tables: list[TableChange]
    money: list[MoneyTotal]


class Manifest(_Model):
    """manifest.json. A `quality` manifest belongs to a failed audit: quality tables only."""

    format_version: Literal[1] = 1
    release_id: str
    kind: Literal["release", "quality"]
    status: Literal["good", "audit_failed"]
    created_at: datetime
    is_synthetic: bool
    notice_th: str | None = None
    notice_en: str | None = None
    inputs: list[InputFile]
    contracts: list[ContractVersion]
    checks: CheckSummary
    stale_feeds: list[StaleFeed] = Field(default_factory=list)
    tables: list[TableEntry]
    files: list[FileEntry]
    changes: ReleaseChanges | None = None
    duckdb_version: str
    duckdb_storage_version: str | None = None


class ReleaseInfo(_Model):
    """One line of the list of releases; sizes in bytes. `damaged`: the manifest cannot be read."""

    release_id: str
    kind: Literal["release", "quality"]
    status: Literal["good", "audit_failed", "damaged"]
    created_at: datetime | None
    is_synthetic: bool | None
    is_current: bool
    is_current_quality: bool
    bytes: int
    rows: dict[str, int]


class ColumnComparison(_Model):
    """One column over the keys that both releases have; sums only for measures (by the name's unit)."""

    column: str
    changed_values: int | None
    sum_before: float | None = None
    sum_after: float | None = None


class TableComparison(TableChange):
    """A table's change with the columns that changed and every measure's sum."""

    columns: list[ColumnComparison] = Field(default_factory=list)


class ReleaseComparison(_Model):
    """Everything that differs between two releases."""

    before: str
    after: str
    tables: list[TableComparison]
    money: list[MoneyTotal]


class VerifyReport(_Model):
    """Whether every file of a release is there and unchanged; problems name the file."""

    release_id: str
    ok: bool
    files: int
    bytes: int
    problems: list[str]


class PruneReport(_Model):
    """What was (or in a dry run would be) deleted and kept; `freed_bytes` in bytes."""

    deleted: list[str]
    kept: list[str]
    freed_bytes: int
    dry_run: bool

"""Release: builds, publishes, compares, rolls back, prunes and queries immutable sets of tables.

Submodules import DuckDB and Polars only inside their functions, so importing this package is cheap.
"""

from release.build import build_release
from release.compare import compare_releases
from release.errors import QueryError, ReleaseError
from release.history import first_releases, record_release, release_as_of
from release.manage import list_releases, prune, rollback
from release.models import (
    BuildMeta,
    CheckSummary,
    ColumnDoc,
    ContractVersion,
    InputFile,
    Manifest,
    PackageMeta,
    PruneReport,
    ReleaseComparison,
    ReleaseInfo,
    StaleFeed,
    TableSpec,
    VerifyReport,
)
from release.paths import resolve_current, resolve_quality
from release.publish import publish, publish_quality
from release.query import open_current, run_query
from release.site import SiteWriter
from release.verify import read_manifest, verify

__all__ = [
    "BuildMeta",
    "CheckSummary",
    "ColumnDoc",
    "ContractVersion",
    "InputFile",
    "Manifest",
    "PackageMeta",
    "PruneReport",
    "QueryError",
    "ReleaseComparison",
    "ReleaseError",
    "ReleaseInfo",
    "SiteWriter",
    "StaleFeed",
    "TableSpec",
    "VerifyReport",
    "build_release",
    "compare_releases",
    "first_releases",
    "list_releases",
    "open_current",
    "prune",
    "publish",
    "publish_quality",
    "read_manifest",
    "record_release",
    "release_as_of",
    "resolve_current",
    "resolve_quality",
    "rollback",
    "run_query",
    "verify",
]

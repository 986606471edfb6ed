"""Every file of the release with size and checksum, how to read it by program, and how to cite it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard import paths, quality
from dashboard.dictionary import table_texts
from dashboard.model import Crumb, Page
from dashboard.render import word
from dashboard.source import Row, Source
from release.models import Manifest


def pages(source: Source) -> Iterator[Page]:
    """The page of files and that of the ways to read them."""
    manifests = [source.manifest]
    if source.facts_manifest is not None and source.facts_manifest is not source.manifest:
        manifests.append(source.facts_manifest)
    files = _files(manifests)
    for row in files["mending"]:
        row["agency"] = quality.agencies(source).get(row["name"].rsplit(".", maxsplit=1)[0])
    home = Crumb(word("nav.home"), paths.HOME)
    yield Page(
        path=paths.DOWNLOAD,
        kind="download",
        template="download.html",
        title=word("nav.download"),
        data={
            "groups": files,
            "release": {"release_id": manifests[-1].release_id, "created_at": manifests[-1].created_at},
            "licences": _licences(source),
        },
        crumbs=(home,),
    )
    example = next(
        (row["path"] for row in files.get("marts", []) if row["table"] == "mart_tambon_profile"), None
    )
    yield Page(
        path=paths.API,
        kind="api",
        template="api.html",
        title=word("api.title"),
        data={"example": example, "release_id": manifests[-1].release_id},
        crumbs=(home, Crumb(word("nav.download"), paths.DOWNLOAD)),
    )


def _files(manifests: list[Manifest]) -> dict[str, list[Row]]:
    """Files in groups: marts, quality tables, mending lists, the rest."""
    groups: dict[str, list[Row]] = {"marts": [], "quality": [], "mending": [], "whole": []}
    seen: set[str] = set()
    for manifest in manifests:
        tables = {table.path: table for table in manifest.tables}
        for file in manifest.files:
            if file.path in seen or file.path.startswith("site/") or file.path == "datapackage.json":
                continue
            seen.add(file.path)
            table = tables.get(file.path)
            folder = file.path.split("/", maxsplit=1)[0]
            row: dict[str, Any] = {
                "path": f"files/{file.path}",
                "name": file.path.rsplit("/", maxsplit=1)[-1],
                "bytes": file.bytes,
                "sha256": file.sha256,
                "table": table.name if table else None,
                "rows": table.rows if table else None,
            }
            if table:
                row |= table_texts(table)
            groups[folder if folder in groups else "whole"].append(row)
    return groups


def _licences(source: Source) -> list[Row]:
    """Each feed's licence as its contract states it."""
    return [
        {**row, "agency": quality.agency_names(source, row["agency_code"])}
        for row in quality.feed_titles(source).values()
    ]

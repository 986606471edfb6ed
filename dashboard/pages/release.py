"""One permanent page a release: inputs with hashes, differences from the last, what was published.

What a page tells is also kept as JSON beside it. From there the pages of earlier releases are made again in every later site,
also of releases that were pruned long ago.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from dashboard import paths, quality
from dashboard.behind import csv_files
from dashboard.model import Bilingual, Crumb, Page, SiteFile
from dashboard.numbers import moment
from dashboard.render import word
from dashboard.source import Row, Source
from release.errors import ReleaseError
from release.models import Manifest
from release.verify import read_manifest

MONEY_ROWS: Final = 200


def pages(source: Source) -> Iterator[Page | SiteFile]:
    """The list of releases, and a page and its JSON each."""
    told = {**_from_folders(source), **_from_site(source), source.release_id: _told(source.manifest)}
    audits = {row["release_id"]: row for row in source.rows("FROM dq_release")}
    rows = [
        {
            "release_id": release_id,
            "created_at": told[release_id]["created_at"]
            if release_id in told
            else audits[release_id]["released_at"],
            "kind": told[release_id]["kind"] if release_id in told else _kind(audits[release_id]),
            "has_page": release_id in told,
            "audit": audits.get(release_id),
        }
        for release_id in sorted({*told, *audits}, reverse=True)
    ]
    yield Page(
        path=paths.RELEASES,
        kind="releases",
        template="releases.html",
        title=word("nav.release"),
        data={"releases": rows, "has_audits": bool(audits)},
        crumbs=(Crumb(word("nav.home"), paths.HOME),),
    )
    yield from csv_files(source, "dq_release", "'all'", order="released_at, release_id")
    for release_id, one in sorted(told.items()):
        text = json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
        yield SiteFile(paths.release_json(release_id), _key(text), partial(str.encode, text))
        audit = audits.get(release_id)
        yield Page(
            path=paths.release(release_id),
            kind="release",
            template="release.html",
            title=Bilingual(
                f"{word('release.of').th} {moment(one['created_at'], 'th')}",
                f"{word('release.of').en} {moment(one['created_at'], 'en')}",
            ),
            data={
                "release": one,
                "audit": audit,
                "has_before": bool(one["changes"]) and one["changes"]["since"] in told,
                "feeds": quality.feed_titles(source),
                "programmes": quality.programmes(source),
                "measures": quality.measures(source),
            },
            crumbs=(Crumb(word("nav.home"), paths.HOME), Crumb(word("nav.release"), paths.RELEASES)),
        )  # fmt: skip


def _kind(audit: Row) -> str:
    return "release" if audit["outcome"] == "good" else "quality"


def _key(text: str) -> str:
    import hashlib

    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _told(manifest: Manifest) -> Row:
    """What the page of a release tells, as plain JSON."""
    content = manifest.model_dump(mode="json", exclude={"files", "tables", "changes"})
    content["tables"] = [
        {"name": table.name, "folder": table.folder, "rows": table.rows} for table in manifest.tables
    ]
    changes = manifest.changes
    content["changes"] = changes and {
        "since": changes.since,
        "tables": [one.model_dump(mode="json") for one in changes.tables if one.note != "identical"],
        "identical": sum(one.note == "identical" for one in changes.tables),
        "money": [one.model_dump(mode="json") for one in changes.money[:MONEY_ROWS]],
        "money_all": len(changes.money),
    }
    return content


def _from_site(source: Source) -> dict[str, Row]:
    """Releases that the site before tells of; what cannot be read is passed over."""
    if source.previous_site is None:
        return {}
    found = {}
    for path in sorted((source.previous_site / "release").glob("*.json")):
        try:
            one = json.loads(path.read_text(encoding="utf-8"))
            known = str(one["release_id"])
            if paths.release_json(known) == f"release/{path.name}" and {
                "created_at",
                "kind",
                "inputs",
                "tables",
                "changes",
            } <= set(one):
                found[known] = one
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _from_folders(source: Source) -> dict[str, Row]:
    """Releases that still lie beside this one: the first site of a home knows its earlier releases by them."""
    found = {}
    for folder in _beside(source.folder):
        try:
            manifest = read_manifest(folder)
        except ReleaseError:
            continue
        # Made later than this one: a site written again for an old release tells of nothing after it.
        if manifest.created_at <= source.created_at:
            found[manifest.release_id] = _told(manifest)
    return found


def _beside(folder: Path) -> list[Path]:
    return sorted(
        path.parent
        for path in folder.parent.glob("*/manifest.json")
        if not path.parent.name.startswith(".") and not path.parent.is_symlink()
    )

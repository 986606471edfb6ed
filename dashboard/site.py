"""The site of a release: written into the folder that is being built, or into any folder from a published release."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from dashboard.engine import Progress, SiteReport, write_site
from dashboard.source import open_source
from ingest.home import Home
from release.errors import ReleaseError
from release.models import Manifest
from release.paths import folder_of, resolve_current, resolve_quality
from release.site import SITE, SITE_FILES, place_file
from release.verify import read_manifest


class ReleaseSite:
    """Writes the pages into a release that is being built (`release.build_release(site=…)`); keeps the report."""

    def __init__(self, home: Home, progress: Progress | None = None) -> None:
        self.home = home
        self.progress = progress
        self.report: SiteReport | None = None

    def __call__(self, folder: Path, manifest: Manifest) -> None:
        """Write `site/`. A build that did not pass its audit shows the facts of the release that is still current."""
        facts = resolve_current(self.home) if manifest.kind == "quality" else None
        before = site_before(self.home)
        with open_source(folder, manifest=manifest, facts=facts, previous_site=before) as source:
            self.report = write_site(source, folder / SITE, previous=before, progress=self.progress)


def site_before(home: Home) -> Path | None:
    """The newest site there is: that of the newest audit, else of the current release."""
    for folder in (resolve_quality(home), resolve_current(home)):
        if folder is not None and (folder / SITE / "site.json").is_file():
            return folder / SITE
    return None


def write_copy(
    home: Home,
    out: Path,
    release_id: str | None = None,
    progress: Progress | None = None,
    *,
    anew: bool = False,
) -> SiteReport:
    """Write the site of a published release (the current one) into a folder of its own, for a file share or a web server.

    A site that is there already is replaced when the new one is whole; unchanged pages are linked from it
    (`anew`: none is).

    Raises:
        ReleaseError: there is no such release, or the folder holds something else.
        OSError: the folder cannot be written.
    """
    folder = folder_of(home, release_id) if release_id else resolve_current(home)
    if folder is None:
        raise ReleaseError(
            "ยังไม่มีข้อมูลที่เผยแพร่ ให้สั่ง tambon refresh ก่อน · Nothing is published yet; run tambon refresh first"
        )
    manifest = read_manifest(folder)
    if out.exists() and any(out.iterdir()) and not (out / "site.json").is_file():
        raise ReleaseError(f"โฟลเดอร์ {out} มีไฟล์อื่นอยู่ · The folder {out} holds something else")
    facts = resolve_current(home) if manifest.kind == "quality" else None
    before = None if anew else out if (out / "site.json").is_file() else site_before(home)
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    try:
        partial.mkdir(parents=True)
        with open_source(folder, facts=facts, previous_site=before) as source:
            report = write_site(source, partial, previous=before, progress=progress)
        for name in ("manifest.json", "datapackage.json"):
            place_file(folder / name, partial / SITE_FILES / name)
        if out.exists():
            old = out.rename(out.with_name(f".{out.name}.old-{secrets.token_hex(4)}"))
            partial.rename(out)
            shutil.rmtree(old)
        else:
            partial.rename(out)
    finally:
        if os.path.lexists(partial):
            shutil.rmtree(partial)
    return report

"""Makes a release the current one, or puts a failed audit's quality tables beside the last good marts."""

from pathlib import Path

from ingest.home import Home
from release.build import build_quality
from release.errors import ReleaseError
from release.models import BuildMeta
from release.paths import CURRENT, CURRENT_QUALITY, folder_of, locked, swap_link
from release.site import SiteWriter
from release.verify import read_manifest


def publish(home: Home, release_id: str) -> Path:
    """Point `current`, then `current-quality`, at a release; each in one atomic step.

    Publishing again changes nothing.

    Raises ReleaseError: no such release, quality tables only, or a file of it is missing or has another size.
    """
    folder = folder_of(home, release_id)
    with locked(home):
        manifest = read_manifest(folder)
        if manifest.kind != "release" or manifest.status != "good":
            raise ReleaseError(
                f"{release_id} มีเฉพาะผลตรวจคุณภาพ เผยแพร่เป็นรุ่นข้อมูลไม่ได้ · {release_id} holds quality tables only"
            )
        for file in manifest.files:
            path = folder / file.path
            if not path.is_file() or path.stat().st_size != file.bytes:
                raise ReleaseError(
                    f"{release_id}: ไฟล์ {file.path} ไม่ครบ · File {file.path} of {release_id} is incomplete"
                )
        swap_link(home, CURRENT, release_id)
        swap_link(home, CURRENT_QUALITY, release_id)
    return folder


def publish_quality(
    home: Home, build_id: str, quality_dir: Path, meta: BuildMeta, site: SiteWriter | None = None
) -> Path:
    """Publish the quality tables of a failed audit: `current-quality` moves on, `current` stays. Returns the
    folder.

    Raises ReleaseError: no quality tables, or the id was used before.
    """
    with locked(home):
        folder = build_quality(home, build_id, quality_dir, meta, site)
        swap_link(home, CURRENT_QUALITY, folder.name)
    return folder

"""The pages of a release: listed, checked page by page, and nothing published where they fail."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ingest.home import Home
from release import (
    ReleaseError,
    build_release,
    list_releases,
    publish,
    read_manifest,
    resolve_current,
    rollback,
    verify,
)
from release.models import Manifest
from release.site import SITE, SiteEntry, write_site_list
from tests.release.conftest import Maker, make_meta

MORE = "site/more.html: ไม่อยู่ในรายการ · not in the list"


def write_pages(folder: Path, manifest: Manifest) -> None:
    site = folder / SITE
    site.mkdir()
    entries = {}
    for name in ("index.html", "tambon/900101.html"):
        page = site / name
        page.parent.mkdir(exist_ok=True)
        page.write_text(f"<p>{name}", encoding="utf-8")
        content = page.read_bytes()
        entries[name] = SiteEntry("k", len(content), hashlib.sha256(content).hexdigest())
    write_site_list(site, manifest.release_id, entries)


def test_only_the_list_of_pages_stands_in_the_manifest(home: Home, make: Maker) -> None:
    folder = build_release(home, "r1", *make(), make_meta(), site=write_pages)
    paths = [file.path for file in read_manifest(folder).files]
    assert [path for path in paths if path.startswith("site/")] == ["site/site.json"]
    assert (folder / "site/files/manifest.json").samefile(folder / "manifest.json")
    publish(home, "r1")
    report = verify(home, "r1")
    assert report.ok, report.problems
    assert report.files == len(paths) + 2


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda page: page.write_text("<p>index.htmX", encoding="utf-8"), "site/index.html: เนื้อไฟล์ไม่ตรง · changed"),
        (lambda page: page.write_text("short", encoding="utf-8"), "site/index.html: เนื้อไฟล์ไม่ตรง · changed"),
        (lambda page: page.unlink(), "site/index.html: ไม่พบไฟล์ · missing"),
        (lambda page: (page.parent / "more.html").write_text("x", encoding="utf-8"), MORE),
    ],
)  # fmt: skip
def test_a_damaged_page_is_named(home: Home, make: Maker, damage: object, told: str) -> None:
    folder = build_release(home, "r1", *make(), make_meta(), site=write_pages)
    page = folder / "site/index.html"
    page.chmod(0o644)
    damage(page)  # type: ignore[operator]
    assert verify(home, "r1").problems == [told]
    with pytest.raises(ReleaseError, match="damaged"):
        rollback(home, "r1")


def test_a_damaged_list_of_pages_is_named(home: Home, make: Maker) -> None:
    folder = build_release(home, "r1", *make(), make_meta(), site=write_pages)
    listed = folder / "site/site.json"
    listed.chmod(0o644)
    listed.write_text("{", encoding="utf-8")
    problems = verify(home, "r1").problems
    assert any("site.json" in problem and "changed" in problem for problem in problems)
    assert any("damaged" in problem for problem in problems)


def test_where_pages_fail_the_last_good_release_stays(home: Home, make: Maker) -> None:
    build_release(home, "r1", *make(), make_meta(), site=write_pages)
    publish(home, "r1")

    def fails(folder: Path, manifest: Manifest) -> None:
        raise KeyError("word")

    with pytest.raises(ReleaseError, match=r"pages cannot be written.*KeyError"):
        build_release(home, "r2", *make("w2"), make_meta(1), site=fails)
    current = resolve_current(home)
    assert current is not None
    assert current.name == "r1"
    build_release(
        home, "r3", *make("w3"), make_meta(2), site=write_pages
    )  # what the failed one left is cleared away
    assert {info.release_id for info in list_releases(home)} == {"r1", "r3"}

"""A real browser (Debian's Chromium, driven by Playwright) on the published sample's pages, served by `tambon serve`'s app."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ingest.home import Home
from release.site import read_site_list
from tests.integration.conftest import _nowhere, published_home, tambon  # noqa: F401

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(os.environ.get("TAMBON_SCREENSHOTS", ROOT / ".pytest_cache" / "screenshots"))
DESKTOP, PHONE = (1280, 900), (390, 844)
# Chromium as root in a container, and nothing that asks the network by itself.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Site:
    """The served pages: `url` of the root, and every path in it."""

    url: str
    folder: Path
    paths: list[str]

    def kinds(self) -> dict[str, list[str]]:
        """Thai pages by kind (their folder, or their own name at the root): the kind's index, and its fullest page."""
        found: dict[str, list[str]] = {}
        for path in self.paths:
            if path.endswith(".html") and not path.startswith("en/"):
                found.setdefault(path.split("/")[0] if "/" in path else path, []).append(path)
        chosen = {}
        for kind, paths in found.items():
            index = [path for path in paths if path.endswith("index.html")]
            others = [path for path in paths if not path.endswith("index.html")]
            others.sort(key=lambda path: (self.folder / path).stat().st_size)
            # the fullest, and one that has little to say
            chosen[kind] = list(dict.fromkeys([*index, *others[-1:], *others[:1]]))
        return chosen


@dataclass
class Watch:
    """What a page did besides showing itself."""

    console: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def assert_quiet(self, where: str) -> None:
        """Nothing on the console, no other host, no failed request."""
        assert (where, self.console, self.strangers, self.failed) == (where, [], [], [])


@pytest.fixture(scope="session")
def site(published_home: Home) -> Iterator[Site]:  # noqa: F811
    """The sample's current release behind a real server on loopback."""
    import uvicorn

    from dashboard.serve import create_app

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(published_home)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    assert server.started
    folder = (published_home.releases / "current").resolve() / "site"
    yield Site(f"http://127.0.0.1:{port}", folder, sorted(read_site_list(folder)))
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium from the system; tests skip where there is none."""
    program = (
        os.environ.get("TAMBON_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if program is None:
        pytest.skip(
            "no Chromium here: `sh scripts/test-servers.sh` installs it on Debian, or set TAMBON_CHROMIUM"
        )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield opened
        opened.close()


@contextmanager
def opened(
    browser: Browser, size: tuple[int, int] = DESKTOP, *, script: bool = True, home: str = ""
) -> Iterator[tuple[Page, Watch]]:
    """A fresh page and what it does behind the scenes."""
    width, height = size
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=script,
        accept_downloads=True,
        locale="th-TH",
    )
    context.set_default_timeout(15_000)
    watch = Watch()
    page = context.new_page()
    page.on(
        "console", lambda told: watch.console.append(told.text) if told.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: watch.console.append(str(error)))
    page.on("request", lambda asked: _watch_host(watch, asked.url))
    page.on(
        "response", lambda got: watch.failed.append(f"{got.status} {got.url}") if got.status >= 400 else None
    )
    yield page, watch
    context.close()


def _watch_host(watch: Watch, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("data", "blob", "about") and parts.hostname != "127.0.0.1":
        watch.strangers.append(url)


def keep_screenshot(page: Page, name: str) -> None:
    """Keep what a person would see, for who reads the test run."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name.replace('/', '-').removesuffix('.html')}.png", full_page=True)

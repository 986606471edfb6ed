"""The pages of a national release: how long they take to write, and how long a planner waits for one.

    python benchmarks/site_pages.py                    a national sample, refreshed first: about ten minutes
    python benchmarks/site_pages.py --home FOLDER      the pages of a home that was refreshed before
    python benchmarks/site_pages.py --scale 0.02       does the benchmark itself work?

All pages are written anew, then once more with nothing changed. Then each kind of page is opened in Chromium, with an
empty cache, over `tambon serve` on loopback: as it is, and as on a slow phone (390 px, 400 kbit/s, 400 ms, processor
slowed four times). Lighthouse (npm, fetched for the run) judges three pages where Node.js is there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import measure
from measure import Cost
from playwright.sync_api import Browser, sync_playwright
from report import Case
from rich.console import Console
from rich.table import Table
from run import HERE, make_sample, refresh

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)
LIGHTHOUSE = "lighthouse@12"
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
# (page kind, bytes transferred at most, seconds to ready at most on the slow phone)
TARGETS = {"home": (60_000, 1.5), "tambon": (30_000, None)}
SITE_SECONDS, SITE_MIB, SCORE = 60, 1024, 95
console = Console()


def write_pages(home: Path, work: Path) -> tuple[Cost, Cost, int]:
    """All pages into an empty folder, and again with nothing changed. Returns both costs and the number of pages."""
    command = [sys.executable, "-m", "cli.main", "site", "--home", str(home), "--out", str(work / "site")]
    # The release's own pages would be linked from: written anew means from nothing.
    costs = [
        measure.run([*command, *extra], work / f"site-{name}.log")
        for name, extra in (("anew", ("--anew",)), ("unchanged", ()))
    ]
    for cost in costs:
        if not cost.ok:
            raise SystemExit(f"the pages could not be written: {cost.errors}")
    pages = sum(1 for _ in (work / "site").rglob("*.html"))
    return costs[0], costs[1], pages


def served_home(home: Path, work: Path) -> Path:
    """A home whose current release is nothing but the pages just written: what is measured is what was written."""
    folder = work / "served" / "releases" / "pages"
    shutil.copytree(work / "site", folder / "site", copy_function=os.link)
    shutil.copyfile((home / "releases" / "current").resolve() / "manifest.json", folder / "manifest.json")
    (folder.parent / "current").symlink_to("pages", target_is_directory=True)
    return work / "served"


@contextmanager
def served(home: Path) -> Iterator[str]:
    """`tambon serve` on a free port of loopback; ended with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "serve", "--home", str(home), "--port", str(port)],
        cwd=measure.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                urlopen(f"{url}/index.html", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        else:
            raise SystemExit("tambon serve did not answer")
        yield url
    finally:
        child.terminate()
        child.wait(20)


def page_kinds(site: Path) -> dict[str, str]:
    """A page of each kind: the fullest one (its file is the largest), as that is the slowest."""
    kinds = {"home": "index.html"}
    for folder in sorted(path for path in site.iterdir() if path.is_dir()):
        pages = sorted(folder.glob("*.html"), key=lambda path: path.stat().st_size)
        if pages and folder.name not in ("en", "static", "data", "files"):
            kinds[folder.name] = f"{folder.name}/{pages[-1].name}"
        if folder.name == "province":  # its pages are of two kinds
            own = [path for path in pages if path.stem.isdigit()]
            lists = [path for path in pages if path.stem.endswith("-tambons")]
            kinds["provinces"] = "province/index.html"
            kinds |= {
                kind: f"province/{found[-1].name}"
                for kind, found in (("province", own), ("all tambons of a province", lists))
                if found
            }
    if (site / "search.html").exists():
        kinds["search"] = "search.html"
    return kinds


def load_page(browser: Browser, url: str, *, slow: bool) -> tuple[int, float, float]:
    """Open a page with an empty cache: bytes over the wire, seconds to ready (`load`), and to the largest paint."""
    size = {"width": 390, "height": 844} if slow else {"width": 1280, "height": 900}
    context = browser.new_context(viewport=size)  # type: ignore[arg-type]
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    got = [0]
    session.on(
        "Network.loadingFinished", lambda event: got.__setitem__(0, got[0] + event["encodedDataLength"])
    )
    if slow:
        session.send("Network.emulateNetworkConditions", SLOW)
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(url, wait_until="load")
    ready, paint = page.evaluate(
        """() => new Promise(done => {
          const nav = performance.getEntriesByType('navigation')[0];
          new PerformanceObserver(list => done([nav.loadEventStart, list.getEntries().at(-1).startTime]))
            .observe({type: 'largest-contentful-paint', buffered: true});
          setTimeout(() => done([nav.loadEventStart, 0]), 3000);
        })"""
    )
    page.wait_for_load_state("networkidle")
    context.close()
    return got[0], ready / 1000, paint / 1000


def lighthouse(url: str, work: Path, program: str) -> tuple[int, int] | None:
    """Lighthouse's scores for performance and accessibility (0 to 100); None where it cannot be had."""
    if shutil.which("npx") is None:
        return None
    out = work / "lighthouse.json"
    flags = " ".join(("--headless", *CHROMIUM_FLAGS))
    command = ["npx", "--yes", LIGHTHOUSE, url, "--quiet", f"--chrome-flags={flags}", "--output=json"]
    command += ["--only-categories=performance,accessibility", f"--output-path={out}"]
    for _ in range(2):  # its browser does not always come up
        done = subprocess.run(
            command, env={**os.environ, "CHROME_PATH": program}, capture_output=True, timeout=300, check=False
        )
        if not done.returncode:
            break
        console.print(done.stderr.decode()[-400:], markup=False)
    else:
        return None
    found = json.loads(out.read_text(encoding="utf-8"))["categories"]
    return round(found["performance"]["score"] * 100), round(found["accessibility"]["score"] * 100)


def main() -> int:
    """Measure, print, write. 1: a target was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, help="a home that was refreshed")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the country's funds in the sample")
    parser.add_argument("--years", type=int, default=3, help="fiscal years of the sample")
    parser.add_argument(
        "--work", type=Path, help="folder for what is made (default: the system's temporary one)"
    )
    parser.add_argument("--out", type=Path, help="Markdown file (default at scale 1: site.md here)")
    given = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("no Chromium here: sh scripts/test-servers.sh installs it on Debian")
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="tambon-site-", dir=given.work) as folder:
        work = Path(folder)
        home = given.home
        if home is None:
            home = work / "home"
            make_sample(home, given.scale, given.years)
            refresh(Case("pages", 0), "refresh", home)
        anew, unchanged, pages = write_pages(home.resolve(), work)
        ready = [
            ("written anew", f"{anew.seconds:.1f}", f"{anew.cpu_seconds:.1f}", f"{anew.peak_mib:,.0f}"),
            (
                "nothing changed",
                f"{unchanged.seconds:.1f}",
                f"{unchanged.cpu_seconds:.1f}",
                f"{unchanged.peak_mib:,.0f}",
            ),
        ]
        console.print(
            f"written anew: {anew.seconds:.1f} s, {anew.cpu_seconds:.1f} processor s, {anew.peak_mib:,.0f} MiB"
        )
        if anew.seconds > SITE_SECONDS or anew.peak_mib > SITE_MIB:
            wrong.append(f"pages: {anew.seconds:.1f} s, {anew.peak_mib:,.0f} MiB")
        rows, scores = [], []
        with served(served_home(home.resolve(), work)) as url:
            kinds = page_kinds(work / "site")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
                for kind, path in kinds.items():
                    fast, slow = (load_page(browser, f"{url}/{path}", slow=one) for one in (False, True))
                    rows.append(
                        (
                            kind,
                            path,
                            f"{slow[0] / 1000:.1f}",
                            f"{fast[1]:.2f}",
                            f"{slow[1]:.2f}",
                            f"{slow[2]:.2f}",
                        )
                    )
                    most, seconds = TARGETS.get(kind, (None, None))
                    if (most and slow[0] > most) or (seconds and slow[1] > seconds):
                        wrong.append(f"{kind}: {slow[0]:,} bytes, {slow[1]:.2f} s on the slow phone")
                browser.close()
            for kind in ("home", "province", "tambon"):
                found = lighthouse(f"{url}/{kinds[kind]}", work, program) if kind in kinds else None
                scores.append((kind, *(("–", "–") if found is None else map(str, found))))
                if found is None:
                    wrong.append(f"Lighthouse, {kind}: could not be measured")
                elif min(found) < SCORE:
                    wrong.append(f"Lighthouse, {kind}: performance {found[0]}, accessibility {found[1]}")
    tables = [
        (f"All pages ({pages:,} in two languages)", ("what", "seconds", "processor s", "peak MiB"), ready),
        (
            "A page of each kind, empty cache (the fullest of its kind)",
            (
                "kind",
                "page",
                "kB over the wire",
                "ready, loopback (s)",
                "ready, slow phone (s)",
                "largest paint, slow phone (s)",
            ),
            rows,
        ),
        ("Lighthouse (mobile)", ("page", "performance", "accessibility"), scores),
    ]
    last = "Every target met." if not wrong else "MISSED: " + "; ".join(wrong)
    lines = ["# The pages", "", ", ".join(f"{k} {v}" for k, v in measure.machine().items()), ""]
    for title, names, body in tables:
        shown = Table(*names, title=title, title_justify="left")
        for row in body:
            shown.add_row(*row)
        console.print(shown)
        lines += [f"## {title}", "", f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
        lines += [f"| {' | '.join(row)} |" for row in body] + [""]
    console.print(last)
    out = given.out or (HERE / "site.md" if given.scale == 1 else None)
    if out:
        out.write_text("\n".join([*lines, last, ""]), encoding="utf-8")
        console.print(f"→ {out}", markup=False)
    return 0 if not wrong else 1


if __name__ == "__main__":
    raise SystemExit(main())

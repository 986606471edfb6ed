"""Running a command and watching what it costs: wall seconds and peak memory of its whole process tree."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped,unused-ignore]

ROOT = Path(__file__).parents[1]
SAMPLING_SECONDS = 0.05
LIBRARIES = (
    "duckdb",
    "polars",
    "pandas",
    "pyarrow",
    "dagster",
    "dbt-core",
    "dbt-duckdb",
    "great-expectations",
)
# The tools of the job, in the order they are imported; each is measured in a process of its own.
TOOLS = ("polars", "duckdb", "dagster", "dagster_dbt", "dbt.cli.main", "great_expectations")
QUIET = {
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
}


@dataclass(frozen=True)
class Cost:
    """What a command cost, children included; `peak_mib` is resident memory, sampled 20 times a second."""

    seconds: float
    peak_mib: float
    exit_code: int
    errors: str = ""
    cpu_seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the command ended well."""
        return self.exit_code == 0


def tree_rss(process: psutil.Process) -> int:
    """Resident bytes of a process and its children; those that just ended count nothing."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for one in family:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def children_cpu() -> float:
    """Processor seconds of all children that ended, and of theirs: says more than the clock on a busy machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command from the project's folder to its end; output goes to `log`, its tail too on failure."""
    peak = 0
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        began, cpu_before = time.perf_counter(), children_cpu()
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **QUIET, **(environment or {})},
        )
        watched = psutil.Process(child.pid)
        while child.poll() is None:
            peak = max(peak, tree_rss(watched))
            time.sleep(SAMPLING_SECONDS)
        seconds = time.perf_counter() - began
    tail = "" if child.returncode == 0 else log.read_text(encoding="utf-8", errors="replace")[-2000:]
    cpu = children_cpu() - cpu_before
    return Cost(round(seconds, 2), round(peak / 2**20, 1), child.returncode, tail, round(cpu, 2))


def tool_start_up(work: Path) -> dict[str, Cost]:
    """Import each tool in a fresh process, once before to warm the disk: its cost before any work."""
    costs = {}
    for tool in TOOLS:
        command = [sys.executable, "-c", f"import {tool}"]
        run(command, work / "import.log")
        costs[tool] = run(command, work / "import.log")
    return costs


def file_positions(home: Path) -> dict[Path, int]:
    """Size of every stage log of a home, to tell later which lines are new."""
    return {path: path.stat().st_size for path in home.glob("builds/**/stages.jsonl")}


def new_stages(home: Path, before: Mapping[Path, int]) -> list[dict[str, Any]]:
    """Stages logged since `before`: `stage`, `seconds`, `peak_memory_mib` (of the process so far)."""
    stages = []
    # Stages before a build begins are logged beside the builds.
    for path in sorted(home.glob("builds/**/stages.jsonl"), key=lambda path: (len(path.parts), path)):
        with path.open(encoding="utf-8") as log:
            log.seek(before.get(path, 0))
            stages += [json.loads(line) for line in log if line.strip()]
    return stages


def machine() -> dict[str, str]:
    """Cores, memory and versions, so that figures can be compared."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": model or platform.processor() or "unknown",
        "cores": str(psutil.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
    }

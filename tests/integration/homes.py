"""Homes for the tests of the whole job: working in one, copying one, reading what it published."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from ingest.home import Home

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "real"
COMMAND_WIDTH = 400  # whole sentences on one line


@contextmanager
def working_in(home: Home) -> Iterator[Home]:
    """Let this process work in `home`, as the command line does; put the environment back afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAMBON_HOME", str(home.root))
        patch.setenv("DAGSTER_HOME", str(home.dagster))  # a refresh sets it itself; so it is put back
        yield home


def copy_home(home: Home, target: Path) -> Home:
    """A home of one's own, to change at will."""
    shutil.copytree(home.root, target, symlinks=True)
    return Home(target)


def table(home: Home, name: str) -> pl.DataFrame:
    """One table of the current release."""
    release = (home.releases / "current").resolve()
    return pl.read_parquet(next(release.rglob(f"{name}.parquet")))


def flat(text: str) -> str:
    """Text without white space, colours and table lines: how it is folded does not matter."""
    return re.sub(r"\s|\x1b\[[0-9;]*m|[│┃]", "", text)

"""Homes for the tests of the whole job: working in one, copying one, reading what it published."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from ingest.home import Home
from release.models import Manifest
from release.site import SITE, write_site_list

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "real"
COMMAND_WIDTH = 400  # whole sentences on one line

CELLS = ("reported_tambon_code", "reported_code6", "reported_tambon", "reported_amphoe", "reported_province")
ROW = ("delivery_id", "sheet", "row_number")


@contextmanager
def working_in(home: Home) -> Iterator[Home]:
    """Let this process work in `home`, as the command line does; put the environment back afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAMBON_HOME", str(home.root))
        patch.setenv("DAGSTER_HOME", str(home.dagster))  # a refresh sets it itself; so it is put back
        yield home


@contextmanager
def without_pages() -> Iterator[None]:
    """Refreshes of this process publish no pages: for stories of many refreshes that look at tables alone.

    A first site has 19,000 pages, whatever the home's size. What the whole job publishes is seen in test_refresh,
    test_dashboard_pages and the browser's tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orchestration.steps.ReleaseSite", _NoPages)
        yield


class _NoPages:
    """In the place of `dashboard.site.ReleaseSite`: a site without a page, and nothing to report."""

    report = None

    def __init__(self, home: Home, progress: Callable[[str], None] | None = None) -> None: ...

    def __call__(self, folder: Path, manifest: Manifest) -> None:
        (folder / SITE).mkdir()
        write_site_list(folder / SITE, manifest.release_id, {})


def copy_home(home: Home, target: Path) -> Home:
    """A home of one's own, to change at will."""
    shutil.copytree(home.root, target, symlinks=True, copy_function=_copied)
    return Home(target)


def _copied(source: str, target: str) -> None:
    """Pages are read-only and never written again in their place: a link to one will do."""
    if "/site/" in source and source.endswith(".html"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def table(home: Home, name: str) -> pl.DataFrame:
    """One table of the current release."""
    release = (home.releases / "current").resolve()
    return pl.read_parquet(next(release.rglob(f"{name}.parquet")))


def truth(home: Home, name: str) -> pl.DataFrame:
    """One truth file of the home's sample."""
    path = home.sample / name
    if path.suffix == ".parquet":
        return pl.read_parquet(path).with_columns(pl.col(pl.Categorical).cast(pl.String))
    text = dict.fromkeys(("fund_code", "fund_code_a", "fund_code_b", "value", "sheet"), pl.String)
    frame = pl.read_csv(path, infer_schema_length=None, schema_overrides=text)
    return frame.with_columns(pl.col("sheet").fill_null("")) if "sheet" in frame.columns else frame


def conformed(home: Home, kind: str = "*") -> list[Path]:
    """The files of conformed rows, of one record kind or of all."""
    apart = ([".rejected", ".parquet"], [".cells", ".parquet"], [".typed", ".parquet"])
    return [path for path in home.conformed.glob(f"{kind}/*/*.parquet") if path.suffixes[-2:] not in apart]


def conformed_places(home: Home) -> pl.DataFrame:
    """Every conformed row's reported place, with file name and status of its delivery."""
    scans = [
        pl.scan_parquet(path).select(*ROW, *CELLS).unique()
        for path in conformed(home)
        if set(CELLS) <= set(pl.read_parquet_schema(path))
    ]
    known = table(home, "dq_delivery").select("delivery_id", "file_name", "status")
    return pl.concat(scans).collect().join(known, on="delivery_id")


def flat(text: str) -> str:
    """Text without white space, colours and table lines: how it is folded does not matter."""
    return re.sub(r"\s|\x1b\[[0-9;]*m|[│┃]", "", text)

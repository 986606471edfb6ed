"""A small published home for the tests of the whole job: built once a test run, copied by whoever changes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from ingest.home import Home
from tests.integration.homes import COMMAND_WIDTH, without_pages, working_in

SCALE, YEARS = 0.003, 2

Tambon = Callable[..., Result]


@pytest.fixture(scope="session", autouse=True)
def _nowhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever forgets to name its home works in an empty folder, never in the checkout's `data`."""
    with working_in(Home(tmp_path_factory.mktemp("nowhere"))):
        yield


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The synthetic sample, refreshed once by whichever test process comes first. Copy it before changing it."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    home = Home(shared / "published-home")
    done = home.root.with_suffix(".done")
    with FileLock(home.root.with_suffix(".lock"), timeout=400):
        if not done.exists():
            from ingest.sample import write_sample
            from orchestration.run import run_refresh

            write_sample(home, scale=SCALE, years=YEARS)
            with working_in(home):
                build = run_refresh(home)
            assert build.outcome == "published", build.reason
            done.write_text(build.build_id, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def no_pages() -> Iterator[None]:
    """A module that asks for this publishes no pages (see `without_pages`); the published home was made before, with them."""
    with without_pages():
        yield


@pytest.fixture(scope="session")
def tambon() -> Tambon:
    """Run a command of `tambon` in this process: `tambon(home, "status", "--json")`."""

    def call(home: Home, *arguments: object) -> Result:
        from cli import console
        from cli.main import app

        with working_in(home), pytest.MonkeyPatch.context() as patch:
            for one in (console.out, console.err):
                patch.setattr(one, "_width", COMMAND_WIDTH)
            return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return call

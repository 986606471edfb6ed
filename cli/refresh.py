"""`tambon refresh`: the nightly job in this process, ending with a short summary."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from cli.console import HomeOption, err, fail, open_home, out
from cli.summary import print_summary
from ingest.contract import ContractError


def refresh(
    home: HomeOption = None,
    force: Annotated[bool, typer.Option("--force", help="Build even when nothing changed.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the summary.")] = False,
) -> None:
    """Pull what agencies offer, take what lies in the inbox and publish a release: the very job that runs each night.

    Exit code 0: published, or nothing new. 1: the audit failed (quality tables are published, the marts stay). 2: could not run.

    Example:  [bold]tambon refresh --dry-run[/]
    """
    from contextlib import nullcontext

    from orchestration.fetching import fetch_once
    from orchestration.plan import make_plan
    from orchestration.progress import listening

    place = open_home(home)
    began = time.perf_counter()

    def show(stage: str, detail: str) -> None:
        err.print(f"[dim]{time.perf_counter() - began:6.1f} s[/]  [bold]{stage:<10}[/]", end=" ")
        err.print(detail, markup=False)

    try:
        if not dry_run:
            with nullcontext() if quiet else listening(show):
                fetch_once(place)
        plan = make_plan(place)
    except ContractError as error:
        if not dry_run:
            from orchestration.alerts.run import tell_unstarted

            tell_unstarted(place, str(error))
        fail(str(error), hint="Mend the contract; `tambon feeds check` lists all problems.")
    if dry_run:
        out.print(f"จะทำงาน · Would run: {'yes' if plan.needed or force else 'no'} — {plan.reason}")
        for arrival in plan.inbox.taken:
            out.print(f"  take     {arrival.feed_code}  {arrival.file_name}", markup=False)
        for refusal in plan.inbox.refused:
            out.print(
                f"  refuse   {refusal.inbox_path}: {refusal.message_th} · {refusal.message_en}", markup=False
            )
        for waiting in plan.inbox.waiting:
            out.print(
                f"  not yet  {waiting.inbox_path}: {waiting.message_th} · {waiting.message_en}", markup=False
            )
        return
    if not plan.needed and not force:
        if plan.last_build:
            from orchestration.alerts.run import tell_build

            tell_build(place, plan.last_build)  # what could not be sent then is tried again
        out.print(f"[green]ไม่มีอะไรใหม่ ไม่มีการเปลี่ยนแปลง · Nothing new, nothing changed:[/] {plan.reason}.")
        print_summary(place, plan.inbox)
        if plan.last_build and plan.last_build.outcome == "audit_failed":
            raise typer.Exit(1)  # still not published: a nightly job must not turn green by doing nothing
        return

    with nullcontext() if quiet else listening(show):
        if not quiet:
            show("start", f"{plan.reason}; home {place.root}")
        from orchestration.run import RefreshFailed, RefreshRunning, run_refresh

        try:
            ended = run_refresh(place)
        except RefreshRunning as error:
            fail(str(error), hint="Wait until it ends, then run this again.")
        except RefreshFailed as error:
            fail(f"the run did not finish: {error}", hint="Nothing was published; what had landed stays.")
    print_summary(place, plan.inbox)
    out.print(f"ใช้เวลา · Took {time.perf_counter() - began:.1f} s")
    if ended.outcome == "audit_failed":
        raise typer.Exit(1)
    if ended.outcome != "published":
        fail(
            f"the run did not finish: {ended.reason}",
            hint=f"See the run in `dagster dev`, or {Path(place.dagster)}.",
        )

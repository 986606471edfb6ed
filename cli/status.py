"""`tambon status`: what stands in this home."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import HomeOption, fail, open_home, out
from cli.summary import print_summary
from ingest.contract import ContractError


def status(
    home: HomeOption = None,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Show feeds, held deliveries, files left in the inbox, the last build and the current release.

    Example:  [bold]tambon status --json[/]
    """
    from orchestration.overview import overview
    from orchestration.plan import make_plan

    place = open_home(home)
    if json:
        typer.echo(overview(place).model_dump_json(indent=2))
        return
    try:
        plan = make_plan(place)
    except ContractError as error:
        fail(str(error), hint="Mend the contract; `tambon feeds check` lists all problems.")
    print_summary(place, plan.inbox)
    build = plan.last_build
    if build:
        out.print(f"รอบล่าสุด · Last build {build.build_id}: {build.outcome}")
    out.print(
        f"ถัดไป · Next refresh: {'needed' if plan.needed else 'not needed'} — {plan.reason}", markup=False
    )

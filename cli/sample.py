"""`tambon sample`: fill the inbox with synthetic deliveries."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import HomeOption, err, fail, open_home, out


def sample(
    home: HomeOption = None,
    scale: Annotated[
        float, typer.Option(min=0.0001, max=20, help="Share of the national number of funds.")
    ] = 1.0,
    years: Annotated[int, typer.Option(min=1, max=40, help="Number of fiscal years.")] = 3,
    seed: Annotated[int, typer.Option(help="Another seed makes another country.")] = 2550,
    tidy: Annotated[bool, typer.Option("--tidy", help="Without planted defects.")] = False,
    feeds: Annotated[
        str | None, typer.Option(help="Only these feeds: agency/feed,agency/feed. Default: all.")
    ] = None,
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="Do nothing when the home holds deliveries.")
    ] = False,
) -> None:
    """Write synthetic deliveries of every agency into the inbox, with their truth files in sample/.

    Example:  [bold]tambon sample --scale 0.05 --years 2 --feeds nvf/village_funds,satja/groups[/]
    """
    from ingest.landing import arrivals

    place = open_home(home)
    if if_empty and (arrivals(place) or any(path.is_file() for path in place.inbox.rglob("*"))):
        out.print("มีข้อมูลอยู่แล้ว ไม่สร้างตัวอย่าง · The home holds deliveries already; no sample written.")
        return
    from ingest.sample import SampleRefused, write_sample

    def show(file_name: str, done: int, total: int) -> None:
        err.print(f"[dim]sample {done:>3}/{total}  {file_name}[/]")

    chosen = None if feeds is None else [feed.strip() for feed in feeds.split(",") if feed.strip()]
    try:
        report = write_sample(
            place, scale=scale, years=years, seed=seed, tidy=tidy, feeds=chosen, progress=show
        )
    except SampleRefused as error:
        fail(str(error))
    out.print(
        f"[yellow]ข้อมูลสังเคราะห์ · Synthetic:[/] {len(report.files)} files,"
        f" {sum(report.records.values()):,} records in {place.inbox}"
    )
    out.print(f"  truth files: {place.sample}", markup=False)

"""`tambon releases`: list, compare, verify, roll back, prune."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from cli.console import HomeOption, fail, open_home, out
from release import ReleaseError

app = typer.Typer(help="ชุดข้อมูลที่เผยแพร่แต่ละรอบ · Published releases.", no_args_is_help=True)
ReleaseId = Annotated[str, typer.Argument(help="Release id, as `tambon releases list` shows it.")]


@app.command("list")
def list_all(home: HomeOption = None) -> None:
    """List the releases, newest first; the current one is marked.

    Example:  [bold]tambon releases list[/]
    """
    from release import list_releases

    table = Table()
    for name in ("", "release", "made (UTC)", "rows", "size (MB)", "status"):
        table.add_column(name)
    for one in list_releases(open_home(home), include_quality=True):
        table.add_row(
            "→" if one.is_current else ("quality →" if one.is_current_quality else ""),
            one.release_id,
            f"{one.created_at:%Y-%m-%d %H:%M}" if one.created_at else "",
            f"{sum(one.rows.values()):,}",
            f"{one.bytes / 1e6:,.1f}",
            one.status,
        )
    out.print(table)


@app.command("compare")
def compare(old: ReleaseId, new: ReleaseId, home: HomeOption = None) -> None:
    """Compare two releases: rows and keys per table, sums per measure.

    Example:  [bold]tambon releases compare 20261101T190000-ab12cd 20261102T190000-ef34ab[/]
    """
    from release import compare_releases

    try:
        comparison = compare_releases(open_home(home), old, new)
    except ReleaseError as error:
        fail(str(error))
    table = Table(title="ตาราง · Tables", title_justify="left")
    for name in ("table", "rows before", "rows now", "added", "removed", "changed"):
        table.add_column(name, justify="left" if name == "table" else "right")
    for change in comparison.tables:
        table.add_row(
            change.table,
            *(
                "–" if value is None else f"{value:,}"
                for value in (
                    change.rows_before,
                    change.rows_after,
                    change.added,
                    change.removed,
                    change.changed,
                )
            ),
        )
    out.print(table)


@app.command("verify")
def verify(release_id: ReleaseId, home: HomeOption = None) -> None:
    """Compare every file of a release with its checksum.

    Example:  [bold]tambon releases verify 20261101T190000-ab12cd[/]
    """
    from release import verify as verify_release

    try:
        report = verify_release(open_home(home), release_id)
    except ReleaseError as error:
        fail(str(error))
    if not report.ok:
        fail("\n".join(report.problems), code=1)
    out.print(f"ครบถ้วน ตรงกับค่าตรวจสอบ · Whole: {report.files} files have their checksums.")


@app.command("rollback")
def rollback(release_id: ReleaseId, home: HomeOption = None) -> None:
    """Make an earlier release the current one, after checking it.

    Example:  [bold]tambon releases rollback 20261101T190000-ab12cd[/]
    """
    from release import rollback as roll_back

    try:
        roll_back(open_home(home), release_id)
    except ReleaseError as error:
        fail(str(error))
    out.print(f"current → {release_id}")


@app.command("prune")
def prune(
    home: HomeOption = None,
    keep: Annotated[int, typer.Option(min=1, help="How many of the newest to keep.")] = 10,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which would go.")] = False,
) -> None:
    """Remove old releases; the current one always stays.

    Example:  [bold]tambon releases prune --keep 30 --dry-run[/]
    """
    from release import prune as prune_releases

    report = prune_releases(open_home(home), keep=keep, dry_run=dry_run)
    for release_id in report.deleted:
        out.print(f"{'would remove' if dry_run else 'removed'} {release_id}")
    out.print(
        f"{len(report.deleted)} removed, {len(report.kept)} kept, {report.freed_bytes / 1e6:,.1f} MB freed"
    )

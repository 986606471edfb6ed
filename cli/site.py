"""`tambon site`: the pages of a published release, written into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import HomeOption, fail, open_home, out
from release import ReleaseError


def site(
    folder: Annotated[
        Path, typer.Option("--out", help="Folder for the site; a site that is there is replaced.")
    ],
    release_id: Annotated[
        str | None, typer.Option("--release", help="Release id; without it, the current release.")
    ] = None,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Write every page, also those that an earlier site has as they are."),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Write the pages of a release into a folder: for a file share, another web server, or a look.

    Every release carries its pages already (`releases/<id>/site/`).

    Example:  [bold]tambon site --out /srv/www/tambon[/]
    """
    from dashboard.site import write_copy

    try:
        report = write_copy(open_home(home), folder, release_id, anew=anew)
    except (ReleaseError, OSError) as error:
        fail(str(error))
    out.print(
        f"{report.pages:,} หน้า · pages, {report.files:,} ไฟล์ · files "
        f"({report.rewritten:,} เขียนใหม่ · written, {report.linked:,} คงเดิม · as before), "
        f"{report.bytes / 1e6:,.1f} MB, {report.seconds:.1f} s → {folder / 'index.html'}"
    )

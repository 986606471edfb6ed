"""`tambon serve`: the pages of the current release in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import HomeOption, err, fail, open_home, out


def serve(
    home: HomeOption = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; the default is reached from this machine only.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8080,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A further host name to answer to (behind a proxy that passes it on); repeatable."),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="A line for each request.")] = False,
) -> None:
    """Serve the pages of the current release, read only; goes on through every refresh. Ctrl-C ends it.

    There is no login: put it behind a proxy that asks who is there (docs/operations.md).

    Example:  [bold]tambon serve --port 8080[/]
    """
    from dashboard.serve import is_loopback
    from dashboard.serve import serve as run_server
    from release.paths import resolve_current, resolve_quality

    place = open_home(home)
    if not is_loopback(host):
        err.print(
            "[bold yellow]คำเตือน · Warning:[/] เปิดให้เครื่องอื่นเข้าถึงได้ และไม่มีการล็อกอิน"
            " · other machines can reach this, and there is no login"
        )
    shown = f"[{host}]" if ":" in host else host

    def ready() -> None:
        out.print(f"เปิดดูที่ · Serving http://{shown}:{port}/   (Ctrl-C)", markup=False)
        if resolve_current(place) is None and resolve_quality(place) is None:
            err.print(
                f"[bold yellow]ยังไม่มีข้อมูลที่เผยแพร่ · Nothing is published yet:[/] {place.root} — tambon refresh",
                soft_wrap=True,
            )

    try:
        run_server(place, host=host, port=port, allowed_hosts=allow_host or (), log=log, ready=ready)
    except OSError as error:
        fail(
            f"เปิดที่ {shown}:{port} ไม่ได้ · Cannot listen on {shown}:{port}: {error.strerror or error}",
            hint=f"อาจมีโปรแกรมอื่นใช้พอร์ตนี้ · Another program may use the port: try --port {port + 1 if port < 65535 else 8080}.",
        )

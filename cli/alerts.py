"""`tambon alerts`: who is told what changed; check, preview, send, test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import HomeOption, fail, open_home, out, shown
from ingest.contract import ContractError
from ingest.home import Home

if TYPE_CHECKING:
    from orchestration.alerts.config import AlertsConfig

app = typer.Typer(help="การแจ้งเตือนหลังปรับปรุงข้อมูล · Alerts after a refresh.", no_args_is_help=True)
Agency = Annotated[
    str | None, typer.Option("--agency", help="Only this agency's code, or `operators`.", show_default="all")
]


def _config(home: Home) -> AlertsConfig:
    from orchestration.alerts.config import load_config

    try:
        config = load_config(home)
    except ContractError as error:
        fail(f"แก้ alerts.yml · mend alerts.yml:\n{error}", hint="docs/operations.md, Alerts, has an example.")
    if config is None:
        fail(
            f"ไม่มีไฟล์ {home.alerts_file} จึงไม่มีการแจ้งเตือน · there is no {home.alerts_file}, so nobody is told",
            hint="docs/operations.md, Alerts, has an example.",
        )
    return config


def _synthetic(home: Home) -> bool:
    return home.kind() == "synthetic"


@app.command("check")
def check(home: HomeOption = None) -> None:
    """Check alerts.yml and the variables it names, and list who would be told. Sends nothing.

    Example:  [bold]tambon alerts check[/]
    """
    import os

    from orchestration.alerts.config import routes

    place = open_home(home)
    config = _config(place)
    found = routes(place, config, synthetic=_synthetic(place))
    for route in found:
        out.print(f"{route.who:<10} {route.channel:<8} {shown(route.shown)}", markup=False, soft_wrap=True)
    if not found:
        out.print("ไม่มีผู้รับ · nobody would be told")
    named = [config.mail.user_env, config.mail.password_env] if config.mail else []
    for route in found:
        if route.webhook:
            named += [route.webhook.url_env, route.webhook.secret_env]
    missing = [name for name in dict.fromkeys(named) if name and not os.environ.get(name, "").strip()]
    if missing:
        fail(
            "ไม่ได้ตั้งค่าตัวแปรสภาพแวดล้อม · these environment variables are not set: " + ", ".join(missing),
            hint="Set them in the environment of the nightly job (docs/operations.md).",
            code=1,
        )
    out.print("ใช้ได้ · good")


@app.command("preview")
def preview(
    home: HomeOption = None,
    agency: Agency = None,
    html: Annotated[bool, typer.Option("--html", help="The HTML part instead of the text.")] = False,
) -> None:
    """Print the messages that the last build still has to send, as they would be sent. Sends nothing.

    Example:  [bold]tambon alerts preview --agency nvf[/]
    """
    from orchestration.alerts.run import latest_told_of, plan

    place = open_home(home)
    config = _config(place)
    build = latest_told_of(place)
    if build is None:
        fail("ยังไม่มีรอบที่เผยแพร่ · nothing was published yet", hint="Run `tambon refresh` first.")
    count = 0
    for one in plan(place, config, build, only=agency):
        count += 1
        typer.echo(f"=== {one.route.who} ({one.route.channel}): {one.route.shown}")
        typer.echo(f"Subject: {one.message.subject}\n")
        typer.echo(one.message.html if html else one.message.text)
    if not count:
        out.print("ไม่มีอะไรเปลี่ยน จึงไม่มีข้อความ · Nothing changed: no message")


@app.command("send")
def send(
    home: HomeOption = None,
    agency: Agency = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")] = False,
) -> None:
    """Send what the last build still has to tell: what failed before, or a first message. Never the same twice.

    Exit code 1: a message could not be sent.

    Example:  [bold]tambon alerts send --dry-run[/]
    """
    from orchestration.alerts.run import deliver, latest_told_of, plan

    place = open_home(home)
    config = _config(place)
    build = latest_told_of(place)
    if build is None:
        fail("ยังไม่มีรอบที่เผยแพร่ · nothing was published yet", hint="Run `tambon refresh` first.")
    planned = plan(place, config, build, only=agency)
    if dry_run:
        for one in planned:
            out.print(
                f"would send  {one.route.who} ({one.route.channel}): {one.message.subject}", markup=False
            )
        return
    done = deliver(place, config, planned)
    for entry in done:
        out.print(f"{entry.status:<7} {entry.who} ({entry.channel}) {entry.to} {entry.note}", markup=False)
    if not done:
        out.print("ไม่มีอะไรต้องส่ง · Nothing to send")
    if any(entry.status != "sent" for entry in done):
        raise typer.Exit(1)


@app.command("test")
def test(
    home: HomeOption = None,
    to: Annotated[str, typer.Option(help="An agency's code, or `operators`.")] = "operators",
    channel: Annotated[
        str | None, typer.Option(help="mail or webhook; the default is the first there is.")
    ] = None,
) -> None:
    """Send one test message by one channel.

    Example:  [bold]tambon alerts test --to nvf --channel mail[/]
    """
    from orchestration.alerts.config import routes
    from orchestration.alerts.run import tell_test

    place = open_home(home)
    config = _config(place)
    ways = [
        route
        for route in routes(place, config, synthetic=_synthetic(place))
        if route.who == to and channel in (None, route.channel)
    ]
    if not ways:
        fail(
            f"ไม่มีช่องทางไปยัง {to} · there is no {channel or 'way'} to {to}",
            hint="`tambon alerts check` lists who would be told.",
        )
    entry = tell_test(place, config, ways[0])
    if entry.status != "sent":
        fail(f"ส่งไม่สำเร็จ · not sent: {entry.note}", code=1)
    out.print(f"ส่งแล้ว · sent to {entry.to} ({entry.channel})", markup=False)

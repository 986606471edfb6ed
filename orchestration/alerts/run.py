"""Telling after a run. Whatever goes wrong here is written into the outbox and never ends a refresh."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
from filelock import FileLock

from expectations.audit import AuditResult
from ingest.home import Home
from orchestration import progress
from orchestration.alerts import outbox
from orchestration.alerts.config import OPERATORS, AlertsConfig, Route, load_config, operator_routes, routes
from orchestration.alerts.known import items_of, news_of, quality_folder, read_quality, read_told, write_told
from orchestration.alerts.listing import Names
from orchestration.alerts.message import Message, Setting, compose, compose_failure, compose_test
from orchestration.alerts.send import SendFailed, send
from orchestration.builds import Build, build_of_run, build_path, builds

TOLD = ("published", "audit_failed")
"""Outcomes of builds whose quality tables were published."""
_LOCK_SECONDS = 600
_HURRIED_SECONDS = 5.0


@dataclass(frozen=True)
class Planned:
    """A message that would go out, by which way, and what its recipient then knows (None: nothing changes)."""

    route: Route
    message: Message
    knows: pl.DataFrame | None


def latest_told_of(home: Home) -> Build | None:
    """The newest build whose quality tables were published: what a message can be about."""
    return next((one for one in reversed(builds(home)) if one.outcome in ("published", "audit_failed")), None)


def plan(home: Home, config: AlertsConfig, build: Build, *, only: str | None = None) -> Iterator[Planned]:
    """The messages about a build that recipients have not had, one a recipient and channel. Reads only."""
    folder = quality_folder(home, build)
    if folder is None:
        return
    quality = read_quality(folder)
    setting = _setting(home, config, build)
    failed = build.outcome == "audit_failed"
    for route in routes(home, config, synthetic=setting.synthetic):
        if only is not None and route.who != only:
            continue
        items = items_of(quality, route.who, config.severity)
        news = news_of(items, read_told(home, route), route.who, config.severity)
        if news.is_empty and not (failed and route.who == OPERATORS):
            continue
        yield Planned(route, compose(news, quality, setting), items)


def _setting(home: Home, config: AlertsConfig, build: Build) -> Setting:
    return Setting(
        build=build,
        names=Names.of(home),
        items=config.items,
        synthetic=home.kind() == "synthetic",
        site=config.site,
        blocking=_blocking(home, build),
    )


def _bare(home: Home, config: AlertsConfig, build: Build) -> Setting:
    """The setting of a message that names nothing of the data: contracts and reference may be what is broken."""
    return Setting(build, Names({}, {}, {}), config.items, home.kind() == "synthetic", config.site)


def _blocking(home: Home, build: Build) -> tuple[str, ...]:
    try:
        text = (build_path(home, build.build_id) / "audit" / "audit.json").read_text(encoding="utf-8")
        found = AuditResult.model_validate_json(text)
    except (OSError, ValueError):
        return (build.reason,) if build.reason else ()
    return tuple(f"{one.message_th} · {one.message_en}" for one in found.blocking)


def tell_build(home: Home, build: Build) -> None:
    """Tell what is new of a build that was published or whose audit failed. Asked again, sends nothing twice; never raises."""
    with _never_failing(home, build.build_id) as config:
        if config is not None and build.outcome in TOLD:
            deliver(home, config, plan(home, config, build))


def tell_failure(home: Home, run_id: str, reason: str) -> None:
    """Tell the operators of a run that did not end well; a failed audit is told as the build it is. Never raises."""
    with _never_failing(home, run_id) as config:
        if config is None:
            return
        build = build_of_run(home, run_id)
        if build is not None and build.outcome in TOLD:
            deliver(home, config, plan(home, config, build))
            return
        now = datetime.now(UTC)
        build = build or Build(build_id="", run_id=run_id, input_fingerprint="", started_at=now)
        message = compose_failure(_bare(home, config, build), run_id=run_id, reason=reason, when=now)
        deliver(home, config, [Planned(way, message, None) for way in operator_routes(config)])


def tell_unstarted(home: Home, reason: str) -> None:
    """Tell the operators of a refresh that could not begin; the same reason once a day. Never raises."""
    digest = hashlib.sha256(reason.encode()).hexdigest()[:12]
    tell_failure(home, f"unstarted-{datetime.now(UTC):%Y%m%d}-{digest}", reason)


def tell_test(home: Home, config: AlertsConfig, route: Route) -> outbox.Entry:
    """Send a message that only proves the way; returns its line of the outbox."""
    now = datetime.now(UTC)
    nothing = Build(build_id="", run_id="", input_fingerprint="", started_at=now)
    message = compose_test(_bare(home, config, nothing), route.who, now)
    return next(iter(deliver(home, config, [Planned(route, message, None)])))


class _never_failing:
    """The configuration for a block, None where there is none; an error inside becomes a line of the outbox."""

    def __init__(self, home: Home, about: str) -> None:
        self.home, self.about = home, about

    def __enter__(self) -> AlertsConfig | None:
        try:
            return load_config(self.home)
        except Exception as error:
            self._note(error)
            return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> bool:
        if not isinstance(error, Exception):
            return False
        self._note(error)
        return True

    def _note(self, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        progress.report("alerts", f"ส่งการแจ้งเตือนไม่ได้ · alerts could not be sent: {text}")
        try:
            outbox.append(
                self.home,
                outbox.Entry(
                    at=datetime.now(UTC),
                    status="trouble",
                    key=f"trouble/{self.about}",
                    who="alerts",
                    channel="-",
                    note=text[:2000],
                ),
            )
        except OSError:
            return  # a full disk is told by everything else


def deliver(
    home: Home, config: AlertsConfig, planned: Iterator[Planned] | list[Planned]
) -> list[outbox.Entry]:
    """Send messages one after the other; returns each one's line of the outbox. What was begun before is not begun again.

    One process at a time: the command line, the job and the sensor may all be at it.
    """
    home.alerts.mkdir(parents=True, exist_ok=True)
    done: list[outbox.Entry] = []
    with FileLock(home.alerts / ".lock", timeout=_LOCK_SECONDS):
        before = outbox.latest(home)
        for one in planned:
            earlier = before.get((one.message.key, one.route.channel))
            if earlier is not None and earlier.status in ("sending", "sent"):
                continue
            entry, is_down = _deliver(home, config, one)
            if is_down and one.route.channel == "mail":
                # All mail goes through one server: where it is down, a refresh does not wait for it a dozen times.
                config = config.model_copy(
                    update={"attempts": 1, "timeout_seconds": min(config.timeout_seconds, _HURRIED_SECONDS)}
                )
            done.append(entry)
    sent = sum(entry.status == "sent" for entry in done)
    if done:
        progress.report("alerts", f"{sent} sent, {len(done) - sent} failed")
    return done


def _deliver(home: Home, config: AlertsConfig, one: Planned) -> tuple[outbox.Entry, bool]:
    """One message, and whether its server seems to be down."""
    message, route = one.message, one.route
    entry = outbox.Entry(
        at=datetime.now(UTC),
        status="sending",
        key=message.key,
        who=route.who,
        channel=route.channel,
        to=route.shown,
        build_id=message.build_id,
        subject=message.subject,
        sha256=hashlib.sha256(message.text.encode()).hexdigest(),
    )
    outbox.append(home, entry)
    is_down = False
    try:
        receipt = send(message, route, config)
        entry = entry.model_copy(
            update={"status": "sent", "attempts": receipt.attempts, "note": receipt.note}
        )
    except SendFailed as error:
        is_down = error.retry
        entry = entry.model_copy(update={"status": "failed", "note": str(error)})
        progress.report("alerts", f"{route.who} {route.channel}: {error}")
    except Exception as error:
        # One recipient's strange case must not keep the others from being told.
        entry = entry.model_copy(
            update={"status": "failed", "note": f"{type(error).__name__}: {error}"[:500]}
        )
    entry = entry.model_copy(update={"at": datetime.now(UTC)})
    outbox.append(home, entry)
    if entry.status == "sent" and one.knows is not None:
        write_told(home, route, one.knows)
    return entry, is_down

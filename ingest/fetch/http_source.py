"""A file at an HTTP or HTTPS address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import requests

from ingest.contract.sources import Http
from ingest.fetch import guard
from ingest.fetch.job import Job, Task
from ingest.fetch.models import FetchFailed, Pulled
from ingest.fetch.names import name_of
from ingest.fetch.tries import Tries
from ingest.fetch.web import browsing

_HEAD = 512


def tasks(source: Http, job: Job, _: Tries) -> list[Task]:
    """The one file of the source."""

    def pull(path: Path, tries: Tries) -> Pulled:
        secret_headers = {name: job.secrets.header(env) for name, env in source.secret_headers.items()}
        secret_query = {name: job.secrets.get(env) for name, env in source.secret_query.items()}
        seen = job.seen.get(source.label, {})
        with browsing(source, tries) as web:

            def attempt() -> Pulled:
                with web.get(
                    source.url,
                    headers={**source.headers, **conditions(seen)},
                    secret_headers=secret_headers,
                    secret_query=secret_query,
                ) as answer:
                    if answer.status_code == 304:
                        return not_modified(answer, seen)
                    web.save(answer, path, job.max_bytes)
                    name = source.file_name or given_name(answer, path, job.contract.feed_name)
                    return Pulled(name, validators(answer))

            return tries.call(attempt)

    return [Task(source.label, pull)]


def conditions(seen: Mapping[str, str]) -> dict[str, str]:
    """Request headers that ask for the file only if it is not the one seen."""
    headers = {"If-None-Match": seen.get("etag"), "If-Modified-Since": seen.get("last_modified")}
    return {name: value for name, value in headers.items() if value}


def validators(answer: requests.Response) -> dict[str, str]:
    """What to remember of an answer, so that it need not be sent again."""
    found = {"etag": answer.headers.get("ETag"), "last_modified": answer.headers.get("Last-Modified")}
    return {name: value for name, value in found.items() if value and value.isascii() and value.isprintable()}


def not_modified(answer: requests.Response, seen: Mapping[str, str]) -> Pulled:
    """What a 304 means; FetchFailed where nothing was asked conditionally."""
    if not conditions(seen):
        raise FetchFailed("http_status", host=guard.split(answer.url or "").hostname, status=304)
    return Pulled(None, dict(seen))


def given_name(answer: requests.Response, path: Path, fallback: str) -> str:
    """A good file name for a downloaded body. Raises FetchFailed(unknown_type)."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return name_of(
        url=answer.url or "",
        disposition=answer.headers.get("Content-Disposition"),
        content_type=answer.headers.get("Content-Type"),
        head=head,
        fallback=fallback,
        host=guard.split(answer.url or "").hostname or "",
    )

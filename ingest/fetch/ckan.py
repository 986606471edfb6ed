"""Resources of a CKAN portal: their own files, their dumps, or their tables by pages (data.go.th's conventions)."""

from __future__ import annotations

import csv
import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize
from urllib.parse import quote, urljoin

from ingest.contract.sources import Ckan
from ingest.fetch import guard
from ingest.fetch.http_source import conditions, given_name, not_modified, validators
from ingest.fetch.job import Job, Task
from ingest.fetch.models import FetchFailed, Pulled
from ingest.fetch.names import clean_name
from ingest.fetch.tries import Tries
from ingest.fetch.web import Web, browsing
from ingest.landing.limits import ALLOWED_SUFFIXES, MIB

MAX_ANSWER_BYTES: Final = 64 * MIB
_ROW_ID: Final = "_id"


def tasks(source: Ckan, job: Job, tries: Tries) -> list[Task]:
    """One task a chosen resource. Raises FetchFailed: the portal cannot be asked, or has no such resource."""
    with browsing(source, tries) as web:
        portal = _Portal(source, job, web, tries)
        if source.resource_id:
            resources = [portal.ask("resource_show", {"id": source.resource_id})]
        else:
            resources = _chosen(source, portal.ask("package_show", {"id": source.package or ""}))
    return [_task(source, job, resource) for resource in resources]


def _chosen(source: Ckan, package: Any) -> list[dict[str, Any]]:
    listed = package.get("resources") if isinstance(package, dict) else None
    if not isinstance(listed, list):
        raise FetchFailed("ckan_answer", host=_host(source), detail_en="no list of resources")
    resources = [one for one in listed if isinstance(one, dict)]
    wanted = normalize("NFC", source.resource or "")
    found = [one for one in resources if fnmatchcase(_name(one), wanted)]
    if not found:
        names = ", ".join(_name(one)[:60] for one in resources[:10]) or "—"
        raise FetchFailed("no_resource", host=_host(source), wanted=wanted, found=names)
    return found


def _task(source: Ckan, job: Job, resource: Any) -> Task:
    resource_id = resource.get("id") if isinstance(resource, dict) else None
    if not isinstance(resource_id, str) or not resource_id:
        raise FetchFailed("ckan_answer", host=_host(source), detail_en="a resource without id")
    origin = f"ckan:{source.base_url.rstrip('/')}#{resource_id} ({source.via})"

    def pull(path: Path, tries: Tries) -> Pulled:
        with browsing(source, tries) as web:
            portal = _Portal(source, job, web, tries)
            if source.via == "datastore":
                portal.save_table(resource_id, resource, path)
                return Pulled(source.file_name or _table_name(resource, job))
            return portal.save_file(resource_id, resource, path, job.seen.get(origin, {}))

    return Task(origin, pull)


class _Portal:
    """One pull's talk with a portal."""

    def __init__(self, source: Ckan, job: Job, web: Web, tries: Tries) -> None:
        self.source, self.job, self.web, self.tries = source, job, web, tries
        self.base = source.base_url.rstrip("/")
        env = source.api_key_env
        self.secret: dict[str, str] = {source.api_key_header: job.secrets.header(env)} if env else {}

    def ask(self, action: str, params: dict[str, str]) -> Any:
        """The `result` of an action, numbers as the text that was sent."""

        def attempt() -> Any:
            address = f"{self.base}/api/3/action/{action}"
            with self.web.get(address, params=params, secret_headers=self.secret) as answer:
                body = b"".join(self.web.read(answer, MAX_ANSWER_BYTES))
            return self._result(body)

        return self.tries.call(attempt)

    def _result(self, body: bytes) -> Any:
        host = _host(self.source)
        try:
            # Numbers stay text: 0.10 and 12345678901234567890 must arrive as they were sent.
            answer = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            page = body.lstrip().startswith(b"<")
            detail = "a web page" if page else "no whole JSON"
            raise FetchFailed("ckan_answer", retry=not page, host=host, detail_en=detail) from None
        if not isinstance(answer, dict) or "success" not in answer:
            raise FetchFailed("ckan_answer", host=host, detail_en="no field “success”")
        if answer["success"] is not True:
            error = answer.get("error")
            told = error.get("message") if isinstance(error, dict) else error
            raise FetchFailed("ckan_refused", host=host, detail_en=_short(told))
        return answer.get("result")

    def save_file(self, resource_id: str, resource: Any, path: Path, seen: Any) -> Pulled:
        """The resource's own file, or the dump of its table."""
        if self.source.via == "dump":
            url = f"{self.base}/datastore/dump/{quote(resource_id, safe='')}?bom=True&format=csv"
        else:
            url = urljoin(f"{self.base}/", str(resource.get("url") or ""))

        def attempt() -> Pulled:
            with self.web.get(
                url,
                headers=conditions(seen),
                secret_headers=self.secret,
                named_by=self.source.base_url,
            ) as answer:
                if answer.status_code == 304:
                    return not_modified(answer, seen)
                self.web.save(answer, path, self.job.max_bytes)
                if self.source.via == "dump":
                    name = _table_name(resource, self.job)
                else:
                    name = _file_name(resource) or given_name(answer, path, _stem(resource, self.job))
                return Pulled(self.source.file_name or name, validators(answer))

        return self.tries.call(attempt)

    def save_table(self, resource_id: str, resource: Any, path: Path) -> None:
        """All rows of the table as CSV, in the portal's own order, without its row number. All of them, or FetchFailed."""
        if resource.get("datastore_active") is False:
            raise FetchFailed("no_datastore", name=_name(resource))
        total: int | None = None
        columns: list[str] = []
        done, last = 0, -1
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            while total is None or done < total:
                page = self.ask("datastore_search", self._page(resource_id, done))
                records, headers, count, limit = self._read_page(page)
                if total is None:
                    total, columns = count, headers
                    if total > self.source.max_rows:
                        raise FetchFailed("too_many_rows", limit=f"{self.source.max_rows:,}")
                    writer.writerow(columns)
                if count != total:
                    raise FetchFailed("total_changed", expected=f"{total:,}", got=f"{count:,}")
                due = min(limit, total - done)
                if len(records) != due:
                    raise FetchFailed(
                        "short_page", row=f"{done + 1:,}", got=f"{len(records):,}", expected=f"{due:,}"
                    )
                last = _in_order(records, headers, columns, last, done)
                writer.writerows([[_cell(record.get(name)) for name in columns] for record in records])
                if file.tell() > self.job.max_bytes:
                    raise FetchFailed("too_large", limit_mb=f"{self.job.max_bytes / MIB:,.1f}")
                done += len(records)

    def _page(self, resource_id: str, offset: int) -> dict[str, str]:
        return {
            "resource_id": resource_id,
            "limit": str(self.source.page_rows),
            "offset": str(offset),
            "sort": f"{_ROW_ID} asc",
            "include_total": "true",
        }

    def _read_page(self, page: Any) -> tuple[list[dict[str, Any]], list[str], int, int]:
        """Records, column names, total, and how many records a page holds at most (a portal may lower it)."""
        try:
            records = page["records"]
            headers = [str(field["id"]) for field in page["fields"] if field["id"] != _ROW_ID]
            total = int(page["total"])
            limit = min(int(page.get("limit") or self.source.page_rows), self.source.page_rows)
            good = isinstance(records, list) and all(isinstance(one, dict) for one in records)
        except (KeyError, TypeError, ValueError):
            good = False
        if not good or limit < 1 or total < 0 or page.get("total_was_estimated") is True:
            raise FetchFailed("ckan_answer", host=_host(self.source), detail_en="no page of records")
        return records, headers, total, limit


def _in_order(
    records: list[dict[str, Any]], headers: list[str], columns: list[str], last: int, done: int
) -> int:
    """The last row's number. FetchFailed where columns changed, or rows do not go on after those of the page before."""
    numbers = [int(one[_ROW_ID]) for one in records if str(one.get(_ROW_ID, "")).isdigit()]
    rising = all(a < b for a, b in zip([last, *numbers], numbers, strict=False))
    if headers != columns or (numbers and (len(numbers) != len(records) or not rising)):
        raise FetchFailed("rows_moved", row=f"{done + 1:,}")
    return numbers[-1] if numbers else last


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)  # true, false; lists and objects as JSON


def _name(resource: Any) -> str:
    return normalize("NFC", str(resource.get("name") or "")).strip()


def _stem(resource: Any, job: Job) -> str:
    name = clean_name(_name(resource))
    for suffix in sorted(ALLOWED_SUFFIXES, key=len, reverse=True):
        name = name.removesuffix(suffix)
    return name or job.contract.feed_name


def _table_name(resource: Any, job: Job) -> str:
    return f"{_stem(resource, job)}.csv"


def _file_name(resource: Any) -> str:
    """The resource's own name where it says its type; portals' addresses often end in a number."""
    name = clean_name(_name(resource))
    return name if any(name.endswith(suffix) for suffix in ALLOWED_SUFFIXES) else ""


def _host(source: Ckan) -> str:
    return guard.split(source.base_url).hostname or ""


def _short(told: Any) -> str:
    return " ".join(str(told or "no reason given").split())[:200]

"""A file that is shipped beside the contract: facts that belong to it."""

from __future__ import annotations

import shutil
from pathlib import Path

from ingest.contract.sources import Bundled
from ingest.fetch.job import Job, Task
from ingest.fetch.models import FetchFailed, Pulled
from ingest.fetch.names import clean_name
from ingest.fetch.tries import Tries


def tasks(source: Bundled, job: Job, _: Tries) -> list[Task]:
    """The one file of the source."""

    def pull(path: Path, _: Tries) -> Pulled:
        folder = job.contract.folder
        found = Path(folder, source.path) if folder else None
        if found is None or not found.is_file():
            raise FetchFailed("no_bundled_file", name=source.path)
        shutil.copyfile(found, path)
        return Pulled(clean_name(found.name))

    return [Task(source.label, pull)]

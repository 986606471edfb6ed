"""The catalogue of checks: `*.yml` in this folder, one declaration a check. See `model` for the shape."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from expectations.catalogue.model import (
    Bilingual,
    CatalogueError,
    Check,
    CheckError,
    Dimension,
    DimensionName,
    Owner,
    Rule,
    Scope,
    Severity,
    Stage,
    dimensions,
    make_rule,
)
from ingest.yaml_lines import YamlError, line_of, mistakes, read_plain_yaml, read_yaml

__all__ = [
    "CATALOGUE",
    "Bilingual",
    "CatalogueError",
    "Check",
    "CheckError",
    "Dimension",
    "DimensionName",
    "Owner",
    "Rule",
    "Scope",
    "Severity",
    "Stage",
    "catalogue_fingerprint",
    "checks_by_id",
    "dimensions",
    "load_checks",
    "make_rule",
]

CATALOGUE = Path(__file__).parent
_ROOT = Path(__file__).parents[1]


def _load_file(path: Path) -> tuple[list[tuple[Check, int]], list[tuple[Path, int, str]]]:
    """Checks of one file with their lines, and what is wrong in it."""
    try:
        node = read_yaml(path)
    except YamlError as error:
        return [], [(path, error.line, error.message)]
    if (
        not isinstance(node, Mapping)
        or set(node) != {"stage", "checks"}
        or not isinstance(node["checks"], list)
    ):
        return [], [(path, 1, "a catalogue file has `stage:` and a list `checks:`, nothing else")]
    checks: list[tuple[Check, int]] = []
    problems: list[tuple[Path, int, str]] = []
    for index, item in enumerate(node["checks"]):
        here = line_of(node, ("checks", index))
        if not isinstance(item, Mapping):
            problems.append((path, here, "a check is a mapping that starts with `id:`"))
            continue
        try:
            checks.append((Check.model_validate({"stage": node["stage"], **item}), here))
        except ValidationError as error:
            for location, message in mistakes(error):
                line = line_of(node, ("checks", index, *location)) if location else here
                problems.append((path, line, f"{item.get('id', '?')}: {message}"))
    return checks, problems


def _without_lines(root: Path) -> tuple[Check, ...] | None:
    """The checks of files in which nothing is wrong, read the fast way (0.1 s for 2 s); None where something is."""
    checks: list[Check] = []
    try:
        for path in sorted(root.glob("*.yml")):
            node = read_plain_yaml(path)
            if set(node) != {"stage", "checks"}:
                return None
            checks += [Check.model_validate({"stage": node["stage"], **item}) for item in node["checks"]]
    except (YamlError, ValidationError, TypeError):
        return None
    return tuple(checks) if len({check.id for check in checks}) == len(checks) else None


@cache
def load_checks(root: Path = CATALOGUE) -> tuple[Check, ...]:
    """Every declared check, in order of file and place in it.

    Raises:
        CatalogueError: with file, line and message of every mistake in all files.
    """
    quick = _without_lines(root)
    if quick is not None:
        return quick
    found: dict[str, Check] = {}
    problems: list[tuple[Path, int, str]] = []
    for path in sorted(root.glob("*.yml")):
        checks, wrong = _load_file(path)
        problems.extend(wrong)
        for check, line in checks:
            if check.id in found:
                problems.append((path, line, f"{check.id}: this id is declared twice; ids are never reused"))
            found[check.id] = check
    if problems:
        raise CatalogueError(tuple(problems))
    return tuple(found.values())


def checks_by_id() -> dict[str, Check]:
    """The shipped checks by id."""
    return {check.id: check for check in load_checks()}


@cache
def catalogue_fingerprint() -> str:
    """Hash of the declarations and of the code and views that carry them out (64 hex digits)."""
    digest = hashlib.sha256()
    for path in sorted(p for pattern in ("*.yml", "*.py", "*.sql") for p in _ROOT.rglob(pattern)):
        digest.update(path.relative_to(_ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()

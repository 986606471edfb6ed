"""YAML that people write, read so that every mistake can be told with its line. Used by contracts and by the check catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

Location = tuple[str | int, ...]


class YamlError(Exception):
    """The file is no YAML, or not UTF-8. `line` is 1-based."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read_yaml(path: Path) -> Any:
    """The file's content; mappings and lists remember their lines.

    Raises:
        YamlError: not YAML, or not UTF-8.
    """
    try:
        return YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        raise YamlError(
            error.problem_mark.line + 1 if error.problem_mark else 1, f"not valid YAML: {error.problem}"
        ) from error
    except UnicodeDecodeError as error:
        raise YamlError(1, "this file is written in UTF-8; its bytes are not") from error


def line_of(node: Any, location: Location) -> int:
    """1-based line of the deepest part of `location` that the file has; 1 where nothing of it is there."""
    line = 1
    for step in location:
        marks = getattr(node, "lc", None)
        if marks is None:
            break
        try:
            line = (marks.key(step) if isinstance(node, Mapping) else marks.item(step))[0] + 1
            node = node[step]
        except (KeyError, IndexError, TypeError):
            break
    return line


def mistakes(error: ValidationError) -> Iterator[tuple[Location, str]]:
    """What pydantic found, one mistake at a time: where, and what is wrong in words."""
    for one in error.errors():
        location: Location = tuple(one["loc"])
        message = one["msg"].removeprefix("Value error, ")
        where = ".".join(str(step) for step in location)
        yield location, f"{where}: {message}" if where else message

"""YAML that people write, read so that every mistake can be told with its line. Used by contracts and by the check catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml
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


class _Plain(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as ruamel reads it (1.2: `no` and `on` are words, `010` is ten), without lines and twenty times as fast."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def _mapping(self, node: yaml.MappingNode) -> Iterator[dict[Any, Any]]:
        data: dict[Any, Any] = {}
        yield data
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in data:
                raise yaml.constructor.ConstructorError(None, None, "the same key twice", key_node.start_mark)
            data[key] = self.construct_object(value_node, deep=True)

    def _integer(self, node: yaml.ScalarNode) -> int:
        return int(self.construct_scalar(node))


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN"),
):
    _Plain.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), [*_first, *([""] if _tag == "null" else [])]
    )
_Plain.add_constructor("tag:yaml.org,2002:map", _Plain._mapping)
_Plain.add_constructor("tag:yaml.org,2002:int", _Plain._integer)


def read_plain_yaml(path: Path) -> Any:
    """The file's content without lines: for a file that is expected to hold no mistake; `read_yaml` tells where one is.

    Raises:
        YamlError: not YAML, a key that stands twice, or not UTF-8. The line is not known.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Plain)  # noqa: S506 - derived from the safe loader
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, TypeError) as error:
        raise YamlError(1, "not valid YAML") from error


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

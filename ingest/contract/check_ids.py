"""Which checks a contract may set limits for: those that the catalogue declares for admission and that a person may let pass.

The catalogue is read as data: this package imports nothing that stands right of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ingest.yaml_lines import YamlError, read_plain_yaml

CATALOGUE = Path(__file__).parents[2] / "expectations" / "catalogue"


@cache
def settable_checks(folder: Path = CATALOGUE) -> tuple[str, ...]:
    """Ids of the admission checks that a contract may make stricter or milder, sorted.

    One with `let_through: false` is not among them: no contract may open a door that no person may open.
    """
    found: list[str] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            node = read_plain_yaml(path)
        except YamlError:
            continue  # told by the catalogue's own loader
        if not isinstance(node, Mapping) or node.get("stage") != "admission":
            continue
        found += [
            str(check["id"])
            for check in node.get("checks", ())
            if isinstance(check, Mapping) and check.get("let_through", True) and "id" in check
        ]
    return tuple(sorted(found))

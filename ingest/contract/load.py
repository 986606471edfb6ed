"""Read contracts from `ingest/agencies/<agency>/<feed>.yml`; a mistake names the file, the line and what is allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ingest.contract.model import Agency, Contract, ContractError
from ingest.yaml_lines import YamlError, line_of, mistakes, read_yaml

AGENCIES = Path(__file__).parents[1] / "agencies"
SCHEMA_FILE = Path(__file__).with_name("contract.schema.json")

Contracts = Mapping[str, Contract]
_M = TypeVar("_M", bound=BaseModel)


def _first_word_line(node: Any, message: str) -> int:
    """Line of the quoted word in a message about the whole contract, where some value in the file is that word."""
    for word in message.split("'")[1::2]:
        stack: list[tuple[Any, int]] = [(node, 1)]
        while stack:
            current, line = stack.pop()
            if current == word:
                return line
            marks = getattr(current, "lc", None)
            if marks is None:
                continue
            mapping = isinstance(current, Mapping)
            for step in current if mapping else range(len(current)):
                place = (marks.value(step) if mapping else marks.item(step))[0] + 1
                stack.append((current[step], place))
    return 1


def _read_model(path: Path, model: type[_M]) -> _M:
    try:
        node = read_yaml(path)
    except YamlError as error:
        raise ContractError(((path, error.line, error.message),)) from error
    try:
        return model.model_validate(node)
    except ValidationError as error:
        problems = [
            (path, line_of(node, location) if location else _first_word_line(node, message), message)
            for location, message in mistakes(error)
        ]
        raise ContractError(tuple(problems)) from error


def load_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        ContractError: not YAML, not a contract, or not in the folder and file that its feed code names.
    """
    contract = _read_model(path, Contract)
    expected = f"{path.parent.name}/{path.stem}"
    if contract.feed != expected:
        raise ContractError(
            ((path, 1, f"feed: is {contract.feed!r}, but the file's place says {expected!r}"),)
        )
    return contract


@cache
def load_agencies(root: Path = AGENCIES) -> Mapping[str, Agency]:
    """Every `agency.yml` under `root`, by agency code.

    Raises:
        ContractError: one or more are not valid, or a code is not its folder's name.
    """
    agencies = {}
    for path in sorted(root.glob("*/agency.yml")):
        agency = _read_model(path, Agency)
        if agency.code != path.parent.name:
            raise ContractError(
                ((path, 1, f"code: is {agency.code!r}, but the folder is {path.parent.name!r}"),)
            )
        agencies[agency.code] = agency
    return agencies


@cache
def load_contracts(root: Path = AGENCIES) -> Contracts:
    """Every contract under `root`, by feed code, in order of feed code.

    Raises:
        ContractError: with the problems of all files together.
    """
    contracts: dict[str, Contract] = {}
    problems: list[tuple[Path, int, str]] = []
    agencies = load_agencies(root)
    for path in sorted(root.glob("*/*.yml")):
        if path.name == "agency.yml":
            continue
        try:
            contract = load_contract(path)
        except ContractError as error:
            problems.extend(error.problems)
            continue
        if contract.agency_code not in agencies:
            problems.append((path, 1, f"feed: the folder has no agency.yml for {contract.agency_code!r}"))
        contracts[contract.feed] = contract
    if problems:
        raise ContractError(tuple(problems))
    return contracts


def contract_schema() -> str:
    """JSON Schema of a contract as text, as written to `contract.schema.json` by `tambon feeds schema`."""
    return json.dumps(Contract.model_json_schema(), ensure_ascii=False, indent=2) + "\n"

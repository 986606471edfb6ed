"""Read contracts from `ingest/agencies/<agency>/<feed>.yml`; a mistake names the file, the line and what is allowed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ingest.contract.model import Agency, Contract, ContractError
from ingest.yaml_lines import Location, YamlError, line_of, mistakes, read_plain_yaml, read_yaml

AGENCIES = Path(__file__).parents[1] / "agencies"
MORE_AGENCIES = "TAMBON_AGENCIES"
"""Environment variable: further folders of contracts, separated as in PATH, read after the packaged ones."""
SCHEMA_FILE = Path(__file__).with_name("contract.schema.json")

Contracts = Mapping[str, Contract]
_M = TypeVar("_M", bound=BaseModel)


def _first_word_line(node: Any, message: str) -> int:
    """Line of the quoted word in a message about the whole contract: where some value in the file is that word, else some key."""
    for wants_key in (False, True):
        for word in message.split("'")[1::2]:
            line = _line_of_word(node, word, wants_key)
            if line:
                return line
    return 1


def _line_of_word(node: Any, word: str, wants_key: bool) -> int | None:
    stack: list[tuple[Any, int]] = [(node, 1)]
    while stack:
        current, line = stack.pop()
        if current == word and not wants_key:
            return line
        marks = getattr(current, "lc", None)
        if marks is None:
            continue
        mapping = isinstance(current, Mapping)
        for step in current if mapping else range(len(current)):
            if mapping and wants_key and step == word:
                return int(marks.key(step)[0]) + 1
            place = (marks.value(step) if mapping else marks.item(step))[0] + 1
            stack.append((current[step], place))
    return None


def _without_kind(mistake: tuple[Location, str]) -> tuple[Location, str]:
    """A source's mistake without the kind that pydantic puts into its place: the file has no such step."""
    location, message = mistake
    if len(location) < 3 or location[0] != "sources":
        return location, message
    kind = f"sources.{location[1]}.{location[2]}"
    return (*location[:2], *location[3:]), message.replace(kind, f"sources.{location[1]}", 1)


def read_model(path: Path, model: type[_M]) -> _M:
    """A YAML file that people write, as a model.

    Raises:
        ContractError: not YAML, or not what the model allows; with the line of each mistake.
    """
    context = {"folder": path.parent}
    try:
        return model.model_validate(read_plain_yaml(path), context=context)
    except (YamlError, ValidationError):
        pass  # read it again with its lines, twenty times slower, to say where the mistake is
    try:
        node = read_yaml(path)
    except YamlError as error:
        raise ContractError(((path, error.line, error.message),)) from error
    try:
        return model.model_validate(node, context=context)
    except ValidationError as error:
        problems = [
            (path, line_of(node, location) if location else _first_word_line(node, message), message)
            for location, message in map(_without_kind, mistakes(error))
        ]
        raise ContractError(tuple(problems)) from error


def load_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        ContractError: not YAML, not a contract, or not in the folder and file that its feed code names.
    """
    contract = read_model(path, Contract)
    expected = f"{path.parent.name}/{path.stem}"
    if contract.feed != expected:
        raise ContractError(
            ((path, 1, f"feed: is {contract.feed!r}, but the file's place says {expected!r}"),)
        )
    contract._folder = path.parent
    return contract


def agency_roots(*, strict: bool = True) -> tuple[Path, ...]:
    """The packaged folder, then those that TAMBON_AGENCIES names; absolute, without repetition.

    Args:
        strict: raise for a folder that is not there; else leave it out.

    Raises:
        ContractError: the variable names a folder that is not there.
    """
    named = [
        Path(one).expanduser() for one in os.environ.get(MORE_AGENCIES, "").split(os.pathsep) if one.strip()
    ]
    missing = [one for one in named if not one.is_dir()]
    if missing and strict:
        raise ContractError(
            tuple((one, 1, f"{MORE_AGENCIES} names this folder, but it does not exist") for one in missing)
        )
    return tuple(dict.fromkeys([AGENCIES, *(one.resolve() for one in named if one not in missing)]))


def load_agency(path: Path) -> Agency:
    """Read one `agency.yml`.

    Raises:
        ContractError: not YAML, not an agency, or its code is not its folder's name.
    """
    agency = read_model(path, Agency)
    if agency.code != path.parent.name:
        raise ContractError(((path, 1, f"code: is {agency.code!r}, but the folder is {path.parent.name!r}"),))
    return agency


def load_agencies(root: Path | None = None) -> Mapping[str, Agency]:
    """Every `agency.yml` under `root`, or under all of `agency_roots()`, by agency code.

    Raises:
        ContractError: one or more are not valid, a code is not its folder's name, or stands in two roots.
    """
    return _agencies((root,) if root else agency_roots())


@cache
def _agencies(roots: tuple[Path, ...]) -> Mapping[str, Agency]:
    agencies: dict[str, Agency] = {}
    for path in (path for root in roots for path in sorted(root.glob("*/agency.yml"))):
        agency = load_agency(path)
        if agency.code in agencies:
            raise ContractError(((path, 1, f"code: {agency.code!r} is declared in another folder already"),))
        agencies[agency.code] = agency
    return agencies


def load_contracts(root: Path | None = None) -> Contracts:
    """Every contract under `root`, or under all of `agency_roots()`, by feed code; in each root in order of feed code.

    A further root may add feeds to an agency that an earlier one declares.

    Raises:
        ContractError: with the problems of all files together.
    """
    return _contracts((root,) if root else agency_roots())


@cache
def _contracts(roots: tuple[Path, ...]) -> Contracts:
    contracts: dict[str, Contract] = {}
    problems: list[tuple[Path, int, str]] = []
    agencies = _agencies(roots)
    for path in (path for root in roots for path in sorted(root.glob("*/*.yml"))):
        if path.name == "agency.yml":
            continue
        try:
            contract = load_contract(path)
        except ContractError as error:
            problems.extend(error.problems)
            continue
        if contract.agency_code not in agencies:
            problems.append((path, 1, f"feed: the folder has no agency.yml for {contract.agency_code!r}"))
        if contract.feed in contracts:
            problems.append((path, 1, f"feed: {contract.feed!r} is declared in another folder already"))
        contracts[contract.feed] = contract
    if problems:
        raise ContractError(tuple(problems))
    return contracts


def contract_schema() -> str:
    """JSON Schema of a contract as text, as written to `contract.schema.json` by `tambon feeds schema`."""
    return json.dumps(Contract.model_json_schema(), ensure_ascii=False, indent=2) + "\n"

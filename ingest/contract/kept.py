"""Contracts for a run that goes on: one broken contract is told and stands back, the other feeds work.

Every valid contract that a refresh worked with is kept in `contracts/<agency>.<feed>.json` of the home. Where its file is broken
later, its feed is read by the kept one until it is mended, so that what the agency sent before stays in the data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ingest.contract.load import (
    Contracts,
    agency_roots,
    load_agencies,
    load_agency,
    load_contract,
    load_contracts,
)
from ingest.contract.model import Agency, Contract, ContractError
from ingest.home import Home
from ingest.whole import write_whole

_FOLDERS = re.compile(r"\S*/(?=[^/\s]+/[^/\s]+\.yml:)|(?<!\S)/\S*/(?=[^/\s]+:\d)")


@dataclass(frozen=True)
class BrokenContract:
    """A contract file that cannot be used now. `uses_kept`: the feed is read by the last valid one."""

    feed_code: str
    message: str
    uses_kept: bool

    @property
    def short(self) -> str:
        """The first mistake, without the folders above the agency's: this is published."""
        return _FOLDERS.sub("", self.message.strip().splitlines()[0])


@dataclass(frozen=True)
class Usable:
    """What a run can work with, and what is broken, by feed code."""

    contracts: Contracts
    agencies: Mapping[str, Agency]
    broken: Mapping[str, BrokenContract]


def usable_contracts(home: Home) -> Usable:
    """Every contract that is valid, the kept one of each that is not, and what is wrong. Never raises for what files hold."""
    try:
        return Usable(load_contracts(), load_agencies(), {})
    except ContractError as error:
        everything = str(error)
    contracts: dict[str, Contract] = {}
    agencies: dict[str, Agency] = {}
    wrong: dict[str, str] = {}
    for root in agency_roots(strict=False):
        for folder in sorted({path.parent for path in root.glob("*/*.yml")}):
            trouble = _take_agency(folder, agencies)
            feeds = [path for path in sorted(folder.glob("*.yml")) if path.name != "agency.yml"]
            if trouble and not feeds:
                wrong[f"{folder.name}/agency"] = trouble  # no feed tells of it
            for path in feeds:
                _take_contract(path, trouble, contracts, wrong)
    broken: dict[str, BrokenContract] = {}
    for feed, (contract, agency) in _kept(home).items():
        # A folder of contracts that is not there (TAMBON_AGENCIES) takes its feeds with it; they were not withdrawn.
        gone = feed not in contracts and contract.folder is not None and not contract.folder.is_dir()
        if feed in wrong or gone:
            broken[feed] = BrokenContract(feed, wrong.get(feed, everything), True)
            contracts[feed] = contract
            agencies.setdefault(agency.code, agency)
    for feed, message in wrong.items():
        broken.setdefault(feed, BrokenContract(feed, message, False))
    return Usable(dict(sorted(contracts.items())), agencies, broken)


def _take_agency(folder: Path, agencies: dict[str, Agency]) -> str | None:
    """Read a folder's agency; says what is wrong with it. A further folder may add feeds to an agency known before."""
    if folder.name in agencies and not (folder / "agency.yml").exists():
        return None
    try:
        agency = load_agency(folder / "agency.yml")
    except (ContractError, OSError) as error:
        return str(error)
    agencies.setdefault(agency.code, agency)
    return None


def _take_contract(
    path: Path, trouble: str | None, contracts: dict[str, Contract], wrong: dict[str, str]
) -> None:
    feed = f"{path.parent.name}/{path.stem}"
    try:
        contract = load_contract(path)
        if trouble is None and feed in contracts:
            trouble = f"{path}:1: feed: {feed!r} is declared in another folder already"
            del contracts[feed]
    except (ContractError, OSError) as error:
        trouble = str(error)
    if trouble is None:
        contracts[feed] = contract
    else:
        wrong.setdefault(feed, trouble)


def keep_contracts(home: Home, usable: Usable) -> None:
    """Keep each contract that is valid today; a file is written only where the contract changed.

    Raises:
        OSError: the home cannot be written.
    """
    folder = home.root / "contracts"
    for feed, contract in usable.contracts.items():
        if feed in usable.broken:
            continue
        path = folder / f"{feed.replace('/', '.')}.json"
        content = {
            "contract": contract.model_dump(mode="json"),
            "agency": usable.agencies[contract.agency_code].model_dump(mode="json"),
            "folder": str(contract.folder) if contract.folder else None,
        }
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        write_whole(path, text)


def _kept(home: Home) -> dict[str, tuple[Contract, Agency]]:
    found = {}
    for path in sorted((home.root / "contracts").glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            folder = Path(content["folder"]) if content["folder"] else None
            contract = Contract.model_validate(content["contract"], context={"folder": folder})
            agency = Agency.model_validate(content["agency"])
        except (OSError, ValueError, KeyError, TypeError, ValidationError):
            continue  # of another version of the program: of no use, and no loss beside the file that is broken
        contract._folder = folder
        found[contract.feed] = (contract, agency)
    return found

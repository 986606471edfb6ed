"""Contracts: one YAML file makes a feed. See `model` for the shape and `load` for reading them."""

from ingest.contract.fields import Fields, RecordKind, load_fields
from ingest.contract.load import AGENCIES, Contracts, load_contract, load_contracts
from ingest.contract.model import Column, Contract, ContractError

__all__ = [
    "AGENCIES",
    "Column",
    "Contract",
    "ContractError",
    "Contracts",
    "Fields",
    "RecordKind",
    "load_contract",
    "load_contracts",
    "load_fields",
]

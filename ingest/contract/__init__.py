"""Contracts: one YAML file makes a feed. See `model` for the shape and `load` for reading them."""

from ingest.contract.fields import Fields, load_fields
from ingest.contract.load import AGENCIES, Contracts, load_contract, load_contracts
from ingest.contract.model import Column, Contract, ContractError, RecordKind

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

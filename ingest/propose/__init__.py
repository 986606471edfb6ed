"""A contract proposed from an unknown file. See `proposal.propose` for the way there."""

from ingest.propose.proposal import Options, Proposal, UnreadableFile, propose

__all__ = ["Options", "Proposal", "UnreadableFile", "propose"]

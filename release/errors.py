"""Errors of releases, in words that may be shown to a user (Thai · English)."""


class ReleaseError(RuntimeError):
    """A release cannot be built, published, compared or found."""


class QueryError(RuntimeError):
    """A user's SQL cannot be run; the message is readable and holds no machine paths."""

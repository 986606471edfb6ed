"""The one error that landing raises for reasons outside a single file."""


class LandingError(RuntimeError):
    """The landing area cannot be used: a bad setting, a damaged log, or another run holding the lock."""

"""What sqlfluff's Jinja sees as `adapter`: a dispatched macro becomes a plain call, enough to lint the
SQL around it.
"""

from collections.abc import Callable


def dispatch(name: str, package: str | None = None) -> Callable[..., str]:
    """The call `name(first argument)`."""
    return lambda expression="", *rest: f"{name}({expression})"

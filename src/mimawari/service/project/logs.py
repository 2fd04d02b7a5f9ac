"""How a role logs: a line an event, with the role that says it."""

from __future__ import annotations

import logging

FORMAT = "%(asctime)s %(levelname)s {role} %(name)s %(message)s"
REFUSED = "django.security"
"""Django's logger of refused requests: hosts that are not allowed, forms that are too large."""


def log_as(role: str) -> None:
    """Send what this process logs to its standard error."""
    logging.basicConfig(level=logging.INFO, format=FORMAT.format(role=role), force=True)
    for handler in logging.getLogger().handlers:
        handler.addFilter(brief)


def brief(record: logging.LogRecord) -> bool:
    """Leave the traceback of a refused request out: whoever sends it would fill the disk by it.

    Examples
    --------
    >>> record = logging.LogRecord("django.security.DisallowedHost", logging.ERROR, "", 0,
    ...                            "Invalid host", None, (ValueError, ValueError(), None))
    >>> brief(record), record.exc_info
    (True, None)
    """
    if record.name.startswith(REFUSED):
        record.exc_info = None
    return True

"""Connections to the store: a thread's, for as long as one look-up takes, and where it is from."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import close_old_connections, connections

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def connected() -> Iterator[None]:
    """Leave no connection behind in a thread that may never be used again."""
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()


@contextmanager
def lending() -> Iterator[None]:
    """Let threads borrow their connections while requests are answered, where that is cheaper.

    SQLite's cost next to nothing to open.
    """
    if connections["default"].vendor != "postgresql":
        yield
        return
    from mimawari.service.platform.postgresql.base import DatabaseWrapper

    with DatabaseWrapper.lending():
        yield

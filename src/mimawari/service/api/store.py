"""A thread's connection to the store, for as long as one look-up takes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import close_old_connections

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

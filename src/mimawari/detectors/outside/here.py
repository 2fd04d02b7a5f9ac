"""Allow a kind for a while: for tests."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mimawari.detectors.outside.installed import (
    allow_kinds,
    allowed_kinds,
    installed,
    limits_in_force,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.detectors.outside.limits import Limits


@contextmanager
def allowed_here(name: str, limits: Limits | None = None) -> Iterator[None]:
    """Allow every installed kind of this name in this process, then what was allowed before."""
    before, limits_before = allowed_kinds(), limits_in_force()
    allow_kinds([kind.full_name for kind in installed() if kind.name == name], limits)
    try:
        yield
    finally:
        allow_kinds(before, limits_before)

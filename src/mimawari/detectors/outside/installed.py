"""Which kinds are installed, and which of them the operator allows; imports none of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from mimawari.detectors.outside.limits import Limits
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUP = "mimawari.detectors"
VARIABLE = "MIMAWARI_DETECTOR_KINDS"
SETTING = "detector_kinds"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*:[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class InstalledKind:
    """A kind of an installed package.

    Parameters
    ----------
    package, version
        The distribution that brings it.
    name
        Of the kind.
    entry
        Where its `DetectorKind` stands: ``module:attribute``.
    """

    package: str
    version: str
    name: str
    entry: str

    @property
    def full_name(self) -> str:
        """What the operator allows: package and kind."""
        return f"{self.package}:{self.name}"


_allowed: frozenset[str] | None = None
_limits = Limits()


def allow_kinds(names: Iterable[str], limits: Limits | None = None) -> None:
    """Allow kinds from now on, in this process: these and no others.

    Parameters
    ----------
    names
        ``PACKAGE:KIND`` each: another package that brings a kind of the same name stays outside.

    Raises
    ------
    InvalidInputError
        For a name in another form.

    Examples
    --------
    >>> allow_kinds(["mimawari-word-weights:word-weights"]); sorted(allowed_kinds())
    ['mimawari-word-weights:word-weights']
    >>> allow_kinds([]); sorted(allowed_kinds())
    []
    """
    global _allowed, _limits  # noqa: PLW0603  # as the readings: one table a process
    _allowed = frozenset(_checked(name) for name in names)
    _limits = limits or Limits()


def allowed_kinds() -> frozenset[str]:
    """Give what is allowed: by `allow_kinds`, before that by the environment; nothing at first."""
    if _allowed is not None:
        return _allowed
    given = os.environ.get(VARIABLE, "")
    return frozenset(_checked(name) for name in given.split(",") if name)


def limits_in_force() -> Limits:
    """Give the bounds of processes that are started from now on."""
    return _limits


def for_child_process() -> dict[str, str]:
    """Give the variables by which another process of ours allows the same kinds."""
    return {VARIABLE: ",".join(sorted(allowed_kinds()))}


def installed() -> tuple[InstalledKind, ...]:
    """Give every kind that an installed package brings, whoever allows it."""
    return tuple(_kind_of(point) for point in entry_points(group=GROUP))


def find(name: str) -> InstalledKind:
    """Give the allowed package's kind of this name.

    Raises
    ------
    InvalidInputError
        None is installed or allowed, or two are.
    """
    known = [kind for kind in installed() if kind.name == name]
    allowed = {kind.full_name: kind for kind in known if kind.full_name in allowed_kinds()}
    if not known:
        remedy = "install the package that brings it, then allow it, see docs/write-a-detector.md"
        raise InvalidInputError(FieldProblem("kind", f"{name!r} is not known here", remedy))
    if not allowed:
        names = " or ".join(sorted({kind.full_name for kind in known}))
        problem = f"{name!r} comes from a package that is installed and not allowed"
        remedy = f"trust its code? then add {names} to {SETTING} ({VARIABLE})"
        raise InvalidInputError(FieldProblem("kind", problem, remedy))
    if len(allowed) > 1:
        problem = f"{name!r} is brought by {' and '.join(sorted(allowed))}"
        raise InvalidInputError(FieldProblem("kind", problem, "allow one of them"))
    return next(iter(allowed.values()))


def _kind_of(point: EntryPoint) -> InstalledKind:
    package, version = (point.dist.name, point.dist.version) if point.dist else ("", "")
    return InstalledKind(package, version, point.name, point.value)


def _checked(name: str) -> str:
    name = name.strip()
    if not NAME.fullmatch(name):
        remedy = "write PACKAGE:KIND, as 'mimawari models kinds' shows it"
        raise InvalidInputError(FieldProblem(SETTING, f"{name[:80]!r} names no kind", remedy))
    return name

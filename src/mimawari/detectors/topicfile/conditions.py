"""The conditions a rule is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

TEXT_KINDS = ("words", "phrases", "regex", "reversed")
NUMBER_KINDS = ("price", "price_vs_median", "seller_age_days", "image_count")
CHOICE_KINDS = ("brand", "category", "condition", "language")
FIELDS = ("any", "title", "description", "picture")


@dataclass(frozen=True, slots=True)
class Text:
    """Any of the patterns occurs in the canonical text of a field; ``reversed``: backwards."""

    kind: str
    patterns: tuple[str, ...]
    field: str = "any"


@dataclass(frozen=True, slots=True)
class Number:
    """A number lies below or above a bound; unknown numbers never do."""

    kind: str
    below: float | None = None
    above: float | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A field has one of the values (``attribute`` names the free attribute)."""

    kind: str
    values: tuple[str, ...]
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """Another rule of the same file applies."""

    rule: str


@dataclass(frozen=True, slots=True)
class All:
    """Every part applies."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part applies."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not apply."""

    part: Condition


Condition: TypeAlias = Text | Number | Choice | Reference | All | AnyOf | Not

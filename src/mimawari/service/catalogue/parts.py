"""Which models stand on a part: what breaks if a feature, an encoder or a reading file goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.composition import Part, PartKind
from mimawari.service.catalogue.models import ModelPart, ModelVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

LEAST_LETTERS = 6


def note_parts(version: str, parts: Iterable[Part]) -> None:
    """Keep the parts of a registered model; those that are kept already stay."""
    ModelPart.objects.bulk_create(
        [ModelPart(model_id=version, kind=part.kind.value, name=part.name) for part in parts],
        ignore_conflicts=True,
    )


def parts_of_model(version: str) -> list[Part]:
    """Give the parts of a model, by kind and name."""
    rows = ModelPart.objects.filter(model=version).order_by("kind", "name")
    return [Part(PartKind(kind), name) for kind, name in rows.values_list("kind", "name")]


def using(text: str, models: QuerySet[ModelVersion] | None = None) -> QuerySet[ModelVersion]:
    """Give the models that stand on a part.

    Parameters
    ----------
    text
        ``kind:name``, or a name alone; hashes may be cut to six letters.

    Raises
    ------
    InvalidInputError
        The kind is unknown.
    """
    kind, name = split(text)
    parts = ModelPart.objects.filter(kind=kind) if kind else ModelPart.objects.all()
    exact = parts.filter(name=name)
    if len(name) >= LEAST_LETTERS:
        hashed = (PartKind.ENCODER.value, PartKind.READINGS.value)
        exact = exact | parts.filter(kind__in=hashed, name__startswith=name)
    rows = ModelVersion.objects.all() if models is None else models
    return rows.filter(pk__in=exact.values("model"))


def split(text: str) -> tuple[str, str]:
    """Read a part's kind, empty for any, and its name.

    Raises
    ------
    InvalidInputError
        The kind is unknown.

    Examples
    --------
    >>> split("feature:log_price"), split("log_price")
    (('feature', 'log_price'), ('', 'log_price'))
    """
    kind, colon, name = text.partition(":")
    if not colon:
        return "", text
    kinds = [known.value for known in PartKind]
    if kind not in kinds:
        problem, remedy = f"{kind[:40]!r} is no kind of part", f"use {', '.join(kinds)}"
        raise InvalidInputError(FieldProblem("part", problem, remedy))
    return kind, name

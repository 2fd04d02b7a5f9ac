"""Texts in the user's language that several pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mimawari.listings.listing import Condition
from mimawari.service.catalogue.topic_files import topic_files
from mimawari.service.review.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable


def in_language(texts: dict[str, str]) -> str:
    """Choose the text of the user's language, else English, else any."""
    return texts.get(get_language() or "en") or texts.get("en") or next(iter(texts.values()), "")


def topic_names(wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Name topics in the user's language, as the given versions of their files do."""
    return {named: in_language(file.title) for named, file in topic_files(wanted).items()}


def percent(score: float) -> str:
    """Give a probability in whole per cent; never a certainty that the model cannot have.

    Examples
    --------
    >>> percent(0.4), percent(0.999), percent(0.001)
    ('40%', '>99%', '<1%')
    """
    if score > 0.99:
        return ">99%"
    return "<1%" if score < 0.01 else f"{score:.0%}"


def verdict_text(verdict: str) -> str:
    """Name a verdict in the user's language."""
    return {
        Verdict.VIOLATES: _("Violates"),
        Verdict.DOES_NOT_VIOLATE: _("Does not violate"),
        Verdict.CANNOT_TELL: _("Cannot tell"),
        Verdict.UNDONE: _("Undone"),
    }[Verdict(verdict)]


def condition_text(condition: Condition) -> str:
    """Name a condition in the user's language; nothing where it is unknown."""
    return {
        Condition.NEW: _("new"),
        Condition.LIKE_NEW: _("like new"),
        Condition.GOOD: _("good"),
        Condition.FAIR: _("fair"),
        Condition.POOR: _("poor"),
        Condition.UNKNOWN: "",
    }[condition]

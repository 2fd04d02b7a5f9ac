"""The small mark of a score: its number where it is one, and whether a rule or a model says so."""

from __future__ import annotations

import msgspec
from django.utils.translation import gettext as _


class Chip(msgspec.Struct, frozen=True):
    """What stands on the mark, and what it means.

    ``kind`` is ``model``, ``rule`` or ``hidden``, and names its style.
    """

    kind: str
    text: str
    means: str


def chip(score: str, by_model: bool, blind: bool) -> Chip:
    """Choose the mark of an item.

    Parameters
    ----------
    score
        As it is shown; empty where there is no probability.
    by_model
        Whether the score is a model's, not a rule's.
    blind
        Whether the topic is judged without scores.
    """
    if blind:
        hidden = _("Scores are hidden on this topic for now, so that every item is judged alike.")
        return Chip("hidden", _("score hidden"), hidden)
    if not score:
        prior = _("Rule, no measurement yet: the listing was chosen by the severity of the rule.")
        return Chip("rule", _("rule"), prior)
    meaning = _("Probability that it violates, as rules and model see it")
    if by_model:
        return Chip("model", _("model %(score)s") % {"score": score}, meaning)
    return Chip("rule", _("rule %(score)s") % {"score": score}, meaning)

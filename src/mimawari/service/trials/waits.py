"""What a trial waited for when the trials role last looked at it."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class Waits(msgspec.Struct, frozen=True, omit_defaults=True):
    """What must happen before a trial goes on; kept because folding a large one takes long.

    Parameters
    ----------
    problem
        What keeps the role from doing what is due.
    family
        Its evidence suffices, and the decision on its family is to come.
    rechecks
        Old labels that are asked for again: without an answer, and all.
    days
        Days that are in, where they are too few.
    verdicts, another, confirmations
        Items that wait for a moderator, for another one, for a second one to confirm.
    doubted
        Whether somebody says the same to everything, so that others are asked.
    next_round, reviews_on
        When there is more to judge.
    """

    problem: str = ""
    family: bool = False
    rechecks: tuple[int, int] | None = None
    days: int | None = None
    verdicts: int = 0
    another: int = 0
    confirmations: int = 0
    doubted: bool = False
    next_round: datetime | None = None
    reviews_on: date | None = None


_decoder = msgspec.json.Decoder(Waits)


def decode(text: str) -> Waits:
    """Read it from JSON.

    Examples
    --------
    >>> decode('{"verdicts": 3}').verdicts
    3
    """
    return _decoder.decode(text)

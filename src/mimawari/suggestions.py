"""The names most like a wrong one, and as many problems as somebody reads, whatever was sent.

Who sends the names decides how many there are and how long: a look-up costs up to a millisecond,
so it is made for short names only, and for the first few.
"""

from __future__ import annotations

from difflib import get_close_matches
from itertools import islice
from os.path import commonprefix
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MOST_TOLD = 20
"""Problems of one kind that are named one by one."""
MOST_OF_ALL = 200
MOST_LOOKED_UP = 5
MOST_CHARACTERS = 100
MOST_KNOWN = 1_000


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name that is most like one; None where none is near, or it is very long.

    What all known names begin with (``MIMAWARI_``) makes none of them alike.

    Examples
    --------
    >>> nearest("tite", ["id", "title"]), nearest("x" * 1_000_000, ["id", "title"])
    ('title', None)
    >>> nearest("MIMAWARI_COLOUR", ["MIMAWARI_MEDIA", "MIMAWARI_HOSTS"])
    """
    if len(name) > MOST_CHARACTERS:
        return None
    short = (other for other in known if len(other) <= MOST_CHARACTERS)
    few = list(islice(short, MOST_KNOWN))
    begin = len(commonprefix([name, *few])) if len(few) > 1 else 0  # noqa: RUF071  # no paths
    ends = {other[begin:]: other for other in few}
    near = get_close_matches(name[begin:], ends, 1) if ends else []
    return ends[near[0]] if near else None


def unknown_names(
    names: Sequence[str],
    known: Sequence[str],
    problem_of: Callable[[str, str | None], FieldProblem],
    rest_at: str,
) -> list[FieldProblem]:
    """Give a problem for each unknown name: one by one for the first, by number for the rest.

    Parameters
    ----------
    problem_of
        Writes the problem of a name and of the known name that is most like it.
    rest_at
        What the problem that stands for all the others names as its field.

    Examples
    --------
    >>> def problem(name, near):
    ...     return FieldProblem(name, "is unknown", f"did you mean {near}?" if near else "-")
    >>> names = ["tite", *(f"key {i}" for i in range(50_000))]
    >>> problems = unknown_names(names, ["id", "title"], problem, "body")
    >>> print(problems[0]), print(problems[-1]), len(problems)
    tite: is unknown; did you mean title?
    body: has 49,981 more unknown names; remove them
    (None, None, 21)
    """
    problems = [
        problem_of(name, nearest(name, known) if i < MOST_LOOKED_UP else None)
        for i, name in enumerate(names[:MOST_TOLD])
    ]
    more = len(names) - len(problems)
    if more:
        problems.append(FieldProblem(rest_at, f"has {more:,} more unknown names", "remove them"))
    return problems


def capped(problems: Sequence[FieldProblem], rest_at: str) -> list[FieldProblem]:
    """Give the first problems, and where there are very many the number of the others.

    Examples
    --------
    >>> print(capped([FieldProblem(f"label:{i}", "is 'x'", "-") for i in range(5_000)], "row")[-1])
    row: has 4,800 more problems; mend those above first
    """
    more = len(problems) - MOST_OF_ALL
    if more <= 0:
        return list(problems)
    rest = FieldProblem(rest_at, f"has {more:,} more problems", "mend those above first")
    return [*problems[:MOST_OF_ALL], rest]

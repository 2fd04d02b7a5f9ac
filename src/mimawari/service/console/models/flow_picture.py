"""How data flowed into a model and where it goes, as boxes in columns that lines join."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

BOX_WIDTH, BOX_HEIGHT, GAP, BETWEEN, EDGE = 184, 46, 32, 14, 4
# Letters of a title and of the line below it, which is smaller; a Japanese one takes two.
TITLE, DETAIL = 20, 26
MOST_IN_A_COLUMN = 8


class Node(msgspec.Struct, frozen=True):
    """A box: what it is, a line below that, and where it leads; ``kind`` names its style."""

    kind: str
    title: str
    detail: str = ""
    href: str = ""


class Place(msgspec.Struct, frozen=True):
    """A box where it is drawn."""

    node: Node
    x: int
    y: int
    title: str
    detail: str

    @property
    def middle(self) -> float:
        """The height at which lines meet it."""
        return self.y + BOX_HEIGHT / 2


class Flow(msgspec.Struct, frozen=True):
    """A picture, and what it shows in a sentence for those who do not see it."""

    title: str
    summary: str
    width: int
    height: int
    places: list[Place]
    lines: list[str]


def draw(title: str, columns: Sequence[Sequence[Node]], joins: Sequence[tuple[Node, Node]]) -> Flow:
    """Lay boxes out, a column after the other, and join them.

    Parameters
    ----------
    joins
        Pairs of boxes; one whose box has no room is left out.

    Examples
    --------
    >>> data, model = Node("data", "weapons-1"), Node("model", "weapons-2", "gbdt")
    >>> flow = draw("How data flowed", [[data], [model]], [(data, model)])
    >>> flow.width, flow.lines
    (408, ['M188,27 C204,27 204,27 220,27'])
    >>> flow.summary
    'weapons-1 → weapons-2 (gbdt)'
    """
    shown = [column[:MOST_IN_A_COLUMN] for column in columns if column]
    tallest = max(map(len, shown), default=0)
    height = 2 * EDGE + tallest * BOX_HEIGHT + max(0, tallest - 1) * BETWEEN
    places: dict[Node, Place] = {}
    for number, column in enumerate(shown):
        used = len(column) * BOX_HEIGHT + (len(column) - 1) * BETWEEN
        x, y = EDGE + number * (BOX_WIDTH + GAP), (height - used) // 2
        for node in column:
            title_text, detail = shortened(node.title, TITLE), shortened(node.detail, DETAIL)
            places[node] = Place(node, x, y, title_text, detail)
            y += BOX_HEIGHT + BETWEEN
    lines = [_line(places[a], places[b]) for a, b in joins if a in places and b in places]
    width = 2 * EDGE + len(shown) * BOX_WIDTH + max(0, len(shown) - 1) * GAP
    summary = " → ".join(", ".join(map(_said, column)) for column in shown)
    return Flow(title, summary, width, height, list(places.values()), lines)


def shortened(text: str, most: int) -> str:
    """Give a text that fits a box.

    Examples
    --------
    >>> shortened("weapons-0123456789ab", 20), shortened("counterfeit-0123456789ab", 20)
    ('weapons-0123456789ab', 'counterfeit-0123456…')
    """
    taken = 0
    for i, letter in enumerate(text):
        taken += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if taken > most:
            return f"{text[: i - 1]}…"
    return text


def _said(node: Node) -> str:
    return f"{node.title} ({node.detail})" if node.detail else node.title


def _line(start: Place, end: Place) -> str:
    x0, y0, x1, y1 = start.x + BOX_WIDTH, start.middle, end.x, end.middle
    half = (x0 + x1) / 2
    return f"M{x0},{y0:g} C{half:g},{y0:g} {half:g},{y1:g} {x1},{y1:g}"

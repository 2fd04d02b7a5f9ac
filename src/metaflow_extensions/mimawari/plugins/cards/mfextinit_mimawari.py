"""The kind of card that mimawari's flows have: the page that a step wrote, as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metaflow.cards import MetaflowCard

if TYPE_CHECKING:
    from metaflow import Task


class PageCard(MetaflowCard):
    """Shows the artifact ``html`` of its task; Metaflow's own cards ask another site for fonts."""

    type = "mimawari_page"

    def render(self, task: Task) -> str:
        """Give the page."""
        return str(task["html"].data)


CARDS = [PageCard]

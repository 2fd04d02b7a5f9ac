"""What a kind of detector must be able to do, to be compared and chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from mimawari.evaluation.choosing.task import Task
    from mimawari.records.lineage import Lineage

    Progress = Callable[[str, int, int], None]
    Margins = dict[str, NDArray[np.float64]]


def silent(what: str, done: int, of: int) -> None:
    """Show no progress."""


class Algorithm(Protocol):
    """One kind: what it is, how good it is for unseen sellers, and how it is made."""

    @property
    def says(self) -> str:
        """What it is and what it costs, in a line."""
        ...

    def members(self, task: Task) -> tuple[str, ...]:
        """Give the kinds that it builds on; most build on none."""
        ...

    def absent(self, task: Task) -> str:
        """Say why it cannot be made from this; empty where it can."""
        ...

    def held_out(self, task: Task, before: Margins, progress: Progress) -> NDArray[np.float64]:
        """Score every row without its seller; NaN is 'no opinion'; shape (n,).

        Parameters
        ----------
        before
            Held-out scores of simpler kinds, for those that build on them.
        """
        ...

    def save(
        self, task: Task, before: Margins, lineage: Lineage, folder: Path, progress: Progress
    ) -> str:
        """Train on all rows and write the folder; returns the model's version."""
        ...

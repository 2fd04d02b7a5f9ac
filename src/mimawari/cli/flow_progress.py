"""How far a flow is, from what Metaflow prints."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TASK = re.compile(r"\[\d+/(\w+)/\d+ \(pid \d+\)\] Task (is starting|finished|failed)")


class Tasks:
    """Counts tasks of each step that began, ended and were tried again."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def note(self, line: str) -> None:
        """Read a line; most say nothing of tasks."""
        task = TASK.search(line)
        if task is not None:
            counted = {"is starting": self.begun, "finished": self.done, "failed": self.failed}
            counted[task[2]][task[1]] += 1

    def __str__(self) -> str:
        """Name the step that began last, and how many of its tasks are done.

        Examples
        --------
        >>> tasks = Tasks()
        >>> tasks.note("2026-03-01 10:00:00.000 [12/train/2 (pid 7)] Task is starting.")
        >>> str(tasks)
        'train: 0 of 1 tasks done'
        """
        if not self.begun:
            return "starting"
        step = next(reversed(self.begun))
        begun = self.begun[step] - self.failed[step]
        again = f", {self.failed[step]} tried again" if self.failed[step] else ""
        return f"{step}: {self.done[step]} of {max(begun, 1)} tasks done{again}"


@contextmanager
def shown_progress() -> Iterator[Callable[[str], None]]:
    """Show how far a flow is while it runs; gives what is told each line."""
    tasks = Tasks()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        shown = progress.add_task(str(tasks), total=None)

        def note(line: str) -> None:
            tasks.note(line)
            progress.update(shown, description=str(tasks))

        yield note

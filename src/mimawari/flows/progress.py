"""How far a flow is, from what Metaflow prints of its tasks."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

TASK = re.compile(r"\[\d+/(\w+)/\d+ \(pid \d+\)\] Task (is starting|finished|failed)")


class StepTasks(msgspec.Struct):
    """Tasks of a step: begun, done, and failed and tried again; the first and the last of them."""

    name: str
    first: datetime
    last: datetime
    begun: int = 0
    done: int = 0
    failed: int = 0

    @property
    def seconds(self) -> float:
        """From the first task's begin to what was heard last."""
        return (self.last - self.first).total_seconds()

    def __str__(self) -> str:
        again = f", {self.failed} tried again" if self.failed else ""
        begun = max(self.begun - self.failed, 1)
        return f"{self.name}: {self.done} of {begun} tasks done{again}"


class Progress(msgspec.Struct):
    """Steps in the order in which they began.

    Examples
    --------
    >>> progress = Progress()
    >>> now = datetime(2026, 3, 1, 10)
    >>> progress.note("2026-03-01 10:00:00.000 [12/train/2 (pid 7)] Task is starting.", now)
    >>> str(progress)
    'train: 0 of 1 tasks done'
    """

    steps: list[StepTasks] = []

    def note(self, line: str, at: datetime) -> None:
        """Read a line; most say nothing of tasks."""
        task = TASK.search(line)
        if task is None:
            return
        step = next((step for step in self.steps if step.name == task[1]), None)
        if step is None:
            step = StepTasks(task[1], at, at)
            self.steps.append(step)
        step.last = at
        if task[2] == "is starting":
            step.begun += 1
        elif task[2] == "finished":
            step.done += 1
        else:
            step.failed += 1

    def taken_up(self) -> Progress:
        """Give what is kept where a run goes on: tasks that were done."""
        return Progress(
            [
                StepTasks(step.name, step.first, step.last, step.done, step.done)
                for step in self.steps
                if step.done
            ]
        )

    def __str__(self) -> str:
        """Name the step that began last, and how many of its tasks are done."""
        return str(max(self.steps, key=lambda step: step.last)) if self.steps else "starting"


def decode_progress(text: str) -> Progress:
    """Read from JSON."""
    return msgspec.json.decode(text, type=Progress)

"""What joins read of the tasks before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metaflow.plugins.timeout_decorator import TimeoutException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metaflow import FlowSpec
    from metaflow.exception import MetaflowExceptionWrapper

TIME_IS_OVER = TimeoutException


def gathered(tasks: Sequence[FlowSpec], name: str) -> tuple[list[dict[str, str]], list[str]]:
    """Give what tasks found by topic, and why others were given up, as ``NAME_why`` says.

    Of a task that was given up nothing is read: Metaflow keeps what it had assigned before.
    """
    ended = [task for task in tasks if getattr(task, f"{name}_why")]
    problems = [getattr(task, name) for task in tasks if task not in ended]
    return problems, [_words(getattr(task, f"{name}_why")) for task in ended]


def _words(why: MetaflowExceptionWrapper) -> str:
    """Say what was raised, without where: the run's log has that."""
    return f"{why.type.rpartition('.')[2]}: {' '.join(why.exception.split())}"

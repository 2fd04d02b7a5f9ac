"""A bar that says how far a flow is."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from mimawari.flows.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def shown_progress() -> Iterator[Callable[[str], None]]:
    """Show how far a flow is while it runs; gives what is told each line."""
    tasks = Progress()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, transient=True, console=Console(stderr=True)) as bar:
        shown = bar.add_task(str(tasks), total=None)

        def note(line: str) -> None:
            tasks.note(line, datetime.now(UTC))
            bar.update(shown, description=str(tasks))

        yield note

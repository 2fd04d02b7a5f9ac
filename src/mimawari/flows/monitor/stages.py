"""The steps of monitoring as functions: share the days, count each, watch all, write the card."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from mimawari.flows.backtest.labels import LABELS, KnownLabels
from mimawari.flows.day_files import day_files, require_unchanged
from mimawari.flows.monitor_records import Monitored
from mimawari.flows.records import Result, TopicResult
from mimawari.flows.run_folder import CARD, PROBLEM, RESULT, RunFolder
from mimawari.flows.shards import shards

if TYPE_CHECKING:
    from collections.abc import Sequence

MONITORED = "monitored.json"


def begin(request_path: str) -> list[list[str]]:
    """See that the days are as they were asked for, and share them among tasks.

    Raises
    ------
    InvalidInputError
        There is no day, or a file was changed; the run's folder keeps why.
    """
    run = RunFolder.of(request_path)
    (run.path / PROBLEM).unlink(missing_ok=True)
    request = run.request
    with run.noting_problems():
        require_unchanged(run, "scores", "sent", "totals")
    return shards({str(day.day): day.versions for day in request.days}, request.shards)


def count(request_path: str, days: Sequence[str]) -> None:
    """Count days that are not there yet.

    Raises
    ------
    InvalidInputError
        A file is damaged.
    """
    from mimawari.flows.monitor.counting import counted_day

    run = RunFolder.of(request_path)
    request, files = run.request, day_files(run)
    with run.noting_problems():
        labels = {
            topic: run.read(f"topics/{topic}/{LABELS}", KnownLabels).by_number
            for topic in request.topics
        }
        for day in days:
            if not (run.path / _file(day)).exists():
                counts = counted_day(files[date.fromisoformat(day)], request.topics, labels)
                run.write_text(_file(day), msgspec.json.encode(counts).decode())


def watch(request_path: str) -> None:
    """Watch all days in their order, once all are counted.

    Raises
    ------
    InvalidInputError
        A day was not counted.
    """
    from mimawari.flows.monitor.counting import DayCounts
    from mimawari.flows.monitor.watching import watched

    run = RunFolder.of(request_path)
    request = run.request
    with run.noting_problems():
        names = sorted(str(day.day) for day in request.days)
        counted = (run.read(_file(day), DayCounts) for day in names)
        run.write(MONITORED, watched(counted, request.topics))


def finish(request_path: str) -> str:
    """Write the result and its card; gives the card."""
    from mimawari.flows.monitor.card import as_page

    run = RunFolder.of(request_path)
    request = run.request
    result = Result(
        run=request.run,
        topics=tuple(TopicResult(topic=topic) for topic in request.topics),
        monitored=run.read(MONITORED, Monitored),
    )
    page = as_page(result, request)
    run.write_text(CARD, page)
    run.write(RESULT, result)
    return page


def _file(day: str) -> str:
    return f"parts/{day}.json"

"""The steps of a selection as functions: share the topics, choose, write plans and the card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.backtest.labels import LABELS, KnownLabels
from mimawari.flows.day_files import day_files, require_unchanged
from mimawari.flows.records import Result, TopicResult
from mimawari.flows.run_folder import CARD, PROBLEM, RESULT, RunFolder
from mimawari.flows.selection_records import Selection
from mimawari.flows.shards import shards

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SELECTION, PLAN = "selection.json", "plan.json"


def begin(request_path: str) -> list[list[str]]:
    """See that the days are as they were asked for, and share the topics among tasks.

    Raises
    ------
    InvalidInputError
        There is no day, or a file was changed; the run's folder keeps why.
    """
    run = RunFolder.of(request_path)
    (run.path / PROBLEM).unlink(missing_ok=True)
    request = run.request
    with run.noting_problems():
        require_unchanged(run, "scores")
    return shards(dict.fromkeys(request.topics, 1), request.shards)


def choose(request_path: str, topics: Sequence[str]) -> dict[str, str]:
    """Choose of each topic that is not there yet; gives why others have nothing."""
    from mimawari.flows.selection.choosing import selected
    from mimawari.flows.selection.pool import open_rows

    run = RunFolder.of(request_path)
    request, files = run.request, day_files(run)
    problems = {}
    for topic in topics:
        if (run.topic(topic) / SELECTION).exists():
            continue
        known = run.read(f"topics/{topic}/{LABELS}", KnownLabels)
        champion = request.served.champions.get(topic, "")
        try:
            rows = open_rows(files.values(), topic, champion, known.all_numbers)
            selection = selected(request, topic, rows)
        except InvalidInputError as error:
            problems[topic] = str(error)
            continue
        run.write(f"topics/{topic}/{PLAN}", selection.plan)
        run.write(f"topics/{topic}/{SELECTION}", selection)
    return problems


def gather(request_path: str, problems: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Gather why topics have nothing.

    Raises
    ------
    InvalidInputError
        No topic has anything.
    """
    run = RunFolder.of(request_path)
    reasons = {topic: reason for of_task in problems for topic, reason in of_task.items()}
    if len(reasons) == len(run.request.topics):
        with run.noting_problems():
            remedy = "then start a new run"
            raise InvalidInputError(*(FieldProblem(t, r, remedy) for t, r in reasons.items()))
    return reasons


def finish(request_path: str, problems: Mapping[str, str]) -> str:
    """Write the result and its card; gives the card."""
    from mimawari.flows.selection.card import as_page

    run = RunFolder.of(request_path)
    request = run.request
    topics = [
        TopicResult(topic=topic, problem=problems[topic])
        if topic in problems
        else TopicResult(topic=topic, selection=run.read(f"topics/{topic}/{SELECTION}", Selection))
        for topic in request.topics
    ]
    result = Result(run=request.run, topics=tuple(topics))
    page = as_page(result, request)
    run.write_text(CARD, page)
    run.write(RESULT, result)
    return page

"""The steps of a back-test as functions: share the days, replay parts, compare, write the card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.backtest.labels import LABELS, KnownLabels
from mimawari.flows.backtest.parts import PARTS, Part, PartLists, shared
from mimawari.flows.day_files import day_files, require_unchanged
from mimawari.flows.records import Result, TopicResult
from mimawari.flows.run_folder import CARD, PROBLEM, RESULT, RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.topicfile.schema import ActionPolicy
    from mimawari.flows.records import Request


def begin(request_path: str) -> list[list[str]]:
    """See that the days are as they were asked for, and share them among tasks; gives parts.

    Raises
    ------
    InvalidInputError
        There is no day or no candidate, or a file was changed; the run's folder keeps why.
    """
    run = RunFolder.of(request_path)
    (run.path / PROBLEM).unlink(missing_ok=True)
    request = run.request
    with run.noting_problems():
        _refuse(request)
        files = require_unchanged(run, "sent")
        sent = [(day, Path(files[day].sent)) for day in sorted(files)]
        tasks = shared(sent, request.shards)
    return [[part.name for part in parts] for parts in tasks]


def replay(request_path: str, names: Sequence[str]) -> None:
    """Replay parts that are not there yet.

    Raises
    ------
    InvalidInputError
        A model does not load, or a file is damaged.
    """
    from mimawari.flows.backtest.replaying import Replay
    from mimawari.flows.backtest.suites import files_of, suite_of

    run = RunFolder.of(request_path)
    left = [name for name in names if not (run.path / _file(name)).exists()]
    if not left:
        return
    with run.noting_problems():
        request, files = run.request, day_files(run)
        policies = files_of(run, request)
        labels = {topic: known_labels(run, topic).by_number for topic in request.topics}
        held = {t: _held_from(file.actions) for t, file in policies.items()}
        replaying = Replay(
            request,
            suite_of(run, request),
            {topic: score for topic, score in held.items() if score is not None},
            labels,
        )
        for name in left:
            part = Part.of(name)
            run.write(_file(name), replaying.part(part, Path(files[part.day].sent)))


def compare(request_path: str, tasks: Sequence[Sequence[str]]) -> dict[str, str]:
    """Compare the lists of each topic once all parts are there; gives why topics have nothing.

    Raises
    ------
    InvalidInputError
        A part is missing or damaged.
    """
    from mimawari.flows.backtest.comparing import compared
    from mimawari.flows.backtest.suites import files_of

    run = RunFolder.of(request_path)
    request = run.request
    problems: dict[str, str] = {}
    with run.noting_problems():
        policies = files_of(run, request)
        names = [name for task in tasks for name in task]
        parts = [run.read(_file(name), PartLists) for name in names]
        for topic in request.topics:
            failures = [f for part in parts if (f := part.topics[topic].failure)]
            if failures:
                problems[topic] = failures[0]
                continue
            holds = _held_from(policies[topic].actions) is not None
            known = known_labels(run, topic)
            run.write(_of_topic(topic), compared(request, topic, parts, known, holds))
        if len(problems) == len(request.topics):
            remedy = "mend this, then: mimawari flow resume RUN"
            raise InvalidInputError(*(FieldProblem(t, p, remedy) for t, p in problems.items()))
    return problems


def finish(request_path: str, problems: dict[str, str]) -> str:
    """Write the result and its card; gives the card."""
    from mimawari.flows.backtest.card import as_page
    from mimawari.flows.backtest_records import Backtest

    run = RunFolder.of(request_path)
    request = run.request
    topics = [
        TopicResult(topic=topic, problem=problems[topic])
        if topic in problems
        else TopicResult(topic=topic, backtest=run.read(_of_topic(topic), Backtest))
        for topic in request.topics
    ]
    result = Result(run=request.run, topics=tuple(topics))
    page = as_page(result, request)
    run.write_text(CARD, page)
    run.write(RESULT, result)
    return page


def known_labels(run: RunFolder, topic: str) -> KnownLabels:
    """Read the labels of a topic."""
    return run.read(f"topics/{topic}/{LABELS}", KnownLabels)


def _file(name: str) -> str:
    return f"{PARTS}/{name}.json"


def _of_topic(topic: str) -> str:
    return f"topics/{topic}/backtest.json"


def _held_from(actions: ActionPolicy | None) -> float | None:
    return None if actions is None else actions.hide_until_reviewed


def _refuse(request: Request) -> None:
    problems = []
    if not request.days:
        remedy = "mimawari history close puts days into files"
        problems.append(FieldProblem("days", "of these dates are not closed", remedy))
    problems += [
        FieldProblem(topic, "has no candidate", "name one with --model")
        for topic in request.topics
        if topic not in request.models
    ]
    problems += [
        FieldProblem(topic, f"{model} is in force already", "name another model")
        for topic, model in request.models.items()
        if request.served.champions.get(topic) == model
    ]
    if problems:
        raise InvalidInputError(*problems)

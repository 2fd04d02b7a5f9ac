"""The steps of flows as functions: what is read, what is done, what is handed on as JSON.

A topic that cannot be done is noted with its reason, and the others go on. What the whole task
suffers from (a full disk, no memory, its time is over) is raised, so that the task is tried again:
topics that were done by then are found in the run's folder and not done twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.records import Audit, Request, Result, TopicResult
from mimawari.flows.run_folder import CARD, PROBLEM, RESULT, RunFolder
from mimawari.flows.shards import shards
from mimawari.flows.snapshot import Snapshot, checked
from mimawari.flows.trained import AUDIT, noted, trained_before

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    Work = Callable[[RunFolder, Request, Snapshot, str], object]

Problems = dict[str, str]
RETRIED = (OSError, MemoryError)


def begin(request_path: str) -> list[list[str]]:
    """See that the data set is as it was kept, and share its topics among tasks.

    Raises
    ------
    InvalidInputError
        The data set was changed, or lacks a topic; the run's folder keeps why.
    """
    run = RunFolder.of(request_path)
    (run.path / PROBLEM).unlink(missing_ok=True)
    with run.noting_problems():
        card = checked(run.request)
    request = run.request
    return shards({t: card.topics[t].labels for t in request.topics}, request.shards)


def train(request_path: str, topics: Sequence[str], ends: type[Exception]) -> Problems:
    """Train each topic; gives why those that failed did.

    Parameters
    ----------
    ends
        What is raised when the task's time is over.
    """
    from mimawari.flows.training import train_topic  # a second: only where it is needed

    return _each(request_path, topics, train_topic, ends)


def audit(request_path: str, topics: Sequence[str], ends: type[Exception]) -> Problems:
    """Audit each topic that has a model; gives why those that failed did."""
    from mimawari.flows.auditing import audit_topic

    run = RunFolder.of(request_path)
    topics = [topic for topic in topics if trained_before(run, topic) is not None]
    return _each(request_path, topics, audit_topic, ends)


def trained(
    request_path: str, problems: Iterable[Problems], failures: Sequence[str]
) -> dict[str, str]:
    """Gather why topics have no model, from tasks that came to an end and those that did not.

    Raises
    ------
    InvalidInputError
        No topic has a model: the run cannot go on.
    """
    run = RunFolder.of(request_path)
    topics = run.request.topics
    missing = [topic for topic in topics if trained_before(run, topic) is None]
    reasons = _reasons(missing, problems, failures)
    if len(missing) == len(topics):
        with run.noting_problems():
            remedy = "mend this, then: mimawari flow resume RUN"
            raise InvalidInputError(*(FieldProblem(t, reasons[t], remedy) for t in missing))
    return reasons


def audited(
    request_path: str, problems: Iterable[Problems], failures: Sequence[str]
) -> dict[str, str]:
    """Gather why models have no audit."""
    run = RunFolder.of(request_path)
    missing = [topic for topic in run.request.topics if not (run.topic(topic) / AUDIT).exists()]
    return _reasons(missing, problems, failures)


def finish(request_path: str, problems: Mapping[str, str]) -> str:
    """Write the result and its card; gives the card."""
    from mimawari.flows.card import as_page

    run = RunFolder.of(request_path)
    request = run.request
    topics = tuple(_topic_result(run, topic, problems.get(topic, "")) for topic in request.topics)
    result = Result(run=request.run, data_set=request.data_set, topics=topics)
    page = as_page(result, request)
    run.write_text(CARD, page)
    run.write(RESULT, result)
    return page


def _each(request_path: str, topics: Sequence[str], work: Work, ends: type[Exception]) -> Problems:
    run = RunFolder.of(request_path)
    request = run.request
    snapshot = Snapshot.read(request)
    problems = {}
    for topic in sorted(topics, key=lambda topic: _tried(run, work, topic).exists()):
        _tried(run, work, topic).touch()
        try:
            work(run, request, snapshot, topic)
        except (ends, *RETRIED):
            raise
        except InvalidInputError as error:
            problems[topic] = str(error)
        except Exception as error:  # a topic that fails does not lose the others
            problems[topic] = f"{type(error).__name__}: {error}"
    return problems


def _tried(run: RunFolder, work: Work, topic: str) -> Path:
    """Name the mark of a topic that was begun: where it ends the process, the others go first."""
    run.topic(topic).mkdir(parents=True, exist_ok=True)
    return run.topic(topic) / f".{work.__name__}.tried"


def _reasons(
    missing: Iterable[str], problems: Iterable[Problems], failures: Sequence[str]
) -> dict[str, str]:
    known = {topic: reason for of_task in problems for topic, reason in of_task.items()}
    ended = "; ".join(failures) or "nothing says why"
    return {t: known.get(t, f"its task ended before it was done: {ended}") for t in missing}


def _topic_result(run: RunFolder, topic: str, problem: str) -> TopicResult:
    model = trained_before(run, topic)
    audit = noted(run, topic, AUDIT, Audit)
    if audit is not None and (model is None or audit.model != model.model):
        audit = None  # of a model that was trained anew since
    return TopicResult(topic=topic, trained=model, audit=audit, problem=problem)

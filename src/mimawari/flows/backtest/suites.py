"""Everything that scores a back-test: rules, champions, and the candidates beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.detectors.loading import load_model
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.suite import Suite
from mimawari.detectors.topicfile import load
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from mimawari.detectors.topicfile import TopicFile
    from mimawari.flows.records import Request
    from mimawari.flows.run_folder import RunFolder


def files_of(run: RunFolder, request: Request) -> dict[str, TopicFile]:
    """Read the policies that were in force when the run was asked for, by topic.

    Raises
    ------
    InvalidInputError
        A topic has none.
    """
    paths = {topic: run.rules(topic) for topic in request.topics}
    missing = [topic for topic, path in paths.items() if path is None]
    if missing:
        remedy = "mimawari rules activate puts one in force"
        raise InvalidInputError(*(FieldProblem(t, "has no topic file", remedy) for t in missing))
    return {topic: load(path) for topic, path in paths.items() if path is not None}


def suite_of(run: RunFolder, request: Request) -> Suite:
    """Build what scores all topics in one pass, as serving does.

    Raises
    ------
    InvalidInputError
        A policy is missing, or a model does not load.
    """
    served = request.served
    rules = RuleSet.compile(
        files_of(run, request).values(), precisions=served.precisions, run_examples=False
    )
    champions = [
        load_model(run.champion(topic), version)
        for topic, version in sorted(served.champions.items())
        if topic in request.topics
    ]
    candidates = [load_model(run.model(topic), request.models[topic]) for topic in request.topics]
    return Suite(rules, champions, beside=candidates)

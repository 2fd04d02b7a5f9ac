"""The manifest of a generation: everything that affects a score."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.deployment import Deployment, Slot
from mimawari.records.second_stage import MOST_ASKED, SecondStage

FORMAT = 1
Capacity = Annotated[int, msgspec.Meta(ge=0)]


class BankEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank of known pictures in force: ``place`` is where its copy lies in the artifact store."""

    version: str
    place: str
    score: float


class TopicEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is in force for one topic.

    Parameters
    ----------
    topic_file, sha256
        Version of the topic file, and the hash of its text.
    capacity
        Reviews a day.
    trial
        The experiment or guard whose rounds make the topic's lists; None where the running top
        K does.
    second_stage
        What re-ranks the best m x K of a day; not written where there is none, so that a version
        of the program that does not know it reads the manifest.
    """

    topic_file: int
    sha256: str
    capacity: Capacity
    sensitive: bool = False
    deployments: tuple[Deployment, ...] = ()
    trial: int | None = None
    second_stage: SecondStage | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        """Refuse a slot that is taken twice, as msgspec refuses a wrong type."""
        slots = [d.slot for d in self.deployments]
        models = [d.model for d in self.deployments]
        for slot in (Slot.CHAMPION, Slot.CANARY):
            if slots.count(slot) > 1:
                raise ValueError(f"a topic has one {slot} at most")
        if len(set(models)) < len(models):
            raise ValueError("a model is deployed once a topic")

    @property
    def champion(self) -> str | None:
        """The model whose scores compete for the top K; None where rules alone do."""
        models = (d.model for d in self.deployments if d.slot == Slot.CHAMPION)
        return next(models, None)

    @property
    def beside(self) -> tuple[Deployment, ...]:
        """Canaries and shadows."""
        return tuple(d for d in self.deployments if d.slot != Slot.CHAMPION)

    @property
    def stage(self) -> SecondStage | None:
        """The second stage at work; None where there is none, or a trial makes the lists."""
        unset = self.second_stage is msgspec.UNSET or self.trial is not None
        return None if unset else self.second_stage  # type: ignore[return-value]  # no other type

    @property
    def considered(self) -> int:
        """How many of a day's best can come into its list: K, or m x K with a second stage."""
        if self.stage is None:
            return self.capacity
        return max(self.capacity, min(self.capacity * self.stage.spec.m, MOST_ASKED))

    def with_champion(self, model: str | None) -> TopicEntry:
        """Give the entry with another champion, or none; one that was beside it moves up.

        Examples
        --------
        >>> entry = TopicEntry(topic_file=1, sha256="", capacity=5)
        >>> entry.with_champion("weapons-1").with_champion("weapons-2").champion
        'weapons-2'
        """
        rest = tuple(d for d in self.beside if d.model != model)
        first = (Deployment(model=model, slot=Slot.CHAMPION),) if model else ()
        return msgspec.structs.replace(self, deployments=first + rest)

    def with_beside(self, deployment: Deployment) -> TopicEntry:
        """Give the entry with a model in a slot beside the champion, in no other one.

        Examples
        --------
        >>> entry = TopicEntry(topic_file=1, sha256="", capacity=5).with_champion("weapons-1")
        >>> entry.with_beside(Deployment(model="weapons-2", slot=Slot.SHADOW)).beside[0].model
        'weapons-2'
        """
        canary = deployment.slot == Slot.CANARY  # a topic has one
        rest = tuple(
            d
            for d in self.deployments
            if d.model != deployment.model and not (canary and d.slot == Slot.CANARY)
        )
        return msgspec.structs.replace(self, deployments=(*rest, deployment))

    def without(self, model: str) -> TopicEntry:
        """Give the entry without a model that is beside the champion."""
        rest = tuple(d for d in self.deployments if d.slot == Slot.CHAMPION or d.model != model)
        return msgspec.structs.replace(self, deployments=rest)


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """Everything that affects a score, by topic; part of a generation.

    ``readings`` is the fingerprint of the operator's readings, None where the package's are
    used alone. Columns of stored scores follow `topic_order` and `columns`.
    """

    topics: dict[str, TopicEntry] = {}
    rule_precisions: dict[str, float] = {}
    banks: dict[str, BankEntry] = {}
    readings: str | None = None
    format: int = FORMAT

    @cached_property
    def topic_order(self) -> tuple[str, ...]:
        """Topics in the order of the columns of stored scores."""
        return tuple(sorted(self.topics))

    @cached_property
    def columns(self) -> tuple[tuple[str, Deployment], ...]:
        """Topic and deployment of each column of stored model scores."""
        return tuple((t, d) for t in self.topic_order for d in self.topics[t].deployments)

    @cached_property
    def capacities(self) -> dict[str, int]:
        """Reviews a day of each topic."""
        return {topic: entry.capacity for topic, entry in self.topics.items()}

    def with_topic(self, topic: str, entry: TopicEntry) -> Manifest:
        """Give the manifest with another entry of a topic."""
        return msgspec.structs.replace(self, topics={**self.topics, topic: entry})

    def only(self, topic: str) -> Manifest:
        """Give what is in force for one topic alone: its scores do not depend on the others."""
        return msgspec.structs.replace(self, topics={topic: self.topics[topic]})


def decode_manifest(text: str | bytes) -> Manifest:
    """Read a manifest from JSON.

    Raises
    ------
    InvalidInputError
        A newer version of the program wrote it, or it is no manifest.

    Examples
    --------
    >>> decode_manifest('{"topics": {}}').topic_order
    ()
    """
    try:
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.ValidationError as error:
        remedy = "run the version of mimawari that wrote it, or a later one"
        number = msgspec.json.decode(text, type=_Format).format
        newer = number > FORMAT
        problem = f"is of format {number}, this version reads {FORMAT}" if newer else str(error)
        raise InvalidInputError(FieldProblem("manifest", problem, remedy)) from error


class _Format(msgspec.Struct):
    format: int = FORMAT

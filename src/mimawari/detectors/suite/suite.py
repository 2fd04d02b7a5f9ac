"""The suite itself: rules, banks, champions and the models beside them."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.base import Example, Explanation
from mimawari.detectors.ensemble.detector import EnsembleDetector
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt_models import GbdtModels
from mimawari.detectors.rules.ruleset import RuleHits
from mimawari.detectors.suite.markets import within_markets
from mimawari.detectors.suite.scores import BesideScores, SuiteScores, checked
from mimawari.detectors.suite.slots import Slot, check_models, lay_out
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.banks import BankDetector
    from mimawari.detectors.base import Detector
    from mimawari.detectors.rules import RuleSet
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.prices import PriceReference

    Floats = NDArray[np.float32]
    Flags = NDArray[np.bool_]


class Suite:
    """Rules and models of every topic over one normalisation of each text.

    Parameters
    ----------
    models
        The champions, one a topic at most. GBDT models share their work; any other detector
        is asked by itself.
    prices
        What the console shows a listing's price beside; scores do not depend on it.
    generation
        Number under which the scores are stored.
    absent
        Topics that should have a model, with why it is not there; told with every batch.
    banks
        Banks of known pictures, which count as rules do, for topics that rules or models have.
    beside
        Further models, any number a topic, each known by its version: canaries and shadows.
        They share the work too, and change nothing of the rest.
    before
        A suite whose arrays are shared where the models are the same objects.

    Raises
    ------
    InvalidInputError
        Two champions have the same topic, two models beside them the same version, or one
        only advises.

    Examples
    --------
    >>> from mimawari.listings.batch import ListingBatch
    >>> from mimawari.listings.listing import Listing
    >>> suite = Suite(None)
    >>> batch = ListingBatch.of([Listing(id="1", version=1, seller_id="s", title="cup")])
    >>> suite.topics, suite.score(batch).score.shape
    ((), (1, 0))
    """

    def __init__(
        self,
        rules: RuleSet | None,
        models: Sequence[Detector] = (),
        prices: PriceReference | None = None,
        generation: int = 0,
        absent: Mapping[str, str] | None = None,
        banks: Sequence[BankDetector] = (),
        beside: Sequence[Detector] = (),
        before: Suite | None = None,
    ) -> None:
        self.rules = rules
        self.models = tuple(models)
        self.banks = tuple(banks)
        self.beside = tuple(beside)
        self.prices = prices
        self.generation = generation
        self.absent = dict(absent or {})
        check_models(self.models, self.beside)
        modelled = {topic for model in models for topic in model.topics}
        self.topics = tuple(sorted({*modelled, *(rules.topics if rules else ())}))
        self._column = {topic: i for i, topic in enumerate(self.topics)}
        self._slots = tuple(lay_out(self.models, self.beside, self.topics))
        self._gbdt_slots = [s for s in self._slots if type(s.model) is GbdtDetector]
        self._gbdt_columns = np.array([s.columns[0] for s in self._gbdt_slots], np.int64)
        gbdt_models = tuple(s.model for s in self._gbdt_slots if isinstance(s.model, GbdtDetector))
        shared = before._gbdt_models if before is not None else None
        self._gbdt_models: GbdtModels = (
            shared
            if shared is not None and shared.models == gbdt_models
            else GbdtModels(gbdt_models)
        )

    @property
    def version(self) -> str:
        """Changes whenever any score could change."""
        parts: list[object] = [self.rules.version if self.rules else ""]
        parts += [detector.version for detector in (*self.models, *self.banks)]
        parts += [("beside", model.version) for model in self.beside]
        return f"suite-{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"

    @property
    def notices(self) -> dict[str, str]:
        """What is not as it should be with models that say so themselves, as `absent` names them.

        Models of other packages fail and recover while a suite is in force.
        """
        notices = ((slot, getattr(slot.model, "notice", "")) for slot in self._slots)
        return {name: notice for slot, notice in notices if notice for name in slot.names}

    def score(
        self,
        batch: ListingBatch,
        floors: Mapping[str, float] | None = None,
        beside_floors: Mapping[str, float] | None = None,
    ) -> SuiteScores:
        """Score a batch.

        Parameters
        ----------
        floors
            Score under which a topic's listing could not be alerted anyway: the trees are
            only asked where they could reach it. Scores at or over it are exact.
        beside_floors
            The same for the models beside the champions, by version.
        """
        failures = dict(self.absent)
        hits, rules = self._score_rules(batch)
        hits = self._score_banks(batch, hits, rules, failures)
        width = len(self.topics) + sum(len(model.topics) for model in self.beside)
        model = np.full((len(batch), width), np.nan, np.float32)
        refined = np.zeros(model.shape, np.bool_)
        both_floors, seconds = (floors or {}, beside_floors or {}), _Stopwatch()
        if self._gbdt_slots:
            self._score_gbdt(batch, both_floors, model, refined, failures)
            seconds.note(self._gbdt_slots)
        for slot in self._slots:
            if type(slot.model) is not GbdtDetector:
                _score_alone(slot, batch, slot.floor(*both_floors), model, refined, failures)
                seconds.note([slot])
        topics = len(self.topics)
        beside = tuple(
            BesideScores(slot.model.version, topic, model[:, column], refined[:, column])
            for slot in self._slots
            if slot.beside
            for topic, column in zip(slot.model.topics, slot.columns, strict=True)
        )
        model, refined = model[:, :topics], refined[:, :topics]
        scores = SuiteScores(
            self.topics,
            np.fmax(model, rules),
            model,
            rules,
            refined,
            hits,
            failures,
            beside,
            seconds=seconds.by_model,
        )
        return within_markets(scores, batch.listings, self.rules)

    def _score_rules(self, batch: ListingBatch) -> tuple[RuleHits, Floats]:
        scores = np.full((len(batch), len(self.topics)), np.nan, np.float32)
        if self.rules is None:
            return RuleHits(np.zeros(0, np.int32), np.zeros(0, np.int32), ()), scores
        hits = self.rules.match(batch)
        columns = [self._column[topic] for topic in self.rules.topics]
        scores[:, columns] = self.rules.score_hits(hits, len(batch))
        return hits, scores

    def _score_banks(
        self,
        batch: ListingBatch,
        hits: RuleHits,
        rules: Floats,
        failures: dict[str, str],
    ) -> RuleHits:
        """Merge what the banks know into the rules' scores and hits."""
        for bank in self.banks:
            columns = [self._column.get(topic, -1) for topic in bank.topics]
            try:
                scores = checked(bank.score(batch), (len(batch), len(columns)))
            except Exception as error:  # A picture is a stranger's: the rules go on.
                failures[f"bank {bank.bank.name}"] = f"{type(error).__name__}: {error}"
                continue
            for at, (topic, column) in enumerate(zip(bank.topics, columns, strict=True)):
                if column < 0:
                    continue
                rules[:, column] = np.fmax(rules[:, column], scores[:, at])
                hits = hits.with_rule(bank.name_of(topic), np.flatnonzero(~np.isnan(scores[:, at])))
        return hits

    def _score_gbdt(
        self,
        batch: ListingBatch,
        floors: tuple[Mapping[str, float], Mapping[str, float]],
        model: Floats,
        refined: Flags,
        failures: dict[str, str],
    ) -> None:
        """Fill the columns of all GBDT models at once."""
        try:
            gbdt_scores = self._gbdt_models.score(
                batch, [slot.floor(*floors) for slot in self._gbdt_slots]
            )
        except Exception as error:  # Whatever a listing provokes: the rules go on.
            for slot in self._gbdt_slots:
                failures.update(dict.fromkeys(slot.names, f"{type(error).__name__}: {error}"))
            return
        model[:, self._gbdt_columns] = gbdt_scores.scores
        refined[:, self._gbdt_columns] = gbdt_scores.refined
        for column, reason in gbdt_scores.failures.items():
            failures.update(dict.fromkeys(self._gbdt_slots[column].names, reason))

    def explain(
        self, batch: ListingBatch, row: int, topic: str, version: str | None = None
    ) -> Explanation:
        """Say which words, features and rules made the score of one row and topic.

        Parameters
        ----------
        version
            The model to explain, where it is not the champion.

        Raises
        ------
        InvalidInputError
            No model here has the version.
        """
        models = self.models if version is None else [self._model(version)]
        parts = [self.explain_rules(batch, row, topic)]
        parts += [model.explain(batch, row, topic) for model in models if topic in model.topics]
        return _joined(parts)

    def _model(self, version: str) -> Detector:
        for model in (*self.beside, *self.models):
            if model.version == version:
                return model
        problem = "is the version of no model in force"
        raise InvalidInputError(FieldProblem(version, problem, "name a champion or one beside it"))

    def explain_rules(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Say which rules hit, and which banks: all that is known without a model."""
        detectors: list[Detector] = [bank for bank in self.banks if topic in bank.topics]
        if self.rules is not None and topic in self.rules.topics:
            detectors.insert(0, self.rules)
        return _joined([detector.explain(batch, row, topic) for detector in detectors])

    def get_examples(self) -> Sequence[Example]:
        """Give the examples of the rules and of every model."""
        parts = ([self.rules] if self.rules else []) + list(self.models)
        return tuple(example for part in parts for example in part.get_examples())


class _Stopwatch:
    """Notes what models took, one after the other."""

    def __init__(self) -> None:
        self.by_model: dict[str, float] = {}
        self._since = time.perf_counter()

    def note(self, slots: Sequence[Slot]) -> None:
        now = time.perf_counter()
        self.by_model |= {slot.model.version: (now - self._since) / len(slots) for slot in slots}
        self._since = now


def _score_alone(
    slot: Slot,
    batch: ListingBatch,
    floor: float | None,
    model: Floats,
    refined: Flags,
    failures: dict[str, str],
) -> None:
    """Fill the columns of a model that shares no work; whatever is wrong with it stays its own."""
    columns, shape = list(slot.columns), (len(batch), len(slot.columns))
    try:
        if floor is not None and isinstance(slot.model, EnsembleDetector):
            scores, asked = slot.model.score_from(batch, floor)
            model[:, columns], refined[:, columns] = checked(scores, shape), asked[:, None]
        else:
            model[:, columns] = checked(slot.model.score(batch), shape)
            refined[:, columns] = True
    except Exception as error:  # A model is code of others: no error of it may pass.
        model[:, columns] = np.nan
        failures.update(dict.fromkeys(slot.names, f"{type(error).__name__}: {error}"))


def _joined(parts: Sequence[Explanation]) -> Explanation:
    return Explanation(
        tuple(span for part in parts for span in part.spans),
        tuple(feature for part in parts for feature in part.features),
        tuple(rule for part in parts for rule in part.rules),
    )

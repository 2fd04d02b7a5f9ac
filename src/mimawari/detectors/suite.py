"""All rules and models of a generation, scored together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.base import Example, Explanation, advises_only
from mimawari.detectors.fused import Facts, FusedModels
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.rules.ruleset import RuleHits
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.banks import BankDetector
    from mimawari.detectors.base import Detector
    from mimawari.detectors.fused.models import Floats, Member
    from mimawari.detectors.rules import RuleSet
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.prices import PriceReference


@dataclass(frozen=True, slots=True)
class SuiteScores:
    """What a suite says of a batch; matrices have a row a listing and a column a topic.

    Parameters
    ----------
    score
        The larger of model and rules; NaN where neither has an opinion.
    model, rules
        Calibrated probability, and precision of the best rule or bank that hit; NaN is absent.
    refined
        Whether the trees were asked. Where not, the model's score is that of the text
        alone, and under the floor.
    failures
        Why a topic's model is absent from the whole batch.
    """

    topics: tuple[str, ...]
    score: NDArray[np.float32]
    model: NDArray[np.float32]
    rules: NDArray[np.float32]
    refined: NDArray[np.bool_]
    hits: RuleHits
    failures: dict[str, str]
    beside: tuple[BesideScores, ...] = ()


@dataclass(frozen=True, slots=True)
class BesideScores:
    """What a model beside the champion says."""

    version: str
    topic: str
    model: NDArray[np.float32]
    refined: NDArray[np.bool_]


class Suite:
    """Rules and models of every topic over one normalisation of each text.

    Parameters
    ----------
    models
        GBDT models share their work; any other detector is asked by itself.
    prices
        What the console shows a listing's price beside; scores do not depend on it.
    generation
        Number under which the scores are stored.
    absent
        Topics that should have a model, with why it is not there; told with every batch.
    banks
        Banks of known pictures, which count as rules do, for topics that rules or models have.

    Raises
    ------
    InvalidInputError
        Two models have the same topic, or one only advises.

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
    ) -> None:
        self.beside = tuple(beside)
        self.rules = rules
        self.models = tuple(models)
        self.banks = tuple(banks)
        self.prices = prices
        self.generation = generation
        self.absent = dict(absent or {})
        for topic in sorted(t for model in models if advises_only(model) for t in model.topics):
            problem = "has a detector that only advises on what to label"
            remedy = "train a model from the labels (mimawari train) and activate that"
            raise InvalidInputError(FieldProblem(topic, problem, remedy))
        modelled = [topic for model in models for topic in model.topics]
        for topic in sorted({t for t in modelled if modelled.count(t) > 1}):
            raise InvalidInputError(FieldProblem(topic, "has two models", "activate one of them"))
        self.topics = tuple(sorted({*modelled, *(rules.topics if rules else ())}))
        self._column = {topic: i for i, topic in enumerate(self.topics)}
        self._fused = FusedModels([m for m in self.models if type(m) is GbdtDetector])
        self._others = [m for m in self.models if type(m) is not GbdtDetector]

    @property
    def version(self) -> str:
        """Changes whenever any score could change."""
        parts = [self.rules.version if self.rules else ""]
        parts += [one.version for one in (*self.models, *self.banks)]
        return f"suite-{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"

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
        """
        shape = (len(batch), len(self.topics))
        hits, rules = self._score_rules(batch)
        model, refined = np.full(shape, np.nan, np.float32), np.zeros(shape, np.bool_)
        failures = dict(self.absent)
        hits = self._score_banks(batch, hits, rules, failures)
        self._score_fused(batch, floors or {}, model, refined, failures)
        for other in self._others:
            self._try(other.topics, lambda one=other: (one.score(batch), None),  # type: ignore[misc]  # bound at once
                      model, refined, failures)  # fmt: skip
        beside = tuple(
            BesideScores(
                m.version,
                m.topics[0],
                m.score(batch)[:, 0] if m.score(batch).ndim == 2 else m.score(batch),
                np.ones(len(batch), np.bool_),
            )
            for m in self.beside
        )
        return SuiteScores(
            self.topics, np.fmax(model, rules), model, rules, refined, hits, failures, beside
        )

    def _score_rules(self, batch: ListingBatch) -> tuple[RuleHits, NDArray[np.float32]]:
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
        rules: NDArray[np.float32],
        failures: dict[str, str],
    ) -> RuleHits:
        """Merge what the banks know into the rules' scores and hits."""
        for bank in self.banks:
            columns = [self._column.get(topic, -1) for topic in bank.topics]
            try:
                scores = _checked(bank.score(batch), (len(batch), len(columns)))
            except Exception as error:  # A picture is a stranger's: the rules go on.
                failures[f"bank {bank.bank.name}"] = f"{type(error).__name__}: {error}"
                continue
            for at, (topic, column) in enumerate(zip(bank.topics, columns, strict=True)):
                if column < 0:
                    continue
                rules[:, column] = np.fmax(rules[:, column], scores[:, at])
                hits = hits.with_rule(bank.name_of(topic), np.flatnonzero(~np.isnan(scores[:, at])))
        return hits

    def _score_fused(
        self,
        batch: ListingBatch,
        floors: Mapping[str, float],
        model: NDArray[np.float32],
        refined: NDArray[np.bool_],
        failures: dict[str, str],
    ) -> None:
        facts, margins = Facts(batch.listings), self._fused.margins(batch)
        for member, found in zip(self._fused.members, margins, strict=True):
            topic = member.model.topic

            def scored(one: Member = member, margins: Floats = found, t: str = topic) -> Scored:
                return one.score(margins, facts, floors.get(t))

            self._try((topic,), scored, model, refined, failures)

    def _try(
        self,
        topics: Sequence[str],
        scored: Callable[[], Scored],
        model: NDArray[np.float32],
        refined: NDArray[np.bool_],
        failures: dict[str, str],
    ) -> None:
        """Fill a model's columns; whatever is wrong with it stays its own."""
        columns = [self._column[topic] for topic in topics]
        try:
            scores, asked = scored()
            model[:, columns] = _checked(scores, (len(model), len(columns)))
            refined[:, columns] = True if asked is None else asked[:, None]
        except Exception as error:  # A model is code of others: no error of it may pass.
            model[:, columns] = np.nan
            refined[:, columns] = False
            failures.update(dict.fromkeys(topics, f"{type(error).__name__}: {error}"))

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Say which words, features and rules made the score of one row and topic."""
        models = [m for m in self.models if topic in m.topics]
        told = [self.explain_rules(batch, row, topic)]
        told += [model.explain(batch, row, topic) for model in models]
        return _joined(told)

    def explain_rules(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Say which rules hit, and which banks: all that is known without a model."""
        detectors: list[Detector] = [one for one in self.banks if topic in one.topics]
        if self.rules is not None and topic in self.rules.topics:
            detectors.insert(0, self.rules)
        return _joined([detector.explain(batch, row, topic) for detector in detectors])

    def get_examples(self) -> Sequence[Example]:
        """Give the examples of the rules and of every model."""
        parts = ([self.rules] if self.rules else []) + list(self.models)
        return tuple(example for part in parts for example in part.get_examples())


def _joined(told: Sequence[Explanation]) -> Explanation:
    return Explanation(
        tuple(span for one in told for span in one.spans),
        tuple(feature for one in told for feature in one.features),
        tuple(rule for one in told for rule in one.rules),
    )


Scored = tuple["NDArray[np.float32]", "NDArray[np.bool_] | None"]


def _checked(scores: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Refuse what is no probability; a column of one model may come flat."""
    found = np.asarray(scores, np.float32)
    if found.ndim == 1 and shape[1] == 1:
        found = found[:, None]
    if found.shape != shape:
        raise ValueError(f"the scores have shape {found.shape}, not {shape}")
    if ((found < 0) | (found > 1)).any():
        raise ValueError("a score is outside of 0 to 1")
    return found

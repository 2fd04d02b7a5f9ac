"""A policy text as a detector: it ranks listings for a first labelling, and never decides."""

from __future__ import annotations

import copy
import hashlib
import threading
import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from scipy.special import logit

from mimawari.detectors.base import Explanation, FeatureContribution
from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.remote.asking import Asking
from mimawari.detectors.remote.cache import AnswerCache
from mimawari.detectors.remote.endpoint import Endpoint
from mimawari.detectors.remote.prompt import PROMPT_VERSION, question_key, shown
from mimawari.detectors.remote.tally import Tally
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from mimawari.detectors.base import Example
    from mimawari.detectors.calibration import Calibration
    from mimawari.detectors.remote.answers import Opinion
    from mimawari.detectors.remote.options import RemoteOptions
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.listing import Listing

MOST_POLICY = 20_000
LEAST_LABELS = 10


class RemoteDetector:
    """Asks a language model how likely each listing violates a policy.

    Why does it only advise? A seller's text is part of what the model reads, an answer may
    depend on the listings beside it in the request, and the model may change behind its name.
    Good enough to choose what people look at; not to act upon.

    Parameters
    ----------
    topic, policy
        Name of the topic and the text that says what is forbidden.
    options
        Where and how to ask.
    key
        The endpoint's key; of the environment variable `KEY_VARIABLE`, never of a file.
    cache
        SQLite file of answers; in memory where not given.
    examples
        Listings whose outcome is known.
    progress
        Called with the number of listings just dealt with.
    sleep
        How to wait between repetitions.

    Raises
    ------
    InvalidInputError
        The policy, the key or the cache cannot be used.
    """

    advises_only = True

    def __init__(
        self,
        topic: str,
        policy: str,
        options: RemoteOptions,
        key: str = "",
        cache: Path | None = None,
        examples: Sequence[Example] = (),
        progress: Callable[[int], object] = lambda _: None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:  # fmt: skip
        self._policy = _checked(policy)
        self.topics = (topic,)
        self.tally = Tally()
        self._options = options
        self._examples = tuple(examples)
        self._progress = progress
        self._calibration: Calibration | None = None
        self._asked_as = (options.model, options.body, self._policy)
        self._lock = threading.Lock()
        self._endpoint = Endpoint(options, key, sleep)
        self._cache = AnswerCache(cache)

    @property
    def version(self) -> str:
        """Names model, policy, prompt and calibration; not what the model's owner changes."""
        name = f"remote-{_digest([PROMPT_VERSION, *self._asked_as])}"
        if self._calibration is None:
            return f"{name}-uncalibrated"
        return f"{name}-calibrated-{_digest(self._calibration)}"

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Give probabilities, shape (n, 1); NaN where the model gave no answer in the bounds.

        Until `calibrated`, the model's own number over 100.
        """
        self._ask(batch.listings)
        return self.recall(batch)

    def recall(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Give what `score` gives, from the answers that are there; asks nothing."""
        values = [
            opinion.violates if opinion else np.nan for opinion in self._known(batch.listings)
        ]
        return self._probabilities(np.array(values, np.float64))[:, None]

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Give the model's reason, where it was asked; explaining asks nothing."""
        (opinion,) = self._known([batch.listings[row]])
        if opinion is None or topic not in self.topics:
            return Explanation()
        weight = float(_margins(np.array(opinion.violates)))
        return Explanation(features=(FeatureContribution(opinion.why, opinion.violates, weight),))

    def get_examples(self) -> Sequence[Example]:
        """Give the examples that it was made with."""
        return self._examples

    def calibrated(
        self,
        batch: ListingBatch,
        y: NDArray[np.bool_],
        weight: NDArray[np.float64] | None = None,
    ) -> RemoteDetector:
        """Give this detector with scores that are probabilities, by the labels of a batch.

        No folds are needed: the model has not seen the labels. Listings that were not scored
        before are left out: this asks nothing.

        Raises
        ------
        InvalidInputError
            There are too few labels of a kind among the listings that have an opinion.
        """
        opinions = self._known(batch.listings)
        known = np.array([opinion is not None for opinion in opinions], np.bool_)
        for name, count in (("violate", (y & known).sum()), ("do not", (~y & known).sum())):
            if count < LEAST_LABELS:
                problem = f"has {count} listings with an opinion that {name}"
                refusal = FieldProblem(f"label:{self.topics[0]}", problem, f"label {LEAST_LABELS}")
                raise InvalidInputError(refusal)
        margins = _margins(
            np.array([opinion.violates for opinion in opinions if opinion is not None])
        )
        weights = None if weight is None else weight[known]
        calibrated = copy.copy(self)
        calibrated._calibration = fit_calibration(margins, y[known], weights)
        return calibrated

    def close(self) -> None:
        """Close connections and cache; those of `calibrated` ones, too."""
        self._endpoint.close()
        self._cache.close()

    def __enter__(self) -> RemoteDetector:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _question(self, content: dict[str, str]) -> str:
        return question_key(self._asked_as, content)

    def _known(self, listings: Sequence[Listing]) -> list[Opinion | None]:
        questions = [self._question(shown(listing)) for listing in listings]
        known = self._cache.get(questions)
        return [known.get(question) for question in questions]

    def _ask(self, listings: Sequence[Listing]) -> None:
        """Ask about those that nobody asked about yet."""
        start = time.monotonic()
        contents = [shown(listing) for listing in listings]
        questions = [self._question(content) for content in contents]
        known = self._cache.get(questions)
        new = {q: content for q, content in zip(questions, contents, strict=True) if q not in known}
        self._progress(len(listings) - len(new))
        asking = Asking(self._endpoint, self._cache, self._options, self._policy)
        failed = asking.ask(new, self._progress)
        with self._lock:
            tally = self.tally
            tally.listings += len(listings)
            tally.cached += len(listings) - len(new)
            tally.unreadable += failed["unreadable"]
            tally.unanswered += failed["unanswered"]
            tally.answered += len(new) - failed.total()
            tally.requests = self._endpoint.budget.requests
            tally.tokens = self._endpoint.budget.tokens
            tally.estimated = self._endpoint.estimated
            tally.seconds += time.monotonic() - start
            tally.problem = asking.problem or tally.problem
            tally.stopped = asking.stopped

    def _probabilities(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        if self._calibration is None:
            return (values / 100).astype(np.float32)
        return self._calibration.apply(_margins(values))


def _margins(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn 0 to 100 into finite log-odds."""
    return np.asarray(logit((values + 0.5) / 101), np.float64)


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:12]


def _checked(policy: str) -> str:
    text = policy.encode("utf-8", "replace").decode().strip()
    if not 0 < len(text) <= MOST_POLICY:
        problem = f"has {len(text):,} characters" if text else "is empty"
        remedy = f"say in 1 to {MOST_POLICY:,} characters what is forbidden"
        raise InvalidInputError(FieldProblem("policy", problem, remedy))
    return text

"""All rules of all topics as one Detector."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.base import Example, Explanation, Span
from mimawari.detectors.rules.canonical_form import fingerprint
from mimawari.detectors.rules.compiled import CompiledRule, PatternTable, compile_rule, renumbered
from mimawari.detectors.rules.examples import check_examples
from mimawari.detectors.rules.matching import Matcher, field_bounds, places_that_count
from mimawari.errors import InvalidInputError
from mimawari.listings.normalise import default_readings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.topicfile import TopicFile
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.prices import PriceReference

# Reviews that the prior by severity is worth when decisions measure a rule.
PRIOR_REVIEWS = 10.0


def measured_precision(hits: int, violations: int, prior: float) -> float:
    """Estimate a rule's precision from decisions on its hits.

    The mean of the Beta posterior, ``(10 prior + violations) / (10 + hits)``: the prior by
    severity counts as ten reviews. It assumes that the hits reviewed are a fair sample of
    the rule's hits (Gelman et al., Bayesian Data Analysis, section 2.4).

    Examples
    --------
    >>> measured_precision(0, 0, 0.5), measured_precision(90, 9, 0.5)
    (0.5, 0.14)
    """
    return (PRIOR_REVIEWS * prior + violations) / (PRIOR_REVIEWS + hits)


@dataclass(frozen=True, slots=True)
class RuleHits:
    """Which rules hold for which listings of a batch, as two aligned arrays."""

    listings: NDArray[np.int32]
    rules: NDArray[np.int32]
    names: tuple[str, ...]

    def of(self, row: int) -> tuple[str, ...]:
        """Names ``topic/rule`` of the rules that hold for one listing."""
        return tuple(self.names[r] for r in self.rules[self.listings == row])

    def with_rule(self, name: str, listings: NDArray[np.intp]) -> RuleHits:
        """Add one more rule and the listings for which it holds.

        Examples
        --------
        >>> none = RuleHits(np.zeros(0, np.int32), np.zeros(0, np.int32), ())
        >>> none.with_rule("weapons/bank known", np.array([2])).of(2)
        ('weapons/bank known',)
        """
        return RuleHits(
            np.concatenate([self.listings, listings.astype(np.int32)]),
            np.concatenate([self.rules, np.full(len(listings), len(self.names), np.int32)]),
            (*self.names, name),
        )


class RuleSet:
    """Rules of all topics: one automaton, one pass a listing.

    Examples
    --------
    >>> from mimawari.detectors.packs import starter
    >>> from mimawari.detectors.topicfile import load
    >>> from mimawari.listings.batch import ListingBatch
    >>> from mimawari.listings.listing import Listing
    >>> rules = RuleSet.compile([load(p) for p in starter() if p.stem == "weapons"])
    >>> batch = ListingBatch.of([Listing(id="1", version=1, seller_id="s", title=t)
    ...                          for t in ("Glock 19 p-i-s-t-o-l 9mm", "water gun for kids")])
    >>> rules.match(batch).of(0), rules.match(batch).of(1)
    (('weapons/firearm',), ())
    """

    def __init__(
        self,
        topic_files: Sequence[TopicFile],
        rules: Sequence[CompiledRule],
        matcher: Matcher,
        precisions: Mapping[str, float],
    ) -> None:
        self.topic_files = tuple(topic_files)
        self.rules = tuple(rules)
        self.matcher = matcher
        self.names = tuple(r.name for r in rules)
        self.precision = np.array(
            [precisions.get(r.name, r.rule.severity.prior) for r in rules], np.float32
        )
        self._topics = tuple(t.topic for t in topic_files)
        column = {t: i for i, t in enumerate(self._topics)}
        self._column = np.array([column[r.topic] for r in rules], np.int32)
        digest = fingerprint(self.topic_files, self.precision.tolist())
        digest = hashlib.sha256(f"{digest} {default_readings().fingerprint}".encode()).hexdigest()
        self._version = f"rules-{digest[:12]}"

    @classmethod
    def compile(
        cls,
        topic_files: Iterable[TopicFile],
        prices: PriceReference | None = None,
        precisions: Mapping[str, float] | None = None,
        run_examples: bool = True,
        cache: Path | None = None,
        before: RuleSet | None = None,
    ) -> RuleSet:
        """Compile topic files, and run every rule's examples unless told not to.

        Parameters
        ----------
        cache
            Folder of compiled databases, of the operator's own; made where it is missing.
        before
            A set whose generated functions are taken over for topic files that are the same
            objects in both.

        Raises
        ------
        InvalidInputError
            For words that are empty in canonical text, patterns the engine refuses, and
            examples that do not come out.
        """
        files = sorted(topic_files, key=lambda t: t.topic)
        table = PatternTable()
        known = {id(file) for file in before.topic_files} if before else set()
        rules: list[CompiledRule] = []
        for topic in files:
            if before and id(topic) in known:
                rules += before._renumbered(topic, table)
            else:
                rules += [compile_rule(topic, rule, table) for rule in topic.rules]
        if table.problems:
            raise InvalidInputError(*table.problems)
        matcher = Matcher(rules, table, prices, cache)
        if run_examples:
            check_examples(matcher)
        return cls(files, rules, matcher, precisions or {})

    def _renumbered(self, topic: TopicFile, table: PatternTable) -> list[CompiledRule]:
        """Give the rules of a file for another table."""
        patterns = self.matcher.automaton.patterns
        mine = [rule for rule in self.rules if rule.topic == topic.topic]
        return [renumbered(rule, patterns, table) for rule in mine]

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics of the columns, sorted."""
        return self._topics

    @property
    def version(self) -> str:
        """Changes with any topic file, measured precision, or the table of readings."""
        return self._version

    def match(self, batch: ListingBatch) -> RuleHits:
        """Find the rules that hold for each listing."""
        return RuleHits(*self.matcher.match(batch), self.names)

    def score_hits(self, hits: RuleHits, n: int) -> NDArray[np.float32]:
        """Give the precision of the best rule that hit, shape (n, topics); NaN where none."""
        scores = np.full((n, len(self._topics)), -np.inf, np.float32)
        if len(hits.rules):
            at = (hits.listings, self._column[hits.rules])
            np.maximum.at(scores, at, self.precision[hits.rules])
        scores[np.isinf(scores)] = np.nan
        return scores

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Score a batch; no hit is no opinion."""
        return self.score_hits(self.match(batch), len(batch))

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Show the rules of a topic that hold, and the words that made them hold."""
        rows, rules = self.matcher.match(batch)
        mine = rules[rows == row].tolist()
        matched = [i for i in mine if self.rules[i].topic == topic]
        text, occur = batch.texts.utf8_of(row), self.matcher.occurring(batch, row)
        places = {i: self.matcher.places(text, self.rules[i], occur) for i in matched}
        bounds = field_bounds(batch, row)
        spans = {
            Span(*batch.texts.byte_span(row, start, end), source=self.names[i])
            for i in matched
            for atom in self.rules[i].patterns
            for start, end in places_that_count(self.rules[i], atom, places[i], bounds)
        }
        ordered = sorted(spans, key=lambda s: (s.start, s.end, s.source))
        return Explanation(tuple(ordered), rules=tuple(self.names[i] for i in matched))

    def get_examples(self) -> Sequence[Example]:
        """Give the rules' own examples."""
        examples = []
        for rule in self.rules:
            topic = frozenset([rule.topic])
            # An example that stands on the category's prices means nothing without them.
            known = [e for e in rule.rule.match if e.price_vs_median is None]
            examples += [Example(e.listing, topic) for e in known]
        return tuple(examples)

"""Builds the suite of a generation from what the one before it has already loaded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mimawari.detectors.suite import Suite
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.listings.normalise import default_readings
from mimawari.records.deployment import Slot
from mimawari.service.catalogue import banks
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from mimawari.detectors.banks import BankDetector
    from mimawari.detectors.loading import Model
    from mimawari.detectors.rules import RuleSet
    from mimawari.records.manifest import Manifest

logger = logging.getLogger(__name__)
TRIED = Listing(id="-", version=1, seller_id="-", title="a new cup, カップ 新品", description="-")


class SuiteBuilder:
    """Keeps the parts of the last suite by their content: only what changed is loaded anew.

    Parameters
    ----------
    on_load
        Is given each model that was loaded, before anything else uses it.
    """

    def __init__(self, on_load: Callable[[Model], object] = lambda model: None) -> None:
        self._on_load = on_load
        self._rules: tuple[tuple[Hashable, Hashable, str], RuleSet] | None = None
        self._last: Suite | None = None
        self._models: dict[str, Model] = {}
        self._banks: dict[banks.InForce, BankDetector] = {}

    def build(self, manifest: Manifest, number: int) -> Suite:
        """Build a suite, and use it once; every artifact is verified while it loads.

        A model that does not load is left out, and its topic goes on with its rules; so is a
        bank: the suite names it in ``absent`` and in the failures of every batch. Its first batch
        is scored here, which loads what is loaded at first use.

        Raises
        ------
        InvalidInputError
            Where a topic file does not load.
        """
        loaded = generations.load_models(manifest, self._model)
        for part, problem in loaded.problems.items():
            logger.error("the model of %s is left out: %s", part, problem)
        absent = dict.fromkeys(loaded.problems, "its model does not load: see 'mimawari check'")
        known, broken = banks.load_all(manifest, self._bank)
        for name, problem in broken.items():
            logger.error("the bank %s is left out: %s", name, problem)
            absent[f"bank {name}"] = "does not load: see 'mimawari check'"
        rules = self._rules_of(manifest)
        suite = Suite(
            rules,
            loaded.champions,
            generation=number,
            absent=absent,
            banks=known,
            beside=loaded.beside,
            before=self._last,
        )
        _try(suite)
        self._last = suite
        self._models = {m.version: m for m in (*loaded.champions, *loaded.beside)}
        self._banks = {
            bank: detector for bank, detector in self._banks.items() if detector in known
        }
        return suite

    def take(self, model: Model) -> None:
        """Use a model that is loaded already for the next suite."""
        self._models[model.version] = model

    def absent(self, manifest: Manifest) -> int:
        """Count the parts that do not load now; those that do are kept for `build`."""
        problems = generations.load_models(manifest, self._model).problems
        _, broken = banks.load_all(manifest, self._bank)
        return len(problems) + len(broken)

    def _model(self, version: str) -> Model:
        if version not in self._models:
            model = generations.load_model(version)
            self._on_load(model)
            self._models[version] = model
        return self._models[version]

    def _bank(self, bank: banks.InForce) -> BankDetector:
        if bank not in self._banks:
            self._banks[bank] = bank.load()
        return self._banks[bank]

    def _rules_of(self, manifest: Manifest) -> RuleSet:
        files = tuple(sorted((t, entry.sha256) for t, entry in manifest.topics.items()))
        measured = tuple(sorted(manifest.rule_precisions.items()))
        readings = default_readings().fingerprint
        key = (files, measured, readings)
        if self._rules is None or self._rules[0] != key:
            # Generated functions hold texts as the readings fold them.
            before = self._rules[1] if self._rules and self._rules[0][2] == readings else None
            self._rules = key, generations.build_rules(manifest, before)
        return self._rules[1]


def build_suite(manifest: Manifest, number: int) -> Suite:
    """Build the suite of a manifest by itself; see `SuiteBuilder.build`."""
    return SuiteBuilder().build(manifest, number)


def prove(manifest: Manifest, model: Model) -> None:
    """Build what scores a model's topic here and score with it, before it is put in force.

    What else is wrong with the manifest is in force already, and holds up nobody. The topic's
    rules stay compiled for the roles that explain its scores.

    Parameters
    ----------
    model
        The one that is new in the manifest; it need not be registered yet.

    Raises
    ------
    InvalidInputError
        It gives no scores there.
    """
    builder = SuiteBuilder()
    builder.take(model)
    failures = builder.build(manifest.only(model.topic), 0).score(ListingBatch.of([TRIED])).failures
    deployments = manifest.topics[model.topic].deployments
    champion = any(d.model == model.version and d.slot == Slot.CHAMPION for d in deployments)
    reason = failures.get(model.topic if champion else model.version)
    if reason is not None:
        problem, remedy = f"{model.version} gives no scores: {reason}", "train it again"
        raise InvalidInputError(FieldProblem("model", problem, remedy))


def _try(suite: Suite) -> None:
    """Score and explain once; what is wrong with a part shows in every batch, and is told there."""
    batch = ListingBatch.of([TRIED])
    try:
        suite.score(batch)
        for topic in suite.topics[:1]:
            suite.explain(batch, 0, topic)
    except Exception:
        logger.exception("the first batch of generation %s failed", suite.generation)

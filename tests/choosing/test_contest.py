"""Every kind made for real: compared, chosen, saved, loaded."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from tests.gmu.world import PLAIN, SEEING, TOPIC, Market, auc, market

from mimawari.detectors.background import standard
from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.conformance import check_detector
from mimawari.detectors.ensemble import artifact
from mimawari.detectors.ensemble.detector import EnsembleDetector
from mimawari.detectors.ensemble.pool import pool
from mimawari.detectors.gbdt.training import Settings as GbdtSettings
from mimawari.detectors.golden import add_golden, compare_golden, read_golden
from mimawari.detectors.loading import load_model
from mimawari.detectors.ngrams import NgramSpec
from mimawari.detectors.platt import fit_scale
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.suite import Suite
from mimawari.detectors.topicfile import parse
from mimawari.errors import InvalidInputError
from mimawari.evaluation.choosing.algorithms import ALGORITHMS
from mimawari.evaluation.choosing.ensembles import fit_members
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.task import Settings, Task
from mimawari.listings.batch import ListingBatch
from mimawari.records.lineage import Lineage

BOTH = ("linear", "gmu")
SETTINGS = Settings(GbdtSettings(NgramSpec(bits=12)), PLAIN, folds=2)
RULES = """
topic = "lava_lamps"
title = { en = "Lava lamps" }
policy = { en = "None of them." }
severity = "high"
capacity = 20

[[rules]]
id = "named"
severity = "high"
when = { words = ["lava lamp"] }
examples = { match = ["a lava lamp"], no_match = ["a lamp"] }
"""


@pytest.fixture(scope="module")
def world() -> Market:
    torch.set_num_threads(1)
    return market()


@pytest.fixture(scope="module")
def contest(world: Market) -> Contest:
    rules = RuleSet.compile([parse(RULES, "lava_lamps.toml")])
    random = np.random.default_rng(0)
    other = (random.random(len(world.rows.y)) < 0.3).astype(np.float32)
    other[:20] = np.nan
    task = Task(TOPIC, world.rows, SETTINGS, {"green": other}, rules=rules)
    return Contest(task)


@pytest.fixture(scope="module")
def ensemble(contest: Contest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pool two kinds, whether or not both are needed in so easy a world."""
    folder, rows = tmp_path_factory.mktemp("models") / "both", contest.task.rows
    for name in BOTH:
        contest.held_out(name)
    scales = {name: fit_scale(contest.margins[name], rows.y, rows.weight) for name in BOTH}
    pooled = pool([scales[name].log_odds(contest.margins[name]) for name in BOTH])
    write = {name: partial(contest.save, name, Lineage()) for name in BOTH}
    calibration = fit_calibration(pooled, rows.y, rows.weight)
    artifact.save(TOPIC, write, load_model, scales, calibration, Lineage(by="ann"), folder)
    return folder


def test_every_kind_is_compared_in_the_same_folds(contest: Contest, world: Market) -> None:
    found = contest.compare(tuple(ALGORITHMS), 20)
    assert [one.name for one in found.entries] == [n for n in ALGORITHMS if n != "sentences"]
    assert found.absent == {"sentences": "no sentence encoder was named (--sentences FOLDER)"}
    assert found.chosen in ALGORITHMS
    assert all(np.isfinite(one.average.value) for one in found.entries)
    for name in ("linear", "gbdt", "gmu", "ensemble"):
        assert not np.isnan(contest.margins[name]).any()
    hits = np.array(["lava lamp" in one.title for one in world.rows.listings])
    assert np.array_equal(~np.isnan(contest.margins["rules"]), hits)
    assert contest.seconds["ensemble"] >= contest.seconds["gbdt"] + contest.seconds["gmu"]
    assert found.absent.keys() == {"sentences"}


def test_the_ensemble_is_the_mean_of_its_members(
    ensemble: Path, contest: Contest, world: Market
) -> None:
    model = load_model(ensemble)
    assert isinstance(model, EnsembleDetector)
    batch = ListingBatch.of(market(60, seed=3).rows.listings)
    rows = world.rows
    apart = []
    assert set(model.members) == set(BOTH)
    for name in model.members:
        scale = fit_scale(contest.margins[name], rows.y, rows.weight)
        member = load_model(ensemble / "members" / name)
        deviations = standard(member.margin(batch), member.lineage.background)
        apart.append(scale.log_odds(deviations))
    assert np.allclose(model.margin(batch), np.mean(apart, axis=0))
    check_detector(model, world.rows.listings[:30])
    assert Suite(None, [model]).score(batch).failures == {}
    assert model.lineage.by == "ann"


def test_members_weigh_the_same_in_deviations_from_their_background(
    contest: Contest, tmp_path: Path
) -> None:
    contest.save("ensemble", Lineage(), tmp_path / "m")
    model = load_model(tmp_path / "m")
    assert isinstance(model, EnsembleDetector)
    batch = ListingBatch.of(market(60, seed=4).rows.listings)
    deviations = [
        (member.margin(batch) - member.lineage.background.mean) / member.lineage.background.spread
        for member in model.members.values()
    ]
    pooled, served = np.mean(deviations, axis=0), model.margin(batch)
    # What is served is a growing line of their plain mean: the ranking is that of the held-out.
    slope, intercept = np.polyfit(pooled, served, 1)
    assert slope > 0
    assert np.allclose(served, slope * pooled + intercept)


def test_held_out_members_are_pooled_as_they_serve(contest: Contest) -> None:
    contest.held_out("ensemble")
    names = ALGORITHMS["ensemble"].members(contest.task)
    for fit, held in contest.task.folds:
        margins = {name: contest.margins[name] for name in names}
        used = fit_members({n: m[fit] for n, m in margins.items()}, contest.task.rows.take(fit))
        plain = np.mean([margins[name][held] for name in used], axis=0)
        assert np.allclose(contest.margins["ensemble"][held], plain)


def test_an_ensemble_has_the_members_that_its_held_out_scores_ask_for(
    contest: Contest, tmp_path: Path
) -> None:
    version = contest.save("ensemble", Lineage(by="ann"), tmp_path / "m")
    model = load_model(tmp_path / "m", version)
    assert isinstance(model, EnsembleDetector)
    names = ALGORITHMS["ensemble"].members(contest.task)
    expected = fit_members({name: contest.margins[name] for name in names}, contest.task.rows)
    assert set(model.members) == set(expected)
    assert not {"linear", "gbdt"} <= set(model.members)
    assert Suite(None, [model]).score(ListingBatch.of(contest.task.rows.listings)).failures == {}


def test_the_ensemble_says_what_each_member_found(ensemble: Path, world: Market) -> None:
    model = load_model(ensemble)
    at = next(i for i, one in enumerate(world.rows.listings) if "lava lamp" in one.title)
    batch = ListingBatch.of(world.rows.listings)
    told = model.explain(batch, at, TOPIC)
    added = {one.name: one.weight for one in told.features}
    pooled = model.margin(batch)[at]
    opinions = [weight for name, weight in added.items() if name.startswith("member_")]
    assert len(opinions) == 2
    assert np.isclose(sum(opinions), pooled, atol=1e-5)
    assert any(one.source == "text" for one in told.spans)


def test_an_ensemble_comes_to_its_golden_scores(ensemble: Path) -> None:
    version = add_golden(ensemble, load_model(ensemble))
    golden = read_golden(ensemble)
    assert golden is not None
    again = load_model(ensemble, version)
    assert compare_golden(again, golden).matches


def test_a_changed_member_is_refused(ensemble: Path, tmp_path: Path) -> None:
    head = ensemble / "members" / "gmu" / "head.json"
    kept = head.read_bytes()
    head.write_bytes(kept.replace(b"0.", b"1.", 1))
    try:
        with pytest.raises(InvalidInputError, match=r"head\.json.*has changed"):
            load_model(ensemble)
    finally:
        head.write_bytes(kept)
    assert load_model(ensemble).version.startswith(TOPIC)


def test_pictures_make_the_gated_unit_better(world: Market) -> None:
    seeing = replace(
        Task(TOPIC, world.rows, msgspec.structs.replace(SETTINGS, gmu=SEEING)),
        pictures=world.pictures,
    )
    blind, seen = Contest(Task(TOPIC, world.rows, SETTINGS)), Contest(seeing)
    for one in (blind, seen):
        one.held_out("gmu")
    places = [auc(world.rows.y, one.margins["gmu"]) for one in (blind, seen)]
    assert places[1] > places[0]


def test_what_cannot_be_made_is_named(world: Market) -> None:
    contest = Contest(Task(TOPIC, world.rows, SETTINGS))
    found = contest.compare(("rules", "linear"), 20)
    assert found.absent == {"rules": "no rules of lava_lamps are known"}
    assert found.chosen == "linear"
    with pytest.raises(InvalidInputError, match=r"--algorithm.*no rules of lava_lamps"):
        contest.held_out("rules")
    with pytest.raises(InvalidInputError, match=r"--algorithm: is trees; use rules, linear"):
        contest.held_out("trees")


def test_one_class_is_refused_with_the_remedy(world: Market) -> None:
    none = replace(world.rows, y=np.zeros(len(world.rows.y), np.bool_))
    with pytest.raises(InvalidInputError, match="label 20 more listings that violate"):
        Contest(Task(TOPIC, none, SETTINGS))

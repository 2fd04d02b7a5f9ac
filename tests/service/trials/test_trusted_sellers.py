"""Trusted and exempt sellers in trials: lists hold what admission would alert, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec
import pytest
from django.conf import settings
from django.test import override_settings
from tests.acting import EVE, TESTS
from tests.service.trials import world

from mimawari.alerts.floors import LEAST_SCORE
from mimawari.records.standing import Standing
from mimawari.service.admission.models import Purpose
from mimawari.service.catalogue.seller_policy import record_standing
from mimawari.service.intake.models import ListingVersion
from mimawari.service.scoring.models import Candidate
from mimawari.service.trials import runner
from mimawari.service.trials.models import Trial, TrialItem
from mimawari.service.trials.pool import Pool
from mimawari.service.trials.replay import numbers_of, replay
from mimawari.service.trials.round_pool import round_pool
from mimawari.service.trials.trials import start_backtest, start_experiment

pytestmark = pytest.mark.django_db(transaction=True)
WINDOW = {"window_days": 14, "seed": 3}
DAILY = {"round_minutes": 1440, "seed": 3}
TRUSTED_FROM = 0.5  # as a topic file has it where it says nothing
ALL = 10_000  # a list this long is never thinned out
Competing = dict[int, tuple[float | None, float | None]]


def stand(sellers: Iterable[str], standing: Standing) -> set[str]:
    """Record how sellers stand; gives them."""
    for seller in (named := set(sellers)):
        record_standing(seller, standing, [world.TOPIC], TESTS, "a known dealer")
    return named


def divided() -> tuple[set[str], set[str]]:
    """Trust a third of the sellers and exempt another; gives both."""
    sellers = sorted(set(ListingVersion.objects.values_list("seller_id", flat=True)))
    return stand(sellers[::3], Standing.TRUSTED), stand(sellers[1::3], Standing.EXEMPT)


def competing(pool: Pool) -> Competing:
    """Give the scores of both models by version; None where a model does not list it."""
    pairs = zip(pool.champion.tolist(), pool.candidate.tolist(), strict=True)
    listed = [tuple(None if math.isnan(score) else score for score in pair) for pair in pairs]
    return dict(zip(pool.versions, listed, strict=True))


def expected(before: Competing, trusted: set[str], exempt: set[str]) -> Competing:
    """Say naively what is left of the lists by how sellers stand."""
    sellers = dict(ListingVersion.objects.values_list("pk", "seller_id"))
    left: Competing = {}
    for version, scores in before.items():
        seller = sellers[version]
        least = TRUSTED_FROM if seller in trusted else 0.0
        kept = [None if seller in exempt or (s or 0.0) < least else s for s in scores]
        if any(score is not None and score >= LEAST_SCORE for score in kept):
            left[version] = (kept[0], kept[1])
    return left


def replayed(trial: Trial, market: world.Market) -> Pool:
    pool = Pool(ALL)
    after, until = numbers_of(world.START, market.clock.now)
    replay(trial, after, until, lambda _: pool)
    return pool


def test_a_replay_lists_what_admission_would_alert(past: world.Market, candidate: str) -> None:
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=0, **WINDOW)
    before = replayed(trial, past)
    trusted, exempt = divided()
    after = replayed(trial, past)
    assert competing(after) == expected(competing(before), trusted, exempt)
    assert any((a is None) != (b is None) for a, b in competing(after).values())
    assert (after.listings, after.unscored) == (before.listings, before.unscored)


def test_a_back_test_asks_nothing_of_exempt_sellers(past: world.Market, candidate: str) -> None:
    _, exempt = divided()
    start_backtest(world.TOPIC, candidate, EVE, "why", mode="fresh", **WINDOW)
    runner.advance()
    listed = TrialItem.objects.exclude(listing_version=None)
    assert listed.exists()
    assert not exempt & set(listed.values_list("listing_version__seller_id", flat=True))


def test_a_round_lists_by_how_sellers_stand_as_it_closes(
    market: world.Market, candidate: str
) -> None:
    market.history(1)
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY)
    all_drawn = msgspec.structs.replace(settings.CONFIG, exploration_share=500.0)
    with override_settings(CONFIG=all_drawn):
        market.arrive()
    before, _ = round_pool(trial, ALL)
    in_round = Candidate.objects.filter(topic=world.TOPIC, in_round=True)
    assert not in_round.filter(probability=None).exists()
    trusted, exempt = divided()
    after, taken = round_pool(trial, ALL)
    assert competing(after) == expected(competing(before), trusted, exempt)
    assert len(taken) == in_round.count()
    market.clock.go(days=1)
    runner.advance()
    opened = world.open_alerts(topic=world.TOPIC, listing_version__seller_id__in=exempt)
    assert {alert.purpose for alert in opened} == {Purpose.EXPLORATION}

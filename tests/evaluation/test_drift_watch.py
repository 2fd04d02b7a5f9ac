"""A watch over days: what it learns, tells, leaves out and learns again; and after a restart."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from mimawari.evaluation.drift.rule import Rule
from mimawari.evaluation.drift.streams import Stream, choose, count
from mimawari.evaluation.drift.tally import Tally, added, tally
from mimawari.evaluation.drift.watch import DAY, PAST, Change, Watch, WatchState

A_DAY = 24


class Market:
    """Batches of 100 sellers, some an hour; a share of Japanese that may move."""

    def __init__(self, seed: int, batches: int = 4) -> None:
        self.draw = np.random.default_rng(seed)
        self.batches = batches
        self.past: dict[int, Tally] = {}
        self.watch = Watch(WatchState())
        self.told: list[tuple[int, Change]] = []

    def hour(self, hour: int, japanese: float) -> None:
        if self.watch.due(hour):
            self.watch.learn(self.past, hour)
        for _ in range(self.batches):
            ja = float(self.draw.binomial(100, japanese))
            batch = Tally({"language": {"ja": ja, "en": 100 - ja}})
            self.told += [(hour, change) for change in self.watch.step(batch, hour)]
            self.past[hour] = added([self.past.get(hour, Tally()), batch])

    def restart(self) -> None:
        """Begin anew from what is kept: JSON, and hours."""
        text = msgspec.json.encode(self.watch.kept())
        self.watch = Watch(msgspec.json.decode(text, type=WatchState), self.past)


def test_a_new_watch_learns_for_two_weeks_and_says_so() -> None:
    market = Market(1)
    for hour in range(PAST + DAY):
        assert market.watch.learning_until == (PAST if 0 < hour <= PAST else None), hour
        market.hour(hour, 0.45 if hour < 100 else 0.6)
    assert market.told == []
    assert market.watch.watched == {0, 1, 2}


def test_a_move_is_told_once_and_the_share_left_out_until_it_is_learnt_again() -> None:
    market = Market(2, batches=10)
    for hour in range(PAST + 10):
        market.hour(hour, 0.45)
    for hour in range(PAST + 10, PAST + 9 * DAY):
        market.hour(hour, 0.6)
    names = sorted(change.stream.name for _, change in market.told)
    assert names == ["en", "ja"]
    (hour, change) = next(one for one in market.told if one[1].stream.name == "ja")
    assert PAST + 10 <= hour <= PAST + 12
    assert abs(change.before - 0.45) < 0.02
    assert abs(change.after - 0.6) < 0.05
    assert abs(change.since - (PAST + 10)) <= 2
    assert change.low < change.before < change.high
    assert market.watch.watched == {0, 1, 2}, "learnt again"
    for hour in range(PAST + 9 * DAY, PAST + 11 * DAY):
        market.hour(hour, 0.45)  # back: a change from the level that was learnt
    assert len(market.told) == 4


def test_a_restart_changes_nothing() -> None:
    one, other = Market(3), Market(3)
    for hour in range(PAST + 3 * DAY):
        share = 0.45 if hour < PAST + 30 else 0.55
        one.hour(hour, share)
        other.hour(hour, share)
        if hour % 7 == 0:
            other.restart()
    assert one.told
    assert [h for h, _ in one.told] == [h for h, _ in other.told]
    assert one.watch.kept() == other.watch.kept()


def test_quiet_markets_are_hardly_ever_told() -> None:
    told = 0
    for seed in range(10):
        market = Market(100 + seed)
        for hour in range(PAST + 14 * DAY):
            market.hour(hour, 0.45 + 0.1 * np.cos(2 * np.pi * hour / A_DAY))
        told += len(market.told)
    assert told == 0


def test_counts_of_a_tally_are_those_of_count() -> None:
    draw = np.random.default_rng(4)
    names = [
        {"language": str(draw.choice(["ja", "en", "fr"])), "price": str(draw.choice(["a", "b"]))}
        for _ in range(500)
    ]
    sellers = [str(draw.integers(80)) for _ in names]
    streams = choose(names[:300])
    hits, n = count(names, sellers, streams)
    mine, of_kind = tally(names, sellers).of(streams)
    assert np.allclose(hits, mine)
    assert np.allclose(of_kind, n)


def test_a_kind_that_is_new_is_learnt_for_a_week() -> None:
    watch, past = Watch(WatchState(), fixed=["high"]), {}
    for hour in range(PAST + 10 * DAY):
        if watch.due(hour):
            watch.learn(past, hour)
        counts = {"model a": {"high": 10.0, "low": 90.0}}
        if hour >= PAST:
            counts["model b"] = {"high": 20.0, "low": 80.0}
        watch.step(Tally(counts), hour)
        past[hour] = Tally(counts)
        watched = {watch.state.streams[i].kind for i in watch.watched}
        if PAST <= hour < PAST + 7 * DAY:
            assert watched == {"model a"}
    assert watched == {"model a", "model b"}
    assert Stream("model b", "high") in [stream.stream for stream in watch.state.streams]


@pytest.mark.parametrize("length", [1_000, 10_000])
def test_wrong_alarms_are_no_more_than_the_rule_says(length: int) -> None:
    rule, draw = Rule(run_length=length * 100), np.random.default_rng(length)
    past = {}
    for hour in range(PAST):
        ja = draw.binomial(400, 0.3, size=1)[0]
        past[hour] = Tally({"language": {"ja": float(ja), "en": 400.0 - ja}})
    wrong = 0
    for _ in range(20):
        watch = Watch(WatchState(first=0, kinds={"language": 0}), rule=rule)
        watch.learn(past, PAST)
        for ja in draw.binomial(100, 0.3, size=500):
            wrong += bool(
                watch.step(Tally({"language": {"ja": float(ja), "en": 100.0 - ja}}), PAST)
            )
    assert wrong <= 20 * 500 / length

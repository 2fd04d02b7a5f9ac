"""AP@K against its definition, and the rule of one standard error."""

from __future__ import annotations

import io

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.console import Console
from sklearn.metrics import average_precision_score

from mimawari.detectors.gbdt.rows import Rows
from mimawari.evaluation.choosing.capacity import at_capacity
from mimawari.evaluation.choosing.card import as_page, as_table
from mimawari.evaluation.choosing.compare import compare
from mimawari.evaluation.choosing.run import as_lineage
from mimawari.listings.listing import Listing


def naive(
    order: NDArray[np.int64], y: NDArray[np.bool_], times: NDArray[np.int64], k: int
) -> tuple[float, float, float]:
    """List every listing that a row stands for; a row that does not fit whole is left out."""
    alerts: list[tuple[bool, int]] = []
    for row in order:
        if len(alerts) + times[row] > k:
            break
        alerts += [(bool(y[row]), int(row))] * times[row]
    violations = int((y * times).sum())
    caught = sum(hit for hit, _ in alerts)
    average = 0.0
    for row in {row for _, row in alerts if y[row]}:
        last = max(i for i, (_, r) in enumerate(alerts) if r == row)
        precision = sum(hit for hit, _ in alerts[: last + 1]) / (last + 1)
        average += times[row] * precision
    precision = caught / len(alerts) if alerts else 0.0
    return average / min(k, violations), precision, caught / violations


@given(st.data(), st.integers(2, 12), st.integers(1, 20))
def test_weighted_rows_are_so_many_listings(data: st.DataObject, n: int, k: int) -> None:
    y = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    order = np.array(data.draw(st.permutations(range(n))))[: data.draw(st.integers(0, n))]
    order = order.astype(np.int64)
    found = at_capacity(order, y, times.astype(float), k)
    if not (y * times).sum():
        assert np.isnan(found.average)
        return
    expected = naive(order, y, times, k)
    assert np.allclose((found.average, found.precision, found.recall), expected)


def test_without_a_limit_it_is_average_precision() -> None:
    random = np.random.default_rng(0)
    y, scores = random.random(300) < 0.2, random.permutation(300).astype(float)
    found = at_capacity(np.argsort(-scores), y, np.ones(300), np.inf)
    assert np.isclose(found.average, average_precision_score(y, scores))


def rows_of(y: NDArray[np.bool_], sellers: int = 60) -> Rows:
    listings = tuple(
        Listing(id=str(i), version=1, seller_id=f"s{i % sellers}", title="t") for i in range(len(y))
    )
    return Rows(listings, y, np.ones(len(y)))


def test_what_is_as_good_but_simpler_is_chosen_and_what_is_worse_is_not() -> None:
    random = np.random.default_rng(0)
    y = random.random(1200) < 0.1
    good = y + random.normal(0, 0.5, len(y))
    scores = {
        "rules": np.where(random.random(len(y)) < 0.05, 1.0, np.nan),
        "linear": good + random.normal(0, 0.01, len(y)),
        "gbdt": good,
    }
    found = compare("t", rows_of(y), scores, 100)
    assert found.chosen == "linear"
    rules, linear, gbdt = found.entries
    assert (rules.as_good, linear.as_good) == (False, True)
    assert rules.behind > 3 * rules.noise
    assert abs(linear.behind - gbdt.behind) < linear.noise + gbdt.noise + 1e-9
    assert rules.average.low <= rules.average.value <= rules.average.high


def test_noise_alone_rarely_beats_the_simpler_kind_by_more_than_its_error() -> None:
    """Two rankings of one quality: the simpler is kept in about 84 % (one-sided, one error)."""
    kept = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        y = random.random(600) < 0.15
        scores = {n: y + random.normal(0, 0.8, len(y)) for n in ("linear", "gbdt")}
        kept += compare("t", rows_of(y, 200), scores, 60, seed=seed, draws=60).chosen == "linear"
    assert 0.7 <= kept / 60 <= 0.97


def test_the_preferred_kind_is_taken_unless_it_is_surely_behind_and_never_before_rules() -> None:
    random = np.random.default_rng(0)
    y = random.random(1200) < 0.1
    good, poor = y + random.normal(0, 0.5, len(y)), y + random.normal(0, 2, len(y))
    alike = {n: good + random.normal(0, 0.01, len(y)) for n in ("rules", "linear", "ensemble")}
    models = {name: alike[name] for name in ("linear", "ensemble")}
    rows = rows_of(y)
    assert compare("t", rows, models, 100).chosen == "linear"
    preferring = compare("t", rows, models, 100, preferred="ensemble")
    assert preferring.chosen == "ensemble"
    assert "ensemble" in preferring.why
    assert "preferred" in preferring.why
    assert compare("t", rows, alike, 100, preferred="ensemble").chosen == "rules"
    behind = {"linear": good, "ensemble": poor}
    left = compare("t", rows, behind, 100, preferred="ensemble")
    assert left.chosen == "linear"
    assert left.entries[1].behind_in >= 0.95


def test_between_one_error_and_surely_behind_the_preferred_kind_stays() -> None:
    y = np.arange(1200) % 10 == 0
    random = np.random.default_rng(3)
    slightly = {
        "linear": y + random.normal(0, 0.50, len(y)),
        "ensemble": y + random.normal(0, 0.53, len(y)),
    }
    comparison = compare("t", rows_of(y), slightly, 100, preferred="ensemble")
    ensemble = comparison.entries[1]
    assert ensemble.noise < ensemble.behind
    assert ensemble.behind_in < 0.95
    assert comparison.chosen == "ensemble"
    assert "not surely worse than the best, linear" in comparison.why
    assert compare("t", rows_of(y), slightly, 100).chosen == "linear"


def test_the_card_says_why_and_escapes() -> None:
    y = np.arange(80) % 5 == 0
    scores = {"linear": y * 1.0, "gbdt": y * 0.5}
    found = compare("<b>", rows_of(y), scores, 10)
    found = msgspec.structs.replace(found, absent={"gmu": "no <torch>"})
    page = as_page(found)
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert "no &lt;torch&gt;" in page
    assert page.count("<tr") == 3
    assert found.why in page.replace("Linear", "linear")
    written = io.StringIO()
    Console(width=80, file=written).print(
        as_table(msgspec.structs.replace(found, topic="t", k=1_000))
    )
    assert "linear" in written.getvalue()
    assert "…" not in written.getvalue(), "nothing is cut off where terminals are narrow"
    kept = as_lineage(found)
    assert kept["chosen"] == "linear"
    assert kept["why"] == "linear has the highest AP@10 (1.000) and is the simplest"

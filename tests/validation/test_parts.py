"""Rates by part of the market: against a naive reference, and how often chance accuses a part."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mimawari.evaluation.validation.parts import rates_by_part


def naive(
    names: list[dict[str, str]],
    hit: NDArray[np.bool_],
    weight: NDArray[np.float64],
    kind: str,
    name: str,
) -> float:
    """Count hits in the part and in all."""
    inside = [i for i, of in enumerate(names) if of.get(kind) == name]
    part = sum(weight[i] for i in inside if hit[i]) / sum(weight[i] for i in inside)
    whole = sum(w for w, h in zip(weight, hit, strict=True) if h) / weight.sum()
    return float(part / whole)


def market(
    seed: int, sellers: int = 120, each: int = 6, spread: float = 0.0
) -> tuple[list[dict[str, str]], NDArray[np.bool_], list[str]]:
    """Draw listings whose rate of hits differs by seller, and by nothing else."""
    random = np.random.default_rng(seed)
    rate = np.clip(random.normal(0.5, spread, sellers), 0.02, 0.98)
    of_row = np.repeat(np.arange(sellers), each)
    language = random.choice(["en", "ja", "ko"], sellers)
    band = random.choice(["a", "b", "c", "d"], len(of_row))
    names = [
        {"language": str(language[s]), "price": str(b)} for s, b in zip(of_row, band, strict=True)
    ]
    return names, random.random(len(of_row)) < rate[of_row], [str(s) for s in of_row]


def test_ratios_are_those_of_counting() -> None:
    names, hit, sellers = market(1)
    weight = np.random.default_rng(2).uniform(0.5, 4.0, len(hit))
    parts = rates_by_part(names, hit, weight, sellers)
    assert {(part.kind, part.name) for part in parts} == {
        *(("language", name) for name in ("en", "ja", "ko")),
        *(("price", name) for name in "abcd"),
    }
    for part in parts:
        assert part.ratio == pytest.approx(naive(names, hit, weight, part.kind, part.name))
        assert part.low <= part.ratio <= part.high


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_alike_parts_are_accused_in_one_table_of_twenty(spread: float) -> None:
    """Where sellers differ, too: listings of one are no independent witnesses."""
    accused = 0
    for seed in range(150):
        names, hit, sellers = market(seed, spread=spread)
        parts = rates_by_part(names, hit, np.ones(len(hit)), sellers, seed=seed, draws=1_000)
        accused += any(part.surely_low or part.surely_high for part in parts)
    # 5 % is meant; of 150 tables that is 7.5, and 15 or more come in 1 of 100 such runs.
    assert accused < 15, accused


def test_a_part_that_is_worse_is_found() -> None:
    names, hit, sellers = market(3, sellers=400)
    japanese = np.array([of["language"] == "ja" for of in names])
    hit &= ~japanese | (np.random.default_rng(4).random(len(hit)) < 0.4)
    parts = rates_by_part(names, hit, np.ones(len(hit)), sellers)
    assert [part.name for part in parts if part.surely_low] == ["ja"]


def test_parts_of_few_sellers_are_left_out() -> None:
    names = [{"language": "en"}] * 300 + [{"language": "ja"}] * 60
    hit = np.arange(360) % 2 == 0
    sellers = [str(i % 50) for i in range(300)] + [f"j{i % 9}" for i in range(60)]
    assert [part.name for part in rates_by_part(names, hit, np.ones(360), sellers)] == ["en"]


def test_nothing_to_compare_gives_nothing() -> None:
    names = [{"language": "en"}] * 40
    sellers = [str(i) for i in range(40)]
    assert rates_by_part(names, np.zeros(40, bool), np.ones(40), sellers) == []
    assert rates_by_part([], np.zeros(0, bool), np.ones(0), []) == []

"""The parts of trials by themselves, against what is obviously right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.alerts.disagreement import Lists, compare_lists
from mimawari.alerts.interleaving import Mode, plan_round
from mimawari.service.trials.labels import Book, Label, own_label
from mimawari.service.trials.one_sided import one_sided
from mimawari.service.trials.pool import EMPTY, Pool, clusters, near
from mimawari.service.trials.rechecks import Rechecks
from mimawari.service.trials.rounds import fill_up, reviews_of, within


def filled(pool: Pool, rows: int, seed: int, batch: int, sellers: int) -> tuple[np.ndarray, ...]:
    """Fill a pool in batches from one seller's many rows; gives the columns."""
    random = np.random.default_rng(seed)
    a, b = random.random((2, rows)).round(2)
    a[random.random(rows) < 0.1] = np.nan
    names = [f"s{random.integers(sellers)}" for _ in range(rows)]
    texts = [f"text {chr(97 + int(random.integers(20)))}" * 3 for _ in range(rows)]
    for start in range(0, rows, batch):
        part = slice(start, start + batch)
        numbers = list(range(rows))[part]
        keys, text_of = [f"L{i}" for i in numbers], texts[part].__getitem__
        pool.add(numbers, keys, names[part], text_of, a[part], b[part], b[part])
    return a, b, np.array(names), np.array(texts)


@pytest.mark.parametrize("seed", range(6))
def test_a_pool_lists_as_if_it_had_kept_everything(seed: int) -> None:
    k, rows = 3, 4_000
    pool = Pool(k)
    a, b, sellers, _ = filled(pool, rows, seed, 100, 60)
    assert len(pool.versions) < rows / 2
    pool.texts = ["" for _ in pool.texts]  # sellers alone: exact whatever was thinned out
    got = pool.lists()
    keys = [f"L{i}" for i in range(rows)]
    wanted = compare_lists(a, b, k, keys, sellers.tolist(), 0.02)
    for mine, theirs in zip(
        (got.shared, got.champion_only, got.candidate_only),
        (wanted.shared, wanted.champion_only, wanted.candidate_only),
        strict=True,
    ):
        assert [pool.version(row) for row in mine if row != EMPTY] == list(theirs)
    assert pool.listings == rows


def test_a_pool_holds_no_more_however_much_it_is_given() -> None:
    sizes = []
    for rows in (5_000, 20_000):
        pool = Pool(5)
        filled(pool, rows, 1, 250, 10_000)
        sizes.append(len(pool.versions))
    assert max(sizes) <= 2 * 8 * 4 * 15 + 250


def test_near_duplicates_of_several_sellers_are_listed_once() -> None:
    pool = Pool(2)
    texts = ["Red lamp, 40 W", "red LAMP 60w!", "blue vase", "red lamp w"]
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    pool.add([1, 2, 3, 4], list("abcd"), list("stuv"), texts.__getitem__, scores, scores, scores)
    assert pool.lists() == Lists((0, 2), (), ())


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_clusters_are_connected_components(rows: list[tuple[int, int]]) -> None:
    sellers, texts = [f"s{s}" for s, _ in rows], [f"t{t}" for _, t in rows]
    found = clusters(sellers, texts)
    groups = [{i} for i in range(len(rows))]
    for i in range(len(rows)):
        for j in range(i):
            if sellers[i] == sellers[j] or texts[i] == texts[j]:
                mine = next(g for g in groups if i in g)
                theirs = next(g for g in groups if j in g)
                if mine is not theirs:
                    groups.remove(theirs)
                    mine |= theirs
    for i in range(len(rows)):
        for j in range(i):
            together = any({i, j} <= g for g in groups)
            assert (found[i] == found[j]) == together


def test_a_text_without_letters_joins_nothing() -> None:
    assert near("123 !!") == ""
    assert clusters(["s", "t"], ["", ""]) == ["s", "t"]


def test_a_shorter_list_is_made_up_for() -> None:
    pool = Pool(3)
    a, b = np.array([0.9, 0.8, 0.7]), np.array([0.9, np.nan, 0.01])
    pool.add([7, 8, 9], list("abc"), list("stu"), ["x", "y", "z"].__getitem__, a, b, b)
    lists = pool.lists()
    assert lists == Lists((0,), (1, 2), (EMPTY, EMPTY))
    assert [pool.version(row) for row in lists.candidate_only] == [None, None]
    assert pool.unscored == 1
    assert pool.spread == pytest.approx(0.89)


@given(
    st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.integers(0, 20), st.integers(0, 99)
)
def test_a_round_never_takes_more_than_its_budget_and_leaves_nothing_unused(
    shared: int, only_a: int, only_b: int, budget: int, seed: int
) -> None:
    m = max(only_a, only_b)
    first = [*range(100, 100 + only_a), *[EMPTY] * (m - only_a)]
    second = [*range(200, 200 + only_b), *[EMPTY] * (m - only_b)]
    lists = Lists(tuple(range(shared)), tuple(first), tuple(second))
    for mode in (Mode.SAFE, Mode.FAST, Mode.GUARD):
        plan = plan_round(lists, budget, np.random.default_rng(seed), mode)
        plan = within(plan, budget)
        force = lists.candidate_only if mode == Mode.GUARD else lists.champion_only
        plan = fill_up(plan, (*lists.shared, *force), budget)
        rows = [*plan.shared, *plan.others, *(row for pair in plan.pairs for row in pair)]
        asked = [row for row in rows if row != EMPTY]
        assert len(asked) == len(set(asked)) == reviews_of(plan) <= budget
        listed = shared + (only_b if mode == Mode.GUARD else only_a)
        assert reviews_of(plan) >= min(budget, listed)


def test_a_pair_s_chance_does_not_depend_on_its_rank() -> None:
    lists = Lists((), tuple(range(100, 109)), tuple(range(200, 209)))
    drawn = np.zeros(9)
    for seed in range(4_000):
        plan = within(plan_round(lists, 9, np.random.default_rng(seed)), 7)
        for a, _ in plan.pairs:
            drawn[a - 100] += 1
    expected = drawn.sum() / 9
    chi2 = ((drawn - expected) ** 2 / expected).sum()
    assert chi2 < 26.1  # 8 degrees of freedom, one in a thousand


SAID = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["violates", "does_not_violate", "cannot_tell"])),
    max_size=5,
)


@given(SAID, st.sets(st.integers(1, 4)), st.sets(st.integers(1, 6)))
def test_a_label_is_clear_open_or_missing(
    said: list[tuple[int, str]], excluded: set[int], others: set[int]
) -> None:
    label = own_label(said, excluded, others)
    clear = [v for who, v in said if v != "cannot_tell" and who not in excluded]
    if clear:
        assert label == Label(int(clear[-1] == "violates"))
        return
    assert label.value is None
    unsure = {who for who, verdict in said if verdict == "cannot_tell"}
    left = others - excluded - {who for who, _ in said}
    assert label.missing == bool(unsure and (len(unsure) > 1 or not left))
    if label.not_for is not None:
        assert left
        assert label.not_for == said[-1][0]


@pytest.mark.parametrize(
    ("second", "waiting", "value"),
    [
        ([(2, "violates")], False, 1),
        ([(2, "does_not_violate")], False, 0),
        ([(2, "cannot_tell")], False, 0),
        ([], True, None),
        ([], False, 1),
        ([(9, "does_not_violate")], True, None),
    ],
)
def test_violations_are_confirmed_where_the_topic_asks(
    second: list[tuple[int, str]], waiting: bool, value: int | None
) -> None:
    book = Book({7: [(1, "violates")]}, second={3: second}, confirm=True)
    book.unconfirmed = {3} if waiting else set()
    assert book.own_label(7, 3, {9}, {1, 2}).value == value
    book.confirm = False
    assert book.own_label(7, 3, {9}, {1, 2}).value == 1


def test_an_honest_moderator_is_hardly_ever_suspected() -> None:
    random = np.random.default_rng(5)
    wrongly = 0
    for _ in range(2_000):
        rate = random.uniform(0.02, 0.6)
        now = {}
        for who in range(3):
            n = int(random.integers(1, 120))
            yes = int(random.binomial(n, rate))
            now[who] = (n - yes, yes)
        wrongly += bool(one_sided(now, (200 - int(200 * rate), int(200 * rate))))
    assert wrongly <= 2_000 * 3 * 0.002


def test_a_rubber_stamp_is_suspected_either_way() -> None:
    honest = {1: (35, 15)}
    assert one_sided({**honest, 2: (50, 0)}) == {2}
    assert one_sided({**honest, 2: (0, 30)}) == {2}
    assert one_sided({**honest, 2: (49, 1)}) == set()
    assert one_sided({2: (500, 0)}) == set()  # nothing to hold it against


@pytest.mark.parametrize(
    ("rechecks", "hold", "bear_out", "done"),
    [
        (Rechecks(), True, True, True),
        (Rechecks(149, 149, 149, 30, 30), True, True, True),
        (Rechecks(149, 149, 148, 30, 29), False, True, True),
        (Rechecks(20, 20, 20, 4, 4), True, True, True),
        (Rechecks(20, 20, 19, 4, 3), False, True, True),
        (Rechecks(20, 5, 2, 3, 0, 2), False, False, False),
        (Rechecks(20, 2, 2, 2, 2, 2), True, None, False),
        (Rechecks(20, 2, 2, 2, 2, 0), True, True, False),
    ],
)
def test_when_old_labels_hold(
    rechecks: Rechecks, hold: bool, bear_out: bool | None, done: bool
) -> None:
    assert (rechecks.hold, rechecks.bear_out, rechecks.done) == (hold, bear_out, done)
    assert rechecks.statement

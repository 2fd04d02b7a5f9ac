"""Nothing is paid for twice, and nothing beyond the budget."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.remote.conftest import POLICY, Make, batch, listing
from tests.remote.server import Model, completion, drops, fails, says

from mimawari.detectors.remote import Opinion, RemoteDetector, RemoteOptions
from mimawari.detectors.remote.budget import Budget
from mimawari.detectors.remote.cache import AnswerCache
from mimawari.detectors.remote.errors import StopAskingError
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch

TITLES = ("gun", "cup", "hat", "gun part", "pen")


def test_a_second_run_asks_nothing(model: Model, make: Make, tmp_path: Path) -> None:
    first = make(tmp_path / "new" / "cache.db")
    scores = first.score(batch(*TITLES))
    first.close()
    count = len(model.bodies)
    second = make(tmp_path / "new" / "cache.db")
    assert np.array_equal(second.score(batch(*TITLES)), scores)
    assert len(model.bodies) == count
    assert (second.tally.cached, second.tally.requests, second.tally.tokens) == (5, 0, 0)
    assert second.explain(batch(*TITLES), 0, "weapons").features[0].name == "about gun"


def test_the_same_goods_are_asked_about_once(model: Model, make: Make) -> None:
    detector = make()
    found = [listing(i, "cup", price_minor=100, currency="EUR") for i in range(5)]
    scores = detector.score(ListingBatch.of(found))
    assert model.asked == [1]
    assert len(set(scores[:, 0].tolist())) == 1
    assert (detector.tally.answered, detector.tally.cached) == (1, 4)


def test_what_changes_the_question_is_asked_anew(model: Model, make: Make, tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    make(path).score(batch("gun"))
    make(path, model="large").score(batch("gun"))
    make(path, body={"seed": 1}).score(batch("gun"))
    edited = msgspec.structs.replace(batch("gun").listings[0], description="toy")
    make(path).score(ListingBatch.of([edited]))
    options = RemoteOptions(base_url=model.url, model="small")
    with RemoteDetector("weapons", POLICY + " Toys may.", options, cache=path) as other:
        other.score(batch("gun"))
    assert len(model.bodies) == 5
    make(path, per_request=3, concurrency=2, timeout=9).score(batch("gun"))
    assert len(model.bodies) == 5, "how it is asked matters not"


def test_an_interrupted_run_keeps_what_was_answered(
    model: Model, make: Make, tmp_path: Path
) -> None:
    def interrupt(_: int) -> None:
        if len(model.bodies) >= 2:
            raise KeyboardInterrupt

    options = RemoteOptions(base_url=model.url, model="small", per_request=1, concurrency=1)
    path = tmp_path / "cache.db"
    with (
        RemoteDetector("w", POLICY, options, cache=path, progress=interrupt) as detector,
        pytest.raises(KeyboardInterrupt),
    ):
        detector.score(batch(*TITLES))
    asked = len(model.bodies)
    assert asked < 5
    make(path, per_request=1).score(batch(*TITLES))
    assert len(model.bodies) == 5


def test_the_cache_holds_no_texts_of_listings(make: Make, tmp_path: Path) -> None:
    make(tmp_path / "c.db").score(batch("cup of the rarest kind", "x"))
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"about cup of the rarest k" in kept, "reasons are kept"
    assert b"rarest kind" not in kept


@pytest.mark.parametrize("content", [b"no database" * 100, None])
def test_a_file_that_is_no_cache_is_refused(make: Make, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.db"
    if content:
        path.write_bytes(content)
    else:
        store = sqlite3.connect(path)
        store.execute("CREATE TABLE opinions (other)")
        store.close()
    with pytest.raises(InvalidInputError, match="name another file"):
        make(path)


def test_a_cache_in_an_impossible_place_is_refused(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInputError, match=r"cache .*; name another file"):
        make(tmp_path / "file" / "c.db")


def test_many_questions_are_looked_up_in_groups() -> None:
    cache = AnswerCache(None)
    told = {str(i): Opinion(i % 101, "w") for i in range(1_234)}
    cache.put(told)
    assert cache.get([*told, "other"]) == told
    with pytest.raises(InvalidInputError, match="CHECK"):
        cache.put({"x": Opinion(101, "")})
    cache.close()


def test_the_budget_of_requests_ends_asking(model: Model, make: Make) -> None:
    detector = make(per_request=2, budget_requests=2, concurrency=3)
    scores = detector.score(batch("a", "b", "c", "d", "e", "f"))
    assert len(model.bodies) == 2
    assert int((~np.isnan(scores)).sum()) == 4
    assert detector.tally.stopped == "the budget of 2 requests is spent"
    assert detector.tally.unanswered == 2


def test_repetitions_and_second_questions_count(model: Model, make: Make) -> None:
    model.script = [fails(500), says("hm")]
    detector = make(budget_requests=3)
    detector.score(batch("a", "b"))
    assert len(model.bodies) == 3
    assert (detector.tally.answered, detector.tally.unanswered) == (1, 1)


def test_the_budget_of_tokens_ends_asking(model: Model, make: Make) -> None:
    model.reply = lambda request, listings: request.answer(
        completion('{"answers":[{"id":1,"violates":1,"why":""}]}', (300, 100))
    )
    detector = make(per_request=1, budget_tokens=1_000)
    detector.score(batch(*(str(i) for i in range(10))))
    assert len(model.bodies) == 2, "a third could cost more than what is left"
    assert detector.tally.tokens == 800
    assert detector.tally.stopped == "the budget of 1,000 tokens is spent"


def test_a_model_that_takes_more_than_its_bound_is_stopped_by_what_it_took(
    model: Model, make: Make
) -> None:
    model.reply = lambda request, listings: request.answer(
        completion('{"answers":[{"id":1,"violates":1,"why":""}]}', (300, 9_000))
    )
    detector = make(per_request=1, budget_tokens=5_000)
    detector.score(batch("a", "b"))
    assert len(model.bodies) == 1
    assert detector.tally.tokens == 9_300


def test_tokens_that_nobody_counts_are_estimated(model: Model, make: Make) -> None:
    for odd in (None, (-5, 1), ("many", 1)):
        model.script.append(says('{"answers":[{"id":1,"violates":1,"why":""}]}', odd))
    detector = make(per_request=1)
    detector.score(batch("a", "b", "c"))
    assert detector.tally.estimated
    assert 1_000 < detector.tally.tokens < 3_000


def test_an_answer_lost_on_the_way_counts_in_full(model: Model, make: Make) -> None:
    model.script = [drops]
    detector = make()
    detector.score(batch("a"))
    assert detector.tally.tokens > 110 + 180, "what was asked for, and the answer it may have had"
    assert detector.tally.estimated


def test_one_waits_for_another_that_may_leave_too_little() -> None:
    budget, told = Budget(requests=None, tokens=100), []

    def take() -> None:
        try:
            budget.take(50)
            told.append("taken")
        except StopAskingError:
            told.append("refused")

    budget.take(90)
    thread = threading.Thread(target=take)
    thread.start()
    while thread.is_alive() and not budget._turn._waiters:  # type: ignore[attr-defined]
        thread.join(0.01)
    budget.settle(90, 60)
    thread.join(10)
    assert told == ["refused"]


def test_what_is_given_back_can_be_taken_at_the_same_time() -> None:
    budget = Budget(requests=None, tokens=100)
    budget.take(90)
    budget.settle(90, 0)
    budget.take(50)
    second = threading.Thread(target=budget.take, args=(50,), daemon=True)
    second.start()
    second.join(10)
    assert budget.requests == 3


def test_threads_never_spend_more_than_the_budget() -> None:
    budget = Budget(requests=None, tokens=1_000)

    def spend(_: int) -> int:
        try:
            budget.take(100)
        except StopAskingError:
            return 0
        budget.settle(100, 30)
        return 30

    with ThreadPoolExecutor(16) as pool:
        spent = sum(pool.map(spend, range(200)))
    assert spent == budget.tokens == 930, "each waits for those under way: 900 + 100 fits, no more"

"""A back-test's steps as functions, beside the same lists made all at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.flows.days import A_DAY, ERASED, FIRST, listings, new_backtest
from tests.flows.worlds import RULES
from tests.small_model import small_model

from mimawari.alerts.floors import LEAST_SCORE
from mimawari.detectors.loading import load_model
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import parse
from mimawari.errors import InvalidInputError
from mimawari.evaluation.precision import ranking
from mimawari.flows.backtest import comparing, replaying, stages
from mimawari.flows.backtest.lists import BestList, key_of, merged
from mimawari.flows.backtest.parts import Entry, Part, shared
from mimawari.flows.backtest_records import Backtest
from mimawari.flows.day_files import day_files
from mimawari.flows.run_folder import RunFolder
from mimawari.listings.batch import ListingBatch


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("model") / "candidate")


def replayed(run: RunFolder) -> Backtest:
    request = str(run.request_path)
    tasks = stages.begin(request)
    for task in tasks:
        stages.replay(request, task)
    assert stages.compare(request, tasks) == {}
    stages.finish(request, {})
    result = run.result
    assert result is not None
    backtest = result.topics[0].backtest
    assert backtest is not None
    return backtest


def lists_at_once(model: Path) -> list[tuple[list[int], list[int]]]:
    """Give the numbers that both list on each day, by one ranking of the whole day."""
    rules = RuleSet.compile([parse(RULES)], run_examples=False)
    detector = load_model(model)
    drawn = listings()
    lists = []
    for first in range(0, len(drawn), A_DAY):
        rows = [first + i for i in range(A_DAY) if i != ERASED]
        batch = ListingBatch.of([drawn[i] for i in rows])
        by_rules = rules.score(batch)[:, 0]
        by_model = np.fmax(detector.score(batch)[:, 0], by_rules)
        keys = [drawn[i].id for i in rows]
        day = []
        for scores in (by_model, by_rules):
            order = ranking(np.where(scores >= LEAST_SCORE, scores, np.nan), keys)[:5]
            day.append([rows[i] + 1 for i in order])
        lists.append((day[0], day[1]))
    return lists


def test_the_lists_are_those_of_one_ranking_a_day(model: Path, tmp_path: Path) -> None:
    run = new_backtest(tmp_path, model, shards=3)
    backtest = replayed(run)
    lists = lists_at_once(model)
    both = [len(set(ours) & set(theirs)) for ours, theirs in lists]
    assert [day.shared for day in backtest.days] == both
    assert [day.alerts for day in backtest.days] == [len(ours) for ours, _ in lists]
    assert backtest.listings == 3 * (A_DAY - 1)
    assert backtest.champion.alerts == sum(len(theirs) for _, theirs in lists)
    assert backtest.blast.entering == backtest.candidate.alerts - sum(both)
    assert backtest.blast.leaving == backtest.champion.alerts - sum(both)
    known = set(range(1, 3 * A_DAY + 1, 4))
    judged = [number for ours, _ in lists for number in ours if number in known]
    violating = [number for number in judged if (number - 1) % 30 == 0]
    assert (backtest.candidate.known, backtest.candidate.violations) == (
        len(judged),
        len(violating),
    )
    assert backtest.learnt == 2
    assert backtest.labels == len(known) - sum((n - 1) % A_DAY == ERASED for n in known)


@pytest.mark.parametrize("shards", [1, 7])
def test_however_the_days_are_shared_it_is_the_same(
    model: Path, tmp_path: Path, shards: int
) -> None:
    first = replayed(new_backtest(tmp_path / "a", model, shards=2))
    assert replayed(new_backtest(tmp_path / "b", model, shards=shards)) == first


def test_a_part_that_is_there_is_not_replayed_again(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_backtest(tmp_path, model)
    first = replayed(run)
    monkeypatch.setattr(replaying, "sent_pages", None)  # a second replay would fail
    assert replayed(run) == first


def test_a_model_against_itself_is_refused(model: Path, tmp_path: Path) -> None:
    run = new_backtest(tmp_path, model, champion=model)
    with pytest.raises(InvalidInputError, match="is in force already"):
        stages.begin(str(run.request_path))


def test_a_champion_is_loaded_and_compared(model: Path, tmp_path: Path) -> None:
    champion = small_model(tmp_path / "champion", kind="tfidf")
    backtest = replayed(new_backtest(tmp_path, model, champion=champion))
    assert backtest.against == load_model(champion).version
    assert 0 < backtest.overlap <= 1
    few = backtest.candidate.precision  # one label
    assert few.low is not None
    assert few.high is not None
    assert few.high - few.low > 0.7
    assert backtest.gain.value is None


def test_the_gain_is_that_of_labels_by_sellers() -> None:
    def entries(first: int) -> list[Entry]:
        return [Entry(first + i, 0.9, str(first + i), f"s{i}", {}) for i in range(40)]

    labels = {i: int(i < 36) for i in range(40)} | {100 + i: int(i < 8) for i in range(40)}
    gain = comparing._gain(entries(0), entries(100), labels)
    assert gain.value == pytest.approx(0.7)
    assert 0.5 < gain.low < 0.7 < gain.high < 0.9


def test_a_changed_byte_of_a_day_is_refused(model: Path, tmp_path: Path) -> None:
    run = new_backtest(tmp_path, model)
    path = Path(day_files(run)[FIRST].sent)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InvalidInputError, match="has another sent file than was asked for"):
        stages.begin(str(run.request_path))
    assert [problem.field for problem in run.problems()] == [str(FIRST)]


def test_no_days_and_no_candidate_are_refused(model: Path, tmp_path: Path) -> None:
    run = new_backtest(tmp_path, model)
    run.write("request.json", msgspec.structs.replace(run.request, days=(), models={}))
    with pytest.raises(InvalidInputError) as refused:
        stages.begin(str(run.request_path))
    assert [problem.field for problem in refused.value.problems] == ["days", "weapons"]


def test_nothing_of_a_listing_or_seller_is_kept(model: Path, tmp_path: Path) -> None:
    run = new_backtest(tmp_path, model)
    replayed(run)
    kept = "".join(path.read_text("utf-8") for path in (run.path / "parts").iterdir())
    assert '"s1"' not in kept
    assert '"L30"' not in kept
    assert "sabre" not in kept


def test_the_card_says_both_lists(model: Path, tmp_path: Path) -> None:
    run = new_backtest(tmp_path, model)
    replayed(run)
    card = (run.path / "card.html").read_text("utf-8")
    assert "3 closed days, 2026-03-02 to 2026-03-04" in card
    assert "rules alone" in card
    assert card.count("<svg") == 2


def test_groups_are_shared_evenly_and_each_once(model: Path, tmp_path: Path) -> None:
    run = new_backtest(tmp_path, model)
    files = [(day, Path(of.sent)) for day, of in day_files(run).items()]
    tasks = shared(files, 4)
    assert len(tasks) == 4
    groups = [(p.day, group) for task in tasks for p in task for group in range(p.first, p.end)]
    assert len(groups) == len(set(groups)) == 3 * A_DAY // 20
    sizes = [sum(p.end - p.first for p in task) for task in tasks]
    assert max(sizes) - min(sizes) <= 2


def test_a_listing_is_on_a_list_once() -> None:
    entries = [Entry(i, score, key_of("L1"), "s", {}) for i, score in ((1, 0.5), (2, 0.9))]
    other = Entry(3, 0.7, key_of("L2"), "s", {})
    assert [entry.number for entry in merged([entries, [other]], 5)] == [2, 3]


def test_a_list_of_none_and_of_equals() -> None:
    best = BestList(0)
    best.add(np.array([0.9, 0.9]), lambda row: Entry(row, 0.0, str(row), "s", {}))
    assert best.entries == []
    best.add(np.array([]), lambda row: Entry(row, 0.0, str(row), "s", {}))
    best = BestList(2)
    best.add(np.full(50, 0.5), lambda row: Entry(row, 0.0, f"{50 - row:02d}", "s", {}))
    assert [entry.number for entry in best.entries] == [49, 48]


def test_versions_of_one_listing_take_one_place_of_a_batch() -> None:
    best = BestList(2)
    ties = ["a", "a", "a", "b", "c"]
    scores = np.array([0.9, 0.8, 0.7, 0.2, 0.1])
    best.add(scores, lambda row: Entry(row, 0.0, ties[row], "s", {}))
    assert [entry.number for entry in best.entries] == [0, 3]


def test_a_part_is_named_so_that_it_is_read_again() -> None:
    part = Part(date(2026, 3, 2), 4, 19)
    assert Part.of(part.name) == part

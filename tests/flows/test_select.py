"""A selection's steps as functions: who is chosen, from which source, and the plan."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mimawari.datasets.history.files import sha256_of
from mimawari.errors import InvalidInputError
from mimawari.flows.backtest.labels import LABELS, KnownLabels
from mimawari.flows.day_files import DAYS, DayFiles, RunDays
from mimawari.flows.records import HistoryDay, Request, Served
from mimawari.flows.run_folder import RunFolder
from mimawari.flows.selection import pool, stages
from mimawari.flows.selection_records import Selection, SelectSettings

FIRST = date(2026, 3, 2)
CHAMPION, SHADOW = "weapons-0000000000aa", "weapons-0000000000bb"
A_DAY = 100


def scores(path: Path, first: int) -> Path:
    """Write a day's scores: the shadow turns the champion's order round; row 5 was alerted."""
    champion = np.linspace(0.001, 0.9, A_DAY).astype(np.float32)
    table = pa.table(
        {
            "number": pa.array(range(first, first + A_DAY), pa.int64()),
            "s_weapons": champion,
            f"m_weapons/{CHAMPION}": pa.nulls(A_DAY, pa.float32()),  # the number that competed
            f"m_weapons/{SHADOW}": champion[::-1].copy(),
            "a_weapons": [i == 5 for i in range(A_DAY)],
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def new_selection(root: Path, topics: tuple[str, ...] = ("weapons",), **given: object) -> RunFolder:
    run = RunFolder(root / "runs" / "one")
    days, files = [], []
    for number in range(2):
        day = FIRST + timedelta(days=number)
        path = scores(root / "history" / f"{day}.parquet", 1 + A_DAY * number)
        days.append(HistoryDay(day=day, versions=A_DAY, scores=sha256_of(path), sent="", totals=""))
        files.append(DayFiles(day=day, scores=str(path), sent="", totals=""))
    request = Request(
        run="select-0123456789ab", topics=topics, by="ann", at=datetime(2026, 3, 10, tzinfo=UTC),
        days=tuple(days),
        served=Served(champions={"weapons": CHAMPION}, capacities=dict.fromkeys(topics, 10)),
        selection=msgspec.structs.replace(SelectSettings(budget=20), **given),
    )  # fmt: skip
    run.write("request.json", request)
    run.write(DAYS, RunDays(tuple(files)))
    for topic in topics:
        run.write(f"topics/{topic}/{LABELS}", KnownLabels((1, 2), (0, 1), apart=(3,)))
    return run


def done(run: RunFolder) -> Selection:
    request = str(run.request_path)
    (task,) = stages.begin(request)
    stages.finish(request, stages.gather(request, [stages.choose(request, task)]))
    result = run.result
    assert result is not None
    selection = result.topics[0].selection
    assert selection is not None
    return selection


def test_sources_take_turns_and_nobody_is_asked_twice(tmp_path: Path) -> None:
    selection = done(new_selection(tmp_path))
    assert (selection.scored, selection.open) == (200, 200 - 2 - 3)
    numbers = [version.number for version in selection.chosen]
    assert len(numbers) == len(set(numbers)) == 20
    assert not {1, 2, 3, 6, 106} & set(numbers)
    by_source: dict[str, list[int]] = {}
    for version in selection.chosen:
        by_source.setdefault(version.source, []).append(version.number)
    assert set(by_source) == {"uncertain", "models", "shadows", "random"}
    assert len(by_source["random"]) == 5
    # The ends of both days are where the two differ most; the cut is at the tenth score of a day.
    assert set(by_source["shadows"]) <= {*range(1, 12), *range(90, 112), *range(190, 201)}
    assert all(85 <= (number - 1) % 100 <= 95 for number in by_source["uncertain"])
    chance = {version.probability for version in selection.chosen if version.source == "random"}
    assert chance == {5 / (195 - 15)}
    assert {version.day for version in selection.chosen} <= {FIRST, FIRST + timedelta(days=1)}


def test_a_plan_for_campaigns_is_written(tmp_path: Path) -> None:
    run = new_selection(tmp_path, budget=60, sources=("uncertain", "random"))
    done(run)
    plan = msgspec.json.decode((run.topic("weapons") / "plan.json").read_bytes())
    assert plan == {
        "sources": ["uncertain", "random"],
        "budget": 3,
        "labels": 60,
        "until": "2026-04-07",
        "days": 9,
    }
    card = (run.path / "card.html").read_text("utf-8")
    assert "60 labels by 2026-04-07, 3 a day, from uncertain, random" in card


def test_the_same_draw_is_made_again(tmp_path: Path) -> None:
    first, again = (done(new_selection(tmp_path / name)) for name in ("a", "b"))
    assert first == again
    assert done(new_selection(tmp_path / "c", seed=1)) != first


def test_a_topic_without_scores_does_not_lose_the_others(tmp_path: Path) -> None:
    run = new_selection(tmp_path, ("weapons", "drugs"))
    assert done(run).topic == "weapons"
    result = run.result
    assert result is not None
    assert "has no version to ask about" in result.problems["drugs"]


def test_where_no_topic_has_anything_the_reason_is_kept(tmp_path: Path) -> None:
    run = new_selection(tmp_path, ("drugs",))
    with pytest.raises(InvalidInputError, match="has no version to ask about"):
        done(run)
    assert [problem.field for problem in run.problems()] == ["drugs"]


def test_an_unknown_source_is_named(tmp_path: Path) -> None:
    run = new_selection(tmp_path, sources=("uncertan",))
    problems = stages.choose(str(run.request_path), ["weapons"])
    assert "use uncertain, models, shadows or random" in problems["weapons"]


def test_the_newest_are_looked_at_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MOST", 30)
    selection = done(new_selection(tmp_path))
    assert selection.open == 195
    assert min(version.number for version in selection.chosen) > 170

"""A day's files against the rows they were made of, read naively."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from mimawari.datasets.history import writing
from mimawari.datasets.history.columns import rows_of
from mimawari.datasets.history.files import open_file, read_where, sha256_of
from mimawari.datasets.history.index import may_have
from mimawari.datasets.history.reading import of_listing, topic_scores
from mimawari.datasets.history.rows import Ended, ScoredVersion, SentVersion, ShownPicture
from mimawari.datasets.history.sent import erase, has_seller, sent_rows
from mimawari.datasets.history.totals import EDGES, quantile, read_totals
from mimawari.datasets.history.writing import INDEX, SCORES, SENT, TOTALS, DayWriter
from mimawari.errors import InvalidInputError
from mimawari.records.deployment import Deployment, Slot
from mimawari.records.manifest import Manifest, TopicEntry

START = datetime(2026, 3, 1, 9, 30, 0, 123_456, tzinfo=UTC)


def manifest(**topics: tuple[str, ...]) -> Manifest:
    """A generation; the first model of a topic is champion, the others are shadows."""
    return Manifest(
        topics={
            topic: TopicEntry(
                topic_file=1,
                sha256="",
                capacity=3,
                deployments=tuple(
                    Deployment(model=model, slot=Slot.SHADOW if i else Slot.CHAMPION)
                    for i, model in enumerate(models)
                ),
            )
            for topic, models in topics.items()
        }
    )


MANIFESTS = {
    1: manifest(weapons=("weapons-1",), drugs=()),
    2: manifest(weapons=("weapons-2", "weapons-1"), tickets=("tickets-1",)),
    3: manifest(),
}


def made(count: int, day: int = 0, seed: int = 0) -> list[ScoredVersion]:
    """Versions of some listings over three generations, in the order of their numbers."""
    rng = np.random.default_rng(seed + day)
    rows = []
    for i in range(count):
        generation = int(rng.choice([1, 2, 3], p=[0.5, 0.4, 0.1]))
        of = MANIFESTS[generation]
        scores = rng.random(len(of.topic_order)).astype("<f4")
        scores[rng.random(len(scores)) < 0.2] = math.nan
        models = rng.random(len(of.columns)).astype("<f4")
        for column, (topic, _) in enumerate(of.columns):
            if rng.random() < 0.7:
                models[column] = scores[of.topic_order.index(topic)]
        canary = np.packbits(rng.random(len(scores)) < 0.5, bitorder="little").tobytes()
        at = START + timedelta(days=day, seconds=i)
        rows.append(
            ScoredVersion(
                number=1_000 * day + 2 * i,
                listing_id=f"出品-{rng.integers(count // 2 + 1)}",
                version=i + 1,
                received_at=at,
                generation=generation,
                day=at.date(),
                scored_at=at + timedelta(seconds=1),
                scores=scores.tobytes(),
                rule_scores=np.where(scores > 0.9, scores, 0).astype("<f4").tobytes(),
                model_scores=models.tobytes(),
                refined=np.packbits(rng.random(len(models)) < 0.5, bitorder="little").tobytes(),
                in_canary=canary if rng.random() < 0.3 else b"",
                alerted=("weapons",) if rng.random() < 0.1 else (),
            )
        )
    return rows


def sent(row: ScoredVersion) -> SentVersion:
    """What was sent of a version."""
    ended = Ended("sold", row.scored_at, row.scored_at, "key", "shop")
    return SentVersion(
        number=row.number,
        listing_id=row.listing_id,
        version=row.version,
        seller_id=f"seller {row.number % 7}",
        received_at=row.received_at,
        payload=f'{{"id":"{row.listing_id}","title":"茶碗"}}',
        rule_hits=["weapons/word"] if row.number % 3 == 0 else [],
        picture_text="AK-47" if row.number % 5 == 0 else "",
        ended=ended if row.number % 4 == 0 else None,
        pictures=(ShownPicture(0, "https://img.example/1", "kept", "00ff"),) * (row.number % 3),
    )


def blank(row: SentVersion) -> SentVersion:
    return msgspec.structs.replace(
        row, seller_id="", payload="{}", rule_hits=[], picture_text="", erased=True
    )


def write(folder: Path, rows: list[ScoredVersion], page: int = 7) -> Path:
    with DayWriter(folder, MANIFESTS, {"later"}) as day:
        for start in range(0, len(rows), page):
            some = rows[start : start + page]
            day.add(some, [sent(row) for row in some])
    return folder


def in_order(rows: list[ScoredVersion]) -> list[ScoredVersion]:
    return sorted(rows, key=lambda row: (row.listing_id.encode(), row.version))


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "GROUP", 16)
    monkeypatch.setattr(writing, "SENT_GROUP", 5)
    monkeypatch.setattr(writing, "PART", 40)


def test_the_same_bytes_come_back_in_the_order_of_listings(tmp_path: Path) -> None:
    rows = made(150)
    folder = write(tmp_path / "day", rows)
    assert rows_of(pq.read_table(folder / SCORES), MANIFESTS) == in_order(rows)
    assert sent_rows(pq.read_table(folder / SENT)) == [sent(row) for row in rows]
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "day",
        INDEX,
        SCORES,
        SENT,
        TOTALS,
    ], "nothing is left beside them"


def test_a_listing_across_days(tmp_path: Path) -> None:
    days = [made(60, day) for day in range(3)]
    files = [write(tmp_path / str(i), rows) / SCORES for i, rows in enumerate(days)]
    known = {row.listing_id for rows in days for row in rows}
    for listing in [*sorted(known)[:10], "出品-none"]:
        naive = [row for rows in days for row in in_order(rows) if row.listing_id == listing]
        assert of_listing(files, listing, MANIFESTS) == naive


def test_which_listings_a_day_has(tmp_path: Path) -> None:
    rows = made(60)
    path = write(tmp_path / "day", rows) / INDEX
    known = {row.listing_id for row in rows}
    for n in range(60):
        assert may_have(path, f"出品-{n}") == (f"出品-{n}" in known)
    for damage in (b"", b"nothing of the kind"):
        path.write_bytes(damage)
        with pytest.raises(InvalidInputError, match=r"day/listings\.npy: cannot be read"):
            may_have(path, "x")


def test_only_the_groups_that_can_hold_a_listing_are_read(tmp_path: Path) -> None:
    rows = made(150)
    folder = write(tmp_path / "day", rows)
    with open_file(folder / SCORES) as file:
        spans = [
            (file.metadata.row_group(g).column(1).statistics.min, g)  # type: ignore[union-attr]
            for g in range(file.num_row_groups)
        ]
    assert len(spans) == 11, "40, 40, 40 and 30 rows, in groups of 16"
    assert spans == sorted(spans)


@pytest.mark.parametrize("topic", ["weapons", "drugs", "tickets", "later", "unknown"])
def test_scores_of_a_topic(tmp_path: Path, topic: str) -> None:
    rows = made(100)
    found = topic_scores(write(tmp_path / "day", rows) / SCORES, topic)
    naive = {}
    for row in rows:
        order = MANIFESTS[row.generation].topic_order
        if topic in order:
            score = float(np.frombuffer(row.scores, "<f4")[order.index(topic)])
            if not math.isnan(score):
                naive[row.number] = score
    assert dict(zip(found.numbers.tolist(), found.scores.tolist(), strict=True)) == naive
    assert found.numbers.tolist() == sorted(naive)


def test_totals_and_quantiles(tmp_path: Path) -> None:
    rows = made(400)
    totals = read_totals(write(tmp_path / "day", rows) / TOTALS)
    alerted = sum(total.alerted for total in totals if total.topic == "weapons")
    assert alerted == sum("weapons" in row.alerted for row in rows)
    scores = topic_scores(tmp_path / "day" / SCORES, "weapons").scores
    of_topic = [total for total in totals if total.topic == "weapons"]
    assert sum(total.scored for total in of_topic) == len(scores)
    for share in (0.01, 0.5, 0.9):
        exact, estimate = np.quantile(scores, share), quantile(of_topic, share)
        apart = abs(math.log(estimate / (1 - estimate)) - math.log(exact / (1 - exact)))
        assert apart <= 0.25 + 0.05, "a bin, and what the exact one interpolates"
    assert EDGES[32] == 0.5


def test_a_seller_is_taken_out(tmp_path: Path) -> None:
    rows = made(50)
    path = write(tmp_path / "day", rows) / SENT
    assert has_seller(path, "seller 3")
    taken = erase(path, tmp_path / "new", "seller_id", {"seller 3"}, blank)
    numbers = [row.number for row in taken]
    assert taken == [sent(row) for row in rows if row.number in numbers]
    assert numbers == [row.number for row in rows if row.number % 7 == 3]
    naive = [blank(sent(row)) if row.number in numbers else sent(row) for row in rows]
    assert sent_rows(pq.read_table(tmp_path / "new")) == naive
    assert not has_seller(tmp_path / "new", "seller 3")


def test_a_span_of_numbers(tmp_path: Path) -> None:
    rows = made(50)
    path = write(tmp_path / "day", rows) / SENT
    found = read_where(path, "number", 10, 21, ("number", "listing_id"))
    assert found["number"].to_pylist() == [10, 12, 14, 16, 18, 20]
    assert found.column_names == ["number", "listing_id"]
    assert len(read_where(path, "number", 10_000, 10_001)) == 0


def test_the_same_rows_give_the_same_files(tmp_path: Path) -> None:
    first, second = (write(tmp_path / name, made(60)) for name in "ab")
    for name in (SCORES, SENT, TOTALS, INDEX):
        assert sha256_of(first / name) == sha256_of(second / name)


def test_a_day_without_rows(tmp_path: Path) -> None:
    folder = write(tmp_path / "day", [])
    assert pq.read_table(folder / SCORES).num_rows == 0
    assert read_totals(folder / TOTALS) == []


def test_what_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    rows = made(20)
    odd = msgspec.structs.replace(rows[-1], scores=b"\0" * 4 * 9)
    with pytest.raises(InvalidInputError, match="has no scores of generation"):
        write(tmp_path / "day", [*rows[:-1], odd])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", [b"", b"PAR1 nothing of the kind PAR1"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: bytes) -> None:
    path = write(tmp_path / "day", made(20)) / SCORES
    path.write_bytes(damage)
    with pytest.raises(InvalidInputError, match=r"day/scores\.parquet: cannot be read"):
        topic_scores(path, "weapons")
    path.unlink()
    with pytest.raises(InvalidInputError, match=r"day/scores\.parquet"):
        of_listing([path], "L1", MANIFESTS)


def test_a_generation_that_is_gone_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "day", made(20)) / SCORES
    with pytest.raises(InvalidInputError, match="generation 2: is not known"):
        rows_of(pq.read_table(path), {1: MANIFESTS[1]})


def test_days_are_dates() -> None:
    assert made(1)[0].day == date(2026, 3, 1)
    with pytest.raises(InvalidInputError, match="have no score"):
        quantile([], 0.5)
    with pytest.raises(InvalidInputError, match="from 0 to 1"):
        quantile([], 2)

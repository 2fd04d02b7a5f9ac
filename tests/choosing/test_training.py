"""The steps of a training, as the command line and flows call them: source, task, model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.gmu.world import TOPIC, market

from mimawari.detectors.gbdt.augment import Augmentation
from mimawari.detectors.gbdt.rows import Rows, collect
from mimawari.detectors.loading import load_model
from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.errors import InvalidInputError
from mimawari.evaluation.choosing.algorithms import ALGORITHMS as ALL
from mimawari.evaluation.choosing.compare import Comparison
from mimawari.evaluation.choosing.prepare import Beside, capacity_of, prepare, settings_of
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.source import FileSource, Labelled, Labels
from mimawari.evaluation.choosing.task import Task
from mimawari.evaluation.choosing.train import kinds_of, signed, train
from mimawari.listings.listing import Listing
from mimawari.listings.media.pictures import Pictures
from mimawari.listings.readers import LeftOut
from mimawari.listings.writers import write_labelled
from mimawari.records.lineage import Lineage

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORLD = market()


@dataclass(frozen=True)
class Given:
    """A source in memory that counts who asks for pictures."""

    rows: Rows
    asked: list[int]
    pictured: Pictures | None = None

    def labelled(self, topic: str) -> Iterable[Labelled]:
        return ((one, int(y), 1.0) for one, y in zip(self.rows.listings, self.rows.y, strict=True))

    def labels(self) -> Iterable[Labels]:
        return ((one, {TOPIC: 1, "green": int("green" in one.title)}) for one in self.rows.listings)

    def rules(self, topic: str) -> RuleSet | None:
        return None

    def pictures(self, listings: Sequence[Listing]) -> Pictures | None:
        self.asked.append(len(listings))
        return self.pictured


def listing(number: int, day: int | None = None) -> Listing:
    at = None if day is None else NOON + timedelta(days=day)
    return Listing(id=f"L{number}", version=1, seller_id="s", title="cup", created_at=at)


def test_a_file_says_what_it_left_out_and_gives_the_rest(tmp_path: Path) -> None:
    path, reports = tmp_path / "a.csv", list[LeftOut]()
    path.write_text(
        "id,title,label:cups,weight:cups\n1,cup,1,4\n2,,0,\n3,,1,\n4,cup,,\n", encoding="utf-8"
    )
    rows = list(FileSource(path, left_out=reports.append).labelled("cups"))
    assert [(one.id, label, chance) for one, label, chance in rows] == [
        ("1", 1, 0.25),
        ("4", None, 1.0),
    ]
    assert [(report.file, report.rows) for report in reports] == [("a.csv", 2)]
    assert str(reports[0]).endswith(
        "line 3: title: is empty; give 1 to 500 characters, or a description"
    )


def test_a_file_without_the_topic_is_refused(tmp_path: Path) -> None:
    write_labelled(tmp_path / "a.jsonl", [(listing(1), {"cups": 1})])
    source = FileSource(tmp_path / "a.jsonl")
    with pytest.raises(
        InvalidInputError,
        match=r"label:guns: has no label in a\.jsonl; add it; the file labels cups",
    ):
        list(source.labelled("guns"))


def test_what_was_listed_later_is_left_out(tmp_path: Path) -> None:
    rows = [(listing(day, day), {"cups": day % 2}) for day in range(4)]
    write_labelled(tmp_path / "a.jsonl", [*rows, (listing(9), {"cups": 1})])
    source = FileSource(tmp_path / "a.jsonl", NOON + timedelta(days=2))
    assert [one.id for one, *_ in source.labelled("cups")] == ["L0", "L1", "L9"]
    assert source.pictures([listing(1)]) is None


def test_a_files_rules_are_the_starter_packs_or_those_that_are_named(tmp_path: Path) -> None:
    source, rows = FileSource(tmp_path / "a.csv"), collect([(listing(1), 1), (listing(2), 0)])
    assert source.rules("cups") is None
    weapons = next(path for path in starter() if path.stem == "weapons")
    for beside in (Beside(), Beside(rules=weapons)):
        task = prepare("weapons", rows, source, ("linear",), settings_of(1), beside)
        assert task.rules is not None
        assert task.rules.topics == ("weapons",)
        assert capacity_of(task) == task.rules.topic_files[0].capacity
    with pytest.raises(InvalidInputError, match="--rules: is of the topic weapons, not cups"):
        prepare("cups", rows, source, ("linear",), settings_of(1), Beside(rules=weapons))


def test_other_topics_and_pictures_are_read_only_for_kinds_that_learn_them() -> None:
    source = Given(WORLD.rows, [], WORLD.pictures)
    plain = prepare(TOPIC, WORLD.rows, source, ("linear", "gbdt"), settings_of(20))
    assert not plain.others
    assert source.asked == []
    seeing = prepare(TOPIC, WORLD.rows, source, ("gmu",), settings_of(20))
    assert source.asked == [len(WORLD.rows.y)]
    assert set(seeing.others) == {"green"}
    assert seeing.pictures is WORLD.pictures
    assert seeing.settings.gmu.spec.picture is not None
    blind = prepare(TOPIC, WORLD.rows, Given(WORLD.rows, []), ("gmu",), settings_of(20))
    assert blind.settings.gmu.spec.picture is None


def test_settings_reach_every_kind() -> None:
    settings = settings_of(7, folds=3, augment=False)
    assert (settings.folds, settings.gbdt.least_positives, settings.gmu.least_positives) == (
        3,
        7,
        7,
    )
    assert settings.gbdt.augmentation is None
    decided, forced = settings_of(7, hidden=0.3).gbdt, settings_of(7, augment=True).gbdt
    assert decided.augmentation == forced.augmentation == Augmentation()
    assert (decided.choose_copies, decided.hidden, forced.choose_copies) == (True, 0.3, False)
    with pytest.raises(
        InvalidInputError, match=r"--hidden-share: is 1\.5; give a share from 0 to 1"
    ):
        settings_of(7, hidden=1.5)


@pytest.mark.parametrize(
    ("until", "from_file", "noted"),
    [
        (None, True, None),
        (None, False, NOON),
        (NOON - timedelta(days=3), True, NOON - timedelta(days=3)),
        (NOON + timedelta(days=3), False, NOON),
    ],
)
def test_it_is_signed(until: datetime | None, from_file: bool, noted: datetime | None) -> None:
    expected = None if noted is None else noted.isoformat()
    lineage = signed("ann", NOON, until, from_file)
    assert lineage == Lineage(by="ann", at=NOON.isoformat(), labels_until=expected)


def test_unknown_algorithms_are_refused() -> None:
    assert kinds_of("gbdt") == ("gbdt",)
    with pytest.raises(InvalidInputError, match="is rules; use one of linear, tfidf, gbdt"):
        kinds_of("rules")


def test_a_comparison_is_told_before_the_choice_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two kinds only, as the others take minutes."""
    kinds = {name: ALL[name] for name in ("rules", "linear")}
    monkeypatch.setattr("mimawari.evaluation.choosing.train.ALGORITHMS", kinds)
    seen: list[Comparison] = []
    steps: list[str] = []
    contest = Contest(
        Task(TOPIC, WORLD.rows, settings_of(20, folds=2, augment=False)),
        lambda what, done, of: steps.append(what),
    )
    version = train(contest, "auto", Lineage(by="ann"), tmp_path / "m", 20, seen.append)
    model = load_model(tmp_path / "m")
    assert model.version == version
    assert [(one.chosen, one.k) for one in seen] == [("linear", 20)]
    assert model.lineage.by == "ann"
    assert model.lineage.chosen is not None
    assert model.lineage.chosen["why"] == seen[0].why
    assert set(steps) == {"linear: folds"}
    assert model.lineage.rows == len(WORLD.rows.y)

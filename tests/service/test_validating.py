"""A model is measured by what is known and kept: unseen labels alone, against what is in force."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.acting import TESTS
from tests.releasing import deploy
from tests.service.working import work_off
from tests.small_model import rows_of_market, small_model

from mimawari.cli.main import main
from mimawari.detectors.golden import GOLDEN
from mimawari.errors import InvalidInputError
from mimawari.evaluation.gates import Stage
from mimawari.listings.listing import Listing
from mimawari.records.deployment import Slot
from mimawari.records.lineage import Lineage
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import DataSetVersion
from mimawari.service.data_sets import making
from mimawari.service.intake import log
from mimawari.service.releases import gates, generations
from mimawari.service.releases.activating import activate_topic_file, register_model
from mimawari.service.releases.models import Measurement
from mimawari.service.validation.validating import LABELLED, Validation, validate, validate_alone

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Path]
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
COLUMNS = ("id", "topic", "verdict", "decided_at", "reviewer", "seller_id", "title")


@pytest.fixture
def past(topic_file: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataSetVersion:
    """Put weapons in force with decisions of two months; gives what January knew."""
    activate_topic_file(topic_file(capacity=50), TESTS, "set-up")
    rows = rows_of_market(seed=9, listings=500)
    with (tmp_path / "past.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for i, (listing, violates) in enumerate(zip(rows.listings, rows.y, strict=True)):
            at = FEBRUARY + timedelta(days=i % 40 - 20, hours=9)
            verdict = "violates" if violates else "does_not_violate"
            told = (listing.seller_id, listing.title)
            table.writerow((f"P{i}", "weapons", verdict, at.isoformat(), "team", *told))
    monkeypatch.setattr("sys.argv", ["mimawari", "decisions", "import", str(tmp_path / "past.csv")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    return making.make(making.Request("weapons", ("weapons",), FEBRUARY, {}), TESTS)


@pytest.fixture
def version(past: DataSetVersion, tmp_path: Path) -> str:
    """Register a model that has learnt from January."""
    folder = small_model(tmp_path / "model", lineage=Lineage(by="ann", data_set=past.pk))
    return register_model(folder, TESTS)


def values(validation: Validation) -> dict[str, float]:
    return {figure.measure: figure.value for figure in validation.measured.figures}


def test_it_is_judged_by_labels_that_it_has_not_seen(version: str, past: DataSetVersion) -> None:
    validation = validate(version, TESTS)
    assert validation.passed
    known = values(validation)
    assert set(LABELLED) <= set(known)
    january = past.card.topics["weapons"]
    assert known["labels"] == 500 - january.labels
    assert known["auprc"] > 0.8
    assert known["auprc_gain"] > 0.3, "the rules know one word"
    facts = validation.measured.facts
    assert facts["learnt"] == past.pk
    assert facts["data set"] != past.pk
    assert DataSetVersion.objects.filter(pk=facts["data set"]).exists(), "it can be looked up"
    seal_all()
    assert verify().problems == ()


def test_what_it_has_learnt_judges_nobody(version: str, past: DataSetVersion) -> None:
    validation = validate(version, TESTS, past.pk)
    assert "0 violations and 0 others are labelled" in validation.measured.absent["auprc"]
    assert validation.passed, "the default lets pass whom no labels judge"


def test_without_lineage_no_label_is_taken_for_unseen(past: DataSetVersion, tmp_path: Path) -> None:
    version = register_model(small_model(tmp_path / "model"), TESTS)
    absent = validate(version, TESTS).measured.absent
    assert "does not say what it has learnt from" in absent["auprc"]


def test_labels_until_a_time_are_known_by_that_time(past: DataSetVersion, tmp_path: Path) -> None:
    lineage = Lineage(by="ann", labels_until=FEBRUARY.isoformat())
    version = register_model(small_model(tmp_path / "model", lineage=lineage), TESTS)
    january = past.card.topics["weapons"]
    labels = values(validate(version, TESTS))["labels"]
    assert labels == 500 - january.labels


def test_it_is_held_against_the_champion_in_force(
    version: str, past: DataSetVersion, tmp_path: Path
) -> None:
    folder = small_model(tmp_path / "other", "tfidf", lineage=Lineage(data_set=past.pk))
    champion = register_model(folder, TESTS)
    deploy(champion, Slot.CHAMPION, TESTS, "in force")
    log.append(
        [
            Listing(id=f"N{i}", version=1, seller_id=f"s{i}", title=listing.title)
            for i, listing in enumerate(rows_of_market(seed=4).listings)
        ]
    )
    work_off()
    figures = {figure.measure: figure for figure in validate(version, TESTS).measured.figures}
    assert figures["auprc_gain"].against == champion
    overlap = figures["alert_overlap"]
    assert (overlap.against, overlap.over) == (champion, 400)
    assert 0.3 < overlap.value <= 1


def test_a_champion_overlaps_with_itself(version: str) -> None:
    deploy(version, Slot.CHAMPION, TESTS, "in force")
    log.append([Listing(id=f"N{i}", version=1, seller_id="s", title=f"cup {i}") for i in range(30)])
    work_off()
    assert values(validate(version, TESTS))["alert_overlap"] == 1


def test_what_a_shadow_scored_is_counted(version: str) -> None:
    validate_alone(version, TESTS)
    deploy(version, Slot.SHADOW, TESTS, "a look")
    log.append([Listing(id=f"N{i}", version=1, seller_id="s", title=f"cup {i}") for i in range(30)])
    work_off()
    validate(version, TESTS)
    known = gates.figures(version)
    assert known["shadow_listings"].figure.value == 30
    assert known["shadow_missing"].figure.value == 0


def test_a_damaged_artifact_is_not_validated_any_more(version: str) -> None:
    assert validate_alone(version, TESTS).passed
    (artifacts().folder(f"models/{version}") / GOLDEN).write_bytes(b"{}")
    validation = validate(version, TESTS)
    assert not validation.passed
    (failed,) = [f for f in validation.findings if f.gate == "golden_scores"]
    assert failed.statement == "golden_scores is 1, at most 0 is asked"
    figure = gates.figures(version)["golden_scores"].figure
    assert "golden.json: has changed since it was trained" in figure.statement


def test_a_damaged_champion_keeps_no_successor_out(version: str, tmp_path: Path) -> None:
    champion = register_model(small_model(tmp_path / "other", "tfidf"), TESTS)
    deploy(champion, Slot.CHAMPION, TESTS, "in force")
    (artifacts().folder(f"models/{champion}") / "weights.npz").write_bytes(b"")
    validation = validate(version, TESTS)
    assert validation.passed
    assert "what is in force does not load" in validation.measured.absent["alert_overlap"]


def test_every_measuring_is_kept(version: str) -> None:
    validate_alone(version, TESTS)
    validate(version, TESTS)
    rows = Measurement.objects.order_by("pk")
    assert [row.model for row in rows] == [version, version]
    assert len(rows[0].measured.figures) == 3
    assert np.isfinite([figure.value for figure in rows[1].measured.figures]).all()
    assert Stage.VALIDATED in gates.reached(version)


def test_unknown_models_and_data_sets_are_named(version: str) -> None:
    with pytest.raises(InvalidInputError, match="is not registered"):
        validate("weapons-000000000000", TESTS)
    with pytest.raises(InvalidInputError, match="'nothing' is not there"):
        validate(version, TESTS, "nothing")
    assert generations.topics_in_force()["weapons"].champion is None

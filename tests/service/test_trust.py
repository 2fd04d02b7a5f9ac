"""The flag on probabilities, from the store: labels of a model whose market moves, as of a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from scipy.special import expit, logit
from tests.acting import TESTS
from tests.service.conftest import listing
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.evaluation.trust import Trust, Trusted
from mimawari.records.lineage import Lineage
from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.monitoring import figures
from mimawari.service.monitoring.calibrations import record, shown_score
from mimawari.service.monitoring.models import RecordedCorrection
from mimawari.service.monitoring.quality import Quality, quality
from mimawari.service.releases.generations import advance, current
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.scoring.models import DayVolume, Score

pytestmark = pytest.mark.django_db(transaction=True)
MODEL = "weapons-0123456789ab"
NOW = timezone.now()


@pytest.fixture
def moderator() -> User:
    return User.objects.create_user("anna")


@pytest.fixture(autouse=True)
def model(generation: int) -> ModelVersion:
    """Put a model in force that was trained thirty days ago, where 2 % violate."""
    manifest = current().manifest  # type: ignore[union-attr]
    advance(
        manifest.with_topic("weapons", manifest.topics["weapons"].with_champion(MODEL)),
        TESTS,
        "a model",
    )
    return ModelVersion.objects.create(
        id=MODEL,
        topic="weapons",
        fingerprint="f",
        lineage=Lineage(prevalence=0.02, by="tests").plain(),
        created_at=NOW - timedelta(days=30),
        actor="tests",
    )


def judged(
    moderator: User,
    scores: np.ndarray,
    labels: np.ndarray,
    at: datetime,
    rule: float = np.nan,
    purpose: str = Purpose.TOP_K,
    probability: float | None = None,
) -> list[int]:
    """Write listings of the model's scores, each of its own seller, with a decision."""
    generation = current()
    assert generation is not None
    numbers = []
    for score, label in zip(scores.tolist(), labels.tolist(), strict=True):
        n = ListingVersion.objects.count()
        ware = msgspec.structs.replace(listing(n), seller_id=f"seller {n}")
        version = ListingVersion.objects.create(
            listing_id=ware.id,
            version=1,
            seller_id=ware.seller_id,
            payload=msgspec.json.encode(ware).decode(),
            received_at=at,
            state=State.SCORED,
        )
        competed = np.fmax(score, rule)
        Score.objects.create(
            listing_version=version,
            generation=generation,
            day=at.date(),
            scored_at=at,
            scores=np.array([np.nan, competed], "<f4").tobytes(),
            rule_scores=np.array([np.nan, rule], "<f4").tobytes(),
            model_scores=np.array([score], "<f4").tobytes(),
            refined=b"\1",
        )
        alert = Alert.objects.create(
            listing_version=version,
            topic="weapons",
            day=at.date(),
            purpose=purpose,
            score=competed,
            priority=competed,
            probability=probability,
            state=AlertState.DECIDED,
            created_at=at,
        )
        Decision.objects.create(
            alert=alert,
            moderator=moderator,
            verdict=Verdict.VIOLATES if label else Verdict.DOES_NOT_VIOLATE,
            policy_version=1,
            generation=generation,
            decided_at=at,
            seconds=1.0,
        )
        numbers.append(version.pk)
    return numbers


def market(n: int, factor: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Give scores of a list, and labels whose odds are so many times those of the scores."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.1, 0.9, n)
    return scores, rng.random(n) < expit(logit(scores) + np.log(factor))


def test_labels_that_agree_leave_probabilities_as_they_are(moderator: User) -> None:
    judged(moderator, *market(150, 1.0, 1), NOW - timedelta(days=3))
    told = quality("weapons", 28).probabilities
    assert (told.trust, told.model, told.labels, told.sellers) == (Trust.HOLD, MODEL, 150, 150)
    assert told.correction.apply(np.array([0.5]))[0] == pytest.approx(0.5, abs=0.12)


def test_a_market_that_moved_raises_the_flag_and_the_correction_follows(moderator: User) -> None:
    judged(moderator, *market(150, 0.15, 2), NOW - timedelta(days=3))
    told = quality("weapons", 28).probabilities
    assert told.trust == Trust.NOT_TRUSTED
    right = expit(logit(0.5) + np.log(0.15))
    assert told.correction.apply(np.array([0.5]))[0] == pytest.approx(right, abs=0.1)


def test_what_is_shown_corrected_can_be_trusted_again(moderator: User) -> None:
    """The correction was in force before the labels came: only the model's own scores fail."""
    RecordedCorrection.objects.create(
        topic="weapons",
        model=MODEL,
        at=NOW - timedelta(days=5),
        intercept=np.log(0.15),
        slope=1.0,
    )
    judged(moderator, *market(150, 0.15, 3), NOW - timedelta(days=3))
    told = quality("weapons", 28).probabilities
    assert told.trust == Trust.CORRECTED
    assert told.evidence == 1
    assert told.evidence_shown < 0.5


def test_a_correction_counts_from_its_time_on(moderator: User) -> None:
    RecordedCorrection.objects.create(
        topic="weapons", model=MODEL, at=NOW - timedelta(days=2), intercept=-1.9, slope=1.0
    )
    judged(moderator, *market(150, 0.15, 4), NOW - timedelta(days=3))
    assert quality("weapons", 28).probabilities.trust == Trust.NOT_TRUSTED


def test_rules_and_other_models_do_not_count(moderator: User) -> None:
    scores, labels = market(40, 0.1, 5)
    judged(moderator, scores, labels, NOW - timedelta(days=2), rule=0.95)
    assert quality("weapons", 28).probabilities.trust == Trust.NO_LABELS
    manifest = current().manifest  # type: ignore[union-attr]
    bare = manifest.with_topic("weapons", manifest.topics["weapons"].with_champion(None))
    advance(bare, TESTS, "rules alone")
    assert quality("weapons", 28).probabilities == Trusted()


def test_a_prior_that_surely_moved_counts_where_training_was_a_fair_sample(
    moderator: User, model: ModelVersion
) -> None:
    """Of 10,000 listings 12 of 20 explored at 1 in 500 violate: surely more than 2 %."""
    at = NOW - timedelta(days=1)
    DayVolume.objects.create(scorer=0, day=at.date(), listings=10_000)
    chance = {"purpose": Purpose.EXPLORATION, "probability": 0.002}
    judged(moderator, np.full(20, 0.02), np.arange(20) < 12, at, **chance)  # type: ignore[arg-type]
    fair = quality("weapons", 28).probabilities.correction
    model.lineage = {**model.lineage, "labels_until": "2026-01-01T00:00:00+00:00"}
    ModelVersion.objects.all()._raw_delete("default")
    model.save(force_insert=True)
    chosen = quality("weapons", 28).probabilities.correction
    assert fair.intercept > chosen.intercept > 0


def test_corrections_are_recorded_once_a_day_and_shown_from_then_on(moderator: User) -> None:
    versions = judged(moderator, *market(100, 0.15, 6), NOW - timedelta(days=3))
    by_rule = judged(moderator, np.array([0.3]), np.array([True]), NOW, rule=0.5)
    row = Score.objects.get(pk=versions[0])
    assert shown_score(row, "weapons", 0.5) == 0.5
    while figures.refresh_next():
        pass
    (kept,) = RecordedCorrection.objects.all()
    assert kept.model == MODEL
    assert shown_score(row, "weapons", 0.5) == pytest.approx(
        expit(kept.intercept + kept.slope * logit(0.5))
    )
    assert shown_score(Score.objects.get(pk=by_rule[0]), "weapons", 0.5) == 0.5
    measured = figures.topic_quality("weapons").latest().value.probabilities
    record("weapons", measured, kept.at + timedelta(hours=1))
    assert RecordedCorrection.objects.count() == 1
    record("weapons", measured, kept.at + timedelta(days=1))
    assert RecordedCorrection.objects.count() == 2
    record("weapons", Trusted(), kept.at + timedelta(days=9))
    assert RecordedCorrection.objects.count() == 2


def test_lists_do_not_change(moderator: User) -> None:
    """A correction is shown; what is stored, and so every order, stays."""
    judged(moderator, *market(60, 0.15, 7), NOW - timedelta(days=3))
    before = list(Alert.objects.order_by("pk").values_list("score", "priority"))
    stored = list(Score.objects.order_by("pk").values_list("scores", flat=True))
    while figures.refresh_next():
        pass
    assert RecordedCorrection.objects.exists()
    assert list(Alert.objects.order_by("pk").values_list("score", "priority")) == before
    assert list(Score.objects.order_by("pk").values_list("scores", flat=True)) == stored


def test_figures_kept_before_are_read() -> None:
    body = msgspec.msgpack.encode(quality("weapons", 1))
    plain = msgspec.msgpack.decode(body)
    del plain["probabilities"]
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(plain), type=Quality)
    assert again.probabilities == Trusted()


def test_command_and_page_say_what_to_do(moderator: User) -> None:
    judged(moderator, *market(150, 0.15, 8), NOW - timedelta(days=3))
    told = CliRunner().invoke(app, ["quality", "report", "weapons"], env={"COLUMNS": "300"})
    assert told.exit_code == 0, told.output
    assert "CANNOT BE TRUSTED" in told.output
    client = Client(headers={"accept-language": "en"})
    client.force_login(roles.add("eve", None, "ml_engineer", TESTS))
    page = client.get("/quality/weapons").content.decode()
    assert "They cannot be trusted: go by the order of the list" in page
    assert 'role="alert"' in page

"""Pages of trials: who may see them, what they say, how pictures are drawn."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Any

import pytest
from bench.word_topic import TOPIC
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from tests.acting import TESTS
from tests.service.working import work

from mimawari.listings.listing import Listing
from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.releases.models import Generation
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.trials.event_bodies import Concluded
from mimawari.service.trials.gain import gain_of
from mimawari.service.trials.looks import looks_of
from mimawari.service.trials.models import (
    Kind,
    Outcome,
    Role,
    Trial,
    TrialEvent,
    TrialItem,
    TrialLook,
    TrialRound,
    TrialState,
)
from mimawari.service.trials.today import Today, asks_today

pytestmark = pytest.mark.django_db
DESIGN = {"alpha": 0.05, "beta": 0.1, "smallest_gain": 0.03, "capacity": 200, "mode": "safe"}
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def topic(db: None, tmp_path: Any) -> None:
    path = tmp_path / "weapons.toml"
    path.write_text(TOPIC.format(topic="weapons", word="pistol", capacity=50), "utf-8")
    activate_topic_files([path], TESTS, "set-up")


@pytest.fixture
def engineer() -> Client:
    client = Client()
    client.force_login(roles.add("eve", None, "ml_engineer", TESTS))
    return client


def start(kind: Kind = Kind.EXPERIMENT, outcome: str = "", **design: object) -> Trial:
    """Make a trial with one round and its start noted."""
    trial = Trial.objects.create(
        kind=kind,
        topic="weapons",
        champion="weapons-aaaaaaaaaaaa",
        candidate="weapons-bbbbbbbbbbbb",
        generation=Generation.objects.latest("number"),
        design=DESIGN | design,
        state=TrialState.ENDED if outcome else TrialState.RUNNING,
        outcome=outcome,
        created_at=timezone.now(),
        actor="eve",
        reason=HOSTILE,
    )
    now = timezone.now()
    TrialRound.objects.create(
        trial=trial,
        start=now - timedelta(days=1),
        end=now,
        listings=1000,
        shared=150,
        differing=50,
        capacity=200,
    )
    TrialEvent.objects.create(
        trial=trial, at=now, kind="started", actor="eve", body={"reason": HOSTILE}
    )
    return trial


def look(trial: Trial, steps: int, log_e: float, log_f: float, **more: float | None) -> TrialLook:
    """Note the evidence after so many steps."""
    values = {"low": -0.02, "high": 0.08, "dispersion": 1.0, "reviews": 2 * steps} | more
    return TrialLook(
        trial=trial, at=timezone.now(), steps=steps, log_e=log_e, log_f=log_f, **values
    )


def test_moderators_see_no_trial(engineer: Client) -> None:
    trial = start()
    anna = Client()
    anna.force_login(roles.add("anna", None, "moderator", TESTS))
    for page in ("/trials", f"/trials/{trial.pk}"):
        assert Client().get(page).status_code == 302, "a visitor is sent to the log-in"
        assert anna.get(page).status_code == 403
        assert engineer.get(page).status_code == 200
    assert "/trials" not in anna.get("/").content.decode()
    assert "/trials" in engineer.get("/").content.decode()
    assert engineer.get("/trials/999").status_code == 404


def test_a_trial_leads_to_its_models_where_it_has_any(engineer: Client) -> None:
    trial = start()
    told = engineer.get(f"/trials/{trial.pk}").content.decode()
    assert 'href="/models/weapons-bbbbbbbbbbbb"' in told
    Trial.objects.filter(pk=trial.pk).update(champion="", candidate="")
    assert engineer.get(f"/trials/{trial.pk}").status_code == 200


def test_the_list_says_how_far_each_trial_is(engineer: Client) -> None:
    ended = start(Kind.BACKTEST, Outcome.PROMOTE)
    TrialLook.objects.bulk_create([look(ended, 43, 3.1, -1.0, low=0.001, high=0.12)])
    running = start()
    page = engineer.get("/trials").content.decode()
    assert page.index(f"/trials/{running.pk}") < page.index(f"/trials/{ended.pk}")
    for said in ("Back-test", "Experiment", "promote", "running", "86", "+0.1 … +12"):
        assert said in page


@pytest.mark.parametrize(
    ("kind", "outcome", "said"),
    [
        (Kind.BACKTEST, Outcome.PROMOTE, "at most 5 % get this far"),
        (Kind.BACKTEST, Outcome.REJECT, "that are 3 points better or more, at most 10 %"),
        (Kind.EXPERIMENT, Outcome.UNDECIDED, "No useful difference was shown by 300 reviews"),
        (Kind.EXPERIMENT, Outcome.STOPPED, "Stopped before a decision"),
        (Kind.EXPERIMENT, "", "Not decided yet: 50 % of the evidence to promote and 0 %"),
        (Kind.GUARD, "", "No sign of harm: 50 %"),
        (Kind.GUARD, Outcome.REJECT, "at most 5 % are rolled back"),
    ],
)
def test_the_page_states_the_decision_with_its_error(
    engineer: Client, kind: Kind, outcome: str, said: str
) -> None:
    trial = start(kind, outcome)
    TrialLook.objects.bulk_create([look(trial, 150, math.log(20) / 2, -1.0)])
    page = engineer.get(f"/trials/{trial.pk}").content.decode()
    assert said in page
    assert "75 %" in page, "the share of both lists"
    assert "between −2 and +8 points" in page
    assert HOSTILE not in page
    assert page.count("&lt;script&gt;") == 1


def test_an_end_for_another_reason_is_told_in_its_own_words(engineer: Client) -> None:
    trial = start(Kind.BACKTEST, Outcome.REJECT)
    said = "Reject: the candidate gives every listing the same score."
    TrialEvent.objects.create(
        trial=trial, at=timezone.now(), kind="ended", actor="trials", body={"statement": said}
    )
    page = engineer.get(f"/trials/{trial.pk}").content.decode()
    assert f'<p class="verdict reject">{said}</p>' in page
    assert "are rejected so" not in page, "no error is claimed that was not controlled"


def test_an_end_by_the_rule_has_its_error_and_the_details(engineer: Client) -> None:
    trial = start(Kind.BACKTEST, Outcome.PROMOTE)
    body = Concluded(
        statement="Promote: 24 to 1. Old labels hold.",
        says="promote",
        steps=12,
        at=10,
        days=3,
        reviews=24,
        log_e=3.2,
        log_f=-1.0,
        gain=0.05,
        interval=(0.01, 0.1),
        dispersion=1.0,
        champion=(3, 12),
        candidate=(9, 12),
        rechecks=(0, 0, 0),
        newest_decision=0,
    )
    TrialEvent.objects.create(
        trial=trial, at=timezone.now(), kind=body.kind, actor="trials", body=body.plain()
    )
    page = engineer.get(f"/trials/{trial.pk}").content.decode()
    assert "at most 5 % get this far" in page
    assert "<p>Promote: 24 to 1. Old labels hold.</p>" in page


def test_a_guard_speaks_of_rolling_back(engineer: Client) -> None:
    trial = start(Kind.GUARD)
    TrialLook.objects.bulk_create([look(trial, 150, 0.5, -1.0)])
    page = engineer.get(f"/trials/{trial.pk}").content.decode()
    assert ">to roll back<" in page
    assert ">to promote<" not in page


def test_an_empty_trial_has_a_page(engineer: Client) -> None:
    trial = start()
    page = engineer.get(f"/trials/{trial.pk}").content.decode()
    assert "No review has come in yet." in page
    assert "Nothing is known yet." in page


def test_the_page_is_japanese_too(engineer: Client) -> None:
    trial = start(Kind.BACKTEST, Outcome.PROMOTE)
    TrialLook.objects.bulk_create([look(trial, 150, 3.0, -1.0)])
    engineer.cookies["django_language"] = "ja"
    page = engineer.get(f"/trials/{trial.pk}").content.decode()
    assert "バックテスト" in page
    assert "5 % 以下" in page
    assert "Evidence" not in page


def test_a_hundred_thousand_looks_are_thinned_out_and_the_last_one_stays() -> None:
    trial = start()
    rows = [look(trial, i, i / 1e5, -i / 1e5) for i in range(1, 100_001)]
    TrialLook.objects.bulk_create(rows, batch_size=5_000)
    looks = looks_of(trial)
    assert 250 <= len(looks) <= 300
    assert looks.steps[-1] == 100_000
    assert looks.reviews[-1] == 200_000
    assert looks.steps == sorted(set(looks.steps))
    gaps = [b - a for a, b in zip(looks.steps, looks.steps[1:], strict=False)]
    assert max(gaps) < 2 * min(gaps), "evenly thinned"
    assert looks.promote[-1] == pytest.approx(1 / math.log(20))
    assert looks.reject[-1] == pytest.approx(-1 / math.log(10))


def test_few_looks_are_all_kept() -> None:
    trial, other = start(Kind.BACKTEST), start(Kind.BACKTEST)
    TrialLook.objects.bulk_create([look(trial, i, 0.1, 0.1) for i in (1, 2, 3, 500, 501)])
    TrialLook.objects.bulk_create([look(other, 7, 0.1, 0.1)])
    assert looks_of(trial, 1_000).steps == [1, 2, 3, 500, 501]


def test_days_that_vary_too_much_ask_for_more_evidence() -> None:
    trial = start()
    TrialLook.objects.bulk_create(
        [
            look(trial, 1, math.log(20), 0.0, dispersion=1.0),
            look(trial, 2, math.log(20), 0.0, dispersion=2.0),
            look(trial, 3, math.log(20), 0.0, dispersion=None, low=None, high=None),
        ]
    )
    assert looks_of(trial).promote == pytest.approx([1.0, 0.5, 1.0])
    assert math.isnan(looks_of(trial).low[-1])


def decided(trial: Trial, role: Role, verdicts: list[str], day: int = 0) -> None:
    """Add items of one model, decided so."""
    anna, _ = User.objects.get_or_create(username="anna")
    rows = list(range(len(verdicts)))
    log.append([Listing(id=f"{role}{i}", version=1, seller_id="s", title="a pistol") for i in rows])
    work()
    generation = Generation.objects.latest("number")
    for i, verdict in enumerate(verdicts):
        alert = Alert.objects.create(
            listing_version=ListingVersion.objects.get(listing_id=f"{role}{i}"),
            topic=trial.topic,
            day=timezone.now().date(),
            purpose=Purpose.TRIAL,
            score=0.5,
            priority=0.5,
            state=AlertState.DECIDED if verdict else AlertState.OPEN,
            created_at=timezone.now(),
        )
        TrialItem.objects.create(
            trial=trial,
            round=trial.rounds.get(),
            step=i,
            role=role,
            rank=i,
            listing_version=alert.listing_version,
            alert=alert,
        )
        if verdict:
            Decision.objects.create(
                alert=alert,
                moderator=anna,
                verdict=verdict,
                policy_version=1,
                generation=generation,
                decided_at=timezone.now(),
                seconds=1.0,
            )


def test_what_an_experiment_gained() -> None:
    trial = start()
    decided(trial, Role.CANDIDATE, [Verdict.VIOLATES, Verdict.VIOLATES, Verdict.CANNOT_TELL, ""])
    decided(trial, Role.CHAMPION, [Verdict.DOES_NOT_VIOLATE, Verdict.VIOLATES])
    gain = gain_of(trial)
    assert (gain.found, gain.instead, gain.reviews, gain.violations) == (2, 1, 3, 1)
    first = Decision.objects.filter(verdict=Verdict.VIOLATES).earliest("id")
    Decision.objects.create(
        alert=first.alert,
        moderator=first.moderator,
        verdict=Verdict.UNDONE,
        policy_version=1,
        generation=first.generation,
        decided_at=timezone.now(),
        seconds=0.0,
        replaces=first,
    )
    assert gain_of(trial).found == 1, "what was taken back does not count"


def test_what_a_back_test_gained() -> None:
    trial = start(Kind.BACKTEST)
    decided(trial, Role.CANDIDATE, [Verdict.VIOLATES] * 3 + [Verdict.DOES_NOT_VIOLATE])
    versions = [item.listing_version for item in trial.items.all()]
    for i, version in enumerate(versions):
        TrialItem.objects.create(
            trial=trial,
            round=trial.rounds.get(),
            step=i,
            role=Role.CHAMPION,
            rank=i,
            listing_version=version,
            known_label=int(i == 0),
        )
    gain = gain_of(trial)
    assert (gain.found, gain.instead, gain.violations) == (3, 1.0, 2)


def test_what_a_trial_asks_today(engineer: Client) -> None:
    trial = start()
    decided(trial, Role.CANDIDATE, [Verdict.VIOLATES, "", ""])
    today = timezone.now().date()
    assert asks_today(trial, today) == Today(waiting=2, decided=1, capacity=50)
    assert asks_today(trial, today - timedelta(days=1)).waiting == 0
    page = engineer.get(f"/trials/{trial.pk}").content.decode()
    assert "1 of its items are decided and 2 wait, within the topic's 50 a day" in page


def test_pictures_are_numbers_only(engineer: Client) -> None:
    trial = start()
    TrialLook.objects.bulk_create(
        [
            look(
                trial,
                i,
                math.sin(i),
                -40.0 if i == 5 else 0.2,
                low=None if i < 3 else -1.0,
                high=1.0,
            )
            for i in range(1, 40)
        ]
    )
    engineer.cookies["django_language"] = "ja"
    page = engineer.get(f"/trials/{trial.pk}").content.decode()
    found = re.findall(r'points="([^"]*)"', page)
    assert len(found) == 5, "two lines of evidence, an area and its two edges"
    for one in found:
        for pair in one.split():
            x, y = map(float, pair.split(","))
            assert 58 <= x <= 590
            assert 30 <= y <= 266
    assert page.count('role="img"') == 2
    assert page.count("<figcaption>") == 2

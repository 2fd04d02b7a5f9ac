"""Models as a registration notes them, and what is put in force of them, without any training."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from tests.acting import EVE, TESTS

from mimawari.datasets import folder
from mimawari.datasets.card import Card, LabelOrigin, describe
from mimawari.datasets.checks.run import check
from mimawari.datasets.rows import KnownLabel, LabelledVersion
from mimawari.listings.listing import Listing
from mimawari.records.composition import Composition, Member
from mimawari.records.deployment import Deployment, Slot
from mimawari.records.json import JsonObject
from mimawari.records.manifest import TopicEntry
from mimawari.service.accounts import roles
from mimawari.service.accounts.models import AccountTopic
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import DataSetVersion, ModelVersion
from mimawari.service.data_sets.reading import artifact_name
from mimawari.service.releases import generations
from mimawari.service.trials.models import Kind, Trial, TrialState

HOSTILE = "<script>alert(1)</script>"
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
SETTINGS: JsonObject = {"text": {"c": 0.15, "folds": 5}, "spec": {"word_orders": [1, 2]}}
LINEAGE: JsonObject = {
    "package": "mimawari 0.1.0",
    "settings": SETTINGS,
    "by": "ann",
    "at": "2026-03-01T00:00:00+00:00",
    "labels_until": "2026-02-28T00:00:00+00:00",
    "rows": 5_000,
    "positives": 320,
    "sellers": 900,
    "prevalence": 0.064,
    "data": "aa68750e0e0b540af2b6834c491a55239bdc4b66d74cc5e196bc0aa4e2638193",
}
ENSEMBLE = Composition(
    kind="ensemble",
    members={
        "linear": Member(
            version="weapons-111111111111",
            kind="gbdt",
            fingerprint="b1db4db3526ff586",
            lineage={**LINEAGE, "settings": {**SETTINGS, "with_trees": False}},
        ),
        "sentences": Member(
            version="weapons-222222222222",
            kind="sentences",
            fingerprint="511f9c250c865ca2",
            lineage={**LINEAGE, "encoder": "1fbe5a78e7492abc", "settings": {"c": 10.0}},
        ),
    },
)


def client(role: str = "ml_engineer", *topics: str) -> Client:
    """Log somebody in, of some topics only where any is named."""
    name = f"{role}-{'-'.join(topics)}"
    user = User.objects.filter(username=name).first() or roles.add(name, None, role, TESTS)
    for topic in topics:
        AccountTopic.objects.get_or_create(user=user, topic=topic)
    logged_in = Client()
    logged_in.force_login(user)
    return logged_in


def page(response: object, status: int = 200) -> str:
    """Give what a page says; its status is as expected."""
    assert response.status_code == status  # type: ignore[attr-defined]  # a test client's answer
    return str(response.content.decode())  # type: ignore[attr-defined]


def model(
    version: str = "weapons-aaaaaaaaaaaa",
    composition: Composition | None = None,
    by: str = "eve",
    minutes: int = 0,
    **lineage: object,
) -> ModelVersion:
    """Register a model."""
    made_of = composition or Composition(kind="gbdt")
    facts = {**LINEAGE, **lineage}
    return ModelVersion.objects.create(
        id=version,
        topic=version.rpartition("-")[0],
        fingerprint="b1db4db3526ff586",
        lineage=facts,
        composition=made_of,
        kind=made_of.kind,
        data_set=facts.get("data_set") or "",
        created_at=START + timedelta(minutes=minutes),
        actor=by,
    )


def put(
    version: str | None, reason: str, slot: Slot = Slot.CHAMPION, evidence: JsonObject | None = None
) -> int:
    """Put a model in force for weapons, or rules alone; gives the generation."""
    return _advance(_with(version, slot), reason, evidence)


def withdraw(version: str, reason: str) -> int:
    """Take a model from beside the champion."""
    return _advance(_entry().without(version), reason, None)


def _with(version: str | None, slot: Slot) -> TopicEntry:
    if version is None or slot == Slot.CHAMPION:
        return _entry().with_champion(version)
    share = 0.05 if slot == Slot.CANARY else 1.0
    return _entry().with_beside(Deployment(model=version, slot=slot, share=share))


def _entry() -> TopicEntry:
    newest = generations.current()
    assert newest is not None
    return newest.manifest.topics["weapons"]


def _advance(entry: TopicEntry, reason: str, evidence: JsonObject | None) -> int:
    newest = generations.current()
    assert newest is not None
    manifest = newest.manifest.with_topic("weapons", entry)
    return generations.advance(manifest, EVE, reason, evidence).number


def trial(candidate: str, champion: str = "", state: str = TrialState.RUNNING) -> Trial:
    """Compare a model with another."""
    newest = generations.current()
    assert newest is not None
    return Trial.objects.create(
        kind=Kind.BACKTEST,
        topic="weapons",
        champion=champion,
        candidate=candidate,
        generation=newest,
        design={"alpha": 0.05, "beta": 0.1, "smallest_gain": 0.03, "capacity": 50, "mode": "safe"},
        state=state,
        outcome="promote" if state == TrialState.ENDED else "",
        created_at=timezone.now(),
        actor="eve",
        reason=HOSTILE,
    )


def labelled(count: int, turned: int = 0) -> list[LabelledVersion]:
    """Give labels of listings, every second a violation; the first few turned round."""
    return [
        LabelledVersion(
            Listing(
                id=f"{HOSTILE}{i}",
                version=1,
                seller_id=f"s{i % 5}",
                title=f"a sabre {i}",
                language="en",
                created_at=START,
            ),
            (
                KnownLabel(
                    topic="weapons",
                    value=(i % 2) ^ (i < turned),
                    policy_version=2 if i < turned else 1,
                    decided_at=START + timedelta(days=1),
                ),
            ),
        )
        for i in range(count)
    ]


def data_set(
    scratch: Path, rows: list[LabelledVersion], days: int = 10, **names: str
) -> DataSetVersion:
    """Keep labels as a data set."""
    until = START + timedelta(days=days)
    name = names.get("name", "weapons")
    card: Card = describe(name, ["weapons"], rows, LabelOrigin(until=until, by="eve", at=until))
    card = Card(
        **{  # type: ignore[arg-type]  # the fields of a card
            field: getattr(card, field) for field in Card.__struct_fields__
        }
        | {"findings": check(card, rows)}
    )
    written = scratch / f"{name}-{len(rows)}-{days}"
    version = folder.write(written, card, rows)
    artifacts().put(written, artifact_name(version))
    return DataSetVersion.objects.create(
        id=version, name=name, card=card, created_at=until, actor="eve"
    )

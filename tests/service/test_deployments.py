"""Champion, canary and shadows of a topic: scored in one pass, listed as their slot says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.acting import TESTS
from tests.releasing import deploy
from tests.service.working import work
from tests.small_model import word_model

from mimawari.detectors.gbdt import artifact
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.records.deployment import Slot
from mimawari.records.manifest import Manifest, decode_manifest
from mimawari.service.admission.models import Alert
from mimawari.service.intake import log
from mimawari.service.releases import generations
from mimawari.service.releases.activating import activate_topic_file, register_model
from mimawari.service.releases.activating_models import activate_model
from mimawari.service.releases.deploying import undeploy
from mimawari.service.scoring.columns import TopicScore, scores_by_topic
from mimawari.service.scoring.models import Score

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Path]


@pytest.fixture(scope="module")
def sabre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return word_model(tmp_path_factory.mktemp("models") / "sabre", "sabre")


@pytest.fixture(scope="module")
def crossbow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return word_model(tmp_path_factory.mktemp("models") / "crossbow", "crossbow")


@pytest.fixture
def two(sabre: Path, crossbow: Path, topic_file: Make) -> tuple[str, str]:
    """Put sabre in force, and give it and the registered crossbow."""
    activate_topic_file(topic_file(capacity=50), TESTS, "why")
    activate_model(sabre, TESTS, "why")
    champion = generations.topics_in_force()["weapons"].champion
    assert champion is not None
    return champion, register_model(crossbow, TESTS)


def arrive(titles: dict[str, str]) -> dict[str, TopicScore]:
    """Score a listing of each seller; gives what was stored of weapons, by seller."""
    log.append([Listing(id=s, version=1, seller_id=s, title=t) for s, t in titles.items()])
    work()
    rows = Score.objects.select_related("generation", "listing_version")
    return {row.listing_version.seller_id: scores_by_topic(row)["weapons"] for row in rows}


def test_a_shadow_is_stored_and_changes_nothing(two: tuple[str, str]) -> None:
    champion, other = two
    titles = {"s1": "a sabre", "s2": "a crossbow", "s3": "a cup"}
    without = arrive(titles)
    deploy(other, Slot.SHADOW, TESTS, "to see")
    with_it = arrive({f"{seller}b": title for seller, title in titles.items()})
    for seller in titles:
        assert without[seller].score == with_it[f"{seller}b"].score
        assert with_it[f"{seller}b"].model == champion
        assert [slot.slot for slot in with_it[f"{seller}b"].slots] == ["champion", "shadow"]
    shadow = {seller: with_it[f"{seller}b"].slots[1] for seller in titles}
    assert shadow["s2"].model == other
    assert (shadow["s2"].score or 0) > 0.5 > (shadow["s1"].score or 1)
    alerted = set(Alert.objects.values_list("listing_version__seller_id", flat=True))
    assert {"s1", "s1b"} <= alerted


def test_a_shadow_scores_what_it_would_score_as_champion(
    two: tuple[str, str], crossbow: Path
) -> None:
    _, other = two
    deploy(other, Slot.SHADOW, TESTS, "to see")
    titles = {f"s{i}": f"a {word}" for i, word in enumerate(("sabre", "crossbow", "cup"))}
    stored = arrive(titles)
    alone = artifact.load(crossbow)
    listings = [Listing(id=s, version=1, seller_id=s, title=t) for s, t in titles.items()]
    expected = np.ravel(generations.load_model(other).score(ListingBatch.of(listings)))
    for seller, score in zip(titles, expected.tolist(), strict=True):
        slot = stored[seller].slots[1]
        if slot.refined:
            assert slot.score == pytest.approx(score, abs=1e-6)
    assert alone.topic == "weapons"


def test_a_canary_lists_its_share_of_the_sellers(two: tuple[str, str]) -> None:
    champion, other = two
    deploy(other, Slot.CANARY, TESTS, "a tenth", share=0.4)
    stored = arrive({f"s{i}": "a crossbow" for i in range(60)})
    in_canary = {seller for seller, score in stored.items() if score.model == other}
    assert 12 < len(in_canary) < 36
    assert all(stored[s].model == champion for s in stored.keys() - in_canary)
    assert all(stored[s].score > 0.5 for s in in_canary)
    assert all(stored[s].score < 0.5 for s in stored.keys() - in_canary)
    best = Alert.objects.filter(score__gt=0.5).values_list("listing_version__seller_id", flat=True)
    assert set(best) == in_canary
    # A larger share keeps the sellers of the smaller one.
    deploy(other, Slot.CANARY, TESTS, "more", share=0.7)
    again = arrive({f"s{i}": "a crossbow" for i in range(60, 61)} | {"s0x": "a cup"})
    assert len(again) == 62


def test_what_is_deployed_is_withdrawn_by_name(two: tuple[str, str]) -> None:
    champion, other = two
    deploy(other, Slot.SHADOW, TESTS, "to see")
    undeploy(other, TESTS, "seen")
    entry = generations.topics_in_force()["weapons"]
    assert (entry.champion, entry.beside) == (champion, ())
    with pytest.raises(InvalidInputError, match="beside no champion"):
        undeploy(other, TESTS, "again")
    with pytest.raises(InvalidInputError, match="champion itself"):
        deploy(champion, Slot.SHADOW, TESTS, "why")
    with pytest.raises(InvalidInputError, match="share"):
        deploy(other, Slot.CANARY, TESTS, "why", share=1.0)
    with pytest.raises(InvalidInputError, match="not registered"):
        deploy("weapons-000000000000", Slot.SHADOW, TESTS, "why")


def test_a_shadow_becomes_champion_in_one_place(two: tuple[str, str], crossbow: Path) -> None:
    _, other = two
    deploy(other, Slot.SHADOW, TESTS, "to see")
    activate_model(crossbow, TESTS, "good")
    entry = generations.topics_in_force()["weapons"]
    assert (entry.champion, entry.beside) == (other, ())


def test_a_manifest_of_a_newer_version_is_refused_by_name() -> None:
    with pytest.raises(InvalidInputError, match="format 2, this version reads 1"):
        decode_manifest('{"topics": {}, "format": 2, "zones": []}')
    with pytest.raises(InvalidInputError, match="slot"):
        decode_manifest(
            '{"topics": {"a": {"topic_file": 1, "sha256": "", "capacity": 1,'
            ' "deployments": [{"model": "a-1", "slot": "chief"}]}}}'
        )
    assert decode_manifest("{}") == Manifest()

"""A topic that is in force in some countries only: elsewhere nothing is said, in no room."""

from __future__ import annotations

import msgspec
import pytest
from bench.word_topic import TOPIC
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from tests.service.actions.conftest import Activate, activate  # noqa: F401
from tests.service.working import work

from mimawari.detectors.topicfile import parse
from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.service.admission.models import Alert
from mimawari.service.api.check import check_listing
from mimawari.service.intake import log
from mimawari.service.releases import generations
from mimawari.service.releases.building import build_suite
from mimawari.service.review import labels, queue
from mimawari.service.scoring.models import Score

pytestmark = pytest.mark.django_db(transaction=True)
POLICY = "[actions]\nhide_until_reviewed = 0.4\nrefuse_at = 0.5\n"
HEAD = 'markets = ["JP", "KR"]'


def offered(listing_id: str, country: str = "", language: str | None = None) -> Listing:
    """Make a listing of what the topic forbids."""
    attributes = {"country": country} if country else {}
    return Listing(id=listing_id, version=1, seller_id="s", title="a pistol",
                   language=language, attributes=attributes)  # fmt: skip


EVERYWHERE = (
    offered("jp", "jp"),
    offered("us", "US"),
    offered("en-us", language="en-US"),
    offered("unknown", language="ja"),
)


def test_it_alerts_and_refuses_within_its_markets_only(activate: Activate) -> None:  # noqa: F811
    activate(POLICY, head=HEAD)
    config = msgspec.structs.replace(
        settings.CONFIG, exploration_share=500.0
    )  # all that can be drawn is
    with override_settings(CONFIG=config):
        log.append(EVERYWHERE)
        work()
    alerted = Alert.objects.values_list("listing_version__listing_id", flat=True)
    assert set(alerted) == {"jp", "unknown"}, "where nobody knows it is in force"
    hits = dict(Score.objects.values_list("listing_version__listing_id", "rule_hits"))
    assert hits == {"jp": ["weapons/word"], "unknown": ["weapons/word"], "us": [], "en-us": []}
    generation = generations.current()
    assert generation is not None
    suite = build_suite(generation.manifest, generation.number)
    asked = {offered.id: check_listing(suite, offered).action.value for offered in EVERYWHERE}
    assert asked == {"jp": "refuse", "us": "allow", "en-us": "allow", "unknown": "refuse"}


def test_labels_agree_as_of_a_time(activate: Activate) -> None:  # noqa: F811
    activate(POLICY)
    log.append(EVERYWHERE)
    work()
    anna = User.objects.create_user("anna")
    while (alert := queue.next_alert(anna)) is not None:
        queue.decide(alert, anna, queue.Judgement("violates"), 1.0)
    assert len(list(labels.labelled("weapons"))) == 4
    last = max(Alert.objects.values_list("decisions__decided_at", flat=True))
    activate(POLICY, head=HEAD)
    assert {row.listing.id for row in labels.labelled("weapons")} == {"jp", "unknown"}
    assert len(list(labels.labelled("weapons", last))) == 4, "it was in force everywhere then"


@pytest.mark.parametrize("line", ['markets = ["Japan"]', "markets = []", "markets = 1"])
def test_what_is_no_market_is_refused(line: str) -> None:
    text = TOPIC.format(topic="weapons", word="pistol", capacity=1)
    with pytest.raises(InvalidInputError, match="markets"):
        parse(text.replace("[title]", f"{line}\n[title]"))


def test_the_same_rules_have_the_same_version_as_before(activate: Activate) -> None:  # noqa: F811
    from mimawari.detectors.rules.canonical_form import plain

    text = TOPIC.format(topic="weapons", word="pistol", capacity=1)
    (fields,) = plain(parse(text)).values()  # type: ignore[attr-defined]
    assert not {"markets", "trusted_from"} & set(fields)
    (fields,) = plain(parse(text.replace("[title]", f"{HEAD}\n[title]"))).values()  # type: ignore[attr-defined]
    assert fields["markets"] == ["JP", "KR"]

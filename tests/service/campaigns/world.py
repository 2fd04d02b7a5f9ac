"""A topic with listings that nobody was asked about, and campaigns of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from tests.acting import TESTS
from tests.service.working import work_off

from mimawari.listings.listing import Listing
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.campaigns.changing import create
from mimawari.service.campaigns.models import CampaignChange, CampaignItem
from mimawari.service.campaigns.plan import Plan, Source
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review import queue
from mimawari.service.review.models import Verdict

CAPACITY = 20


def arrive(number: int, title: str = "a cup", **more: Any) -> None:
    """Have listings come and be scored."""
    first = ListingVersion.objects.count()
    log.append(
        [
            Listing(id=f"L{i}", version=1, seller_id=f"s{i % 7}", title=f"{title} {i}", **more)
            for i in range(first, first + number)
        ]
    )
    work_off()


def plan(**values: Any) -> Plan:
    """Give a plan of five random listings a day, for ten days."""
    until = timezone.now().date() + timedelta(days=10)
    usual: dict[str, Any] = {"sources": (Source.RANDOM,), "budget": 5, "labels": 100}
    return Plan(**{**usual, "until": until, **values})


def begin(name: str = "cups", **values: Any) -> CampaignChange:
    """Create a campaign."""
    return create("weapons", name, plan(**values), TESTS, "a test")


def items(number: int | None = None) -> list[CampaignItem]:
    """Give what was asked."""
    rows = CampaignItem.objects.select_related("alert").order_by("pk")
    return list(rows if number is None else rows.filter(campaign=number))


def asked() -> list[Alert]:
    """Give the alerts of campaigns."""
    return list(Alert.objects.filter(purpose=Purpose.CAMPAIGN).order_by("pk"))


def judge(person: User, verdict: str = Verdict.DOES_NOT_VIOLATE) -> Alert:
    """Decide on the next item."""
    alert = queue.next_alert(person)
    assert alert is not None
    queue.decide(alert, person, verdict, 1.0)
    return alert


def judge_asked(person: User, verdicts: list[str]) -> None:
    """Decide on what campaigns ask, whatever else waits."""
    for alert, verdict in zip([a for a in asked() if a.state == "open"], verdicts, strict=False):
        now = timezone.now()
        Alert.objects.filter(pk=alert.pk).update(
            leased_by=person, leased_until=now + timedelta(minutes=5)
        )
        queue.decide(alert, person, verdict, 1.0)

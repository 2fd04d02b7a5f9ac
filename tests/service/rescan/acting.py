"""Rescans of one topic of words: send, scan, and see what was opened."""

from __future__ import annotations

from collections.abc import Callable

from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work_off

from mimawari.service.admission.admitter import Admitter
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.admission.rescans import already_judged
from mimawari.service.intake import log
from mimawari.service.scoring.models import Rescan
from mimawari.service.scoring.rescanning import Pass
from mimawari.service.scoring.rescans import Plan, begin
from mimawari.service.scoring.throttle import Throttle

WORD = """
[[rules]]
id = "{id}"
severity = "{severity}"
when = {{ words = ["{word}"] }}
[rules.examples]
match = ["a {word}"]
no_match = ["a cup"]
"""
Activate = Callable[..., int]


def offer(title: str, *numbers: int) -> None:
    """Send listings, score them, and open their alerts."""
    log.append([listing(number, title) for number in numbers])
    work_off()


def admit() -> None:
    while Admitter().turn():
        pass


def unhurried() -> Throttle:
    return Throttle(1e9)


def rescan(**plan: float) -> Rescan:
    """Run a rescan to its end, and open what today has room for."""
    wanted, _ = begin("weapons", Plan(**plan), TESTS, "new words")  # type: ignore[arg-type]
    assert Pass(wanted, already_judged, unhurried()).run()
    admit()
    return Rescan.objects.get(pk=wanted.pk)


def opened() -> list[str]:
    """Name the listings that rescans put before moderators, in the order of the alerts."""
    alerts = Alert.objects.filter(purpose=Purpose.RESCAN).order_by("pk")
    return list(alerts.values_list("listing_version__listing_id", flat=True))

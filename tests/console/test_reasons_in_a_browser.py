"""A clause by one key more, notes, reasons for skipping, and escalation, with the keyboard."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bench.word_topic import TOPIC
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from tests.acting import TESTS
from tests.console.conftest import LogIn, decide, shown
from tests.service.working import work

from mimawari.listings.listing import Listing
from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.review.models import Decision, Note, PassedOn

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium"),
]
CLAUSES = """
[[clauses]]
key = "firearm"
text = { en = "Firearms <b>and parts</b>", ja = "銃器" }
[[clauses]]
key = "blade"
text = { en = "Blades", ja = "刃物" }
"""


def put(folder: Path, head: str = "") -> None:
    path = folder / "weapons.toml"
    text = TOPIC.format(topic="weapons", word="pistol", capacity=9)
    path.write_text(text.replace("[title]", f"{head}\n[title]", 1) + CLAUSES, "utf-8")
    activate_topic_files([path], TESTS, "tests")
    log.append([Listing(id=f"L{i}", version=1, seller_id="s", title="a pistol") for i in range(5)])
    work()


def saved(page: Page) -> None:
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0")


def test_a_clause_is_one_key_more(moderator: LogIn, tmp_path: Path) -> None:
    put(tmp_path)
    page, complaints = moderator("anna")
    page.goto(page.url + "review")
    first = shown(page)
    decide(page, "v")
    expect(page.locator("[data-clauses]")).to_be_visible()
    expect(page.locator("[data-clauses] button")).to_have_text(
        ["1Firearms <b>and parts</b>", "2Blades"]
    )
    page.keyboard.press("v")  # not to be left out here
    page.keyboard.press("7")
    assert shown(page) == first
    page.keyboard.press("2")
    expect(page.locator("[data-alert]")).not_to_have_attribute("data-alert", first)
    saved(page)
    decision = Decision.objects.get()
    assert (str(decision.alert_id), decision.clause) == (first, "blade")
    second = shown(page)
    decide(page, "v")
    page.keyboard.press("Escape")
    expect(page.locator("[data-clauses]")).to_be_hidden()
    decide(page, "v")
    page.keyboard.press("n")  # changed one's mind
    expect(page.locator("[data-alert]")).not_to_have_attribute("data-alert", second)
    saved(page)
    assert Decision.objects.latest("pk").verdict == "does_not_violate"
    decide(page, "v")
    page.locator("[data-clause=firearm]").click()
    expect(page.locator("#decided")).to_have_text("3")
    saved(page)
    assert Decision.objects.latest("pk").clause == "firearm"
    assert complaints == []


def test_it_is_left_out_where_the_topic_says_so(moderator: LogIn, tmp_path: Path) -> None:
    put(tmp_path, "clause_optional = true")
    page, _ = moderator("anna")
    page.goto(page.url + "review")
    decide(page, "v")
    decide(page, "v")
    expect(page.locator("#decided")).to_have_text("1")
    saved(page)
    assert Decision.objects.get().clause is None


def test_notes_and_reasons(moderator: LogIn, tmp_path: Path) -> None:
    put(tmp_path)
    page, complaints = moderator("anna")
    page.goto(page.url + "review")
    first = shown(page)
    decide(page, "m")
    page.keyboard.type("vns the serial is filed off")
    page.locator("#words button.primary").click()
    expect(page.locator("[data-note]")).to_have_text("vns the serial is filed off")
    decide(page, "v")
    page.keyboard.press("1")
    expect(page.locator("[data-alert]")).not_to_have_attribute("data-alert", first)
    saved(page)
    assert Note.objects.get().text == "vns the serial is filed off"
    expect(page.locator("[data-note]")).to_be_hidden()
    second = shown(page)
    decide(page, "e")
    page.keyboard.type("which law is it?")
    page.locator("#words button.primary").click()
    expect(page.locator("[data-alert]")).not_to_have_attribute("data-alert", second)
    saved(page)
    expect(page.locator("#decided")).to_have_text("1")
    third = shown(page)
    decide(page, "m")
    page.keyboard.type("I know the seller")
    page.locator("#words button.primary").click()
    decide(page, "s")
    expect(page.locator("[data-alert]")).not_to_have_attribute("data-alert", third)
    saved(page)
    rows = PassedOn.objects.order_by("pk").values_list("alert_id", "passing", "reason")
    assert [(str(alert), *rest) for alert, *rest in rows] == [
        (second, "escalated", "which law is it?"),
        (third, "skipped", "I know the seller"),
    ]
    assert complaints == []


def test_a_lead_reviews_what_was_escalated(moderator: LogIn, tmp_path: Path) -> None:
    put(tmp_path)
    page, _ = moderator("lea")
    roles.change("lea", "lead", TESTS)
    Alert.objects.filter(pk=Alert.objects.earliest("pk").pk).update(state="escalated")
    page.reload()
    page.locator("text=1 escalated item").click()
    page.wait_for_load_state("load")
    first = shown(page)
    decide(page, "v")
    page.keyboard.press("1")
    expect(page.locator("h1")).to_have_text("Nothing left to review")
    saved(page)
    decision = Decision.objects.get()
    assert (str(decision.alert_id), decision.moderator) == (first, User.objects.get(username="lea"))

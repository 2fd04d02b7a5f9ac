"""The console's page of edge cases, and the form on the page of a listing."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work_off

from mimawari.service.accounts import roles
from mimawari.service.edge_cases import bank
from mimawari.service.intake import log

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]
NEW = {"topic": "weapons", "why": "disguise", "verdict": "violates", "reason": "a nickname"}


def signed_in(role: str, *topics: str) -> Client:
    client = Client()
    client.force_login(roles.add(f"one-{role}", None, role, TESTS, topics=topics))
    return client


def arrived() -> str:
    one = listing(1, "a pistol")
    log.append([one])
    work_off()
    return one.id


def test_a_lead_keeps_a_listing_from_its_page_and_retires_it() -> None:
    name, lead = arrived(), signed_in("lead")
    assert "Keep it as an edge case" in lead.get(f"/listing?id={name}").content.decode()
    answer = lead.post("/edge-cases/add", {**NEW, "listing": name, "version": "1"}, follow=True)
    assert "It is edge case" in answer.content.decode()
    (case,) = bank.standing("weapons")
    page = lead.get("/topics/weapons/edge-cases").content.decode()
    assert "a nickname" in page
    assert "1 that violate and 0 that do not" in page
    refused = lead.post(f"/edge-cases/{case.pk}/retire", {"reason": ""}, follow=True)
    assert "reason" in refused.content.decode()
    lead.post(f"/edge-cases/{case.pk}/retire", {"reason": "it is allowed"})
    assert bank.standing("weapons") == []
    assert "it is allowed" in lead.get("/topics/weapons/edge-cases").content.decode()


def test_a_moderator_sees_neither_the_form_nor_the_page() -> None:
    name, moderator = arrived(), signed_in("moderator")
    assert "edge case" not in moderator.get(f"/listing?id={name}").content.decode()
    assert moderator.get("/topics/weapons/edge-cases").status_code == 403
    assert moderator.post("/edge-cases/add", {**NEW, "listing": name}).status_code == 403


def test_who_has_nothing_to_do_with_the_topic_is_refused() -> None:
    name, engineer = arrived(), signed_in("ml_engineer", "drugs")
    assert engineer.get("/topics/weapons/edge-cases").status_code == 403
    answer = engineer.post("/edge-cases/add", {**NEW, "listing": name}, follow=True)
    assert "It is edge case" not in answer.content.decode()
    assert bank.standing("weapons") == []

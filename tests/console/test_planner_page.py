"""The planner's page: form, table, picture, and what cannot be decided."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from tests.acting import TESTS

from mimawari.evaluation.planner import Inputs, plan
from mimawari.service.accounts import roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer() -> Client:
    client = Client()
    client.force_login(roles.add("eve", None, "ml_engineer", TESTS))
    return client


def cells(page: str) -> list[list[str]]:
    """Give the rows of the page's table."""
    rows = re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", page)
    return [re.findall(r">([^<]+)<", row) for row in rows]


def test_who_may_plan(engineer: Client) -> None:
    anna = Client()
    anna.force_login(roles.add("anna", None, "moderator", TESTS))
    assert anna.get("/planner").status_code == 403
    assert engineer.get("/planner").status_code == 200


def test_the_table_is_the_planners(engineer: Client) -> None:
    asked = {"precision": "0.3", "capacity": "200", "differing_precision": "0.144"}
    page = engineer.get("/planner", asked).content.decode()
    found = plan(Inputs(200, 60, 0.144, precision=0.3))
    told = [[f"{one.reviews:,.0f}", f"{one.most_reviews:,.0f}"] for one in found.designs]
    assert [row[1:3] for row in cells(page)] == told
    assert "Decidable: back-test, labels reused takes" in page
    assert page.count('role="img"') == 1
    assert page.count("<polyline") == 3
    for value in asked.values():
        assert f'value="{value}"' in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"overlap": "0.98"}, "Not decidable: lists so alike cannot gain 3 points"),
        ({"overlap": "1"}, "Not decidable: lists so alike"),
        (
            {"precision": "0.02", "capacity": "20", "overlap": "0.3", "gain": "0.005"},
            "Not decidable within 8 weeks: the quickest design takes",
        ),
    ],
)
def test_what_cannot_be_decided(engineer: Client, asked: dict[str, str], said: str) -> None:
    page = engineer.get("/planner", {"precision": "0.3", "capacity": "200", **asked})
    assert said in page.content.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("precision", "x"),
        ("precision", "nan"),
        ("precision", "3"),
        ("precision", "0"),
        ("alpha", "0.9"),
        ("capacity", "0"),
        ("capacity", "9" * 40),
        ("overlap", "-1"),
        ("alpha", "0"),
        ("gain", "<script>"),
        ("listings", "3"),
        ("most_weeks", "0"),
    ],
)
def test_what_is_wrong_is_said_and_the_form_kept(engineer: Client, name: str, value: str) -> None:
    answer = engineer.get("/planner", {"precision": "0.3", "capacity": "200", name: value})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'role="alert"' in page
    assert "<script>" not in page
    assert not cells(page)
    if value.isalnum():
        assert f'name="{name}" value="{value}"' in page


def test_it_is_japanese_too(engineer: Client) -> None:
    engineer.cookies["django_language"] = "ja"
    page = engineer.get("/planner").content.decode()
    assert "決定できます" in page
    assert "Decidable" not in page

"""`mimawari search`: makes the index anew, and says how complete it is."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from tests.service.search.conftest import index_all, submit
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.service.accounts.authority import of_user
from mimawari.service.search.models import Document
from mimawari.service.search.query import Query
from mimawari.service.search.results import search


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["search", *words])
    return done.exit_code, " ".join(done.output.split())


def test_an_index_is_made_anew_and_its_state_told(anna: User) -> None:
    submit("a cup", "a mug")
    code, output = run("status")
    assert (code, output[:3]) == (1, "0% ")
    assert "The role indexer brings it up to date" in output
    assert run("rebuild") == (0, "2 listing versions are in the index.")
    index_all()
    code, output = run("status")
    assert code == 0
    assert output.startswith("100% of the listing versions")
    assert "0 events wait, the oldest for 0.0 s." in output
    Document.objects.all().delete()  # as no program does
    assert search(Query(text="cup"), of_user(anna)).listings == []
    assert run("rebuild")[1] == "2 listing versions are in the index."
    assert search(Query(text="cup"), of_user(anna)).count.value == 1


@pytest.mark.usefixtures("anna")
def test_nothing_is_indexed_where_there_is_nothing() -> None:
    assert run("rebuild") == (0, "0 listing versions are in the index.")
    assert run("status")[0] == 0

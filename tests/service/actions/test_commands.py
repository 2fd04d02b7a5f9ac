"""`mimawari actions`."""

from __future__ import annotations

import pytest
from tests.acting import TESTS
from tests.service.actions.conftest import CLAUSES, STRIKES, Activate, judge, moderator, offer
from typer.testing import CliRunner

from mimawari.cli import actions
from mimawari.errors import ForbiddenError
from mimawari.service.accounts import roles
from mimawari.service.actions.models import Action

pytestmark = pytest.mark.django_db(transaction=True)


def said(*arguments: str) -> str:
    """Run a command; gives what it printed, in one line."""
    done = CliRunner(env={"COLUMNS": "200"}).invoke(actions.app, list(arguments))
    if done.exception is not None:
        raise done.exception
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


@pytest.fixture
def proposal(activate: Activate, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(actions, "open_store", lambda: None)
    monkeypatch.setattr("mimawari.cli.store.open_store", lambda: None)
    activate(CLAUSES.replace('automatic = ["high", "critical"]', "") + STRIKES)
    offer()
    judge("anna")
    return Action.objects.get().pk


def test_list_take_lift_and_strikes(proposal: int) -> None:
    assert "hide (proposed)" in said("list", "--proposed")
    assert "user anna" in said("list", "--listing", "L1")
    assert said("list", "--listing", "L9") == "There are no such actions."
    assert said("strikes", "s").endswith("2 in all; the seller is not restricted.")
    moderator("lea", "lead")
    took = said("take", str(proposal), "--reason", "agreed", "--by", "lea")
    assert took.startswith(f"Proposal {proposal} is in force as ")
    assert took.endswith("then: hide.")
    number = str(Action.objects.latest("pk").pk)
    lifted = said("lift", number, "--reason", "a museum")
    assert lifted.startswith(f"Action {number} is taken back by ")
    assert lifted.endswith("then: none.")
    assert f"takes back {number}: hide (decided)" in said("list")


def test_who_may_not(proposal: int) -> None:
    with pytest.raises(ForbiddenError, match="actions:read"):
        said("list", "--by", "anna")
    moderator("lea", "lead")
    roles.restrict("lea", ["drugs"], TESTS)
    assert said("list", "--by", "lea") == "There are no such actions."
    with pytest.raises(ForbiddenError, match="weapons"):
        said("take", str(proposal), "--reason", "x", "--by", "lea")

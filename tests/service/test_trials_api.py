"""Trials through the API and the commands of a real server: started, followed, stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from bench.server import Server, wait
from tests.service.conftest import SCOPES, TRIALS, new_key, new_server
from tests.small_model import word_model

from mimawari.client import Client
from mimawari.detectors.golden import add_golden
from mimawari.detectors.loading import load_model
from mimawari.listings.listing import Listing
from mimawari.records.lineage import Lineage

pytestmark = pytest.mark.xdist_group("trials-server")
WORDS = ("sabre", "cup")
LONG_AGO = Lineage(labels_until="2020-01-01T00:00:00+00:00")
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def model(folder: Path, lineage: Lineage) -> Path:
    """Train a small model of weapons that knows the word sabre."""
    word_model(folder, WORDS[0], lineage=lineage)
    add_golden(folder, load_model(folder))
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server with 120 scored listings of today, weapons judged by rules."""
    with new_server(tmp_path_factory.mktemp("trials")) as one:
        said = one.command("topics", "install-starter", "--only", "weapons")
        assert said.returncode == 0, said.stderr
        one.start()
        with Client(one.address, new_key(one, *SCOPES)) as shop:
            titles = [f"a {WORDS[i % 2]} for a Glock pistol {i}" for i in range(120)]
            list(
                shop.submit_many(
                    Listing(id=f"L{i}", version=1, seller_id=f"v{i}", title=title)
                    for i, title in enumerate(titles)
                )
            )
        one.drained()
        yield one


@pytest.fixture(scope="module")
def candidate(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = model(tmp_path_factory.mktemp("models") / "weapons", LONG_AGO)
    said = server.command("models", "add", str(folder))
    assert said.returncode == 0, said.stderr
    return said.stdout.split()[0]


@pytest.fixture(scope="module")
def engineer(server: Server) -> Iterator[httpx.Client]:
    with server.client(new_key(server, *TRIALS)) as one:
        yield one


def problems(answer: httpx.Response) -> list[str]:
    found = answer.json()["problems"]
    assert all(set(one) == {"field", "problem", "remedy"} and all(one.values()) for one in found)
    return [one["field"] for one in found]


def wish(candidate: str, **more: object) -> dict[str, object]:
    """Ask for a back-test of today."""
    design = {"window_days": 1, "window_start": TODAY.isoformat(), "minimum_days": 1, "recheck": 0}
    return {"candidate": candidate, "reason": "tests", "mode": "fresh"} | design | more


def test_a_back_test_from_start_to_stop(
    server: Server, engineer: httpx.Client, candidate: str
) -> None:
    started = engineer.post("/api/v1/backtests", json=wish(candidate, seed=7))
    assert started.status_code == 201, started.text
    told = started.json()
    assert told["kind"] == "backtest"
    assert told["topic"] == "weapons"
    assert told["state"] == "preparing"
    assert told["design"]["seed"] == 7
    assert told["design"]["mode"] == "fresh"
    assert told["events"][0]["body"]["reason"] == "tests"
    path = f"/api/v1/backtests/{told['trial']}"
    wait(lambda: engineer.get(path).json()["state"] != "preparing", 60)
    told = engineer.get(path).json()
    assert told["today"]["capacity"] == 50
    if told["state"] == "running":
        stopped = engineer.post(f"{path}:stop", json={"reason": "enough"})
        # The role may have ended it in between: then there is nothing to stop.
        if stopped.status_code == 200:
            assert stopped.json()["outcome"] == "stopped"
        else:
            assert (stopped.status_code, problems(stopped)) == (422, ["trial"])
            assert engineer.get(path).json()["state"] == "ended"
    again = engineer.post(f"{path}:stop", json={"reason": "enough"})
    assert (again.status_code, problems(again)) == (422, ["trial"])
    listed = engineer.get("/api/v1/backtests").json()["trials"]
    assert [one["trial"] for one in listed] == [told["trial"]]
    assert engineer.get(f"/api/v1/experiments/{told['trial']}").status_code == 404


def test_an_experiment_by_command(server: Server, engineer: httpx.Client, candidate: str) -> None:
    said = server.command("experiment", "start", candidate, "--reason", "tests", "--mode", "fast")
    assert said.returncode == 0, said.stderr
    number = said.stdout.split()[1]
    told = engineer.get(f"/api/v1/experiments/{number}").json()
    assert (told["state"], told["design"]["mode"]) == ("running", "fast")
    assert told["statement"] == "No review has come in yet."
    second = engineer.post("/api/v1/experiments", json={"candidate": candidate, "reason": "x"})
    assert second.status_code == 422, "one live trial a topic"
    shown = server.command("experiment", "status", number)
    assert "No review has come in yet." in shown.stdout
    assert "rules alone" in shown.stdout
    finished = server.command("experiment", "finish", number, "--reason", "tests")
    assert finished.returncode == 1
    assert "promote" in finished.stderr
    refused = engineer.post(f"/api/v1/experiments/{number}:finish", json={"reason": "x"})
    assert problems(refused)[0] == "trial"
    stopped = server.command("experiment", "stop", number, "--reason", "enough")
    assert stopped.returncode == 0, stopped.stderr
    listed = server.command("experiment", "list")
    assert "stopped" in listed.stdout


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"candidate": "weapons-000000000000"}, "candidate"),
        ({"candidate": "x\x00"}, "candidate"),
        ({"reason": ""}, "reason"),
        ({"alpha": 0}, "alpha"),
        ({"alpha": 0.9, "recheck": 0}, "alpha"),
        ({"alpha": "small"}, "alpha"),
        ({"smallest_gain": 1.5}, "smallest_gain"),
        ({"window_days": 0}, "window_days"),
        ({"window_days": 10**9}, "window_days"),
        ({"window_start": "2026-01-01"}, "window_start"),
        ({"mode": "safe"}, "mode"),
        ({"capacity": 5_000}, "capacity"),
        ({"speed": "high"}, "speed"),
    ],
)
def test_what_could_give_no_true_answer_is_refused(
    engineer: httpx.Client, candidate: str, change: dict[str, object], field: str
) -> None:
    answer = engineer.post("/api/v1/backtests", json=wish(candidate) | change)
    assert (answer.status_code, problems(answer)) == (422, [field])


def test_labels_to_reuse_must_be_there(engineer: httpx.Client, candidate: str) -> None:
    answer = engineer.post("/api/v1/backtests", json=wish(candidate, mode="reuse"))
    assert (answer.status_code, problems(answer)) == (422, ["topic"])
    assert "mode fresh" in answer.json()["problems"][0]["remedy"]


def test_a_model_that_knows_the_answers_is_refused(
    server: Server, engineer: httpx.Client, tmp_path: Path
) -> None:
    folder = model(tmp_path / "weapons", Lineage(labels_until=datetime.now(UTC).isoformat()))
    said = server.command("models", "add", str(folder))
    assert said.returncode == 0, said.stderr
    answer = engineer.post("/api/v1/backtests", json=wish(said.stdout.split()[0]))
    assert answer.status_code == 422
    assert "it would know the answers" in answer.json()["problems"][0]["problem"]


def test_scopes(server: Server, candidate: str) -> None:
    reader = new_key(server, "--scope", "trials:read")
    with server.client(reader) as one:
        assert one.get("/api/v1/backtests").status_code == 200
        assert one.get("/api/v1/experiments").status_code == 200
        for path in ("/api/v1/backtests", "/api/v1/backtests/1:stop", "/api/v1/experiments:decide"):
            assert one.post(path, json={}).status_code == 403
    with server.client(new_key(server, *SCOPES)) as shop:
        assert shop.get("/api/v1/backtests").status_code == 403


def test_a_family_that_is_not_there(server: Server, engineer: httpx.Client) -> None:
    answer = engineer.post(
        "/api/v1/experiments:decide", json={"family": "nobody", "reason": "tests"}
    )
    assert (answer.status_code, problems(answer)) == (422, ["family"])
    said = server.command("experiment", "decide", "nobody", "--reason", "tests")
    assert "has no running trial" in said.stderr
    assert "trials go on" in server.command("release", "advance").stdout

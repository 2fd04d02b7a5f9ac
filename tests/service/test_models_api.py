"""Models over the API of a real server: what there is, what is open, releases, the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench.server import Server
from tests.service.conftest import MODELS, SCOPES, new_key, new_server
from tests.small_model import small_model

from mimawari.evaluation.gates import default_text

pytestmark = pytest.mark.xdist_group("models-server")
QUALITY = ("--scope", "quality:read")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with new_server(tmp_path_factory.mktemp("models")) as one:
        said = one.command("topics", "install-starter", "--only", "weapons")
        assert said.returncode == 0, said.stderr
        one.start()
        yield one


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return new_key(server, *SCOPES, *QUALITY, *MODELS)


@pytest.fixture(scope="module")
def versions(server: Server, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Register two models by the command."""
    folder, versions = tmp_path_factory.mktemp("trained"), []
    for kind in ("linear", "tfidf"):
        said = server.command("models", "add", str(small_model(folder / kind, kind)))
        assert said.returncode == 0, said.stderr
        assert "is not validated" not in said.stderr
        versions.append(said.stdout.split()[0])
    return versions


def get(server: Server, key: str, path: str, status: int = 200) -> Any:
    with server.client(key) as client:
        answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


def post(server: Server, key: str, path: str, status: int = 200, **body: object) -> Any:
    with server.client(key) as client:
        answer = client.post(f"/api/v1/{path}", json={"reason": "it is time", **body})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_way_of_a_model(server: Server, key: str, versions: list[str]) -> None:
    first, second = versions
    listed = get(server, key, "models?topic=weapons")
    assert [one["version"] for one in listed["models"]] == [second, first]
    assert {one["slot"] for one in listed["models"]} == {""}
    page = get(server, key, "models?limit=1")
    assert (page["models"][0]["version"], page["next_before"]) == (second, second)
    rest = get(server, key, f"models?before={second}")
    assert ([one["version"] for one in rest["models"]], rest["next_before"]) == ([first], None)

    known = get(server, key, f"models/{first}")
    assert known["lineage"]["by"] == "ann"
    assert [one["stage"] for one in known["entered"]] == ["validated"]
    figures = {one["figure"]["measure"]: one["figure"]["value"] for one in known["figures"]}
    assert figures["golden_scores"] == 0
    assert {one["stage"]: one["open"] for one in known["gates"]} == {
        "shadow": True,
        "canary": False,
        "champion": False,
    }

    told = post(server, key, f"models/{first}:promote", 422, to="champion")
    assert told["problems"][0]["field"] == "champion.after"
    assert "has not been backtested" in told["problems"][0]["problem"]
    shadow = post(server, key, f"models/{first}:promote", to="shadow")
    assert (shadow["version"], shadow["stage"], shadow["request"]) == (first, "shadow", None)
    for version in versions:
        done = post(server, key, f"models/{version}:promote", to="champion", override="a drill")
        assert done["generation"]
    slots = {one["version"]: one["slot"] for one in get(server, key, "models")["models"]}
    assert slots == {first: "", second: "champion"}
    assert post(server, key, "topics/weapons:rollback")["version"] == first
    assert post(server, key, "topics/weapons:rollback", to="rules")["version"] == ""
    now = get(server, key, "topics/weapons/versions?limit=1")["versions"][0]
    assert (now["champion"], now["reason"]) == (None, "it is time")
    entered = get(server, key, f"models/{first}")["entered"]
    assert [(one["stage"], one["override"], one["back"]) for one in entered] == [
        ("champion", "", True),
        ("champion", "a drill", False),
        ("shadow", "", False),
        ("validated", "", False),
    ]


def test_a_second_person_approves_what_a_key_asked_for(
    server: Server, key: str, versions: list[str], tmp_path: Path
) -> None:
    policy = tmp_path / "gates.toml"
    two = "\n[topics.weapons.stages.canary]\nafter = ['validated']\npersons = 2\n"
    policy.write_text(default_text() + two, "utf-8")
    said = server.command("gates", "activate", str(policy), "--reason", "four eyes")
    assert said.returncode == 0, said.stderr
    asked = post(server, key, f"models/{versions[0]}:promote", to="canary", share=0.1)
    assert asked["generation"] is None
    said = server.command("models", "approve", str(asked["request"]), "--reason", "looked at")
    assert said.returncode == 0, said.stderr
    slots = {one["version"]: one["slot"] for one in get(server, key, "models")["models"]}
    assert slots[versions[0]] == "canary"


def test_a_key_without_the_scope_or_the_topic_is_told_nothing(
    server: Server, key: str, versions: list[str]
) -> None:
    path = f"models/{versions[0]}:promote"
    reader = new_key(server, *SCOPES, *QUALITY)
    post(server, reader, path, 403, to="shadow")
    drugs = new_key(server, *MODELS, *QUALITY, "--topic", "drugs_controlled")
    post(server, drugs, path, 404, to="shadow")
    post(server, drugs, "topics/weapons:rollback", 404)
    get(server, drugs, f"models/{versions[0]}", 404)
    assert get(server, drugs, "models")["models"] == []
    get(server, key, "models/weapons-000000000000", 404)
    wrong = post(server, key, path, 422, to="boss", share=2)
    assert {one["field"] for one in wrong["problems"]} == {"to", "share"}

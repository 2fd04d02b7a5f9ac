"""Data sets and versions over the API: what is told, and to whom."""

from __future__ import annotations

import httpx
import pytest
from bench.server import Server
from tests.service.conftest import EXPORTS, SCOPES, listing, new_key

pytestmark = pytest.mark.xdist_group("server")


@pytest.fixture(scope="module")
def made(server: Server, key: str) -> str:
    """Decide some listings of weapons and keep what is known; gives the version."""
    with server.client(key) as client:
        for i in range(12):
            sent = listing(i, "a glock pistol" if i % 2 else "an AK-47 rifle")
            body = {"id": sent.id, "version": 1, "seller_id": f"s{i}", "title": sent.title}
            assert client.post("/api/v1/listings", json=body).status_code == 202
        server.drained()
        for i in range(8):
            item = client.post("/api/v1/reviews:next", json={"topic": "weapons"}).json()
            verdict = "violates" if i % 2 else "does_not_violate"
            answer = client.post(
                f"/api/v1/reviews/{item['alert']}", json={"verdict": verdict, "seconds": 2}
            )
            assert answer.status_code == 200, answer.text
    kept = server.command("data", "make", "weapons")
    assert kept.returncode == 0, kept.stdout + kept.stderr
    return kept.stdout.split()[-3]


def get(server: Server, key: str, path: str) -> httpx.Response:
    with server.client(key) as client:
        return client.get(f"/api/v1/{path}")


def test_what_was_kept(server: Server, key: str, made: str) -> None:
    [listed] = get(server, key, "data-sets").json()["data_sets"]
    assert listed["version"] == made
    assert listed["card"]["topics"]["weapons"]["violating"] == 4
    assert get(server, key, "data-sets/weapons").json() == listed
    assert get(server, key, "data-sets?name=drugs").json() == {"data_sets": []}
    same = get(server, key, f"data-sets/{made}/changes?before={made}").json()
    assert same == {"before": made, "after": made, "count": 0, "changes": []}
    missing = get(server, key, "data-sets/wepons")
    assert missing.status_code == 404
    assert "did you mean weapons" in missing.text


def test_which_version_when(server: Server, key: str) -> None:
    [version] = get(server, key, "topics/weapons/versions").json()["versions"]
    assert (version["champion"], version["until"], version["topic_file"]) == (None, None, 1)
    assert version["changed"] == ["topic_file"]
    then = get(server, key, f"topics/weapons/versions?at={version['since']}".replace("+", "%2B"))
    assert then.json()["versions"] == [version]
    before = get(server, key, "topics/weapons/versions?at=2001-01-01").json()
    assert before["versions"] == []
    assert get(server, key, "topics/nothing/versions").status_code == 404
    wrong = get(server, key, "topics/weapons/versions?at=yesterday")
    assert wrong.status_code == 422
    assert "2026-11-02T09:30:00Z" in wrong.text


def test_a_key_without_the_scope_or_the_topic_is_told_nothing(server: Server, made: str) -> None:
    assert get(server, new_key(server, *SCOPES), "data-sets").status_code == 403
    drugs = new_key(server, *EXPORTS, "--scope", "quality:read", "--topic", "drugs_controlled")
    assert get(server, drugs, "data-sets").json() == {"data_sets": []}
    assert get(server, drugs, f"data-sets/{made}").status_code == 404
    assert get(server, drugs, "topics/weapons/versions").status_code == 404
    assert get(server, drugs, "topics/drugs_controlled/versions").status_code == 200

"""The API of a real server process, from outside."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest
from bench.server import Server, wait
from tests.service.conftest import new_key

from mimawari.service.api.auth import KEPT_SECONDS
from mimawari.service.api.batch import GROUP, MOST_LINE

pytestmark = pytest.mark.xdist_group("server")
LISTINGS, BATCH, CHECK = "/api/v1/listings", "/api/v1/listings:batch", "/api/v1/check"


@pytest.fixture(scope="module")
def client(server: Server, key: str) -> Any:
    with server.client(key) as one:
        yield one


def body(number: str, title: str = "a cup", version: int = 1) -> dict[str, Any]:
    return {"id": number, "version": version, "seller_id": "s", "title": title}


def problems(answer: httpx.Response) -> list[str]:
    found = answer.json()["problems"]
    assert all(set(one) == {"field", "problem", "remedy"} and all(one.values()) for one in found)
    return [one["field"] for one in found]


def test_statuses_of_versions(client: httpx.Client) -> None:
    first = client.post(LISTINGS, json=body("v", version=2))
    assert (first.status_code, first.json()["status"]) == (202, "accepted")
    again = client.post(LISTINGS, json=body("v", version=2))
    assert (again.status_code, again.json()["status"]) == (202, "duplicate")
    other = client.post(LISTINGS, json=body("v", "another", version=2))
    assert (other.status_code, problems(other)) == (409, ["version"])
    stale = client.post(LISTINGS, json=body("v", version=1))
    assert (stale.status_code, stale.json()["status"]) == (202, "stale")


@pytest.mark.parametrize("path", [LISTINGS, BATCH, CHECK, f"{LISTINGS}/v"])
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nonsense", "Bearer mmw_a_b", "x"])
def test_no_valid_key(server: Server, path: str, header: str | None) -> None:
    method = "GET" if path.endswith("/v") else "POST"
    headers = {} if header is None else {"Authorization": header}
    answer = httpx.request(method, server.address + path, headers=headers)
    assert (answer.status_code, problems(answer)) == (401, ["Authorization"])
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_does_only_what_its_scopes_say(server: Server) -> None:
    only_check = new_key(server, "--scope", "listings:check")
    with server.client(only_check) as one:
        assert one.post(CHECK, json=body("1")).status_code == 200
        for refused in (one.post(LISTINGS), one.post(BATCH), one.get(f"{LISTINGS}/v")):
            assert (refused.status_code, problems(refused)) == (403, ["Authorization"])


def test_a_revoked_key_ends_within_the_cache_time(server: Server) -> None:
    ending = new_key(server)
    with server.client(ending) as one:
        assert one.post(CHECK, json=body("1")).status_code == 200
        assert server.command("keys", "revoke", ending.split("_")[1]).returncode == 0
        wait(lambda: one.post(CHECK, json=body("1")).status_code == 401, KEPT_SECONDS + 2)


def test_all_problems_at_once(client: httpx.Client) -> None:
    bad = {**body("p", title=" "), "price_minor": -1, "image_urls": ["ftp://x"], "language": "!"}
    for path in (LISTINGS, CHECK):
        answer = client.post(path, json=bad)
        assert answer.status_code == 422
        found = ["title", "price_minor", "currency", "image_urls[0]", "language"]
        assert problems(answer) == found
    unknown = client.post(LISTINGS, json={**body("p"), "colour": "red"})
    assert unknown.status_code == 422
    assert "colour" in unknown.text


def test_bodies_over_the_limit(client: httpx.Client) -> None:
    large = json.dumps(body("big", "x" * MOST_LINE)).encode()
    for path in (LISTINGS, CHECK):
        assert client.post(path, content=large).status_code == 413
        chunks = (large[i : i + 65_536] for i in range(0, len(large), 65_536))
        assert client.post(path, content=chunks).status_code == 413


HOSTILE = {
    "empty": b"",
    "no object": b"[]",
    "a number": b"1e400",
    "not UTF-8": b'{"id":"\xff"}',
    "NUL": json.dumps(body("n\x00")).encode(),
    "lone surrogate": b'{"id":"s","version":1,"seller_id":"s","title":"\\ud800"}',
    "deep": b'{"id":' + b"[" * 100_000,
    "deep attributes": b'{"attributes":' + b'{"a":' * 50_000,
    "version too great": json.dumps(body("h", version=2**63)).encode(),
    "version over all": json.dumps({**body("h"), "version": 10**400}).encode(),
    "twice": b'{"id":"1"}{"id":"2"}',
    "NaN": b'{"id":"1","version":NaN,"seller_id":"s","title":"t"}',
    "blank id": json.dumps(body("  ")).encode(),
    "year 1": json.dumps({**body("h"), "created_at": "0001-01-01T00:00:00Z"}).encode(),
    "no zone": json.dumps({**body("h"), "created_at": "2026-01-01T00:00:00"}).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("path", [LISTINGS, CHECK])
def test_hostile_bodies_are_refused_with_reasons(
    client: httpx.Client, path: str, name: str
) -> None:
    answer = client.post(path, content=HOSTILE[name])
    assert answer.status_code == 422
    assert problems(answer)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "nonsense;;", None])
def test_the_content_type_changes_nothing(client: httpx.Client, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    content = json.dumps(body("t")).encode()
    answer = client.post(CHECK, content=content, headers=headers)
    assert answer.status_code == 200


def test_lines_are_answered_one_by_one(client: httpx.Client) -> None:
    good = [json.dumps(body(f"n{i}")).encode() for i in range(GROUP + 20)]
    lines = [*good[:10], b"{broken", b"x" * 2_000_000, b"", b"\xff", *good[10:], good[0]]
    lines.append(json.dumps(body("n1", "another")).encode())
    stream = b"\n".join(lines)
    chunks = (stream[i : i + 50_000] for i in range(0, len(stream), 50_000))
    answer = client.post(BATCH, content=chunks)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["line"] for one in told] == [n for n in range(1, len(lines) + 1) if n != 13]
    by_line = {one["line"]: one for one in told}
    assert {n for n, one in by_line.items() if one["status"] == "rejected"} == {
        11, 12, 14, len(lines),
    }  # fmt: skip
    assert by_line[12]["problems"][0]["field"] == "line"
    assert by_line[len(lines) - 1]["status"] == "duplicate"
    assert sum(one["status"] == "accepted" for one in told) == len(good)


@pytest.mark.parametrize("path", [LISTINGS, BATCH, CHECK])
def test_a_client_that_goes_in_the_middle_of_its_body(
    server: Server, client: httpx.Client, key: str, path: str
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        one.sendall(f"{head}Content-Length: 999\r\n\r\n{{".encode())
    assert client.post(path, content=json.dumps(body("gone"))).is_success
    assert "Traceback" not in server.log.read_text("utf-8")


def test_an_empty_stream_has_no_answers(client: httpx.Client) -> None:
    answer = client.post(BATCH, content=b"\n \n")
    assert (answer.status_code, answer.content) == (200, b"")


def test_check_says_why(client: httpx.Client) -> None:
    told = client.post(CHECK, json=body("c", "a glock pistol")).json()
    first = told["topics"][0]
    assert first["topic"] == "weapons"
    assert "weapons/firearm" in first["rules"]
    words = {one["text"] for one in first["reasons"]}
    assert {"glock", "pistol"} <= words
    for one in first["reasons"]:
        assert "a glock pistol"[one["start"] : one["end"]] == one["text"]
    assert client.get(f"{LISTINGS}/c").status_code == 404


@pytest.mark.parametrize("name", ["h", "a/b", "茶碗", "..", "a b?c#d", "%2F", "'; DROP TABLE x"])
def test_history(server: Server, client: httpx.Client, name: str) -> None:
    address = f"{LISTINGS}/{httpx.QueryParams({'q': name})}".replace("q=", "").replace("+", "%20")
    if name != "..":
        assert client.get(address).status_code == 404
    client.post(LISTINGS, json=body(name, "a glock pistol"))
    server.drained()
    if name == "..":  # clients resolve such a path before they send it
        return
    told = client.get(address).json()
    assert told["listing_id"] == name
    version = told["versions"][0]
    assert version["state"] == "scored"
    assert version["score"]["topics"]["weapons"]["rules"] == ["weapons/firearm"]


def test_health_and_metrics(client: httpx.Client) -> None:
    client.post(LISTINGS, json=body("m"))
    told = client.get("/health").json()
    assert (told["status"], told["generation"]) == ("ok", 1)
    assert told["pending"] >= 0
    text = client.get("/metrics").text
    assert 'mimawari_listings_total{status="accepted"}' in text
    assert "mimawari_check_seconds_bucket" in text


def test_schema_names_every_route(client: httpx.Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            known = (
                path.replace("{id}", "no/such")
                .replace("{alert}", "999999")
                .replace("{trial}", "999")
            )
            answer = client.request(method, known)
            assert str(answer.status_code) in told["responses"], (method, path)
            assert answer.status_code != 404 or "{" in path
    page = client.get("/api/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert all(path in page.text for path in document["paths"])


def test_wrong_methods_and_paths(client: httpx.Client) -> None:
    for answer in (client.get(CHECK), client.delete(f"{LISTINGS}/v")):
        assert (answer.status_code, problems(answer)) == (405, ["request"])
        assert answer.headers["Allow"]
    unknown = client.get("/api/v1/nothing")
    assert (unknown.status_code, problems(unknown)) == (404, ["request"])
    assert client.get(f"{LISTINGS}/%00").status_code == 404

"""The receiver of docs/webhooks.md receives what a real server sends, signatures and all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.server import Server, free_port, wait
from tests.service.conftest import REVIEWS, SCOPES, listing, new_key, new_server

from mimawari.client import Client

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "webhooks.md").read_text("utf-8")
(RECEIVER,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
(EXAMPLE,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with new_server(tmp_path) as one:
        one.environ["MIMAWARI_WEBHOOK_PRIVATE_HOSTS"] = "127.0.0.1"
        said = one.command("topics", "install-starter", "--only", "weapons")
        assert said.returncode == 0, said.stderr
        one.start()
        yield one


def test_the_receiver_of_the_page(server: Server, tmp_path: Path) -> None:
    port = free_port()
    added = server.command(
        "webhooks", "add", f"http://127.0.0.1:{port}/",
        "--type", "decision.made", "--type", "decision.undone",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    path, log = tmp_path / "receiver.py", tmp_path / "receiver.log"
    path.write_text(RECEIVER, "utf-8")
    environ = {**os.environ, "WEBHOOK_SECRET": added.stdout.strip(), "PORT": str(port)}
    with log.open("wb") as output:
        receiver = subprocess.Popen([sys.executable, path], env=environ, stdout=output)
    try:
        wait(lambda: server.command("webhooks", "test", "1").returncode == 0, 30)
        made = server.command("accounts", "add", "anna", "--no-password")
        assert made.returncode == 0, made.stderr
        server.in_force()
        with Client(server.address, new_key(server, *SCOPES)) as shop:
            shop.submit(listing(1, "Glock pistol, new"))
        server.drained()
        with server.client(new_key(server, *REVIEWS, "anna")) as client:
            item = client.post("/api/v1/reviews:next", content=b"{}").json()
            said = client.post(f"/api/v1/reviews/{item['alert']}", json={"verdict": "violates"})
            assert said.status_code == 200, said.text
        wait(lambda: "decision.made" in log.read_text("utf-8"), 30)
    finally:
        receiver.kill()
        receiver.wait()
    lines = log.read_text("utf-8").splitlines()
    assert lines == ["webhook.test None None", "decision.made L1 violates"]
    listed = server.command("webhooks", "list")
    assert "active" in listed.stdout
    assert "204" in listed.stdout
    missing = server.command("ps")
    assert missing.returncode == 0, missing.stdout + missing.stderr
    assert "relay" in missing.stdout


def test_the_example_is_a_body() -> None:
    import msgspec

    from mimawari.records.outgoing import OutgoingEvent

    event = msgspec.json.decode(EXAMPLE.encode(), type=OutgoingEvent)
    assert msgspec.json.decode(msgspec.json.encode(event)) == msgspec.json.decode(EXAMPLE)

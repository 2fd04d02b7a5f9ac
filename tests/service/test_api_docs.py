"""The requests shown in docs/api.md do what the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from bench.server import Server

from mimawari.service.api.operation import AnyOperation
from mimawari.service.api.routes import OPERATIONS

pytestmark = pytest.mark.xdist_group("server")
PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
BLOCKS = [b for b in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S) if "curl" in b]


PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)


def test_every_program_works(server: Server, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(PROGRAMS) == 2
    for program in PROGRAMS:
        exec(program, {"URL": server.address, "KEY": key})
    assert capsys.readouterr().out == "None\nok\n[1]\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_request_works(server: Server, key: str) -> None:
    assert len(BLOCKS) == 28
    environ = {"PATH": os.environ["PATH"], "URL": server.address, "KEY": key}
    said = []
    for block in BLOCKS:
        done = subprocess.run(
            ["sh", "-e", "-c", block], env=environ, capture_output=True, text=True, check=True
        )
        assert '"problems":[{"field":"Authorization"' not in done.stdout
        said.append(done.stdout)
        server.drained()
    (
        single,
        batch,
        check,
        searched,
        history,
        ended,
        many_ended,
        item,
        judged,
        found,
        *trials,
        feed,
        listed,
        added,
        health,
        metrics,
        schema,
    ) = said
    assert json.loads(single) == {"listing_id": "1001", "version": 1, "status": "accepted"}
    lines = [json.loads(line) for line in batch.splitlines()]
    assert [one["status"] for one in lines] == ["accepted", "rejected"]
    assert lines[1]["problems"][0]["field"] == "title"
    assert json.loads(check)["topics"][0]["topic"] == "weapons"
    # The index may be a moment late: tests/service/search says what is found.
    assert json.loads(searched)["count"]["relation"] == "exactly"
    assert json.loads(history)["versions"][0]["alerts"][0]["topic"] == "weapons"
    assert json.loads(ended)["status"] == "ended"
    lines = [json.loads(line) for line in many_ended.splitlines()]
    assert [one["status"] for one in lines] == ["already_ended", "rejected"]
    assert json.loads(item)["listing"]["id"] == "1001"
    assert json.loads(item)["rules"]
    number = json.loads(item)["alert"]
    assert json.loads(judged) == {"alert": number, "verdict": "violates", "status": "saved"}
    assert [row["why"] for row in json.loads(found)["refused"]] == ["decided_by_you", "unknown"]
    *compared, plan, trust, alarms, versions, models = map(json.loads, trials)
    backtests, start, one, stop, experiments, finish, decide = compared
    assert backtests == experiments == {"trials": []}
    refused = {"candidate": start, "trial": one, "family": decide}
    for field, told in {**refused, "trial ": stop, "trial  ": finish}.items():
        assert [p["field"] for p in told["problems"]] == [field.strip()]
    assert plan["decidable"] is True
    assert trust["trust"] == "no model"
    assert alarms == {"alarms": [], "next": None}
    assert versions == {"topic": "weapons", "versions": []}, "nothing was in force then"
    assert models == {"models": [], "next_before": None}
    assert "is not registered" in start["problems"][0]["problem"]
    assert {"alert.opened", "decision.made"} == {e["type"] for e in json.loads(feed)["events"]}
    assert json.loads(listed) == {"endpoints": []}
    assert json.loads(added)["secret"].startswith("whsec_")
    assert json.loads(health)["status"] == "ok"
    assert "mimawari_listings_total" in metrics
    assert "/api/v1/check" in json.loads(schema)["paths"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_every_operation_is_on_the_page(operation: AnyOperation) -> None:
    heading = rf"^## .*{operation.method}.* {re.escape(operation.path)}( |$)"
    part = re.search(rf"{heading}.*?(?=^## |\Z)", PAGE, re.M | re.S)
    assert part is not None, operation.path
    if operation.permission and "As for a back-test" not in part[0]:
        assert f"`{operation.permission}`" in part[0]

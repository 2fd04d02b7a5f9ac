"""Relays of their own process, killed: at a moment that is chosen, and at any."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from bench.delivery import run
from bench.delivery.arrivals import Arrival
from bench.server import Server, wait
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from tests.service.conftest import new_server
from tests.service.delivery.conftest import alerts, decide
from tests.service.delivery.receiver import Arrived, Receiver

from mimawari.service.delivery.models import Delivery, Endpoint, Receipt

pytestmark = pytest.mark.xdist_group("kill")


def environ() -> dict[str, str]:
    """Give the settings under which another process has this test's store."""
    database = settings.DATABASES["default"]
    name = str(connection.settings_dict["NAME"])
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        user, host = database["USER"], database["HOST"]
        url = f"postgresql://{user}@{host}:{database['PORT']}/{name}"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MIMAWARI_", "DJANGO_"))}
    return kept | {
        "MIMAWARI_DATABASE_URL": url,
        "MIMAWARI_STATE_DIR": settings.CONFIG.state_dir,
        "MIMAWARI_WEBHOOK_PRIVATE_HOSTS": "127.0.0.1",
    }


def relay() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "mimawari", "run", "relay"], env=environ())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("generation")
def test_killed_between_sending_and_writing_down(
    endpoint: Endpoint, receiver: Receiver, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver kills the relay whose request it holds; the next relay sends it again."""
    killed: list[int] = []

    def kill(_: Arrived) -> tuple[int, dict[str, str], bytes]:
        if not killed:
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)
        return 200, {}, b""

    receiver.answer = kill
    alerts(1)
    decide(anna)
    process = relay()
    assert process.wait(60) == -signal.SIGKILL
    assert Delivery.objects.count() == 1
    assert not Receipt.objects.exists()
    process = relay()  # it sees that the one before has ended
    wait(lambda: Receipt.objects.filter(delivered=True).count() == 1, 60)
    process.terminate()
    assert process.wait(30) == 0
    one, again = receiver.arrived
    assert one.headers["webhook-id"] == again.headers["webhook-id"]
    assert one.body == again.body
    assert not Delivery.objects.exists()


def test_kills_at_any_moment(tmp_path: Path) -> None:
    with new_server(tmp_path, Server) as server:
        outcome = run(server, times=3, decisions=12, seed=5)
    assert sum(outcome.kills.values()) == 3
    assert outcome.decided >= 12
    assert outcome.events >= 24
    assert (outcome.lost, outcome.out_of_order, outcome.errors) == (0, 0, [])


def test_what_was_cut_off_is_not_read(tmp_path: Path) -> None:
    from bench.delivery.arrivals import Receiver as Process

    path = tmp_path / "log"
    path.write_bytes(b'["e1","t","L1",1,0.5]\n["e2","t\n["e3","t","L1",1,0.5]\n["e4"')
    assert [one.id for one in Process(1, path).arrivals()] == ["e1", "e3"]
    assert isinstance(Process(1, path).arrivals()[0], Arrival)

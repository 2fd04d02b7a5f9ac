"""No part of a database's address is dropped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from bench.server import Server
from tests.service.warm import WarmServer

from mimawari.errors import InvalidInputError
from mimawari.service.project.database import database

BASE = "postgresql://me:p%40ss@db.example:5433/shop"


def test_every_option_reaches_the_driver() -> None:
    url = f"{BASE}?sslmode=verify-full&sslrootcert=/ca.pem&application_name=a%20b"
    settings = database(url, timeout_seconds=60)
    assert {settings[n] for n in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "shop",
        "me",
        "p@ss",
        "db.example",
        "5433",
    }
    options = settings["OPTIONS"]
    assert isinstance(options, dict)
    assert options["sslmode"] == "verify-full"
    assert options["sslrootcert"] == "/ca.pem"
    assert options["application_name"] == "a b"
    assert (options["connect_timeout"], options["answer_seconds"]) == (5, 60)
    assert options["options"] == "-c statement_timeout=60000"


def test_options_of_the_operator_win() -> None:
    url = f"{BASE}?connect_timeout=2&options=-c%20statement_timeout%3D9&tcp_user_timeout=1"
    options = database(url, timeout_seconds=60)["OPTIONS"]
    assert isinstance(options, dict)
    assert options["connect_timeout"] == "2"
    assert options["tcp_user_timeout"] == "1"
    assert options["options"] == "-c statement_timeout=60000 -c statement_timeout=9"


def test_several_hosts_and_sockets() -> None:
    several = database("postgresql://a:1,b:2/shop?target_session_attrs=read-write")
    assert (several["HOST"], several["PORT"]) == ("a,b", "1,2")
    assert several["OPTIONS"]["target_session_attrs"] == "read-write"  # type: ignore[index]
    assert database("postgresql:///shop?host=/run/pg")["HOST"] == "/run/pg"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"{BASE}?ssl_mode=require", "ssl_mode"),
        (f"{BASE}?sslmode", "sslmode"),
        ("postgresql://db", "names no database"),
        ("sqlite:///a.db?mode=ro", "mode=ro"),
        ("sqlite:///a.db#part", "part"),
        ("sqlite://host/a.db", "names no file"),
    ],
)
def test_what_is_not_known_is_refused_by_name(url: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^database_url: .*{said}"):
        database(url)


@pytest.mark.skipif(
    "MIMAWARI_TEST_DATABASE_URL" not in os.environ, reason="asks a server of PostgreSQL for TLS"
)
def test_a_server_without_tls_is_refused_where_tls_is_asked_for(tmp_path: Path) -> None:
    url = os.environ["MIMAWARI_TEST_DATABASE_URL"]
    server: Server = WarmServer(tmp_path, f"{url}?sslmode=verify-full&sslrootcert=system")
    done = server.command("keys", "list")
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert "server does not support SSL, but SSL was required" in said
    assert "Traceback" not in said

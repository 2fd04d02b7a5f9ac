"""Run the store's tests once more, on PostgreSQL.

    python -m tests.on_postgres

The server is that of ``MIMAWARI_TEST_POSTGRES``. Without one this says so and succeeds, unless
``MIMAWARI_REQUIRE_POSTGRES=1``; the tests use databases of their own, made and dropped there.
"""

from __future__ import annotations

import os
import sys

import psycopg

DEFAULT = "postgresql://postgres@127.0.0.1:5432/postgres"
SAME_ON_EVERY_ENGINE = (
    "platform/test_bad_stores.py",
    "test_api_docs.py",
    "test_generated_client.py",
)
"""What looks at documents alone, or stops a PostgreSQL of its own: run once, not twice."""


def main() -> int:
    """Give the exit code."""
    url = os.environ.get("MIMAWARI_TEST_POSTGRES", DEFAULT)
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        print(f"PostgreSQL does not answer at {url}: {error}", file=sys.stderr)
        if os.environ.get("MIMAWARI_REQUIRE_POSTGRES") == "1":
            return 1
        print("The store's tests on PostgreSQL were left out.", file=sys.stderr)
        return 0
    os.environ["MIMAWARI_TEST_DATABASE_URL"] = url
    import pytest

    left_out = [f"--ignore=tests/service/{name}" for name in SAME_ON_EVERY_ENGINE]
    # Many tests wait for servers: one more of them than there are cores.
    workers = str((os.cpu_count() or 1) + 1)
    return int(pytest.main(["tests/service", "-n", workers, "--dist", "loadfile", *left_out]))


if __name__ == "__main__":
    sys.exit(main())

"""Settings of the test suite: a state folder of its own, and a database of its own.

``MIMAWARI_TEST_DATABASE_URL`` chooses the engine; SQLite in the state folder by default.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_folder = tempfile.mkdtemp(prefix="mimawari-tests-")
os.environ["MIMAWARI_STATE_DIR"] = _folder
os.environ["MIMAWARI_DATABASE_URL"] = os.environ.get(
    "MIMAWARI_TEST_DATABASE_URL", f"sqlite:///{Path(_folder, 'unused.db')}"
)
os.environ.pop("MIMAWARI_CONFIG", None)
# What is drawn by chance is off, but in the tests of it.
os.environ |= {f"MIMAWARI_{n}_SHARE": "0" for n in ("EXPLORATION", "SECOND", "GOLDEN")}

from mimawari.service.project.settings import *  # noqa: E402, F403
from mimawari.service.project.settings import DATABASES  # noqa: E402

# A file, not memory: threads of one process and other processes must see the same tables.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(Path(_folder, "test.db"))}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, tests only

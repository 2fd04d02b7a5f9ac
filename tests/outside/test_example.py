"""The example package: built, installed, trained, and put through what every kind promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.outside.packages import EXAMPLE, install_example

KIND = "mimawari-word-weights:word-weights"
TITLES = ("an air gun", "a real pistol", "gun and pistol", "a toy cup", "red cup", "toy gun cup")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("example")
    install_example(place)
    return place / "site"


@pytest.fixture
def run(site: Path, tmp_path: Path) -> object:
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("MIMAWARI_", "DJANGO_"))},
        "PYTHONPATH": os.pathsep.join([str(site), *(path for path in sys.path if path)]),
        "MIMAWARI_STATE_DIR": str(tmp_path / "var"),
        "MIMAWARI_DATABASE_URL": f"sqlite:///{tmp_path / 'm.db'}",
    }

    def command(*words: str, allowed: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
        kinds = {"MIMAWARI_DETECTOR_KINDS": KIND} if allowed else {}
        return subprocess.run(
            [sys.executable, "-m", *words],
            env={**environment, **kinds, **more},
            capture_output=True,
            text=True,
            timeout=300,
            cwd=tmp_path,
            check=False,
        )

    return command


def listings(path: Path) -> Path:
    rows = [f"{i},1,s{i},{title},{int('cup' not in title)}" for i, title in enumerate(TITLES * 4)]
    path.write_text("\n".join(["id,version,seller_id,title,label:weapons", *rows]), "utf-8")
    return path


def test_its_own_suite_passes_where_it_is_installed(run: object, tmp_path: Path) -> None:
    tests = ("pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "tests"), "-c", os.devnull)
    ran = run(*tests, allowed=False)  # type: ignore[operator]
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "7 passed" in ran.stdout


def test_it_is_trained_added_and_scores_in_the_service(run: object, tmp_path: Path) -> None:
    def done(*words: str, **more: str) -> str:
        ran = run(*words, **more)  # type: ignore[operator]
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return str(ran.stdout)

    file, folder = str(listings(tmp_path / "listings.csv")), str(tmp_path / "model")
    version = done("mimawari_word_weights", file, "weapons", folder).strip()
    assert version.startswith("weapons-")
    topic = EXAMPLE.parents[1] / "src/mimawari/detectors/packs/starter/weapons.toml"
    refused = run("mimawari", "models", "add", folder, allowed=False)  # type: ignore[operator]
    assert refused.returncode == 1
    assert "is installed and not allowed" in refused.stderr
    done("mimawari", "rules", "activate", str(topic), "--reason", "start")
    assert "is registered" in done("mimawari", "models", "add", folder)
    done("mimawari", "models", "activate", folder, "--reason", "try")
    listed = done("mimawari", "models", "kinds")
    assert re.search(r"mimawari-word-weights\s+│ 0.1.0\s+│ yes", listed)

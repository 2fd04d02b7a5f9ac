"""Put topics of the starter pack in force, each with a model, in the settings' store.

    python -m bench.install FOLDER

Runs in a process of its own, with a server's environment.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

from bench.acting import BENCH
from bench.server import Server
from bench.workload import DISTINCT, TOPICS, Training, artifact
from mimawari.detectors.gbdt import artifact as artifacts
from mimawari.detectors.gbdt.artifact import Artifact
from mimawari.detectors.packs import starter
from mimawari.service.project.setup import setup


@cache
def trained() -> tuple[Artifact, ...]:
    """Train the distinct models once a process."""
    training = Training.draw(2_000)
    return tuple(artifact(training, i) for i in range(DISTINCT))


def make(folder: Path) -> tuple[list[Path], list[Path]]:
    """Choose topic files of the starter pack, and write a model for each into a folder."""
    files, folders = sorted(starter())[:TOPICS], []
    for number, file in enumerate(files):
        folders.append(folder / file.stem)
        artifacts.save(replace(trained()[number % DISTINCT], topic=file.stem), folders[-1])
    return files, folders


def activate(folder: Path) -> None:
    """Put what `make` wrote in force."""
    setup()
    from mimawari.cli.store import open_store
    from mimawari.service.releases.activating import activate_topic_files
    from mimawari.service.releases.activating_models import activate_model

    open_store()
    files, models = make(folder)
    activate_topic_files(files, BENCH, "workload")
    for model in models:
        activate_model(model, BENCH, "workload")


def install(server: Server) -> None:
    """Put the topics in force for a server that does not run yet."""
    folder = server.folder / "workload"
    folder.mkdir()
    command = [sys.executable, "-m", "bench.install", str(folder)]
    subprocess.run(command, env=server.environ, check=True)


if __name__ == "__main__":
    activate(Path(sys.argv[1]))

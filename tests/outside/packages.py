"""Packages that bring kinds, made in a folder of the test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "word-weights"

FAULTY = '''
import os, time
import msgspec, numpy as np
from mimawari.detectors import sealed
from mimawari.detectors.base import Explanation, Span
from mimawari.detectors.outside import DetectorKind
from mimawari.records.lineage import Lineage


class Options(msgspec.Struct, forbid_unknown_fields=True):
    how: str
    at: str = ""


class Faulty:
    """Does what its options say, of every listing or of those with a word in the title."""

    def __init__(self, topic, version, options):
        self.topics, self.version, self.options = (topic,), version, options

    def score(self, batch):
        hit = [self.options.at in one.title for one in batch.listings]
        fine = np.full((len(batch), 1), .25, np.float32)
        return FAULTS[self.options.how](len(batch)) if any(hit) else fine

    def explain(self, batch, row, topic):
        if self.options.how == "explains wildly":
            return Explanation((Span(-3, 10**9, float("nan")), Span(0, 1, .5, "x" * 999)))
        raise RuntimeError("no explanation")

    def get_examples(self):
        return ()


def raises(n):
    raise ValueError("it is\\nbroken")


def hangs(n):
    while True:
        time.sleep(3600)


def fills(n):
    return np.ones(10**10, np.uint8)


FAULTS = {
    "raises": raises,
    "hangs": hangs,
    "fills the memory": fills,
    "exits": lambda n: os._exit(7),
    "leaves": lambda n: raise_exit(),
    "prints": lambda n: print("noise") or np.full((n, 1), .5, np.float32),
    "nan": lambda n: np.full((n, 1), np.nan, np.float32),
    "infinity": lambda n: np.full((n, 1), np.inf, np.float32),
    "above": lambda n: np.full((n, 1), 1.5, np.float32),
    "flat": lambda n: np.full(n, .5, np.float32),
    "short": lambda n: np.full((max(0, n - 1), 1), .5, np.float32),
    "doubles": lambda n: np.full((n, 1), .5, np.float64),
    "list": lambda n: [[.5]] * n,
    "environment": lambda n: np.full((n, 1), "MIMAWARI_DATABASE_URL" in os.environ, np.float32),
    "fine": lambda n: np.full((n, 1), .5, np.float32),
    "explains wildly": lambda n: np.full((n, 1), .5, np.float32),
}


def raise_exit():
    raise SystemExit(3)


def write(folder, how="fine", at="", fingerprint="faulty-1", kind="faulty", files=None):
    contents = {"x.json": b"{}"} if files is None else files
    options, lineage = Options(how, at), Lineage(by="ann")
    return sealed.write(folder, kind, "weapons", fingerprint, contents, options, lineage)


def load(folder, options):
    return Faulty(folder.manifest.topic, folder.version, options)


KIND = DetectorKind("faulty", "faulty-1", Options, load, write)
'''


def make_package(place: Path, name: str, code: str, kinds: dict[str, str]) -> None:
    """Lay a package out as an installer does: a module, and what it says of itself."""
    module = name.replace("-", "_")
    (place / f"{module}.py").write_text(code, "utf-8")
    said = place / f"{module}-1.0.dist-info"
    said.mkdir()
    (said / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
    lines = [f"{kind} = {entry}" for kind, entry in kinds.items()]
    points = "\n".join(["[mimawari.detectors]", *lines, ""])
    (said / "entry_points.txt").write_text(points, "utf-8")


def install_example(place: Path) -> None:
    """Build the example's wheel with what is installed, and install it into a folder."""
    wheels = place / "wheels"
    offline = ["--no-index", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "-q"]
    pip = [sys.executable, "-m", "pip"]
    build = [*pip, "wheel", str(EXAMPLE), "-w", str(wheels), "--no-build-isolation", *offline]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = wheels.glob("*.whl")
    target = [*pip, "install", str(wheel), "--target", str(place / "site"), *offline]
    subprocess.run(target, check=True, capture_output=True, timeout=300)

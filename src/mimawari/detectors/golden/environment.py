"""The processor and libraries that decide the last bits of a score."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from mimawari.listings.normalise import default_readings

LIBRARIES = ("numpy", "scipy", "numba", "lightgbm", "onnxruntime", "tokenizers")
CPUINFO = Path("/proc/cpuinfo")


class Environment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where scores were computed.

    Parameters
    ----------
    processor
        Its architecture and, where the system tells it, its model.
    python
        Version of the interpreter.
    libraries
        Version of each installed library that computes scores, by name.
    readings
        Fingerprint of the readings in force, which fold what is scored.
    """

    processor: str
    python: str
    libraries: dict[str, str]
    readings: str

    @classmethod
    def here(cls) -> Environment:
        """Describe this process.

        Examples
        --------
        >>> Environment.here() == Environment.here()
        True
        >>> "numpy" in Environment.here().libraries
        True
        """
        versions = {name: _version(name) for name in LIBRARIES}
        installed = {name: known for name, known in versions.items() if known}
        python, readings = platform.python_version(), default_readings().fingerprint
        return cls(_processor(), python, installed, readings)

    def differences(self, other: Environment) -> tuple[str, ...]:
        """Say what is otherwise in another environment; nothing where the bits must be the same.

        Examples
        --------
        >>> old = Environment("x86_64", "3.11.7", {"numpy": "2.0.0"}, "1f")
        >>> old.differences(Environment("x86_64", "3.11.9", {"numpy": "2.1.0"}, "1f"))
        ('python 3.11.9 (was 3.11.7)', 'numpy 2.1.0 (was 2.0.0)')
        """
        now, was = other._named(), self._named()
        names = dict.fromkeys((*was, *now))
        return tuple(
            f"{name} {now.get(name, 'absent')} (was {was.get(name, 'absent')})"
            for name in names
            if now.get(name) != was.get(name)
        )

    def _named(self) -> dict[str, str]:
        places = {"processor": self.processor, "python": self.python, "readings": self.readings}
        return {**places, **self.libraries}


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """Give architecture and model: vector units differ between models of one architecture."""
    architecture = platform.machine()
    if not CPUINFO.is_file():
        return architecture
    lines = CPUINFO.read_text("utf-8", "replace").splitlines()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    model = next(models, "")
    return f"{architecture}, {model}" if model else architecture

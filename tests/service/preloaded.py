"""What every server and command needs first: done once here, then forked.

Nothing of the service may be imported: its settings are those of each fork.
"""

from __future__ import annotations

import django.core.management
import django.db.models
import uvicorn

import mimawari.cli.main
import mimawari.detectors.gbdt.detector
from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import load

__all__ = ["django", "mimawari", "uvicorn"]

# The tables of readings are made, and the compiled kernels loaded.
RuleSet.compile([load(next(iter(starter())))])

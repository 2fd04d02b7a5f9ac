"""Cold start: a policy text put to a language model, to choose which listings to label first.

It needs no label, and it never decides: the suite refuses it. Listings go to an OpenAI-compatible
chat endpoint in groups, answers are read strictly and kept, and what cannot be read is no opinion.
"""

from __future__ import annotations

from mimawari.detectors.remote.answers import Opinion
from mimawari.detectors.remote.detector import RemoteDetector
from mimawari.detectors.remote.options import KEY_VARIABLE, RemoteOptions
from mimawari.detectors.remote.tally import Tally

__all__ = ["KEY_VARIABLE", "Opinion", "RemoteDetector", "RemoteOptions", "Tally"]

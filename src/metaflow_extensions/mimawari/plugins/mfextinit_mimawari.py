"""What Metaflow finds of mimawari: how artifacts of flows are written."""

from __future__ import annotations

ARTIFACT_SERIALIZERS_DESC = [
    ("mimawari_json", ".json_artifacts.JsonArtifacts"),
    ("mimawari_no_pickle", ".json_artifacts.NoPickle"),
]

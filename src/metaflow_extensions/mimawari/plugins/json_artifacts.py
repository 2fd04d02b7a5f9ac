"""Artifacts of flows are JSON; what is not, and is not Metaflow's own, is refused by its name."""

from __future__ import annotations

import json

from metaflow.datastore.artifacts.serializer import (
    ArtifactSerializer,
    SerializationFormat,
    SerializationMetadata,
    SerializedBlob,
)
from metaflow.tuple_util import ForeachFrame

ENCODING = "mimawari-json-v1"
PLAIN = (str, int, float, bool, type(None))
BEFORE_OTHERS, BEFORE_PICKLE = 10, 9_000


def is_json(value: object) -> bool:
    """Whether a value is read again from JSON as it is: exact types, keys that are texts."""
    if type(value) is list:
        return all(map(is_json, value))
    if type(value) is dict:
        return all(type(key) is str and is_json(inside) for key, inside in value.items())
    return type(value) in PLAIN


def is_metaflows(value: object) -> bool:
    """Whether a value is Metaflow's own: its exceptions that were caught, frames of a foreach."""
    if type(value) is list:
        return all(type(frame) is ForeachFrame for frame in value)
    return type(value).__module__.partition(".")[0] == "metaflow"


class JsonArtifacts(ArtifactSerializer):
    """Writes JSON; a tuple of such values, as Metaflow keeps its transitions, is noted as one."""

    TYPE = "mimawari_json"
    PRIORITY = BEFORE_OTHERS

    @classmethod
    def can_serialize(cls, obj: object) -> bool:
        """Take what JSON gives back unchanged."""
        return is_json(list(obj) if type(obj) is tuple else obj)

    @classmethod
    def can_deserialize(cls, metadata: SerializationMetadata) -> bool:
        """Take what it wrote."""
        return bool(metadata.encoding == ENCODING)

    @classmethod
    def serialize(
        cls, obj: object, format: SerializationFormat = SerializationFormat.STORAGE
    ) -> str | tuple[list[SerializedBlob], SerializationMetadata]:
        """Write an artifact, or a text for a command line."""
        text = json.dumps(obj, ensure_ascii=False)
        if format == SerializationFormat.WIRE:
            return text
        blob = text.encode()
        info = {"tuple": type(obj) is tuple}
        return [SerializedBlob(blob)], SerializationMetadata(
            str(type(obj)), len(blob), ENCODING, info
        )

    @classmethod
    def deserialize(
        cls,
        data: str | list[bytes],
        metadata: SerializationMetadata | None = None,
        format: SerializationFormat = SerializationFormat.STORAGE,
    ) -> object:
        """Read an artifact."""
        value = json.loads(data if isinstance(data, str) else data[0])
        was_tuple = metadata is not None and (metadata.serializer_info or {}).get("tuple")
        return tuple(value) if was_tuple else value


class NoPickle(ArtifactSerializer):
    """Refuses what would be pickled; Metaflow adds the artifact's name to the error."""

    TYPE = "mimawari_no_pickle"
    PRIORITY = BEFORE_PICKLE

    @classmethod
    def can_serialize(cls, obj: object) -> bool:
        """Take everything but what is Metaflow's own, which stays as Metaflow writes it."""
        return not is_metaflows(obj)

    @classmethod
    def can_deserialize(cls, metadata: SerializationMetadata) -> bool:
        """Take nothing: it writes nothing."""
        return False

    @classmethod
    def serialize(
        cls, obj: object, format: SerializationFormat = SerializationFormat.STORAGE
    ) -> object:
        """Refuse.

        Raises
        ------
        TypeError
            Always.
        """
        problem = f"is {type(obj).__module__}.{type(obj).__qualname__}, which is not JSON"
        remedy = "write it to a file of the run and keep path and sha256"
        raise TypeError(f"{problem}; {remedy}")

    @classmethod
    def deserialize(
        cls,
        data: object,
        metadata: SerializationMetadata | None = None,
        format: SerializationFormat = SerializationFormat.STORAGE,
    ) -> object:
        """Refuse.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("nothing is written so")

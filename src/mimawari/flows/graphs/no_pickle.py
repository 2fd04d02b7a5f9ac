"""Flows write JSON or nothing: without the extension that sees to it they do not begin."""

from __future__ import annotations

from metaflow.datastore.artifacts.serializer import SerializerStore

from mimawari.errors import FieldProblem, InvalidInputError

NEEDED = ("mimawari_json", "mimawari_no_pickle")


def require_json_artifacts() -> None:
    """See that Metaflow found our serializers.

    Raises
    ------
    InvalidInputError
        It did not: artifacts would be pickled.
    """
    active = {kind.TYPE for kind in SerializerStore.get_ordered_serializers()}
    missing = [name for name in NEEDED if name not in active]
    if missing:
        problem = f"does not use {', '.join(missing)}"
        remedy = "install mimawari[flows] anew; leave METAFLOW_ENABLED_ARTIFACT_SERIALIZER unset"
        raise InvalidInputError(FieldProblem("metaflow", problem, remedy))

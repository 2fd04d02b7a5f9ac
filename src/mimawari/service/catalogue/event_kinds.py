"""What the ledger is told of topic files, models and data sets, and how rows are checked."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import register
from mimawari.service.audit.rows import compare_rows
from mimawari.service.catalogue.data_set_models import decode_card
from mimawari.service.catalogue.models import (
    DataSetErasure,
    DataSetVersion,
    ModelVersion,
    SellerStanding,
    TopicFileVersion,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class TopicFileDetails(msgspec.Struct, frozen=True):
    """A version of a topic file; ``text`` is the SHA-256 of what is stored."""

    format: str
    text: str
    sha256: str
    created_at: datetime
    actor: str


class ModelDetails(msgspec.Struct, frozen=True):
    """A registered model; ``lineage`` is the SHA-256 of its canonical JSON.

    Where its folder lies may change: what it holds is told by its version, a hash.
    """

    topic: str
    fingerprint: str
    lineage: str
    created_at: datetime
    actor: str


class DataSetDetails(msgspec.Struct, frozen=True):
    """A data set that was made; ``card`` is the SHA-256 of its canonical JSON."""

    name: str
    card: str
    created_at: datetime
    actor: str


class DataSetErasureDetails(msgspec.Struct, frozen=True):
    """A data set whose rows were removed, as a seller among them was erased."""

    at: datetime
    actor: str


class SellerStandingDetails(msgspec.Struct, frozen=True):
    """How a seller stands by recorded policy, in one topic, or in all where it names none.

    An erasure of the seller takes the event's body out.
    """

    seller: str
    topic: str | None
    standing: str
    expires_at: datetime | None
    reason: str
    at: datetime


TOPIC_FILE = register("topic_file", TopicFileDetails, "catalogue.TopicFileVersion")
DATA_SET = register("data_set", DataSetDetails, "catalogue.DataSetVersion")
DATA_SET_ERASED = register("data_set_erased", DataSetErasureDetails, "catalogue.DataSetErasure")
MODEL = register("model", ModelDetails, "catalogue.ModelVersion")
SELLER_STANDING = register("seller_standing", SellerStandingDetails, "catalogue.SellerStanding")


def topic_file_details(row: TopicFileVersion) -> TopicFileDetails:
    """Say what a topic file's event says."""
    text = hashlib.sha256(row.text.encode()).hexdigest()
    return TopicFileDetails(row.format, text, row.sha256, row.created_at, row.actor)


def topic_file_subject(row: TopicFileVersion) -> str:
    """Name a version of a topic file."""
    return f"{row.topic} v{row.version}"


def model_details(row: ModelVersion) -> ModelDetails:
    """Say what a model's event says."""
    lineage = json_hash(row.lineage)
    return ModelDetails(row.topic, row.fingerprint, lineage, row.created_at, row.actor)


def data_set_details(row: DataSetVersion) -> DataSetDetails:
    """Say what a data set's event says."""
    kept = decode_card(msgspec.json.encode(row.card).decode())  # as it is read again: 0 is 0.0
    card = json_hash(msgspec.to_builtins(kept, str_keys=True))
    return DataSetDetails(row.name, card, row.created_at, row.actor)


def data_set_erasure_details(row: DataSetErasure) -> DataSetErasureDetails:
    """Say what the event of a data set's erasure says."""
    return DataSetErasureDetails(row.at, row.actor)


def standing_details(row: SellerStanding) -> SellerStandingDetails:
    """Say what the event of a seller's standing says."""
    topic = row.topic or None
    return SellerStandingDetails(
        row.seller_id, topic, row.standing, row.expires_at, row.reason, row.at
    )


def _standings() -> Iterator[tuple[str, SellerStandingDetails]]:
    for row in SellerStanding.objects.order_by("pk").iterator():
        yield str(row.pk), standing_details(row)


def _topic_files() -> Iterator[tuple[str, TopicFileDetails]]:
    for row in TopicFileVersion.objects.order_by("pk").iterator():
        yield topic_file_subject(row), topic_file_details(row)


def _models() -> Iterator[tuple[str, ModelDetails]]:
    for row in ModelVersion.objects.order_by("pk").iterator():
        yield row.pk, model_details(row)


def _data_sets() -> Iterator[tuple[str, DataSetDetails]]:
    for row in DataSetVersion.objects.order_by("pk").iterator():
        yield row.pk, data_set_details(row)


def _data_set_erasures() -> Iterator[tuple[str, DataSetErasureDetails]]:
    for row in DataSetErasure.objects.order_by("pk").iterator():
        yield row.pk, data_set_erasure_details(row)


def json_hash(value: object) -> str:
    """Hash plain data by its JSON with sorted keys."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


compare_rows("catalogue.TopicFileVersion", _topic_files)
compare_rows("catalogue.ModelVersion", _models)
compare_rows("catalogue.DataSetVersion", _data_sets)
compare_rows("catalogue.DataSetErasure", _data_set_erasures)
compare_rows("catalogue.SellerStanding", _standings)

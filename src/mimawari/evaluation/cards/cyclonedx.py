"""A card as CycloneDX 1.6: a bill of materials with one machine-learning model.

Written by hand: the schema has `modelCard` since 1.5, the Python library has not. A test holds it
against the schema. https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec

from mimawari.evaluation.cards import words

if TYPE_CHECKING:
    from mimawari.evaluation.cards.card import CardFigure, ModelCard
    from mimawari.records.json import JsonObject, JsonValue

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
NAMESPACE = uuid.UUID("6f9d3f5e-6f0e-5d0e-9f5b-3d3c6f2f6d11")


def as_cyclonedx(card: ModelCard) -> JsonObject:
    """Write a card as the JSON of a bill of materials."""
    data = _data(card)
    libraries: list[JsonValue] = [_library(*library) for library in sorted(card.libraries.items())]
    refs: list[JsonValue] = [ref for part in (*data, *libraries) for ref in _refs(part)]
    own = str(uuid.uuid5(NAMESPACE, f"{card.version} {card.at.isoformat()}"))
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{own}",
        "version": 1,
        "metadata": {"timestamp": card.at.isoformat(), "component": _model(card)},
        "components": [*data, *libraries],
        "dependencies": [{"ref": card.version, "dependsOn": refs}],
    }


def _model(card: ModelCard) -> JsonObject:
    return {
        "type": "machine-learning-model",
        "bom-ref": card.version,
        "name": card.topic,
        "version": card.version,
        "description": f"Scores listings for the topic {card.topic}",
        **_hashes(card.digest),
        "modelCard": {
            "modelParameters": _parameters(card),
            "quantitativeAnalysis": {
                "performanceMetrics": [_metric(figure) for figure in card.figures]
            },
            "considerations": _considerations(card),
        },
        "properties": _properties(card),
    }


def _parameters(card: ModelCard) -> JsonObject:
    return {
        "approach": {"type": "supervised"},
        "task": "binary classification of listings",
        "architectureFamily": card.kind or "unknown",
        "modelArchitecture": card.kind or "unknown",
        "datasets": [{"ref": ref} for part in _data(card) for ref in _refs(part)],
        "inputs": [{"format": "listing: text, price, category; pictures where its kind does"}],
        "outputs": [{"format": "probability that the listing violates the topic's policy"}],
    }


def _metric(known: CardFigure) -> JsonObject:
    figure = known.figure
    metric: JsonObject = {"type": figure.measure, "value": repr(figure.value)}
    if figure.low is not None and figure.high is not None:
        interval: JsonObject = {"lowerBound": repr(figure.low), "upperBound": repr(figure.high)}
        metric["confidenceInterval"] = interval
    about = [figure.statement] if figure.statement else []
    about += [] if figure.over is None else [f"of {figure.over}"]
    if figure.against is not None:
        about.append(f"against {figure.against or 'the rules alone'}")
    if about:
        metric["slice"] = "; ".join(about)
    return metric


def _considerations(card: ModelCard) -> JsonObject:
    return {
        "users": list(words.USERS),
        "useCases": list(words.USE_CASES),
        "technicalLimitations": [
            *words.LIMITS,
            *(f"Not measured: {name}: {why}" for name, why in card.absent.items()),
        ],
        "performanceTradeoffs": list(words.TRADE_OFFS),
    }


def _data(card: ModelCard) -> list[JsonValue]:
    """Give the data that it learnt from as a component; it may have no name of its own."""
    data = card.data
    name = data.version or (f"sha256:{data.sha256}" if data.sha256 else "")
    if not name:
        return []
    counts = {"rows": data.rows, "positives": data.positives, "sellers": data.sellers}
    known = {key: str(value) for key, value in counts.items() if value is not None}
    known |= {f"language:{key}": str(value) for key, value in data.languages.items()}
    return [
        {
            "type": "data",
            "bom-ref": f"data:{name}",
            "name": name,
            **_hashes(data.sha256),
            "data": [{"type": "dataset", "name": name, "contents": {"properties": _pairs(known)}}],
        }
    ]


def _hashes(sha256: str) -> JsonObject:
    return {"hashes": [{"alg": "SHA-256", "content": sha256}]} if sha256 else {}


def _refs(part: JsonValue) -> list[str]:
    return [str(part["bom-ref"])] if isinstance(part, dict) else []


def _library(name: str, version: str) -> JsonObject:
    purl = f"pkg:pypi/{name}@{version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _properties(card: ModelCard) -> list[JsonValue]:
    facts = {
        "mimawari:fingerprint": card.fingerprint,
        "mimawari:registered_by": card.registered_by,
        "mimawari:registered_at": card.registered_at.isoformat(),
        "mimawari:stages": ", ".join(card.stages),
    }
    facts |= {
        f"mimawari:lineage:{name}": value if isinstance(value, str) else _json(value)
        for name, value in card.lineage.items()
    }
    facts |= {f"mimawari:file:{name}": f"sha256:{digest}" for name, digest in card.files.items()}
    return _pairs(facts)


def _pairs(facts: dict[str, str]) -> list[JsonValue]:
    return [{"name": name, "value": value} for name, value in facts.items() if value]


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()

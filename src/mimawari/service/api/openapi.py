"""The API's OpenAPI 3.1 description, its schemas generated from the types that are decoded."""

from __future__ import annotations

import functools
from html import escape
from typing import Any

import msgspec

from mimawari.listings.listing import Listing
from mimawari.service.accounts.keys import Scope
from mimawari.service.api.answers import Problem
from mimawari.service.api.batch import LineAnswer
from mimawari.service.api.check import Checked
from mimawari.service.api.health import Health
from mimawari.service.api.openapi_reviews import REVIEW_TYPES, review_paths
from mimawari.service.api.openapi_trials import TRIAL_TYPES, trial_paths
from mimawari.service.api.operations import JSON, NDJSON, content, operation
from mimawari.service.review.listing_history import Chain


class Problems(msgspec.Struct):
    """Everything wrong with a request."""

    problems: list[Problem]


class Accepted(msgspec.Struct):
    """A durable answer: accepted, duplicate (harmless) or stale (a newer version is known)."""

    listing_id: str
    version: int
    status: str


OWN_TYPES = (Listing, Problems, Accepted, LineAnswer, Checked, Chain, Health)
TYPES = (*OWN_TYPES, *REVIEW_TYPES, *TRIAL_TYPES)


@functools.cache
def document() -> dict[str, Any]:
    """Give the OpenAPI document."""
    template = "#/components/schemas/{name}"
    _, schemas = msgspec.json.schema_components(TYPES, ref_template=template)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mimawari",
            "version": "1",
            "description": "Send, check and review listings; decide between models.",
        },
        "paths": _paths(),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> dict[str, Any]:
    body = {"required": True, "content": content("Listing")}
    lines = {
        "required": True,
        "description": "One listing a line.",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
    large = {"413": "The body is over the limit", "422": "Problems, all of them"}
    full = {
        "409": "The version is known with other content",
        "429": "Too much waits; see Retry-After",
        "507": "The disk is full; nothing was kept",
    }
    listing_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/api/v1/listings": {
            "post": operation(
                "Submit one listing version; 202 means it is durable.",
                Scope.WRITE,
                {"202": ("Durable", "Accepted", JSON)},
                {**large, **full},
                requestBody=body,
            )
        },
        "/api/v1/listings:batch": {
            "post": operation(
                "Submit listings line by line; each line is answered once it is durable.",
                Scope.WRITE,
                {"200": ("An answer a line", "LineAnswer", NDJSON)},
                {},
                requestBody=lines,
            )
        },
        "/api/v1/check": {
            "post": operation(
                "Score a listing before it goes live; nothing is kept.",
                Scope.CHECK,
                {"200": ("Scores and reasons", "Checked", JSON)},
                large,
                requestBody=body,
            )
        },
        "/api/v1/listings/{id}": {
            "get": operation(
                "Everything that happened to a listing.",
                Scope.READ,
                {"200": ("The chain", "Chain", JSON)},
                {"404": "Unknown listing"},
                parameters=[listing_id],
            )
        },
        **review_paths(),
        **trial_paths(),
        "/health": {
            "get": operation("Which roles run?", None, {"200": ("Each role", "Health", JSON)}, {})
        },
    }


@functools.cache
def page() -> str:
    """Render the document as a plain page, without any script."""
    parts = []
    for path, methods in document()["paths"].items():
        for method, told in methods.items():
            scope = told.get("security", [{"key": ["none"]}])[0]["key"][0]
            rows = "".join(
                f"<tr><td>{escape(status)}</td><td>{escape(r['description'])}</td></tr>"
                for status, r in told["responses"].items()
            )
            parts.append(
                f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
                f"<p>{escape(told['summary'])}</p><p>Scope: <code>{escape(scope)}</code></p>"
                f"<table><tr><th>answer</th><th>meaning</th></tr>{rows}</table>"
            )
    schemas = "".join(
        f"<h3>{escape(name)}</h3><p>{escape(s.get('description', ''))}</p><ul>"
        + "".join(f"<li><code>{escape(f)}</code></li>" for f in s.get("properties", {}))
        + "</ul>"
        for name, s in document()["components"]["schemas"].items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>mimawari API</title>'
        '<link rel="stylesheet" href="/static/console/console.css"></head><body><main>'
        '<h1>API</h1><p>Machine-readable: <a href="/api/v1/openapi.json">openapi.json</a>. '
        "Send the key as <code>Authorization: Bearer KEY</code>.</p>"
        f"{''.join(parts)}<h1>Schemas</h1>{schemas}</main></body></html>"
    )

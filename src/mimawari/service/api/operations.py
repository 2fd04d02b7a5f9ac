"""How one operation of the API is described in OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mimawari.service.accounts.keys import Scope

JSON, NDJSON = "application/json", "application/x-ndjson"
REFUSALS = {
    "401": "No valid API key",
    "403": "The key lacks the scope",
    "503": "The store does not answer; nothing was kept",
}


def content(name: str, media: str = JSON) -> dict[str, Any]:
    """Refer to a schema."""
    return {media: {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def operation(
    summary: str,
    scope: Scope | None,
    good: dict[str, tuple[str, str, str]],
    refusals: dict[str, str],
    **more: Any,  # noqa: ANN401  # parts of the document
) -> dict[str, Any]:
    """Describe one operation: its answers by status, and the scope its key needs.

    ``good`` holds what an answer means, its schema (empty: it has no body) and its media type.
    """
    responses = {
        status: {"description": text, **({"content": content(name, media)} if name else {})}
        for status, (text, name, media) in good.items()
    }
    for status, text in {**refusals, **(REFUSALS if scope else {})}.items():
        responses[status] = {"description": text, "content": content("Problems")}
    secured = {"security": [{"key": [str(scope)]}]} if scope else {}
    return {"summary": summary, "responses": responses, **secured, **more}

"""The OpenAPI 3.1 document, made from what the operations declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType

from mimawari.records.json import JsonObject, JsonValue
from mimawari.service.api.answers import Problem, Problems
from mimawari.service.api.bodies import JSON, Lines, Nothing
from mimawari.service.api.sparse import example_text, sparse
from mimawari.service.api.tags import TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mimawari.service.api.operation import Answer, AnyOperation

REFERENCE = "#/components/schemas/{name}"
TEXT: JsonObject = {"type": "string"}
BYTES: JsonObject = {"type": "string", "format": "binary"}
REFUSAL = Problems(
    [Problem("currency", "is missing beside a price", "give its ISO 4217 code")],
)


class MediaType(msgspec.Struct, frozen=True, kw_only=True):
    """What a body holds, with an example."""

    schema: JsonObject
    example: JsonValue | UnsetType = UNSET


class RequestBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a request."""

    required: bool
    content: dict[str, MediaType]


class ResponseObject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer."""

    description: str
    content: dict[str, MediaType] = {}


class Parameter(msgspec.Struct, frozen=True, kw_only=True, rename={"place": "in"}):
    """A parameter in the path or the query."""

    name: str
    place: str
    required: bool
    description: str
    schema: JsonObject
    example: JsonValue


class OperationObject(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={"id": "operationId", "request_body": "requestBody"},
):
    """One method of a path."""

    id: str
    tags: list[str]
    summary: str
    responses: dict[str, ResponseObject]
    parameters: list[Parameter] = []
    request_body: RequestBody | None = None
    security: list[dict[str, list[str]]] = []


class Info(msgspec.Struct, frozen=True):
    """What the document is about."""

    title: str = "mimawari"
    version: str = "1"
    description: str = "Send, check and review listings; decide between models."


class TagObject(msgspec.Struct, frozen=True):
    """A group of operations."""

    name: str
    description: str


class SecurityScheme(msgspec.Struct, frozen=True):
    """How a key is sent."""

    type: str = "http"
    scheme: str = "bearer"


class Components(msgspec.Struct, frozen=True, rename={"security_schemes": "securitySchemes"}):
    """The schemas that others refer to."""

    schemas: dict[str, JsonObject]
    security_schemes: dict[str, SecurityScheme]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenAPI document."""

    openapi: str = "3.1.0"
    info: Info
    tags: list[TagObject]
    paths: dict[str, dict[str, OperationObject]]
    components: Components


def describe(operations: Sequence[AnyOperation]) -> Document:
    """Describe operations."""
    paths: dict[str, dict[str, OperationObject]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    _, schemas = msgspec.json.schema_components(types_of(operations), ref_template=REFERENCE)
    return Document(
        info=Info(),
        tags=[TagObject(tag.name, tag.description) for tag in TAGS],
        paths=paths,
        components=Components(
            {name: with_items(schema) for name, schema in schemas.items()},
            {"key": SecurityScheme()},
        ),
    )


def excerpt() -> Document:
    """Give a short document as an example."""
    response = ResponseObject(description="The state of the installation")
    health = OperationObject(
        id="getHealth", tags=["System"], summary="Which roles run.", responses={"200": response}
    )
    return Document(
        info=Info(), tags=[], paths={"/health": {"get": health}}, components=Components({}, {})
    )


def with_items(schema: JsonObject) -> JsonObject:
    """Say of each list that its items may be anything, where nothing else is said of them.

    JSON Schema needs no such word, but programs that write clients do.

    Examples
    --------
    >>> with_items({"anyOf": [{"type": "array"}, {"type": "array", "items": {"type": "string"}}]})
    {'anyOf': [{'type': 'array', 'items': {}}, {'type': 'array', 'items': {'type': 'string'}}]}
    """
    whole = {name: _within(part) for name, part in schema.items()}
    return {**whole, "items": {}} if whole == {"type": "array"} else whole


def _within(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_within(part) for part in value]
    return with_items(value) if isinstance(value, dict) else value


def types_of(operations: Iterable[AnyOperation]) -> list[type]:
    """Give every type that is sent or answered, once."""
    types: dict[type, None] = {Problems: None}
    for operation in operations:
        body = operation.body
        types[body.line if isinstance(body, Lines) else body.kind] = None
        types |= {answer.kind: None for answer in operation.answers if answer.kind}
    return [kind for kind in types if kind not in (Nothing, str)]


def _operation(operation: AnyOperation) -> OperationObject:
    responses = {
        str(answer.status): ResponseObject(
            description=answer.meaning, content=_content(answer) if answer.kind else {}
        )
        for answer in operation.answers
    }
    refusal = MediaType(schema=_reference(Problems), example=sparse(REFUSAL))
    for status, meaning in operation.all_refusals().items():
        responses[str(status)] = ResponseObject(description=meaning, content={JSON: refusal})
    permission = operation.permission
    return OperationObject(
        id=operation.id,
        tags=[operation.tag.name],
        summary=operation.summary,
        responses=responses,
        parameters=[
            *(_parameter(operation, name, "path") for name in operation.path_names()),
            *(_parameter(operation, name, "query") for name in operation.query_names()),
        ],
        request_body=_request_body(operation),
        security=[] if permission is None else [{"key": [permission.value]}],
    )


def _content(answer: Answer) -> dict[str, MediaType]:
    assert answer.kind is not None
    if answer.media == JSON:
        schema, example = _reference(answer.kind), msgspec.to_builtins(answer.example)
    else:
        schema, example = TEXT, example_text(answer.example)
    return {answer.media: MediaType(schema=schema, example=example)}


def _request_body(operation: AnyOperation) -> RequestBody | None:
    body = operation.body
    if isinstance(body, Lines):
        lines = MediaType(
            schema=BYTES, example=example_text(tuple(sparse(line) for line in body.lines))
        )
        return RequestBody(required=True, content={body.media: lines})
    if not body.bounded:
        return None
    required = any(field.required for field in msgspec.structs.fields(body.kind))
    media = MediaType(schema=_reference(body.kind), example=sparse(body.example))
    return RequestBody(required=required, content={body.media: media})


def _parameter(operation: AnyOperation, name: str, place: str) -> Parameter:
    kind = type(operation.parameters)
    (field,) = (field for field in msgspec.structs.fields(kind) if field.name == name)
    schema = with_items(msgspec.json.schema(field.type))
    return Parameter(
        name=name,
        place=place,
        required=field.required,
        description=str(schema.pop("description", "")),
        schema=schema,
        example=getattr(operation.parameters, name),
    )


def _reference(kind: type) -> JsonObject:
    return {"$ref": REFERENCE.format(name=kind.__name__)}

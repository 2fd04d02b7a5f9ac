"""The page of the API: every operation by its group, with examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from django.template import Context, Engine

from mimawari.service.api.bodies import Lines
from mimawari.service.api.sparse import example_text, sparse
from mimawari.service.api.tags import TAGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.api.operation import AnyOperation

FOLDER = Path(__file__).parent / "templates"


class Row(msgspec.Struct, frozen=True):
    """A parameter, or the meaning of a status."""

    name: str
    meaning: str


class Section(msgspec.Struct, frozen=True):
    """What the page says of one operation."""

    id: str
    method: str
    path: str
    summary: str
    permission: str
    parameters: list[Row]
    request: str
    answers: list[Row]
    answer: str


class Group(msgspec.Struct, frozen=True):
    """The operations of one tag."""

    name: str
    description: str
    sections: list[Section]


def render(operations: Sequence[AnyOperation]) -> str:
    """Render the page, without any script."""
    groups = [
        Group(
            tag.name,
            tag.description,
            [_section(operation) for operation in operations if operation.tag == tag],
        )
        for tag in TAGS
    ]
    template = Engine(dirs=[str(FOLDER)]).get_template("api/docs.html")
    return template.render(Context({"groups": groups}))


def _section(operation: AnyOperation) -> Section:
    parameters = operation.parameters
    rows = [
        Row(name, f"{place}, such as {getattr(parameters, name)}")
        for place, names in (
            ("in the path", operation.path_names()),
            ("in the query", operation.query_names()),
        )
        for name in names
    ]
    meanings = {answer.status: answer.meaning for answer in operation.answers}
    meanings |= operation.all_refusals()
    return Section(
        operation.id,
        operation.method,
        operation.path,
        operation.summary,
        str(operation.permission or ""),
        rows,
        _request(operation),
        [Row(str(status), meaning) for status, meaning in meanings.items()],
        example_text(operation.answers[0].example),
    )


def _request(operation: AnyOperation) -> str:
    body = operation.body
    if isinstance(body, Lines):
        return example_text(tuple(sparse(line) for line in body.lines))
    return example_text(sparse(body.example)) if body.bounded else ""

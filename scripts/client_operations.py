"""Write the client's requests and answers from the API's declarations.

Run ``python -m scripts.client_operations``; a test says where they are behind.
"""

from __future__ import annotations

import enum
import os
import re
import subprocess
import sys
import textwrap
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parents[1] / "src/mimawari/client/operations"
JSON_VALUES = {"JsonObject", "JsonValue"}
# Sent twice they do what they do once: a version is taken once, a group has its key.
TWICE = {
    *("submitListing", "submitListings", "checkListing", "endListing", "endListings"),
    *("decideListings", "planComparison", "nextReview", "testWebhook"),
}
# As an answer; the type of the library is what is sent.
RENAMED = {"Listing": "ListingFields"}
HEAD = '"""{about}\n\nWritten by ``python -m scripts.client_operations``.\n"""\n\n'
FUTURE = "from __future__ import annotations\n\n"


def snake(name: str) -> str:
    """Write an operation's name as Python has it: getOpenApi is get_open_api."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Kinds:
    """The types of answers and bodies, each in the module of the tag that needs it first."""

    def __init__(self) -> None:
        self.written: dict[str, tuple[str, str]] = {}
        self.tag = ""

    def of(self, hint: Any, within: str = "") -> str:
        """Give a type as the client writes it; ``within`` names where it stands."""
        from mimawari.records import json

        if hint == json.JsonObject or hint is msgspec.Raw:
            return "JsonObject"
        if hint == json.JsonValue or hint in (Any, object):
            return "JsonValue"
        if hint is None or hint is type(None):
            return "None"
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            return self.of(args[0], within)
        if origin is typing.Literal:
            return f"Literal[{', '.join(f'{value!r}' for value in args)}]"
        if origin in (typing.Union, types.UnionType):
            written = list(dict.fromkeys(self.of(one) for one in args))
            return self._one_of(written, within) if _structs(args) > 1 else " | ".join(written)
        if origin in (list, tuple, set, frozenset):
            parts = dict.fromkeys(self.of(one, within) for one in args if one is not Ellipsis)
            return f"list[{' | '.join(parts)}]"
        if origin is dict or (isinstance(origin, type) and issubclass(origin, dict)):
            return f"dict[{self.of(args[0])}, {self.of(args[1])}]"
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            return self.struct(hint)
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return f"Literal[{', '.join(repr(one.value) for one in hint)}]"
        return hint.__name__ if hint in (bool, int, float, str) else "str"

    def _one_of(self, written: list[str], within: str) -> str:
        """Name a choice of structs, which is told apart by a field; decoded as what it is."""
        lines = " | ".join(written)
        text = f"if TYPE_CHECKING:\n    {within}: TypeAlias = {lines}\nelse:\n"
        self.written[within] = (self.tag, f"{text}    {within}: TypeAlias = JsonObject\n")
        return within

    def struct(self, kind: type[msgspec.Struct]) -> str:
        """Write a struct as a dictionary with known keys."""
        name = RENAMED.get(kind.__name__, kind.__name__)
        if name in self.written:
            return name
        self.written[name] = (self.tag, "")
        hints = typing.get_type_hints(kind, include_extras=True)
        lines = []
        config = kind.__struct_config__
        if config.tag is not None:
            lines.append(f"    {config.tag_field}: Literal[{config.tag!r}]")
        for field in msgspec.structs.fields(kind):
            written = self.of(hints[field.name], f"{name}{field.name.title()}")
            left_out = config.omit_defaults and not field.required
            written = f"NotRequired[{written}]" if left_out else written
            lines.append(f"    {field.encode_name}: {written}")
        about = (kind.__doc__ or "").strip().split("\n\n")[0]
        about = textwrap.fill(" ".join(about.split()), 90, subsequent_indent="    ")
        text = f'class {name}(TypedDict):\n    """{about}"""\n\n' + "\n".join(lines) + "\n"
        del self.written[name]
        self.written[name] = (self.tag, text)
        return name


def _structs(args: tuple[Any, ...]) -> int:
    return sum(isinstance(one, type) and issubclass(one, msgspec.Struct) for one in args)


def _module(tag: Any) -> str:
    return str(re.sub(r"[^a-z]+", "_", tag.name.lower()).strip("_"))


def _fields(kind: type[msgspec.Struct]) -> Iterator[tuple[Any, Any]]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return ((field, hints[field.name]) for field in msgspec.structs.fields(kind))


def _name(field: Any) -> str:
    return f"{field.name}_" if field.name in ("from", "type") else str(field.name)


def _request(operation: Any, kinds: Kinds) -> str:
    """Write one function."""
    from mimawari.listings.listing import Listing
    from mimawari.service.api.bodies import Lines

    positional, keywords, parts, query, body = [], [], [], [], []
    for field, hint in _fields(type(operation.parameters)):
        own, name = kinds.of(hint), _name(field)
        if f"{{{field.name}}}" in operation.path:
            positional.append(f"{name}: {own}")
            parts.append(f'"{field.encode_name}": {name}')
        else:
            optional = own if own.endswith("None") else f"{own} | None"
            keywords.append(f"{name}: {own}" if field.required else f"{name}: {optional} = None")
            query.append(f'"{field.encode_name}": {name}')
    written = "None"
    if isinstance(operation.body, Lines):
        line = operation.body.line
        own = "Listing" if line is Listing else kinds.of(line)
        positional.append(f"lines: Iterable[{own}]")
        written = "body_lines(lines)"
    elif operation.body.kind is Listing:
        positional.append("listing: Listing")
        written = "body_lines([listing])"
    elif operation.body.bounded:
        for field, hint in sorted(
            _fields(operation.body.kind), key=lambda one: not one[0].required
        ):
            own, name = kinds.of(hint), _name(field)
            optional = own if own.endswith("None") else f"{own} | None"
            keywords.append(f"{name}: {own}" if field.required else f"{name}: {optional} = None")
            body.append(f'"{field.encode_name}": {name}')
        written = f"body_of({{{', '.join(body)}}})"
    keywords.sort(key=lambda one: one.endswith("= None"))
    star = ["*"] if keywords else []
    signature = ", ".join([*positional, *star, *keywords])
    first, *more = operation.answers
    answer, read = _answer(operation, first, kinds, [one for one in more if one.kind is None])
    given = f"{{{', '.join(parts)}}}"
    path = f'address("{operation.path}", {given}, {{{", ".join(query)}}})' if query else (
        f'address("{operation.path}", {given})'
    )  # fmt: skip
    once = operation.method == "POST" and operation.id not in TWICE
    return (
        f"def {snake(operation.id)}({signature}) -> Asked[{answer}]:\n"
        f'    """{operation.summary}"""\n'
        f"    path = {path}\n"
        f'    return Asked("{operation.method}", path, {written}, {once}, {read})\n'
    )


def _answer(operation: Any, first: Any, kinds: Kinds, nothing: list[Any]) -> tuple[str, str]:
    if operation.id == "getOpenApi":
        return "JsonObject", "one(JsonObject)"
    if first.kind is str:
        return "str", "text"
    own = kinds.of(first.kind)
    if first.media.endswith("x-ndjson"):
        return f"list[{own}]", f"many({own})"
    return (f"{own} | None", f"one_or_none({own})") if nothing else (own, f"one({own})")


def modules() -> dict[str, str]:
    """Give every file's text by its name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mimawari.service.project.settings")
    import django

    django.setup()
    from mimawari.service.api.routes import OPERATIONS

    kinds, requests, names = Kinds(), {}, {}
    for operation in OPERATIONS:
        kinds.tag = _module(operation.tag)
        requests.setdefault(kinds.tag, []).append(_request(operation, kinds))
        names.setdefault(kinds.tag, []).append(snake(operation.id))
    files = {f"{tag}.py": _tag_file(tag, texts, kinds) for tag, texts in requests.items()}
    about = "Every operation of the API as a method of both clients."
    lines = [HEAD.format(about=about), FUTURE, "from mimawari.client.method import Method\n"]
    lines.append(f"from mimawari.client.operations import {', '.join(sorted(requests))}\n\n\n")
    lines.append('class Operations:\n    """Methods named as the operations of the API."""\n\n')
    for tag, own in names.items():
        lines += [f"    {name} = Method({tag}.{name})\n" for name in own]
    return {**files, "__init__.py": "".join(lines)}


def _tag_file(tag: str, texts: list[str], kinds: Kinds) -> str:
    """Write the types and requests of one tag."""
    own = [text for at, text in kinds.written.values() if at == tag]
    code = "\n\n".join([*own, *texts])
    words = set(re.findall(r"\w+", code))
    imports = []
    if "Iterable" in words:
        imports.append("from collections.abc import Iterable")
    wanted = sorted(words & {"Literal", "NotRequired", "TYPE_CHECKING", "TypeAlias", "TypedDict"})
    if wanted:
        imports.append(f"from typing import {', '.join(wanted)}")
    helpers = {"Asked", "address", "body_lines", "body_of", "many", "one", "one_or_none", "text"}
    used = {word for word in helpers if re.search(rf"\b{word}\b[(\[)]", code)}
    used |= {"text"} if ", text)" in code else set()
    imports.append(f"from mimawari.client.asked import {', '.join(sorted(used))}")
    for other in sorted({at for at, _ in kinds.written.values()} - {tag}):
        names = sorted(n for n, (at, _) in kinds.written.items() if at == other and n in words)
        if names:
            imports.append(f"from mimawari.client.operations.{other} import {', '.join(names)}")
    if "Listing" in words:
        imports.append("from mimawari.listings.listing import Listing")
    json = sorted(words & JSON_VALUES)
    if json:
        imports.append(f"from mimawari.records.json import {', '.join(json)}")
    about = f"Requests of the API's group {tag!r}, and what it answers."
    return HEAD.format(about=about) + FUTURE + "\n".join(imports) + "\n\n\n" + code


def formatted(text: str) -> str:
    """Format as the rest of the package is."""
    for words in (["check", "--select", "I,F401", "--fix", "-q"], ["format", "-q"]):
        ran = subprocess.run(
            [Path(sys.executable).with_name("ruff"), *words, "--stdin-filename", "src/x.py", "-"],
            input=text, capture_output=True, text=True, check=True, cwd=FOLDER.parents[3],
        )  # fmt: skip
        text = ran.stdout
    return text


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in modules().items():
        (FOLDER / name).write_text(formatted(text), "utf-8")


if __name__ == "__main__":
    main()

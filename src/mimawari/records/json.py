"""JSON whose shape is not this program's to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    JsonValue: TypeAlias = (
        bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None
    )
else:  # msgspec knows no recursive types; what lists and objects hold came out of a decoder
    JsonValue: TypeAlias = bool | int | float | str | list | dict | None

JsonObject: TypeAlias = dict[str, JsonValue]

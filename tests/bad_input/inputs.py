"""The inputs, and which field and remedy each entrance names."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

GOOD: dict[str, Any] = {"version": 1, "seller_id": "s", "title": "a cup"}
# Entrances by how a listing reaches them: one body, one line of many, a row of a file.
ONE, LINE, FILES = ("single", "check", "client"), ("batch", "client_many"), ("csv", "parquet")
ENTRANCES = (*ONE, *LINE, "jsonl", *FILES)
Told = tuple[str, str, str]


@dataclass(frozen=True)
class Input:
    """Fields that differ from a good listing's, and what is told: field, problem, remedy.

    ``told`` is None for what is welcome. ``otherwise`` holds the entrances that say it in
    another way, as they meet it in another form.
    """

    name: str
    fields: dict[str, Any]
    told: Told | None
    otherwise: dict[str, Told] = field(default_factory=dict)

    def at(self, entrance: str) -> Told | None:
        return self.otherwise.get(entrance, self.told)


def of(told: Told, *entrances: str) -> dict[str, Told]:
    return dict.fromkeys(entrances, told)


BODY = ("body", "is over 1,000,000 bytes", "send at most 1,000,000 bytes")
LONG_LINE = ("line", "is over 1,000,000 bytes", "send at most 1,000,000 bytes")
LONG_ROW = ("line", "is over 4,000,000 bytes", "shorten its texts")
NO_UTF8 = ("encoding", "is not UTF-8", "save the row as UTF-8")
MANY = ["https://a.example/1.jpg"] * 10_000

INPUTS = (
    Input("empty title", {"title": ""}, ("title", "is empty", "give 1 to 500 characters")),
    Input("empty title beside a description", {"title": "", "description": "a cup"}, None),
    Input("marks beside a description", {"title": "\u200b", "description": "a cup"}, None),
    Input(
        "marks in title and description",
        {"title": "\u200b", "description": "\u202e\u3000"},
        ("title", "holds nothing that can be seen", "give 1 to 500 characters, or a description"),
    ),
    Input("title of emoji alone", {"title": "🔫🔫🔫✨"}, None),
    Input("title of 500 look-alikes", {"title": ("ｇ\u0456\u03bf\u0441ロ口ー一" * 63)[:500]}, None),
    Input("blank title", {"title": " \u3000 "}, ("title", "is empty", "give 1 to 500")),
    Input(
        "title of ten megabytes",
        {"title": "x" * 10_000_000},
        BODY,
        {
            **of(LONG_LINE, *LINE),
            **of(LONG_ROW, "csv", "jsonl"),
            "parquet": ("title", "has 10,000,000 characters", "at most 500"),
        },
    ),
    Input(
        "lone surrogate",
        {"title": "a\ud800b"},
        ("title", "holds half of a surrogate pair at character 1", "send whole characters"),
        of(NO_UTF8, *FILES),
    ),
    Input(
        "lone surrogate in the name of an attribute",
        {"attributes": {"\udfff": "x"}},
        ("attributes: name '\\udfff'", "holds half of a surrogate pair", "send whole"),
        of(NO_UTF8, *FILES),
    ),
    Input("NUL", {"title": "a\x00b"}, ("title", "holds a NUL at character 1", "remove it")),
    Input("right-to-left marks", {"title": "\u202enug\u202c 銃\u200f"}, None),
    Input(
        "marks and nothing else",
        {"title": "\u202e\u200f\u200b"},
        ("title", "holds nothing that can be seen", "give 1 to 500 characters"),
    ),
    Input(
        "price of -1",
        {"price_minor": -1, "currency": "JPY"},
        ("price_minor", "is -1", "give 0 to 1,000,000,000,000,000, in minor units"),
    ),
    Input(
        "price of 1e308",
        {"price_minor": 1e308, "currency": "JPY"},
        ("price_minor", "is 1e+308", "write a whole number in minor units"),
        of(("price_minor", "is '1e+308'", "write a whole number in minor units"), *FILES),
    ),
    Input(
        "price of free",
        {"price_minor": "free", "currency": "JPY"},
        ("price_minor", "is 'free'", "write a whole number in minor units"),
    ),
    Input(
        "unknown currency",
        {"price_minor": 1, "currency": "XYZ"},
        ("currency", "'XYZ' is unknown", "use its ISO 4217 code"),
    ),
    Input(
        "currency in small letters",
        {"price_minor": 1, "currency": "jpy"},
        ("currency", "'jpy' is unknown", "did you mean JPY?"),
    ),
    Input(
        "ten thousand images",
        {"image_urls": MANY},
        ("image_urls", "has 10,000 addresses", "at most 40"),
    ),
)


def as_json(row: dict[str, Any]) -> bytes:
    """Write a body as a careless program would: halves of surrogate pairs as escapes."""
    return json.dumps(row).encode()


def cells(row: dict[str, Any]) -> dict[str, str]:
    """Write a row as the cells of a table."""
    names = ("id", "version", "seller_id", "title", "description", "price_minor", "currency")
    texts = {name: row.get(name, "") for name in names}
    texts["image_urls"] = " ".join(row.get("image_urls", ()))
    given = row.get("attributes")
    written = json.dumps(given, ensure_ascii=False) if given else ""
    texts["attributes"] = written.replace('"', '""') if row["id"].startswith("csv") else written
    return {name: str(value) for name, value in texts.items()}

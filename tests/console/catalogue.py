"""What the console says, collected from its sources, and what its catalogues answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

SERVICE = Path(__file__).parents[2] / "src" / "mimawari" / "service"
CATALOGUES = sorted(SERVICE.rglob("locale/ja/LC_MESSAGES/django.po"))
MARKERS = frozenset(
    {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "translatable"}
)
IN_TEMPLATES = re.compile(r"""\bn?gettext\((u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")""")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def said_in_code() -> Iterator[str]:
    """Yield the texts that Python modules mark for translation."""
    for path in SERVICE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in MARKERS and isinstance(first, ast.Constant):
                    yield str(first.value)


def said_in_templates() -> Iterator[str]:
    """Yield the texts that templates mark for translation."""
    for path in SERVICE.rglob("templates/**/*.html"):
        for found in IN_TEMPLATES.findall(templatize(path.read_text("utf-8"))):
            yield str(ast.literal_eval(found.removeprefix("u")))


def read_po(path: Path) -> dict[str, list[str]]:
    """Read a catalogue's source: each text with its translations, plural forms in order.

    Fuzzy entries are given none, as compiled catalogues leave them out.
    """
    entries: dict[str, list[str]] = {}
    for block in path.read_text("utf-8").split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("msg"):
                name = line.split()[0]
            if line.startswith(("msg", '"')):
                written = "".join(QUOTED.findall(line))
                fields[name] = fields.get(name, "") + ast.literal_eval(f'"{written}"')
        if "msgid" in fields:
            fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in block.splitlines())
            translations = [v for k, v in fields.items() if k.startswith("msgstr")]
            entries[fields["msgid"]] = [] if fuzzy else translations
    return entries


def translated() -> dict[str, list[str]]:
    """Give the translations of all the service's Japanese catalogues."""
    found = {k: v for path in CATALOGUES for k, v in read_po(path).items()}
    return {k: v for k, v in found.items() if k}

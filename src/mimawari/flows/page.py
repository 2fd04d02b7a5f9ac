"""The page that a run's card is: a table on top, pictures below, nothing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mimawari.flows.records import Request


@dataclass(frozen=True, slots=True)
class HeadedTable:
    """A table of texts; the last column holds words."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def head_html(self) -> str:
        """The cells of its head."""
        return _cells(self.head, "th")

    @property
    def rows_html(self) -> str:
        """Its rows."""
        return "".join(f"<tr>{_cells(row, 'td')}</tr>" for row in self.rows)

    @property
    def html(self) -> str:
        """All of it, every text escaped.

        Examples
        --------
        >>> HeadedTable(("a", "why"), (("1", "<b>"),)).rows_html
        '<tr><td>1</td><td class="words">&lt;b&gt;</td></tr>'
        """
        head = f"<thead><tr>{self.head_html}</tr></thead>"
        return f'<div class="scroll"><table>{head}<tbody>{self.rows_html}</tbody></table></div>'


def page(request: Request, lead: str, table: HeadedTable, parts: Iterable[str]) -> str:
    """Render a run's card as one self-contained page.

    Parameters
    ----------
    lead
        What it is of; who asked for it and when is added.
    parts
        Markup that stands below the table, as it is.
    """
    template = Template(files(__package__).joinpath("card.html").read_text("utf-8"))
    return template.substitute(
        title=escape(f"Flow run {request.run}"),
        lead=escape(f"{lead}, asked for by {request.by}, {request.at:%Y-%m-%d %H:%M}"),
        head=table.head_html,
        rows=table.rows_html,
        parts="".join(parts),
    )


def _cells(texts: Sequence[str], tag: str) -> str:
    cells = [f"<{tag}>{escape(text)}</{tag}>" for text in texts[:-1]]
    return "".join((*cells, f'<{tag} class="words">{escape(texts[-1])}</{tag}>'))

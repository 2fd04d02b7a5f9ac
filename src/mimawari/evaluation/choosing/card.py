"""The card of a choice: why this detector, for the terminal and as one HTML page."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from mimawari.evaluation.charts.rows import Row, draw_rows
from mimawari.evaluation.choosing.algorithms import ALGORITHMS

if TYPE_CHECKING:
    from mimawari.evaluation.choosing.compare import Comparison, Entry
    from mimawari.evaluation.choosing.compare import Figure as Measured

NOTES = (
    "AP@K: average precision of the first K alerts, K being what moderators can review of these "
    "listings. It decides, because it also tells apart rankings within the first K.",
    "Where rules are compared, every other kind is ranked with them, as it serves: the larger of "
    "both scores. What counts is what a model adds to the rules.",
    "Held out: every listing was scored by a model that had not seen its seller.",
    "Behind: how much lower than the best, with the standard error of that difference over "
    "resampled sellers. Chosen is the simplest that is behind by no more than one standard error.",
    "Small figures below a value are its 95 % interval over resampled sellers.",
    "AUPRC: the area under the whole precision-recall curve, at any capacity.",
)


def _interval(one: Measured) -> str:
    return f"{one.value:.3f} ({one.low:.2f}-{one.high:.2f})"


def _behind(entry: Entry, found: Comparison) -> str:
    return "best" if entry.name == found.best else f"{entry.behind:.3f} ± {entry.noise:.3f}"


def title(found: Comparison) -> str:
    """Say what was compared."""
    return (
        f"{found.topic}: {found.rows:,} listings, {found.positives:,} violate, "
        f"{found.sellers:,} sellers, {found.folds} folds"
    )


def as_table(found: Comparison) -> Table:
    """Render for the terminal."""
    shown = Table(title=title(found), box=SIMPLE_HEAD, caption=found.why, caption_justify="left")
    shown.padding, shown.pad_edge = (0, 1), False  # all of it within 80 characters
    names = ("", "detector", f"AP@{found.k}", "P@K", "R@K", "AUPRC", "behind", "time")
    for i, name in enumerate(names):
        shown.add_column(name, justify="right" if i > 1 else "left", no_wrap=True)
    for entry in found.entries:
        chosen = entry.name == found.chosen
        others = (entry.precision, entry.recall, entry.auprc)
        shown.add_row(
            ">" if chosen else "",
            entry.name,
            _interval(entry.average),
            *(f"{one.value:.2f}" for one in others),
            _behind(entry, found),
            f"{entry.seconds:.0f} s",
            style="bold" if chosen else None,
        )
    return shown


def as_page(found: Comparison) -> str:
    """Render as one self-contained page; every text is escaped."""
    rows = "".join(_row(entry, found) for entry in found.entries)
    missing = [f"Left out: {name} ({told})." for name, told in found.absent.items()]
    template = Template(files(__package__).joinpath("card.html").read_text("utf-8"))
    return template.substitute(
        title=escape(f"Detector of {found.topic}: {found.chosen}"),
        lead=escape(title(found)),
        why=escape(found.why[0].upper() + found.why[1:]),
        plot=_plot(found),
        headings="".join(f"<th>{name}</th>" for name in _headings(found.k)),
        rows=rows,
        notes="".join(f"<li>{escape(n)}</li>" for n in (*missing, *NOTES)),
    )


def _headings(k: int) -> tuple[str, ...]:
    return ("detector", f"AP@{k}", f"Precision@{k}", f"Recall@{k}", "AUPRC", "behind", "trained in")


def _row(entry: Entry, found: Comparison) -> str:
    mark = ' class="chosen"' if entry.name == found.chosen else ""
    measures = (entry.average, entry.precision, entry.recall, entry.auprc)
    shown = [f"{one.value:.3f}<small>{one.low:.2f}-{one.high:.2f}</small>" for one in measures]
    shown += [_behind(entry, found), f"{entry.seconds:.0f} s"]
    told = "".join(f"<td>{one}</td>" for one in shown)
    name = f"{escape(entry.name)}<small>{escape(ALGORITHMS[entry.name].says)}</small>"
    return f"<tr{mark}><td>{name}</td>{told}</tr>"


def _plot(found: Comparison) -> str:
    """Draw AP@K with its interval, a row a kind."""
    rows = []
    for entry in found.entries:
        kind, one = "chosen" if entry.name == found.chosen else "other", entry.average
        intervals = [(kind, max(0.0, one.low), one.high)]
        rows.append(Row(entry.name, intervals=intervals, dots=[(kind, one.value)]))
    name = f"AP@{found.k}, with its 95 % interval over sellers"
    return draw_rows("Detectors", found.why, name, rows, high=1.0).svg

"""The card of a choice: why this detector, for the terminal and as one HTML page."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from mimawari.evaluation.charts.rows import Row, draw_rows
from mimawari.evaluation.charts.svg import markup
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
    "resampled sellers. Within noise is what is behind by no more than one standard error. Rules "
    "within noise are chosen first, then an ensemble of text and sentences unless it is behind in "
    "95 of 100 draws of sellers, then the simplest within noise.",
    "Small figures below a value are its 95 % interval over resampled sellers.",
    "AUPRC: the area under the whole precision-recall curve, at any capacity.",
)


def _interval(measured: Measured) -> str:
    return f"{measured.value:.3f} ({measured.low:.2f}-{measured.high:.2f})"


def _behind(entry: Entry, comparison: Comparison) -> str:
    return "best" if entry.name == comparison.best else f"{entry.behind:.3f} ± {entry.noise:.3f}"


def title(comparison: Comparison) -> str:
    """Say what was compared."""
    return (
        f"{comparison.topic}: {comparison.rows:,} listings, {comparison.positives:,} violate, "
        f"{comparison.sellers:,} sellers, {comparison.folds} folds"
    )


def as_table(comparison: Comparison) -> Table:
    """Render for the terminal."""
    shown = Table(
        title=title(comparison), box=SIMPLE_HEAD, caption=comparison.why, caption_justify="left"
    )
    shown.padding, shown.pad_edge = (0, 1), False  # all of it within 80 characters
    names = ("", "detector", f"AP@{comparison.k}", "P@K", "R@K", "AUPRC", "behind", "time")
    for i, name in enumerate(names):
        shown.add_column(name, justify="right" if i > 1 else "left", no_wrap=True)
    for entry in comparison.entries:
        chosen = entry.name == comparison.chosen
        others = (entry.precision, entry.recall, entry.auprc)
        shown.add_row(
            ">" if chosen else "",
            entry.name,
            _interval(entry.average),
            *(f"{measured.value:.2f}" for measured in others),
            _behind(entry, comparison),
            f"{entry.seconds:.0f} s",
            style="bold" if chosen else None,
        )
    return shown


def as_page(comparison: Comparison) -> str:
    """Render as one self-contained page; every text is escaped."""
    rows = "".join(_row(entry, comparison) for entry in comparison.entries)
    missing = [f"Left out: {name} ({reason})." for name, reason in comparison.absent.items()]
    remarks = [f"{remark}." for remark in comparison.remarks]
    template = Template(files(__package__).joinpath("card.html").read_text("utf-8"))
    return template.substitute(
        title=escape(f"Detector of {comparison.topic}: {comparison.chosen}"),
        lead=escape(title(comparison)),
        why=escape(comparison.why[0].upper() + comparison.why[1:]),
        plot=_plot(comparison),
        headings="".join(f"<th>{name}</th>" for name in _headings(comparison.k)),
        rows=rows,
        notes="".join(f"<li>{escape(n)}</li>" for n in (*missing, *remarks, *NOTES)),
    )


def _headings(k: int) -> tuple[str, ...]:
    return ("detector", f"AP@{k}", f"Precision@{k}", f"Recall@{k}", "AUPRC", "behind", "trained in")


def _row(entry: Entry, comparison: Comparison) -> str:
    mark = ' class="chosen"' if entry.name == comparison.chosen else ""
    measures = (entry.average, entry.precision, entry.recall, entry.auprc)
    shown = [
        f"{measured.value:.3f}<small>{measured.low:.2f}-{measured.high:.2f}</small>"
        for measured in measures
    ]
    shown += [_behind(entry, comparison), f"{entry.seconds:.0f} s"]
    cells = "".join(f"<td>{cell}</td>" for cell in shown)
    name = f"{escape(entry.name)}<small>{escape(ALGORITHMS[entry.name].says)}</small>"
    return f"<tr{mark}><td>{name}</td>{cells}</tr>"


def _plot(comparison: Comparison) -> str:
    """Draw AP@K with its interval, a row a kind."""
    rows = []
    for entry in comparison.entries:
        kind = "chosen" if entry.name == comparison.chosen else "other"
        average = entry.average
        intervals = [(kind, max(0.0, average.low), average.high)]
        rows.append(Row(entry.name, intervals=intervals, dots=[(kind, average.value)]))
    name = f"AP@{comparison.k}, with its 95 % interval over sellers"
    return markup(draw_rows("Detectors", comparison.why, name, rows, high=1.0))

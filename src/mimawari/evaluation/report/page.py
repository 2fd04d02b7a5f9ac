"""The report as one self-contained HTML page."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from mimawari.evaluation.report.plots import caught_plot, precision_plot
from mimawari.evaluation.report.terminal import cells, minutes, ratio, share

if TYPE_CHECKING:
    from mimawari.evaluation.report.run import RunReport

NOTES = (
    "Alerts: the K highest scores of a topic, K being what moderators can review.",
    "Precision@K: the share of those alerts that violate. Listings of unknown truth are left out.",
    "A topic with * has no model yet: rules alone.",
    "Coverage: violations caught by rules and models, over those that rules alone catch with "
    "the same K reviews.",
    "Time saved: reviews that are no longer needed to catch as many violations as all alerts of "
    "the rules do, at {seconds:g} seconds a review.",
)


def as_page(report: RunReport) -> str:
    """Render the report; every text from outside is escaped."""
    total = report.total
    figures = (
        (f"{report.listings:,}", f"listings moderated in {report.seconds:.0f} s"),
        (f"{total.caught:,} of {total.violations:,}", "violations caught"),
        (ratio(total.coverage), "coverage against rules alone"),
        (share(total.precision), "of alerts violate (Precision@K)"),
        (minutes(report.minutes_saved()), "of moderators' time saved"),
    )
    rows = [cells(r, r.minutes_saved(report.seconds_a_review)) for r in report.topics]
    rows.append(cells(total, report.minutes_saved()))
    notes = [note.format(seconds=report.seconds_a_review) for note in NOTES]
    template = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        title=escape(report.title),
        lead="What the same number of reviews caught, with models and by rules alone.",
        figures="".join(
            f'<div class="figure"><b>{escape(b)}</b><span>{escape(s)}</span></div>'
            for b, s in figures
        ),
        gauge=_gauge(report),
        rows="".join(
            "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows
        ),
        caught_plot=caught_plot(report.topics),
        precision_plot=precision_plot(report.topics),
        notes="".join(f"<li>{escape(n)}</li>" for n in (*notes, *report.notes)),
    )


def _gauge(report: RunReport) -> str:
    if report.leak is None:
        return ""
    return (
        f'<p class="gauge"><strong>Leak gauge P3: {report.leak:.3f}.</strong> Style alone '
        "(length, capitals, digits, punctuation; not a single word) tells the violating rows of "
        "these data from the ordinary ones at this AUROC; 0.5 would mean no leak. The figures "
        "here show that the machinery works, not how good it would be on your marketplace.</p>"
    )

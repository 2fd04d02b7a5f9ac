"""The questions that docs/benchmarks.md answers, in its order, and the benches that answer each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A section of the page.

    Parameters
    ----------
    words
        What was measured, and how to read it.
    benches
        Names of the results.
    picture
        A picture of its own beside that of the aims: file, and what it shows.
    """

    title: str
    words: str
    benches: tuple[str, ...]
    picture: tuple[str, str] | None = None


QUESTIONS = (
    Question(
        "Does it find violations?",
        "One real market, sellers held out, each topic against all other listings; beside what a "
        "user would pick instead, in the same folds; first by the default command. "
        "[More](detectors.md).",
        ("by_default", "quality", "pooling", "choosing", "gmu", "trunks"),
    ),
    Question(
        "And elsewhere: other markets, years, languages?",
        "Every public set in its own folds, one half of a market's time against the other, one "
        "market against another; probabilities where prevalence moves. [More](detectors.md).",
        ("elsewhere", "languages", "calibration"),
    ),
    Question(
        "With few labels?",
        "20, 50 and 100 violations of eight topics; labels that a chosen sample needs, beside a "
        "random one. [More](labelling.md).",
        ("learning_curves", "active", "search"),
        ("images/learning-curves.svg", "AUPRC against violations learnt, by kind"),
    ),
    Question(
        "Against sellers who disguise?",
        "Recall that models keep when the words they rely on most are disguised, and rules when "
        "every word is. [More](attacks.md).",
        ("attacks", "folding"),
    ),
    Question(
        "With rules alone?",
        "The starter pack on the ordinary goods of shops, and on a dark market. "
        "[More](starter-pack.md).",
        ("starter_pack",),
    ),
    Question(
        "In pictures?",
        "Copies of known pictures, text in photographs, listings taken again. [More](images.md).",
        ("images", "reading", "pictures", "duplicates"),
    ),
    Question(
        "Do trials decide rightly, and soon?",
        "Thousands of simulated back-tests and experiments: false promotions, and reviews until a "
        "better candidate is found. [More](experiments.md).",
        ("experiments",),
        ("images/experiments.svg", "reviews needed, runs decided, and false promotions"),
    ),
    Question(
        "How fast is a score?",
        "One core, and what grows with topics, rules and length. [More](operate.md).",
        ("score", "growth", "sentences", "remote", "train"),
    ),
    Question(
        "How much does the service take in?",
        "Durable, scored and admitted, over HTTP, with processes killed meanwhile. "
        "[More](operate.md).",
        ("intake", "http", "scorers", "generation", "kills"),
    ),
    Question(
        "Do moderators wait?",
        "From a key to the next item, the queue under many moderators, and every page of a store "
        "of a million listings, and a lead's overview of a million decisions. The first and the "
        "last were measured on cores that other jobs used too. [More](moderators.md).",
        ("review_keys", "moderators", "reads", "overview"),
    ),
    Question(
        "Do decisions reach the marketplace?",
        "From a decision to the webhook that has arrived, undisturbed, and what a hundred kills of "
        "relays and of the receiver lose. [More](webhooks.md).",
        ("delivery",),
    ),
    Question(
        "Is a listing found at once?",
        "A search over a million listings, Japanese and English: the first page with its count; "
        "beside it patterns (`LIKE`) and the engines' own trigrams, in the full figures. "
        "[More](search.md).",
        ("listing_search",),
    ),
    Question(
        "Does the ledger prove what it says?",
        "A million events: verified, proved, sealed, and tampered with. [More](audit.md).",
        ("ledger",),
    ),
    Question(
        "What does a flow cost beside its work?",
        "A retraining of one topic from 4,000 listings as a flow, and as the same functions in one "
        "process: the same model. Measured on cores that other jobs used too. [More](flows.md).",
        ("lifecycle_flows",),
    ),
    Question(
        "How long does a replay of history take?",
        "A million listings of 20 topics through a candidate and a champion of each, streamed from "
        "files of ten days by two tasks of a flow, on cores that other jobs used too. "
        "[More](flows.md).",
        ("lifecycle_backtest",),
    ),
    Question(
        "Does a second stage reach what its error rates allow?",
        "A simulated model that finds .9 of violations and .8 of the rest right, behind a real "
        "endpoint, asked about the best 3K with a budget of 3K a day; then one that stalls. "
        "Measured on cores that other jobs used too. [More](second-stage.md).",
        ("lifecycle_second_stage",),
    ),
    Question(
        "How long does one wait for days that are over?",
        "Five million listing versions of 20 topics in files of 20 days, out of the database: what "
        "pages, the API and an auditor ask. Size, writing and verifying are in the full figures. "
        "[More](history.md).",
        ("lifecycle_history",),
    ),
    Question(
        "Is it seen that what comes in has changed?",
        "A simulated market of 1.5 million listings a day and 66 shares: 1,000 months in which "
        "nothing is wrong, and moves of a share by ten points, of which the hardest counts. "
        "[More](monitoring.md).",
        ("lifecycle_drift",),
    ),
    Question(
        "What does it cost to watch what comes in?",
        "40,000 scored listings of 20 topics, counted and watched by one thread of the keeper, "
        "database (SQLite) included; and figures by day of 100 topics over a year. Measured on "
        "cores that other jobs used too. [More](monitoring.md).",
        ("lifecycle_watching",),
    ),
)

"""Rewrite the tables of docs/detectors.md from bench/results/*.json.

    python scripts/detectors_page.py

Each table stands between two markers that name it; the words around it are not generated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "detectors.md"
MARKED = re.compile(r"(<!-- (\w+): start -->\n).*?(<!-- \2: end -->)", re.DOTALL)
NAMES = {
    "chosen": "**what auto chose**",
    "auto": "**what auto chose**",
    "linear": "linear",
    "tfidf": "`tfidf`",
    "gbdt": "GBDT",
    "gmu": "gated unit",
    "sentences": "sentence embeddings",
    "ensemble": "ensemble",
    "tfidf_lr": "TF-IDF + logistic regression",
    "nbsvm": "NB-SVM",
    "lightgbm_tfidf": "LightGBM on TF-IDF",
    "sentences_lr": "sentence embeddings (32 bits) + balanced logistic regression",
}


def read(name: str) -> dict[str, Any]:
    """Read a result's figures."""
    path = ROOT / "bench" / "results" / f"{name}.json"
    return dict(json.loads(path.read_text("utf-8"))["figures"])


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Lay out a table; the first column to the left, the others to the right."""
    head = list(head)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def three(value: float) -> str:
    """Give three digits after the point."""
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def ranged(found: list[float]) -> str:
    """Give a value with its interval."""
    return f"{three(found[0])} ({found[1]:.2f}-{found[2]:.2f})"


def quality() -> str:
    """Give the mean of the six larger topics, kind by kind, and what auto chose."""
    figures = read("quality")
    market, means = figures["p1"], figures["p1_mean_of_six_auprc"]
    topics = list(market)
    head = ["detector", "mean of six", *(t.replace("_", " ") for t in topics)]
    rows = []
    scaled = {f"{kind}_on_one_scale": f"{name}, folds on one scale" for kind, name in NAMES.items()}
    for kind, name in (NAMES | scaled).items():
        if kind not in means:
            continue
        auprc = {t: market[t]["auprc"] if kind == "chosen" else market[t]["auprc_of"][kind]
                 for t in topics}  # fmt: skip
        rows.append([name, three(means[kind]), *(three(auprc[t][0]) for t in topics)])
    return table(head, rows)


def intervals() -> str:
    """Give the ensemble and what auto chose in each topic, with intervals."""
    market = read("quality")["p1"]
    head = ["topic", "violations", "sellers with any", "ensemble", "auto chose", "AUPRC of that",
            "its Precision@50"]  # fmt: skip
    rows = [
        [t.replace("_", " "), f"{m['positives']:,}", str(m["sellers_with_positives"]),
         ranged(m["auprc_of"]["ensemble"]), m["chosen"], ranged(m["auprc"]),
         ranged(m["precision_at_50"])]
        for t, m in market.items()
    ]  # fmt: skip
    return table(head, rows)


def default() -> str:
    """Give the kinds by the default command, and the linear model by other settings."""
    figures = read("by_default")
    topics, n = figures["p1"], figures["topics_in_mean"]
    head = ["detector", f"mean of {n}", "fold by fold", *(t.replace("_", " ") for t in topics)]
    names = {
        **NAMES,
        "linear_without_copies": "linear, without copies",
        "linear_with_copies": "linear, with copies",
        "linear_fixed_without_copies": "linear, fixed settings, without copies",
    }
    means, in_folds = figures["p1_mean_of_six_auprc"], figures["p1_mean_of_six_mean_of_folds"]
    rows = [
        [names[kind], three(means[kind]), three(in_folds[kind]),
         *(three(one["auprc_of"][kind][0]) for one in topics.values())]
        for kind in names
        if kind in means
    ]  # fmt: skip
    return table(head, rows)


def decided() -> str:
    """Give what the folds of each topic decided about copies."""
    lines = [
        f"* {topic.replace('_', ' ')}: {remark}\n"
        for topic, one in read("by_default")["p1"].items()
        for remark in one["decided"]
        if "copies" in remark
    ]
    return "".join(lines)


def choice() -> str:
    """Give what it costs that a text score chooses."""
    if (seconds := read("train").get("seconds_of_a_core")) is None:
        return "Not measured yet: `python -m bench train`.\n"
    names = {
        "fixed": "fixed settings, no copies",
        "chosen": "chosen settings, no copies",
        "fixed_with_copies": "fixed settings, copies",
        "default": "the default: chosen settings, copies where they pay",
        "second_kind_of_the_same_text": "`linear` after `gbdt` in one comparison",
    }
    rows = [[name, f"{seconds[way]:.0f}"] for way, name in names.items()]
    return table(["training of 50,000 rows, GBDT", "seconds of a core"], rows)


def curves() -> str:
    """Give the AUPRC of every kind by the number of violations, and what auto picked."""
    figures = read("learning_curves")
    kinds = ("auto", "linear", "tfidf", "gbdt", "sentences", "ensemble", "tfidf_lr")
    rows = []
    for topic, of_topic in figures["topics"].items():
        for positives, one in of_topic.items():
            picks = ", ".join(f"{name} {times}" for name, times in one["auto_chose"].items())
            cells = [three(one["auprc"][kind]) for kind in kinds]
            name = topic.replace("_", " ")
            rows.append([name, positives, str(one["draws"]), *cells, picks])
    whole = figures["topics_in_mean"] > 1
    for positives, means in (figures["mean_of_topics"] if whole else {}).items():
        cells = [three(means[kind]) for kind in kinds]
        name = f"mean of {figures['topics_in_mean']} topics with all three"
        rows.append([name, positives, "", *cells, ""])
    head = ["set and topic", "violations", "draws", *(NAMES[kind] for kind in kinds), "auto picked"]
    return table(head, rows)


def signed(found: list[float]) -> str:
    """Give a difference with its interval; bold where the interval leaves 0 out."""
    told = f"{found[0]:+.3f} ({found[1]:+.3f} to {found[2]:+.3f})"
    return f"**{told}**" if found[1] > 0 or found[2] < 0 else told


def less_tfidf(head: str, topics: dict[str, dict[str, Any]]) -> str:
    """Give what each kind is over the floor, a row a topic."""
    known = {name for topic in topics.values() for name in topic["minus_tfidf_lr"]}
    kinds = [name for name in NAMES if name in known]
    rows = [
        [name, f"{one['positives']:,}", three(one["auprc"]["tfidf_lr"]),
         *(signed(one["minus_tfidf_lr"][k]) if k in one["minus_tfidf_lr"] else "" for k in kinds)]
        for name, one in topics.items()
    ]  # fmt: skip
    names = [NAMES[kind] for kind in kinds]
    return table([head, "violations", "TF-IDF + logistic regression", *names], rows)


def elsewhere() -> str:
    """Give every labelled set, and where each kind wins, ties and loses."""
    figures = read("elsewhere")
    kinds = {name: v for name, v in figures["over_all_sets"].items() if name in NAMES}
    whole = [
        [NAMES[name], str(one["topics"]), f"{one['mean']:+.3f}", str(one["wins"]),
         str(one["ties"]), str(one["losses"])]
        for name, one in sorted(kinds.items(), key=lambda pair: list(NAMES).index(pair[0]))
    ]  # fmt: skip
    head = ["detector", "topics", "mean difference", "surely above", "neither", "surely below"]
    topics = {
        f"{source.replace('_', ' ')}: {topic.replace('_', ' ')}": one
        for source, of_source in figures["sets"].items()
        for topic, one in of_source.items()
    }
    return table(head, whole) + "\n" + less_tfidf("set and topic", topics)


def moves() -> str:
    """Give other times and markets."""
    found = read("elsewhere")["moves"]
    return less_tfidf("learnt in, judged in", {k.replace("_", " "): v for k, v in found.items()})


def multimodal() -> str:
    """Give the F1 of every fusion."""
    found = read("gmu")["multimodal"]
    kinds = ("weighted", "samples", "micro", "macro")
    rows = [
        [name, *(three(scores[kind]["mean"]) for kind in kinds)]
        for name, scores in found["f1"].items()
    ]
    less = [
        [f"gated unit minus {name}", *(f"{one[k][0]:+.3f} ({one[k][1]:+.3f} to {one[k][2]:+.3f})"
                                       for k in kinds)]
        for name, one in found["gated_unit_minus"].items()
    ]  # fmt: skip
    return table(["fusion", *kinds], rows) + "\n" + table(["difference", *kinds], less)


def speed() -> str:
    """Give what scoring and training cost."""
    found = read("gmu")["speed"]
    text, training = found["text_and_table"], found["training"]
    times = text["dense_ms_of_1000"] / text["bare_onnx_runtime_ms_of_1000"]
    rows = [
        ["20 topics, text and table, one core", f"{text['listings_a_second']:,.0f} listings/s"],
        ["with a 224x224 picture", f"{found['pictures']['images_a_second']:,.0f} images/s"],
        ["the network in ONNX Runtime, against a bare session", f"{times:.2f}x"],
        [f"training, {training['items']:,} items with pictures, {training['topics']} topics, "
         f"{training['networks']} networks, {training['threads']} threads",
         f"{training['minutes']:.1f} minutes on the {training['device'].upper()}"],
    ]  # fmt: skip
    return table(["what", "measured"], rows)


def demo() -> str:
    """Give what auto chose for the demo's topics, and why."""
    if not (ROOT / "bench" / "results" / "choosing.json").is_file():
        return ""
    rows = []
    for topic, one in read("choosing").items():
        if isinstance(one, str):
            rows.append([topic, "rules", one])
        else:
            rows.append([topic, one["chosen"], one["why"]])
    lines = [["topic", "chosen", "why"], ["---"] * 3, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def attacks() -> str:
    """Give the recall that is kept under each disguise, mean of six topics."""
    means = read("attacks")["means"]
    cases = [(case, words) for words in ("strongest", "random") for case in means]
    head = ["disguise", *(f"{words} words, {case.replace('_', ' ')}" for case, words in cases)]
    kept = {case: means[case]["kept"] for case in means}
    names = dict.fromkeys(name.partition(".")[0] for name in kept["with_copies"])
    rows = [
        [f"`{name}`", *(three(kept[case][f"{name}.{words}"]) for case, words in cases)]
        for name in names
    ]
    return table(head, rows)


def labelling() -> str:
    """Give how many labels each way of choosing needs, over those of random choice."""
    found = read("active")
    topics = [t for t, one in found.items() if isinstance(one, dict) and "labels" in one]
    head = ["choice", "mean of six", *(t.replace("_", " ") for t in topics)]
    rows = [
        [name, ranged(ratio), *(f"{found[t]['ratio'][name][0]:.2f}" for t in topics)]
        for name, ratio in found["ratio_to_random"].items()
    ]
    return table(head, rows)


def reading() -> str:
    """Give how much text in pictures is read, and what it costs."""
    head = ["pictures", "words read", "seconds", "words read, engine as it comes", "its seconds"]
    rows = []
    for name, one in read("reading").items():
        cells = [
            value
            for who in ("ours", "as_it_comes")
            for value in (
                "" if name == "no_text" else f"{one[who]['words_read']:.2f}",
                f"{one[who]['seconds_a_picture']:.2f}",
            )
        ]
        rows.append([name.replace("_", " "), *cells])
    return table(head, rows)


def embedding() -> str:
    """Give what a sentence embedding costs."""
    found = read("sentences")
    english, japanese = (found["titles_a_second"][name] for name in ("english", "japanese"))
    rows = [
        [name, f"{rate:,.0f}", f"{japanese[name]:,.0f}", f"{1000 / rate:.1f}",
         f"{found['megabytes'][name]:,.0f}" if name in found["megabytes"] else ""]
        for name, rate in english.items()
    ]  # fmt: skip
    head = ["encoder", "English titles a second", "Japanese ones", "ms an English one", "MB"]
    return table(head, rows)


ENCODERS = {"none": "none", "english": "English", "multilingual": "multilingual"}


def languages() -> str:
    """Give what each encoder adds to an ensemble where texts are Japanese."""
    found = read("languages")
    asked, toxic = found["learnt_in_english_asked_in_japanese"], found["japanese_toxic"]
    near, every = (asked[f"auc_against_{name}near_misses"] for name in ("", "all_"))
    measures = {
        "own near misses, AUC": near["mean"],
        "all near misses, AUC": every["mean"],
        **{f"{name}, AUPRC": one["auprc"] for name, one in toxic.items()},
    }
    differences = [near, every, *toxic.values()]
    pairs = list(near["differences"])
    rows = [
        [name, *(three(values[key]) for key in ENCODERS),
         *(signed(one["differences"][pair]) for pair in pairs)]
        for (name, values), one in zip(measures.items(), differences, strict=True)
    ]  # fmt: skip
    topics = [
        [f"{topic.replace('_', ' ')}", "{} / {}".format(*asked["titles"][topic]),
         *(three(near["topics"][key][topic]) for key in ENCODERS)]
        for topic in asked["titles"]
    ]  # fmt: skip
    head = ["judged by", *ENCODERS.values(), *pairs]
    of_topics = ["learnt from English titles, asked in Japanese", "violating / near misses"]
    return table(head, rows) + "\n" + table([*of_topics, *ENCODERS.values()], topics)


def shift() -> str:
    """Give the calibration error before and after labels corrected it, by shift and topic."""
    found = read("calibration")
    head = ["labels", "prevalence", "topics", "ECE before", "prior alone, times", "ECE after",
            "times", "halved in", "worse in", "ECE of the list"]  # fmt: skip
    rows = [
        [name, moved, str(one["topics"]), f"{one['mean_before']:.4f}",
         f"{one['ratio_prior_alone']:.2f}", f"{one['mean_after']:.4f}", f"{one['ratio']:.2f}",
         str(one["halved_in"]), str(one["worse_in"]),
         f"{one['list_before']:.3f} → {one['list_after']:.3f}"]
        for name, of_name in found.items()
        for moved, one in ((moved, figures["all"]) for moved, figures in of_name.items())
    ]  # fmt: skip
    first = found[next(iter(found))]
    parts = ["topic", *(f"{moved}: {what}" for moved in first for what in ("ECE", "flagged"))]
    names = dict.fromkeys(name for moved in first.values() for name in moved["topics"])
    topics = [[n.partition("/")[2].replace("_", " "), *_shifted(first, n)] for n in names]
    return table(head, rows) + "\n" + table(parts, topics)


def _shifted(figures: dict[str, Any], name: str) -> list[str]:
    cells = []
    for moved in figures.values():
        one = moved["topics"].get(name)
        known = one and [f"{one['before']:.4f} → {one['after']:.4f}", f"{one['flagged']:.2f}"]
        cells += known or ["", ""]
    return cells


TABLES: dict[str, Callable[[], str]] = {
    "elsewhere": elsewhere,
    "moves": moves,
    "curves": curves,
    "default": default,
    "decided": decided,
    "choice": choice,
    "quality": quality,
    "intervals": intervals,
    "multimodal": multimodal,
    "speed": speed,
    "demo": demo,
    "attacks": attacks,
    "labelling": labelling,
    "reading": reading,
    "embedding": embedding,
    "shift": shift,
    "languages": languages,
}


def page(text: str) -> str:
    """Fill every marked table in."""
    return MARKED.sub(lambda m: f"{m[1]}{filled(m[2])}{m[3]}", text)


def filled(name: str) -> str:
    """Give a table; a sentence where its bench has not run yet."""
    try:
        return TABLES[name]()
    except FileNotFoundError as error:
        return f"Not measured yet: `python -m bench {Path(error.filename).stem}`.\n"


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

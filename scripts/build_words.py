"""Make the two lists of words that the normaliser mends broken words to.

    python scripts/build_words.py

`words.txt`: English, the more frequent first, from symspellpy (82,765 words) and zxcvbn (30,000
words of Wikipedia), both under the MIT licence. `hidden.txt`: what sellers hide, from the starter
pack's rules, the table of synonyms and `hidden_names.txt`. Needs `pip install symspellpy zxcvbn`,
which nothing else does. Run it again when the starter pack has new words: a test says when.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import chain, zip_longest
from pathlib import Path

from mimawari.detectors.packs import starter
from mimawari.detectors.rules.compiled import texts_of
from mimawari.detectors.topicfile import load
from mimawari.listings.disguises.synonyms import built_in
from mimawari.listings.normalise.lexicon import EMPTY, FREQUENT, GENERAL, HIDDEN, is_japanese, lists
from mimawari.listings.normalise.readings import Readings

FOLDER = Path(str(files("mimawari.listings.normalise")))
NAMES = Path(__file__).with_name("hidden_names.txt")
PART = re.compile(r"[ぁ-ゖァ-ヺー一-鿿]{3,}|[a-z]{4,}")
MOST, LEAST_LATIN, LEAST_JAPANESE = 70_000, 3, 2


def general() -> list[str]:
    """Give the words of both lists, each once: one of this, one of that, by their frequency."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    table = files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    books = [line.split()[0] for line in table.read_text("utf-8-sig").splitlines()]
    pairs = zip_longest(books, FREQUENCY_LISTS["english_wikipedia"])
    words = dict.fromkeys(word for word in chain.from_iterable(pairs) if word)
    fit = [w for w in words if w.isascii() and w.isalpha() and w.islower() and len(w) > 1]
    return fit[:MOST]


def of_rules() -> list[str]:
    """Give the words and phrases of the starter pack's rules, and the words in expressions."""
    words: list[str] = []
    for topic in map(load, starter()):
        conditions = {rule.id: rule.when for rule in topic.rules}
        for rule in topic.rules:
            texts = texts_of(rule.when, conditions)
            for text in texts:
                for pattern in text.patterns:
                    words += parts(pattern) if text.kind == "regex" else [pattern]
    return words


def parts(text: str) -> list[str]:
    """Give the longer runs of Japanese and of rare Latin letters in a phrase or an expression."""
    plain = re.sub(r"\\.", " ", text)
    return [w for w in PART.findall(plain) if not w.isascii() or w not in frequent()]


@cache
def frequent() -> frozenset[str]:
    """Give the words that say nothing when they are hidden."""
    return frozenset(lists()[0][:FREQUENT])


def hidden() -> list[str]:
    """Give the words that sellers hide, folded; what folds to several words is left out."""
    lines = NAMES.read_text("utf-8").splitlines()[1:]
    names = [word for line in lines for word in line.split()]
    of_synonyms = [word for table in built_in().values() for word in table]
    texts = Readings({}).fold([*of_rules(), *of_synonyms, *names], EMPTY)
    folded = {texts.text(i) for i in range(len(texts))}
    of_phrases = (word for text in folded if not fits(text) for word in parts(text))
    return sorted(filter(fits, folded.union(of_phrases)))


def fits(word: str) -> bool:
    """Whether a folded word is of one script and long enough to be told when it is broken."""
    latin = word.isascii() and word.isalpha() and len(word) >= LEAST_LATIN
    return latin or (len(word) >= LEAST_JAPANESE and is_japanese(word))


def main() -> None:
    """Write both lists."""
    (FOLDER / GENERAL).write_text("\n".join(general()) + "\n", "utf-8")
    (FOLDER / HIDDEN).write_text("\n".join(hidden()) + "\n", "utf-8")


if __name__ == "__main__":
    main()

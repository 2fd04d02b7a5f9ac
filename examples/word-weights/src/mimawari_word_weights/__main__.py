"""Train: ``python -m mimawari_word_weights LISTINGS TOPIC FOLDER``, where labels stand."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from mimawari_word_weights.train import train

if __name__ == "__main__":
    listings, topic, folder = sys.argv[1:]
    print(train(Path(listings), topic, Path(folder), getpass.getuser()))

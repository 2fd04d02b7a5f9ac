"""Every command that reads a file reads it alike: no title, no currency, names of labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench.server import Server
from tests.service.conftest import new_server
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import train
from mimawari.detectors.packs import starter
from mimawari.errors import InvalidInputError
from mimawari.evaluation.choosing.source import FileSource
from mimawari.listings.readers import Reading, read_listings

WEAPONS = next(path for path in starter() if path.stem == "weapons")
ALL_BAD = (
    "all.csv: has no good row: currency is missing beside a price in 240 of 240; "
    "give its ISO 4217 code, or one for the whole file, such as --currency JPY"
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Texts without titles, prices without a currency, a column of label names."""
    rows = []
    for i in range(240):
        violates = i % 4 == 0
        text = f"glock 19 pistol {i % 7}, 9mm" if violates else f"teapot {i} of tin {i % 7}"
        label = ("weapons; metal" if violates else "metal") if i % 3 else ""
        rows.append(f'{i},s{i % 9},"{text}",{i}.50,{label}')
    path = tmp_path / "all.csv"
    path.write_text("id,seller_id,description,price,labels\n" + "\n".join(rows) + "\n", "utf-8")
    return path


@pytest.fixture
def model(source: Path, tmp_path: Path) -> Path:
    rows = collect(FileSource(source, reading=Reading("USD")).labelled("weapons"))
    artifact.save(train(rows, "weapons"), tmp_path / "model")
    return tmp_path / "model"


def output_of(*arguments: object) -> tuple[int, str]:
    """Run a command; an error that the program's entrance would print is printed."""
    done = CliRunner().invoke(app, [str(part) for part in arguments])
    said = done.output
    if isinstance(done.exception, InvalidInputError):
        said += str(done.exception)
    elif done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, said


# What each command is given beside the file, and what it says where all is well.
COMMANDS: dict[str, Callable[[Path, Path, Path], tuple[list[object], str]]] = {
    "train": lambda source, model, out: (
        ["train", "--from", source, "--topic", "weapons", "--algorithm", "linear", "-o", out],
        "160 labelled listings, 40 violate.",
    ),
    "evaluate": lambda source, model, out: (
        ["evaluate", "--from", source, "--topic", "weapons", "--algorithm", "linear"],
        "160 labelled listings, 40 violate.",
    ),
    "attack": lambda source, model, out: (
        ["attack", "--from", source, "--model", model, "--attacks", "misspelling,stuffing"],
        "Keeps least of those not in training under misspelling",
    ),
    "score": lambda source, model, out: (["score", source, "--model", model, "-o", out], ""),
    "select": lambda source, model, out: (
        ["select", "--from", source, "--topic", "weapons", "-o", out.with_suffix(".csv")],
        "50 of 80 listings without a label are in",
    ),
    "duplicates": lambda source, model, out: (
        ["duplicates", source, "-o", out],
        "240 listings: ",
    ),
    "replay": lambda source, model, out: (
        ["rules", "replay", WEAPONS, "--listings", source],
        "60 of 240 listings are flagged",
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_read_files_alike(command: str, source: Path, model: Path, tmp_path: Path) -> None:
    arguments, well = COMMANDS[command](source, model, tmp_path / "out")
    code, said = output_of(*arguments)
    assert code != 0
    assert said.rstrip().endswith(ALL_BAD)
    code, said = output_of(*arguments, "--currency", "dollar")
    assert code != 0
    assert "--currency: 'dollar' is unknown; did you mean USD?" in said
    code, said = output_of(*arguments, "--currency", "USD")
    assert code == 0, said
    assert well in " ".join(said.split())


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_another_column_of_names(command: str, source: Path, tmp_path: Path) -> None:
    text = source.read_text("utf-8").replace("price,labels", "note:price,kinds")
    source.write_text(text, "utf-8")
    arguments, well = COMMANDS[command](source, tmp_path, tmp_path / "out")
    code, said = output_of(*arguments)
    assert code != 0
    assert "column 'kinds': is unknown" in said
    code, said = output_of(*arguments, "--label-column", "kinds")
    assert code == 0, said
    assert well in said


def test_a_topic_that_no_row_names_is_asked_back(source: Path, tmp_path: Path) -> None:
    arguments = ["evaluate", "--from", source, "--topic", "weapon", "--currency", "USD"]
    code, said = output_of(*arguments)
    assert code == 2
    assert said.rstrip().endswith(
        "label:weapon: has no label in all.csv; did you mean --topic weapons?"
    )


def test_labels_on_refused_rows_alone_say_so(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title,price,label:guns\n1,gun,5,1\n2,cup,,\n", "utf-8")
    code, said = output_of("train", "--from", path, "--topic", "guns", "-o", tmp_path / "m")
    assert code == 2
    last = said.rstrip().splitlines()[-1]
    assert last.startswith("label:guns: has no label in a.csv, of which 1 rows are left out (curr")


def test_options_of_a_file_need_one(tmp_path: Path) -> None:
    code, said = output_of("train", "--topic", "guns", "--currency", "JPY", "-o", tmp_path / "m")
    assert code == 2
    assert "--currency: speaks of a file; name it: --from" in said


def test_select_writes_what_train_reads(source: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "round.csv"
    arguments = ["select", "--from", source, "--topic", "weapons", "--currency", "USD"]
    assert output_of(*arguments, "-o", chosen)[0] == 0
    rows = list(read_listings(chosen))
    assert all(row.listing is not None for row in rows), [row.problems for row in rows]
    assert {row.listing.currency for row in rows if row.listing} == {"USD"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with new_server(tmp_path_factory.mktemp("people")) as running:
        yield running


def test_ingest_reads_them_too(server: Server, source: Path) -> None:
    refused = server.command("ingest", str(source))
    assert refused.returncode == 1
    assert "240 rejected" in refused.stdout
    assert refused.stderr.rstrip().endswith(ALL_BAD)
    taken = server.command("ingest", str(source), "--restart", "--currency", "USD")
    assert taken.returncode == 0, taken.stderr
    assert "240 accepted" in taken.stdout

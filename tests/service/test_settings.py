"""Every setting is documented, every documented setting exists, a wrong one is told."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from mimawari.errors import InvalidInputError
from mimawari.listings.normalise import canonical, use_readings
from mimawari.service.project import config
from mimawari.service.project.database import database

PAGE = (Path(__file__).parents[2] / "docs" / "operate.md").read_text("utf-8")
FIELDS = {f"MIMAWARI_{f.name.upper()}": f for f in msgspec.structs.fields(config.Config)}
ROW = re.compile(r"^\| `(MIMAWARI_[A-Z_]+)` \| (.+?) \|", re.M)


def shown(default: object) -> str:
    """Write a default as the table does."""
    if isinstance(default, tuple):
        return f"`{','.join(default)}`" if default else "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_the_table_holds_every_setting_with_its_default() -> None:
    table = dict(ROW.findall(PAGE))
    assert table == {name: shown(field.default) for name, field in FIELDS.items()}


def test_every_name_in_the_page_exists() -> None:
    assert set(re.findall(r"MIMAWARI_[A-Z_]*[A-Z]", PAGE)) == {
        *FIELDS,
        "MIMAWARI_CONFIG",
        "MIMAWARI_REMOTE_KEY",
    }


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MIMAWARI_LEASE_SECOND", "MIMAWARI_LEASE_SECONDS"),
        ("MIMAWARI_DATABASEURL", "MIMAWARI_DATABASE_URL"),
        ("MIMAWARI_XQZ", "see docs/operate.md"),
    ],
)
def test_an_unknown_variable_is_an_error(name: str, meant: str) -> None:
    with pytest.raises(InvalidInputError, match=f"{name}: is no setting.*{meant}"):
        config.load({name: "1"})


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"MIMAWARI_LEASE_SECONDS": "soon"}, "lease_seconds"),
        ({"MIMAWARI_LEASE_SECONDS": "0"}, "lease_seconds"),
        ({"MIMAWARI_LOGIN_ATTEMPTS": "-1"}, "login_attempts"),
        ({"MIMAWARI_HTTPS": "perhaps"}, "https"),
        ({"MIMAWARI_LANGUAGE": "xx"}, "language"),
        ({"MIMAWARI_IMAGE_ORIGINS": "https://img.example/"}, "image_origins"),
        ({"MIMAWARI_IMAGE_ORIGINS": "https://a.example;script-src *"}, "image_origins"),
        ({"MIMAWARI_IMAGE_ORIGINS": "*"}, "image_origins"),
        ({"MIMAWARI_IMAGE_PRIVATE_NETWORKS": "10.1.0.0/8"}, "image_private_networks.*host bits"),
        ({"MIMAWARI_IMAGE_PRIVATE_NETWORKS": "intranet"}, "image_private_networks.*write it as"),
        ({"MIMAWARI_IMAGE_WAIT_SECONDS": "-1"}, "image_wait_seconds"),
        ({"MIMAWARI_IMAGE_TEXT": "true"}, "image_text: is on, but no picture is kept"),
        ({"MIMAWARI_TRUSTED_ORIGINS": "mod.example"}, "trusted_origins"),
        ({"MIMAWARI_CONFIG": "missing.toml"}, "MIMAWARI_CONFIG"),
    ],
)
def test_a_wrong_value_names_the_setting(environ: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        config.load(environ)


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mimawari.toml"
    file.write_text('lease_second = 60\nhttps = "perhaps"\nlogin_attempts = 7\n', "utf-8")
    environ = {
        "MIMAWARI_CONFIG": str(file),
        "MIMAWARI_LOGIN_ATTEMPTS": "soon",
        "MIMAWARI_IMAGE_ORIGINS": "*,https://img.example",
        "MIMAWARI_LANGUAG": "ja",
        "MIMAWARI_IMAGE_PRIVATE_NETWORKS": "intranet",
    }
    with pytest.raises(InvalidInputError) as refused:
        config.load(environ)
    assert [(one.field, one.remedy) for one in refused.value.problems] == [
        ("MIMAWARI_LANGUAG", "did you mean MIMAWARI_LANGUAGE?"),
        ("lease_second", "did you mean lease_seconds?"),
        ("https", config.SEE),
        ("login_attempts", config.SEE),
        ("image_origins", "write it as https://img.example, no path"),
        ("image_private_networks", "write it as 10.1.0.0/16 or fd00:1::/32"),
    ]


def test_reading_pictures_needs_what_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"MIMAWARI_IMAGE_TEXT": "true", "MIMAWARI_IMAGE_ORIGINS": "https://img.example"}
    monkeypatch.setattr(config, "find_spec", lambda _name: None)
    with pytest.raises(InvalidInputError, match=r"image_text: .*pip install 'mimawari\[ocr\]'"):
        config.load(environ)


def test_readings_of_the_operator(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text('[brands]\nacme = ["アクメ"]\n', "utf-8")
    try:
        config.apply_readings(config.load({"MIMAWARI_READINGS": str(file)}))
        assert canonical("アクメとナイキ") == "acme と nike"
        file.write_text('[brands]\nacme = ["ナイキ"]\n', "utf-8")
        wrong = config.load({"MIMAWARI_READINGS": str(file)})
        with pytest.raises(InvalidInputError, match=r"^readings: ours.toml: brands.acme: "):
            config.apply_readings(wrong)
    finally:
        use_readings(None)
    assert canonical("アクメ") == "あくめ"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mimawari.toml"
    file.write_text('lease_seconds = 60\nallowed_hosts = ["a.example"]\n', "utf-8")
    environ = {"MIMAWARI_CONFIG": str(file), "MIMAWARI_LEASE_SECONDS": "90"}
    found = config.load(environ)
    assert (found.lease_seconds, found.allowed_hosts) == (90, ("a.example",))
    listed = config.load({**environ, "MIMAWARI_ALLOWED_HOSTS": "b.example,c.example"})
    assert listed.allowed_hosts == ("b.example", "c.example")
    file.write_text("lease = 60\n", "utf-8")
    with pytest.raises(InvalidInputError, match="lease"):
        config.load({"MIMAWARI_CONFIG": str(file)})


@pytest.mark.parametrize("url", ["", "mysql://a/b", "sqlite://", "postgresql://host", "x"])
def test_an_unusable_database_address(url: str) -> None:
    with pytest.raises(InvalidInputError, match="database_url"):
        database(url)

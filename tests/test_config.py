from __future__ import annotations

from pathlib import Path

import pytest

from daemon.config import load_settings, store_setting
from daemon.kernel.errors import BadConfig


def environ(home: Path, **more: str) -> dict[str, str]:
    return {"ROADIE_HOME": str(home), **more}


def test_the_command_line_stands_above_the_environment_and_that_above_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('pause_heavy = "playing"\n[http]\nport = 1\n[workers]\ncpu = 3\n')
    settings = load_settings(environ(tmp_path, ROADIE_HTTP_PORT="2", ROADIE_PAUSE_HEAVY="never"))
    assert (settings.config.http.port, settings.config.pause_heavy) == (2, "never")
    assert settings.config.workers.cpu == 3
    assert load_settings(environ(tmp_path, ROADIE_HTTP_PORT="2"), **{"http.port": 4}).config.http.port == 4


@pytest.mark.parametrize("folder", ["out", "./a/../out", "{cwd}/a/../out"])
def test_a_delivery_folder_is_absolute_and_has_no_dots(tmp_path: Path, folder: str) -> None:
    settings = load_settings(environ(tmp_path, ROADIE_DELIVERY=folder.format(cwd=Path.cwd())))
    assert settings.delivery_folder == Path.cwd() / "out"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http = 7700", "http"),
        ("[http]\nprot = 1", "prot"),
        ("[http]\nport = 70000", "port"),
        ("[http", "config.toml"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(BadConfig, match=says) as caught:
        load_settings(environ(tmp_path), **{"http.port": 0} if text == "http = 7700" else {})
    assert "config.toml" in str(caught.value)


def test_a_config_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(BadConfig, match="cannot be read"):
        load_settings(environ(tmp_path))


def test_a_mark_that_windows_puts_in_front_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf[http]\nport = 7711\n")
    assert load_settings(environ(tmp_path)).config.http.port == 7711
    store_setting(tmp_path / "config.toml", "pause_heavy", "never")
    settings = load_settings(environ(tmp_path))
    assert (settings.config.http.port, settings.config.pause_heavy) == (7711, "never")


@pytest.mark.parametrize(
    "content", ["x = " + 100_000 * "[", "[http]\nport = " + 5_000 * "9", "[http]\nport = 0x" + 9_000 * "9"]
)
def test_settings_beyond_what_toml_readers_take_are_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.toml").write_text(content)
    with pytest.raises(BadConfig, match=r"config\.toml: the settings cannot be read"):
        load_settings(environ(tmp_path))


@pytest.mark.parametrize(
    ("text", "hint"),
    [("[osc]\nprot = 1\n", "Did you mean 'osc.port'"), ("nope = 1\n", "cache.max_gib, folders.delivery")],
)
def test_a_setting_that_is_none_is_answered_with_those_that_are(tmp_path: Path, text: str, hint: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(BadConfig, match="there is no setting") as caught:
        load_settings({"ROADIE_HOME": str(tmp_path)})
    assert hint in str(caught.value.hint)

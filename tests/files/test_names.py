from __future__ import annotations

import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.files.names import MAX_NAME_BYTES, inside, numbered, safe_name, with_ending
from daemon.kernel.errors import Forbidden

SUFFIXES = st.sampled_from(["", ".wav", ".mid", ".lrc"])
# Any code point at all, lone surrogates included, with what systems treat specially made frequent.
TEXTS = st.text(
    st.one_of(st.characters(), st.characters(categories=["Cs"]), st.sampled_from('./\\:*?"<>| \0\u202e'))
)


@given(TEXTS, SUFFIXES)
@example("con", ".wav")
@example("COM¹.kick", "")
@example("nul .txt", "")
@example("...", "")
@example("e\u0301" * 300, ".wav")
@example("a" * 195 + "  .", ".wav")
@example("../../etc/passwd", "")
def test_a_safe_name_is_one_that_every_system_takes(text: str, suffix: str) -> None:
    name = safe_name(text, suffix)
    assert name.endswith(suffix) and len(name) > len(suffix)
    assert len(name.encode("utf-8")) <= MAX_NAME_BYTES
    assert not set(name) & set('<>:"/\\|?*') and not any(unicodedata.category(c) in ("Cc", "Cs") for c in name)
    assert unicodedata.is_normalized("NFC", name)
    assert name[0] not in ". " and name[-1] not in ". "
    assert not PureWindowsPath(name).is_reserved()
    assert Path("folder", name).name == name


@given(TEXTS)
def test_a_safe_name_is_its_own(text: str) -> None:
    assert safe_name(safe_name(text)) == safe_name(text)


@given(TEXTS)
def test_a_safe_name_can_be_written(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = folder / safe_name(text, ".x")
    path.write_bytes(b"")
    assert path in set(folder.iterdir())
    path.unlink()


def test_an_ending_is_kept_whole_and_so_is_every_letter_before_it(tmp_path: Path) -> None:
    assert with_ending("kick", ".wav") == "kick.wav"
    for name in (251 * "a", 126 * "ä", "a" + 125 * "ä", 62 * "🥁" + "aaa"):
        cut = with_ending(name, " notes.json")
        assert name.startswith(cut.removesuffix(" notes.json")) and len(cut.encode()) in range(252, 256)
        (tmp_path / cut).touch()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Kick 01", "Kick 01"),
        ("AC/DC: Live?", "AC_DC_ Live_"),
        ("  .hidden. ", "hidden"),
        ("Cafe\u0301", "Café"),
        ("aux", "_aux"),
        ("auxiliary", "auxiliary"),
        ("", "untitled"),
        ("\u202egnp.exe", "_gnp.exe"),
    ],
)
def test_what_becomes_of_a_name(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_numbers_stand_before_the_extension_and_fit() -> None:
    assert numbered(Path("/kit/kick.wav"), 1) == Path("/kit/kick.wav")
    assert numbered(Path("/kit/kick.v2.wav"), 12) == Path("/kit/kick.v2 (12).wav")
    long = numbered(Path("/kit/" + "é" * 125 + ".wav"), 2)
    assert long.name.endswith("é (2).wav") and len(long.name.encode()) <= 255


def test_a_path_stays_inside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit/out").symlink_to(tmp_path)
    kit = tmp_path / "kit"
    assert inside(kit, Path("a/../b.wav")) == kit / "b.wav"
    assert inside(kit, kit / "b.wav") == kit / "b.wav"
    for path in ("../b.wav", "/etc/passwd", "out/b.wav", str(tmp_path / "kit2/b.wav")):
        with pytest.raises(Forbidden):
            inside(kit, Path(path))

"""Rule files that are no rules: each is listed with its problem, and the others go on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import pytest

from rules.book import RuleBook
from rules.view import rule_view

RULE = '[when]\nevent = "asset.added"\n[[then]]\ntag = "new"\n'
BROKEN = {
    "deep brackets": b"x = " + 100_000 * b"[",
    "many digits": b"priority = " + 5_000 * b"9",
    "many hexadecimal digits": b"priority = 0x" + 9_000 * b"9",
    "not UTF-8": b'name = "caf\xe9"',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_keeps_no_other_rule_from_being_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbf" + RULE.encode())  # with the mark of editors on Windows
    (tmp_path / "x.toml").write_bytes(content)
    book = RuleBook(tmp_path)
    book.refresh()
    assert book.get("mine").rule is not None
    assert str(tmp_path / "x.toml") in str(book.get("x").problem)


@pytest.mark.skipif(os.name != "posix", reason="needs a named pipe")
def test_a_pipe_in_the_place_of_a_rule_keeps_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.toml")
    book = RuleBook(tmp_path)
    book.refresh()
    assert "a folder, a pipe or a device" in str(book.get("x").problem)


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode on this system")
def test_a_file_name_that_is_not_utf8_can_be_sent(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.toml")).write_text(RULE)
    book = RuleBook(tmp_path)
    book.refresh()
    entry = book.get(r"caf\udce9")
    assert entry.problem is not None  # its name is none for a rule
    assert msgspec.json.encode(rule_view(entry, 0, lambda _folder: True))

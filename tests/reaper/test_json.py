"""The JSON codec of the scripts, against Python's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reaper.session import SCRIPTS

ECHO = """
package.path = arg[1] .. "/?.lua;" .. package.path
local json = require("json")
for line in io.lines() do
  local well, value = pcall(json.decode, (line:gsub("\\1", "\\n")))
  if well then io.write("ok ", json.encode(value), "\\n") else io.write("no ", value:gsub("\\n", " "), "\\n") end
end
"""


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lua") / "echo.lua"
    path.write_text(ECHO)
    return path


def through(echo: Path, texts: list[bytes]) -> list[str]:
    joined = b"\n".join(text.replace(b"\n", b"\1") for text in texts) + b"\n"
    ran = subprocess.run(
        ["lua5.4", str(echo), str(SCRIPTS / "lib")], input=joined, capture_output=True, check=True
    )
    return ran.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\1"))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, min_size=1, max_size=4),
    max_leaves=12,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.lists(values, min_size=20, max_size=20), st.booleans())
def test_any_value_comes_back_as_it_was(echo: Path, many: list[Any], ascii_only: bool) -> None:
    asked = [json.dumps(value, ensure_ascii=ascii_only).encode() for value in many]
    for value, told in zip(many, through(echo, asked), strict=True):
        assert told.startswith("ok "), told
        assert json.loads(told[3:]) == value


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,]", "[1 2]", '{"a" 1}', '{"a":1,}', "{1:2}", "nul", "01", "1.", ".5", "+1", "1e", "--1", '"', '"\\x"',
     '"\\u12"', '"a\nb"', "[1] 2", "NaN", "Infinity", "'a'", "[", "tru", "1.2.3", "// x\n1"],
)  # fmt: skip
def test_what_python_refuses_is_refused(echo: Path, text: str) -> None:
    if text not in ("NaN", "Infinity"):  # which Python takes and JSON does not have
        with pytest.raises(ValueError, match=r".+"):
            json.loads(text)
    (told,) = through(echo, [text.encode()])
    assert told.startswith("no this is not JSON"), told


def test_bytes_that_are_no_text_pass_through(echo: Path) -> None:
    # How Python writes a file name that is no UTF-8, and how it reads it back.
    name = b"caf\xe9.wav".decode("utf-8", "surrogateescape")
    (told,) = through(echo, [json.dumps([name]).encode()])
    assert told == f'ok ["{name}"]'


def test_deep_nesting_is_refused_rather_than_fatal(echo: Path) -> None:
    (told,) = through(echo, [b"[" * 100_000])
    assert told.startswith("no ")


def test_numbers_keep_every_bit(echo: Path) -> None:
    numbers = [0.1, 1e-300, 1.7976931348623157e308, 123456789.123456789, 5e-324, -0.0, 2**53, 1 / 3]
    assert [
        json.loads(each[3:]) for each in through(echo, [json.dumps(each).encode() for each in numbers])
    ] == numbers

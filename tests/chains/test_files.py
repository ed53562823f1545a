from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pedalboard
import pytest

from daemon.chains.effects import EFFECTS, Choice, Range, Switch
from daemon.chains.errors import BadChain
from daemon.chains.files import list_chains, load_chain, parse_chain, resolve_chain
from daemon.kernel.errors import FileMissing, NotFound

PUNCH = """\
name = "drum-punch"
normalize = { mode = "true-peak", dbtp = -1.0 }
tail = { until_db = -90.0, max_s = 4.0 }
[[fx]]
use = "HighpassFilter"
cutoff_frequency_hz = 30
only = ["tom", "kick"]
[[fx]]
parallel = [ [ { use = "Compressor", threshold_db = -28.0, ratio = 8.0, attack_ms = 2.0 } ], [] ]
gains_db = [-6.0, 0.0]
"""


def test_the_table_names_pedalboards_own_classes_and_parameters() -> None:
    for name, parameters in EFFECTS.items():
        signature = getattr(pedalboard, name).__init__.__doc__.splitlines()[0]
        for parameter in parameters:
            assert f" {parameter}:" in signature, f"{name} has no {parameter}"


def test_the_ends_of_every_range_are_accepted_by_pedalboard() -> None:
    from daemon.chains.render import play

    silence = __import__("numpy").zeros((1, 512), "float32")
    for name, parameters in EFFECTS.items():
        for key, legal in parameters.items():
            if isinstance(legal, Range):
                values: list[object] = [legal.low, legal.high]
            else:
                values = list(legal.names) if isinstance(legal, Choice) else [True, False]
                assert isinstance(legal, Choice | Switch)
            for value in values:
                play([{"use": name, key: value}], silence, 44100)


def test_a_chain_file_becomes_canonical_and_stays_so() -> None:
    chain = parse_chain(Path("punch.toml"), PUNCH)
    assert chain["fx"] == [
        {"use": "HighpassFilter", "cutoff_frequency_hz": 30.0, "only": ["kick", "tom"]},
        {
            "parallel": [
                [{"use": "Compressor", "attack_ms": 2.0, "ratio": 8.0, "threshold_db": -28.0}],
                [],
            ],
            "gains_db": [-6.0, 0.0],
        },
    ]
    assert resolve_chain(chain) == chain


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[fx]]\nuse = "Compresor"', ["chain.toml, line 2", "'Compresor'", "Did you mean 'Compressor'?"]),
        ('[[fx]]\nuse = "Gain"\ngian_db = 3', ["line 3", "Gain has no parameter 'gian_db'", "gain_db"]),
        ('[[fx]]\nuse = "Gain"\n[[fx]]\nuse = "Compressor"\nratio = 400', ["line 5", "from 1 to 100, not 400"]),
        ('[[fx]]\nuse = "Gain"\ngain_db = true', ["line 3", "a number from -60 to 60"]),
        ('[[fx]]\nuse = "Gain"\ngain_db = nan', ["line 3", "a number from -60 to 60"]),
        ('[[fx]]\nplugin = "vst3:Vendor/Name"\nuse = "Gain"', ["line 3", "'use' does not go with plugin"]),
        ('[[fx]]\nplugin = "x"\nfile = "/x.vst3"', ["line 3", "'file' does not go with plugin", "preset"]),
        ('[[fx]]\nplugin = "x"\npreset = "a"\nstate = "b"', ["line 4", "either preset or state"]),
        ('[[fx]]\nplugin = "x"\nparams = [1]', ["line 3", "params must be a table"]),
        ('[[fx]]\nplugin = "x"\npreroll_s = 99', ["line 3", "from 0 to 30, not 99"]),
        ('[[fx]]\nuse = "Convolution"', ["line 2", "recorded impulse"]),
        ('[[fx]]\nuse = "VST3Plugin"', ["line 2", "vst3:Vendor/Name"]),
        ('[[fx]]\nuse = "Gain"\nwet = 2', ["line 3", "from 0 to 1, not 2"]),
        ('channels = "surround"', ["line 1", "mono, stereo"]),
        ("resample = { }", ["line 1", "needs rate_hz"]),
        ("dither = { bits = 64 }", ["line 1", "from 8 to 24"]),
        ('[[fx]]\nuse = "LadderFilter"\nmode = "LPF13"', ["line 3", "LPF12"]),
        ("[[fx]]\nparallel = [[], []]\ngains_db = [0.0]", ["line 3", "each of the 2 branches"]),
        ('[[fx]]\nuse = "Gain"\nonly = "kick"', ["line 3", "only must be a list"]),
        ('normalise = { mode = "peak" }', ["line 1", "Did you mean 'normalize'?"]),
        ('normalize = { mode = "lufs" }', ["line 1", "needs lufs"]),
        ('normalize = { mode = "peak", dbfs = -1, lufs = -9 }', ["line 1", "goes by dbfs, not lufs"]),
        ('[[fx]]\nuse = "Gain"\nonly = []', ["line 3", "only must be a list of classes"]),
        ("x = " + 100_000 * "[", ["nested too deep"]),
        (
            '[[fx]]\nuse = "Gain"\ngain_db = ' + 400 * "9",
            ["line 3", "from -60 to 60, not a number of so many digits"],
        ),
        (
            '[[fx]]\nuse = "Gain"\ngain_db = 0x' + 9000 * "9",
            ["line 3", "from -60 to 60, not a number of so many"],
        ),
        ('[[fx]]\nuse = "Gain"\ngain_db = [0x' + 9000 * "9" + "]", ["line 3", "from -60 to 60, not a list"]),
        ('[[fx]]\nuse = "Gain"\ngain_db = ' + 5000 * "9", ["a number of thousands of digits"]),
        ('[[fx]]\nplugin = "x"\nparams = { a = ' + 400 * "9" + " }", ["line 3", "a table of numbers"]),
        ('[[fx]]\nplugin = "x"\nparams = { a = nan }', ["line 3", "a table of numbers"]),
        ("[[fx]]\nratio = 2", ["must be named"]),
        ("[[fx]", ["is not TOML", "line 1"]),
        ("fx = 3", ["fx must be a list"]),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: list[str]) -> None:
    with pytest.raises(BadChain) as caught:
        parse_chain(Path("chain.toml"), text)
    for part in said:
        assert part in caught.value.message
    assert caught.value.code == "bad_chain"


def test_what_editors_on_windows_write_is_read_or_said(tmp_path: Path) -> None:
    text = '[[fx]]\r\nuse = "Gain"\r\n'
    (tmp_path / "mark.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_chain(str(tmp_path / "mark.toml"))["fx"] == [{"use": "Gain"}]
    (tmp_path / "wide.toml").write_bytes(text.encode("utf-16"))
    with pytest.raises(BadChain, match=r"not text in UTF-8.*Save it as UTF-8"):
        load_chain(str(tmp_path / "wide.toml"))


def test_parallel_within_parallel_has_an_end() -> None:
    inner: list[object] = []
    for _ in range(50):
        inner = [{"parallel": [inner]}]
    with pytest.raises(BadChain, match="deep"):
        resolve_chain({"fx": inner})


def test_a_users_chain_hides_a_preset_and_names_are_suggested(tmp_path: Path) -> None:
    (tmp_path / "lo-fi.toml").write_text('about = "mine"\n[[fx]]\nuse = "Gain"\n')
    assert load_chain("lo-fi", [tmp_path])["about"] == "mine"
    assert load_chain("lo-fi")["about"] != "mine"
    assert load_chain(str(tmp_path / "lo-fi.toml"))["name"] == "lo-fi"
    assert list_chains([tmp_path])["lo-fi"] == tmp_path / "lo-fi.toml"
    with pytest.raises(NotFound, match="telephone"):
        load_chain("telefone", [tmp_path])
    with pytest.raises(FileMissing):
        load_chain(str(tmp_path / "gone.toml"))
    with pytest.raises(FileMissing, match="no path"):
        load_chain("a\0b.toml")
    with pytest.raises(BadChain, match="too long"):
        load_chain(3000 * "a" + ".toml")


def test_reading_chains_loads_neither_pedalboard_nor_numpy() -> None:
    code = (
        "import sys, daemon.chains.files as f; import daemon.steps.render\n"
        "f.load_chain('wide-pad')\n"
        "print(sorted({'pedalboard', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_table_has_every_effect_of_pedalboard_but_those_left_out() -> None:
    left_out = {"Chain", "Mix", "Pedalboard", "Plugin", "PluginContainer", "ExternalPlugin", "VST3Plugin"}
    left_out |= {"AudioUnitPlugin", "Convolution", "IIRFilter"}
    effects = {
        name
        for name, one in vars(pedalboard).items()
        if inspect.isclass(one) and issubclass(one, pedalboard.Plugin) and not name.startswith("_")
    }
    assert effects - left_out == set(EFFECTS)


def test_bits_and_rates_are_whole_and_a_level_names_its_own_mode() -> None:
    with pytest.raises(BadChain, match=r"bits must be a whole number from 8 to 24, not 12\.5"):
        resolve_chain({"dither": {"bits": 12.5}})
    assert resolve_chain({"normalize": {"lufs": -14}})["normalize"] == {"mode": "lufs", "lufs": -14.0}


@pytest.mark.skipif(os.name != "posix", reason="needs a named pipe")
def test_a_pipe_in_the_place_of_a_chain_keeps_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.toml")
    with pytest.raises(BadChain, match=r"x\.toml: this is a folder, a pipe or a device"):
        load_chain("x", [tmp_path])

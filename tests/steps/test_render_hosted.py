"""The render step with plug-ins: what goes wrong with one sound stays with it, and is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daemon.kernel.errors import BadParameter, StepFailed
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, Lane
from daemon.steps import rendering
from daemon.steps.render import RenderParams, place
from tests.plugins.build import VENDOR
from tests.plugins.rig import chain, effect, nothing_left_behind, read, write_sound
from tests.steps.context import Context

Plugin = Callable[[str], Path]
STATE = (
    '<?xml version="1.0" encoding="UTF-8"?> <VST3PluginState><IComponent>DATA</IComponent>'
    "<IEditController>DATA</IEditController></VST3PluginState>"
)
"""As JUCE writes one. DATA: how many bytes, and those in JUCE's own base 64."""
DEFAULT = "16.........f+C..........."
"""Two doubles: 0.5 and 0."""


def inputs(
    folder: Path, count: int, poisoned: Collection[int] = (), channels: Mapping[int, int] = {}
) -> tuple[InputFile, ...]:
    made = []
    for i in range(count):
        path = write_sound(folder / f"{i}.wav", i, poison=i in poisoned, channels=channels.get(i, 2))
        made.append(InputFile(path, AssetId(f"asset{i}"), Kind.ONE_SHOT, path.name))
    return tuple(made)


def rendered(tmp_path: Path, given: tuple[InputFile, ...], plan: dict, patience_s: float = 60.0):
    out = tmp_path / "out"
    out.mkdir(exist_ok=True, parents=True)
    context = Context(out)
    try:
        return rendering.run(context, given, RenderParams(chain=plan, patience_s=patience_s)), out
    finally:
        context.close()


def test_the_unprocessed_version_stays_where_a_plugin_crashed(plugin: Plugin, tmp_path: Path) -> None:
    given = inputs(tmp_path, 4, {1})
    plan = chain({"use": "Gain", "gain_db": 0.0}, effect(plugin("CRASH"), params={"gain_db": 6.0}))
    with nothing_left_behind():
        result, out = rendered(tmp_path, given, plan)
    assert [file.parent for file in result.files] == [0, 1, 2, 3]
    for i, file in enumerate(result.files):
        factor = 1.0 if i == 1 else 10 ** (6 / 20)
        assert np.allclose(read(out / file.name), factor * read(given[i].path), atol=1e-4)
    assert f"vst3:{VENDOR}/Crash" in str(result.files[1].meta["unprocessed"])
    assert "unprocessed" not in result.files[0].meta
    (warning,) = result.warnings
    assert warning.startswith("1.wav: ") and f"vst3:{VENDOR}/Crash: crashed" in warning
    (use,) = result.plugins
    assert (use.name, use.done, use.failed, use.in_a_row) == ("Crash", 3, 1, 0)
    assert result.provisional
    assert sorted(path.name for path in out.iterdir()) == sorted(file.name for file in result.files)


def test_it_is_given_up_when_it_fails_again_and_again(plugin: Plugin, tmp_path: Path) -> None:
    given = inputs(tmp_path, 8, {2, 3, 4})
    result, out = rendered(tmp_path, given, chain(effect(plugin("EXITS"), params={"gain_db": 6.0})))
    assert [bool(file.meta.get("unprocessed")) for file in result.files] == [False] * 2 + [True] * 6
    for file, one in list(zip(result.files, given, strict=True))[2:]:
        assert np.array_equal(read(out / file.name), read(one.path))
    assert "3 sounds stay unprocessed" in result.warnings[-1] and "failed 3 times" in result.warnings[-1]
    assert result.plugins[0].in_a_row == 3


def test_one_in_quarantine_is_not_tried(plugin: Plugin, tmp_path: Path) -> None:
    given = inputs(tmp_path, 2)
    plan = chain(effect(plugin("CRASH_ON_LOAD"), blocked="it crashed 3 times"))
    result, out = rendered(tmp_path, given, plan)
    assert all(
        np.array_equal(read(out / f.name), read(g.path)) for f, g in zip(result.files, given, strict=True)
    )
    assert "it crashed 3 times" in result.warnings[0] and "roadie plugins check" in result.warnings[0]
    assert result.provisional and not result.plugins


def test_what_is_no_plugins_fault_is_the_steps_error(plugin: Plugin, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    given = InputFile(tmp_path / "text.wav", AssetId("x"), Kind.ONE_SHOT, "text.wav")
    with pytest.raises(StepFailed, match=r"text\.wav") as caught:
        rendered(tmp_path, (given,), chain(effect(plugin("GAIN"))))
    assert caught.value.error.code == "unreadable_audio"
    with pytest.raises(BadParameter, match="plays notes"):
        rendered(tmp_path, inputs(tmp_path, 1), chain(effect(plugin("INSTRUMENT"))))


def test_long_sounds_go_through_plugins_too(
    plugin: Plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_sound(tmp_path / "long.wav", 1, seconds=100.0)
    given = InputFile(path, AssetId("x"), Kind.SOURCE, "long.wav")
    plan = chain(effect(plugin("LATENCY"), params={"gain_db": -6.0}))
    result, out = rendered(tmp_path, (given,), plan)
    assert np.allclose(read(out / result.files[0].name), 10 ** (-6 / 20) * read(path), atol=1e-4)
    silent, _ = rendered(tmp_path, (given,), chain(effect(plugin("SILENT"))))
    assert "gave silence" in silent.warnings[0]


def test_chains_with_plugins_have_a_lane_and_a_worker_of_their_own(plugin: Plugin) -> None:
    one, other = (chain(effect(plugin("GAIN"), params={"gain_db": db})) for db in (1.0, 2.0))
    assert place(RenderParams(chain=chain()))[0] is Lane.CPU
    first, second = place(RenderParams(chain=one)), place(RenderParams(chain=other))
    assert first[0] is second[0] is Lane.PLUGIN
    assert first[1] != second[1] and first == place(RenderParams(chain=one))


@pytest.mark.parametrize(
    ("key", "content"),
    [("preset", b"VST3 cut off"), ("state", b"no state"), ("state", b"VC2!\x09\0\0\0<VST3Pl")],
)
def test_settings_that_are_not_its_own_are_no_fault_of_a_plugin(
    plugin: Plugin, tmp_path: Path, key: str, content: bytes
) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(content)
    wrong = {key: str(kept), f"{key}_hash": hashlib.sha256(content).hexdigest()}
    with pytest.raises(StepFailed, match=r"plugins save") as caught:
        rendered(tmp_path, inputs(tmp_path, 2), chain(effect(plugin("GAIN"), **wrong)))
    assert str(kept) in caught.value.message


def test_a_state_that_a_plugin_takes_no_notice_of_is_told(plugin: Plugin, tmp_path: Path) -> None:
    """Whole, and of another plug-in: JUCE hands it on, this one refuses it, and nobody says so. One that says what the
    plug-in is set to anyway is no such thing."""
    given = inputs(tmp_path, 2)
    for data, told in (("3.AAAA", 1), (DEFAULT, 0)):
        text = STATE.replace("DATA", data).encode()
        kept = tmp_path / "kept.state"
        kept.write_bytes(b"VC2!" + len(text).to_bytes(4, "little") + text + b"\0")
        state = {"state": str(kept), "state_hash": hashlib.sha256(kept.read_bytes()).hexdigest()}
        result, out = rendered(tmp_path, given, chain(effect(plugin("GAIN"), params={"gain_db": 6.0}, **state)))
        assert len(result.warnings) == told and len(result.files) == 2
        assert all(
            line.endswith("kept.state changed nothing; it may be of another plug-in")
            for line in result.warnings
        )
        assert np.allclose(read(out / result.files[1].name), 10 ** (6 / 20) * read(given[1].path), atol=1e-4)


def test_one_sound_is_one_sound(plugin: Plugin, tmp_path: Path) -> None:
    blocked = chain(effect(plugin("GAIN"), blocked="it failed 3 times"))
    result, _ = rendered(tmp_path, inputs(tmp_path, 1), blocked)
    assert result.warnings[0].startswith("a sound stays unprocessed")


def test_channels_that_a_plugin_has_not_are_no_fault_of_it(plugin: Plugin, tmp_path: Path) -> None:
    """Four of six channels, more than would quarantine it; the others are played, whatever came before them."""
    given = inputs(tmp_path, 8, channels={0: 6, 1: 6, 2: 1, 4: 6, 5: 6})
    result, out = rendered(tmp_path, given, chain(effect(plugin("STEREO_ONLY"), params={"gain_db": 6.0})))
    for i, file in enumerate(result.files):
        factor = 1.0 if i in {0, 1, 4, 5} else 10 ** (6 / 20)
        assert np.allclose(read(out / file.name), factor * read(given[i].path), atol=1e-4), i
    assert result.warnings[0] == (
        f"0.wav: vst3:{VENDOR}/Stereo only: does not take 6 channels. "
        'channels = "stereo" in the chain folds them before it; it stays unprocessed'
    )
    (use,) = result.plugins
    assert (use.done, use.failed, use.in_a_row) == (4, 0, 0)


@pytest.mark.parametrize("seconds", [0.3, 3.0, 100.0])
def test_stereo_through_what_takes_mono_alone_is_dual_mono(
    plugin: Plugin, tmp_path: Path, seconds: float
) -> None:
    """Each side as it would be by itself, in time though the plug-in is late, in one go and block by block; a mono
    sound between them, and channels that nobody splits."""
    paths = [
        write_sound(tmp_path / f"{i}.wav", i, channels=channels, seconds=0.3 if channels == 6 else seconds)
        for i, channels in enumerate((2, 1, 2, 6))
    ]
    given = tuple(InputFile(path, AssetId(path.name), Kind.ONE_SHOT, path.name) for path in paths)
    mono = effect(plugin("MONO_ONLY"), params={"gain_db": 6.0}, preroll_s=0.1)
    result, out = rendered(tmp_path, given, chain(mono, {"use": "Invert"}, wet=0.5))
    for i, path in enumerate(paths[:3]):
        wet = -(10 ** (6 / 20)) * read(path)
        assert np.allclose(read(out / result.files[i].name), 0.5 * read(path) + 0.5 * wet, atol=1e-4), i
    dual, refused = result.warnings
    assert "does not take 6 channels" in refused
    assert dual.startswith(f"vst3:{VENDOR}/Mono only: takes mono alone") and "dual mono" in dual
    assert (result.plugins[0].done, result.plugins[0].failed) == (3, 0)
    alone, _ = rendered(tmp_path / "alone", given[1:2], chain(mono))
    assert not alone.warnings


def test_a_long_sound_that_was_refused_is_not_held_against_the_next(plugin: Plugin, tmp_path: Path) -> None:
    paths = [
        write_sound(tmp_path / "long.wav", 1, channels=6, seconds=32.0),
        write_sound(tmp_path / "short.wav", 2),
    ]
    given = tuple(InputFile(path, AssetId(path.name), Kind.ONE_SHOT, path.name) for path in paths)
    result, _ = rendered(tmp_path, given, chain(effect(plugin("GAIN"))))
    assert len(result.warnings) == 1 and "does not take 6 channels" in result.warnings[0]
    assert (result.plugins[0].done, result.plugins[0].failed) == (1, 0)


def test_a_sound_that_cannot_be_read_costs_no_other(plugin: Plugin, tmp_path: Path) -> None:
    given = inputs(tmp_path, 3)
    given[1].path.write_text("no sound")
    result, out = rendered(tmp_path, given, chain(effect(plugin("GAIN"), params={"gain_db": 6.0})))
    assert [file.parent for file in result.files] == [0, 2] and result.provisional
    assert np.allclose(read(out / result.files[1].name), 10 ** (6 / 20) * read(given[2].path), atol=1e-4)
    (warning,) = result.warnings
    assert warning.startswith("1.wav: ") and "nothing came of it" in warning and str(tmp_path) not in warning
    assert (result.plugins[0].done, result.plugins[0].failed) == (2, 0)


def of_class(given: tuple[InputFile, ...], kicks: set[int]) -> tuple[InputFile, ...]:
    return tuple(replace(one, meta={"class": "kick" if i in kicks else "hat"}) for i, one in enumerate(given))


def test_only_what_a_plugin_heard_counts_for_it(plugin: Plugin, tmp_path: Path) -> None:
    """Kicks crash it, and hats between them never reach it: three in a row are three in a row, and hats go on."""
    given = of_class(inputs(tmp_path, 8, {0, 2, 4, 6}), {0, 2, 4, 6})
    plan = chain(effect(plugin("EXITS"), only=["kick"]), effect(plugin("GAIN"), params={"gain_db": 6.0}))
    result, out = rendered(tmp_path, given, plan)
    assert [bool(file.meta.get("unprocessed")) for file in result.files] == [True, False] * 4
    assert np.allclose(read(out / result.files[7].name), 10 ** (6 / 20) * read(given[7].path), atol=1e-4)
    assert "a sound stays unprocessed" in result.warnings[-1] and "failed 3 times" in result.warnings[-1]
    exits, gain = result.plugins
    assert (exits.done, exits.failed, exits.in_a_row) == (0, 3, 3)
    assert (gain.done, gain.failed) == (4, 0)


def test_a_quarantine_bars_only_what_would_go_through_it(plugin: Plugin, tmp_path: Path) -> None:
    given = of_class(inputs(tmp_path, 2), {0})
    blocked = effect(plugin("CRASH_ON_LOAD"), blocked="it crashed", only=["kick"])
    result, out = rendered(tmp_path, given, chain(blocked, effect(plugin("GAIN"), params={"gain_db": 6.0})))
    assert [bool(file.meta.get("unprocessed")) for file in result.files] == [True, False]
    assert np.allclose(read(out / result.files[1].name), 10 ** (6 / 20) * read(given[1].path), atol=1e-4)


def test_silence_that_may_be_meant_is_told_and_not_counted(plugin: Plugin, tmp_path: Path) -> None:
    given = inputs(tmp_path, 4)
    muted = chain(effect(plugin("GAIN"), params={"mode": "Muted"}))
    result, out = rendered(tmp_path, given, muted)
    assert len(result.warnings) == 4 and "gave silence where there was sound" in result.warnings[0]
    assert "settings in the chain" in result.warnings[0]
    assert np.array_equal(read(out / result.files[3].name), read(given[3].path)) and not result.plugins
    faint = chain(*2 * [{"use": "Gain", "gain_db": -40.0}], effect(plugin("SILENT")))
    result, _ = rendered(tmp_path, given, faint)
    assert not result.warnings and result.plugins[0].done == 4
    result, _ = rendered(tmp_path, given, chain(effect(plugin("SILENT"))))
    assert result.plugins[0].failed == 3

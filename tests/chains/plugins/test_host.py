"""Real VST 3 plug-ins in the real child process, well-behaved and hostile."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import pytest

from daemon.chains.plugins.host import Host, Limits, Outcome
from daemon.chains.plugins.hosted import PIECE_FRAMES
from daemon.chains.plugins.messages import Describe, Names, Order, Settings
from tests.plugins.build import POISON, VENDOR, folder
from tests.plugins.rig import RATE, chain, effect, nothing_left_behind, order, quiet, read, write_sound

Plugin = Callable[[str], Path]


def run(plan: dict[str, Any], orders: list[Order], patience_s: float = 60.0, **limits: Any) -> list[Outcome]:
    host = Host(plan, ("?", "?"), Limits(patience_s, **limits))
    try:
        return list(host.run(orders, quiet))
    finally:
        host.close()


def rendered(tmp_path: Path, plan: dict[str, Any], **sound: Any) -> tuple[np.ndarray, np.ndarray]:
    """(before, after) of one sound, (frames, channels)."""
    path = write_sound(tmp_path / "in.wav", 1, **sound)
    (outcome,) = run(plan, [order(0, path, tmp_path / "out.wav")])
    assert outcome.error is None, outcome.error
    return read(path), read(tmp_path / "out.wav")


def test_a_plugin_does_what_its_parameters_say(plugin: Plugin, tmp_path: Path) -> None:
    before, after = rendered(
        tmp_path, chain(effect(plugin("GAIN"), params={"gain_db": -6.0, "mode": "Inverted"}))
    )
    assert np.allclose(after, -(10 ** (-6 / 20)) * before, atol=1e-5)


def test_built_in_effects_stand_beside_it(plugin: Plugin, tmp_path: Path) -> None:
    plan = chain({"use": "Gain", "gain_db": -6.0}, effect(plugin("GAIN"), params={"gain_db": 6.0}))
    before, after = rendered(tmp_path, plan)
    assert np.allclose(after, before, atol=1e-5)


def test_wet_dry_and_parallel_keep_time_though_the_plugin_is_late(plugin: Plugin, tmp_path: Path) -> None:
    late = plugin("LATENCY")
    plan = chain({"parallel": [[], [effect(late)]], "gains_db": [0.0, 0.0]}, effect(late, wet=0.5))
    before, after = rendered(tmp_path, plan)
    assert np.allclose(after, 2 * before, atol=1e-5)


def test_a_lie_about_latency_is_measured_and_can_be_set_right(plugin: Plugin, tmp_path: Path) -> None:
    liar = plugin("LYING_LATENCY")
    (outcome,) = run({}, [Describe(0, str(liar), "Lying latency")])
    assert (outcome.answer["latency_frames"], outcome.answer["measured_frames"]) == (1000, 0)
    (honest,) = run({}, [Describe(0, str(plugin("LATENCY")), "Latency")])
    assert (honest.answer["latency_frames"], honest.answer["measured_frames"]) == (1000, 1000)
    before, believed = rendered(tmp_path, chain(effect(liar)))
    assert not np.allclose(believed, before, atol=1e-3)
    before, corrected = rendered(tmp_path, chain(effect(liar, latency_frames=0.0)))
    assert np.allclose(corrected, before, atol=1e-5)


def test_preroll_leaves_no_trace(plugin: Plugin, tmp_path: Path) -> None:
    before, after = rendered(tmp_path, chain(effect(plugin("LATENCY"), preroll_s=0.25)))
    assert np.allclose(after, before, atol=1e-5)


def test_mono_stays_mono(plugin: Plugin, tmp_path: Path) -> None:
    before, after = rendered(tmp_path, chain(effect(plugin("GAIN"))), channels=1)
    assert after.shape == before.shape and np.allclose(after, before, atol=1e-5)


def test_a_file_with_several_plugins(plugin: Plugin, tmp_path: Path) -> None:
    multi = plugin("MULTI")
    assert run({}, [Names(0, str(multi))])[0].answer == ["Multi 1", "Multi 2"]
    before, after = rendered(tmp_path, chain(effect(multi, "Multi 2")))
    assert np.allclose(after, -before, atol=1e-5)


def test_a_library_that_is_no_plugin_is_told_in_a_sentence(tmp_path: Path) -> None:
    """pedalboard's, without the name of a Python exception before it."""
    inside = tmp_path / "None.vst3" / "Contents" / folder()
    inside.mkdir(parents=True)
    shutil.copy(msgspec._core.__file__, inside / ("None" if sys.platform == "darwin" else "None.so"))
    for asked in (Names(0, str(tmp_path / "None.vst3")), Describe(0, str(tmp_path / "None.vst3"), "None")):
        (outcome,) = run({}, [asked])
        assert outcome.error is not None and outcome.error.message.startswith("Unable to ")
        assert "Error" not in outcome.error.message


def test_what_a_plugin_says_of_itself(plugin: Plugin) -> None:
    (outcome,) = run({}, [Describe(0, str(plugin("GAIN")), "Gain")])
    said = outcome.answer
    assert (said["id"], said["vendor"], said["version"]) == (f"vst3:{VENDOR}/Gain", VENDOR, "1.2.3")
    gain, mode = said["parameters"]
    assert (gain["name"], gain["kind"], gain["low"], gain["high"], gain["unit"]) == (
        "gain_db",
        "number",
        -24,
        24,
        "dB",
    )
    assert (mode["kind"], mode["choices"]) == ("choice", ["Clean", "Inverted", "Muted"])


def test_programs_inside_a_plugin_are_listed_by_name_and_taken_by_name(plugin: Plugin, tmp_path: Path) -> None:
    bundle = plugin("PROGRAMS")
    (outcome,) = run({}, [Describe(0, str(bundle), "Programs")])
    program = outcome.answer["parameters"][1]
    assert (program["name"], program["choices"]) == ("program", ["Clean", "Inverted", "Muted"])
    before, after = rendered(tmp_path, chain(effect(bundle, params={"program": "Inverted"})))
    assert np.allclose(after, -before, atol=1e-5)


@pytest.mark.parametrize("suffix", [".vstpreset", ".state"])
def test_settings_are_kept_and_used_again(plugin: Plugin, tmp_path: Path, suffix: str) -> None:
    import hashlib

    bundle, kept = plugin("GAIN"), tmp_path / f"loud{suffix}"
    (outcome,) = run(chain(effect(bundle, params={"gain_db": 12.0})), [Settings(0, str(kept))])
    assert outcome.error is None and kept.stat().st_size == outcome.answer
    key = "preset" if suffix == ".vstpreset" else "state"
    digest = hashlib.sha256(kept.read_bytes()).hexdigest()
    before, after = rendered(tmp_path, chain(effect(bundle, **{key: str(kept), f"{key}_hash": digest})))
    assert np.allclose(after, 10 ** (12 / 20) * before, atol=1e-4)
    kept.write_bytes(b"VST3 something else")
    (changed,) = run(
        chain(effect(bundle, **{key: str(kept), f"{key}_hash": digest})),
        [order(0, tmp_path / "in.wav", tmp_path / "o2.wav")],
    )
    assert changed.error is not None and changed.error.code == "source_changed"


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ("CRASH", "crashed (SIGSEGV)"),
        ("HANG", "stood still for 3 s"),
        ("EXITS", "ended its process"),
        ("GREEDY", "of memory and was ended"),
    ],
)
def test_one_bad_moment_costs_one_sound(plugin: Plugin, tmp_path: Path, variant: str, said: str) -> None:
    sounds = [write_sound(tmp_path / f"{i}.wav", i, poison=i == 2) for i in range(5)]
    orders = [order(i, path, tmp_path / f"out {i}.wav") for i, path in enumerate(sounds)]
    patience_s = 3.0 if variant == "HANG" else 60.0
    with nothing_left_behind():
        outcomes = run(chain(effect(plugin(variant))), orders, patience_s, memory_bytes=800 << 20)
    assert [outcome.order.serial for outcome in outcomes] == [0, 1, 2, 3, 4]
    assert [outcome.error is None for outcome in outcomes] == [True, True, False, True, True]
    fault = outcomes[2].fault
    assert fault is not None and said in fault.message and fault.plugin.startswith(f"vst3:{VENDOR}/")
    for i in (0, 1, 3, 4):
        assert np.allclose(read(tmp_path / f"out {i}.wav"), read(sounds[i]), atol=1e-6)


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ("CRASH_ON_LOAD", "crashed (SIGSEGV)"),
        ("HANG_ON_LOAD", "stood still for 3 s"),
        ("NOT_A_NUMBER", "gave NaN"),
        ("INFINITE", "gave infinity"),
        ("SILENT", "gave silence where there was sound"),
    ],
)
def test_what_never_works_is_named(plugin: Plugin, tmp_path: Path, variant: str, said: str) -> None:
    path = write_sound(tmp_path / "in.wav", 1)
    with nothing_left_behind():
        (outcome,) = run(chain(effect(plugin(variant))), [order(0, path, tmp_path / "o.wav")], 3.0)
    assert outcome.fault is not None and said in outcome.fault.message
    assert not (tmp_path / "o.wav").exists()


def test_silence_in_may_be_silence_out(plugin: Plugin, tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "in.wav", np.zeros((4000, 2)), RATE, subtype="FLOAT")
    (outcome,) = run(chain(effect(plugin("SILENT"))), [order(0, tmp_path / "in.wav", tmp_path / "o.wav")])
    assert outcome.error is None


def test_of_two_plugins_the_one_at_fault_is_named(plugin: Plugin, tmp_path: Path) -> None:
    plan = chain(effect(plugin("GAIN"), params={"gain_db": 0.0}), effect(plugin("CRASH")))
    path = write_sound(tmp_path / "in.wav", 1, poison=True)
    (outcome,) = run(plan, [order(0, path, tmp_path / "o.wav")])
    assert outcome.fault is not None and outcome.fault.plugin == f"vst3:{VENDOR}/Crash"
    assert outcome.fault.file == str(tmp_path / "vst3" / "CRASH.vst3")


def test_slow_is_not_hung(plugin: Plugin, tmp_path: Path) -> None:
    """Longer than the patience in all, but with signs of life in between."""
    sounds = [write_sound(tmp_path / f"{i}.wav", i, poison=True) for i in range(6)]
    orders = [order(i, path, tmp_path / f"out {i}.wav") for i, path in enumerate(sounds)]
    outcomes = run(chain(effect(plugin("SLOW"))), orders, 2.0)
    assert all(outcome.error is None for outcome in outcomes)


def test_the_child_is_used_again_for_the_same_chain(plugin: Plugin, tmp_path: Path) -> None:
    bundle = plugin("GAIN")
    host = Host(chain(effect(bundle)), ("?", str(bundle)), Limits(60))
    path = write_sound(tmp_path / "in.wav", 1)
    pids = set()
    for i in range(3):
        assert [outcome.error for outcome in host.run([order(i, path, tmp_path / f"{i}.wav")], quiet)] == [None]
        pids.add(host.pid)
    assert len(pids) == 1
    host.close()


def test_leaving_early_ends_the_child(plugin: Plugin, tmp_path: Path) -> None:
    bundle = plugin("HANG")
    host = Host(chain(effect(bundle)), ("?", str(bundle)), Limits(60))
    path = write_sound(tmp_path / "in.wav", 1, poison=True)

    def give_up(_: float) -> None:
        # By its age: a child that hangs uses no more of a fast processor than its start took.
        if host.pid is not None and time.time() - psutil.Process(host.pid).create_time() > 2:
            raise KeyboardInterrupt

    with nothing_left_behind(), pytest.raises(KeyboardInterrupt):
        list(host.run([order(0, path, tmp_path / "o.wav")], give_up))


def living(group: int) -> list[int]:
    """The processes of a group that still do something."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


@contextlib.contextmanager
def hosting(plan: dict[str, Any], path: Path, out: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that hosts a chain and never ends by itself, and the pid of its child."""
    script = (
        "import time\n"
        "from pathlib import Path\n"
        "from daemon.chains.plugins.host import Host, Limits\n"
        "from tests.plugins.rig import order\n"
        f"host = Host({plan!r}, ('?', '?'), Limits(600))\n"
        "def tell(_): print(host.pid, flush=True)\n"
        f"list(host.run([order(0, Path({str(path)!r}), Path({str(out)!r}))], tell))\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        yield parent, child
    finally:
        parent.kill()
        parent.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)


def until(so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 20
    while not so():
        assert time.monotonic() < deadline_s, "it never came so"
        time.sleep(0.02)


@pytest.mark.skipif(os.name != "posix", reason="needs fork")
def test_a_crash_is_seen_and_cleared_away_though_what_it_forked_holds_the_pipe(
    plugin: Plugin, tmp_path: Path
) -> None:
    """Within the crash, not after the patience for what stands still."""
    bundle = plugin("FORKS")
    sounds = [write_sound(tmp_path / f"{i}.wav", i, poison=i == 0) for i in range(2)]
    orders = [order(i, path, tmp_path / f"out {i}.wav") for i, path in enumerate(sounds)]
    groups = set()
    host = Host(chain(effect(bundle)), ("?", str(bundle)), Limits(600))
    try:
        bad, good = list(host.run(orders, lambda _: groups.add(host.pid)))
        assert bad.fault is not None and "crashed (SIGSEGV)" in bad.fault.message
        assert good.error is None, good.error
        (first, *_) = groups - {host.pid}
        assert living(first) == []
    finally:
        host.close()


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_child_does_not_outlive_its_host(plugin: Plugin, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "in.wav", 1, poison=True)
    with hosting(chain(effect(plugin("HANG"))), path, tmp_path / "o.wav") as (parent, child):
        parent.kill()
        parent.wait()
        until(lambda: living(child) == [])


@pytest.mark.skipif(sys.platform != "linux", reason="needs a process descriptor of Linux")
@pytest.mark.parametrize("variant", ["FORKS_AND_GOES_ON", "FORKS_AND_HANGS"])
def test_what_a_plugin_forked_does_not_outlive_the_host_of_its_host(
    plugin: Plugin, tmp_path: Path, variant: str
) -> None:
    """Neither when the child reads its pipe nor when it is deep in foreign code."""
    path = write_sound(tmp_path / "in.wav", 1, poison=True)
    with hosting(chain(effect(plugin(variant))), path, tmp_path / "o.wav") as (parent, child):
        until(lambda: len(living(child)) == 3)  # the child, its guard, and what the plug-in forked
        if variant == "FORKS_AND_GOES_ON":
            until((tmp_path / "o.wav").exists)
        parent.kill()
        parent.wait()
        until(lambda: living(child) == [])


def test_a_long_sound_is_played_in_pieces_and_each_is_a_sign_of_life(plugin: Plugin, tmp_path: Path) -> None:
    """Its whole takes longer than the patience, and it comes out as it would in one go."""
    import soundfile

    frames = 5 * PIECE_FRAMES + 1234
    audio = (0.2 * np.random.default_rng(5).standard_normal((frames, 2))).astype(np.float32)
    audio[:: PIECE_FRAMES // 2] = POISON  # twice in a piece: 0.8 s of sleep each
    soundfile.write(tmp_path / "in.wav", audio, RATE, subtype="FLOAT")
    told: list[float] = []
    host = Host(chain(effect(plugin("SLOW"))), ("?", "?"), Limits(2.5))
    try:
        (outcome,) = list(host.run([order(0, tmp_path / "in.wav", tmp_path / "o.wav")], told.append))
    finally:
        host.close()
    assert outcome.error is None, outcome.error
    assert np.allclose(read(tmp_path / "o.wav"), audio, atol=1e-6)
    late = chain(effect(plugin("LATENCY"), preroll_s=0.1))
    (outcome,) = run(late, [order(0, tmp_path / "in.wav", tmp_path / "late.wav")])
    assert outcome.error is None, outcome.error
    assert np.allclose(read(tmp_path / "late.wav"), audio, atol=1e-6)

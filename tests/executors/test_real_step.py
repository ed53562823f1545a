"""A step of the real registry, on real sound, through a real worker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from daemon.executors.local.executor import LocalExecutor
from daemon.executors.local.settings import ExecutorSettings
from daemon.kernel.errors import StepFailed
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, Lane, StepCall
from tests.executors.conftest import quiet


async def test_prepare_measures_a_sine_and_names_a_file_that_is_no_sound(tmp_path: Path) -> None:
    time_s = np.arange(44_100 * 3) / 44_100
    soundfile.write(tmp_path / "sine.wav", 0.5 * np.sin(2 * np.pi * 997 * time_s), 44_100, subtype="FLOAT")
    (tmp_path / "text.wav").write_text("Dear diary,")
    executor = LocalExecutor(ExecutorSettings(device="cpu"))
    await executor.start()
    try:
        calls = [executor.submit(_prepare(tmp_path, name), quiet) for name in ("sine.wav", "text.wav")]
        meta = (await calls[0].result()).annotations[0].meta
        assert (meta["rate"], meta["frames"]) == (44_100, 44_100 * 3)
        # ITU-R BS.1770-4: a 997 Hz sine of 0 dBFS in one channel is -3.01 LUFS; 0.5 is -6.02 dBFS.
        assert meta["lufs"] == pytest.approx(-9.03, abs=0.1)
        with pytest.raises(StepFailed) as caught:
            await calls[1].result()
        assert caught.value.error.code == "unreadable_audio"
        assert "text.wav" in caught.value.error.message
    finally:
        await executor.stop()


def _prepare(folder: Path, name: str) -> StepCall:
    out = folder / f"out-{name}"
    out.mkdir()
    source = InputFile(folder / name, AssetId(""), Kind.SOURCE, name)
    return StepCall(name, "prepare", (source,), {}, out, Lane.CPU)

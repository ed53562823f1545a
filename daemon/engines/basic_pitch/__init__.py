"""Spotify's Basic Pitch: audio to notes, with the small ONNX network that its package ships."""

from daemon.engines.protocol import EngineSpec, Task

SPEC = EngineSpec(
    name="basic_pitch",
    version="2",
    task=Task.NOTES,
    loader="daemon.engines.basic_pitch.engine:BasicPitch",
    about="Spotify's Basic Pitch (ICASSP 2022) on onnxruntime; one voice decoded by roadie for bass and vocals",
)

"""Whisper through faster-whisper: sung or spoken audio to words with times."""

from daemon.engines.protocol import EngineSpec, Task

SPEC = EngineSpec(
    name="whisper",
    version="1",
    task=Task.LYRICS,
    loader="daemon.engines.whisper.engine:Whisper",
    about="OpenAI's Whisper on CTranslate2 (faster-whisper); singing is harder for it than speech",
)

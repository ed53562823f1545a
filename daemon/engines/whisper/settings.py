"""What may be set for one transcription."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daemon.kernel.errors import BadParameter
from daemon.kernel.types import Json


@dataclass(frozen=True, slots=True)
class Settings:
    """language: a code such as "en", None to detect it. prompt: names and spellings to expect. voice_threshold:
    probability from which the voice detector believes, 0 to trust loudness alone. silence_db: below the loud
    level of the recording, what is quieter is silence. beam_size: hypotheses followed at once."""

    language: str | None = None
    prompt: str | None = None
    voice_threshold: float = 0.3
    silence_db: float = -40.0
    beam_size: int = 5

    @classmethod
    def parse(cls, given: Mapping[str, Json]) -> Settings:
        """Raises BadParameter for an unknown name."""
        unknown = set(given) - set(cls.__dataclass_fields__)
        if unknown:
            raise BadParameter(f"whisper has no setting {sorted(unknown)[0]!r}")
        return cls(**given)  # type: ignore[arg-type]

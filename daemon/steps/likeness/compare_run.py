"""The compare step's work: each file is read once."""

from __future__ import annotations

from pathlib import Path

from daemon.audio.reader import open_audio
from daemon.kernel.errors import BadParameter, Cancelled, RoadieError
from daemon.kernel.work import Annotation, InputFile, StepResult
from daemon.steps.compare import CompareParams
from daemon.steps.likeness.prints import SPOT_S, SPOTS_S, Print, print_of
from daemon.steps.likeness.same import same
from daemon.steps.spec import StepContext

SAME, SOUND_S = "same", "sound_s"
_LOOKED_S = 20.0  # of a file, within which its sound begins
_READING = 0.7  # of the work, roughly


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: CompareParams) -> StepResult:
    """An annotation for each input that is the same as another: `same`, the numbers of those after it, and `sound_s`,
    how long it and each of them sounds. Warns of each file that cannot be read."""
    if any(not 0 <= number < len(inputs) for pair in params.pairs for number in pair):
        raise BadParameter(f"a pair names none of the {len(inputs)} inputs")
    prints: dict[int, Print] = {}
    problems = []
    for number, one in enumerate(inputs):
        ctx.checkpoint(_READING * number / len(inputs), one.name)
        try:
            found = _print(one.path)
        except Cancelled:
            raise
        except RoadieError as error:
            problems.append(error.message)
            continue
        if found is not None:
            prints[number] = found
    alike: dict[int, list[int]] = {}
    for i, pair in enumerate(params.pairs):
        ctx.checkpoint(_READING + (1 - _READING) * i / len(params.pairs))
        first, second = sorted(pair)
        if first in prints and second in prints and same(prints[first], prints[second]):
            alike.setdefault(first, []).append(second)
    notes = tuple(
        Annotation(
            first, {SAME: list(others), SOUND_S: [round(prints[one].clear_s, 3) for one in (first, *others)]}
        )
        for first, others in sorted(alike.items())
    )
    return StepResult(annotations=notes, warnings=tuple(problems))


def _print(path: Path) -> Print | None:
    with open_audio(path) as audio:
        start = next(audio.blocks(max(int((_LOOKED_S + SPOTS_S[-1] + 2 * SPOT_S) * audio.rate_hz), 1)), None)
        return None if start is None else print_of(start, audio.rate_hz, audio.info.bits)

"""Whether a JACK server answers, asked from a process of its own: RtMidi holds the interpreter while it waits for one,
and one that stands still would take the whole daemon with it."""

from __future__ import annotations

import subprocess
import sys

from bridges.midi.errors import NoMidi

ANSWERS_WITHIN_S = 5.0


def jack_answers() -> None:
    """Returns when it does. Blocks for up to ANSWERS_WITHIN_S; raises NoMidi."""
    try:
        asked = subprocess.run(
            [sys.executable, "-m", __name__], check=False, timeout=ANSWERS_WITHIN_S,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NoMidi(
            f"the JACK server has not answered for {ANSWERS_WITHIN_S:g} s", hint="Start it again, then roadie"
        ) from None
    except OSError as error:
        raise NoMidi("the JACK server cannot be asked", why=error) from error
    if asked.returncode != 0:
        why = asked.stdout.decode(errors="replace").strip() or f"exit status {asked.returncode}"
        raise NoMidi("the MIDI system does not answer", why=why, hint="Is it running?")


def _ask() -> None:
    import rtmidi  # noqa: PLC0415 - loads the system's MIDI library

    rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="roadie look").delete()


if __name__ == "__main__":
    try:
        _ask()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told to whoever asked
        print(error)  # noqa: T201
        sys.exit(1)

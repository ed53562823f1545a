"""Bytes that anybody may send, taken as far as they go before roadie is asked for anything.

`test_packet.py` gives them to hypothesis. Guided by coverage (libFuzzer, through Google's atheris):

    uv run --with atheris python -m tests.bridges.osc.fuzz --seconds 60

It ends with an error and the bytes in a file when anything raises that should not, takes more than a second, or more
than a gigabyte.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from bridges.osc.addresses import ADDRESSES
from bridges.osc.arguments import check
from bridges.osc.namespace import Namespace
from bridges.osc.packet import BadPacket, decode, encode
from bridges.osc.pattern import BadPattern
from bridges.osc.slip import NotSlip, Unframer
from daemon.kernel.errors import RoadieError

SPACE = Namespace(ADDRESSES)
SPACE.know(["stems", "full"])


def take(data: bytes) -> int:
    """How many calls a datagram, or a piece of a stream, would become. What is wrong with it is one of four errors."""
    packets = [data]
    with contextlib.suppress(NotSlip):
        reader = Unframer()
        middle = len(data) // 2
        packets += reader.feed(data[:middle]) + reader.feed(data[middle:])
    calls = 0
    for packet in packets:
        try:
            messages = decode(packet)
        except BadPacket:
            continue
        for message in messages:
            with contextlib.suppress(BadPattern):
                for node in SPACE.find(message.address):
                    with contextlib.suppress(RoadieError):
                        check(node.row, message.args)
                        calls += 1
    return calls


def main() -> None:
    import argparse

    import atheris  # type: ignore[import-not-found]

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=60)
    seconds = options.parse_args().seconds
    flags = [f"-max_total_time={seconds}", "-timeout=1", "-rss_limit_mb=1024", "-max_len=65507"]
    with tempfile.TemporaryDirectory() as folder:
        for number, row in enumerate(ADDRESSES):  # a message to each address, for it to begin with
            Path(folder, str(number)).write_bytes(encode(row.path.partition("{")[0] + "*", "", 1, 0.5))
        for number, value in enumerate(
            ("9" * 5000, "0x" + "F" * 3000, "{a" + ".a" * 30_000 + "=1}", "[" * 4000)
        ):
            Path(folder, f"long {number}").write_bytes(encode("/roadie/run", "full", "/a", f"slices.x={value}"))
        atheris.instrument_all()
        atheris.Setup([sys.argv[0], *flags, folder], _target)
        atheris.Fuzz()


def _target(data: bytes) -> None:
    take(data)


if __name__ == "__main__":
    main()

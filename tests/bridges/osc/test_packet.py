"""Reading and writing packets, beside python-osc as the second implementation, and whatever bytes can do."""

from __future__ import annotations

import contextlib
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.slip import encode as slip_encode

from bridges.osc.addresses import ADDRESSES
from bridges.osc.packet import BadPacket, decode, encode
from bridges.osc.packs import MAX_BYTES, packs
from bridges.osc.slip import NotSlip, Unframer, frame
from bridges.osc.table import Address
from daemon.kernel.typed_value import LONGEST
from tests.bridges.osc.fuzz import take

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
arguments = st.lists(
    st.one_of(
        st.integers(-(2**31), 2**31 - 1), st.floats(width=32, allow_nan=False), text, st.booleans(),
        st.binary(min_size=1, max_size=30),
    ),
    max_size=10,
)  # fmt: skip

lengths = st.one_of(st.integers(1, 300), st.integers(300, LONGEST), st.sampled_from([LONGEST, 5000, 30_000]))
"""Of values below, at and far above what is read as anything but text."""
SHAPES = (
    ("", "9", ""), ("-", "9", ".5"), ("0x", "F", ""), ("0b", "1", ""), ("1.", "9", ""), ("1e", "9", ""),
    ("", "1_", "1"), ("", "nan", ""), ("1979-05-27T07:32:00.", "9", "Z"), ("", "\N{GUITAR}", ""),
    ("{a", ".a", "=1}"), ("", "[", ""), ("", "{a=", ""), ("[", "[", "]"), ("[", "1,", "]"), ("{", "a=1,", "}"),
    ('"', "\\u00e9", '"'), ('"', "\\", '"'), ("'''", "\n", "'''"), ("", " ", "1"), ("", "\n", "b = 1"), ("", "\t#", ""),
)  # fmt: skip
"""How a value begins, what it repeats, and how it ends: what TOML, or Python, may take long or give up to read."""
long = st.builds(lambda shape, times: shape[0] + shape[1] * times + shape[2], st.sampled_from(SHAPES), lengths)
keys = st.one_of(st.sampled_from(["ref", "token", "a.b.c", "", ".", "a.", ".a"]), long)
options = st.one_of(
    # Only where parameters of a recipe may stand are values read as more than text.
    st.tuples(st.sampled_from([row for row in ADDRESSES if row.steps]), st.just("slices.x"), long),
    st.tuples(
        st.sampled_from([row for row in ADDRESSES if row.options or row.hidden]), keys, st.one_of(long, text)
    ),
)


@given(text, arguments)
def test_what_another_implementation_writes_is_read_the_same(name: str, args: list[object]):
    builder = OscMessageBuilder("/" + name)
    for value in args:
        builder.add_arg(value)
    (message,) = decode(builder.build().dgram)
    assert message.address == "/" + name and list(message.args) == args


@given(text, st.lists(st.one_of(st.integers(-(2**31), 2**31 - 1), st.floats(width=32), text), max_size=10))
def test_what_is_written_is_read_by_another_implementation(name: str, args: list[int | float | str]):
    other = OscMessage(encode("/" + name, *args))
    assert other.address == "/" + name
    for ours, theirs in zip(args, other.params, strict=True):
        assert ours == theirs or (isinstance(ours, float) and math.isnan(ours) and math.isnan(theirs))


@given(st.binary(max_size=300))
def test_any_bytes_are_messages_or_a_bad_packet(data: bytes):
    for start in (b"", b"/a\0\0", b"#bundle\0" + b"\0" * 8, b"/a\0\0,ifsbhdtTFNIrcmS\0"):
        with contextlib.suppress(BadPacket):
            decode(start + data)


@given(st.sampled_from(ADDRESSES), st.binary(max_size=60), arguments)
def test_any_arguments_to_any_address_are_taken_or_refused(row: Address, junk: bytes, args: list[object]):
    builder = OscMessageBuilder(
        row.path.replace("{recipe}", "*").replace("{slot}", "?").replace("{hit}", "[1-8]")
    )
    for value in args:
        builder.add_arg(value)
    datagram = builder.build().dgram
    assert take(datagram) <= len(ADDRESSES)
    assert take(slip_encode(datagram) + junk) <= len(ADDRESSES)


@given(options)
@settings(max_examples=400)  # what is deep or long is a few in a hundred of them
def test_options_of_any_length_are_taken_or_refused(option: tuple[Address, str, str]):
    """Behind legal arguments, so that they are read."""
    row, key, value = option
    args = ["a" if arg.tag == "s" else int(arg.low or 1) for arg in row.args]
    assert take(encode(row.path, *args, f"{key}={value}")) <= 1


def test_a_file_name_that_is_no_utf8_can_be_told():
    other = OscMessage(encode("/a", "caf\udce9.wav", "a\0b"))
    assert other.params == ["caf\\udce9.wav", "a\\0b"]


def test_bundles_keep_order_and_time():
    def element(data: bytes) -> bytes:
        return struct.pack(">i", len(data)) + data

    a, b, c = (OscMessageBuilder(name).build().dgram for name in ("/a", "/b", "/c"))
    half_past = (2_208_988_800 + 1_000_000_000) * 2**32 + 2**31
    inner = b"#bundle\0" + struct.pack(">Q", half_past) + element(b)
    read = decode(b"#bundle\0" + struct.pack(">Q", 1) + element(a) + element(inner) + element(c))
    assert [(each.address, each.at_s) for each in read] == [("/a", None), ("/b", 1_000_000_000.5), ("/c", None)]


def test_bundles_in_bundles_end():
    data = OscMessageBuilder("/a").build().dgram
    for _ in range(3000):
        data = b"#bundle\0" + struct.pack(">Qi", 1, len(data)) + data
    with pytest.raises(BadPacket, match="deeper"):
        decode(data)


@pytest.mark.parametrize("size", [-4, 0, 3, 2**31 - 1])
def test_an_impossible_size_ends_the_packet(size: int):
    with pytest.raises(BadPacket, match="cannot be"):
        decode(b"#bundle\0" + struct.pack(">Qi", 1, size) + b"/a\0\0")


@given(st.lists(st.integers(1, 3000), max_size=60))
def test_packs_lose_nothing_and_stay_small(sizes: list[int]):
    packets = [encode("/x", "y" * size) for size in sizes]
    packed = list(packs(packets))
    assert [each.address for pack in packed for each in decode(pack)] == ["/x"] * len(packets)
    assert [each.args for pack in packed for each in decode(pack)] == [("y" * size,) for size in sizes]
    assert all(len(pack) <= max(MAX_BYTES, *map(len, packets)) for pack in packed)


@given(st.lists(st.binary(max_size=60).map(lambda tail: b"/" + tail), max_size=8), st.lists(st.integers(1, 9)))
def test_frames_survive_any_chopping(packets: list[bytes], cuts: list[int]):
    stream = b"".join(slip_encode(packet) for packet in packets)
    assert stream == b"".join(frame(packet) for packet in packets)
    unframer, found = Unframer(), []
    for cut in [*cuts, len(stream)]:
        part, stream = stream[:cut], stream[cut:]
        found += unframer.feed(part)
    found += unframer.feed(stream)
    assert found == packets


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_stream_is_packets_or_not_slip(parts: list[bytes]):
    unframer = Unframer()
    try:
        for part in parts:
            assert all(packet[:1] in (b"/", b"#") for packet in unframer.feed(part))
    except NotSlip:
        pass


@pytest.mark.parametrize(
    "stream", [b"GET / HTTP/1.1", b"\xc0x", b"\xc0/a\xdbx", b"\xc0/a\xdb\xc0", b"\xc0\xdb\xdc"]
)
def test_what_is_not_osc_is_noticed_at_once(stream: bytes):
    with pytest.raises(NotSlip):
        Unframer().feed(stream)


def test_a_packet_without_end_is_given_up():
    unframer = Unframer()
    with pytest.raises(NotSlip, match="more than"):
        for _ in range(100):
            unframer.feed(b"/" + b"a" * 1000)

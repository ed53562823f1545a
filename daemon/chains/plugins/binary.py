"""A plug-in's binary looked at without loading it: whether it can be one for this machine, and its fingerprint."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import plistlib
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from daemon.kernel.errors import FileMissing, InputError

_READ_BYTES = 1 << 20
_ELF_MACHINES = {62: "x86_64", 183: "aarch64", 3: "i386", 40: "arm", 243: "riscv64"}
_PE_MACHINES = {0x8664: "x86_64", 0xAA64: "aarch64", 0x014C: "i386"}
_MACH_CPUS = {0x01000007: "x86_64", 0x0100000C: "aarch64"}
_SAME = {"amd64": "x86_64", "arm64": "aarch64", "i686": "i386"}


class NoPlugin(InputError):
    """The file or folder is no plug-in that this machine can load; it was not tried."""

    code = "no_plugin"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """size_bytes, mtime_ns: of the binary, for a quick look. hash: BLAKE2b-128 of its content."""

    size_bytes: int
    mtime_ns: int
    hash: str = ""


def machine() -> str:
    name = platform.machine().lower()
    return _SAME.get(name, name)


def binary_of(path: Path) -> Path:
    """The binary in a bundle for this system and architecture, or the file itself.

    Raises FileMissing, and NoPlugin naming what is there instead.
    """
    if not os.path.exists(path):  # noqa: PTH110 - pathlib's raises for what may not be looked at
        why = "it is a link that leads nowhere" if path.is_symlink() else None
        raise FileMissing("there is no such plug-in", where=path, why=why)
    if path.is_file():
        return path
    if not path.is_dir():
        raise NoPlugin("this is neither a file nor a bundle", where=path)
    if sys.platform == "darwin":
        return _mac_binary(path)
    system = "win" if sys.platform == "win32" else "linux"
    wanted = f"{machine()}-{system}"
    suffix = ".vst3" if sys.platform == "win32" else ".so"
    folder = path / "Contents" / wanted
    found = folder / (path.stem + suffix)
    if found.is_file():
        return found
    # A pipe by that name would keep whoever opens it.
    others = sorted(each for each in folder.glob(f"*{suffix}") if each.is_file())
    if others:
        return others[0]
    there = sorted(each.name for each in (path / "Contents").glob("*-*") if each.name != wanted)
    why = f"it is built for {', '.join(there)}" if there else "it has no binary at all"
    raise NoPlugin(f"the bundle has nothing for {wanted}", where=path, why=why)


def _mac_binary(path: Path) -> Path:
    name = path.stem
    # Without a list of properties the executable has the bundle's name.
    with contextlib.suppress(OSError, ValueError, plistlib.InvalidFileException):
        name = plistlib.loads((path / "Contents/Info.plist").read_bytes()).get("CFBundleExecutable", name)
    found = path / "Contents/MacOS" / name
    if not found.is_file():
        raise NoPlugin("the bundle has no executable", where=path)
    return found


def quick_look(path: Path) -> Fingerprint:
    """Without its hash: a stat. Raises as `binary_of`."""
    stat = binary_of(path).stat()
    return Fingerprint(stat.st_size, stat.st_mtime_ns)


def examine(path: Path) -> Fingerprint:
    """Raises FileMissing, and NoPlugin for what is no shared library of this machine, or a part of one."""
    binary = binary_of(path)
    stat = binary.stat()
    digest = hashlib.blake2b(digest_size=16)
    with binary.open("rb") as file:
        head = file.read(_READ_BYTES)
        _check(binary, head, stat.st_size)
        digest.update(head)
        while data := file.read(_READ_BYTES):
            digest.update(data)
    return Fingerprint(stat.st_size, stat.st_mtime_ns, digest.hexdigest())


def _check(binary: Path, head: bytes, size: int) -> None:
    if head[:4] == b"\x7fELF":
        system, machines, end = "linux", [_elf_machine(head)], _elf_end(head)
    elif head[:2] == b"MZ":
        system, machines, end = "win32", [_pe_machine(head)], 0
    elif head[:4] in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"):
        system, machines, end = "darwin", _mach_machines(head), 0
    else:
        raise NoPlugin(
            "this is no shared library", where=binary, why=f"it begins with {head[:4].hex() or 'nothing'}"
        )
    if system != sys.platform:
        raise NoPlugin("the binary is for another system", where=binary, why=system)
    if machine() not in machines:
        raise NoPlugin(
            "the binary is for another architecture",
            where=binary,
            why=f"{', '.join(machines)}, not {machine()}",
        )
    if end > size:
        raise NoPlugin("the binary is cut off", where=binary, why=f"{size} of at least {end} bytes are there")


def _elf_machine(head: bytes) -> str:
    number = struct.unpack_from("<H", head.ljust(20, b"\0"), 18)[0]
    return _ELF_MACHINES.get(number, f"ELF machine {number}")


def _elf_end(head: bytes) -> int:
    """Where the section headers of a 64-bit ELF file end: linkers put them last."""
    if len(head) < 64:
        return 64
    offset = struct.unpack_from("<Q", head, 40)[0]
    size, count = struct.unpack_from("<HH", head, 58)
    return int(offset + size * count)


def _pe_machine(head: bytes) -> str:
    at = struct.unpack_from("<I", head.ljust(64, b"\0"), 60)[0]
    number = struct.unpack_from("<H", head, at + 4)[0] if len(head) >= at + 6 else 0
    return _PE_MACHINES.get(number, f"PE machine {number:#x}")


def _mach_machines(head: bytes) -> list[str]:
    if head[:4] == b"\xca\xfe\xba\xbe":
        count = min(struct.unpack_from(">I", head, 4)[0], 8)
        numbers = [struct.unpack_from(">I", head, 8 + 20 * i)[0] for i in range(count)]
    else:
        numbers = [struct.unpack_from("<I", head, 4)[0]]
    return [_MACH_CPUS.get(number, f"Mach-O cpu {number:#x}") for number in numbers]

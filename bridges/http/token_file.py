"""The token: 256 random bits in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
import stat
import subprocess
import sys
from pathlib import Path

from daemon.kernel.errors import BadConfig, DiskError

_BYTES = 32


def load_or_create(path: Path) -> str:
    """The token in `path` as 64 hex digits, made there first when the file does not exist.

    A file that others could read is closed to them before it is trusted. Raises BadConfig when the file holds
    no token, DiskError when it cannot be made.
    """
    if not path.exists():
        _create(path)
    restrict_to_owner(path)
    return read(path)


def read(path: Path) -> str:
    """The token in `path`; raises BadConfig when there is none."""
    try:
        token = path.read_text("ascii").strip()
        bits = bytes.fromhex(token)
    except (OSError, ValueError) as error:
        raise BadConfig("holds no token", where=path, why=error, hint=_RENEW) from error
    if len(bits) != _BYTES:
        raise BadConfig("holds no token", where=path, why=f"{8 * len(bits)} bits, not 256", hint=_RENEW)
    return token


_RENEW = "Delete the file and start roadie again: it makes a new one"


def _create(path: Path) -> None:
    """Whole or not at all: written under another name, then linked, so that of two starts one wins."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            restrict_to_owner(draft)
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        _publish(draft, path)
    except OSError as error:
        raise DiskError("cannot write the token", where=path, why=error.strerror) from error
    finally:
        if draft.exists():
            draft.unlink()


def _publish(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return  # another start was first: its token counts
    except OSError:  # a file system without hard links
        draft.replace(path)


def restrict_to_owner(path: Path) -> None:
    """Take `path` away from everyone but its owner: mode 0600, an owner-only ACL on Windows."""
    if sys.platform == "win32":
        _restrict_acl(path)
    elif stat.S_IMODE(path.stat().st_mode) != 0o600:
        path.chmod(0o600)


def _restrict_acl(path: Path) -> None:
    user = f"{os.environ.get('USERDOMAIN', '.')}\\{os.environ['USERNAME']}"
    command = ["icacls", str(path), "/inheritance:r", "/grant:r", f"{user}:F"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise DiskError("cannot restrict to its owner", where=path, why=done.stderr.decode(errors="replace"))

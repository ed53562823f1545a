"""Chains over HTTP, typed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from daemon.chains.files import load_chain
from daemon.cli.client import Client
from daemon.cli.request import absolute, existing
from daemon.cli.session import Session
from daemon.kernel.errors import UsageError
from daemon.services.types import JobAck, JobInput
from daemon.services.types_plugins import ApplyRequest


def request(chain: str, files: Sequence[Path], out: Path) -> ApplyRequest:
    """Raises FileMissing for a file that is not there, BadChain for a chain file that is not well."""
    given: str | dict[str, Any] = chain
    if chain.endswith(".toml"):
        given = dict(load_chain(str(existing(Path(chain)))))
    inputs = [
        JobInput(path=str(absolute(file) if absolute(file).is_dir() else existing(file))) for file in files
    ]
    return ApplyRequest(chain=given, inputs=inputs, out=str(absolute(out)))


def may_leave(session: Session, wait: bool) -> None:
    """Raises UsageError when nobody would be left to do the work."""
    if not wait and session.temporary:
        raise UsageError(
            "--no-wait needs a daemon that stays", hint="Start `roadie serve` first, or leave --no-wait out"
        )


def apply(client: Client, asked: ApplyRequest) -> JobAck:
    return msgspec.convert(client.post("/chains/apply", msgspec.to_builtins(asked)), JobAck)

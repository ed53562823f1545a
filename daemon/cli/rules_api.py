"""Rules over HTTP, typed."""

from __future__ import annotations

from pathlib import Path

import msgspec

from daemon.cli.client import Client, Refused, part
from daemon.cli.request import absolute
from daemon.kernel.errors import FileMissing
from daemon.services.types import Page
from daemon.services.types_rules import DryRunView, RuleRunView, RuleUndoView, RuleView, TriggerView


def listed(client: Client) -> list[RuleView]:
    return msgspec.convert(client.get("/rules"), Page[RuleView]).items


def get(client: Client, name: str) -> RuleView:
    return msgspec.convert(client.get(f"/rules/{part(name)}"), RuleView)


def check(client: Client, path: Path) -> RuleView:
    return msgspec.convert(client.post("/rules/check", {"text": _text(path), "where": str(path)}), RuleView)


def switch(client: Client, name: str, enabled: bool) -> RuleView:
    return msgspec.convert(client.put(f"/rules/{part(name)}", {"enabled": enabled}), RuleView)


def put(client: Client, name: str, text: str) -> RuleView:
    return msgspec.convert(client.put(f"/rules/{part(name)}", {"text": text}), RuleView)


def dry_run(client: Client, rule: str, folder: Path, limit: int) -> DryRunView:
    """rule: a file, or a name."""
    path = absolute(Path(rule))
    if path.is_file():
        return dry_run_text(client, _text(path), folder, limit)
    return _dry_run(client, {"name": rule}, folder, limit)


def dry_run_text(client: Client, text: str, folder: Path, limit: int) -> DryRunView:
    """text: a rule's TOML."""
    return _dry_run(client, {"text": text}, folder, limit)


def _dry_run(client: Client, which: dict[str, str], folder: Path, limit: int) -> DryRunView:
    body = {**which, "folder": str(folder), "limit": limit}
    return msgspec.convert(client.post("/rules/dry-run", body), DryRunView)


def trigger(client: Client, name: str, file: str) -> TriggerView:
    path = absolute(Path(file))
    body = {"path": str(path)} if path.exists() else {"asset": file}
    try:
        return msgspec.convert(client.post(f"/rules/{part(name)}/trigger", body), TriggerView)
    except Refused as error:
        if error.status == 404 and error.error.where == file and "asset" in body:
            raise FileMissing("there is no such file, and no asset of that id", where=file) from error
        raise


def runs(client: Client, rule: str | None, limit: int) -> list[RuleRunView]:
    return msgspec.convert(client.get("/rule-runs", {"rule": rule, "limit": limit}), Page[RuleRunView]).items


def run(client: Client, run_id: str) -> RuleRunView:
    return msgspec.convert(client.get(f"/rule-runs/{part(run_id)}"), RuleRunView)


def undo(client: Client, run_id: str) -> RuleUndoView:
    return msgspec.convert(client.post(f"/rule-runs/{part(run_id)}/undo"), RuleUndoView)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileMissing("the rule cannot be read", where=path, why=error) from error

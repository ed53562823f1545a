"""Registries name their entries as "module:name", so that listing them imports nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def resolve(reference: str) -> Any:
    """The object that "module:name" names, importing its module now."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)

"""The action `write_tags`: what the library knows of a file, written into the file itself. Journalled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from daemon.services.types_tags import WriteTagsRequest
from rules.actions.protocol import Doing, Needs, Planned, Subject, Wrong
from rules.ports import Ports

MODES = ("fill", "overwrite")


class WriteTags:
    """`write_tags = "fill"` leaves what stands in a file; `"overwrite"` lets it give way."""

    name = "write_tags"
    about = "writes what is known of it into the file itself"
    example = 'write_tags = "fill"'
    keys: frozenset[str] = frozenset()

    def read(self, table: Mapping[str, Any]) -> bool:
        """Whether what stands in a file gives way."""
        if table["write_tags"] not in MODES:
            raise Wrong("write_tags", 'write_tags is "fill" or "overwrite"', f"For example {self.example}")
        return bool(table["write_tags"] == "overwrite")

    def needs(self, asked: bool) -> Sequence[Needs]:  # noqa: ARG002 - nothing
        return ()

    async def plan(self, asked: bool, subjects: Sequence[Subject], ports: Ports) -> list[Planned]:  # noqa: ARG002
        does = "writes tags into the file" + (", over what it says" if asked else ", where it says nothing")
        return [Planned(subject.path, does) for subject in subjects]

    async def do(self, asked: bool, subjects: Sequence[Subject], doing: Doing) -> list[str]:
        request = WriteTagsRequest(paths=[subject.path for subject in subjects], overwrite=asked)
        ack = await doing.ports.tags.start(request, doing.client, doing.key(0))
        return [ack.id]


WRITE_TAGS = WriteTags()

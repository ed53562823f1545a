"""The class that a person says of a sound: it wins over the tagger's, which stays in the meta for when it is taken
back. A row is an AssetRow."""

from __future__ import annotations

import unicodedata
from typing import Any

from daemon.engines.classifier.classes import UNSURE
from daemon.kernel.errors import BadParameter
from daemon.library.asset_records import USER, Tag
from daemon.library.asset_writes import put_tag
from daemon.library.class_names import spelt
from daemon.library.tables import TagRow

_BY_USER = "class_by_user"
_LONGEST = 100
_BREAKS = ("Cc", "Zl", "Zp")  # Unicode's categories of control characters and of what ends a line


def checked(text: str) -> str:
    """A tag or a class as it is kept. Raises BadParameter."""
    text = text.strip()
    if not text or len(text) > _LONGEST:
        raise BadParameter(f"a tag or a class is 1 to {_LONGEST} characters, not {len(text)}")
    if any(unicodedata.category(sign) in _BREAKS for sign in text):
        raise BadParameter("a tag or a class is one line without control characters", where=ascii(text))
    return text


def correct(row: Any, label: str) -> None:
    """Set the class that a person says, and a tag of theirs by it; inside a write, and the caller saves the row. A
    class of the tagger's, or one that other sounds have, is that class in whatever case.

    Raises BadParameter.
    """
    text = checked(label)
    text = spelt(text, row.id)
    if text.casefold() == UNSURE:
        raise BadParameter(
            f"{text!r} is what roadie says when it does not know, and no class to give a sound",
            hint='To take a class of yours back: PATCH /assets/{id} with {"class": null}, '
            "or roadie library tag FILE --class CLASS --off",
        )
    if row.label != text:
        _drop_tag(row)
    row.label, row.confidence = text, 1.0
    row.meta = {**row.meta, _BY_USER: True}
    put_tag(row.id, Tag(text, 1.0, USER))


def withdraw(row: Any) -> None:
    """Take back the class that a person said: the tagger's own class and confidence are there again. Nothing changes
    where nobody said any. Inside a write, and the caller saves the row."""
    if not is_corrected(row):
        return
    _drop_tag(row)
    row.meta = {key: value for key, value in row.meta.items() if key != _BY_USER}
    row.label, row.confidence = row.meta.get("class"), row.meta.get("confidence")
    if row.label is not None:  # told before others were, who spell it otherwise
        row.label = spelt(row.label, row.id)


def is_corrected(row: Any) -> bool:
    """Whether its class is a person's word."""
    return bool(row.meta.get(_BY_USER))


def _drop_tag(row: Any) -> None:
    """A class that is taken back was never a tag of its own."""
    if is_corrected(row):
        TagRow.delete().where(
            (TagRow.asset == row.id) & (TagRow.origin == USER) & (TagRow.label == row.label)
        ).execute()

"""A VST 3 plug-in's raw state as JUCE, which pedalboard hosts plug-ins with, writes it: "VC2!", the length of a text as
a little-endian number of 32 bits, the text, which is XML, and a zero byte (JUCE, `AudioProcessor::copyXmlToBinary`).

What is damaged JUCE takes without a word, and the plug-in keeps the settings that it had: so it is looked at before.
What is of another plug-in is whole, and only what the plug-in does with it can tell.
"""

from __future__ import annotations

from xml.parsers import expat

SAVE = "`roadie plugins save` writes one"
_MARK = b"VC2!"
_HEAD_BYTES = len(_MARK) + 4


def damage(content: bytes) -> str | None:
    """What is wrong with it; None when nothing is."""
    if not content.startswith(_MARK):
        return f"it begins with {content[:4]!r}, not with VC2!"
    length = int.from_bytes(content[len(_MARK) : _HEAD_BYTES], "little")
    text = content[_HEAD_BYTES:][:length]
    if len(content) < _HEAD_BYTES or len(text) < length:
        return f"it is cut off: {len(content)} of {_HEAD_BYTES + length} bytes are there"
    return _damage_of_xml(text)


def ignored(content: bytes, before: bytes, after: bytes) -> bool:
    """Whether a plug-in that was given `content` kept to the settings that it had, as states of it before and after
    tell. One that gives none of its settings tells nothing."""
    return before == after != content and b"<IComponent>" in after


def _damage_of_xml(text: bytes) -> str | None:
    parser = expat.ParserCreate("utf-8")
    names: list[str] = []
    parser.StartElementHandler = lambda name, _: names.append(name)
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        return f"its XML is damaged: {error}"
    return (
        None if names[0] == "VST3PluginState" else f"its XML is of {names[0]}, not the state of a VST 3 plug-in"
    )

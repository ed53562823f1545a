"""What the user switched on of REAPER's own remote control: the web interface, and OSC that it listens to.

`reaper.ini` holds one line for each, in its section [REAPER]:

    csurf_cnt=2
    csurf_0=HTTP <1: off> <port> '<user:password>' '<first page>' ...
    csurf_1=OSC "<name>" <bits; 1: listens> <port it listens at> "<sends to>" <port> ...
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"(?i)^csurf_(\d+)=(.*)$")
_COUNT = re.compile(r"(?i)^csurf_cnt=(\d+)\s*$")
_TOKEN = re.compile(r"\"([^\"]*)\"|'([^']*)'|`([^`]*)`|(\S+)")
_WEB_PORT = 8080
"""What REAPER takes for 0."""
_LISTENS = 1


@dataclass(frozen=True, slots=True)
class Web:
    """The web interface. user: "name:password", or empty."""

    port: int
    user: str = ""


@dataclass(frozen=True, slots=True)
class Osc:
    """OSC over UDP, with the patterns of REAPER's default file."""

    port: int


def switched_on(ini: bytes) -> list[Web | Osc]:
    """Those that are on, web interfaces first: they answer. ini: the content of reaper.ini."""
    lines = _section(ini.decode("utf-8", "replace"))
    count = next((int(told.group(1)) for line in lines if (told := _COUNT.match(line))), 0)
    found: list[Web | Osc] = []
    for line in lines:
        entry = _LINE.match(line)
        if entry and int(entry.group(1)) < count and (surface := _surface(_tokens(entry.group(2)))):
            found.append(surface)
    return sorted(found, key=lambda each: isinstance(each, Osc))


def _section(text: str) -> list[str]:
    lines, inside = [], False
    for line in text.splitlines():
        if line.lstrip().startswith("["):
            inside = line.strip().lower() == "[reaper]"
        elif inside:
            lines.append(line.strip())
    return lines


def _tokens(text: str) -> list[str]:
    return [next((part for part in token if part), "") for token in _TOKEN.findall(text)]


def _surface(tokens: list[str]) -> Web | Osc | None:
    def number(index: int) -> int:
        return int(tokens[index]) if index < len(tokens) and tokens[index].isdigit() else 0

    if tokens[:1] == ["HTTP"] and number(1) == 0:
        return Web(number(2) or _WEB_PORT, tokens[3] if len(tokens) > 3 else "")
    if tokens[:1] == ["OSC"] and number(2) & _LISTENS and number(3):
        return Osc(number(3))
    return None

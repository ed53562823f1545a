"""What stands on a surface, whichever program shows it: pages of rows of controls, each bound to an address of the
table. A control that the table does not know, or that it would not understand, is a mistake found here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridges.osc.addresses import ADDRESSES
from bridges.osc.arguments import check
from bridges.osc.namespace import Namespace
from bridges.osc.table import HITS, ROOT, SLOTS, Access
from daemon.kernel.errors import BadParameter

SOUNDS = 6
"""As many as the largest model makes stems."""
SEARCHES = ("kick", "snare", "hat", "loop", "vocal", "bass")
FIRST_PAD, PADS = 36, 16
_VELOCITY = 100.0
_IN_A_ROW = 8

Constant = int | float | str


@dataclass(frozen=True, slots=True)
class Caption:
    """Words that never change."""

    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A text that roadie sends. before: arguments that stand in front of it, always these."""

    address: str
    before: tuple[Constant, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """A share, 0 to 1, that roadie sends."""

    address: str


@dataclass(frozen=True, slots=True)
class Press:
    """A button. args: sent when it is pressed."""

    text: str
    address: str
    args: tuple[Constant, ...] = (1.0,)


@dataclass(frozen=True, slots=True)
class Entry:
    """A text that a person types, sent with more arguments behind it."""

    text: str
    address: str
    after: tuple[Constant, ...] = ()


Control = Caption | Shown | Bar | Press | Entry


@dataclass(frozen=True, slots=True)
class Cell:
    """width: its share of the row."""

    control: Control
    width: float = 1.0


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    rows: tuple[Row, ...]


def pages(recipes: Sequence[str]) -> tuple[Page, ...]:
    """The whole surface. recipes: those that get a button. Raises BadParameter for a control that cannot work."""
    space = Namespace(ADDRESSES)
    space.know(recipes)
    made = (_jobs(space.recipes), _sounds())
    for control in controls(made):
        _check(control, space)
    return made


def controls(made: Iterable[Page]) -> list[Control]:
    return [cell.control for page in made for row in page.rows for cell in row]


def _jobs(recipes: Sequence[str]) -> Page:
    selected: Row = (
        Cell(Caption("selected"), 1), Cell(Shown(f"{ROOT}/selection"), 6),
        Cell(Press("stop sound", f"{ROOT}/audition/stop"), 1.5),
        Cell(Press("take what played", f"{ROOT}/audition/select"), 1.5),
    )  # fmt: skip
    buttons = [Cell(Press(name, f"{ROOT}/selected/run/{name}")) for name in recipes]
    run = [tuple(buttons[start : start + _IN_A_ROW]) for start in range(0, len(buttons), _IN_A_ROW)]
    slots = tuple(_slot(f"{ROOT}/slot/{number}") for number in range(1, SLOTS + 1))
    return Page("jobs", (selected, *run, *slots, _wrong()))


def _slot(base: str) -> Row:
    hear = (Cell(Press(str(n), f"{base}/audition", (float(n),)), 0.5) for n in range(1, SOUNDS + 1))
    return (
        Cell(Shown(f"{base}/name"), 3), Cell(Shown(f"{base}/state"), 1), Cell(Bar(f"{base}/progress"), 2), *hear,
        Cell(Press("pads", f"{base}/kit"), 0.7), Cell(Press("cancel", f"{base}/cancel"), 1),
    )  # fmt: skip


def _sounds() -> Page:
    search: Row = (
        Cell(Entry("search", f"{ROOT}/search", (float(4 * HITS),)), 3),
        *(Cell(Press(word, f"{ROOT}/search", (word, float(4 * HITS)))) for word in SEARCHES),
        Cell(Press("<", f"{ROOT}/hit/previous"), 0.5), Cell(Press(">", f"{ROOT}/hit/next"), 0.5),
    )  # fmt: skip
    hits = tuple(_hit(f"{ROOT}/hit/{number}") for number in range(1, HITS + 1))
    keys = range(FIRST_PAD, FIRST_PAD + PADS)
    pads = tuple(_pad_row(keys[start : start + PADS // 2]) for start in (0, PADS // 2))
    return Page("sounds", (search, *hits, *(row for pair in pads for row in pair), _wrong()))


def _hit(base: str) -> Row:
    return (
        Cell(Shown(f"{base}/name"), 6), Cell(Press("hear", f"{base}/audition"), 1),
        Cell(Press("select", f"{base}/select"), 1),
    )  # fmt: skip


def _pad_row(keys: Sequence[int]) -> tuple[Row, Row]:
    names = tuple(Cell(Shown(f"{ROOT}/pad/name", ("", key))) for key in keys)
    return names, tuple(Cell(Press(str(key), f"{ROOT}/pad", (float(key), _VELOCITY))) for key in keys)


def _wrong() -> Row:
    return (Cell(Caption("error"), 1), Cell(Shown(f"{ROOT}/error/text"), 9))


def _check(control: Control, space: Namespace) -> None:
    if isinstance(control, Caption):
        return
    found = space.find(control.address)
    wanted = Access.OUT if isinstance(control, Shown | Bar) else Access.IN
    if len(found) != 1 or found[0].row.access is not wanted:
        raise BadParameter("the table of addresses has nothing like this", where=control.address)
    row = found[0].row
    match control:
        case Press(args=args):
            check(row, args)
        case Entry(after=after):
            check(row, ("words", *after))
        case Bar():
            known = row.tags == "f"
        case Shown(before=before):
            rest = row.tags[len(before) :]
            known = rest[:1] == "s" and all(
                (tag == "s") is isinstance(value, str) for tag, value in zip(row.tags, before, strict=False)
            )
    if isinstance(control, Shown | Bar) and not known:
        raise BadParameter("what roadie sends there is something else", where=control.address)

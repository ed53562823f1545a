"""Whether arguments are what an address takes. Surfaces send what they can: numbers and truths stand for each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bridges.osc.options import Options, parse
from bridges.osc.packet import Argument
from bridges.osc.table import Address, Arg
from daemon.kernel.errors import BadParameter

Value = int | float | str
_INT32 = 2**31


def check(address: Address, args: Sequence[Argument]) -> tuple[tuple[Value, ...], Options]:
    """The arguments as the address wants them, and the options after them. Raises BadParameter naming what is legal."""
    wanted = address.args
    if address.button and not args:
        args = (1,)  # a bare message is a press
    if not wanted and len(args) == 1 and (args[0] is None or args[0] is True):
        args = ()  # an impulse: how some clients send a message that has no arguments
    if len(args) < len(wanted):
        raise BadParameter(f"{len(args)} arguments where {len(wanted)} are needed", hint=_usage(address))
    rest = args[len(wanted) :]
    if rest and not (address.options or address.hidden):
        raise BadParameter(f"{len(args)} arguments where {len(wanted)} are taken", hint=_usage(address))
    texts = [text for text in rest if isinstance(text, str)]
    if len(texts) < len(rest):
        raise BadParameter("options are texts, written key=value", hint=_usage(address))
    values = tuple(_value(arg, given) for arg, given in zip(wanted, args, strict=False))
    return values, parse(texts, address.steps)


def _usage(address: Address) -> str:
    if not address.args and not address.options:
        return "It takes no arguments"
    names = " ".join(f"{arg.name}:{arg.tag}" for arg in address.args)
    return f"Send {' '.join(part for part in (names, '[key=value ...]' if address.options else '') if part)}"


def _value(arg: Arg, given: Argument) -> Value:
    if arg.tag == "s":
        if not isinstance(given, str):
            raise BadParameter(f"{arg.name} is a text, not {_named(given)}")
        if arg.values and given not in arg.values:
            raise BadParameter(f"{arg.name} is {given!r}", hint=f"Legal: {', '.join(arg.values)}")
        return given
    if isinstance(given, str | bytes) or given is None:
        raise BadParameter(f"{arg.name} is a number, not {_named(given)}")
    number = float(given)
    if not math.isfinite(number):
        raise BadParameter(f"{arg.name} is {number}, which is no number to work with")
    low, high = arg.low, arg.high
    if (low is not None and number < low) or (high is not None and number > high):
        raise BadParameter(f"{arg.name} is {number:g}", hint=f"Legal: {_range(low, high)}")
    if arg.tag == "f":
        return number
    whole = _whole(number)
    if not -_INT32 <= whole < _INT32:
        raise BadParameter(f"{arg.name} is {number:g}, which 32 bits do not hold")
    return whole


def _whole(number: float) -> int:
    """The nearest one, but 0 for nothing else than 0: that switches off, ends or means none."""
    nearest = math.floor(number + 0.5)
    return nearest if nearest or not number else int(math.copysign(1, number))


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"


def _named(given: Argument) -> str:
    names = {bool: "a truth", int: "a number", float: "a number", str: "a text", bytes: "a blob"}
    return names.get(type(given), "nothing")

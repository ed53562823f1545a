"""In what order sounds are found, and how far a page before came: arrays by asset number, from the columns, and the
indexes of SQLite. Everything here is inside a read.

A page begins behind a place, which is the value and the number of the last sound before it. So what comes and goes in
between neither repeats nor hides another sound.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.library.columns import NAMES, Columns, starts_of
from daemon.library.filters import Mask
from daemon.library.query import Place, Query
from daemon.library.text import sql

Array = NDArray[Any]

_FEW = 5000  # so few are sorted by their names; more with one beginning are met in the order of all names
_AT_ONCE = 500  # values in one statement
_SAMPLE, _SPARE = 8192, 8
"""Assets that are looked at to guess where the first of an order end, and how many too many."""


def first(query: Query, mask: Mask | None, columns: Columns, count: int) -> list[int]:
    """The first `count` asset numbers in the order that is asked for, behind `query.after`. mask: None for all."""
    sort, descending = query.sorted_by
    if sort == "name":
        return _by_name(mask, columns, descending, count, query.after)
    if mask is None and sort == "added":
        return _by_age(descending, count, query.after)
    whole = columns["known"] if mask is None else mask
    if query.after is not None:
        whole = whole & _behind(query.after, columns[sort], descending)
    return [int(number) for number in _ordered(whole, columns[sort], descending, count)]


def place(query: Query, number: int, columns: Columns) -> Place | None:
    """Where an asset stands in the order that is asked for; None where it went meanwhile."""
    sort, _ = query.sorted_by
    if sort == "name":
        row = sql("SELECT name FROM asset WHERE rowid = ?", number).fetchone()
        return None if row is None else (str(row[0]), number)
    value = float(columns[sort][number])
    return None if np.isnan(value) else value, number


def _behind(last: Place, values: Array, descending: bool) -> Mask:
    """What comes after a place in an order by value, then by number; what has no value comes last."""
    value, number = last
    if value is None:
        mask = np.isnan(values)
        mask[: number + 1] = False
        return mask
    assert not isinstance(value, str)
    mask = (values < value if descending else values > value) | np.isnan(values)
    mask[number + 1 :] |= values[number + 1 :] == value
    return np.asarray(mask)


def _ordered(mask: Mask, values: Array, descending: bool, count: int) -> NDArray[np.int64]:
    """The first `count` asset numbers by value, then by number; what has no value comes last."""
    numbers = np.flatnonzero(_likely(mask, values, descending, count))
    keys = np.asarray(values[numbers], np.float64)
    if descending:
        keys = -keys
    keys[np.isnan(keys)] = np.inf
    if len(keys) > count:
        edge = np.partition(keys, count - 1)[count - 1]
        below = np.flatnonzero(keys < edge)
        chosen = np.concatenate([below, np.flatnonzero(keys == edge)[: count - len(below)]])
        numbers, keys = numbers[chosen], keys[chosen]
    return numbers[np.argsort(keys, kind="stable")]


def _likely(mask: Mask, values: Array, descending: bool, count: int) -> Mask:
    """A mask of fewer assets, among which the first `count` are all the same: those beyond a value that a sample says
    some more than `count` are beyond. `mask` itself where the sample says nothing or was wrong."""
    every = len(mask) // _SAMPLE
    if every < 2:
        return mask
    some = np.asarray(values[::every][mask[::every]], np.float64)
    some = np.sort(some[~np.isnan(some)])
    place = 2 * count // every + _SPARE
    if place >= len(some):
        return mask
    edge = some[-1 - place] if descending else some[place]
    fewer = mask & (values >= edge if descending else values <= edge)
    return fewer if np.count_nonzero(fewer) >= count else mask


def _by_name(
    mask: Mask | None, columns: Columns, descending: bool, count: int, after: Place | None
) -> list[int]:
    if mask is not None:
        few = _few_by_name(mask, columns, descending, count, after)
        if few is not None:
            return few
    order, beyond = ("DESC", "<") if descending else ("ASC", ">")
    where = "" if after is None else f"WHERE name {beyond}= ?1 AND (name {beyond} ?1 OR rowid > ?2)"
    rows = sql(f"SELECT rowid FROM asset {where} ORDER BY name {order}, rowid", *(after or ()))
    found = (number for (number,) in rows if mask is None or (number < len(mask) and mask[number]))
    return list(islice(found, count))


def _few_by_name(
    mask: Mask, columns: Columns, descending: bool, count: int, after: Place | None
) -> list[int] | None:
    """None where too many are left once the beginnings of their names have been looked at."""
    most = count
    if after is not None:
        mask, alike = _from_beginning(mask, columns, descending, str(after[0]))
        most += alike
    numbers = _first_by_name(mask, columns, descending, most).tolist()
    if len(numbers) > max(_FEW, count):
        return None
    names: list[tuple[str, int]] = []
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        names += sql(
            f"SELECT name, rowid FROM asset WHERE rowid IN ({','.join('?' * len(some))})", *some
        ).fetchall()
    if after is not None:
        name, number = str(after[0]), after[1]
        names = [
            each for each in names
            if (each[0] < name if descending else each[0] > name) or (each[0] == name and each[1] > number)
        ]  # fmt: skip
    names.sort(key=lambda pair: pair[0], reverse=descending)
    return [number for _, number in names[:count]]


def _from_beginning(mask: Mask, columns: Columns, descending: bool, name: str) -> tuple[Mask, int]:
    """A mask of what may come behind a name, as far as the beginnings of names tell; and how many begin as it does,
    some of which may come before."""
    high, low = (columns[each] for each in NAMES)
    own_high, own_low = starts_of(name)
    beyond = np.less if descending else np.greater
    alike = mask & (high == own_high) & (low == own_low)
    further = beyond(high, own_high) | ((high == own_high) & beyond(low, own_low))
    return alike | (mask & further), int(np.count_nonzero(alike))


def _first_by_name(mask: Mask, columns: Columns, descending: bool, count: int) -> NDArray[np.int64]:
    """Asset numbers among which, as far as the beginnings of names tell, the first `count` by name are."""
    numbers = np.flatnonzero(mask)
    tied = np.ones(len(numbers), bool)
    certain = np.uint64(2**64 - 1 if descending else 0)
    for column in NAMES:
        if len(numbers) <= count:
            break
        starts = np.where(tied, columns[column][numbers], certain)
        place = len(starts) - count if descending else count - 1
        edge = np.partition(starts, place)[place]
        kept = starts >= edge if descending else starts <= edge
        tied = (starts == edge)[kept]
        numbers = numbers[kept]
    return numbers


def _by_age(descending: bool, count: int, after: Place | None) -> list[int]:
    order, beyond = ("DESC", "<") if descending else ("ASC", ">")
    where = ""
    if after is not None:
        where = f"WHERE added_at {beyond}= ?1 AND (added_at {beyond} ?1 OR rowid > ?2)"
    statement = f"SELECT rowid FROM asset {where} ORDER BY added_at {order}, rowid LIMIT ?3"
    return [number for (number,) in sql(statement, *(after or (0.0, 0)), count)]

"""Embeddings that an older roadie filed under what its tagger was taught, filed under the network that made them."""

from __future__ import annotations

from daemon.library.tables import StateRow
from daemon.library.text import sql

_DONE = "embeddings.by-network"
_TAUGHT, _BUILTIN = " taught ", " builtin"  # in the marks of `daemon.steps.classify`
_NEWEST = "SELECT model FROM embedding ORDER BY seq DESC LIMIT 1"
_REFILE = """INSERT OR IGNORE INTO embedding (asset_id, model, number, vector)
SELECT asset_id, ?, number, vector FROM embedding WHERE model LIKE ? ORDER BY seq DESC"""


def refile() -> None:
    """Inside a write, and done once for each library: looking for such rows takes a while among a million.

    An asset without an embedding of the network's own gets the last it had, with a new seq, since an index may have
    passed the old one. What older networks made is compared with nothing and goes.
    """
    if StateRow.get_or_none(StateRow.name == _DONE) is not None:
        return
    newest = sql(_NEWEST).fetchone()
    if newest is not None:
        network = newest[0].partition(_TAUGHT)[0].removesuffix(_BUILTIN)
        sql(_REFILE, network + _BUILTIN, f"{network}{_TAUGHT}%")
        sql("DELETE FROM embedding WHERE model LIKE ?", f"%{_TAUGHT}%")
    StateRow.insert(name=_DONE, value=True).execute()

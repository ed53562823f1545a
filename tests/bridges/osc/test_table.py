"""The table is the contract, and everything made from it says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridges.osc.addresses import ADDRESSES
from bridges.osc.arguments import check
from bridges.osc.document import markdown
from bridges.osc.namespace import Namespace
from bridges.osc.table import Access, Address
from daemon.kernel.errors import BadParameter

ROOT = Path(__file__).parents[3]

CONTRACT = {
    "/roadie/ping": "o*", "/roadie/run": "ss o*", "/roadie/select": "s", "/roadie/selected/run/{recipe}": "f",
    "/roadie/job/cancel": "s o*", "/roadie/job/retry": "s o*", "/roadie/job/undo": "s o*", "/roadie/jobs": "o*",
    "/roadie/search": "si o*", "/roadie/subscribe": "ii", "/roadie/transport": "iif", "/roadie/pong": "ss",
    "/roadie/queued": "ss", "/roadie/job/state": "ssssf", "/roadie/job/artifact": "sssss",
    "/roadie/jobs/done": "si", "/roadie/hit": "sisssff", "/roadie/search/done": "si", "/roadie/asset/added": "s",
    "/roadie/slot/{slot}/name": "s", "/roadie/slot/{slot}/state": "s", "/roadie/slot/{slot}/progress": "f",
    "/roadie/slot/{slot}/cancel": "f", "/roadie/slot/{slot}/audition": "f", "/roadie/audition": "s",
    "/roadie/error": "ssss",
}  # fmt: skip

every = pytest.mark.parametrize("row", ADDRESSES, ids=lambda row: row.path)


def test_every_address_of_the_contract_is_there_with_its_types():
    rows = {row.path: row.signature for row in ADDRESSES}
    assert len(rows) == len(ADDRESSES)
    assert {path: rows.get(path) for path in CONTRACT} == CONTRACT


@every
def test_a_row_is_whole(row: Address):
    assert row.path.startswith("/roadie/") and row.about and not row.about.endswith(".")
    assert all(reply in {each.path for each in ADDRESSES} for reply in row.replies)
    assert {arg.tag for arg in row.args} <= set("ifs")
    assert not row.button or row.tags[-1] == "f"
    assert not (row.access is Access.OUT and (row.options or row.button or row.replies))


@every
def test_what_it_describes_it_takes_and_nothing_else(row: Address):
    if row.access is not Access.IN:
        return
    right = [
        arg.values[0] if arg.values else "text" if arg.tag == "s" else max(arg.low or 0, 1) for arg in row.args
    ]
    values, options = check(row, right)
    assert len(values) == len(row.args) and options.ref == ""
    for number, arg in enumerate(row.args):
        for wrong in (None, b"blob", 7 if arg.tag == "s" else "seven"):
            with pytest.raises(BadParameter):
                check(row, [*right[:number], wrong, *right[number + 1 :]])
        if arg.high is not None:
            with pytest.raises(BadParameter, match="Legal"):
                check(row, [*right[:number], arg.high + 1, *right[number + 1 :]])
    with pytest.raises(BadParameter):
        check(row, [*right, "one too many"])
    with pytest.raises(BadParameter):
        check(row, [*right, 1])


def test_the_documentation_is_made_from_it():
    assert markdown() in (ROOT / "docs" / "osc.md").read_text("utf-8"), "run: roadie osc addresses --markdown"


def test_recipes_and_slots_are_addresses_of_their_own():
    space = Namespace(ADDRESSES)
    space.know(["stems", "with space", "sub/folder"])
    addresses = {node.address for node in space.nodes()}
    assert "/roadie/selected/run/stems" in addresses
    assert not any("space" in each or "folder" in each for each in addresses)
    assert [node.path["slot"] for node in space.find("/roadie/slot/*/cancel")] == [str(n) for n in range(1, 9)]
    (new,) = space.find("/roadie/selected/run/written-later")
    assert new.path == {"recipe": "written-later"}
    assert space.find("/roadie/selected/run/") == space.find("/roadie/selected/run/a/b") == []

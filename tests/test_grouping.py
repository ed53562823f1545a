"""What needs the machine for itself, or shares what is slow to make, is run by one process of the several."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("kept")
def test_groups_are_kept_together(request: pytest.FixtureRequest) -> None:
    """Where the versions of pytest and pytest-xdist do not fit, groups are ignored without a word."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("the tests run in one process")
    assert request.node.nodeid.endswith("@kept")

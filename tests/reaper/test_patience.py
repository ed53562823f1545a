"""How long scripts wait: for as long as something moves, whatever the clock says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.reaper.session import SCRIPTS

# A clock that only the waiting itself moves, one second at a time.
FOLLOW = """
package.path = arg[1] .. "/?.lua;" .. package.path
local now, states = 0, {}
reaper = { time_precise = function() return now end }
local every, ends = tonumber(arg[2]), tonumber(arg[3])
package.loaded["client"] = { call = function()
  local state = now >= ends and "done" or "running"
  return { state = state, progress = every > 0 and (now // every) / 1000 or 0.5, steps = {}, eta_s = false }
end }
package.loaded["loop"] = { pause = function() now = now + 1 end }
local said = {}
local panel = {
  show = function(_, rows)
    for _, row in ipairs(rows) do
      if row.kind == "text" and row.text:find("No progress") then said[#said + 1] = now end
    end
  end,
  poll = function() end,
}
local view = require("job").follow(panel, "1")
print(view.state, now, said[1] or "never", said[#said] or "never")
"""


@pytest.fixture
def follow(tmp_path: Path) -> Path:
    path = tmp_path / "follow.lua"
    path.write_text(FOLLOW)
    return path


def followed(follow: Path, moves_every_s: int, ends_s: int) -> list[str]:
    """state, when it was told, and the first and last second at which no progress was told."""
    command = ["lua5.4", str(follow), str(SCRIPTS / "lib"), str(moves_every_s), str(ends_s)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.split()


def test_a_job_that_moves_is_waited_for_for_hours(follow: Path) -> None:
    assert followed(follow, 170, 20_000) == ["done", "20000", "never", "never"]


def test_of_one_that_stands_still_it_is_said_and_it_is_waited_for_all_the_same(follow: Path) -> None:
    state, told_s, first_s, last_s = followed(follow, 0, 1000)
    assert (state, told_s) == ("done", "1000")
    assert 180 <= int(first_s) <= 183
    assert int(last_s) >= 998


def test_once_it_moves_again_nothing_is_said(follow: Path) -> None:
    state, _told_s, first_s, last_s = followed(follow, 250, 520)
    assert state == "done"
    assert [int(first_s) > 180, int(last_s) < 500] == [True, True]

-- @noindex
-- @description Insert what is selected in roadie

local here = select(2, reaper.get_action_context()):match("^(.*[/\\])")
package.path = here .. "lib/?.lua;" .. package.path

local client = require("client")
local insert = require("insert")
local run = require("run")

-- The sound selected in roadie (by its page, a control surface or `roadie insert`), at the edit cursor. It is found by
-- the daemon, so that whoever triggers this action needs no way of handing over a path.
run.quietly(function()
  local chosen = client.call("GET", "/selection")
  if type(chosen.path) ~= "string" then
    error({
      message = "nothing is selected in roadie",
      hint = "`roadie insert FILE` selects a sound and inserts it",
    }, 0)
  end
  insert.at_cursor(insert.track(), chosen.path)
  reaper.SetExtState("roadie", "inserted", string.format("%d %.3f", os.time(), reaper.time_precise()), false)
end)

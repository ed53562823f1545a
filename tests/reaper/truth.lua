-- Prints, for every function that the fake plays, how many parameters it has and how many REAPER's takes; and lists
-- names that the fake plays and REAPER does not have.

local here = arg[0]:match("^(.*)/")
package.path = here .. "/?.lua;" .. here .. "/?/init.lua;" .. package.path

local session = { project = {}, imgui = here .. "/reaimgui_api.tsv" }
local fake = require("fake").start(session, here .. "/reascript_api.tsv", "script")
for name, call in pairs(fake.api) do
  local rule = fake.rules[name]
  local info = debug.getinfo(call, "u")
  print(string.format("%s\t%d\t%s", name, info.nparams, rule and rule.most or "none"))
end

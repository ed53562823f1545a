-- @noindex
-- @description Slice to sampler

local here = select(2, reaper.get_action_context()):match("^(.*[/\\])")
package.path = here .. "lib/?.lua;" .. package.path
require("run").start("slices")

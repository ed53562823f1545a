-- @noindex
-- One undo point for everything that an action does.

local undo = {}

local WAVEFORMS = 40047 -- Peaks: Build any missing peaks; REAPER does so beside its other work

-- Runs change() as one step. What it raises is raised again, after REAPER is as it should be.
function undo.block(text, change)
  reaper.PreventUIRefresh(1)
  reaper.Undo_BeginBlock2(0)
  local well, problem = xpcall(change, function(problem)
    if type(problem) == "table" then
      return problem
    end
    return { message = tostring(problem), traceback = debug.traceback(tostring(problem), 2) }
  end)
  reaper.Undo_EndBlock2(0, text, -1)
  reaper.PreventUIRefresh(-1)
  reaper.Main_OnCommandEx(WAVEFORMS, 0, 0)
  reaper.UpdateArrange()
  if not well then
    error(problem, 0)
  end
end

return undo

-- @noindex
-- What the last action put into the project, so that taking back its job's files can take that out as well.

local json = require("json")

local placed = {}

local SECTION, NAME = "roadie", "placed"

-- The project as it is now: its file, its last undo point, and REAPER's own count of changes.
local function now()
  local _, path = reaper.EnumProjects(-1)
  return json.encode({
    path = path or "", undo = reaper.Undo_CanUndo2(0) or "", changes = reaper.GetProjectStateChangeCount(0),
  })
end

-- To be called right after a job's results were placed. It lasts as long as REAPER runs, as undo points do.
function placed.remember(job)
  reaper.SetExtState(SECTION, NAME, json.encode({ job = job, now = now() }), false)
end

-- Undoes the placing of a job, if nothing was done in the project since. Whether it was.
function placed.take_back(job)
  local well, last = pcall(json.decode, reaper.GetExtState(SECTION, NAME))
  if not well or type(last) ~= "table" or last.job ~= job or last.now ~= now() then
    return false
  end
  reaper.DeleteExtState(SECTION, NAME, false)
  return reaper.Undo_DoUndo2(0) ~= 0
end

local function plays(item, files)
  for number = 0, reaper.CountTakes(item) - 1 do
    local take = reaper.GetTake(item, number)
    local source = take and reaper.GetMediaItemTake_Source(take)
    while source do
      if files[reaper.GetMediaSourceFileName(source)] then
        return true
      end
      source = reaper.GetMediaSourceParent(source)
    end
  end
  return false
end

-- How many items of the project play one of the files. files: path -> true.
function placed.playing(files)
  local count = 0
  for index = 0, reaper.CountMediaItems(0) - 1 do
    count = count + (plays(reaper.GetMediaItem(0, index), files) and 1 or 0)
  end
  return count
end

return placed

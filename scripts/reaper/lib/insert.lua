-- @noindex
-- A sound of the library as an item at the edit cursor.

local audio_items = require("audio_items")
local system = require("system")
local tracks = require("tracks")
local undo = require("undo")

local insert = {}

-- The selected track; a new one at the end, where none is selected.
function insert.track()
  return reaper.GetSelectedTrack(0, 0)
end

-- One undo step. track: nil makes one. name: nil takes the file's own.
function insert.at_cursor(track, path, name)
  name = name or system.base_name(path)
  undo.block("roadie: insert " .. name, function()
    local target = track or tracks.at_end(name)
    local item = reaper.AddMediaItemToTrack(target)
    local take = audio_items.add_take(item, path, name)
    reaper.SetMediaItemInfo_Value(item, "D_POSITION", reaper.GetCursorPosition())
    reaper.SetMediaItemInfo_Value(item, "D_LENGTH",
      (reaper.GetMediaSourceLength(reaper.GetMediaItemTake_Source(take))))
    reaper.UpdateItemInProject(item)
    reaper.TrackList_AdjustWindows(false)
  end)
end

return insert

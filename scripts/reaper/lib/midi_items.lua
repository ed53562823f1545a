-- @noindex
-- MIDI items that say what was heard in an audio item, on the project's own tempo map.

local midi_file = require("midi_file")
local names = require("names")
local tracks = require("tracks")

local midi_items = {}

local DRUM_CHANNEL = 9
local SHORTEST_S = 0.001

local GRIDS = { ["1/4"] = 1, ["1/8"] = 1 / 2, ["1/8t"] = 1 / 3, ["1/16"] = 1 / 4, ["1/16t"] = 1 / 6, ["1/32"] = 1 / 8 }
midi_items.grids = { "off", "1/4", "1/8", "1/8t", "1/16", "1/16t", "1/32" }

-- A time on the project's own grid; as it is with the grid "off". It moves by less than half a step, and keeps its
-- distance to the beat that REAPER counts from.
local function on_grid(at_s, grid)
  if not grid then
    return at_s
  end
  local qn = reaper.TimeMap2_timeToQN(0, at_s)
  return reaper.TimeMap2_QNToTime(0, math.floor(qn / grid + 0.5) * grid)
end

local function insert_notes(take, item, notes, choices)
  local grid, finish, count = GRIDS[choices.quantise], item.position + item.length, 0
  local active = item.active
  for _, note in ipairs(notes) do
    local lasting_s = math.max(SHORTEST_S, note.end_s - note.start_s)
    for _, at_s in ipairs(active:times(note.start_s, lasting_s)) do
      local start = math.max(item.position, on_grid(at_s, grid))
      local stop = math.min(finish, start + (at_s + lasting_s / active.play_rate - math.max(at_s, item.position)))
      local from = reaper.MIDI_GetPPQPosFromProjTime(take, start)
      local to = reaper.MIDI_GetPPQPosFromProjTime(take, stop)
      if stop > start and to - from >= 0.5 then
        reaper.MIDI_InsertNote(take, false, false, from, to, note.channel, note.pitch, note.velocity, true)
        count = count + 1
      end
    end
  end
  reaper.MIDI_Sort(take)
  return count
end

local WHEEL = 0xE0

-- Pitch bends and the range that they need. Backwards or in a loop they would bend the wrong notes, so they stay out.
local function insert_controls(take, item, controls)
  for _, control in ipairs(controls) do
    local at_s = item.active:times(control.at_s)[1]
    if control.kind ~= WHEEL and control.at_s == 0 then
      at_s = item.position
    end
    if at_s then
      local ppq = math.max(0.0, reaper.MIDI_GetPPQPosFromProjTime(take, at_s))
      reaper.MIDI_InsertCC(take, false, false, ppq, control.kind, control.channel, control.first, control.second)
    end
  end
end

local function name_drums(track, notes)
  local named = {}
  for _, note in ipairs(notes) do
    if note.channel == DRUM_CHANNEL and not named[note.pitch] then
      named[note.pitch] = true
      local name = names.drums[note.pitch] or "Drum " .. note.pitch
      reaper.SetTrackMIDINoteNameEx(0, track, note.pitch, -1, name)
    end
  end
end

-- One MIDI item on `track`, where `item` is; it comes in the place of an earlier one with the mark. Returns how many
-- notes it has.
function midi_items.add(track, item, text, path, mark, name, choices)
  local heard = midi_file.parse(text, path)
  local old = tracks.marked_item(track, mark)
  if old then
    reaper.DeleteTrackMediaItem(track, old)
  end
  local made = reaper.CreateNewMIDIItemInProj(track, item.position, item.position + item.length, false)
  tracks.mark_item(made, mark)
  local take = reaper.GetActiveTake(made)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", name, true)
  if choices.bends == "yes" and not item.active.reversed and not item.active.looped then
    insert_controls(take, item, heard.controls)
  end
  local count = insert_notes(take, item, heard.notes, choices)
  name_drums(track, heard.notes)
  reaper.UpdateItemInProject(made)
  return count
end

return midi_items

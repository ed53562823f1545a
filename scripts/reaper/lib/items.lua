-- @noindex
-- What a selected item plays, and where each moment of it stands in the project.
--
-- A take plays its source from D_STARTOFFS on, D_PLAYRATE times as fast. The source may be a section of a file
-- (`window`, in seconds of the file), and may play backwards. What the item uses of the file is its region, in whole
-- frames, so that roadie works on no more than that and every result fits to the sample:
--
--   file      |------------[ window ......................... ]--------|
--   region                      [ start, length in frames ]
--   offset_s                    > how far into the region the item begins (below a frame, mostly)

local system = require("system")

local items = {}

local SLACK_S = 1e-9 -- what arithmetic with seconds loses is no reason for one frame more
local UNMOVED_S = 1e-6

local function file_of(source)
  local at = source
  while at do
    local path = reaper.GetMediaSourceFileName(at)
    if path ~= "" then
      return path, at
    end
    at = reaper.GetMediaSourceParent(at)
  end
  return nil
end

-- From, to in seconds of the file, and whether it plays backwards.
local function window_of(source, file_source)
  local length_s = reaper.GetMediaSourceLength(file_source)
  local is_section, offset_s, section_s, reversed = reaper.PCM_Source_GetSectionInfo(source)
  if not is_section then
    return 0.0, length_s, false
  end
  if section_s <= 0 then
    section_s = length_s - offset_s
  end
  return offset_s, math.min(offset_s + section_s, length_s), reversed
end

-- The used part within the window, in seconds of playing order: from, to, and whether it is played in a loop.
local function used(geometry)
  local from = geometry.start_offset_s
  local to = from + geometry.length * geometry.play_rate
  local window_s = geometry.window_to - geometry.window_from
  if geometry.loops and (from < -SLACK_S or to > window_s + SLACK_S) then
    return 0.0, window_s, true
  end
  return math.max(0.0, from), math.min(window_s, to), false
end

local function frames(from_s, to_s, rate_hz)
  local first = math.floor(from_s * rate_hz + rate_hz * SLACK_S)
  local last = math.ceil(to_s * rate_hz - rate_hz * SLACK_S)
  return first, last
end

-- Whether stretch markers change how fast the take plays; those that stand where they were set do not.
local function stretched(take)
  local offset_s = reaper.GetMediaItemTakeInfo_Value(take, "D_STARTOFFS")
  for index = 0, reaper.GetTakeNumStretchMarkers(take) - 1 do
    local _, at_s, source_s = reaper.GetTakeStretchMarker(take, index)
    if math.abs(source_s - offset_s - at_s) > UNMOVED_S or reaper.GetTakeStretchMarkerSlope(take, index) ~= 0 then
      return true
    end
  end
  return false
end

local Take = {}
Take.__index = Take

-- How one take of an item plays its file. nil and the reason where roadie cannot follow it.
local function take_of(item, take)
  if reaper.TakeIsMIDI(take) then
    return nil, "it is MIDI already"
  end
  if stretched(take) then
    return nil, "its stretch markers change its timing, which cannot be followed: glue the item first"
  end
  local source = reaper.GetMediaItemTake_Source(take)
  local path, file_source = file_of(source)
  if not path then
    return nil, "it plays no file"
  elseif not reaper.file_exists(path) then
    return nil, "its file is not there: " .. path
  end
  local self = setmetatable({ take = take, path = path }, Take)
  self.name = select(2, reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", "", false))
  self.guid = select(2, reaper.GetSetMediaItemTakeInfo_String(take, "GUID", "", false))
  self.rate_hz = reaper.GetMediaSourceSampleRate(file_source)
  if self.rate_hz <= 0 then
    return nil, "its file is offline, or no audio: " .. path
  end
  self.window_from, self.window_to, self.reversed = window_of(source, file_source)
  self.position = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
  self.length = reaper.GetMediaItemInfo_Value(item, "D_LENGTH")
  self.loops = reaper.GetMediaItemInfo_Value(item, "B_LOOPSRC") > 0
  self.play_rate = reaper.GetMediaItemTakeInfo_Value(take, "D_PLAYRATE")
  self.start_offset_s = reaper.GetMediaItemTakeInfo_Value(take, "D_STARTOFFS")
  local from, to, looped = used(self)
  if to - from <= 0 then
    return nil, "it plays nothing of its file"
  end
  self.looped = looped
  local in_file = { self.window_from + from, self.window_from + to }
  if self.reversed then
    in_file = { self.window_to - to, self.window_to - from }
  end
  local first, last = frames(in_file[1], in_file[2], self.rate_hz)
  self.start_frames, self.length_frames = first, last - first
  -- Where playing order's zero is relative to the region: at its beginning, or backwards from its end.
  local edge_s = self.reversed and self.window_to - last / self.rate_hz or first / self.rate_hz - self.window_from
  self.offset_s = self.start_offset_s - edge_s
  return self
end

function Take:region()
  return { start_s = self.start_frames / self.rate_hz, length_s = self.length_frames / self.rate_hz }
end

-- Seconds of audio that the region holds.
function Take:region_s()
  return self.length_frames / self.rate_hz
end

-- The project times at which a moment of the region (seconds from its beginning) is heard in this item: one, or one
-- for each turn of a loop. lasting_s: counts also when only its end is inside.
function Take:times(moment_s, lasting_s)
  local played_s = self.reversed and self:region_s() - moment_s - (lasting_s or 0) or moment_s
  local first = self.position + (played_s - self.offset_s) / self.play_rate
  local turn = (self.window_to - self.window_from) / self.play_rate
  local lasting = (lasting_s or 0) / self.play_rate
  local found, finish = {}, self.position + self.length
  if not self.looped then
    if first + lasting > self.position - SLACK_S and first < finish - SLACK_S then
      found[1] = first
    end
    return found
  end
  local number = math.ceil((self.position - lasting - first) / turn - SLACK_S)
  while first + number * turn < finish - SLACK_S do
    found[#found + 1] = first + number * turn
    number = number + 1
  end
  return found
end

-- The same moment in the take's own source time, which take markers and stretch markers count in.
function Take:source_time(moment_s)
  local played_s = self.reversed and self:region_s() - moment_s or moment_s
  return self.start_offset_s + played_s - self.offset_s
end

local function describe(item, chosen)
  local found = {
    item = item,
    track = reaper.GetMediaItemTrack(item),
    guid = select(2, reaper.GetSetMediaItemInfo_String(item, "GUID", "", false)),
    position = reaper.GetMediaItemInfo_Value(item, "D_POSITION"),
    length = reaper.GetMediaItemInfo_Value(item, "D_LENGTH"),
    takes = {},
  }
  local active, why = reaper.GetActiveTake(item), "it is empty"
  for index = 0, reaper.CountTakes(item) - 1 do
    local take = reaper.GetTake(item, index)
    if take and (chosen == "all" or take == active) then
      local geometry, problem = take_of(item, take)
      why = problem or why
      if geometry then
        found.takes[#found.takes + 1] = geometry
        if take == active then
          found.active = geometry
        end
      end
    end
  end
  found.active = found.active or found.takes[1]
  if not found.active then
    return nil, why
  end
  found.name = found.active.name ~= "" and found.active.name or system.base_name(found.active.path)
  return found
end

-- The selected items that play audio files, in order of track and time, and a line for each that is left out.
-- chosen: "active" or "all" takes.
function items.selected(chosen)
  local found, left = {}, {}
  for index = 0, reaper.CountMediaItems(0) - 1 do
    local item = reaper.GetMediaItem(0, index)
    if reaper.IsMediaItemSelected(item) then
      local described, why = describe(item, chosen)
      if described then
        found[#found + 1] = described
      else
        left[#left + 1] = "An item at " .. reaper.format_timestr_pos(
          reaper.GetMediaItemInfo_Value(item, "D_POSITION"), "", -1) .. " is left out: " .. why
      end
    end
  end
  return found, left
end

-- REAPER's item of a GUID; nil when the project has none.
function items.find(guid)
  for index = 0, reaper.CountMediaItems(0) - 1 do
    local item = reaper.GetMediaItem(0, index)
    if select(2, reaper.GetSetMediaItemInfo_String(item, "GUID", "", false)) == guid then
      return item
    end
  end
  return nil
end

-- The item of a GUID as it is now; nil when it is gone or plays no file any more.
function items.by_guid(guid, chosen)
  local item = items.find(guid)
  return item and describe(item, chosen) -- and not the reason
end

-- Every different part of a file among the takes, once: {path, region, key}; and for each take its place in the list.
function items.inputs(selected)
  local list, places = {}, {}
  for _, item in ipairs(selected) do
    for _, take in ipairs(item.takes) do
      local key = string.format("%s|%d|%d", take.path, take.start_frames, take.length_frames)
      if not places[key] then
        list[#list + 1] = { path = take.path, region = take:region(), key = key }
        places[key] = #list
      end
      take.input = places[key]
    end
  end
  return list
end

-- Seconds of audio in all inputs.
function items.audio_s(inputs)
  local total = 0
  for _, input in ipairs(inputs) do
    total = total + input.region.length_s
  end
  return total
end

return items

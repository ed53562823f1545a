-- @noindex
-- Words of the selected items, where they are sung.

local folder = require("folder")
local job = require("job")
local json = require("json")
local results = require("results")
local system = require("system")
local tracks = require("tracks")

local lyrics = { name = "lyrics", title = "Lyrics", go = "Listen", undo = "lyrics" }

local REGIONS, MARKERS, TAKE_MARKERS = "regions", "markers", "take markers"
local NOTES, TEXT_ITEMS, MIDI = "item notes", "empty text items", "lyrics on a MIDI item"
local LYRIC_EVENT = 5 -- MIDI's text event for a word that is sung

function lyrics.fields()
  return {
    { id = "result", label = "Result", values = { TAKE_MARKERS, REGIONS, MARKERS, NOTES, TEXT_ITEMS, MIDI } },
    { id = "unit", label = "One for each", values = { "word", "line" } },
    { id = "what", label = "The item is", values = { "a voice", "a song (separate it first)" } },
    {
      id = "language", label = "Language",
      values = {
        "detect", "en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "ja", "ko", "zh", "ru", "uk", "tr",
      },
    },
    { id = "trust", label = "What counts as voice", values = { "what sounds like speech", "whatever is loud enough" } },
  }
end

function lyrics.speed(choices)
  return choices.what == "a voice" and ".voice" or ".song"
end

function lyrics.request(_, inputs, choices)
  local params = {}
  if choices.language ~= "detect" then
    params.language = choices.language
  end
  if choices.trust == "whatever is loud enough" then
    params.voice_threshold = 0
  end
  return {
    recipe = choices.what == "a voice" and "item-words" or "lyrics",
    inputs = job.inputs(inputs),
    params = { lyrics = params },
    deliver = { to = { "folder" }, folder = folder.of(choices), layout = "{source}/{kind}" },
  }
end

-- The words or lines {text, start_s, end_s} of one input.
local function entries_of(artifacts, unit)
  for _, artifact in ipairs(job.of_kind(artifacts, { lyrics = true }, true)) do
    if artifact.path:match("%.json$") then
      local text, why = system.read(artifact.path)
      if not text then
        error({ message = "the lyrics that roadie wrote cannot be read: " .. why }, 0)
      end
      local lines = json.decode(text).lines
      if unit == "line" then
        return lines
      end
      local words = {}
      for _, line in ipairs(lines) do
        for _, word in ipairs(line.words) do
          words[#words + 1] = word
        end
      end
      return words
    end
  end
  return {}
end

-- Calls add(entry, from, to) with the project times of each, cut to the item.
local function each_time(item, entries, add)
  local active, finish, count = item.active, item.position + item.length, 0
  for _, entry in ipairs(entries) do
    local lasting_s = entry.end_s - entry.start_s
    for _, at_s in ipairs(active:times(entry.start_s, lasting_s)) do
      add(entry, math.max(at_s, item.position), math.min(finish, at_s + lasting_s / active.play_rate))
      count = count + 1
    end
  end
  return count
end

local function marker_stands(is_region, at_s, name)
  local index = 0
  while true do
    local following, region, position, _, there = reaper.EnumProjectMarkers3(0, index)
    if following == 0 then
      return false
    end
    if region == is_region and there == name and math.abs(position - at_s) < 1e-6 then
      return true
    end
    index = following
  end
end

local function as_markers(item, entries, is_region)
  return each_time(item, entries, function(entry, from, to)
    if not marker_stands(is_region, from, entry.text) then
      reaper.AddProjectMarker2(0, is_region, from, is_region and to or 0.0, entry.text, -1, 0)
    end
  end)
end

local function as_take_markers(item, entries)
  local take, count = item.active.take, 0
  for _, entry in ipairs(entries) do
    local at_s, stands = item.active:source_time(item.active.reversed and entry.end_s or entry.start_s), false
    for index = 0, reaper.GetNumTakeMarkers(take) - 1 do
      local position, name = reaper.GetTakeMarker(take, index)
      stands = stands or (name == entry.text and math.abs(position - at_s) < 1e-6)
    end
    if not stands then
      reaper.SetTakeMarker(take, -1, entry.text, at_s, 0)
    end
    count = count + 1
  end
  return count
end

local function as_notes(item, entries, unit)
  local texts = {}
  for index, entry in ipairs(entries) do
    texts[index] = entry.text
  end
  reaper.GetSetMediaItemInfo_String(item.item, "P_NOTES", table.concat(texts, unit == "line" and "\n" or " "), true)
  return #entries
end

local function words_track(item)
  local name = results.track_name(item.track) .. " words"
  return tracks.below(item.track, name, "words|" .. tracks.guid(item.track), nil)
end

local function remove_marked(track, mark)
  while true do
    local old = tracks.marked_item(track, mark)
    if not old then
      return
    end
    reaper.DeleteTrackMediaItem(track, old)
  end
end

local function as_text_items(item, entries)
  local track, mark = words_track(item), "text|" .. item.guid
  remove_marked(track, mark)
  return each_time(item, entries, function(entry, from, to)
    local made = reaper.AddMediaItemToTrack(track)
    tracks.mark_item(made, mark)
    reaper.SetMediaItemInfo_Value(made, "D_POSITION", from)
    reaper.SetMediaItemInfo_Value(made, "D_LENGTH", to - from)
    reaper.GetSetMediaItemInfo_String(made, "P_NOTES", entry.text, true)
  end)
end

local function as_midi(item, entries)
  local track, mark = words_track(item), "lyrics|" .. item.guid
  remove_marked(track, mark)
  local made = reaper.CreateNewMIDIItemInProj(track, item.position, item.position + item.length, false)
  tracks.mark_item(made, mark)
  local take = reaper.GetActiveTake(made)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", item.name .. " - words", true)
  local count = each_time(item, entries, function(entry, from)
    local ppq = reaper.MIDI_GetPPQPosFromProjTime(take, from)
    reaper.MIDI_InsertTextSysexEvt(take, false, false, ppq, LYRIC_EVENT, entry.text)
  end)
  reaper.MIDI_Sort(take)
  return count
end

local HOW = {
  [REGIONS] = function(item, entries) return as_markers(item, entries, true) end,
  [MARKERS] = function(item, entries) return as_markers(item, entries, false) end,
  [TAKE_MARKERS] = as_take_markers,
  [NOTES] = as_notes,
  [TEXT_ITEMS] = as_text_items,
  [MIDI] = as_midi,
}

function lyrics.place(view, selected, choices)
  local lists, count, lines = job.artifacts(view), 0, {}
  for _, item in ipairs(selected) do
    local entries = entries_of(lists[item.active.input], choices.unit)
    if #entries == 0 then
      lines[#lines + 1] = not job.skipped(view, "lyrics") and item.name .. ": no words were heard." or nil
    else
      count = count + HOW[choices.result](item, entries, choices.unit)
      reaper.UpdateItemInProject(item.item)
    end
  end
  reaper.TrackList_AdjustWindows(false)
  table.insert(lines, 1, results.done(count, string.format("%d %ss", count, choices.unit)))
  return lines
end

return lyrics

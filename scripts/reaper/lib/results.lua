-- @noindex
-- Where audio that was made from items goes: tracks below theirs, or takes.

local audio_items = require("audio_items")
local names = require("names")
local tracks = require("tracks")

local results = {}

function results.track_name(track)
  local name = select(2, reaper.GetSetMediaTrackInfo_String(track, "P_NAME", "", false))
  if name ~= "" then
    return name
  end
  return "Track " .. math.tointeger(reaper.GetMediaTrackInfo_Value(track, "IP_TRACKNUMBER"))
end

-- The path of a stem for a take; nil where that take's input gave none.
local function path_of(lists, take, wanted)
  for _, artifact in ipairs(lists[take.input]) do
    if artifact.label == wanted then
      return artifact.path
    end
  end
  return nil
end

local function add_item(track, item, label, kind, lists, neutral)
  local made = tracks.fresh_item(track, kind .. "|" .. item.guid .. "|" .. label)
  audio_items.shape_as(made, item, neutral)
  local active
  for _, take in ipairs(item.takes) do
    local path = path_of(lists, take, label)
    if path then
      local fresh = audio_items.add_take(made, path, item.name .. " - " .. label)
      audio_items.play_as(made, fresh, take, neutral)
      active = take == item.active and fresh or active
    end
  end
  if active then
    reaper.SetActiveTake(active)
  end
  local colour = names.colour(label)
  if colour then
    reaper.SetMediaItemInfo_Value(made, "I_CUSTOMCOLOR", colour)
  end
  reaper.UpdateItemInProject(made)
  return made
end

-- Items on tracks below the item's own, one for each result of its active take; they come in the place of those of an
-- earlier run. lists: for each input {{label, path}}. kind: "stems", "chain": what these tracks are for.
function results.as_tracks(item, lists, kind, neutral)
  local entries, made = {}, {}
  for _, artifact in ipairs(lists[item.active.input]) do
    entries[#entries + 1] = { label = artifact.label, name = artifact.label, colour = names.colour(artifact.label) }
  end
  local children = tracks.folder(item.track, results.track_name(item.track) .. " " .. kind, kind, entries)
  for _, entry in ipairs(entries) do
    made[#made + 1] = add_item(children[entry.label], item, entry.label, kind, lists, neutral)
  end
  return made
end

local TAKE_MARK = "P_EXT:roadie"

local function take_marked(item, mark)
  for index = 0, reaper.CountTakes(item) - 1 do
    local take = reaper.GetTake(item, index)
    if take and select(2, reaper.GetSetMediaItemTakeInfo_String(take, TAKE_MARK, "", false)) == mark then
      return take
    end
  end
  return nil
end

-- Takes of the item itself. Returns the last of them.
function results.as_takes(item, lists, kind, neutral)
  local active, last = item.active.take, nil
  for _, artifact in ipairs(lists[item.active.input]) do
    local mark = kind .. "|" .. item.active.guid .. "|" .. artifact.label
    last = take_marked(item.item, mark)
    if not last then
      local take = audio_items.add_take(item.item, artifact.path, item.name .. " - " .. artifact.label)
      reaper.GetSetMediaItemTakeInfo_String(take, TAKE_MARK, mark, true)
      audio_items.play_as(item.item, take, item.active, neutral)
      last = take
    end
  end
  reaper.SetActiveTake(active)
  reaper.UpdateItemInProject(item.item)
  return last
end

-- Which takes of the items are worked on: only a track of its own has room for all of them.
function results.takes(choices)
  return choices.takes == "all of them" and choices.result ~= "takes of the item" and "all" or "active"
end

-- What came of each item, as its takes or on tracks below its own, by the person's choices; lists, kind: as of
-- as_tracks. none: said of an item that got nothing. heard: whether a new take is the one to be heard.
function results.place(selected, lists, kind, choices, none, heard)
  local made, served, lines = {}, {}, {}
  local neutral = choices.shape == "neutral"
  for _, item in ipairs(selected) do
    if #lists[item.active.input] == 0 then
      lines[#lines + 1] = item.name .. " " .. none
    else
      served[#served + 1] = item
      if choices.result == "takes of the item" then
        local take = results.as_takes(item, lists, kind, neutral)
        if heard then
          reaper.SetActiveTake(take)
        end
      else
        table.move(results.as_tracks(item, lists, kind, neutral), 1, #lists[item.active.input], #made + 1, made)
      end
    end
  end
  if #made > 0 then
    results.treat_original(served, made, choices.original)
  end
  reaper.TrackList_AdjustWindows(false)
  table.insert(lines, 1, results.done(#served))
  return lines
end

-- The first line for the person. what: "3 notes"; count: of them, 0 where nothing came of it.
function results.done(count, what)
  if count == 0 then
    return "Nothing was placed in the project."
  end
  return "Done" .. (what and ": " .. what or "") .. ". One undo (Ctrl+Z) takes it out of the project again."
end

-- What becomes of the items that the results came from. choice: "mute", "keep" or "leave untouched".
function results.treat_original(items, made, choice)
  if choice == "leave untouched" then
    return
  end
  for _, item in ipairs(items) do
    reaper.SetMediaItemSelected(item.item, #made == 0) -- what was made is selected in its place
    if choice == "mute" then
      reaper.SetMediaItemInfo_Value(item.item, "B_MUTE", 1)
    end
  end
  for _, item in ipairs(made) do
    reaper.SetMediaItemSelected(item, true)
  end
end

return results

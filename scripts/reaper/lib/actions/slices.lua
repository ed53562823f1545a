-- @noindex
-- The hits of the selected items: as items on a track, as a kit, or as stretch markers.

local audio_items = require("audio_items")
local folder = require("folder")
local job = require("job")
local kit = require("kit")
local onsets = require("onsets")
local results = require("results")
local tracks = require("tracks")

local slices = { name = "slices", title = "Slice to sampler", go = "Slice", undo = "slice items" }

local ITEMS, KIT, STRETCH = "items on a track", "a ReaSamplOmatic5000 kit", "stretch markers at the onsets"

function slices.fields()
  return {
    { id = "what", label = "The item is", values = { "drums", "voice", "anything else" } },
    { id = "result", label = "Result", values = { ITEMS, KIT, STRETCH } },
    { id = "most", label = "At most so many sounds", values = { "64", "16", "32", "128", "256" } },
    { id = "original", label = "Original", values = { "keep", "mute", "leave untouched" } },
  }
end

local STEMS = { drums = "drums", voice = "vocals", ["anything else"] = "other" }

function slices.request(_, inputs, choices)
  return {
    recipe = "item-slices",
    inputs = job.inputs(inputs),
    params = {
      slices = {
        stem = STEMS[choices.what],
        -- On a track every hit is to be heard as it was; a kit wants each sound once.
        keep_duplicates = choices.result == ITEMS,
        max_slices = choices.result == ITEMS and 999 or tonumber(choices.most),
      },
    },
    deliver = { to = { "folder" }, folder = folder.of(choices), layout = "{source}/{kind}/{class}" },
  }
end

-- One item for each hit. A backwards item would need every slice turned round: they go where they are heard, forwards.
local function as_items(item, hits)
  local name = results.track_name(item.track) .. " slices"
  local track = tracks.below(item.track, name, "slices|" .. tracks.guid(item.track), nil)
  local mark, count, finish = "slice|" .. item.guid, 0, item.position + item.length
  for index = reaper.CountTrackMediaItems(track) - 1, 0, -1 do
    local old = reaper.GetTrackMediaItem(track, index)
    if select(2, reaper.GetSetMediaItemInfo_String(old, "P_EXT:roadie", "", false)) == mark then
      reaper.DeleteTrackMediaItem(track, old)
    end
  end
  for _, hit in ipairs(hits) do
    for _, at_s in ipairs(hit.path and item.active:times(hit.start_s, hit.length_s) or {}) do
      local made = reaper.AddMediaItemToTrack(track)
      tracks.mark_item(made, mark)
      local take = audio_items.add_take(made, hit.path, hit.class)
      local late_s = math.max(0.0, item.position - at_s) -- of a hit that began before the item
      local length = math.min(hit.length_s / item.active.play_rate, finish - at_s) - late_s
      reaper.SetMediaItemInfo_Value(made, "D_POSITION", at_s + late_s)
      reaper.SetMediaItemInfo_Value(made, "D_LENGTH", length)
      reaper.SetMediaItemInfo_Value(made, "B_LOOPSRC", 0)
      reaper.SetMediaItemInfo_Value(made, "D_SNAPOFFSET",
        math.max(0.0, (hit.onset_s - hit.start_s) / item.active.play_rate - late_s))
      reaper.SetMediaItemInfo_Value(made, "D_VOL", reaper.GetMediaItemInfo_Value(item.item, "D_VOL"))
      audio_items.sound_as(take, item.active.take)
      reaper.SetMediaItemTakeInfo_Value(take, "D_PLAYRATE", item.active.play_rate)
      reaper.SetMediaItemTakeInfo_Value(take, "D_STARTOFFS", late_s * item.active.play_rate)
      count = count + 1
    end
  end
  return count
end

local function as_kit(item, sounds)
  local name = results.track_name(item.track) .. " kit"
  local track = tracks.below(item.track, name, "kit|" .. tracks.guid(item.track), nil)
  local pads = kit.pads(sounds)
  kit.build(track, pads)
  return #pads
end

local function as_stretch_markers(item, hits)
  local take, count, active = item.active.take, 0, item.active
  for _, hit in ipairs(hits) do
    local at_s = active:times(hit.onset_s)[1]
    if at_s then
      reaper.SetTakeStretchMarker(take, -1, (at_s - item.position) * active.play_rate, active:source_time(hit.onset_s))
      count = count + 1
    end
  end
  return count
end

local PLACE = {
  [ITEMS] = as_items,
  [KIT] = function(item, _, sounds) return as_kit(item, sounds) end,
  [STRETCH] = as_stretch_markers,
}
local TOLD = { [ITEMS] = "%d slices", [KIT] = "%d pads", [STRETCH] = "%d stretch markers" }

function slices.place(view, selected, choices)
  local lists, count, served, lines = job.artifacts(view), 0, {}, {}
  for _, item in ipairs(selected) do
    local hits, sounds = onsets.read(lists[item.active.input])
    if #hits == 0 then
      lines[#lines + 1] = item.name .. ": no hits were found."
    else
      served[#served + 1] = item
      count = count + PLACE[choices.result](item, hits, sounds)
    end
    reaper.UpdateItemInProject(item.item)
  end
  if choices.result ~= STRETCH then
    results.treat_original(served, {}, choices.original)
  end
  reaper.TrackList_AdjustWindows(false)
  table.insert(lines, 1, results.done(count, string.format(TOLD[choices.result], count)))
  return lines
end

return slices

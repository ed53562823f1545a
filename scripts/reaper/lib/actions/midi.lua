-- @noindex
-- Notes of the selected items as MIDI items.

local folder = require("folder")
local job = require("job")
local json = require("json")
local midi_items = require("midi_items")
local names = require("names")
local results = require("results")
local system = require("system")
local tempo = require("tempo")
local tracks = require("tracks")

local midi = { name = "midi", title = "Convert to MIDI", go = "Convert", undo = "convert to MIDI" }

local WHAT = { "one voice", "several voices", "drums", "a song (separate it first)" }
local RECIPES = {
  ["one voice"] = { recipe = "item-notes", params = { notes = { mode = "mono" } } },
  ["several voices"] = { recipe = "item-notes", params = { notes = { mode = "poly" } } },
  ["drums"] = { recipe = "item-drums", params = {} },
  ["a song (separate it first)"] = { recipe = "midi", params = {} },
}

function midi.fields()
  return {
    { id = "what", label = "The item is", values = WHAT },
    { id = "bends", label = "Pitch bends", values = { "yes", "no" } },
    { id = "quantise", label = "Quantise", values = midi_items.grids },
    { id = "original", label = "Original", values = { "keep", "mute", "leave untouched" } },
  }
end

function midi.speed(choices)
  return "." .. RECIPES[choices.what].recipe
end

-- The tempo map under all items, for the files that roadie writes; nil where it is not the same under each, since a job
-- has one. In the project the notes stand by REAPER's own map in any case.
local function common_map(selected)
  local first = tempo.under(selected[1].active)
  for index = 2, #selected do
    if json.encode(tempo.under(selected[index].active)) ~= json.encode(first) then
      return nil
    end
  end
  return first
end

function midi.request(selected, inputs, choices)
  local chosen = RECIPES[choices.what]
  local params = { midi = { bends = choices.bends == "yes" } }
  for step, values in pairs(chosen.params) do
    params[step] = values
  end
  return {
    recipe = chosen.recipe,
    inputs = job.inputs(inputs),
    params = params,
    tempo_map = common_map(selected),
    deliver = { to = { "folder" }, folder = folder.of(choices), layout = "{source}/{kind}" },
  }
end

local function label(artifact)
  return type(artifact.stem) == "string" and artifact.stem or "notes"
end

local function tracks_for(item, found)
  if #found == 1 then
    local only = label(found[1])
    local mark = "midi|" .. tracks.guid(item.track) .. "|" .. only
    return { [only] = tracks.below(item.track, results.track_name(item.track) .. " MIDI", mark, names.colour(only)) }
  end
  local entries = {}
  for index, artifact in ipairs(found) do
    entries[index] = { label = label(artifact), name = label(artifact), colour = names.colour(label(artifact)) }
  end
  return (tracks.folder(item.track, results.track_name(item.track) .. " MIDI", "midi", entries))
end

function midi.place(view, selected, choices)
  local lists, notes, served, lines = job.artifacts(view), 0, {}, {}
  for _, item in ipairs(selected) do
    local found = job.of_kind(lists[item.active.input], { midi = true }, true)
    if #found == 0 then
      lines[#lines + 1] = item.name .. ": no notes were heard."
    else
      served[#served + 1] = item
      local places = tracks_for(item, found)
      for _, artifact in ipairs(found) do
        local text, why = system.read(artifact.path)
        if not text then
          error({ message = "a MIDI file that roadie made cannot be read: " .. why }, 0)
        end
        local name = label(artifact)
        notes = notes + midi_items.add(places[name], item, text, artifact.path,
          "midi|" .. item.guid .. "|" .. name, item.name .. " - " .. name, choices)
      end
    end
  end
  results.treat_original(served, {}, choices.original)
  reaper.TrackList_AdjustWindows(false)
  table.insert(lines, 1, results.done(notes, notes .. " notes"))
  return lines
end

return midi

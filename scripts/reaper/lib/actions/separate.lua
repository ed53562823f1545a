-- @noindex
-- Stems of the selected items, as tracks below theirs or as takes.

local depth = require("depth")
local folder = require("folder")
local job = require("job")
local names = require("names")
local results = require("results")

local separate = {
  name = "separate",
  title = "Separate selected items",
  go = "Separate",
  undo = "separate items",
  audition = { stem = true },
}

local WHAT = { "4 stems", "6 stems" }
for _, stem in ipairs(names.stems) do
  WHAT[#WHAT + 1] = "only " .. stem
end
for _, stem in ipairs(names.stems) do
  WHAT[#WHAT + 1] = "all but " .. stem
end

local MODELS = { "best installed", "builtin", "htdemucs", "htdemucs_ft", "htdemucs_6s" }

function separate.fields()
  return {
    { id = "what", label = "What", values = WHAT },
    { id = "model", label = "Model", values = MODELS },
    { id = "result", label = "Result", values = { "tracks in a folder below", "takes of the item" } },
    { id = "takes", label = "Takes", values = { "the active one", "all of them" } },
    { id = "shape", label = "Level, fades, rate, pitch", values = { "as the item", "neutral" } },
    { id = "original", label = "Original", values = { "mute", "keep", "leave untouched" } },
    { id = "depth", label = "Depth", values = { "as the source", "24 bit", "32 bit float", "16 bit" } },
    { id = "audition", label = "Hear it first", values = { "no", "yes" } },
  }
end

separate.takes = results.takes

-- What makes a difference to the speed.
function separate.speed(choices)
  return "." .. choices.model
end

local DEPTHS = { ["24 bit"] = "pcm24", ["32 bit float"] = "float32", ["16 bit"] = "pcm16" }

-- Left to itself roadie writes floats for a source of floats, and 24 bits for all others.
local function depth_of(inputs, choices)
  local paths = {}
  for index, input in ipairs(inputs) do
    paths[index] = input.path
  end
  return DEPTHS[choices.depth] or depth.all_16(paths) and "pcm16" or "auto"
end

local function params(choices)
  local model = choices.model == "best installed" and "auto" or choices.model
  local mode, six = "stems", choices.what == "6 stems"
  local only, but = choices.what:match("^only (.+)"), choices.what:match("^all but (.+)")
  if only or but then
    mode = only and "only:" .. only or "all-but:" .. but
    six = (only or but) == "guitar" or (only or but) == "piano"
  end
  if six then
    model = "htdemucs_6s" -- the only one that knows guitar and piano
  end
  return { model = model, mode = mode }
end

function separate.request(_, inputs, choices)
  return {
    recipe = "stems",
    inputs = job.inputs(inputs),
    params = { separate = params(choices) },
    deliver = {
      to = { "folder" }, folder = folder.of(choices), layout = "{source}/{kind}",
      format = { container = "wav", depth = depth_of(inputs, choices) },
    },
  }
end

-- The label of a stem: its own, or "no drums" for everything but the drums.
local function label(artifact)
  local but = artifact.name:match("^no_(.-)%.")
  if but then
    return "no " .. but
  end
  return type(artifact.stem) == "string" and artifact.stem or artifact.name:match("^(.-)%.[^.]*$") or artifact.name
end

local ORDER = {}
for index, stem in ipairs(names.stems) do
  ORDER[stem] = index
end

local function stems_of(artifacts)
  local found = job.of_kind(artifacts, { stem = true }, true)
  for _, artifact in ipairs(found) do
    artifact.label = label(artifact)
  end
  table.sort(found, function(a, b)
    local first, second = ORDER[a.label] or 99, ORDER[b.label] or 99
    if first ~= second then
      return first < second
    end
    return a.label < b.label
  end)
  return found
end

function separate.place(view, selected, choices)
  local lists = job.artifacts(view)
  for index, artifacts in ipairs(lists) do
    lists[index] = stems_of(artifacts)
  end
  return results.place(selected, lists, "stems", choices, "gave no stems.", false)
end

return separate

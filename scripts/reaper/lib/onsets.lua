-- @noindex
-- Reading what roadie heard in an item: every hit, and the slice that stands for it.

local job = require("job")
local json = require("json")
local system = require("system")

local onsets = {}

local SOUNDS = { slice = true, ["one-shot"] = true }

-- What the file beside the slices says of each of them: classes are found after the slices are.
local function told_beside(path)
  local text = system.read(system.join(system.folder_of(path), "roadie.json"))
  local well, told = pcall(json.decode, text or "")
  local files = well and type(told) == "table" and told.files or {}
  local found = files[path:match("([^/\\]*)$")]
  return found and found.meta or {}
end

local function base(name)
  return name:match("([^/\\]*)$")
end

-- For one input's artifacts: the hits {onset_s, start_s, length_s, velocity, path?, class?}, in order of time, and the
-- slices {path, class, velocity} that were delivered. Raises {message}.
function onsets.read(artifacts)
  local slices, by_name = {}, {}
  for _, artifact in ipairs(job.of_kind(artifacts, SOUNDS, true)) do
    local class = told_beside(artifact.path).class or artifact.class
    local slice = { path = artifact.path, class = type(class) == "string" and class or "sound", velocity = 1 }
    slices[#slices + 1] = slice
    by_name[base(artifact.name)] = slice
  end
  local hits = {}
  for _, artifact in ipairs(job.of_kind(artifacts, { onsets = true }, false)) do
    local text, why = system.read(artifact.path)
    if not text then
      error({ message = "what roadie heard cannot be read: " .. why, hint = "Run the action again" }, 0)
    end
    local heard = json.decode(text)
    for _, hit in ipairs(heard.onsets) do
      for _, key in ipairs({ "start_s", "length_s", "onset_s" }) do
        -- They are whole frames, written to the microsecond.
        hit[key] = math.floor(hit[key] * heard.rate_hz + 0.5) / heard.rate_hz
      end
      local slice = type(hit.slice) == "string" and by_name[base(hit.slice)]
      if slice then
        hit.path, hit.class = slice.path, slice.class
        slice.velocity = math.max(slice.velocity, hit.velocity)
      end
      hits[#hits + 1] = hit
    end
  end
  table.sort(hits, function(a, b) return a.onset_s < b.onset_s end)
  return hits, slices
end

return onsets

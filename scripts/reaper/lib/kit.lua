-- @noindex
-- A track with ReaSamplOmatic5000: one note for each class, in the order of General MIDI, layers by velocity.

local names = require("names")

local kit = {}

local SAMPLER = "ReaSamplomatic5000"
local MOST_LAYERS = 8

-- Which parameter is which is asked of the plug-in itself; numbers differ between versions.
local WANTED = {
  note_start = "note range start", note_end = "note range end", pitch_start = "pitch for start note",
  pitch_end = "pitch for end note", note_offs = "obey note%-offs", minimum_gain = "gain for minimum velocity",
  velocity_from = "min.*vel", velocity_to = "max.*vel",
}
local ORDER = {
  "note_start", "note_end", "pitch_start", "pitch_end", "note_offs", "minimum_gain", "velocity_from", "velocity_to",
}

local function parameters(track, fx)
  local found = {}
  for index = 0, reaper.TrackFX_GetNumParams(track, fx) - 1 do
    local _, name = reaper.TrackFX_GetParamName(track, fx, index)
    local lower = name:lower()
    for _, what in ipairs(ORDER) do
      local taken = what:match("^velocity") and lower:match("gain")
      if not found[what] and not taken and lower:match(WANTED[what]) then
        found[what] = index
      end
    end
  end
  return found
end

local function set(track, fx, places, what, value)
  if places[what] then
    reaper.TrackFX_SetParamNormalized(track, fx, places[what], value)
  end
end

local function add_pad(track, pad)
  local fx = reaper.TrackFX_AddByName(track, SAMPLER, false, -1)
  if fx < 0 then
    error({ message = "REAPER has no ReaSamplOmatic5000", hint = "It comes with REAPER: install REAPER again" }, 0)
  end
  reaper.TrackFX_SetNamedConfigParm(track, fx, "FILE0", pad.path)
  reaper.TrackFX_SetNamedConfigParm(track, fx, "DONE", "")
  reaper.TrackFX_SetNamedConfigParm(track, fx, "renamed_name", pad.name)
  local places = parameters(track, fx)
  set(track, fx, places, "note_start", pad.key / 127)
  set(track, fx, places, "note_end", pad.key / 127)
  set(track, fx, places, "pitch_start", 0.5) -- as recorded, on whichever note
  set(track, fx, places, "pitch_end", 0.5)
  set(track, fx, places, "note_offs", 0.0) -- a hit sounds to its end
  set(track, fx, places, "velocity_from", pad.from / 127)
  set(track, fx, places, "velocity_to", pad.to / 127)
end

-- Each class's slices as layers: {key, class, layers = {{path, from, to}}}, in order of key. The hardest slice reaches
-- up to 127; each layer begins where the softer one ends.
function kit.pads(slices)
  local by_class, pads = {}, {}
  for _, slice in ipairs(slices) do
    by_class[slice.class] = by_class[slice.class] or {}
    table.insert(by_class[slice.class], slice)
  end
  for class, list in pairs(by_class) do
    table.sort(list, function(a, b)
      if a.velocity ~= b.velocity then
        return a.velocity < b.velocity
      end
      return a.path < b.path
    end)
    local kept, last = {}, nil
    for _, slice in ipairs(list) do
      if slice.velocity ~= last then
        kept[#kept + 1], last = slice, slice.velocity
      end
    end
    while #kept > MOST_LAYERS do
      table.remove(kept, 1)
    end
    local layers, from = {}, 1
    for index, slice in ipairs(kept) do
      local to = index == #kept and 127 or slice.velocity
      layers[index], from = { path = slice.path, from = from, to = to }, to + 1
    end
    pads[#pads + 1] = { key = names.keys[class] or names.unsure_key, class = class, layers = layers }
  end
  table.sort(pads, function(a, b)
    if a.key ~= b.key then
      return a.key < b.key
    end
    return a.class < b.class
  end)
  return kit.apart(pads)
end

-- No two classes on one key: an unknown class takes the next free one above.
function kit.apart(pads)
  local taken = {}
  for _, pad in ipairs(pads) do
    while taken[pad.key] and pad.key < 127 do
      pad.key = pad.key + 1
    end
    taken[pad.key] = true
  end
  table.sort(pads, function(a, b) return a.key < b.key end)
  return pads
end

-- Puts the pads on a track, in place of what it had.
function kit.build(track, pads)
  for fx = reaper.TrackFX_GetCount(track) - 1, 0, -1 do
    reaper.TrackFX_Delete(track, fx)
  end
  for _, pad in ipairs(pads) do
    for _, layer in ipairs(pad.layers) do
      add_pad(track, { path = layer.path, key = pad.key, from = layer.from, to = layer.to, name = pad.class })
    end
    reaper.SetTrackMIDINoteNameEx(0, track, pad.key, -1, pad.class)
  end
end

return kit

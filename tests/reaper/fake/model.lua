-- The project that the fake keeps: plain tables, so that undo is a copy and the end of a session can be written down.

local wav = require("fake.wav")

local model = {}

local ITEM_DEFAULTS = {
  D_POSITION = 0.0, D_LENGTH = 0.0, D_VOL = 1.0, D_SNAPOFFSET = 0.0, D_FADEINLEN = 0.0, D_FADEOUTLEN = 0.0,
  D_FADEINLEN_AUTO = -1.0, D_FADEOUTLEN_AUTO = -1.0, D_FADEINDIR = 0.0, D_FADEOUTDIR = 0.0, C_FADEINSHAPE = 0.0,
  C_FADEOUTSHAPE = 0.0, B_LOOPSRC = 0.0, B_MUTE = 0.0, C_BEATATTACHMODE = -1.0, C_LOCK = 0.0, I_GROUPID = 0.0,
  I_CUSTOMCOLOR = 0.0,
}
local TAKE_DEFAULTS = {
  D_STARTOFFS = 0.0, D_PLAYRATE = 1.0, D_VOL = 1.0, D_PAN = 0.0, D_PANLAW = -1.0, D_PITCH = 0.0, B_PPITCH = 1.0,
  I_CHANMODE = 0.0, I_PITCHMODE = -1.0,
}
local TRACK_DEFAULTS = {
  I_FOLDERDEPTH = 0.0, I_CUSTOMCOLOR = 0.0, B_MUTE = 0.0, D_VOL = 1.0, D_PAN = 0.0, I_NCHAN = 2.0, I_SELECTED = 0.0,
}

local function copy(table_)
  local made = {}
  for key, value in pairs(table_) do
    made[key] = value
  end
  return made
end

function model.new()
  return { tracks = {}, markers = {}, tempo = {}, guids = 0, path = "", projext = {} }
end

local function guid(project)
  project.guids = project.guids + 1
  return string.format("{%08X-0000-4000-8000-000000000000}", project.guids)
end

function model.track(project, index)
  local track = { kind = "MediaTrack", values = copy(TRACK_DEFAULTS), texts = { P_NAME = "" }, items = {}, fx = {},
    note_names = {}, guid = guid(project) }
  table.insert(project.tracks, index, track)
  return track
end

function model.item(project, track)
  local item = { kind = "MediaItem", values = copy(ITEM_DEFAULTS), texts = { P_NOTES = "" }, takes = {}, current = 0,
    selected = false, track = track, guid = guid(project) }
  track.items[#track.items + 1] = item
  return item
end

function model.take(project, item)
  local take = { kind = "MediaItem_Take", values = copy(TAKE_DEFAULTS), texts = { P_NAME = "" }, item = item,
    markers = {}, stretch = {}, guid = guid(project) }
  item.takes[#item.takes + 1] = take
  return take
end

-- A source of a file; nil for what is no WAV and no MIDI.
function model.file_source(path)
  local shape = wav.shape(path)
  if not shape then
    return nil
  end
  return { kind = "PCM_source", type = "WAVE", path = path, shape = shape, length = shape.frames / shape.rate_hz }
end

function model.section(parent, offset, length, reversed)
  return { kind = "PCM_source", type = "SECTION", path = "", parent = parent, shape = parent.shape, offset = offset,
    length = length, reversed = reversed }
end

-- The same project once more, sharing nothing.
function model.clone(value, seen)
  if type(value) ~= "table" then
    return value
  end
  seen = seen or {}
  if seen[value] then
    return seen[value]
  end
  local made = {}
  seen[value] = made
  for key, each in pairs(value) do
    made[key] = model.clone(each, seen)
  end
  return made
end

-- Puts the content of another project into this one, so that who holds it sees the change.
function model.become(project, other)
  for key in pairs(project) do
    project[key] = nil
  end
  for key, value in pairs(other) do
    project[key] = value
  end
end

local function build_source(spec)
  if spec.offline then -- as REAPER keeps what it cannot open
    local shape = { rate_hz = 0, channels = 0, frames = 0 }
    return { kind = "PCM_source", type = "WAVE", path = spec.file, shape = shape, length = 0.0 }
  end
  local source = assert(model.file_source(spec.file), "no WAV: " .. tostring(spec.file))
  if spec.section then
    source = model.section(source, spec.section.offset, spec.section.length, spec.section.reversed or false)
  elseif spec.reversed then
    source = model.section(source, 0.0, source.length, true)
  end
  return source
end

local function put(values, spec)
  for key, value in pairs(spec or {}) do
    assert(values[key] ~= nil, "no such key: " .. key)
    values[key] = value
  end
end

local function build_item(project, track, spec)
  local item = model.item(project, track)
  put(item.values, spec.values)
  item.selected = spec.selected or false
  item.guid = spec.guid or item.guid
  for key, value in pairs(spec.texts or {}) do
    item.texts[key] = value
  end
  for _, each in ipairs(spec.takes or {}) do
    local take = model.take(project, item)
    put(take.values, each.values)
    take.guid = each.guid or take.guid
    for key, value in pairs(each.texts or {}) do
      take.texts[key] = value
    end
    if each.midi then
      take.midi = each.midi
      take.source = { kind = "PCM_source", type = "MIDI", path = "", length = 1, shape = { rate_hz = 0, channels = 0 } }
    else
      take.source = build_source(each.source)
    end
    take.markers, take.stretch = each.markers or {}, each.stretch or {}
  end
  item.current = spec.current or 0
end

-- A project from a description, the same shape that `dump` gives.
function model.build(spec)
  local project = model.new()
  project.path, project.guids = spec.path or "", spec.guids or 0
  for _, marker in ipairs(spec.tempo or { { timepos = 0.0, bpm = 120.0, num = 4, den = 4, linear = false } }) do
    project.tempo[#project.tempo + 1] = copy(marker)
  end
  for _, each in ipairs(spec.tracks or {}) do
    local track = model.track(project, #project.tracks + 1)
    put(track.values, each.values)
    for key, value in pairs(each.texts or {}) do
      track.texts[key] = value
    end
    track.guid, track.fx, track.note_names = each.guid or track.guid, each.fx or {}, each.note_names or {}
    for _, item in ipairs(each.items or {}) do
      build_item(project, track, item)
    end
  end
  for _, marker in ipairs(spec.markers or {}) do
    project.markers[#project.markers + 1] = copy(marker)
  end
  return project
end

-- The source of the file below sections.
function model.file_of(source)
  while source.parent do
    source = source.parent
  end
  return source
end

local function dump_source(source)
  local file = model.file_of(source)
  if source.type ~= "SECTION" then
    return { file = file.path }
  end
  return { file = file.path, section = { offset = source.offset, length = source.length, reversed = source.reversed } }
end

local function dump_item(item)
  local takes = {}
  for index, take in ipairs(item.takes) do
    takes[index] = { values = take.values, texts = take.texts, markers = take.markers, stretch = take.stretch,
      midi = take.midi, source = not take.midi and dump_source(take.source) or nil, guid = take.guid }
  end
  return { values = item.values, texts = item.texts, takes = takes, selected = item.selected, current = item.current,
    guid = item.guid }
end

function model.dump(project)
  local tracks = {}
  for index, track in ipairs(project.tracks) do
    local list = {}
    for number, item in ipairs(track.items) do
      list[number] = dump_item(item)
    end
    local named = {}
    for key, name in pairs(track.note_names) do
      named[tostring(key)] = name
    end
    tracks[index] = { values = track.values, texts = track.texts, items = list, fx = track.fx, note_names = named,
      guid = track.guid }
  end
  return { tracks = tracks, markers = project.markers, tempo = project.tempo, path = project.path,
    guids = project.guids }
end

return model

-- @noindex
-- Reading a Standard MIDI File as roadie writes it: notes and controllers with their times in seconds.

local midi_file = {}

local Reader = {}
Reader.__index = Reader

function Reader:bytes(count)
  local text = self.text:sub(self.at, self.at + count - 1)
  if #text < count then
    error({ message = "a MIDI file ends too early: " .. self.path }, 0)
  end
  self.at = self.at + count
  return text
end

function Reader:byte()
  return self:bytes(1):byte()
end

-- A number of variable length.
function Reader:length()
  local value = 0
  for _ = 1, 4 do
    local byte = self:byte()
    value = value * 128 + byte % 128
    if byte < 128 then
      break
    end
  end
  return value
end

local DATA_BYTES = { [0x8] = 2, [0x9] = 2, [0xA] = 2, [0xB] = 2, [0xC] = 1, [0xD] = 1, [0xE] = 2 }

local function read_meta(reader, track, tick)
  local kind = reader:byte()
  local data = reader:bytes(reader:length())
  if kind == 0x51 then
    track.tempos[#track.tempos + 1] = { tick = tick, microseconds = (string.unpack(">I3", data)) }
  elseif kind == 0x03 then
    track.name = data
  end
end

local function read_track(reader, finish, tempos)
  local track, tick, status = { name = "", events = {}, tempos = tempos }, 0, 0
  while reader.at < finish do
    tick = tick + reader:length()
    local byte = reader:byte()
    if byte == 0xFF then
      read_meta(reader, track, tick)
    elseif byte == 0xF0 or byte == 0xF7 then
      reader:bytes(reader:length())
    else
      if byte >= 0x80 then
        status = byte
      else
        reader.at = reader.at - 1 -- running status
      end
      local count = DATA_BYTES[status >> 4]
      local first, second = reader:byte(), 0
      if count == 2 then
        second = reader:byte()
      end
      track.events[#track.events + 1] = { tick = tick, kind = status >> 4, channel = status & 15, first, second }
    end
  end
  return track
end

-- Ticks to seconds by the file's own tempos.
local function clock(tempos, division)
  table.sort(tempos, function(a, b) return a.tick < b.tick end)
  local marks = { { tick = 0, at_s = 0.0, per_tick = 0.5 / division } }
  for _, each in ipairs(tempos) do
    local last = marks[#marks]
    local at_s = last.at_s + (each.tick - last.tick) * last.per_tick
    marks[#marks + 1] = { tick = each.tick, at_s = at_s, per_tick = each.microseconds / 1e6 / division }
  end
  return function(tick)
    local index = #marks
    while marks[index].tick > tick do
      index = index - 1
    end
    return marks[index].at_s + (tick - marks[index].tick) * marks[index].per_tick
  end
end

local function add_note(notes, open, event, seconds)
  local key = event.channel * 128 + event[1]
  if event.kind == 9 and event[2] > 0 then
    open[key] = open[key] or {}
    table.insert(open[key], { start_s = seconds, pitch = event[1], velocity = event[2], channel = event.channel })
  else
    local note = open[key] and table.remove(open[key], 1)
    if note then
      note.end_s = seconds
      notes[#notes + 1] = note
    end
  end
end

-- {notes = {{start_s, end_s, pitch, velocity, channel}}, controls = {{at_s, kind, channel, first, second}}} of all
-- tracks, in order of time. Raises {message}.
function midi_file.parse(text, path)
  local reader = setmetatable({ text = text, at = 1, path = path }, Reader)
  if reader:bytes(4) ~= "MThd" then
    error({ message = "this is no MIDI file: " .. path }, 0)
  end
  local size = string.unpack(">I4", reader:bytes(4))
  local _, count, division = string.unpack(">I2I2I2", reader:bytes(size))
  local tempos, tracks = {}, {}
  for _ = 1, count do
    local name, length = string.unpack(">c4I4", reader:bytes(8))
    local finish = reader.at + length
    if name == "MTrk" then
      tracks[#tracks + 1] = read_track(reader, finish, tempos)
    end
    reader.at = finish
  end
  local seconds = clock(tempos, division)
  local notes, controls = {}, {}
  for _, track in ipairs(tracks) do
    local open = {}
    for _, event in ipairs(track.events) do
      local at_s = seconds(event.tick)
      if event.kind == 8 or event.kind == 9 then
        add_note(notes, open, event, at_s)
      elseif event.kind == 0xB or event.kind == 0xE then
        controls[#controls + 1] = {
          at_s = at_s, kind = event.kind << 4, channel = event.channel, first = event[1], second = event[2],
        }
      end
    end
  end
  table.sort(notes, function(a, b)
    if a.start_s ~= b.start_s then
      return a.start_s < b.start_s
    end
    return a.pitch < b.pitch
  end)
  return { notes = notes, controls = controls }
end

return midi_file

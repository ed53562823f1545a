-- @noindex
-- How long it will take: what it took on this machine the last time, or a rough guess before there was one.

local state = require("state")

local eta = {}

-- Seconds of audio that a second of work gets through, before anything was measured here; on a processor, with the
-- method that needs no weights. Only for the very first time.
local GUESSES = { separate = 4.0, midi = 3.0, slices = 10.0, lyrics = 2.0, chain = 20.0, tag = 20.0, similar = 20.0 }

local function in_words(seconds)
  if seconds < 90 then
    return string.format("%d s", math.max(1, math.ceil(seconds)))
  end
  return string.format("%d min", math.ceil(seconds / 60))
end

local function speed_of(kind)
  local known = state.get("speeds") or {}
  return known[kind], GUESSES[kind:match("^%a+")] or 4.0
end

-- A line for the person. kind: the action and what makes a difference to its speed.
function eta.line(kind, audio_s)
  local measured, guess = speed_of(kind)
  local origin = measured and "as fast as last time" or "a guess: it was not measured here yet"
  return string.format("%s of audio, about %s (%s)", in_words(audio_s), in_words(audio_s / (measured or guess)), origin)
end

-- Remembers how fast it went. A job that came from the cache says nothing of speed.
function eta.learn(kind, audio_s, took_s)
  if took_s < 1.0 or audio_s <= 0 then
    return
  end
  local known = state.get("speeds") or {}
  known[kind] = audio_s / took_s
  state.set("speeds", known)
end

eta.in_words = in_words

return eta

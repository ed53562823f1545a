-- @noindex
-- Names and colours that mean the same everywhere.

local names = {}

-- Colours of stems as red, green, blue; theme or not, these read on dark and on light.
names.colours = {
  drums = { 226, 94, 62 },
  bass = { 94, 129, 212 },
  other = { 118, 170, 92 },
  vocals = { 214, 170, 52 },
  guitar = { 176, 116, 66 },
  piano = { 150, 104, 190 },
  residual = { 128, 128, 128 },
}

names.stems = { "drums", "bass", "other", "vocals", "guitar", "piano" }

-- General MIDI percussion (GM 1, channel 10), the keys that roadie writes and their neighbours.
names.drums = {
  [35] = "Bass Drum 2", [36] = "Bass Drum 1", [37] = "Side Stick", [38] = "Acoustic Snare", [39] = "Hand Clap",
  [40] = "Electric Snare", [41] = "Low Floor Tom", [42] = "Closed Hi-Hat", [43] = "High Floor Tom",
  [44] = "Pedal Hi-Hat", [45] = "Low Tom", [46] = "Open Hi-Hat", [47] = "Low-Mid Tom", [48] = "Hi-Mid Tom",
  [49] = "Crash Cymbal 1", [50] = "High Tom", [51] = "Ride Cymbal 1", [52] = "Chinese Cymbal", [53] = "Ride Bell",
  [54] = "Tambourine", [55] = "Splash Cymbal", [56] = "Cowbell", [57] = "Crash Cymbal 2", [58] = "Vibraslap",
  [59] = "Ride Cymbal 2", [60] = "Hi Bongo", [61] = "Low Bongo", [62] = "Mute Hi Conga", [63] = "Open Hi Conga",
  [64] = "Low Conga", [76] = "Hi Wood Block", [77] = "Low Wood Block", [82] = "Shaker",
}

-- The key of each class, as roadie's own MIDI files have it.
names.keys = {
  kick = 36, snare = 38, rim = 37, clap = 39, ["closed-hat"] = 42, ["open-hat"] = 46, tom = 47, crash = 49, ride = 51,
  tambourine = 54, cowbell = 56, ["hand-drum"] = 62, shaker = 82, perc = 60,
}
names.unsure_key = 76

-- A stem's or an "all but" file's own colour as REAPER wants it; nil for none.
function names.colour(label)
  local found = names.colours[label or ""]
  if not found then
    return nil
  end
  return reaper.ColorToNative(found[1], found[2], found[3]) | 0x1000000
end

return names

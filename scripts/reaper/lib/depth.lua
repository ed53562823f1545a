-- @noindex
-- How many bits the samples of a file have, from its head: WAV (RIFF, RF64, BW64), AIFF, and FLAC.

local depth = {}

local PCM, EXTENSIBLE = 1, 0xFFFE
local MOST_CHUNKS = 64 -- before the one that tells

-- The body of the first chunk of that name (its first 40 bytes at most), in a file of chunks.
local function chunk(file, wanted, layout)
  file:seek("set", 12)
  for _ = 1, MOST_CHUNKS do
    local head = file:read(8)
    if not head or #head < 8 then
      return nil
    end
    local name, size = string.unpack(layout, head)
    if name == wanted then
      return file:read(math.min(size, 40))
    end
    file:seek("cur", size + size % 2)
  end
  return nil
end

local function of_wav(file)
  local body = chunk(file, "fmt ", "<c4I4")
  if not body or #body < 16 then
    return nil
  end
  local kind, bits = string.unpack("<I2", body), string.unpack("<I2", body, 15)
  if kind == EXTENSIBLE and #body >= 26 then
    kind = string.unpack("<I2", body, 25)
  end
  return kind == PCM and bits or nil
end

local function of_aiff(file, form)
  local body = form == "AIFF" and chunk(file, "COMM", ">c4I4")
  return body and #body >= 8 and string.unpack(">I2", body, 7) or nil
end

-- The first block of a FLAC file: after ten bytes 20 bits of sample rate, 3 of channels, 5 of depth.
local function of_flac(file)
  file:seek("set", 8 + 10)
  local packed = file:read(4)
  return packed and #packed == 4 and (string.unpack(">I4", packed) >> 4 & 31) + 1 or nil
end

local function of_open(file)
  local head = file:read(12) or ""
  local kind, form = head:sub(1, 4), head:sub(9, 12)
  if form == "WAVE" and (kind == "RIFF" or kind == "RF64" or kind == "BW64") then
    return of_wav(file)
  elseif kind == "FORM" then
    return of_aiff(file, form)
  elseif kind == "fLaC" then
    return of_flac(file)
  end
  return nil
end

-- Bits of whole-number samples; nil for floats, for compressed files that have no depth, and for others.
function depth.bits(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local bits = of_open(file)
  file:close()
  return bits
end

-- Whether no file has more than 16 bits.
function depth.all_16(paths)
  for _, path in ipairs(paths) do
    local bits = depth.bits(path)
    if not bits or bits > 16 then
      return false
    end
  end
  return true
end

return depth

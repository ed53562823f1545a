-- What the fake knows of an audio file: its WAV header.

local wav = {}

-- {rate_hz, channels, frames}; nil for a file that is none.
function wav.shape(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local head = file:read(12) or ""
  if head:sub(1, 4) ~= "RIFF" or head:sub(9, 12) ~= "WAVE" then
    file:close()
    return nil
  end
  local shape, align
  while true do
    local chunk = file:read(8)
    if not chunk or #chunk < 8 then
      break
    end
    local name, size = string.unpack("<c4I4", chunk)
    if name == "fmt " then
      local body = file:read(size)
      local _, channels, rate, _, block = string.unpack("<I2I2I4I4I2", body)
      shape, align = { rate_hz = rate, channels = channels }, block
      file:seek("cur", size % 2)
    elseif name == "data" then
      shape.frames = size // align
      break
    else
      file:seek("cur", size + size % 2)
    end
  end
  file:close()
  return shape
end

return wav

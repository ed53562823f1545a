-- @noindex
-- A short name for a request, so that asking twice gets the same job.

local hash = {}

local OFFSET, PRIME = 0xcbf29ce484222325, 0x100000001b3 -- FNV-1a, 64 bits
local PART = 4096

local function mix(value, text)
  for index = 1, #text do
    value = (value ~ text:byte(index)) * PRIME
  end
  return value
end

function hash.text(text)
  return string.format("%016x", mix(OFFSET, text))
end

-- Size and samples of a file's content: a changed file is another request. "" for a file that cannot be read.
function hash.file(path)
  local file = io.open(path, "rb")
  if not file then
    return ""
  end
  local size, value = file:seek("end"), OFFSET
  for eighth = 0, 8 do
    file:seek("set", math.max(0, (size - PART) * eighth // 8))
    value = mix(value, file:read(PART) or "")
  end
  file:close()
  return string.format("%d-%016x", size, value)
end

return hash

-- @noindex
-- JSON, whole and strict (RFC 8259), in Lua alone.
--
-- null is json.null, so that lists keep their places. An empty table is written as {}; json.list{} makes a list.
-- Text is UTF-8; bytes that are none are read and written as they are, a path need not be text.

local json = {}

json.null = setmetatable({}, { __tostring = function() return "null" end })

local LIST = {}

-- Marks a table as a list, which matters when it is empty.
function json.list(items)
  return setmetatable(items or {}, LIST)
end

local ESCAPES = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function quoted(text)
  return '"' .. text:gsub('[%c"\\\127]', function(char)
    return ESCAPES[char] or string.format("\\u%04x", char:byte())
  end) .. '"'
end

local function number(value)
  if value ~= value or value == math.huge or value == -math.huge then
    error("JSON has no such number: " .. tostring(value), 0)
  end
  if math.type(value) == "integer" then
    return string.format("%d", value)
  end
  -- The shortest of the two that is the same number again. %g may write a comma where the system's language has one.
  local text = string.format("%.15g", value)
  if tonumber(text) ~= value then
    text = string.format("%.17g", value)
  end
  return (text:gsub(",", "."))
end

local encode

local function is_list(value)
  return getmetatable(value) == LIST or #value > 0
end

local function encode_list(value, depth)
  local parts = {}
  for index = 1, #value do
    parts[index] = encode(value[index], depth)
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function encode_object(value, depth)
  local names = {}
  for name in pairs(value) do
    if type(name) ~= "string" then
      error("a JSON object has texts as names, not " .. type(name), 0)
    end
    names[#names + 1] = name
  end
  table.sort(names)
  local parts = {}
  for index, name in ipairs(names) do
    parts[index] = quoted(name) .. ":" .. encode(value[name], depth)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

encode = function(value, depth)
  local kind = type(value)
  if value == json.null then
    return "null"
  elseif kind == "string" then
    return quoted(value)
  elseif kind == "number" then
    return number(value)
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind == "table" then
    if depth > 200 then
      error("too deep for JSON: a table within itself?", 0)
    end
    return is_list(value) and encode_list(value, depth + 1) or encode_object(value, depth + 1)
  end
  error("JSON has no " .. kind, 0)
end

-- The text of a value. Raises a text for what JSON cannot say.
function json.encode(value)
  return encode(value, 0)
end

local function fail(text, at, why)
  local _, line = text:sub(1, at):gsub("\n", "\n")
  error(string.format("this is not JSON: %s (line %d, byte %d)", why, line + 1, at), 0)
end

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function hex4(text, at)
  local digits = text:match("^%x%x%x%x", at)
  if not digits then
    fail(text, at, "four hexadecimal digits are expected")
  end
  return tonumber(digits, 16)
end

-- The character of \uXXXX at `at` (its first digit), and where it ends; two of them make one beyond the first plane.
local function unicode(text, at)
  local code = hex4(text, at)
  if code >= 0xD800 and code < 0xDC00 and text:sub(at + 4, at + 5) == "\\u" then
    local low = hex4(text, at + 6)
    if low >= 0xDC00 and low < 0xE000 then
      return utf8.char(0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)), at + 10
    end
  end
  -- How Python writes the bytes of a path that is no UTF-8: the byte itself is meant.
  if code >= 0xDC80 and code <= 0xDCFF then
    return string.char(code - 0xDC00), at + 4
  end
  if code >= 0xD800 and code < 0xE000 then
    return "\u{FFFD}", at + 4
  end
  return utf8.char(code), at + 4
end

local MEANS = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

local function decode_text(text, at)
  local parts, from = {}, at + 1
  while true do
    local stop = text:find('[%c"\\]', from)
    if not stop then
      fail(text, #text, "a text does not end")
    end
    parts[#parts + 1] = text:sub(from, stop - 1)
    local char = text:sub(stop, stop)
    if char == '"' then
      return table.concat(parts), stop + 1
    elseif char == "\127" then
      parts[#parts + 1], from = char, stop + 1
    elseif char ~= "\\" then
      fail(text, stop, "a control character in a text")
    else
      local escape = text:sub(stop + 1, stop + 1)
      if escape == "u" then
        parts[#parts + 1], from = unicode(text, stop + 2)
      elseif MEANS[escape] then
        parts[#parts + 1], from = MEANS[escape], stop + 2
      else
        fail(text, stop, "unknown escape \\" .. escape)
      end
    end
  end
end

local function decode_number(text, at)
  local whole = text:match("^-?0", at) or text:match("^-?[1-9]%d*", at)
  if not whole then
    fail(text, at, "a value is expected")
  end
  local stop = at + #whole
  local fraction = text:match("^%.%d+", stop) or ""
  local exponent = text:match("^[eE][+-]?%d+", stop + #fraction) or ""
  local written = whole .. fraction .. exponent
  if text:find("^[%d%.]", at + #written) then
    fail(text, at, "this is no number")
  end
  return tonumber(written), at + #written
end

local decode

local function decode_list(text, at, depth)
  local items = json.list()
  at = skip(text, at + 1)
  if text:sub(at, at) == "]" then
    return items, at + 1
  end
  while true do
    items[#items + 1], at = decode(text, at, depth)
    at = skip(text, at)
    local char = text:sub(at, at)
    if char == "]" then
      return items, at + 1
    elseif char ~= "," then
      fail(text, at, ", or ] is expected")
    end
    at = skip(text, at + 1)
  end
end

local function decode_object(text, at, depth)
  local object = {}
  at = skip(text, at + 1)
  if text:sub(at, at) == "}" then
    return object, at + 1
  end
  while true do
    if text:sub(at, at) ~= '"' then
      fail(text, at, "a name in quotes is expected")
    end
    local name
    name, at = decode_text(text, at)
    at = skip(text, at)
    if text:sub(at, at) ~= ":" then
      fail(text, at, ": is expected")
    end
    object[name], at = decode(text, skip(text, at + 1), depth)
    at = skip(text, at)
    local char = text:sub(at, at)
    if char == "}" then
      return object, at + 1
    elseif char ~= "," then
      fail(text, at, ", or } is expected")
    end
    at = skip(text, at + 1)
  end
end

local WORDS = { ["true"] = true, ["false"] = false, ["null"] = json.null }

decode = function(text, at, depth)
  if depth > 200 then
    fail(text, at, "too deep")
  end
  local char = text:sub(at, at)
  if char == '"' then
    return decode_text(text, at)
  elseif char == "{" then
    return decode_object(text, at, depth + 1)
  elseif char == "[" then
    return decode_list(text, at, depth + 1)
  end
  local word = text:match("^%l+", at)
  if word and WORDS[word] ~= nil then
    return WORDS[word], at + #word
  end
  return decode_number(text, at)
end

-- The value of a text. Raises a text that says what is wrong, and where.
function json.decode(text)
  local value, at = decode(text, skip(text, 1), 0)
  at = skip(text, at)
  if at <= #text then
    fail(text, at, "something follows the value")
  end
  return value
end

return json

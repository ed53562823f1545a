-- How each function of REAPER is called from Lua, derived from its C signature by REAPER's own rules: pointers called
-- ...Out become results, ...InOut are both, buffers lose their size, ...Optional may be left out.

local signatures = {}

-- Functions of the Lua interpreter in REAPER that are in no C header: {fewest, most} arguments, results.
signatures.builtin = {
  defer = { 1, 1, 0 },
  atexit = { 1, 1, 0 },
  get_action_context = { 0, 0, 7 },
}

local function argument(text)
  local c_type, name = text:match("^(.+[%s*])([%w_]+)$")
  if not c_type then
    return nil -- of a C callback, which Lua never sees
  end
  c_type = c_type:gsub("%s+$", "")
  local fixed = c_type:match("^const ") ~= nil -- what it points to is not written to
  return { c_type = c_type:gsub("^const ", ""), name = name, fixed = fixed }
end

local function expected(c_type)
  if c_type == "double" or c_type == "double*" then
    return "number"
  elseif c_type == "int" or c_type == "int*" or c_type == "unsigned int" then
    return "integer"
  elseif c_type == "bool" or c_type == "bool*" then
    return "boolean"
  elseif c_type == "char*" then
    return "string"
  end
  return c_type:match("^(.-)%*?$")
end

local function rule(name, returns, arguments)
  local takes, results, optional = {}, returns == "void" and 0 or 1, 0
  local both = name:match("^GetSet_") ~= nil -- these are given what they return as well
  local list = {}
  for text in arguments:gmatch("[^,]+") do
    local found = argument(text:match("^%s*(.-)%s*$"))
    if found then
      list[#list + 1] = found
    end
  end
  for index, each in ipairs(list) do
    local sized = list[index + 1] and list[index + 1].name == each.name .. "_sz"
    if each.name:match("_sz$") and list[index - 1] and list[index - 1].name .. "_sz" == each.name then
      goto continue
    end
    local pointer = each.c_type:match("%*$") and not each.c_type:match("^%u") and not each.c_type:match("^PCM")
    local out = pointer and each.name:match("Out") ~= nil
    local through = each.c_type == "char*" and not out and not each.fixed and (sized or each.name:match("NeedBig"))
    if out or through then
      results = results + 1
    end
    if not out or both or each.name:match("InOut") then
      takes[#takes + 1] = { name = each.name, want = expected(each.c_type) }
      if each.name:match("InOptional$") or each.name:match("InOutOptional$") then
        optional = optional + 1
      end
    end
    ::continue::
  end
  return { name = name, fewest = #takes - optional, most = #takes, takes = takes, results = results }
end

-- {name -> rule} of the lists' files: name, C return type, C arguments, separated by tabs.
function signatures.load(...)
  local rules = {}
  for _, path in ipairs({ ... }) do
    for line in io.lines(path) do
      if not line:match("^#") then
        local name, returns, arguments = line:match("^([^\t]+)\t([^\t]*)\t?(.*)$")
        rules[name] = rule(name, (returns:gsub("^const ", "")), arguments)
      end
    end
  end
  for name, counts in pairs(signatures.builtin) do
    rules[name] = { name = name, fewest = counts[1], most = counts[2], takes = {}, results = counts[3] }
  end
  return rules
end

local function is_a(value, want)
  if want == "number" then
    return type(value) == "number"
  elseif want == "integer" then
    return type(value) == "number" and math.tointeger(value) ~= nil
  elseif want == "boolean" or want == "string" then
    return type(value) == want
  elseif want == "ReaProject" then
    return value == nil or value == 0
  end
  return type(value) == "table" and value.kind == want
end

-- Raises an error for a call that REAPER would not take.
function signatures.check(found, ...)
  local count = select("#", ...)
  if count < found.fewest or count > found.most then
    error(string.format("reaper.%s takes %d to %d arguments, not %d", found.name, found.fewest, found.most, count), 3)
  end
  for index, take in ipairs(found.takes) do
    local value = select(index, ...)
    local left_out = index > found.fewest and value == nil
    if index <= count and not left_out and not is_a(value, take.want) then
      error(string.format("reaper.%s: argument %d (%s) must be %s, not %s (%s)", found.name, index, take.name,
        take.want, type(value), tostring(value)), 3)
    end
  end
end

return signatures

-- @noindex
-- What roadie remembers between two runs: choices and open jobs, as JSON in REAPER's own store of such things.

local json = require("json")

local state = {}

local SECTION = "roadie"

-- The value kept under a name; nil where there is none, or where it is not readable.
function state.get(name)
  if not reaper.HasExtState(SECTION, name) then
    return nil
  end
  local well, value = pcall(json.decode, reaper.GetExtState(SECTION, name))
  return well and value or nil
end

-- JSON has no line ends of its own, which this store could not hold.
function state.set(name, value)
  reaper.SetExtState(SECTION, name, json.encode(value), true)
end

-- The choices of an action: those made last, and defaults for the rest.
function state.choices(action, defaults)
  local last, chosen = state.get("choices." .. action) or {}, {}
  for name, value in pairs(defaults) do
    chosen[name] = value
    if type(last[name]) == type(value) then
      chosen[name] = last[name]
    end
  end
  return chosen
end

function state.remember(action, choices)
  state.set("choices." .. action, choices)
end

return state

-- @noindex
-- Jobs that were begun and not placed yet, so that REAPER may be closed while roadie works.

local items = require("items")
local state = require("state")

local pending = {}

local NAME = "pending"
local MOST = 20

function pending.all()
  local list = state.get(NAME)
  return type(list) == "table" and list or {}
end

local function project()
  local _, path = reaper.EnumProjects(-1)
  return path or ""
end

local function without(list, job)
  local kept = {}
  for _, entry in ipairs(list) do
    if entry.job ~= job then
      kept[#kept + 1] = entry
    end
  end
  return kept
end

-- items: GUIDs. choices: as they were made.
function pending.add(job, action, guids, choices)
  local list = without(pending.all(), job)
  list[#list + 1] = { job = job, action = action, project = project(), items = guids, choices = choices }
  while #list > MOST do
    table.remove(list, 1)
  end
  state.set(NAME, list)
end

function pending.remove(job)
  local list = without(pending.all(), job)
  state.set(NAME, list)
end

local function any_stands(guids)
  for _, guid in ipairs(guids) do
    if items.find(guid) then
      return true
    end
  end
  return false
end

-- Those of the project that is open: it has one of their items, or is the file that they were begun in. A project that
-- was not saved then has a name by now, and one that is not saved may be any.
function pending.here()
  local found, path = {}, project()
  for _, entry in ipairs(pending.all()) do
    if any_stands(entry.items) or entry.project == path and path ~= "" then
      found[#found + 1] = entry
    end
  end
  return found
end

return pending

-- @noindex
-- Where an action's files go: beside the project, or into a folder that the person named. It is asked for in the panel
-- of every action, and is the same for all of them.

local state = require("state")
local system = require("system")

local folder = {}

local BESIDE = "beside the project"
local NAMED = "folder" -- the one that was named last

-- A row for the options; a path among its values is the folder of that path.
function folder.field()
  local values, named = { BESIDE }, state.get(NAMED)
  if type(named) == "string" then
    values[2] = named
  end
  return { id = "folder", label = "Files", values = values, shared = true }
end

-- Beside the project means REAPER's recording folder while the project is not saved.
function folder.of(choices)
  if choices.folder and choices.folder ~= BESIDE then
    return choices.folder
  end
  local _, project = reaper.EnumProjects(-1)
  if project and project ~= "" then
    return system.join(system.folder_of(project), "roadie")
  end
  return system.join(reaper.GetProjectPathEx(0), "roadie")
end

local function asked(current)
  local title = "Folder for roadie's files"
  if reaper.APIExists("GetUserFileName") then
    return reaper.GetUserFileName(3, title, current, "")
  end
  return reaper.GetUserInputs(title, 1, "Folder,extrawidth=300,separator=|", current)
end

-- Asks for a folder. Its path; nil when the person gave none, with the reason where it was no good.
function folder.ask(choices)
  local well, path = asked(folder.of(choices))
  path = well and path:match("^%s*(.-)%s*$") or ""
  if path == "" then
    return nil
  end
  if path:match("^~/") and system.home() then
    path = system.home() .. path:sub(2)
  end
  if not system.is_absolute(path) then
    return nil, "\"" .. path .. "\" is not taken: it is no whole path, from the top on"
  end
  path = #path > 3 and path:gsub("[/" .. (system.windows and "\\" or "") .. "]+$", "") or path
  state.set(NAMED, path)
  return path
end

return folder

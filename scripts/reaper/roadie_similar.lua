-- @noindex
-- @description Find similar

local here = select(2, reaper.get_action_context()):match("^(.*[/\\])")
package.path = here .. "lib/?.lua;" .. package.path

local ask = require("ask")
local client = require("client")
local insert = require("insert")
local library = require("library")
local run = require("run")

local MOST = 50

local function rows(found)
  local how = "Space plays, enter or a double click inserts at the edit cursor."
  local list = { { kind = "text", text = how, dim = true } }
  list[2] = { kind = "button", id = "close", text = "Close", key = "q" }
  for index, asset in ipairs(found) do
    list[#list + 1] = { kind = "entry", id = asset.id, text = library.line(asset), first = index == 1 }
  end
  return list
end

run.with_panel("Find similar", function(panel)
  local item = library.selected(panel)
  if not item then
    return
  end
  panel:show({ { kind = "text", text = "roadie listens to " .. item.name } })
  local path = item.active.path
  local query = string.format("/assets?like=%s&limit=%d", client.escaped(path), MOST)
  local found, by_id = {}, {}
  for _, each in ipairs(client.call("GET", query).items) do
    if type(each.path) == "string" and each.path ~= path then
      found[#found + 1], by_id[each.id] = each, each
    end
  end
  if #found == 0 then
    ask.read(panel, { "Nothing in the library sounds like it.", "`roadie library scan FOLDER` makes sounds known." })
    return
  end
  panel:show(rows(found))
  while true do
    local event = panel:next()
    local hit = by_id[event.id]
    if event.kind == "close" or event.id == "close" then
      return
    elseif hit and event.kind == "space" then
      reaper.OpenMediaExplorer(hit.path, true)
    elseif hit then
      insert.at_cursor(item.track, hit.path, hit.name)
    end
  end
end)

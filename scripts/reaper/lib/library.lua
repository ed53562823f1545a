-- @noindex
-- The files of the selected items as assets of roadie's library.

local ask = require("ask")
local client = require("client")
local items = require("items")
local job = require("job")
local json = require("json")

local library = {}

-- The first selected item that plays a file; nil, when the person was told why there is none.
function library.selected(panel)
  local selected, left = items.selected("active")
  if #selected == 0 then
    local lines = { "Select an item that plays an audio file first." }
    for _, line in ipairs(left) do
      lines[#lines + 1] = line
    end
    ask.read(panel, lines)
    return nil
  end
  return selected[1]
end

-- The same, and the asset that its whole file is. Reading the file is a job, as always; an unchanged file that roadie
-- knows costs nothing.
function library.of_selected(panel)
  local item = library.selected(panel)
  if not item then
    return nil
  end
  local id = job.submit({ recipe = "item-sound", inputs = { { path = item.active.path } } })
  local view = job.follow(panel, id)
  local problem = view and job.problem(view)
  if problem then
    ask.read(panel, problem)
    return nil
  end
  local asset = view and view.inputs[1].asset
  if not asset or asset == json.null then
    return nil
  end
  return item, client.call("GET", "/assets/" .. client.escaped(asset))
end

-- What is known of an asset, in one line.
function library.line(asset)
  local parts = { asset.name }
  for _, key in ipairs({ "class", "key" }) do
    if type(asset[key]) == "string" then
      parts[#parts + 1] = asset[key]
    end
  end
  if type(asset.bpm) == "number" then
    parts[#parts + 1] = string.format("%.0f bpm", asset.bpm)
  end
  if type(asset.length_s) == "number" then
    parts[#parts + 1] = string.format("%.1f s", asset.length_s)
  end
  return table.concat(parts, "   ")
end

return library

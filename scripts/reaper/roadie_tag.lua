-- @noindex
-- @description Tag and reveal in Media Explorer

local here = select(2, reaper.get_action_context()):match("^(.*[/\\])")
package.path = here .. "lib/?.lua;" .. package.path

local ask = require("ask")
local client = require("client")
local json = require("json")
local library = require("library")
local run = require("run")

local function own_tags(asset)
  local labels = {}
  for _, tag in ipairs(asset.tags) do
    if tag.origin == "user" then
      labels[#labels + 1] = tag.label
    end
  end
  return labels
end

local function split(text)
  local labels = {}
  for label in text:gmatch("[^,]+") do
    label = label:match("^%s*(.-)%s*$")
    if label ~= "" then
      labels[#labels + 1] = label
    end
  end
  return labels
end

run.with_panel("Tag and reveal in Media Explorer", function(panel)
  local item, asset = library.of_selected(panel)
  if not item then
    return
  end
  -- The dialog's separator is not the comma, which stands between the tags.
  local caption = "Tags (commas between),extrawidth=300,separator=|"
  local well, answer = reaper.GetUserInputs("Tags of " .. asset.name, 1, caption, table.concat(own_tags(asset), ", "))
  if not well then
    return
  end
  local path = "/assets/" .. client.escaped(asset.id)
  local changed = client.call("PATCH", path, { tags = json.list(split(answer)) })
  reaper.OpenMediaExplorer(item.active.path, false)
  ask.read(panel, { "Done: " .. library.line(changed), "Tags: " .. table.concat(own_tags(changed), ", ") })
end)

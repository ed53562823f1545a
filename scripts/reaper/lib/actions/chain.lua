-- @noindex
-- The selected items through a chain of effects.

local client = require("client")
local folder = require("folder")
local job = require("job")
local results = require("results")

local chain = { name = "chain", title = "Render through a chain", go = "Render", undo = "render through a chain" }

local SHIPPED = { "drum-punch", "lo-fi", "one-shot-clean", "parallel-smash", "telephone", "vocal-chop", "wide-pad" }

-- The chains that the daemon lists; those that ship with it where it cannot list any.
local function known()
  local well, answer = pcall(client.call, "GET", "/chains")
  local found = {}
  for _, each in ipairs(well and type(answer) == "table" and answer.items or {}) do
    found[#found + 1] = each.name
  end
  table.sort(found)
  return #found > 0 and found or SHIPPED
end

function chain.fields()
  return {
    { id = "chain", label = "Chain", values = known() },
    { id = "result", label = "Result", values = { "takes of the item", "tracks in a folder below" } },
    { id = "takes", label = "Takes", values = { "the active one", "all of them" } },
    { id = "shape", label = "Level, fades, rate, pitch", values = { "as the item", "neutral" } },
    { id = "original", label = "Original", values = { "mute", "keep", "leave untouched" } },
    { id = "audition", label = "Hear it first", values = { "no", "yes" } },
  }
end

local MADE = { source = true, stem = true } -- what is rendered keeps the kind of what it was made from
chain.audition = MADE

function chain.takes(choices)
  return choices.takes == "all of them" and choices.result ~= "takes of the item" and "all" or "active"
end

function chain.request(_, inputs, choices)
  local list = {}
  for index, input in ipairs(inputs) do
    list[index] = { path = input.path, region = input.region }
  end
  return {
    recipe = "item-chain",
    inputs = list,
    params = { render = { chain = choices.chain } },
    deliver = { to = { "folder" }, folder = folder.of(choices), layout = "{source}/" .. choices.chain },
  }
end

function chain.place(view, selected, choices)
  local lists, made, served, lines = job.artifacts(view), {}, {}, {}
  for index, artifacts in ipairs(lists) do
    lists[index] = job.of_kind(artifacts, MADE, true)
    for _, artifact in ipairs(lists[index]) do
      artifact.label = choices.chain
    end
  end
  for _, item in ipairs(selected) do
    if #lists[item.active.input] == 0 then
      lines[#lines + 1] = item.name .. " gave nothing."
    elseif choices.result == "takes of the item" then
      local take = results.as_takes(item, lists, "chain", choices.shape == "neutral")
      reaper.SetActiveTake(take) -- what was asked for is what is heard
      served[#served + 1] = item
    else
      served[#served + 1] = item
      for _, each in ipairs(results.as_tracks(item, lists, "chain", choices.shape == "neutral")) do
        made[#made + 1] = each
      end
    end
  end
  if #made > 0 then
    results.treat_original(served, made, choices.original)
  end
  reaper.TrackList_AdjustWindows(false)
  table.insert(lines, 1, results.done(#served))
  return lines
end

return chain

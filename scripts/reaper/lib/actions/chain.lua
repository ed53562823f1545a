-- @noindex
-- The selected items through a chain of effects.

local client = require("client")
local folder = require("folder")
local job = require("job")
local results = require("results")

local chain = { name = "chain", title = "Render through a chain", go = "Render", undo = "render through a chain" }

local SHIPPED = {
  "bass-tight", "drum-punch", "drum-room", "lo-fi", "loop-glue", "one-shot-clean", "parallel-smash", "tape",
  "telephone", "vinyl", "vocal-chop", "wide-pad",
}

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

chain.takes = results.takes

function chain.request(_, inputs, choices)
  return {
    recipe = "item-chain",
    inputs = job.inputs(inputs),
    params = { render = { chain = choices.chain } },
    deliver = { to = { "folder" }, folder = folder.of(choices), layout = "{source}/" .. choices.chain },
  }
end

function chain.place(view, selected, choices)
  local lists = job.artifacts(view)
  for index, artifacts in ipairs(lists) do
    lists[index] = job.of_kind(artifacts, MADE, true)
    for _, artifact in ipairs(lists[index]) do
      artifact.label = choices.chain
    end
  end
  return results.place(selected, lists, "chain", choices, "gave nothing.", true) -- what was asked for is heard
end

return chain

-- @noindex
-- The way of every action that works on items: choose, ask roadie, follow, place.
--
-- An action is a table: name, title, go (the button's text), fields(), takes ("active" or "all" by its choices),
-- request(selected, inputs, choices), place(view, selected, choices) -> lines for the person, undo (text),
-- audition (optional: kinds that may be heard before they are placed).

local ask = require("ask")
local client = require("client")
local eta = require("eta")
local folder = require("folder")
local items = require("items")
local job = require("job")
local loop = require("loop")
local panel_of = require("panel")
local pending = require("pending")
local placed = require("placed")
local undo = require("undo")

local run = {}

local YES = 6

local function takes_of(action, choices)
  return action.takes and action.takes(choices) or "active"
end

local function guids(selected)
  local list = {}
  for index, item in ipairs(selected) do
    list[index] = item.guid
  end
  return list
end

local function nothing(left)
  local lines = { "Select the items to work on first: those that play audio files." }
  for _, line in ipairs(left) do
    lines[#lines + 1] = line
  end
  return lines
end

local function hear(view, kinds)
  local rows = { { kind = "text", text = "Hear it before it goes into the project: space plays, enter places all." } }
  for _, artifact in ipairs(view.artifacts) do
    if kinds[artifact.kind] and artifact.delivered then
      local text = type(artifact.stem) == "string" and artifact.stem or artifact.name
      rows[#rows + 1] = { kind = "entry", id = artifact.path, text = text }
    end
  end
  rows[#rows + 1] = { kind = "button", id = "place", text = "Place it", key = "p" }
  rows[#rows + 1] = { kind = "button", id = "drop", text = "Throw it away", key = "x" }
  return rows
end

-- Whether the person wants it; thrown away, its files are taken back as well.
local function auditioned(panel, view, kinds)
  panel:show(hear(view, kinds))
  while true do
    local event = panel:next()
    if (event.kind == "space" or event.kind == "double") and event.id then
      reaper.OpenMediaExplorer(event.id, true)
    elseif event.kind == "press" and event.id == "drop" then
      client.call("POST", "/jobs/" .. view.id .. "/undo")
      return false
    elseif event.kind == "press" then
      return true
    elseif event.kind == "close" then
      return nil
    end
  end
end

local function place(action, view, selected, choices)
  local lines
  undo.block("roadie: " .. action.undo, function()
    lines = action.place(view, selected, choices)
  end)
  placed.remember(view.id)
  for _, warning in ipairs(view.warnings) do
    lines[#lines + 1] = warning
  end
  return lines
end

local function finish(action, panel, view, selected, choices)
  local problem = job.problem(view)
  if problem then
    if view.state == "cancelled" then
      pending.remove(view.id)
    end -- one that failed may be tried again in the job panel, and is offered then
    return problem
  end
  if action.audition and choices.audition == "yes" then
    local wanted = auditioned(panel, view, action.audition)
    if not wanted then
      if wanted == false then
        pending.remove(view.id)
      end
      return nil
    end
  end
  local lines = place(action, view, selected, choices)
  pending.remove(view.id)
  return lines
end

-- An item as it is now for one that a job was made for: only where it still uses the same part of its file.
local function recover(entry, action, view)
  local selected, lost = {}, 0
  for _, guid in ipairs(entry.items) do
    local item = items.by_guid(guid, takes_of(action, entry.choices))
    if item then
      selected[#selected + 1] = item
    else
      lost = lost + 1
    end
  end
  local inputs = items.inputs(selected)
  local same = lost == 0 and #inputs == #view.inputs
  for index, input in ipairs(inputs) do
    local asked = view.inputs[index]
    same = same and asked.path == input.path and type(asked.region) == "table"
      and math.abs(asked.region.start_s - input.region.start_s) < 1e-6
      and math.abs(asked.region.length_s - input.region.length_s) < 1e-6
  end
  return same and selected or nil
end

-- Offers what an earlier session began and did not place. What is not done stays for the next time.
function run.offer(panel, actions)
  for _, entry in ipairs(pending.here()) do
    local action = actions(entry.action)
    local well, view = pcall(client.call, "GET", "/jobs/" .. entry.job)
    if not well then
      if view.code == "not_found" then
        pending.remove(entry.job)
      end
    elseif view.state == "cancelled" or view.undone then
      pending.remove(entry.job)
    elseif view.state == "done" then
      local question = "roadie has finished \"" .. action.title .. "\" for this project. Place the result now?"
      if reaper.MB(question, "roadie", 4) == YES then
        local selected = recover(entry, action, view)
        local lines = selected and finish(action, panel, view, selected, entry.choices)
          or { "The items were moved or changed since; the files are in " .. folder.of(entry.choices) .. "." }
        pending.remove(entry.job)
        ask.read(panel, lines or { "Nothing was placed." })
      else
        pending.remove(entry.job)
      end
    end
  end
end

function run.action(name)
  return require("actions." .. name)
end

local function prepare(action, choices)
  local selected, left = items.selected(takes_of(action, choices))
  return selected, left, items.inputs(selected)
end

-- What is known before it begins, for the choices as they are.
local function beforehand(action, choices)
  local selected, left, inputs = prepare(action, choices)
  local lines = { string.format("%d %s selected", #selected, #selected == 1 and "item" or "items") }
  lines[2] = eta.line(action.name .. (action.speed and action.speed(choices) or ""), items.audio_s(inputs))
  lines[3] = "Files go to " .. folder.of(choices)
  for _, line in ipairs(left) do
    lines[#lines + 1] = line
  end
  return lines
end

local function options(action, panel)
  local fields = action.fields()
  fields[#fields + 1] = folder.field()
  local trouble
  return ask.options(panel, action.name, fields, function(choices)
    local lines = beforehand(action, choices)
    lines[#lines + 1] = trouble
    return lines
  end, action.go, {
    id = "name_folder", text = "Files into another folder", key = "f",
    press = function(choices)
      local path
      path, trouble = folder.ask(choices)
      choices.folder = path or choices.folder
      fields[#fields] = folder.field()
    end,
  })
end

local function work(action, panel)
  local selected, left = items.selected("active")
  if #selected == 0 then
    ask.read(panel, nothing(left))
    return
  end
  local choices = options(action, panel)
  if not choices then
    return
  end
  local inputs
  selected, left, inputs = prepare(action, choices)
  if #selected == 0 then
    ask.read(panel, nothing(left))
    return
  end
  local began = reaper.time_precise()
  local id = job.submit(action.request(selected, inputs, choices))
  pending.add(id, action.name, guids(selected), choices)
  local view = job.follow(panel, id)
  if not view then
    return
  end
  eta.learn(action.name .. (action.speed and action.speed(choices) or ""), items.audio_s(inputs),
    reaper.time_precise() - began)
  local lines = finish(action, panel, view, selected, choices)
  if lines then
    for _, line in ipairs(left) do
      lines[#lines + 1] = line
    end
    ask.read(panel, lines)
  end
end

local function report(problem)
  local lines = { problem.message }
  if problem.hint then
    lines[#lines + 1] = problem.hint
  end
  if problem.traceback then
    reaper.ShowConsoleMsg("roadie: " .. problem.traceback .. "\n")
    lines[#lines + 1] = "This is a fault of roadie's; the console has the details to report."
  end
  reaper.MB(table.concat(lines, "\n\n"), "roadie", 0)
end

-- Runs body(panel) as an action, with a daemon that answers.
function run.with_panel(title, body)
  local panel = panel_of.open(title, reaper.GetExtState("roadie", "panel"))
  reaper.atexit(function() client.close() end)
  loop.run(function()
    client.ensure(function(line)
      panel:show({ { kind = "text", text = line } })
    end)
    body(panel)
  end, report, function()
    panel:close()
    client.close()
  end)
end

-- The same for one that asks nothing: no window, but for what went wrong.
function run.quietly(body)
  reaper.atexit(function() client.close() end)
  loop.run(function()
    client.ensure(function() end)
    body()
  end, report, client.close)
end

-- Runs the action of a name.
function run.start(name)
  local action = run.action(name)
  run.with_panel(action.title, function(panel)
    run.offer(panel, run.action)
    work(action, panel)
  end)
end

return run

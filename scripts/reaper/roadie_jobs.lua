-- @description roadie: stems, MIDI, slices and words of items
-- @author roadie
-- @version 0.1.0
-- @changelog The first version.
-- @about
--   # roadie
--   Stems, MIDI, slices and words of selected items, made by the roadie daemon on this machine.
--   The daemon is a program of its own: see the project's page for how to install it.
-- @provides
--   [main] roadie_separate.lua
--   [main] roadie_midi.lua
--   [main] roadie_slices.lua
--   [main] roadie_lyrics.lua
--   [main] roadie_chain.lua
--   [main] roadie_tag.lua
--   [main] roadie_similar.lua
--   [main] roadie_insert.lua
--   [nomain] lib/*.lua
--   [nomain] lib/actions/*.lua

-- The action: Jobs

local here = select(2, reaper.get_action_context()):match("^(.*[/\\])")
package.path = here .. "lib/?.lua;" .. package.path

local client = require("client")
local loop = require("loop")
local placed = require("placed")
local run = require("run")

local LOOK_EVERY_S = 1.0
local MOST = 30

local BUTTONS = { { "cancel", "Cancel", "c" }, { "retry", "Retry", "r" }, { "undo", "Undo its files", "u" } }

local ENDED = { done = true, failed = true, cancelled = true }

local chosen -- the job that keys are for

local function line(job)
  local name = job.inputs[1] and job.inputs[1].path:match("([^/\\]*)$") or ""
  local state = job.undone and "undone" or job.state
  return string.format("%-10s %3.0f%%   %s   %s", state, 100 * job.progress, job.recipe, name)
end

local function rows(jobs, notes)
  local list = {}
  for _, note in ipairs(notes) do
    list[#list + 1] = { kind = "text", text = note, dim = true }
  end
  for _, button in ipairs(BUTTONS) do
    list[#list + 1] = { kind = "button", id = button[1], text = button[2] .. (chosen and "" or ": choose a job first"),
      key = button[3] }
  end
  list[#list + 1] = { kind = "button", id = "close", text = "Close", key = "q" }
  for index, job in ipairs(jobs) do
    local fraction = not ENDED[job.state] and job.progress or nil
    list[#list + 1] = { kind = "entry", id = job.id, text = line(job), first = index == 1, fraction = fraction }
  end
  if #jobs == 0 then
    list[#list + 1] = { kind = "text", text = "There are no jobs yet." }
  end
  return list
end

local VERBS = { cancel = true, retry = true, undo = true }

-- What the row under the cursor is, for keys; enter on a job chooses it as well.
local function aim(panel)
  local row = panel.rows[panel.cursor]
  if row and row.kind == "entry" then
    chosen = row.id
  end
end

-- What became of the items that the files were for.
local function in_project(files)
  if placed.take_back(chosen) then
    return "Its files are gone, and what they were for in this project."
  end
  local playing = placed.playing(files)
  if playing > 0 then
    return string.format("Its files are gone. %d %s of this project still %s them: delete what is not wanted.", playing,
      playing == 1 and "item" or "items", playing == 1 and "plays" or "play")
  end
  return "Its files are gone. Notes, words and markers that came from them stay in the project."
end

-- The files that a job delivered, as keys.
local function delivered(job)
  local files = {}
  for _, artifact in ipairs(client.call("GET", "/jobs/" .. job).artifacts) do
    if artifact.delivered then
      files[artifact.path] = true
    end
  end
  return files
end

-- Does it, and says what came of it: a job that has ended cannot be cancelled, and that is no reason to close.
local function act(verb)
  local files = verb == "undo" and delivered(chosen)
  local well, answer = pcall(client.call, "POST", "/jobs/" .. chosen .. "/" .. verb)
  if not well then
    if not answer.message then
      error(answer, 0)
    end
    return { answer.message, answer.hint }
  end
  local notes, all_kept = {}, answer and answer.kept or {}
  if files and #all_kept == 0 then
    notes[1] = in_project(files)
  end
  for _, kept in ipairs(all_kept) do
    notes[#notes + 1] = string.format("Left as it is: %s (%s)", kept.path, kept.why)
  end
  return notes
end

run.with_panel("Jobs", function(panel)
  run.offer(panel, run.action)
  local notes = {}
  while true do
    panel:show(rows(client.call("GET", "/jobs?limit=" .. MOST).items, notes))
    local till = reaper.time_precise() + LOOK_EVERY_S
    while reaper.time_precise() < till do
      aim(panel)
      local event = panel:poll()
      if event and (event.kind == "close" or event.id == "close") then
        return
      elseif event and event.kind == "press" and VERBS[event.id] and chosen then
        notes = act(event.id)
        break
      end
      loop.pause()
    end
  end
end)

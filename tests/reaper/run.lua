-- Runs one of the actions against the fake: lua run.lua SESSION.json RESULT.json
-- SESSION: see fake/init.lua, and script (path), list and imgui (the signatures), lib (where json.lua is), limit_s.

local here = arg[0]:match("^(.*)/")
package.path = here .. "/?.lua;" .. here .. "/?/init.lua;" .. package.path

local session_file, result_file = arg[1], arg[2]
local file = assert(io.open(session_file, "rb"))
local text = file:read("a")
file:close()

local lib = text:match('"lib"%s*:%s*"([^"]+)"')
package.path = lib .. "/?.lua;" .. package.path
local json = require("json")
local session = json.decode(text)
local fakes = require("fake")

local function plain(value) -- JSON's null is nothing here
  if value == json.null then
    return nil
  elseif type(value) ~= "table" then
    return value
  end
  local made = {}
  for key, each in pairs(value) do
    made[key] = plain(each)
  end
  return made
end
session = plain(session)

local ticks = 0
function fakes.clock() return 1000 + ticks * 0.012 end -- a turn takes about so long

local fake, the_reaper, the_gfx = fakes.start(session, session.list, session.script)
reaper, gfx = the_reaper, the_gfx

local problem
local well, why = xpcall(function()
  dofile(session.script)
  local till = os.time() + (session.limit_s or 60)
  while #fake.deferred > 0 do
    local calls = fake.deferred
    fake.deferred = {}
    for _, call in ipairs(calls) do
      call()
    end
    fake.end_turn()
    ticks = ticks + 1
    if session.quit_when_pending and fake.ext["roadie/pending"] then
      break -- REAPER is closed in the middle of it
    end
    if os.time() > till then
      local seen = {}
      for _, each in ipairs(fake.last_frame) do
        seen[#seen + 1] = each.text
      end
      error("the session did not end; the panel shows: " .. table.concat(seen, " | "))
    end
    os.execute("sleep 0.01")
  end
end, function(message) return debug.traceback(tostring(message), 2) end)
if not well then
  problem = why
end
for _, call in ipairs(fake.at_exit) do
  call()
end

local model = require("fake.model")
local points, after = {}, model.dump(fake.project)
for index, point in ipairs(fake.undo) do
  points[index] = { text = point.text, flags = point.flags }
end
local kept, told = {}, {}
for key, value in pairs(fake.ext) do
  told[key] = value.value
  if value.persist then
    kept[key] = value
  end
end
local result = {
  project = after, undo = json.list(points), unblocked = fake.unblocked, balanced = fake.balanced(),
  messages = json.list(fake.messages), console = fake.console, explorer = json.list(fake.explorer), ext = kept,
  told = told, key_modes = fake.key_modes,
  drawn = fake.all_drawn(), change_count = fake.change_count,
  processes = json.list(fake.processes), keys_left = #fake.keys, pictures = fake.pictures, window = fake.window,
  problem = problem or json.null,
}
if #fake.undo == 1 then
  fake.api.Undo_DoUndo2(0)
  result.undone = model.dump(fake.project)
end
local out = assert(io.open(result_file, "wb"))
out:write(json.encode(result))
out:close()

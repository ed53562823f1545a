-- @noindex
-- The daemon's API, for coroutines. What goes wrong is raised as {message, hint?, code?}.

local http = require("http")
local json = require("json")
local loop = require("loop")
local runtime = require("runtime")
local system = require("system")

local client = {}

local BASE = "/api/v1"
local STARTS_WITHIN_S = 90
local YES = 6

-- What curl says where nobody listens, and where who listened ended without an answer.
local GONE = { [7] = true, [52] = true, [56] = true }

local connection

local function fail(message, hint, code)
  error({ message = message, hint = hint, code = code }, 0)
end

local function reachable()
  local found = runtime.read()
  if not found then
    return nil
  end
  if not connection or connection.url ~= found.url then
    client.close()
    connection = http.connect(found)
  end
  return connection:ask("GET", "/health").status == 200
end

local function start(tell)
  local command = runtime.command()
  if not command then
    fail("roadie is not running", "Start it with `roadie serve` in a terminal, then run this action again")
  end
  if reaper.MB("roadie is not running. Start it now?", "roadie", 4) ~= YES then
    fail("roadie is not running", "Start it with `roadie serve`, then run this action again")
  end
  local folder = system.private_folder()
  runtime.start(folder, command)
  local since = reaper.time_precise()
  while not reachable() do
    if reaper.time_precise() - since > STARTS_WITHIN_S then
      fail("roadie did not start", "Run `roadie serve` in a terminal: it says why")
    end
    tell("roadie is starting")
    loop.sleep(0.3)
  end
end

-- Makes sure that a daemon answers, with the person's consent to start one. tell: called with what is going on.
function client.ensure(tell)
  if not reachable() then
    start(tell)
  end
end

local function said(body)
  local well, problem = pcall(json.decode, body)
  return well and type(problem) == "table" and problem or {}
end

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

local function refuse(answer)
  if answer.status == 0 then
    if GONE[answer.curl] then
      local hint = "Run the action again: it can start roadie, which then goes on with its jobs"
      fail("roadie is not running any more", hint, "gone")
    elseif answer.curl == -1 then
      fail(answer.why, "These actions need curl, which comes with Windows 10, macOS and most Linux systems", "no_curl")
    end
    fail("roadie did not answer: " .. tostring(answer.why), "Run `roadie doctor`", "curl")
  end
  local problem = said(answer.body)
  local code = text(problem.code)
  if answer.status == 501 then
    fail("this part of roadie is not built yet", text(problem.hint), code or "not_yet")
  end
  local message = text(problem.detail) or text(problem.title) or "roadie answered " .. answer.status
  local hint = text(problem.hint)
  if hint and message:sub(-#hint) == hint then -- the detail ends with what to do, which has a line of its own
    message = message:sub(1, -#hint - 1):match("^(.-)%s*$")
  end
  fail(message, hint, code)
end

-- The answer's value; nil for one without a body.
function client.call(method, path, body)
  local answer = connection:ask(method, BASE .. path, body)
  if answer.status < 200 or answer.status > 299 then
    refuse(answer)
  end
  if answer.body == "" then
    return nil
  end
  local well, value = pcall(json.decode, answer.body)
  if not well then
    fail("roadie's answer cannot be read: " .. tostring(value), "Is another program on roadie's port?")
  end
  return value
end

-- A value in an address line.
function client.escaped(value)
  return (tostring(value):gsub("[^%w%-._~]", function(char) return string.format("%%%02X", char:byte()) end))
end

function client.close()
  if connection then
    connection:close()
    connection = nil
  end
end

return client

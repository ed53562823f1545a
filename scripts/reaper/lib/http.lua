-- @noindex
-- HTTP through curl in the background. A request is a few files in a private folder: what to ask in a configuration
-- file (never on a command line), the body, and what came back. It has ended when as many bytes are there as the
-- answer's head promises, or when curl has said what went wrong.

local json = require("json")
local loop = require("loop")
local system = require("system")

local http = {}

local STARTS_WITHIN_S = 15 -- a machine busy with separating still starts a small program within this
local SILENCE_S = 60 -- the connection may be quiet for so long; there is no limit on how long an answer may take

local FILES = { "config", "body", "answer", "head", "problem" }

local Connection = {}
Connection.__index = Connection

-- runtime: {url, token}. Raises a text when no private folder can be made.
function http.connect(runtime)
  local self = setmetatable({ url = runtime.url, count = 0 }, Connection)
  self.folder = system.private_folder()
  self.key = system.private_file(self.folder, "key")
  system.write(self.key, "header = " .. system.quoted_curl("Authorization: Bearer " .. runtime.token) .. "\n")
  return self
end

local function config(self, method, path, files, has_body)
  local lines = {
    "url = " .. system.quoted_curl(self.url .. path),
    "request = " .. method,
    "silent", "show-error", "http1.1", 'noproxy = "*"', "connect-timeout = 5",
    "speed-limit = 1", "speed-time = " .. SILENCE_S,
    "output = " .. system.quoted_curl(files.answer),
    "dump-header = " .. system.quoted_curl(files.head),
    "stderr = " .. system.quoted_curl(files.problem),
    'header = "Expect:"', -- or a long body would first be answered with "go on"
  }
  if has_body then
    lines[#lines + 1] = 'header = "Content-Type: application/json"'
    lines[#lines + 1] = "data-binary = " .. system.quoted_curl("@" .. files.body)
  end
  return table.concat(lines, "\n") .. "\n"
end

-- Begins a request; the result is for `finished`. body: a value for JSON, or nil.
function Connection:begin(method, path, body)
  self.count = self.count + 1
  local files = {}
  for _, what in ipairs(FILES) do
    files[what] = system.join(self.folder, string.format("%d.%s", self.count, what))
  end
  if body ~= nil then
    system.write(files.body, json.encode(body))
  end
  system.write(files.config, config(self, method, path, files, body ~= nil))
  local started = system.start_curl({ self.key, files.config })
  return { files = files, since = reaper.time_precise(), refused = started == nil }
end

-- {status, body} of an answer that is all there; nil before.
local function whole(files)
  local head = system.read(files.head)
  local status = head and head:match("^HTTP/%S+ (%d%d%d)")
  if not status or not head:find("\r\n\r\n", 1, true) then
    return nil
  end
  local length = tonumber(head:lower():match("\r\ncontent%-length:%s*(%d+)") or 0)
  local answer = system.read(files.answer) or ""
  if #answer < length then
    return nil
  end
  return { status = tonumber(status), body = answer }
end

local function failure(files)
  local said = system.read(files.problem) or ""
  local code, why = said:match("curl: %((%d+)%)%s*([^\r\n]+)[\r\n]")
  return code and { status = 0, curl = tonumber(code), why = why }
end

-- nil while it is under way; {status, body} or {status = 0, curl, why} once it has ended.
function Connection.finished(_, request)
  if request.refused then
    return { status = 0, curl = -1, why = "curl could not be started" }
  end
  local files = request.files
  local ended = whole(files) or failure(files)
  if ended then
    for _, path in pairs(files) do
      system.remove(path)
    end
    return ended
  end
  -- curl makes a file as soon as it runs; from then on only silence on the connection ends a request.
  local started = system.read(files.problem) or system.read(files.head) or system.read(files.answer)
  if not started and reaper.time_precise() - request.since > STARTS_WITHIN_S then
    return { status = 0, curl = -1, why = "curl did not start" }
  end
  return nil
end

-- In a coroutine: the request as a whole.
function Connection:ask(method, path, body)
  local request = self:begin(method, path, body)
  return loop.wait(function() return self:finished(request) end)
end

-- Removes the key and the folder.
function Connection:close()
  system.remove(self.key)
  for number = 1, self.count do
    for _, what in ipairs(FILES) do
      system.remove(system.join(self.folder, string.format("%d.%s", number, what)))
    end
  end
  for _, name in ipairs({ "start.sh", "start.cmd" }) do
    system.remove(system.join(self.folder, name))
  end
  system.remove_folder(self.folder)
end

return http

-- @noindex
-- Finding the daemon, and starting it.

local json = require("json")
local state = require("state")
local system = require("system")

local runtime = {}

-- Where the daemon says where it is.
function runtime.path()
  local home = os.getenv("ROADIE_HOME")
  if home and home ~= "" then
    return system.join(home, "runtime.json"), home
  end
  return system.join(system.home() or "", ".roadie", "runtime.json")
end

local function read_json(path)
  local text = system.read(path)
  if not text then
    return nil
  end
  local well, value = pcall(json.decode, text)
  return well and type(value) == "table" and value or nil
end

-- {url, token, command} of the daemon that last said where it is; nil when none did.
function runtime.read()
  local told = read_json((runtime.path()))
  if not told or not told.http_port then
    return nil
  end
  local token = system.read(told.token_file or "")
  if not token then
    return nil
  end
  if told.command then
    state.set("command", told.command) -- a daemon that ends takes its runtime.json away
  end
  return {
    url = string.format("http://%s:%d", told.http_host, told.http_port),
    token = token:match("^%s*(.-)%s*$"),
    pid = told.pid,
  }
end

-- The command that starts the daemon: the one it told last, or the one written down at installation.
function runtime.command(scripts)
  local told = read_json((runtime.path()))
  local installed = read_json(system.join(scripts, "start.json"))
  return told and told.command or state.get("command") or installed and installed.command
end

-- Starts it in the background. folder: a private one.
function runtime.start(folder, command)
  local _, home = runtime.path()
  system.start(folder, command, home and { ROADIE_HOME = home } or {})
end

return runtime

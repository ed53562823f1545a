-- @noindex
-- Finding the daemon, and starting it.

local json = require("json")
local state = require("state")
local system = require("system")

local runtime = {}

local function read_json(path)
  local text = system.read(path)
  if not text then
    return nil
  end
  local well, value = pcall(json.decode, text)
  return well and type(value) == "table" and value or nil
end

-- What `roadie install reaper` wrote beside the scripts: {command, home}; nil for scripts that came in another way.
local function installed()
  local scripts = select(2, reaper.get_action_context()):match("^(.*)[/\\]")
  return scripts and read_json(system.join(scripts, "start.json"))
end

-- Where the daemon says where it is, and roadie's home where that is told. A program that is not started by a shell
-- has no ROADIE_HOME of the user's: then it is the one that roadie had when it was installed here.
function runtime.path()
  local home = os.getenv("ROADIE_HOME")
  if not home or home == "" then
    home = (installed() or {}).home
  end
  if home then
    return system.join(home, "runtime.json"), home
  end
  return system.join(system.home() or "", ".roadie", "runtime.json")
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
function runtime.command()
  local told = read_json((runtime.path()))
  return told and told.command or state.get("command") or (installed() or {}).command
end

-- Starts it in the background. folder: a private one.
function runtime.start(folder, command)
  local _, home = runtime.path()
  system.start(folder, command, home and { ROADIE_HOME = home } or {})
end

return runtime

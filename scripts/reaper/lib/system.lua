-- @noindex
-- The machine: which one it is, where its folders are, and how a program is started without a shell's help.

local system = {}

system.windows = reaper.GetOS():match("^Win") ~= nil
system.separator = system.windows and "\\" or "/"

-- A folder and names below it as one path. UNC paths (\\server\share) keep their beginning.
function system.join(folder, ...)
  local path = folder
  for _, name in ipairs({ ... }) do
    if not path:match("[/\\]$") or (not system.windows and path:match("\\$")) then
      path = path .. system.separator
    end
    path = path .. name
  end
  return path
end

function system.folder_of(path)
  local pattern = system.windows and "^(.*)[/\\][^/\\]*$" or "^(.*)/[^/]*$"
  local folder = path:match(pattern) or ""
  return folder == "" and path:sub(1, 1) or folder
end

-- The last part of a path, without its extension.
function system.base_name(path)
  local name = path:match(system.windows and "([^/\\]*)$" or "([^/]*)$")
  return name:match("^(.+)%.[^.]*$") or name
end

function system.is_absolute(path)
  if system.windows then
    return path:match("^%a:[/\\]") ~= nil or path:match("^[/\\][/\\]") ~= nil
  end
  return path:sub(1, 1) == "/"
end

-- A folder of the user's that Windows names in its environment. Lua may get such a name in the system's own characters,
-- which are not those of paths here: where it is not plain, it is told from REAPER's resource folder, which is UTF-8.
local function named_by_windows(variable, below_profile)
  local told = os.getenv(variable)
  if told and told:find("[\x80-\xFF]") then
    local profile = reaper.GetResourcePath():match("^(.*)[/\\]AppData[/\\]Roaming[/\\]REAPER$")
    return profile and profile .. below_profile or told
  end
  return told
end

function system.home()
  return system.windows and named_by_windows("USERPROFILE", "") or os.getenv("HOME")
end

-- A file's content; nil and the reason where there is none.
function system.read(path)
  local file, why = io.open(path, "rb")
  if not file then
    return nil, why
  end
  local content = file:read("a")
  file:close()
  return content
end

-- Writes a whole file. Raises a text.
function system.write(path, content)
  local file, why = io.open(path, "wb")
  if not file then
    error("roadie cannot write a file it needs: " .. tostring(why), 0)
  end
  file:write(content)
  file:close()
end

-- An argument of /bin/sh, whatever is in it.
function system.quoted_posix(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- An argument of a program in a Windows batch file: in quotes, where & | < > ^ mean nothing to cmd.exe; backslashes
-- before the closing quote doubled, as CommandLineToArgvW reads them; % doubled for the batch file. A quote within
-- would end the quotes for cmd.exe and not for the program; no path and no command of ours has one. Raises a text.
function system.quoted_windows(text)
  if text:find('["\r\n]') then
    error("roadie cannot hand this on to a Windows program: " .. text, 0)
  end
  local body = text:gsub("(\\+)$", "%1%1")
  return '"' .. body:gsub("%%", "%%%%") .. '"'
end

-- A value in a curl configuration file.
function system.quoted_curl(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n"):gsub("\r", "\\r"):gsub("\t", "\\t") .. '"'
end

local function run_briefly(command)
  local answer = reaper.ExecProcess(command, 5000)
  local code, output = (answer or ""):match("^(%-?%d+)\r?\n(.*)$")
  if code ~= "0" then
    return nil
  end
  return (output:gsub("%s+$", ""))
end

-- A program that comes with Windows, by its whole path: a bare name would be looked for in REAPER's folder first.
local function windows_program(name)
  local root = os.getenv("SystemRoot")
  local path = root and system.join(root, "System32", name)
  return path and reaper.file_exists(path) and '"' .. path .. '"' or name
end

-- A command line for cmd.exe. With /s it takes the outer quotes off and leaves all others; without, it would do so or
-- not, depending on what is in between. /d: nothing that the user has it run each time.
local function by_cmd(line)
  return windows_program("cmd.exe") .. ' /d /s /c "' .. line .. '"'
end

-- A new folder that only this user can look into, for the time of one script. Its path has no character that any
-- command line would have to quote. Raises a text.
function system.private_folder()
  if not system.windows then
    local folder = run_briefly("/usr/bin/env mktemp -d /tmp/roadie.XXXXXXXXXX")
    if not folder or not folder:match("^/[%w/._-]+$") then
      error("roadie cannot make a folder for its requests in /tmp", 0)
    end
    return folder
  end
  -- Below the user's profile, whose access list names the user, administrators and the system.
  local root = named_by_windows("LOCALAPPDATA", "\\AppData\\Local") or os.getenv("TEMP")
  if not root then
    error("roadie finds no folder for its requests: Windows names neither LOCALAPPDATA nor TEMP", 0)
  end
  local name = string.format("reaper-%x-%x", os.time(), math.random(0))
  local folder = system.join(root, "roadie", name)
  reaper.RecursiveCreateDirectory(folder, 0)
  return folder
end

-- A new empty file that only this user can read.
function system.private_file(folder, name)
  if system.windows then
    return system.join(folder, name)
  end
  local path = run_briefly("/usr/bin/env mktemp " .. folder .. "/" .. name .. ".XXXXXXXX")
  if not path then
    error("roadie cannot make a private file in " .. folder, 0)
  end
  return path
end

function system.remove(path)
  os.remove(path)
end

-- An empty folder of system.private_folder. Lua removes folders on every system but Windows.
function system.remove_folder(folder)
  if system.windows then
    reaper.ExecProcess(by_cmd('rmdir "' .. folder .. '"'), -2)
  else
    os.remove(folder)
  end
end

-- Starts curl with configuration files and does not wait for it.
function system.start_curl(configs)
  local words = {}
  if system.windows then
    words[1] = windows_program("curl.exe")
  else
    words[1] = reaper.file_exists("/usr/bin/curl") and "/usr/bin/curl" or "/usr/bin/env curl"
  end
  words[2] = "-q" -- a .curlrc of the user's must not change what is asked
  for _, path in ipairs(configs) do
    words[#words + 1] = "-K"
    words[#words + 1] = system.windows and '"' .. path .. '"' or path
  end
  return reaper.ExecProcess(table.concat(words, " "), -2)
end

-- The text of a script that starts a command and leaves it alone. environment: names to values.
function system.launcher(command, environment)
  local lines, words = {}, {}
  if system.windows then
    lines[1] = "@echo off\r\nchcp 65001 >nul"
    for name, value in pairs(environment) do
      lines[#lines + 1] = "set " .. system.quoted_windows(name .. "=" .. value)
    end
    for index, word in ipairs(command) do
      words[index] = system.quoted_windows(word)
    end
    lines[#lines + 1] = 'start "" /b ' .. table.concat(words, " ") .. " >nul 2>nul"
    return table.concat(lines, "\r\n") .. "\r\n"
  end
  for name, value in pairs(environment) do
    lines[#lines + 1] = string.format("export %s=%s", name, system.quoted_posix(value))
  end
  for index, word in ipairs(command) do
    words[index] = system.quoted_posix(word)
  end
  lines[#lines + 1] = "exec nohup " .. table.concat(words, " ") .. " </dev/null >/dev/null 2>&1"
  return table.concat(lines, "\n") .. "\n"
end

-- Starts a command in the background, through a script in `folder`, so that no path stands on a command line.
function system.start(folder, command, environment)
  local script = system.join(folder, system.windows and "start.cmd" or "start.sh")
  system.write(script, system.launcher(command, environment or {}))
  local starter = system.windows and by_cmd('"' .. script .. '"') or "/bin/sh " .. script
  return reaper.ExecProcess(starter, -2)
end

return system

-- Undo, dialogs, stored choices, processes, places.

local model = require("fake.model")

return function(api, fake)
  local depth, refresh, before = 0, 0, nil

  function fake.changed()
    fake.change_count = fake.change_count + 1
    if depth == 0 then
      fake.unblocked = fake.unblocked + 1
    end
  end

  function fake.balanced() return depth == 0 and refresh == 0 end

  function api.Undo_BeginBlock2(_)
    if depth == 0 then
      before = { project = model.clone(fake.project), count = fake.change_count }
    end
    depth = depth + 1
  end

  function api.Undo_EndBlock2(_, text, flags)
    assert(depth > 0, "no undo block is open")
    depth = depth - 1
    if depth == 0 and fake.change_count > before.count then
      table.insert(fake.undo, { text = text, flags = flags, project = before.project })
    end
  end

  function api.Undo_DoUndo2(_)
    local point = table.remove(fake.undo)
    if not point then
      return 0
    end
    model.become(fake.project, point.project)
    return 1
  end

  function api.Undo_CanUndo2(_)
    local last = fake.undo[#fake.undo]
    return last and last.text or nil
  end

  function api.GetProjectStateChangeCount(_) return fake.change_count end

  function api.PreventUIRefresh(step)
    refresh = refresh + step
    assert(refresh >= 0, "more refreshes allowed than prevented")
  end

  function api.UpdateArrange() end
  function api.UpdateItemInProject(_) end
  function api.TrackList_AdjustWindows(_) end
  function api.time_precise() return fake.clock() end
  function api.GetCursorPosition() return fake.cursor end
  function api.GetOS() return "Other" end
  function api.GetAppVersion() return "7.78/linux-x86_64" end
  function api.GetResourcePath() return fake.resources end
  function api.GetProjectPathEx(_) return fake.recordings end
  function api.EnumProjects(index) return index == -1 and 0 or nil, fake.project.path end
  function api.ColorToNative(red, green, blue) return red | green << 8 | blue << 16 end
  function api.format_timestr_pos(at_s, _, _) return string.format("%.3f", at_s) end
  function api.APIExists(name) return fake.exists(name) end
  function api.ShowConsoleMsg(text) fake.console = fake.console .. text end
  function api.OpenMediaExplorer(path, play)
    table.insert(fake.explorer, { path = path, play = play })
    return 0
  end

  function api.file_exists(path)
    local file = io.open(path, "rb")
    if file then
      file:close()
    end
    return file ~= nil
  end

  function api.RecursiveCreateDirectory(path, _)
    os.execute("mkdir -p '" .. path:gsub("'", "'\\''") .. "'")
    return 1
  end

  function api.SetExtState(section, key, value, persist)
    assert(not value:find("[\r\n]"), "a stored value holds no line end")
    fake.ext[section .. "/" .. key] = { value = value, persist = persist }
  end

  function api.GetExtState(section, key)
    local found = fake.ext[section .. "/" .. key]
    return found and found.value or ""
  end

  function api.HasExtState(section, key) return fake.ext[section .. "/" .. key] ~= nil end
  function api.DeleteExtState(section, key, _) fake.ext[section .. "/" .. key] = nil end

  function api.MB(text, title, kind)
    local answer = table.remove(fake.answers, 1) or { answer = kind == 4 and 7 or 1 }
    table.insert(fake.messages, { text = text, title = title, type = kind, answer = answer.answer })
    return answer.answer
  end

  -- Modes: 0 save, 1 open, 2 open many, 3 a folder.
  function api.GetUserFileName(mode, caption, initial, _)
    assert(mode >= 0 and mode <= 3)
    local answer = table.remove(fake.answers, 1)
    table.insert(fake.messages, { text = caption, title = caption, type = -2, initial = initial })
    return answer ~= nil, answer and answer.answer or ""
  end

  function api.GetUserInputs(title, _, _, _)
    local answer = table.remove(fake.answers, 1)
    table.insert(fake.messages, { text = title, title = title, type = -1 })
    if not answer then
      return false, ""
    end
    return true, answer.answer
  end

  -- There is no shell: the words go to the program as they are, and nothing may need one to be understood.
  function api.ExecProcess(command, timeout)
    assert(not command:find("[\"'`$;|&<>*?()]"), "REAPER has no shell for this: " .. command)
    table.insert(fake.processes, command)
    local key = not fake.key_modes and command:match("%-K (%S+)")
    if key then -- the token, and the folder it is in
      local pipe = io.popen("stat -c %a " .. key .. " " .. key:match("^(.*)/"))
      fake.key_modes = pipe:read("a")
      pipe:close()
    end
    if timeout < 0 then
      os.execute("( " .. command .. " ) >/dev/null 2>&1 &")
      return "0\n"
    end
    local pipe = io.popen(command .. " 2>&1", "r")
    local output = pipe:read("a")
    local _, _, code = pipe:close()
    return string.format("%d\n%s", code or 0, output)
  end
end

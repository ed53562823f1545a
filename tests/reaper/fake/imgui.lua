-- ReaImGui: what is drawn in one turn, and keys and clicks as for gfx. A context that is not used in a turn is gone, as
-- in the extension; what is begun has to be ended.

local KEYS = {
  up = "UpArrow", down = "DownArrow", left = "LeftArrow", right = "RightArrow", enter = "Enter", esc = "Escape",
  space = "Space",
}

return function(api, fake)
  local frame, last, open, pressed, clicked, doubled = {}, {}, {}, nil, nil, false
  local context, used, closing
  local codes, names = 0, {}

  local function alive(given)
    assert(given == context and not context.gone, "this context is gone: it was not used in every turn")
    used = true
  end

  local function sees(text)
    for _, each in ipairs(last) do
      if each.text:find(text, 1, true) then
        return true
      end
    end
    return false
  end

  -- The next key or click of the script, for this turn, once what it is for was seen.
  local function take_script()
    pressed, clicked, doubled = nil, nil, false
    local following = fake.keys[1]
    if not following or (following.see and not sees(following.see)) then
      return
    end
    table.remove(fake.keys, 1)
    if following.picture then
      fake.pictures[following.picture] = last
    end
    pressed, clicked, doubled = following.key, following.click, following.double or false
    closing = following.close or false
    pressed = KEYS[pressed] or (pressed and pressed:upper())
  end

  local function draw(text, kind)
    table.insert(frame, { what = "text", kind = kind, text = text:gsub("##.*$", "") })
  end

  local function button(text, kind)
    draw(text, kind)
    local hit = clicked and text:find(clicked, 1, true) ~= nil
    if hit then
      clicked = nil
    end
    return hit or false
  end

  function api.ImGui_CreateContext(label, _)
    context = { kind = "ImGui_Context", label = label }
    used = true
    return context
  end

  function api.ImGui_SetNextWindowSize(given, _, _, _) alive(given) end

  function api.ImGui_Begin(given, name, _, _)
    alive(given)
    take_script()
    open[#open + 1] = "Begin"
    fake.window = { title = name }
    return true, not closing
  end

  local function ended(what)
    assert(table.remove(open) == what, "this ends what was not begun: " .. what)
  end

  function api.ImGui_End(given)
    alive(given)
    ended("Begin")
  end

  function api.ImGui_TextWrapped(given, text)
    alive(given)
    draw(text, "text")
  end

  function api.ImGui_TextDisabled(given, text)
    alive(given)
    draw(text, "dim")
  end

  function api.ImGui_ProgressBar(given, fraction, _, _, overlay)
    alive(given)
    assert(fraction >= 0 and fraction <= 1)
    draw(overlay, "progress")
  end

  function api.ImGui_Selectable(given, label, selected, _, _, _)
    alive(given)
    return button(label, "selectable"), selected or false
  end

  function api.ImGui_Button(given, label, _, _)
    alive(given)
    return button(label, "button")
  end

  -- A list of values is open in the turn in which its value is clicked on.
  function api.ImGui_BeginCombo(given, label, preview, _)
    alive(given)
    assert(label:match("^##"), "the label stands before it")
    local hit = button(preview, "choice")
    if hit then
      open[#open + 1] = "Combo"
      clicked = table.remove(fake.keys, 1).click
    end
    return hit
  end

  function api.ImGui_EndCombo(given)
    alive(given)
    ended("Combo")
  end

  function api.ImGui_PushStyleColor(given, _, _)
    alive(given)
    open[#open + 1] = "Color"
  end

  function api.ImGui_PopStyleColor(given, _)
    alive(given)
    ended("Color")
  end

  function api.ImGui_PushTextWrapPos(given, _)
    alive(given)
    open[#open + 1] = "Wrap"
  end

  function api.ImGui_PopTextWrapPos(given)
    alive(given)
    ended("Wrap")
  end

  function api.ImGui_SameLine(given, _, _) alive(given) end
  function api.ImGui_SetNextItemWidth(given, _) alive(given) end
  function api.ImGui_SetScrollHereY(given, _) alive(given) end
  function api.ImGui_IsWindowFocused(given, _) alive(given) return true end
  function api.ImGui_IsMouseDoubleClicked(given, _) alive(given) return doubled end

  function api.ImGui_IsKeyPressed(given, key, _)
    alive(given)
    return pressed ~= nil and names[key] == pressed
  end

  local function constant(name)
    codes = codes + 1
    local code = codes
    names[code] = name:match("^Key_(.+)$")
    api["ImGui_" .. name] = function() return code end
  end
  for _, name in ipairs({ "Cond_FirstUseEver", "WindowFlags_NoNav", "SelectableFlags_AllowDoubleClick", "Col_Button",
    "Key_KeypadEnter", "Key_Tab" }) do
    constant(name)
  end
  for _, name in pairs(KEYS) do
    constant("Key_" .. name)
  end
  for letter = ("A"):byte(), ("Z"):byte() do
    constant("Key_" .. string.char(letter))
  end

  -- At the end of REAPER's turn.
  function fake.end_turn()
    if not context or context.gone then
      return
    end
    assert(#open == 0, "left open: " .. table.concat(open, ", "))
    context.gone = not used
    used = false
    last, frame = frame, {}
    if #last > 0 then
      fake.last_frame = last
    end
  end
end

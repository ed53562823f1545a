-- @noindex
-- The panel by ReaImGui, an extension that many have. Its context lives as long as it is used in every turn of
-- REAPER's, which loop's `each_turn` does.

local view = {}

local WIDTH, HEIGHT, LABEL = 560, 480, 220
local CHOSEN = 0x33496BFF -- the colour of the row under the cursor, red, green, blue, opacity
local KEYS = {
  { "UpArrow", "up" }, { "DownArrow", "down" }, { "LeftArrow", "left" }, { "RightArrow", "right" }, { "Tab", "down" },
  { "Enter", "enter" }, { "KeypadEnter", "enter" }, { "Space", "space" }, { "Escape", "close" },
}
local NEEDED = {
  "CreateContext", "Begin", "End", "SetNextWindowSize", "Cond_FirstUseEver", "WindowFlags_NoNav", "TextWrapped",
  "PushTextWrapPos", "PopTextWrapPos", "TextDisabled",
  "Selectable", "SelectableFlags_AllowDoubleClick", "IsMouseDoubleClicked", "Button", "BeginCombo",
  "EndCombo", "SameLine", "SetNextItemWidth", "ProgressBar", "PushStyleColor", "PopStyleColor", "Col_Button",
  "IsKeyPressed", "IsWindowFocused", "SetScrollHereY", "Key_Enter", "Key_A",
}
local FILL = -1.0 -- to the window's edge
local THIN = 4.0 -- the height of the bar below an entry

-- Whether ReaImGui is there, with all that is used of it.
function view.is_there()
  for _, name in ipairs(NEEDED) do
    if not reaper.APIExists("ImGui_" .. name) then
      return false
    end
  end
  return true
end

function view.open(panel)
  panel.context = reaper.ImGui_CreateContext("roadie: " .. panel.title)
end

-- A label with an id of its own; two # signs in it would hide the rest.
local function labelled(text, index)
  return text:gsub("##", "# #") .. "###row" .. index
end

local function draw_choice(panel, row, index, chosen)
  local context = panel.context
  if reaper.ImGui_Selectable(context, labelled(row.label, index), chosen, nil, LABEL) then
    panel.cursor = index
  end
  reaper.ImGui_SameLine(context, LABEL + 12)
  reaper.ImGui_SetNextItemWidth(context, FILL)
  if reaper.ImGui_BeginCombo(context, "##choice" .. index, row.value) then
    for number, value in ipairs(row.values) do
      if reaper.ImGui_Selectable(context, labelled(value, number), value == row.value) then
        panel.cursor = index
        panel:tell("change", row.id, value)
      end
    end
    reaper.ImGui_EndCombo(context)
  end
end

local function within(fraction)
  return math.max(0.0, math.min(1.0, fraction))
end

local function draw_entry(panel, row, index, chosen)
  local context = panel.context
  local flags = reaper.ImGui_SelectableFlags_AllowDoubleClick()
  if reaper.ImGui_Selectable(context, labelled(row.text, index), chosen, flags) then
    panel.cursor = index
    if reaper.ImGui_IsMouseDoubleClicked(context, 0) then
      panel:tell("double", row.id)
    end
  end
  if row.fraction then
    reaper.ImGui_ProgressBar(context, within(row.fraction), FILL, THIN, "")
  end
end

local function draw_button(panel, row, index, chosen)
  local context = panel.context
  local text = row.key and string.format("%s  (%s)", row.text, row.key) or row.text
  if chosen then
    reaper.ImGui_PushStyleColor(context, reaper.ImGui_Col_Button(), CHOSEN)
  end
  if reaper.ImGui_Button(context, labelled(text, index), FILL) then
    panel.cursor = index
    panel:press(row)
  end
  if chosen then
    reaper.ImGui_PopStyleColor(context)
  end
end

local function draw_row(panel, row, index, chosen)
  if row.kind == "choice" then
    draw_choice(panel, row, index, chosen)
  elseif row.kind == "entry" then
    draw_entry(panel, row, index, chosen)
  elseif row.kind == "button" then
    draw_button(panel, row, index, chosen)
  elseif row.kind == "progress" then
    reaper.ImGui_ProgressBar(panel.context, within(row.fraction), FILL, 0.0, row.text)
  elseif row.dim then
    reaper.ImGui_PushTextWrapPos(panel.context, 0.0) -- at the window's edge
    reaper.ImGui_TextDisabled(panel.context, row.text)
    reaper.ImGui_PopTextWrapPos(panel.context)
  else
    reaper.ImGui_TextWrapped(panel.context, row.text)
  end
end

-- The panel's own keys, unless a list of values is open over it.
local function take_keys(panel)
  local context = panel.context
  if not reaper.ImGui_IsWindowFocused(context) then
    return
  end
  for _, key in ipairs(KEYS) do
    if reaper.ImGui_IsKeyPressed(context, reaper["ImGui_Key_" .. key[1]]()) then
      panel:key(key[2])
    end
  end
  for _, row in ipairs(panel.rows) do
    if row.key and reaper.ImGui_IsKeyPressed(context, reaper["ImGui_Key_" .. row.key:upper()](), false) then
      panel:key(row.key)
      return
    end
  end
end

function view.draw(panel)
  local context = panel.context
  reaper.ImGui_SetNextWindowSize(context, WIDTH, HEIGHT, reaper.ImGui_Cond_FirstUseEver())
  local visible, open = reaper.ImGui_Begin(context, "roadie: " .. panel.title, true, reaper.ImGui_WindowFlags_NoNav())
  if visible then
    local cursor = panel.cursor
    for index, row in ipairs(panel.rows) do
      local chosen = index == cursor and row.kind ~= "text" and row.kind ~= "progress"
      draw_row(panel, row, index, chosen)
      if chosen and panel.scrolled_to ~= cursor then
        reaper.ImGui_SetScrollHereY(context, 0.5)
        panel.scrolled_to = cursor
      end
    end
    take_keys(panel)
    reaper.ImGui_End(context)
  end
  if not open then
    panel:tell("close")
  end
end

-- Not used any more, the context is gone with REAPER's next turn.
function view.close(panel)
  panel.context = nil
end

return view

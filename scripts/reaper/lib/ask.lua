-- @noindex
-- Asking the person: options with what is known beforehand, a message, a list to choose from.

local state = require("state")

local ask = {}

local EVERY = "every action"

-- The choices made last. Those of shared fields are the same for all actions.
local function last_choices(action, fields)
  local own, shared = {}, {}
  for _, field in ipairs(fields) do
    (field.shared and shared or own)[field.id] = field.default or field.values[1]
  end
  local choices = state.choices(action, own)
  for name, value in pairs(state.choices(EVERY, shared)) do
    choices[name] = value
  end
  return choices
end

local function remember(action, fields, choices)
  local own, shared = {}, {}
  for _, field in ipairs(fields) do
    (field.shared and shared or own)[field.id] = choices[field.id]
  end
  state.remember(action, own)
  state.remember(EVERY, shared)
end

local function rows_of(lines, fields, choices, buttons)
  local rows = {}
  for _, line in ipairs(lines) do
    rows[#rows + 1] = { kind = "text", text = line, dim = true }
  end
  for _, field in ipairs(fields) do
    rows[#rows + 1] = {
      kind = "choice", id = field.id, label = field.label, value = choices[field.id], values = field.values,
    }
  end
  for _, button in ipairs(buttons) do
    rows[#rows + 1] = { kind = "button", id = button.id, text = button.text, key = button.key }
  end
  return rows
end

-- fields: {id, label, values, shared?}; lines(choices) gives the lines above them; more: one more button
-- {id, text, key, press(choices)}. The choices made, remembered for the next time, or nil when the person closed the
-- panel.
function ask.options(panel, action, fields, lines, go, more)
  local choices = last_choices(action, fields)
  local buttons = { { id = "go", text = go }, more, { id = "close", text = "Close", key = "q" } }
  while true do
    panel:show(rows_of(lines(choices), fields, choices, buttons))
    local event = panel:next()
    if event.kind == "change" then
      choices[event.id] = event.value
    elseif event.kind == "press" and event.id == "go" then
      remember(action, fields, choices)
      return choices
    elseif event.kind == "press" and event.id == more.id then
      more.press(choices)
    elseif event.kind == "close" or event.id == "close" then
      return nil
    end
  end
end

-- Lines and a button; returns when it is pressed.
function ask.read(panel, lines, button)
  local rows = {}
  for _, line in ipairs(lines) do
    rows[#rows + 1] = { kind = "text", text = line }
  end
  rows[#rows + 1] = { kind = "button", id = "ok", text = button or "Close" }
  panel:show(rows)
  while true do
    local event = panel:next()
    if event.kind == "close" or event.kind == "press" then
      return
    end
  end
end

return ask

-- @noindex
-- Asking the person: options with what is known beforehand, a message, a list to choose from.

local state = require("state")

local ask = {}

-- fields: {id, label, values}; lines(choices) gives the lines above them. The choices made, remembered for the next
-- time, or nil when the person closed the panel.
function ask.options(panel, action, fields, lines, go)
  local defaults = {}
  for _, field in ipairs(fields) do
    defaults[field.id] = field.default or field.values[1]
  end
  local choices = state.choices(action, defaults)
  while true do
    local rows = {}
    for _, line in ipairs(lines(choices)) do
      rows[#rows + 1] = { kind = "text", text = line, dim = true }
    end
    for _, field in ipairs(fields) do
      rows[#rows + 1] = {
        kind = "choice", id = field.id, label = field.label, value = choices[field.id], values = field.values,
      }
    end
    rows[#rows + 1] = { kind = "button", id = "go", text = go }
    rows[#rows + 1] = { kind = "button", id = "close", text = "Close", key = "q" }
    panel:show(rows)
    local event = panel:next()
    if event.kind == "change" then
      choices[event.id] = event.value
    elseif event.kind == "press" and event.id == "go" then
      state.remember(action, choices)
      return choices
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

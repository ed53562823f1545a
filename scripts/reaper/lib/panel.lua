-- @noindex
-- What the person sees: a title and rows, drawn by gfx everywhere or by ReaImGui where that is installed. Both draw
-- the same rows and answer with the same events, so an action knows nothing of them.
--
-- Rows: {kind = "text", text, dim?}                      a line
--       {kind = "choice", id, label, value, values}      left and right change it
--       {kind = "progress", text, fraction}
--       {kind = "entry", id, text, first?, fraction?}    one of a list: enter, space, double click; first: begin here;
--                                                        fraction: a bar below it
--       {kind = "button", id, text, key?}                key: a letter that presses it
-- Events: {kind = "press", id}, {kind = "change", id, value}, {kind = "space", id}, {kind = "double", id},
--         {kind = "close"}

local loop = require("loop")

local panel = {}

local Panel = {}
Panel.__index = Panel

local function backend(wanted)
  local imgui = require("panel_imgui")
  if wanted ~= "gfx" and imgui.is_there() then
    return imgui
  end
  return require("panel_gfx")
end

-- wanted: "gfx" to keep ReaImGui out. It is drawn in every turn of REAPER's, also while the action waits for roadie.
function panel.open(title, wanted)
  local self = setmetatable({ title = title, rows = {}, events = {}, cursor = 1, open = true }, Panel)
  self.view = backend(wanted)
  self.view.open(self)
  loop.each_turn(function()
    if self.open then
      self.view.draw(self)
    end
  end)
  return self
end

local function selectable(row)
  return row.kind == "choice" or row.kind == "entry" or row.kind == "button"
end

-- Moves the cursor to the next row that can be chosen, forwards (1) or backwards (-1).
function Panel:move(step)
  local count, at = #self.rows, self.cursor
  for _ = 1, count do
    at = (at - 1 + step) % count + 1
    if selectable(self.rows[at]) then
      self.cursor = at
      return
    end
  end
end

-- What was pressed for rows that are gone is forgotten: a key struck twice is no answer to what comes next.
function Panel:forget()
  local kept = {}
  for _, event in ipairs(self.events) do
    local stands = event.kind == "close"
    for _, row in ipairs(self.rows) do
      stands = stands or row.id == event.id
    end
    if stands then
      kept[#kept + 1] = event
    end
  end
  self.events = kept
end

-- Shows other rows; the cursor stays on the row it is on, by its id.
function Panel:show(rows)
  local before = self.rows[self.cursor]
  self.rows = rows
  self:forget()
  local fallback
  for index, row in ipairs(rows) do
    if selectable(row) then
      if before and row.id == before.id then
        self.cursor = index
        return
      end
      if row.first or not fallback then
        fallback = index
      end
    end
  end
  self.cursor = fallback or 1
end

function Panel:tell(kind, id, value)
  local last = self.events[#self.events]
  if kind == "close" and last and last.kind == "close" then
    return -- a window that is closed says so in every turn
  end
  self.events[#self.events + 1] = { kind = kind, id = id, value = value }
end

local function changed(row, step)
  for index, value in ipairs(row.values) do
    if value == row.value then
      return row.values[(index - 1 + step) % #row.values + 1]
    end
  end
  return row.values[1]
end

-- What a key means: "up", "down", "left", "right", "enter", "space", "close", or a letter.
function Panel:key(name)
  local row = self.rows[self.cursor]
  if name == "up" or name == "down" then
    self:move(name == "up" and -1 or 1)
  elseif name == "close" then
    self:tell("close")
  elseif (name == "left" or name == "right") and row and row.kind == "choice" then
    self:tell("change", row.id, changed(row, name == "left" and -1 or 1))
  elseif name == "enter" and row then
    self:press(row)
  elseif name == "space" and row then
    if row.kind == "choice" then
      self:tell("change", row.id, changed(row, 1))
    else
      self:tell("space", row.id)
    end
  else
    for _, each in ipairs(self.rows) do
      if each.kind == "button" and each.key == name then
        self:tell("press", each.id)
      end
    end
  end
end

-- Enter on a choice is for the panel's first button: choose, and go.
function Panel:press(row)
  if row.kind == "choice" then
    for _, each in ipairs(self.rows) do
      if each.kind == "button" then
        self:tell("press", each.id)
        return
      end
    end
  elseif selectable(row) then
    self:tell("press", row.id)
  end
end

-- The next event, or nil.
function Panel:poll()
  return table.remove(self.events, 1)
end

-- In a coroutine: the next event.
function Panel:next()
  while true do
    local event = self:poll()
    if event then
      return event
    end
    loop.pause()
  end
end

function Panel:close()
  if self.open then
    self.open = false
    self.view.close(self)
  end
end

return panel

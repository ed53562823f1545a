-- @noindex
-- The panel in REAPER's own gfx window.

local state = require("state")

local view = {}

local ROW, MARGIN, LABEL = 26, 14, 220
local WIDTH, HEIGHT = 560, 480
local KEYS = {
  [30064] = "up", [1685026670] = "down", [1818584692] = "left", [1919379572] = "right", -- 'up', 'down', 'left', 'rght'
  [13] = "enter", [32] = "space", [27] = "close", [9] = "down",
}
local COLOURS = {
  ground = { 0.13, 0.14, 0.16 }, text = { 0.90, 0.91, 0.93 }, dim = { 0.58, 0.61, 0.66 },
  chosen = { 0.20, 0.29, 0.42 }, bar = { 0.27, 0.52, 0.82 }, trough = { 0.21, 0.22, 0.25 },
  button = { 0.24, 0.26, 0.30 },
}

local function paint(name)
  local colour = COLOURS[name]
  gfx.set(colour[1], colour[2], colour[3], 1)
end

local function text(x, y, string, name)
  paint(name)
  gfx.x, gfx.y = x, y
  gfx.drawstr(string)
end

local CONTINUES = "[\x80-\xBF]" -- a byte that goes on with a character of UTF-8

-- Cut to the room there is, in pixels. The middle goes: of a path, both ends tell something.
local function fitted(string, room)
  if gfx.measurestr(string) <= room then
    return string
  end
  local middle = #string // 2
  while middle > 0 and string:find("^" .. CONTINUES, middle + 1) do
    middle = middle - 1
  end
  local head, tail = string:sub(1, middle), string:sub(middle + 1)
  while #head + #tail > 1 and gfx.measurestr(head .. "..." .. tail) > room do
    if #head > #tail then
      head = head:match("^(.-)." .. CONTINUES .. "*$")
    else
      tail = tail:match("^." .. CONTINUES .. "*(.*)$")
    end
  end
  return head .. "..." .. tail
end

-- A text as lines that fit, broken between words, and within a word that is too long by itself.
local function wrapped(string, room)
  local lines, line = {}, ""
  for word in string:gmatch("%S+") do
    local longer = line == "" and word or line .. " " .. word
    if gfx.measurestr(longer) <= room then
      line = longer
    else
      if line ~= "" then
        lines[#lines + 1] = line
      end
      line = ""
      for char in word:gmatch("." .. CONTINUES .. "*") do
        if line ~= "" and gfx.measurestr(line .. char) > room then
          lines[#lines + 1], line = line, ""
        end
        line = line .. char
      end
    end
  end
  lines[#lines + 1] = line
  return lines
end

-- What is drawn, one below the other: {row, index, text}, texts in as many lines as they need.
local function laid_out(panel, width)
  local lines = {}
  for index, row in ipairs(panel.rows) do
    if row.kind == "text" then
      if row.wrapped_to ~= width then
        row.lines, row.wrapped_to = wrapped(row.text, width), width
      end
      for _, line in ipairs(row.lines) do
        lines[#lines + 1] = { row = row, index = index, text = line }
      end
    else
      lines[#lines + 1] = { row = row, index = index }
    end
  end
  return lines
end

function view.open(panel)
  local place = state.get("window") or {}
  gfx.init("roadie: " .. panel.title, place.w or WIDTH, place.h or HEIGHT, 0, place.x or 200, place.y or 200)
  gfx.setfont(1, "Arial", 15)
  panel.pressed, panel.scroll, panel.clicked_at = false, 0, 0
end

local function draw_choice(row, y, width)
  text(MARGIN + 8, y + 5, fitted(row.label, LABEL - 16), "dim")
  text(MARGIN + LABEL, y + 5, fitted("< " .. row.value .. " >", width - LABEL - 8), "text")
end

local function draw_bar(y, width, height, fraction)
  paint("trough")
  gfx.rect(MARGIN, y, width, height, 1)
  paint("bar")
  gfx.rect(MARGIN, y, math.floor(width * math.max(0, math.min(1, fraction))), height, 1)
end

local function draw_progress(row, y, width)
  draw_bar(y + 3, width, ROW - 6, row.fraction)
  text(MARGIN + 8, y + 5, fitted(row.text, width - 16), "text")
end

local function draw_button(row, y, width)
  paint("button")
  gfx.rect(MARGIN, y + 2, width, ROW - 4, 0)
  local label = row.key and string.format("%s  (%s)", row.text, row.key) or row.text
  text(MARGIN + 8, y + 5, fitted(label, width - 16), "text")
end

local function draw_line(line, y, width, chosen)
  local row = line.row
  if chosen then
    paint("chosen")
    gfx.rect(MARGIN, y + 1, width, ROW - 2, 1)
  end
  if row.kind == "choice" then
    draw_choice(row, y, width)
  elseif row.kind == "progress" then
    draw_progress(row, y, width)
  elseif row.kind == "button" then
    draw_button(row, y, width)
  elseif row.kind == "entry" then
    text(MARGIN + 8, y + 5, fitted(row.text, width - 16), "text")
    if row.fraction then
      draw_bar(y + ROW - 4, width, 3, row.fraction)
    end
  else
    text(MARGIN, y + 5, line.text, row.dim and "dim" or "text")
  end
end

-- Keeps the cursor's row in sight.
local function scroll(panel, lines)
  local room, at = math.max(1, (gfx.h - 2 * MARGIN - ROW) // ROW), 1
  for place, line in ipairs(lines) do
    at = line.index == panel.cursor and place or at
  end
  panel.scroll = math.max(0, math.min(panel.scroll, #lines - room))
  if at - 1 < panel.scroll then
    panel.scroll = at - 1
  elseif at > panel.scroll + room then
    panel.scroll = at - room
  end
  return room
end

local function line_at(panel, lines, room, y)
  local place = (y - MARGIN - ROW) // ROW + 1
  if place < 1 or place > room then
    return nil
  end
  return lines[math.tointeger(place + panel.scroll)]
end

local function take_mouse(panel, lines, room)
  local down = gfx.mouse_cap & 1 == 1
  if down and not panel.pressed then
    local line = line_at(panel, lines, room, gfx.mouse_y)
    local row, index = line and line.row, line and line.index
    if row and (row.kind == "choice" or row.kind == "entry" or row.kind == "button") then
      local now = reaper.time_precise()
      local twice = panel.cursor == index and now - panel.clicked_at < 0.4
      panel.cursor, panel.clicked_at = index, now
      if row.kind == "entry" then
        if twice then
          panel:tell("double", row.id)
        end
      elseif row.kind == "choice" then
        panel:key("space")
      else
        panel:press(row)
      end
    end
  end
  panel.pressed = down
end

local function take_keys(panel)
  local code = gfx.getchar()
  while code > 0 do
    panel:key(KEYS[code] or (code < 256 and string.char(code):lower()) or "")
    code = gfx.getchar()
  end
  if code < 0 then
    panel:tell("close")
  end
end

function view.draw(panel)
  paint("ground")
  gfx.rect(0, 0, gfx.w, gfx.h, 1)
  local width = gfx.w - 2 * MARGIN
  local lines = laid_out(panel, width)
  local room = scroll(panel, lines)
  text(MARGIN, MARGIN, fitted(panel.title, width), "text")
  for place = 1, math.min(room, #lines - panel.scroll) do
    local line = lines[place + panel.scroll]
    local kind = line.row.kind
    local chosen = line.index == panel.cursor and kind ~= "text" and kind ~= "progress"
    draw_line(line, MARGIN + place * ROW, width, chosen)
  end
  take_keys(panel)
  take_mouse(panel, lines, room)
  gfx.update()
end

function view.close()
  local _, x, y, w, h = gfx.dock(-1, 0, 0, 0, 0)
  state.set("window", { x = x, y = y, w = w, h = h })
  gfx.quit()
end

return view

-- The gfx window: what is drawn in one frame, and keys that are pressed once what they are for is seen.
--
-- A key of the script is {see = "text", key = code or name}, or {see, click = "text", double?} for the mouse; it waits
-- until the text stands in a frame.

local CODES = { up = 30064, down = 1685026670, left = 1818584692, right = 1919379572, enter = 13, esc = 27, space = 32 }

return function(fake)
  local gfx = { x = 0, y = 0, w = 0, h = 0, mouse_x = 0, mouse_y = 0, mouse_cap = 0 }
  local colour, shown, frame = { 1, 1, 1, 1 }, false, {}
  fake.frames, fake.last_frame = 0, {}

  function gfx.init(title, w, h)
    gfx.w, gfx.h, shown = w, h, true
    fake.window = { title = title, w = w, h = h }
    return 1
  end

  function gfx.setfont() return 1 end
  function gfx.set(r, g, b, a) colour = { r, g, b, a or 1 } end

  function gfx.rect(x, y, w, h, filled)
    table.insert(frame, { what = "rect", x = x, y = y, w = w, h = h, filled = filled ~= 0, colour = colour })
  end

  function gfx.measurestr(text)
    return 7.2 * utf8.len(text, 1, -1, true), 15
  end

  function gfx.drawstr(text)
    table.insert(frame, { what = "text", x = gfx.x, y = gfx.y, text = text, colour = colour })
  end

  -- In one line, or going on in the next.
  local function sees(text)
    local texts = {}
    for _, each in ipairs(frame) do
      if each.what == "text" then
        texts[#texts + 1] = each.text
      end
    end
    return table.concat(texts, " "):find(text, 1, true) ~= nil
  end

  -- Presses the mouse on a text; it is let go in the next frame.
  local function press(text)
    local place
    for _, each in ipairs(frame) do
      if each.what == "text" and each.text:find(text, 1, true) then
        place = each -- the last one: titles come first
      end
    end
    assert(place, "nothing to click on: " .. text)
    gfx.mouse_x, gfx.mouse_y, gfx.mouse_cap = place.x + 2, place.y + 2, 1
  end

  function gfx.getchar()
    if not shown then
      return -1
    end
    if gfx.mouse_cap == 1 then
      gfx.mouse_cap = 0
      return 0
    end
    local next_key = fake.keys[1]
    if not next_key or (next_key.see and not sees(next_key.see)) or fake.key_frame == fake.frames then
      return 0
    end
    fake.key_frame = fake.frames -- one key a frame: the next one sees what this one did
    table.remove(fake.keys, 1)
    if next_key.picture then
      fake.pictures[next_key.picture] = frame
    end
    if next_key.click then
      press(next_key.click)
      if next_key.double then
        table.insert(fake.keys, 1, { click = next_key.click })
      end
      return 0
    end
    if not next_key.key then
      return 0
    end
    return CODES[next_key.key] or next_key.key:byte()
  end

  function gfx.update()
    fake.frames = fake.frames + 1
    fake.last_frame, frame = frame, {}
  end

  function gfx.dock() return 0, 200, 200, gfx.w, gfx.h end
  function gfx.quit() shown = false end

  return setmetatable(gfx, { __index = function(_, name) error("gfx has no " .. name, 2) end })
end

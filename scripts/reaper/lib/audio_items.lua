-- @noindex
-- Items that play a file made from another item's, exactly where that one is.

local audio_items = {}

local REVERSE = 41051 -- Item properties: Toggle take reverse
local ITEM_KEYS = {
  "D_VOL", "D_FADEINLEN", "D_FADEOUTLEN", "D_FADEINLEN_AUTO", "D_FADEOUTLEN_AUTO", "D_FADEINDIR", "D_FADEOUTDIR",
  "C_FADEINSHAPE", "C_FADEOUTSHAPE", "D_SNAPOFFSET", "C_BEATATTACHMODE",
}
local TAKE_KEYS = { "D_VOL", "D_PAN", "D_PANLAW", "D_PITCH", "B_PPITCH", "I_PITCHMODE", "I_CHANMODE" }

-- Adds a take that plays `path`. Raises {message}.
function audio_items.add_take(item, path, name)
  local source = reaper.PCM_Source_CreateFromFile(path)
  if not source then
    error({ message = "REAPER cannot open a file that roadie made: " .. path, hint = "Is it still there?" }, 0)
  end
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, source)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", name, true)
  return take
end

-- Turns the item's active take round, as REAPER itself does; the selection stays as it was.
local function reverse(item)
  local selected = {}
  for index = 0, reaper.CountMediaItems(0) - 1 do
    local each = reaper.GetMediaItem(0, index)
    if reaper.IsMediaItemSelected(each) then
      selected[#selected + 1] = each
    end
  end
  reaper.SelectAllMediaItems(0, false)
  reaper.SetMediaItemSelected(item, true)
  reaper.Main_OnCommandEx(REVERSE, 0, 0)
  reaper.SelectAllMediaItems(0, false)
  for _, each in ipairs(selected) do
    reaper.SetMediaItemSelected(each, true)
  end
end

-- Level, place, pitch and channels of a take as those of another.
function audio_items.sound_as(take, like)
  for _, key in ipairs(TAKE_KEYS) do
    reaper.SetMediaItemTakeInfo_Value(take, key, reaper.GetMediaItemTakeInfo_Value(like, key))
  end
end

-- Lets a take of `item` play as `like` (a take of lib/items) plays its region. neutral: at its own speed, pitch and
-- level instead.
function audio_items.play_as(item, take, like, neutral)
  if not neutral then
    audio_items.sound_as(take, like.take)
  end
  if like.reversed then
    reaper.SetActiveTake(take)
    reverse(item)
  end
  reaper.SetMediaItemTakeInfo_Value(take, "D_PLAYRATE", neutral and 1.0 or like.play_rate)
  reaper.SetMediaItemTakeInfo_Value(take, "D_STARTOFFS", like.offset_s)
end

-- Position, length, level and fades of the item that it comes from.
function audio_items.shape_as(item, from, neutral)
  local rate = neutral and from.active.play_rate or 1.0
  reaper.SetMediaItemInfo_Value(item, "D_POSITION", from.position)
  reaper.SetMediaItemInfo_Value(item, "D_LENGTH", from.length * rate)
  reaper.SetMediaItemInfo_Value(item, "B_LOOPSRC", from.active.looped and 1 or 0)
  if neutral then
    return
  end
  for _, key in ipairs(ITEM_KEYS) do
    reaper.SetMediaItemInfo_Value(item, key, reaper.GetMediaItemInfo_Value(from.item, key))
  end
end

return audio_items

-- @noindex
-- Tracks that roadie makes: below the track they come from, found again by a mark that the project keeps.

local tracks = {}

local MARK = "P_EXT:roadie"

function tracks.guid(track)
  return select(2, reaper.GetSetMediaTrackInfo_String(track, "GUID", "", false))
end

-- The track with a mark; nil when there is none.
function tracks.marked(mark)
  for index = 0, reaper.CountTracks(0) - 1 do
    local track = reaper.GetTrack(0, index)
    if select(2, reaper.GetSetMediaTrackInfo_String(track, MARK, "", false)) == mark then
      return track
    end
  end
  return nil
end

local function insert(index, name, mark, colour)
  reaper.InsertTrackAtIndex(index, false)
  local track = reaper.GetTrack(0, index)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  reaper.GetSetMediaTrackInfo_String(track, MARK, mark, true)
  if colour then
    reaper.SetMediaTrackInfo_Value(track, "I_CUSTOMCOLOR", colour)
  end
  return track
end

local function number(track)
  return math.tointeger(reaper.GetMediaTrackInfo_Value(track, "IP_TRACKNUMBER"))
end

local function depth(track)
  return math.tointeger(reaper.GetMediaTrackInfo_Value(track, "I_FOLDERDEPTH"))
end

-- Hands the end of the folders that `from` closes on to `to`, which is now the last in them.
local function move_end(from, to, own)
  local closes = math.min(0, depth(from))
  if closes < 0 then
    reaper.SetMediaTrackInfo_Value(from, "I_FOLDERDEPTH", 0)
  end
  reaper.SetMediaTrackInfo_Value(to, "I_FOLDERDEPTH", closes + own)
end

-- One track directly below `track`.
function tracks.below(track, name, mark, colour)
  local found = tracks.marked(mark)
  if found then
    return found
  end
  local made = insert(number(track), name, mark, colour)
  if depth(track) < 0 then
    move_end(track, made, 0)
  end
  return made
end

-- A new track after all others.
function tracks.at_end(name)
  local count = reaper.CountTracks(0)
  reaper.InsertTrackAtIndex(count, false)
  local track = reaper.GetTrack(0, count)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  return track
end

-- A folder below `track` with a child for each entry {label, name, colour}; those that are there already stay.
-- Returns the children by label.
function tracks.folder(track, name, kind, entries)
  local owner = kind .. "|" .. tracks.guid(track)
  local parent, children = tracks.marked(owner), {}
  local fresh = parent == nil
  parent = parent or insert(number(track), name, owner, nil)
  local last = parent
  for _, entry in ipairs(entries) do
    local mark = owner .. "|" .. entry.label
    local child = tracks.marked(mark)
    if not child then
      child = insert(number(last), entry.name, mark, entry.colour)
      if not fresh and depth(last) < 0 then
        move_end(last, child, 0)
      elseif not fresh and last == parent then
        reaper.SetMediaTrackInfo_Value(child, "I_FOLDERDEPTH", 0)
      end
    end
    children[entry.label], last = child, child
  end
  if fresh then
    reaper.SetMediaTrackInfo_Value(parent, "I_FOLDERDEPTH", 1)
    move_end(track, last, -1)
  end
  return children, parent
end

-- An item on a track that an earlier run marked; nil when there is none.
function tracks.marked_item(track, mark)
  for index = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, index)
    if select(2, reaper.GetSetMediaItemInfo_String(item, MARK, "", false)) == mark then
      return item
    end
  end
  return nil
end

-- The marked item, empty of takes: a new one, or the one of an earlier run in whose place it comes.
function tracks.fresh_item(track, mark)
  local old = tracks.marked_item(track, mark)
  if old then
    reaper.DeleteTrackMediaItem(track, old)
  end
  local item = reaper.AddMediaItemToTrack(track)
  reaper.GetSetMediaItemInfo_String(item, MARK, mark, true)
  return item
end

function tracks.mark_item(item, mark)
  reaper.GetSetMediaItemInfo_String(item, MARK, mark, true)
end

return tracks

-- A project's tempo map: markers {timepos, bpm, num, den, linear}, the first at 0. A linear tempo moves in a straight
-- line over time to the next marker's.

local tempo_map = {}

local function beats_in(marker, following, seconds)
  if marker.linear and following then
    local slope = (following.bpm - marker.bpm) / (following.timepos - marker.timepos)
    return (marker.bpm * seconds + slope * seconds * seconds / 2) / 60
  end
  return marker.bpm * seconds / 60
end

function tempo_map.qn(markers, at_s)
  local total = 0
  for index, marker in ipairs(markers) do
    local following = markers[index + 1]
    if not following or at_s < following.timepos then
      return total + beats_in(marker, following, at_s - marker.timepos)
    end
    total = total + beats_in(marker, following, following.timepos - marker.timepos)
  end
  return total
end

function tempo_map.seconds(markers, qn)
  local low, high = -1000.0, 100000.0
  for _ = 1, 200 do
    local middle = (low + high) / 2
    if tempo_map.qn(markers, middle) < qn then
      low = middle
    else
      high = middle
    end
  end
  return (low + high) / 2
end

-- The place of the last marker at or before a time, counted from 0.
function tempo_map.index(markers, at_s)
  local found = -1
  for index, marker in ipairs(markers) do
    if marker.timepos <= at_s then
      found = index - 1
    end
  end
  return found
end

return tempo_map

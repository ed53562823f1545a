-- @noindex
-- The project's tempo map, as it passes under an item, in seconds of the item's audio.

local tempo = {}

local SAME_S = 1e-6

-- Tempo and meter at a project time, and whether it moves in a straight line to the next marker's.
local function at(project_s)
  local num, den, bpm = reaper.TimeMap_GetTimeSigAtTime(0, project_s)
  local index = reaper.FindTempoTimeSigMarker(0, project_s + SAME_S)
  local ramp = false
  if index >= 0 then
    local _, from_s, _, _, from_bpm, _, _, linear = reaper.GetTempoTimeSigMarker(0, index)
    bpm = from_bpm
    if index + 1 < reaper.CountTempoTimeSigMarkers(0) then
      local _, next_s, _, _, next_bpm = reaper.GetTempoTimeSigMarker(0, index + 1)
      ramp = linear
      if linear then
        bpm = from_bpm + (next_bpm - from_bpm) * (project_s - from_s) / (next_s - from_s)
      end
    end
  end
  return { bpm = bpm, num = num, den = den, ramp = ramp }
end

-- Points {at_s, bpm, num, den, ramp} for roadie: at_s in seconds of the take's audio from its region's beginning.
-- At half the play rate, a second of audio lasts two seconds of the project, so its tempo is twice the project's.
function tempo.under(take)
  local start = take.position - take.offset_s / take.play_rate
  local finish = start + take:region_s() / take.play_rate
  local points = {}
  local function add(project_s)
    local here = at(project_s)
    here.at_s = math.max(0.0, (project_s - start) * take.play_rate)
    here.bpm = here.bpm / take.play_rate
    points[#points + 1] = here
  end
  add(start)
  for index = 0, reaper.CountTempoTimeSigMarkers(0) - 1 do
    local _, project_s = reaper.GetTempoTimeSigMarker(0, index)
    if project_s > start + SAME_S and (project_s < finish or points[#points].ramp) then
      add(project_s)
    end
  end
  if points[#points].ramp then
    points[#points].ramp = false
  end
  return points
end

return tempo

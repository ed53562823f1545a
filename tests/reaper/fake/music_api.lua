-- MIDI, tempo, markers and regions, note names.

local model = require("fake.model")
local tempo_map = require("fake.tempo_map")

return function(api, fake)
  local PPQ = 960

  local function start_qn(take)
    return tempo_map.qn(fake.project.tempo, take.item.values.D_POSITION)
  end

  function api.CreateNewMIDIItemInProj(track, start, finish, in_qn)
    assert(not in_qn, "the fake takes seconds")
    fake.changed()
    local item = model.item(fake.project, track)
    item.values.D_POSITION, item.values.D_LENGTH = start, finish - start
    local take = model.take(fake.project, item)
    take.midi = { notes = {}, ccs = {}, texts = {}, sorted = true }
    take.source = { kind = "PCM_source", type = "MIDI", path = "", length = 1, shape = { rate_hz = 0, channels = 0 } }
    return item
  end

  function api.MIDI_GetPPQPosFromProjTime(take, at_s)
    return (tempo_map.qn(fake.project.tempo, at_s) - start_qn(take)) * PPQ
  end

  function api.MIDI_GetPPQPosFromProjQN(take, qn) return (qn - start_qn(take)) * PPQ end

  function api.MIDI_InsertNote(take, selected, muted, from, to, channel, pitch, velocity, no_sort)
    assert(channel >= 0 and channel < 16 and pitch >= 0 and pitch < 128 and velocity > 0 and velocity < 128)
    assert(to > from, "a note must last")
    fake.changed()
    table.insert(take.midi.notes, { ppq = from, end_ppq = to, channel = channel, pitch = pitch, velocity = velocity,
      selected = selected, muted = muted })
    take.midi.sorted = take.midi.sorted and not no_sort
    return true
  end

  function api.MIDI_InsertCC(take, _, _, ppq, message, channel, second, third)
    fake.changed()
    table.insert(take.midi.ccs, { ppq = ppq, message = message, channel = channel, msg2 = second, msg3 = third })
    return true
  end

  function api.MIDI_InsertTextSysexEvt(take, _, _, ppq, kind, bytes)
    fake.changed()
    table.insert(take.midi.texts, { ppq = ppq, type = kind, text = bytes })
    return true
  end

  function api.MIDI_Sort(take)
    fake.changed()
    table.sort(take.midi.notes, function(a, b) return a.ppq < b.ppq end)
    take.midi.sorted = true
  end

  function api.SetTrackMIDINoteNameEx(_, track, pitch, _, name)
    fake.changed()
    track.note_names[pitch] = name
    return true
  end

  function api.TimeMap2_timeToQN(_, at_s) return tempo_map.qn(fake.project.tempo, at_s) end
  function api.TimeMap2_QNToTime(_, qn) return tempo_map.seconds(fake.project.tempo, qn) end
  function api.CountTempoTimeSigMarkers(_) return #fake.project.tempo end
  function api.FindTempoTimeSigMarker(_, at_s) return tempo_map.index(fake.project.tempo, at_s) end

  function api.GetTempoTimeSigMarker(_, index)
    local marker = fake.project.tempo[index + 1]
    if not marker then
      return false, 0.0, 0, 0.0, 0.0, 0, 0, false
    end
    return true, marker.timepos, 0, 0.0, marker.bpm, marker.num, marker.den, marker.linear
  end

  function api.TimeMap_GetTimeSigAtTime(_, at_s)
    local marker = fake.project.tempo[math.max(0, tempo_map.index(fake.project.tempo, at_s)) + 1]
    return marker.num, marker.den, marker.bpm
  end

  function api.AddProjectMarker2(_, is_region, position, finish, name, wanted, color)
    fake.changed()
    local number = wanted
    if number < 0 then
      number = 1
      for _, marker in ipairs(fake.project.markers) do
        if marker.is_region == is_region then
          number = math.max(number, marker.number + 1)
        end
      end
    end
    table.insert(fake.project.markers, { is_region = is_region, position = position, finish = finish, name = name,
      number = number, color = color })
    return number
  end

  function api.EnumProjectMarkers3(_, index)
    local marker = fake.project.markers[index + 1]
    if not marker then
      return 0, false, 0.0, 0.0, "", 0, 0
    end
    return index + 1, marker.is_region, marker.position, marker.finish, marker.name, marker.number, marker.color
  end
end

-- FX on tracks, of which the fake has one: ReaSamplOmatic5000.

return function(api, fake)
  local PARAMETERS = {
    "Volume", "Pan", "Gain for minimum velocity", "Note range start", "Note range end", "Pitch for start note",
    "Pitch for end note", "MIDI channel", "Max voices", "Attack", "Release", "Obey note-offs", "Loop",
    "Sample start offset", "Sample end offset", "Pitch offset", "Unused", "Minimum velocity", "Maximum velocity",
  }

  function api.TrackFX_AddByName(track, name, _, instantiate)
    if not name:lower():match("reasamplomatic5000") or instantiate >= 0 then
      return -1
    end
    fake.changed()
    local fx = { name = "VSTi: ReaSamplOmatic5000 (Cockos)", params = {}, files = {}, done = false, renamed = "" }
    for index in ipairs(PARAMETERS) do
      fx.params[index] = 0.0
    end
    table.insert(track.fx, fx)
    return #track.fx - 1
  end

  function api.TrackFX_GetCount(track) return #track.fx end
  function api.TrackFX_GetNumParams(track, fx) return #track.fx[fx + 1].params end

  function api.TrackFX_Delete(track, fx)
    fake.changed()
    table.remove(track.fx, fx + 1)
    return true
  end

  function api.TrackFX_GetParamName(_, _, index)
    return PARAMETERS[index + 1] ~= nil, PARAMETERS[index + 1] or ""
  end

  function api.TrackFX_SetParamNormalized(track, fx, index, value)
    assert(value >= 0 and value <= 1 and track.fx[fx + 1].params[index + 1], "no such parameter or value")
    fake.changed()
    track.fx[fx + 1].params[index + 1] = value + 0.0
    return true
  end

  function api.TrackFX_SetNamedConfigParm(track, fx, key, value)
    local found = track.fx[fx + 1]
    fake.changed()
    if key == "FILE0" then
      found.files[1] = value
    elseif key == "DONE" then
      found.done = true
    elseif key == "renamed_name" then
      found.renamed = value
    elseif key == "MODE" then
      found.mode = value
    else
      error("the fake's sampler has no " .. key, 3)
    end
    return true
  end
end

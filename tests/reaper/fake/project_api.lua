-- Tracks, items, takes and sources.

local model = require("fake.model")

return function(api, fake)
  local function index_of(list, value)
    for index, each in ipairs(list) do
      if each == value then
        return index
      end
    end
    return nil
  end

  local function all_items()
    local list = {}
    for _, track in ipairs(fake.project.tracks) do
      for _, item in ipairs(track.items) do
        list[#list + 1] = item
      end
    end
    return list
  end

  local function get_value(object, key)
    local value = object.values[key]
    if value == nil then
      error("REAPER has no such key here: " .. key, 3)
    end
    return value
  end

  local function set_value(object, key, value)
    get_value(object, key)
    fake.changed()
    object.values[key] = value + 0.0
    return true
  end

  local READ_ONLY = { GUID = true }
  local function text(object, key, value, set)
    if key == "GUID" then
      return true, object.guid
    end
    if not key:match("^P_EXT:%w+") and object.texts[key] == nil then
      error("REAPER has no such text here: " .. key, 3)
    end
    if set and not READ_ONLY[key] then
      fake.changed()
      object.texts[key] = value
    end
    return object.texts[key] ~= nil, object.texts[key] or ""
  end

  function api.CountTracks(_) return #fake.project.tracks end
  function api.GetTrack(_, index) return fake.project.tracks[index + 1] end

  function api.InsertTrackAtIndex(index, _)
    fake.changed()
    model.track(fake.project, math.min(index, #fake.project.tracks) + 1)
  end

  function api.GetSelectedTrack(_, index)
    for _, track in ipairs(fake.project.tracks) do
      if track.values.I_SELECTED > 0 then
        index = index - 1
        if index < 0 then
          return track
        end
      end
    end
    return nil
  end

  function api.GetMediaTrackInfo_Value(track, key)
    if key == "IP_TRACKNUMBER" then
      return index_of(fake.project.tracks, track) + 0.0
    end
    return get_value(track, key)
  end

  function api.SetMediaTrackInfo_Value(track, key, value) return set_value(track, key, value) end
  function api.GetSetMediaTrackInfo_String(track, key, value, set) return text(track, key, value, set) end
  function api.CountMediaItems(_) return #all_items() end
  function api.GetMediaItem(_, index) return all_items()[index + 1] end
  function api.IsMediaItemSelected(item) return item.selected end
  function api.SetMediaItemSelected(item, selected) item.selected = selected end

  function api.SelectAllMediaItems(_, selected)
    for _, item in ipairs(all_items()) do
      item.selected = selected
    end
  end

  function api.CountTrackMediaItems(track) return #track.items end
  function api.GetTrackMediaItem(track, index) return track.items[index + 1] end

  function api.DeleteTrackMediaItem(track, item)
    fake.changed()
    local index = index_of(track.items, item)
    if not index then
      return false
    end
    table.remove(track.items, index)
    return true
  end

  function api.AddMediaItemToTrack(track)
    fake.changed()
    return model.item(fake.project, track)
  end

  function api.GetMediaItemTrack(item) return item.track end
  function api.GetMediaItemInfo_Value(item, key) return get_value(item, key) end
  function api.SetMediaItemInfo_Value(item, key, value) return set_value(item, key, value) end
  function api.GetSetMediaItemInfo_String(item, key, value, set) return text(item, key, value, set) end
  function api.CountTakes(item) return #item.takes end
  function api.GetTake(item, index) return item.takes[index + 1] end
  function api.GetActiveTake(item) return item.takes[item.current + 1] end

  function api.SetActiveTake(take)
    fake.changed()
    take.item.current = index_of(take.item.takes, take) - 1
  end

  function api.AddTakeToMediaItem(item)
    fake.changed()
    return model.take(fake.project, item)
  end

  function api.TakeIsMIDI(take) return take.midi ~= nil end
  function api.GetMediaItemTake_Source(take) return take.source end
  function api.GetMediaItemTakeInfo_Value(take, key) return get_value(take, key) end
  function api.SetMediaItemTakeInfo_Value(take, key, value) return set_value(take, key, value) end
  function api.GetSetMediaItemTakeInfo_String(take, key, value, set) return text(take, key, value, set) end
  function api.GetMediaSourceFileName(source) return source.path end
  function api.GetMediaSourceParent(source) return source.parent end
  function api.GetMediaSourceLength(source) return source.length, source.type == "MIDI" end
  function api.GetMediaSourceSampleRate(source) return source.shape.rate_hz end
  function api.PCM_Source_CreateFromFile(path)
    local source = model.file_source(path)
    if source then
      source.no_waveform = true -- until it is built
    end
    return source
  end

  -- Whether every take of a file is drawn.
  function fake.all_drawn()
    for _, item in ipairs(all_items()) do
      for _, take in ipairs(item.takes) do
        if model.file_of(take.source).no_waveform then
          return false
        end
      end
    end
    return true
  end

  function api.PCM_Source_GetSectionInfo(source)
    if source.type ~= "SECTION" then
      return false, 0.0, 0.0, false
    end
    return true, source.offset, source.length, source.reversed
  end

  function api.SetMediaItemTake_Source(take, source)
    fake.changed()
    take.source = source
    return true
  end

  -- Take markers: positions in source time.
  function api.GetNumTakeMarkers(take) return #take.markers end

  function api.GetTakeMarker(take, index)
    local marker = take.markers[index + 1]
    if not marker then
      return -1.0, "", 0
    end
    return marker.srcpos, marker.name, marker.color
  end

  function api.SetTakeMarker(take, index, name, position, color)
    fake.changed()
    local marker = index >= 0 and take.markers[index + 1] or {}
    marker.name, marker.srcpos, marker.color = name, position or marker.srcpos, color or 0
    if index < 0 then
      take.markers[#take.markers + 1] = marker
    end
    return index >= 0 and index or #take.markers - 1
  end

  function api.GetTakeNumStretchMarkers(take) return #take.stretch end

  function api.GetTakeStretchMarker(take, index)
    local marker = take.stretch[index + 1]
    if not marker then
      return -1, 0.0, 0.0
    end
    return index, marker.pos, marker.srcpos
  end

  function api.GetTakeStretchMarkerSlope(take, index) return take.stretch[index + 1].slope or 0.0 end

  function api.SetTakeStretchMarker(take, index, position, source_position)
    assert(index == -1, "the fake only inserts")
    for _, each in ipairs(take.stretch) do
      if math.abs(each.pos - position) < 1e-9 then
        return -1
      end
    end
    fake.changed()
    take.stretch[#take.stretch + 1] = { pos = position, srcpos = source_position or position }
    return #take.stretch - 1
  end

  local REVERSE, WAVEFORMS = 41051, 40047
  function api.Main_OnCommandEx(command, _, _)
    if command == WAVEFORMS then
      for _, item in ipairs(all_items()) do
        for _, take in ipairs(item.takes) do
          model.file_of(take.source).no_waveform = nil
        end
      end
      return
    elseif command ~= REVERSE then
      error("the fake does not know the action " .. command, 3)
    end
    fake.changed()
    for _, item in ipairs(all_items()) do
      local take = item.selected and item.takes[item.current + 1]
      if take then
        local source = take.source
        local used = item.values.D_LENGTH * take.values.D_PLAYRATE
        if source.type == "SECTION" and source.reversed then
          take.source = source.parent
        else
          take.source = model.section(source, 0.0, source.length, true)
        end
        take.values.D_STARTOFFS = source.length - (take.values.D_STARTOFFS + used)
      end
    end
  end

  function api.ValidatePtr2(_, pointer, _) return pointer ~= nil end
end

-- @noindex
-- One job: asked for, followed, and read.

local client = require("client")
local eta = require("eta")
local hash = require("hash")
local json = require("json")
local loop = require("loop")

local job = {}

local CLOSED = { done = true, failed = true, cancelled = true }
local LOOK_EVERY_S = 0.4
local STILL_S = 180 -- without any progress for so long, the panel says so; the job goes on

-- The parts of files that items use, as a request names them.
function job.inputs(inputs)
  local list = {}
  for index, input in ipairs(inputs) do
    list[index] = { path = input.path, region = input.region }
  end
  return list
end

-- A request that gives the same job when it is made again while nothing has changed.
local function with_key(request)
  local files = {}
  for _, input in ipairs(request.inputs) do
    files[#files + 1] = input.path and hash.file(input.path) or input.asset
  end
  request.idempotency_key = "reaper-" .. hash.text(json.encode(request) .. table.concat(files, "|"))
  return request
end

-- Whether every file that a job delivered is still there.
local function stands(view)
  for _, artifact in ipairs(view.artifacts) do
    if artifact.delivered and not reaper.file_exists(artifact.path) then
      return false
    end
  end
  return true
end

-- The id of the job for a request: of the one that was made before, if it holds.
function job.submit(request)
  local asked = with_key(request)
  local answer = client.call("POST", "/jobs", asked)
  if not CLOSED[answer.state] then
    return answer.id
  end
  local view = client.call("GET", "/jobs/" .. answer.id)
  if view.state ~= "done" or view.undone or #view.warnings > 0 then
    client.call("POST", "/jobs/" .. answer.id .. "/retry")
  elseif not stands(view) then
    asked.idempotency_key = asked.idempotency_key .. string.format("-%d", os.time())
    return client.call("POST", "/jobs", asked).id
  end
  return answer.id
end

local function seconds(value)
  return type(value) == "number" and value or nil
end

local function stage(view)
  for _, step in ipairs(view.steps) do
    if step.state == "running" then
      return step.step
    end
  end
  return view.state
end

local function rows(view, still)
  local left = seconds(view.eta_s)
  local text = stage(view) .. (left and ", about " .. eta.in_words(left) .. " left" or "")
  local shown = {
    { kind = "text", text = "roadie works. REAPER may be closed: the result is offered the next time." },
    { kind = "progress", text = text, fraction = view.progress },
  }
  if still then
    local waiting = "No progress for a while; roadie may be waiting for its turn."
    shown[#shown + 1] = { kind = "text", text = waiting, dim = true }
  end
  shown[#shown + 1] = { kind = "button", id = "cancel", text = "Cancel", key = "c" }
  shown[#shown + 1] = { kind = "button", id = "later", text = "Work on; place it later", key = "b" }
  return shown
end

-- The job once it has ended; nil when the person leaves it to itself. Cancels it when asked.
function job.follow(panel, id)
  local moved_at, last = reaper.time_precise(), nil
  while true do
    local view = client.call("GET", "/jobs/" .. id)
    if CLOSED[view.state] then
      return view
    end
    local mark = view.state .. view.progress .. stage(view)
    if mark ~= last then
      moved_at, last = reaper.time_precise(), mark
    end
    panel:show(rows(view, reaper.time_precise() - moved_at > STILL_S))
    local till = reaper.time_precise() + LOOK_EVERY_S
    while reaper.time_precise() < till do
      local event = panel:poll()
      if event and event.kind == "press" and event.id == "cancel" then
        client.call("POST", "/jobs/" .. id .. "/cancel")
      elseif event and (event.kind == "close" or event.id == "later") then
        return nil
      end
      loop.pause()
    end
  end
end

-- The first of a job's own error, those of its inputs, and what its steps say.
local function failure(view)
  local told = { view.error }
  for _, list in ipairs({ view.inputs, view.steps }) do
    for _, each in ipairs(list) do
      told[#told + 1] = each.error
      told[#told + 1] = each.state == "skipped" and { message = each.reason } or nil
    end
  end
  for _, each in ipairs(told) do
    if type(each.message) == "string" then
      return each
    end
  end
  return { message = "roadie could not do it, and did not say why" }
end

-- Why a job gave nothing, in lines for the person; nil when it gave something.
function job.problem(view)
  if view.state == "cancelled" then
    return { "It was cancelled." }
  elseif view.state ~= "failed" then
    return nil
  end
  local why = failure(view)
  return { why.message, type(why.hint) == "string" and why.hint or "The job panel can try it again." }
end

-- Whether a kind of step was skipped, for a reason that the job's warnings tell: nothing was heard, as nobody listened.
function job.skipped(view, use)
  for _, step in ipairs(view.steps) do
    if step.use == use and step.state == "skipped" then
      return true
    end
  end
  return false
end

-- The artifacts of each input, in the order of the request.
function job.artifacts(view)
  local by_id, by_input, lists = {}, {}, {}
  for _, artifact in ipairs(view.artifacts) do
    by_id[artifact.id] = artifact
  end
  for index, input in ipairs(view.inputs) do
    lists[index] = {}
    by_input[input.id] = lists[index]
  end
  for _, step in ipairs(view.steps) do
    for _, id in ipairs(step.artifacts) do
      local artifact = by_id[id]
      artifact.step = step.step
      table.insert(by_input[step.input], artifact)
    end
  end
  return lists
end

-- Those of a kind; of those, only the ones that were delivered, if asked.
function job.of_kind(artifacts, kinds, delivered)
  local found = {}
  for _, artifact in ipairs(artifacts) do
    if kinds[artifact.kind] and (artifact.delivered or not delivered) then
      found[#found + 1] = artifact
    end
  end
  return found
end

return job

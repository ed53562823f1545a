-- @noindex
-- An action is one coroutine that REAPER's deferred calls wake about thirty times a second: it reads like a program
-- that waits, and REAPER never does.

local loop = {}

local running, turns = true, {}

local function explain(problem)
  if type(problem) == "table" and problem.message then
    return problem -- meant for the person, no fault of the program
  end
  return { message = tostring(problem), traceback = debug.traceback(tostring(problem), 2) }
end

-- Has `call` called at the beginning of each turn of REAPER's, whatever the action waits for.
function loop.each_turn(call)
  turns[#turns + 1] = call
end

-- Runs body; `failed` is called with what it raised ({message, hint?, traceback?}), `ended` in any case.
function loop.run(body, failed, ended)
  local thread = coroutine.create(function()
    local well, problem = xpcall(body, explain)
    if not well then
      failed(problem)
    end
  end)
  local function step()
    for _, call in ipairs(turns) do
      call()
    end
    local well, problem = coroutine.resume(thread)
    if not well then
      failed(explain(problem))
    end
    if coroutine.status(thread) == "dead" then
      running = false
      ended()
    else
      reaper.defer(step)
    end
  end
  step()
end

-- Until the next time that REAPER calls.
function loop.pause()
  coroutine.yield()
end

-- Until ready() gives something true, which is returned.
function loop.wait(ready)
  while true do
    local value = ready()
    if value then
      return value
    end
    coroutine.yield()
  end
end

function loop.sleep(seconds)
  local till = reaper.time_precise() + seconds
  loop.wait(function() return reaper.time_precise() >= till end)
end

function loop.is_running()
  return running
end

return loop

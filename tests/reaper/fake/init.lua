-- A REAPER without REAPER: the table `reaper`, which keeps a project and refuses whatever the real one would.

local model = require("fake.model")
local signatures = require("fake.signatures")

local fake = {}

-- The fake for a session {project, keys, answers, ext, resources, recordings}; the tables `reaper` and `gfx`.
-- list: the file of REAPER's signatures; with session.imgui, ReaImGui's in that file are there as well.
function fake.start(session, list, script)
  local self = {
    project = model.build(session.project), keys = session.keys or {}, answers = session.answers or {},
    ext = session.ext or {}, resources = session.resources, recordings = session.recordings, undo = {}, messages = {},
    console = "", explorer = {}, processes = {}, change_count = 0, unblocked = 0, deferred = {}, at_exit = {},
    pictures = {}, cursor = session.cursor or 0.0,
  }
  for _, point in ipairs(session.undo or {}) do
    table.insert(self.undo, { text = point.text, flags = -1, project = model.build(point.project) })
  end
  self.change_count = session.change_count or 0
  local rules, api = signatures.load(list, session.imgui), {}
  for _, name in ipairs(session.without or {}) do
    rules[name] = nil -- an older REAPER
  end
  function self.exists(name) return rules[name] ~= nil and api[name] ~= nil end
  function self.clock() return fake.clock() end
  for _, part in ipairs({ "project_api", "music_api", "sampler_api", "system_api" }) do
    require("fake." .. part)(api, self)
  end
  require("fake.imgui")(api, self)
  function api.defer(call) table.insert(self.deferred, call) end
  function api.atexit(call) table.insert(self.at_exit, call) end
  function api.get_action_context() return false, script, 0, 0, 0, 0, 0 end
  self.api, self.rules = api, rules
  local reaper = setmetatable({}, {
    __index = function(_, name)
      local rule = rules[name]
      if not rule then
        error("REAPER has no function " .. tostring(name), 2)
      end
      local call = api[name]
      if not call then
        error("the fake does not play " .. name .. " yet", 2)
      end
      return function(...)
        signatures.check(rule, ...)
        local results = table.pack(call(...))
        if results.n ~= rule.results and not (results.n == 0 and rule.results == 0) then
          error(string.format("the fake's %s gives %d results, REAPER's %d", name, results.n, rule.results), 2)
        end
        return table.unpack(results, 1, results.n)
      end
    end,
    __newindex = function() error("nothing is put into the table reaper", 2) end,
  })
  return self, reaper, require("fake.gfx")(self)
end

return fake

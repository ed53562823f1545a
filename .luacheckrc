std = "lua54"
max_line_length = 120
read_globals = { "reaper" }
globals = { "gfx" }
files["tests/reaper/run.lua"] = { globals = { "reaper" } }

-- One hold a request, each of a slot of its own: the lines of a file, from the middle when it is only to warm up.
local bodies, n, round = {}, 0, os.getenv("PALM_BENCH_ROUND")
for line in io.lines(os.getenv("PALM_BENCH_BODIES")) do bodies[#bodies + 1] = line end
if os.getenv("PALM_BENCH_WARM") then n = math.floor(#bodies / 2) end
local token = "Bearer " .. os.getenv("PALM_BENCH_TOKEN")
function request()
   n = n + 1
   local headers = { ["Content-Type"] = "application/json", ["Authorization"] = token, ["Idempotency-Key"] = round .. "-" .. n }
   return wrk.format("POST", "/api/v1/talks/holds", headers, bodies[n] or "{}")
end

-- wrk -t1 -s load.lua URL -- METHOD CONTENT_TYPE BODY_FILE PATH...    (`-` for no content type, no body)
-- A PATH is `/path`, or `//host/path` for another Host header. `@WORKERS,EXPONENT,SEED` in place of the paths asks worker0.localhost and so on by
-- chance, the k-th most popular with the weight 1 / k^EXPONENT. Sends the paths in turn and prints what it saw as one line of JSON, so that nothing has to read wrk's report.

function init(args)
   local method, content_type, body_file = args[1], args[2], args[3]
   wrk.method, wrk.path = method, args[4]
   if content_type ~= "-" then wrk.headers["Content-Type"] = content_type end
   if body_file ~= "-" then
      local file = assert(io.open(body_file, "rb"))
      wrk.body = file:read("*a")
      file:close()
   end
   local workers, exponent, seed = args[4]:match("^@(%d+),([%d.]+),(%d+)$")
   if workers then return draw(method, tonumber(workers), tonumber(exponent), tonumber(seed)) end
   -- `request` exists only where the paths differ: without it wrk sends one buffer again and again, with it wrk
   -- enters Lua and copies the request every time.
   if #args > 4 then take_turns(method, args) end
end

function take_turns(method, args)
   local requests, turn = {}, 0
   for i = 4, #args do
      -- `//host/path` asks another host than the URL's.
      local host, path = args[i]:match("^//([^/]+)(/.*)$")
      local headers = {}
      for name, value in pairs(wrk.headers) do headers[name] = value end
      if host then headers["Host"] = host end
      requests[#requests + 1] = wrk.format(method, path or args[i], headers)
   end
   request = function()
      turn = turn % #requests + 1
      return requests[turn]
   end
end

function draw(method, workers, exponent, seed)
   -- Who is popular is nobody's place in the order of deploys, and the same in every run.
   math.randomseed(7)
   local names = {}
   for number = 1, workers do
      local place = math.random(number)
      -- In two steps: with one Lua does not say which of two equal places wins.
      names[number] = names[place]
      names[place] = number - 1
   end
   math.randomseed(seed)
   local requests, sums, total = {}, {}, 0
   for rank = 1, workers do
      local headers = {}
      for name, value in pairs(wrk.headers) do headers[name] = value end
      headers["Host"] = "worker" .. names[rank] .. ".localhost"
      requests[rank] = wrk.format(method, "/", headers)
      total = total + 1 / rank ^ exponent
      sums[rank] = total
   end
   request = function()
      local at, low, high = math.random() * total, 1, workers
      while low < high do
         local middle = math.floor((low + high) / 2)
         if sums[middle] < at then low = middle + 1 else high = middle end
      end
      return requests[low]
   end
end

function done(summary, latency)
   local e = summary.errors
   io.write(string.format(
      'REPORT {"requests":%d,"bytes":%d,"duration_us":%d,' ..
      '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d},' ..
      '"latency_us":{"min":%d,"p50":%d,"p90":%d,"p99":%d,"p999":%d,"max":%d}}\n',
      summary.requests, summary.bytes, summary.duration,
      e.connect, e.read, e.write, e.status, e.timeout,
      latency.min, latency:percentile(50), latency:percentile(90), latency:percentile(99),
      latency:percentile(99.9), latency.max))
end

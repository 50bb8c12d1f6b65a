-- wrk -t1 -s load.lua URL -- METHOD CONTENT_TYPE BODY_FILE PATH...    (`-` for no content type, no body)
-- A PATH is `/path`, or `//host/path` for another Host header. Sends the paths in turn and prints what it saw as one line of JSON, so that nothing has to read wrk's report.

function init(args)
   local method, content_type, body_file = args[1], args[2], args[3]
   wrk.method, wrk.path = method, args[4]
   if content_type ~= "-" then wrk.headers["Content-Type"] = content_type end
   if body_file ~= "-" then
      local file = assert(io.open(body_file, "rb"))
      wrk.body = file:read("*a")
      file:close()
   end
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

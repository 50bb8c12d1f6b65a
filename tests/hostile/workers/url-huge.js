// harm: an address of ten megabytes
// expect: 200 - ok or 500 worker-exception exception or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=1000 memory_mib=128
export default {
  fetch() {
    const url = new URL("http://a/?" + "x=%zz&".repeat(2_000_000));
    return new Response(String(url.href.length));
  },
};

// harm: a generator of a Blob's parts without an end
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    function* parts() {
      for (;;) yield "";
    }
    new Blob(parts());
  },
};

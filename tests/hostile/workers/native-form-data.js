// harm: a loop around parsing a large form
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  async fetch() {
    const form = new FormData();
    for (let n = 0; n < 5_000; n++) form.append(`n${n}`, "x".repeat(100));
    for (;;) await new Response(form).formData();
  },
};

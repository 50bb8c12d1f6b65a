// harm: a module imported from the machine
// expect: 200 - ok
// body: refused
export default {
  async fetch() {
    const names = ["file:///etc/passwd", "/etc/passwd", "../../../etc/passwd", "http://127.0.0.1/", "node:fs", "fs"];
    let refused = 0;
    for (const name of names) await import(name).catch(() => refused++);
    return new Response(refused === names.length ? "refused" : `${names.length - refused} allowed`);
  },
};

// harm: one event's Request, kept and used by the next
// expect: 200 - ok
// client: get 3
// body: answered
let kept;

export default {
  async fetch(request) {
    const said = [];
    for (const use of [() => kept?.text(), () => kept?.signal.aborted, () => kept?.headers.get("host"), () => kept?.clone().text()]) {
      try {
        said.push(await use());
      } catch (error) {
        said.push(error.name);
      }
    }
    kept = request;
    return new Response(`answered ${said.join()}`);
  },
};

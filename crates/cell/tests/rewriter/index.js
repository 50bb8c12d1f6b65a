// Runs what a test asks for by its path, and answers with what is wrong: a list that should be empty.
import { rules } from "./rules.js";
import { attacks } from "./attacks.js";

export default {
  async fetch(request) {
    const path = new URL(request.url).pathname.slice(1);
    const test = rules[path] ?? attacks[path];
    if (test === undefined) return Response.json([`there is no ${path}`]);
    const wrong = [];
    const expect = (holds, what) => holds || wrong.push(what);
    expect.equal = (is, should) => is === should || wrong.push(`${is} instead of ${should}`);
    expect.throws = async (name, what, run) => {
      try {
        await run();
        wrong.push(`${what}: no error`);
      } catch (error) {
        if (error?.name !== name) wrong.push(`${what}: ${error} instead of ${name}`);
        return error;
      }
    };
    await test(expect);
    return Response.json(wrong);
  },
};

// Runs what a test asks for by its path, and answers with what is wrong: a list that should be empty.
import { check, make } from "./exchange.js";
import { rules } from "./rules.js";
import { attacks } from "./attacks.js";

export default {
  async fetch(request) {
    const path = new URL(request.url).pathname.slice(1);
    if (path === "make") return Response.json(await make());
    if (path === "check") return Response.json(await check(await request.json()));
    const test = rules[path] ?? attacks[path];
    if (test === undefined) return Response.json([`there is no ${path}`]);
    const wrong = [];
    const expect = (holds, what) => holds || wrong.push(what);
    expect.rejects = async (name, what, promise) => {
      try {
        await promise;
        wrong.push(`${what}: no error`);
      } catch (error) {
        if (error.name !== name) wrong.push(`${what}: ${error.name} (${error.message}) instead of ${name}`);
      }
    };
    await test(expect);
    return Response.json(wrong);
  },
};

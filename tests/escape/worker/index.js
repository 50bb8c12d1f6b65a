import { attacks } from "./syscalls.js";
import { floods } from "./floods.js";

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const name = decodeURIComponent(pathname.slice(1));
    if (name === "") return new Response("here");
    if (name === "names") return Response.json(Object.entries(attacks).map(([title, attack]) => ({ title, call: attack.call ?? null })));
    const attack = attacks[name] ?? floods[name];
    if (!attack) return new Response("no such attack", { status: 404 });
    return Response.json({ result: attack.run(ctx) });
  },
};

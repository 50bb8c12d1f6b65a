import { error, redirect } from "@sveltejs/kit";
import { things } from "../../../things.js";

export function load({ params }) {
  if (params.id === "old") redirect(308, "/things/1");
  const thing = things.find((one) => String(one.id) === params.id);
  if (!thing) error(404, "no such thing");
  return { thing };
}

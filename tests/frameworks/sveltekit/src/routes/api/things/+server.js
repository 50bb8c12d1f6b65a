import { json } from "@sveltejs/kit";
import { things } from "../../../things.js";

export function GET({ url }) {
  const wanted = url.searchParams.get("name");
  return json(things.filter((thing) => !wanted || thing.name === wanted));
}

export async function POST({ request }) {
  const thing = await request.json();
  return json({ id: things.length + 1, ...thing }, { status: 201 });
}

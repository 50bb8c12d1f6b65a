import type { APIRoute } from "astro";
import { things } from "../../things";

export const GET: APIRoute = ({ url }) => {
  const wanted = url.searchParams.get("name");
  return Response.json(things.filter((thing) => !wanted || thing.name === wanted));
};

export const POST: APIRoute = async ({ request }) => {
  const thing = await request.json();
  return Response.json({ id: things.length + 1, ...thing }, { status: 201 });
};

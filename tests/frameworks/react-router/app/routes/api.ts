import type { ActionFunctionArgs, LoaderFunctionArgs } from "react-router";
import { things } from "../shop";

export function loader({ request }: LoaderFunctionArgs) {
  const wanted = new URL(request.url).searchParams.get("name");
  return Response.json(things.filter((thing) => !wanted || thing.name === wanted));
}

export async function action({ request }: ActionFunctionArgs) {
  const thing = await request.json();
  return Response.json({ id: things.length + 1, ...thing }, { status: 201 });
}

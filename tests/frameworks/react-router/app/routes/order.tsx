import {
  type ActionFunctionArgs,
  createCookie,
  data,
  Form,
  type LoaderFunctionArgs,
  redirect,
  useActionData,
  useLoaderData,
} from "react-router";

const last = createCookie("last", { secrets: ["a secret of the test"], maxAge: 60 });

export async function loader({ request }: LoaderFunctionArgs) {
  return { last: (await last.parse(request.headers.get("cookie"))) ?? "none" };
}

export async function action({ request }: ActionFunctionArgs) {
  const form = await request.formData();
  const name = form.get("name");
  if (name) return redirect("/order", { status: 303, headers: { "set-cookie": await last.serialize(name) } });
  const amount = Number(form.get("amount"));
  if (!(amount > 0)) return data({ wrong: `not an amount: ${form.get("amount")}`, ordered: 0 }, { status: 422 });
  return { wrong: "", ordered: amount };
}

export default function Order() {
  const loaded = useLoaderData<typeof loader>();
  const done = useActionData<typeof action>();
  return (
    <>
      <p id="last">{loaded.last}</p>
      {done?.wrong && <p id="wrong">{done.wrong}</p>}
      {done?.ordered ? <p id="ordered">{done.ordered}</p> : null}
      <Form method="post">
        <input name="amount" />
      </Form>
    </>
  );
}

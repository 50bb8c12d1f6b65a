import { fail, redirect } from "@sveltejs/kit";

export function load({ cookies }) {
  return { last: cookies.get("last") ?? "none" };
}

export const actions = {
  place: async ({ request }) => {
    const form = await request.formData();
    const amount = Number(form.get("amount"));
    if (!(amount > 0)) return fail(422, { wrong: `not an amount: ${form.get("amount")}` });
    return { ordered: amount };
  },
  remember: async ({ request, cookies }) => {
    const form = await request.formData();
    cookies.set("last", form.get("name"), { path: "/", maxAge: 60 });
    redirect(303, "/order");
  },
};

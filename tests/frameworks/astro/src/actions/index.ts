import { ActionError, defineAction } from "astro:actions";
import { z } from "astro/zod";

export const server = {
  order: defineAction({
    accept: "form",
    input: z.object({ amount: z.number() }),
    handler: ({ amount }) => {
      if (!(amount > 0)) throw new ActionError({ code: "UNPROCESSABLE_CONTENT", message: `not an amount: ${amount}` });
      return { ordered: amount };
    },
  }),
};

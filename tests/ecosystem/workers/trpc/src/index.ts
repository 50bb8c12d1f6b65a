import { initTRPC, tracked, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import superjson from "superjson";
import { z } from "zod";

const t = initTRPC.context<{ user: string | null }>().create({ transformer: superjson });

const signedIn = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { user: ctx.user } });
});

const appRouter = t.router({
  greet: t.procedure.input(z.object({ name: z.string().min(1) })).query(({ input }) => `Hello, ${input.name}!`),
  values: t.procedure.query(() => ({ at: new Date(0), set: new Set([1, 2]), big: 10n ** 20n, none: undefined })),
  account: t.router({ rename: signedIn.input(z.string()).mutation(({ input, ctx }) => ({ from: ctx.user, to: input })) }),
  ticks: t.procedure.subscription(async function* () {
    for (let id = 1; id <= 2; id += 1) yield tracked(String(id), { tick: id });
  }),
});

export type AppRouter = typeof appRouter;

export default {
  fetch: (request) =>
    fetchRequestHandler({
      endpoint: "/trpc",
      req: request,
      router: appRouter,
      createContext: ({ req }) => ({ user: req.headers.get("x-user") }),
    }),
} satisfies ExportedHandler;

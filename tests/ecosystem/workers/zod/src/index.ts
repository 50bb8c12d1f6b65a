import { z } from "zod";

const address = z.object({ street: z.string(), city: z.string().default("Oslo") });
const customer = z
  .strictObject({
    name: z.string().trim().min(2),
    email: z.email(),
    born: z.iso.date().transform((text) => new Date(`${text}T00:00:00Z`).getUTCFullYear()),
    tags: z.set(z.enum(["new", "gold"])).or(z.array(z.enum(["new", "gold"])).transform((tags) => new Set(tags))),
    address: z.union([address, z.literal("unknown")]),
    contact: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("phone"), number: z.e164() }),
      z.object({ kind: z.literal("post"), box: z.int().positive() }),
    ]),
    site: z.url({ protocol: /^https$/ }).optional(),
    balance: z.coerce.bigint(),
  })
  .refine(({ name, email }) => email.startsWith(name[0].toLowerCase()), { path: ["email"], message: "not that person's" });

const taken = z.string().refine(async (name) => (await Promise.resolve(["ada"])).indexOf(name) < 0, "is taken");

type Tree = { value: number; children: Tree[] };
const tree: z.ZodType<Tree> = z.lazy(() => z.object({ value: z.number(), children: z.array(tree) }));
const sum = ({ value, children }: Tree): number => children.reduce((total, child) => total + sum(child), value);

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/schema") return Response.json(z.toJSONSchema(address));
    const body = await request.json();
    if (pathname === "/customer") {
      const { success, data, error } = customer.safeParse(body);
      if (!success) return Response.json({ flat: z.flattenError(error), pretty: z.prettifyError(error) }, { status: 422 });
      return Response.json({ ...data, tags: [...data.tags], balance: String(data.balance) });
    }
    if (pathname === "/name") {
      const { error } = await taken.safeParseAsync(body);
      return Response.json(error?.issues.map(({ code, message }) => ({ code, message })) ?? []);
    }
    return Response.json(sum(tree.parse(body)));
  },
} satisfies ExportedHandler;

import { zValidator } from "@hono/zod-validator";
import type { ValidationTargets } from "hono";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";

// Why not `zValidator` alone: its own answer to bad input has another shape than this API's errors.
export function validate<Target extends keyof ValidationTargets, Schema extends z.ZodType>(target: Target, schema: Schema) {
  return zValidator(target, schema, (result) => {
    if (result.success) return;
    const problems = result.error.issues.map((issue) => `${issue.path.join(".") || target}: ${issue.message}`);
    throw new HTTPException(422, { message: problems.join("; ") });
  });
}

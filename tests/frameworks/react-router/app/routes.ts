import { index, route, type RouteConfig } from "@react-router/dev/routes";

export default [
  index("routes/home.tsx"),
  route("things/:id", "routes/thing.tsx"),
  route("order", "routes/order.tsx"),
  route("late", "routes/late.tsx"),
  route("api/things", "routes/api.ts"),
] satisfies RouteConfig;

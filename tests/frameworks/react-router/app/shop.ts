import { createContext } from "react-router";

export const shop = createContext<string>();

export const things = [
  { id: 1, name: "lamp" },
  { id: 2, name: "chair & table" },
];

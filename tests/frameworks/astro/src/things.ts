export const things = [
  { id: 1, name: "lamp" },
  { id: 2, name: "chair & table" },
];

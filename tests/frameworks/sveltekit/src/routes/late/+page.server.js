export function load() {
  const price = new Promise((resolve) => setTimeout(() => resolve("a late price"), 50));
  return { price };
}

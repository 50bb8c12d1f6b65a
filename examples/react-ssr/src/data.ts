// What a real shop would ask its database and its review service for.

export interface Product {
  id: string;
  name: string;
  price: string;
  stock: number;
}

export interface Review {
  author: string;
  stars: number;
  text: string;
}

const products: Product[] = [
  { id: "lamp", name: "Reading lamp", price: "€ 39", stock: 12 },
  { id: "chair", name: "Wooden chair", price: "€ 89", stock: 3 },
  { id: "desk", name: "Standing desk", price: "€ 349", stock: 0 },
];

export function findProduct(id: string): Product | undefined {
  return products.find((product) => product.id === id);
}

export async function loadStock(id: string, slowMs: number): Promise<number> {
  await sleep(slowMs / 2);
  return findProduct(id)?.stock ?? 0;
}

export async function loadReviews(id: string, slowMs: number): Promise<Review[]> {
  await sleep(slowMs);
  return [
    { author: "Ada", stars: 5, text: `My third ${id}. <b>Bold</b> claims, all true.` },
    { author: "Linus", stars: 4, text: "Does what it says & nothing else." },
  ];
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

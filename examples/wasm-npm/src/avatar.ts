/** Five by five squares, the left half mirrored, in a colour: the same for the same name, everywhere. */
export function avatar(name: string): string {
  const bits = hash(name);
  const hue = bits % 360;
  const squares = [];
  for (let cell = 0; cell < 15; cell += 1) {
    if (((bits >>> cell) & 1) === 0) continue;
    const x = Math.floor(cell / 5);
    const y = cell % 5;
    squares.push(square(x, y), square(4 - x, y));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 7 7" width="7" height="7">
    <rect width="7" height="7" fill="#f4f4f4"/><g fill="hsl(${hue}, 65%, 45%)">${squares.join("")}</g></svg>`;
}

function square(x: number, y: number): string {
  return `<rect x="${x + 1}" y="${y + 1}" width="1.02" height="1.02"/>`;
}

// FNV-1a: short, and spreads similar names well.
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  return state;
}

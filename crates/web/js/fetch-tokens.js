// Tokens name the fetches and connections that are being started, so that natives can be told to abort them. They wrap
// around where natives' numbers end.
let last = 0;

export const newToken = () => (last = last === 0xffffffff ? 1 : last + 1);

// The groups for Diffie and Hellman's agreement that have names (RFC 2409, RFC 3526). Their primes are made of the digits of pi, so
// that everybody can see that nobody has chosen them: 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * pi) + k).
const GROUPS = {
  __proto__: null,
  modp1: [768n, 149686n],
  modp2: [1024n, 129093n],
  modp5: [1536n, 741804n],
  modp14: [2048n, 124476n],
  modp15: [3072n, 1690314n],
  modp16: [4096n, 240904n],
  modp17: [6144n, 929484n],
  modp18: [8192n, 4743158n],
};

const primes = { __proto__: null };

/** The prime of a group, or undefined if there is none of this name. */
export function groupPrime(name) {
  const group = GROUPS[name];
  if (group === undefined) return undefined;
  const [bits, k] = group;
  return (primes[name] ??= (1n << bits) - (1n << (bits - 64n)) - 1n + ((pi(bits - 130n) + k) << 64n));
}

/** Whether it is the prime of one of the groups. */
export const isGroupPrime = (prime) => Object.keys(GROUPS).some((name) => GROUPS[name][0] === BigInt(prime.toString(2).length) && groupPrime(name) === prime);

// floor(2^bits * pi), by Machin's formula: pi = 16 arctan(1/5) - 4 arctan(1/239).
function pi(bits) {
  const spare = 32n;
  const one = 1n << (bits + spare);
  return (16n * arctan(5n, one) - 4n * arctan(239n, one)) >> spare;
}

function arctan(inverse, one) {
  const square = inverse * inverse;
  let power = one / inverse;
  let sum = power;
  for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
    power /= square;
    sum += (sign * power) / n;
  }
  return sum;
}

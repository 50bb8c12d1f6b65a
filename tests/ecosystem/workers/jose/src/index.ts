import * as jose from "jose";

const issuer = "https://issuer.example";
const secret = new TextEncoder().encode("thirty-two bytes of test secret!");

// A signer for each algorithm, its key brought out and in again by way of the format that is usual for it.
async function keys(alg: string) {
  if (alg === "HS256") return { sign: secret, verify: secret };
  const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
  const sign = await jose.importPKCS8(await jose.exportPKCS8(privateKey), alg);
  const verify = await jose.importJWK(await jose.exportJWK(publicKey), alg);
  await jose.importSPKI(await jose.exportSPKI(publicKey), alg);
  return { sign, verify };
}

async function roundTrip(alg: string) {
  const { sign, verify } = await keys(alg);
  const token = await new jose.SignJWT({ role: "admin" })
    .setProtectedHeader({ alg, typ: "JWT" })
    .setSubject("ada")
    .setIssuer(issuer)
    .setAudience("shop")
    .setIssuedAt()
    .setExpirationTime("2h")
    .sign(sign);
  const { payload, protectedHeader } = await jose.jwtVerify(token, verify, { issuer, audience: "shop", algorithms: [alg] });
  const failures = [];
  const [head, body, signature] = token.split(".");
  const forged = jose.base64url.encode(JSON.stringify({ ...payload, role: "owner" }));
  for (const attempt of [
    () => jose.jwtVerify(`${head}.${forged}.${signature}`, verify),
    () => jose.jwtVerify(token, verify, { audience: "elsewhere" }),
    () => jose.jwtVerify(token, verify, { currentDate: new Date("2100-01-01") }),
    () => jose.jwtVerify(`${head}.${body}`, verify),
  ]) {
    failures.push(await attempt().then(() => "accepted", (error) => error.code));
  }
  return { alg: protectedHeader.alg, role: payload.role, lives: payload.exp! - payload.iat!, failures };
}

async function encrypted(alg: string, enc: string) {
  const pair = alg === "dir" ? undefined : await jose.generateKeyPair(alg);
  const text = new TextEncoder().encode("for your eyes only");
  const jwe = await new jose.CompactEncrypt(text).setProtectedHeader({ alg, enc }).encrypt(pair?.publicKey ?? secret);
  const { plaintext, protectedHeader } = await jose.compactDecrypt(jwe, pair?.privateKey ?? secret);
  const torn = jwe.slice(0, -4) + (jwe.endsWith("AAAA") ? "BBBB" : "AAAA");
  const failure = await jose.compactDecrypt(torn, pair?.privateKey ?? secret).then(() => "accepted", (error) => error.code);
  return { text: new TextDecoder().decode(plaintext), enc: protectedHeader.enc, parts: jwe.split(".").length, failure };
}

async function keySet() {
  const { privateKey, publicKey } = await jose.generateKeyPair("ES256");
  const kid = "k1";
  const jwks = jose.createLocalJWKSet({ keys: [{ ...(await jose.exportJWK(publicKey)), kid, alg: "ES256" }] });
  const token = await new jose.SignJWT({}).setProtectedHeader({ alg: "ES256", kid }).setSubject("set").sign(privateKey);
  return (await jose.jwtVerify(token, jwks)).payload.sub;
}

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/sign") return Response.json(await roundTrip(searchParams.get("alg")!));
    if (pathname === "/encrypt") return Response.json(await encrypted(searchParams.get("alg")!, searchParams.get("enc")!));
    if (pathname === "/set") return Response.json(await keySet());
    if (pathname === "/thumbprint") return Response.json(await jose.calculateJwkThumbprint(await request.json()));
    // A token of somebody else's.
    const { payload } = await jose.jwtVerify(await request.text(), new TextEncoder().encode("your-256-bit-secret"));
    return Response.json(payload);
  },
} satisfies ExportedHandler;

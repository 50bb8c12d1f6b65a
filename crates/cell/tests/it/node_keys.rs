//! Keys of `node:crypto`: what hostile ones do, and their way into Web Cryptography.

use crate::{
    harness::{Harness, run},
    node_events::{LATE, answer, serve},
    tests,
};

tests! {
    a_key_that_is_sealed_two_milliards_of_times_takes_no_longer_than_the_limit_allows,
    keys_that_are_none_are_refused_by_name,
    keys_go_from_node_to_web_cryptography_and_back,
}

fn a_key_that_is_sealed_two_milliards_of_times_takes_no_longer_than_the_limit_allows() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 300), ("startup_cpu_ms", 10_000)]);
        let source = "import { createPrivateKey } from 'node:crypto';
            const element = (tag, ...parts) => { const content = Buffer.concat(parts); return Buffer.concat([Buffer.from([tag, content.length]), content]); };
            const hex = (tag, text) => element(tag, Buffer.from(text, 'hex'));
            const derivation = element(0x30, hex(6, '2a864886f70d01050c'), element(0x30, hex(4, '00'.repeat(8)), hex(2, '7fffffff')));
            const cipher = element(0x30, hex(6, '60864801650304012a'), hex(4, '00'.repeat(16)));
            const key = element(0x30, element(0x30, hex(6, '2a864886f70d01050d'), element(0x30, derivation, cipher)), hex(4, '00'.repeat(16)));
            export default { fetch() { createPrivateKey({ key, format: 'der', type: 'pkcs8', passphrase: 'x' }); return new Response('it ended'); } };";
        serve(&harness, LATE, &["nodejs_compat"], source).unwrap();
        let (status, answer) = harness.get("w", "/").await;
        assert_eq!(status, 503, "{answer}");
    });
}

fn keys_that_are_none_are_refused_by_name() {
    run(async {
        let source = "import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
            const sealed = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'x' });
            const pairs = [['dh', { group: 'modp5' }], ['rsa-pss', { modulusLength: 512, hashAlgorithm: 'sha256', saltLength: 9 }]].map(([type, options]) => generateKeyPairSync(type, options));
            const keys = pairs.flatMap(({ publicKey, privateKey }) => [publicKey.export({ type: 'spki', format: 'der' }), privateKey.export({ type: 'pkcs8', format: 'der' })]);
            const CODES = ['ERR_OSSL_UNSUPPORTED', 'ERR_MISSING_PASSPHRASE', 'ERR_METHOD_NOT_IMPLEMENTED', 'ERR_OSSL_BAD_DECRYPT'];
            export default { fetch() {
              let refused = 0;
              const look = (work) => { try { work(); } catch (error) { refused++; if (!CODES.includes(error.code)) throw error; } };
              for (const key of [...keys, sealed]) {
                for (let i = 0; i < Math.min(key.length, 90); i++) {
                  for (const byte of [0, 2, 0x30, 0x7f, 0xff]) {
                    const spoilt = Buffer.from(key);
                    spoilt[i] = byte;
                    look(() => createPublicKey({ key: spoilt, format: 'der', type: 'spki' }));
                    // Iterations are not to be spoilt: they would be counted.
                    if (key !== sealed || i < 40 || i > 50) look(() => createPrivateKey({ key: spoilt, format: 'der', type: 'pkcs8', passphrase: 'y' }));
                  }
                  look(() => createPrivateKey({ key: key.subarray(0, i), format: 'der', type: 'pkcs8' }));
                }
              }
              try { createPrivateKey({ key: sealed, format: 'der', type: 'pkcs8' }); } catch (error) { return new Response(`${error.name} ${error.code} ${refused > 500}`); }
            } };";
        assert_eq!(answer(source).await, "TypeError ERR_MISSING_PASSPHRASE true");
    });
}

fn keys_go_from_node_to_web_cryptography_and_back() {
    run(async {
        let source = "import { KeyObject, createSecretKey, generateKeyPairSync, sign, verify } from 'node:crypto';
            const data = Buffer.from('data');
            const failed = async (work) => { try { await work(); } catch (error) { return error.name; } };
            export default { async fetch() {
              const said = [];
              const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
              const pss = { name: 'RSA-PSS', hash: 'SHA-256' };
              const own = rsa.privateKey.toCryptoKey(pss, false, ['sign']);
              const signature = await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 32 }, own, data);
              said.push(own.type, own.extractable, own.algorithm.name, await crypto.subtle.verify({ name: 'RSA-PSS', saltLength: 32 }, rsa.publicKey.toCryptoKey(pss, true, ['verify']), signature, data));
              said.push(KeyObject.from(own).equals(rsa.privateKey));
              const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
              const web = ec.publicKey.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
              said.push(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, web, sign('sha256', data, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }), data));
              said.push(KeyObject.from(web).equals(ec.publicKey), KeyObject.from(web).asymmetricKeyType);
              const secret = createSecretKey(Buffer.alloc(32, 7));
              const aes = secret.toCryptoKey('AES-GCM', true, ['encrypt', 'decrypt']);
              said.push(aes.type, Buffer.from(await crypto.subtle.exportKey('raw', aes)).equals(secret.export()), KeyObject.from(aes).equals(secret));
              said.push(await failed(() => ec.privateKey.toCryptoKey(pss, true, ['sign'])), await failed(() => secret.toCryptoKey('AES-GCM', true, [])), await failed(() => secret.toCryptoKey('nope', true, ['sign'])));
              said.push(await failed(() => generateKeyPairSync('dh', { group: 'modp5' }).publicKey.toCryptoKey(pss, true, [])), await failed(() => secret.toCryptoKey()));
              return new Response(said.join(' '));
            } };";
        assert_eq!(
            answer(source).await,
            "private false RSA-PSS true true true true ec secret true true DataError SyntaxError NotSupportedError DataError TypeError"
        );
    });
}

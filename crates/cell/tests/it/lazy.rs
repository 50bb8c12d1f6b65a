//! Parts of the platform that an isolate loads when it first uses them: nobody should be able to tell.

use mote_wire::bundle::ModuleKind;

use super::{
    harness::{Harness, run},
    tests,
};

tests! {
    what_is_loaded_late_is_like_the_rest,
    it_can_be_replaced_before_it_is_loaded,
    a_load_that_fails_is_tried_again,
    a_realm_that_a_tenant_has_broken_harms_only_itself,
}

async fn answer(harness: &Harness, source: &str) -> (u16, String) {
    harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
    harness.get("w", "/").await
}

fn what_is_loaded_late_is_like_the_rest() {
    run(async {
        let source = "export default { async fetch() {
            const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
            const copy = structuredClone(key), Key = CryptoKey;
            let error;
            try { structuredClone(crypto.subtle); } catch (caught) { error = caught; }
            const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, 'CryptoKey');
            return Response.json([
              key instanceof CryptoKey, copy.type, crypto.subtle === crypto.subtle, crypto.subtle instanceof SubtleCrypto,
              error?.name, typeof crypto.DigestStream, value === Key, writable, enumerable, configurable,
              'SubtleCrypto' in globalThis, Object.keys(globalThis).includes('SubtleCrypto'),
            ]);
        } };";
        let (status, body) = answer(&Harness::new(), source).await;
        let expected =
            r#"[true,"secret",true,true,"DataCloneError","function",true,true,false,true,true,false]"#;
        assert_eq!((status, body.as_str()), (200, expected));
    });
}

fn it_can_be_replaced_before_it_is_loaded() {
    run(async {
        let source = "globalThis.CryptoKey = 'mine'; delete globalThis.SubtleCrypto; crypto.DigestStream = 1;
            export default { fetch: () => Response.json([CryptoKey, typeof SubtleCrypto, typeof crypto.subtle.digest, crypto.DigestStream]) };";
        let (status, body) = answer(&Harness::new(), source).await;
        assert_eq!((status, body.as_str()), (200, r#"["mine","undefined","function",1]"#));
    });
}

/// The stack may end at any point of a load.
fn a_load_that_fails_is_tried_again() {
    run(async {
        let source = "let overflows = 0;
            function deeper() { try { deeper(); } catch { overflows++; } crypto.subtle; }
            function dive() { try { dive(); } finally { if (overflows < 200) { try { crypto.subtle; } catch { overflows++; } } } }
            export default { async fetch() {
                try { dive(); } catch {}
                const digest = await crypto.subtle.digest('SHA-256', new Uint8Array());
                return Response.json([overflows > 0, digest.byteLength]);
            } };";
        let (status, body) = answer(&Harness::new(), source).await;
        assert_eq!((status, body.as_str()), (200, "[true,32]"));
    });
}

fn a_realm_that_a_tenant_has_broken_harms_only_itself() {
    run(async {
        let harness = Harness::new();
        let breaks = [
            "Function.prototype.call = () => { throw 1; }; Function.prototype.bind = undefined;",
            "Object.defineProperty = Object.getOwnPropertyDescriptor = () => { throw new Error('mine'); };",
            "for (const name of Object.getOwnPropertyNames(Object.prototype)) delete Object.prototype[name];",
            "Object.defineProperty(Object.prototype, 'get', { get() { return crypto.subtle; } });",
            "for (const name of Object.getOwnPropertyNames(globalThis)) if (name !== 'crypto' && name !== 'Response') delete globalThis[name];",
            "Array.prototype[Symbol.iterator] = function () { return crypto.subtle; };",
            "Promise.prototype.then = () => crypto.subtle; Map.prototype.set = Map.prototype.get = () => crypto.DigestStream;",
        ];
        for broken in breaks {
            let source = format!(
                "export default {{ fetch() {{ const {{ Response, crypto }} = globalThis; {broken}
                    try {{ crypto.subtle; crypto.DigestStream; }} catch {{}} return new Response('served'); }} }};"
            );
            let (status, body) = answer(&harness, &source).await;
            assert!(status == 200 || status == 500, "{broken}: {status} {body}");
            let sound = "export default { fetch: () => new Response(typeof crypto.subtle.digest) };";
            harness.deploy("other", &[("index.js", ModuleKind::EsModule, sound.as_bytes())]).unwrap();
            assert_eq!(harness.get("other", "/").await, (200, "function".to_owned()), "{broken}");
        }
    });
}

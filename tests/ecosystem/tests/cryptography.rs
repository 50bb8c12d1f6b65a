//! Signatures, encryption, hashes and names drawn by lot.

use mote_ecosystem_tests::deployed;
use serde_json::json;

#[test]
fn jose_signs_and_refuses_with_every_kind_of_key() {
    let worker = deployed("jose");
    for alg in ["HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"] {
        let answer = worker.get(&format!("/sign?alg={alg}")).json();
        let failures = [
            "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
            "ERR_JWT_CLAIM_VALIDATION_FAILED",
            "ERR_JWT_EXPIRED",
            "ERR_JWS_INVALID",
        ];
        assert_eq!(answer, json!({ "alg": alg, "role": "admin", "lives": 7200, "failures": failures }));
    }
    assert_eq!(worker.get("/set").json(), "set");
}

#[test]
fn jose_accepts_what_others_have_signed() {
    let worker = deployed("jose");
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.\
        SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
    assert_eq!(worker.send("POST", "/", &[], token).json()["name"], "John Doe");
    // The example of RFC 7638, section 3.1.
    let key = json!({ "kty": "RSA", "e": "AQAB", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw" });
    assert_eq!(
        worker.send("POST", "/thumbprint", &[], key.to_string()).json(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
}

#[test]
fn jose_encrypts_and_notices_what_is_torn() {
    let worker = deployed("jose");
    for (alg, enc) in [
        ("dir", "A256GCM"),
        ("RSA-OAEP-256", "A256GCM"),
        ("ECDH-ES", "A128CBC-HS256"),
        ("ECDH-ES%2BA256KW", "A256CBC-HS512"),
    ] {
        let answer = worker.get(&format!("/encrypt?alg={alg}&enc={enc}"));
        // The first's key has the length for one of the content's algorithms only.
        let expected = json!({ "text": "for your eyes only", "enc": enc, "parts": 5, "failure": "ERR_JWE_DECRYPTION_FAILED" });
        assert_eq!(answer.json(), expected, "{alg}");
    }
}

#[test]
fn noble_hashes_as_the_standards_say() {
    let worker = deployed("noble");
    let hashes = worker.get("/").json();
    assert_eq!(hashes["sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(hashes["keccak"], "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assert_eq!(hashes["blake3"], "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
    assert_eq!(hashes["hmac"], "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
    let scrypt = "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906";
    assert_eq!(hashes["scrypt"], scrypt);
    assert_eq!(hashes["argon2"], 32);
}

#[test]
fn noble_and_the_platform_agree_on_curves() {
    let worker = deployed("noble");
    let curves = worker.get("/curves").json();
    let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
    assert_eq!(curves["ed25519"], signature);
    assert_eq!((&curves["secp256k1"], &curves["schnorr"]), (&json!([true, false]), &json!(true)));
    assert_eq!((&curves["shared"], &curves["platform"]), (&json!(66), &json!(true)));
}

#[test]
fn ids_are_unique_ordered_and_well_formed() {
    let worker = deployed("ids");
    let ids = worker.get("/").json();
    assert_eq!(ids["nanoid"], json!([500, true, "xxxxxxxx"]));
    assert_eq!(ids["ulid"], json!([500, true, 1_700_000_000_000_u64, true]));
    assert_eq!(ids["uuid"], json!([500, true, 4, true, 1]));
    assert_eq!(ids["seven"], json!([500, 7, true]));
    assert_eq!(ids["five"], "fdda765f-fc57-5604-a269-52a7df8164ec");
}

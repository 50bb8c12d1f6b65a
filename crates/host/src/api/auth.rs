//! Who calls: the operator with the node's own token, or the holder of a token of one account.
//!
//! Tokens are compared and looked up by their SHA-256 alone, so how long that takes tells nothing of a token that is not
//! known already. Who guesses is held back by his address; see [`authenticate`](Api::authenticate).

use std::{cell::RefCell, net::IpAddr};

use http::{HeaderMap, header};
use mote_store::{Scopes, Token, TokenHash, TokenState};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use subtle::ConstantTimeEq;

use super::{Api, Refusal, envelope::time, guesses::Guesses, now};

/// Who is said to have done what the node's token was used for.
pub(super) const OPERATOR: &str = "operator";
/// What the value of a token of an account begins with, so that people, and scanners for lost secrets, know it.
const PREFIX: &str = "mote_";
/// Random bytes of such a value; it has them as hexadecimal digits.
const RANDOM_BYTES: usize = 32;
/// A node's token of this many characters is taken to be as hard to guess as one that Mote makes.
const UNGUESSABLE_CHARS: usize = 32;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// The id of the token.
    pub(super) id: String,
    /// As the books name him.
    pub(super) actor: String,
    /// The only account that the token opens; `None` for the node's own, which opens all.
    pub(super) account: Option<String>,
    /// What he may do there.
    pub(super) scopes: Scopes,
    /// Until when.
    pub(super) expires_ms: Option<i64>,
}

impl Caller {
    fn operator() -> Self {
        Self {
            id: OPERATOR.to_owned(),
            actor: OPERATOR.to_owned(),
            account: None,
            scopes: Scopes::ALL,
            expires_ms: None,
        }
    }

    fn holder(token: Token) -> Self {
        Self {
            actor: token.label(),
            id: token.id,
            account: Some(token.account),
            scopes: token.scopes,
            expires_ms: token.expires_ms,
        }
    }

    /// What stands where Cloudflare has the address of a person.
    pub(super) fn email(&self) -> String {
        email_of(&self.actor)
    }
}

/// The same of an actor in the books.
pub(super) fn email_of(actor: &str) -> String {
    if matches!(actor, OPERATOR | "") { format!("{OPERATOR}@localhost") } else { actor.to_owned() }
}

/// What the API knows of the tokens that are not in the store.
pub(super) struct Door {
    /// Of the node's token: no copy of it lies about.
    node: TokenHash,
    node_guessable: bool,
    guesses: RefCell<Guesses>,
}

impl Door {
    pub(super) fn new(token: &str) -> Self {
        Self {
            node: hash(token),
            node_guessable: token.len() < UNGUESSABLE_CHARS,
            guesses: RefCell::new(Guesses::new()),
        }
    }
}

impl Api {
    /// Finds out who sends a request.
    ///
    /// An address that has sent too many wrong tokens waits, and what it sends meanwhile is not looked at - except what nobody
    /// can guess: 256 random bits. Why the exception: everybody behind a proxy has one address, and who guesses there would
    /// lock out all others.
    pub(super) async fn authenticate(&self, headers: &HeaderMap, from: IpAddr) -> Result<Caller, Refusal> {
        let sent = sent_token(headers)?;
        let hash = hash(sent);
        let too_many = self.door.guesses.borrow().are_too_many(from);
        let is_node = bool::from(hash.ct_eq(&self.door.node));
        if is_node && !(too_many && self.door.node_guessable) {
            return Ok(Caller::operator());
        }
        if is_formed(sent) {
            let now = now();
            let found = self.store(move |store| store.use_token(&hash, now)).await?;
            if let Some(token) = found {
                return active(token, now);
            }
        }
        if too_many {
            return Err(Refusal::too_many_guesses());
        }
        self.door.guesses.borrow_mut().count(from, &hash);
        Err(Refusal::unauthorized())
    }
}

/// Who holds a token that is known here. Why it is said what became of it: whoever sends it has had it.
fn active(token: Token, now_ms: i64) -> Result<Caller, Refusal> {
    let ended = token.expires_ms.or(token.revoked_ms).map(time).unwrap_or_default();
    match token.state(now_ms) {
        TokenState::Active => Ok(Caller::holder(token)),
        TokenState::Expired => {
            Err(Refusal::bad_token(&format!("the token {} has expired, at {ended}", token.label())))
        }
        TokenState::Revoked => Err(Refusal::bad_token(&format!("the token {} was revoked", token.label()))),
    }
}

fn sent_token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = match sent.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    };
    if !token.is_empty() {
        return Ok(token);
    }
    let key = ["x-auth-key", "x-auth-email"].iter().any(|name| headers.contains_key(*name));
    Err(if key {
        Refusal::bad_token(
            "Mote has no API keys (X-Auth-Key and X-Auth-Email; CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL): send a token as \
             `Authorization: Bearer <token>` (CLOUDFLARE_API_TOKEN)",
        )
    } else {
        Refusal::unauthorized()
    })
}

/// Whether a text has the form of a token that Mote makes; only such are looked for in the store.
fn is_formed(token: &str) -> bool {
    let random = token.strip_prefix(PREFIX).unwrap_or_default();
    random.len() == 2 * RANDOM_BYTES && random.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A new value for a token of an account, and the hash that is kept of it.
pub(super) fn new_value() -> Result<(String, TokenHash), Refusal> {
    let mut random = [0; RANDOM_BYTES];
    SystemRandom::new().fill(&mut random).map_err(|_| Refusal::internal("no random bytes"))?;
    let value = format!("{PREFIX}{}", data_encoding::HEXLOWER.encode(&random));
    let hash = hash(&value);
    Ok((value, hash))
}

fn hash(token: &str) -> TokenHash {
    let mut hash = [0; SHA256_BYTES];
    hash.iter_mut().zip(digest(&SHA256, token.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
    hash
}

const SHA256_BYTES: usize = mote_store::TOKEN_HASH_BYTES;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        of.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>()
    }

    #[test]
    fn a_token_is_what_stands_behind_bearer() {
        for (sent, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            let headers = headers(&[("authorization", sent)]);
            assert_eq!(sent_token(&headers).ok(), expected, "{sent:?}");
        }
        assert_eq!(sent_token(&HeaderMap::new()).unwrap_err(), Refusal::unauthorized());
    }

    #[test]
    fn keys_and_addresses_of_people_are_refused_by_name() {
        for name in ["x-auth-key", "x-auth-email"] {
            let refused = sent_token(&headers(&[(name, "value")])).unwrap_err();
            assert_eq!((refused.status.as_u16(), refused.code), (401, 10_000));
            assert!(refused.message.contains("no API keys"), "{}", refused.message);
        }
        let both = headers(&[("x-auth-key", "value"), ("authorization", "Bearer abc")]);
        assert_eq!(sent_token(&both).unwrap(), "abc");
    }

    #[test]
    fn new_values_differ_and_have_the_form_that_is_looked_for() {
        let ((one, one_hash), (other, other_hash)) = (new_value().unwrap(), new_value().unwrap());
        assert!(one != other && one_hash != other_hash);
        assert!(one.len() >= 40 && is_formed(&one), "{one}");
        assert_eq!(hash(&one), one_hash);
        for wrong in
            [one.to_uppercase(), one.replace("mote_", ""), format!("{one}0"), one.replace("mote_", "mote-")]
        {
            assert!(!is_formed(&wrong), "{wrong}");
        }
    }

    #[test]
    fn the_hash_is_sha_256() {
        let hex = data_encoding::HEXLOWER.encode(&hash("abc"));
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

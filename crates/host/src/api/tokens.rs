//! Tokens of an account: made, listed, rolled, revoked. A value is in the answer that makes it, and nowhere else.

use mote_store::{NewToken, Token, TokenState};
use serde_json::{Value, json};

use super::{
    Api, Call, Refusal,
    accounts::display_name,
    auth::{Caller, new_value},
    document,
    envelope::time,
    new_id, now,
    permissions::{check_hands_on, expiry_of, policies, scopes_of},
};

impl Api {
    pub(super) async fn tokens(&self, account: &str) -> Result<Value, Refusal> {
        let account = account.to_owned();
        let tokens = self.store(move |store| store.tokens(&account)).await?;
        Ok(tokens.iter().map(describe).collect())
    }

    pub(super) async fn token(&self, account: &str, id: &str) -> Result<Value, Refusal> {
        let (account, id) = (account.to_owned(), id.to_owned());
        Ok(describe(&self.store(move |store| store.token(&account, &id)).await?))
    }

    pub(super) async fn create_token(&self, call: Call<'_>) -> Result<Value, Refusal> {
        let (account, actor) = (call.account.to_owned(), call.caller.actor.clone());
        let Value::Object(said) = document(call.body).await? else {
            return Err(Refusal::invalid("a token is described by a JSON object"));
        };
        let name = display_name(said.get("name"))?;
        let scopes = scopes_of(&said, &account)?;
        let expires_ms = expiry_of(&said, now())?;
        check_hands_on(call.caller, scopes, expires_ms)?;
        let id = new_id()?.replace('-', "");
        let (value, hash) = new_value()?;
        let token = self
            .store(move |store| {
                let new =
                    NewToken { id: &id, account: &account, name: &name, hash: &hash, scopes, expires_ms };
                store.add_token(&new, (&actor, now()))
            })
            .await?;
        let mut described = describe(&token);
        if let Value::Object(described) = &mut described {
            described.insert("value".to_owned(), value.into());
        }
        Ok(described)
    }

    /// Gives a token another value. Who rolls a token gets to know it, so it may have nothing that he has not.
    pub(super) async fn roll_token(
        &self,
        caller: &Caller,
        account: &str,
        id: &str,
    ) -> Result<Value, Refusal> {
        let (owner, wanted) = (account.to_owned(), id.to_owned());
        let token = self.store(move |store| store.token(&owner, &wanted)).await?;
        check_hands_on(caller, token.scopes, token.expires_ms)?;
        let (value, hash) = new_value()?;
        let (account, actor) = (account.to_owned(), caller.actor.clone());
        self.store(move |store| store.roll_token(&account, &token.id, &hash, (&actor, now()))).await?;
        Ok(value.into())
    }

    pub(super) async fn revoke_token(
        &self,
        caller: &Caller,
        account: &str,
        id: &str,
    ) -> Result<Value, Refusal> {
        let (account, wanted, actor) = (account.to_owned(), id.to_owned(), caller.actor.clone());
        self.store(move |store| store.revoke_token(&account, &wanted, (&actor, now()))).await?;
        Ok(json!({"id": id}))
    }
}

/// What the holder of a token learns of it.
pub(super) fn verified(caller: &Caller) -> Value {
    json!({"id": caller.id, "status": "active", "expires_on": caller.expires_ms.map(time)})
}

/// A token as the API shows it: never with its value, which is not known here.
fn describe(token: &Token) -> Value {
    let status = match token.state(now()) {
        TokenState::Active => "active",
        TokenState::Expired => "expired",
        TokenState::Revoked => "disabled",
    };
    json!({
        "id": token.id, "name": token.name, "status": status, "scopes": token.scopes.iter().map(mote_store::Scope::as_str).collect::<Vec<_>>(),
        "policies": policies(&token.account, &token.id, token.scopes),
        "issued_on": time(token.created_ms), "modified_on": time(token.modified_ms),
        "expires_on": token.expires_ms.map(time), "last_used_on": token.used_ms.map(time),
    })
}

//! Accounts: listed, made, removed. A holder of a token sees the one that it opens.

use mote_store::{Account, Store};
use serde_json::{Value, json};

use crate::bound::tenant_of;

use super::{Api, Call, Refusal, auth::Caller, check_account, document, envelope::time, new_id, now};

/// Characters of the name of an account or of a token.
const NAME_CHARS_MAX: usize = 120;
/// The account that a node without any has: whoever deploys first need not make one up.
const FIRST: &str = "mote";

impl Api {
    /// The accounts that a caller may see.
    pub(super) async fn accounts(&self, caller: &Caller) -> Result<Vec<Value>, Refusal> {
        if let Some(own) = &caller.account {
            return Ok(vec![self.account(own).await?]);
        }
        let accounts = self.store(Store::accounts).await?;
        if accounts.is_empty() {
            return Ok(vec![describe(&unmade(FIRST))]);
        }
        Ok(accounts.iter().map(describe).collect())
    }

    /// The same, as memberships of the caller.
    pub(super) async fn memberships(&self, caller: &Caller) -> Result<Value, Refusal> {
        let role = if caller.account.is_none() { "Administrator" } else { "API token" };
        let member = |account: &Value| json!({"id": account["id"], "account": account, "roles": [role], "status": "accepted"});
        Ok(self.accounts(caller).await?.iter().map(member).collect())
    }

    /// One account. For the operator every word is one: it comes into being with its first worker.
    pub(super) async fn account(&self, id: &str) -> Result<Value, Refusal> {
        let wanted = id.to_owned();
        let both = move |store: &Store| Ok((store.account(&wanted)?, store.stored_bytes(&wanted)?));
        let (found, bytes) = self.store(both).await?;
        let mut described = describe(&found.unwrap_or_else(|| unmade(id)));
        if let Value::Object(described) = &mut described {
            let stored = json!({"bytes": bytes, "bytes_max": self.kept.account_bytes_max});
            described.insert("stored".to_owned(), stored);
        }
        Ok(described)
    }

    pub(super) async fn create_account(&self, call: Call<'_>) -> Result<Value, Refusal> {
        let actor = call.caller.actor.clone();
        let said = document(call.body).await?;
        let name = display_name(said.get("name"))?;
        let id = match said.get("id") {
            None | Some(Value::Null) => new_id()?.replace('-', ""),
            Some(id) => id.as_str().unwrap_or_default().to_owned(),
        };
        check_account(&id)?;
        let made = self.store(move |store| store.add_account(&id, &name, (&actor, now()))).await?;
        Ok(describe(&made))
    }

    pub(super) async fn remove_account(&self, caller: &Caller, id: &str) -> Result<Value, Refusal> {
        let (account, actor) = (id.to_owned(), caller.actor.clone());
        self.store(move |store| store.remove_account(&account, (&actor, now()))).await?;
        // Somebody else may get its name.
        if let Some(caches) = self.deployed.caches.get() {
            caches.forget(&tenant_of(id)).await;
        }
        if let Some(logs) = self.deployed.logs() {
            logs.forget(id).await;
        }
        Ok(json!({"id": id}))
    }
}

fn unmade(id: &str) -> Account {
    Account { id: id.to_owned(), name: id.to_owned(), created_ms: None }
}

fn describe(account: &Account) -> Value {
    json!({"id": account.id, "name": account.name, "type": "standard", "created_on": account.created_ms.map(time)})
}

/// What people call an account or a token. It stands in logs and on terminals, so it has no control characters.
pub(super) fn display_name(said: Option<&Value>) -> Result<String, Refusal> {
    let name = said.and_then(Value::as_str).unwrap_or_default().trim();
    let sound = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if !sound {
        let message =
            format!("`name` has 1 to {NAME_CHARS_MAX} characters, none of them a control character");
        return Err(Refusal::invalid(message));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_of_one_line() {
        for name in ["ci", " ci ", "Acme Inc. – \u{1f980}", &"ä".repeat(120)] {
            assert_eq!(display_name(Some(&json!(name))).unwrap(), name.trim());
        }
        for name in
            [json!(""), json!("  "), json!("a\nb"), json!("a\u{1b}[2Jb"), json!("a".repeat(121)), json!(7)]
        {
            assert!(display_name(Some(&name)).is_err(), "{name}");
        }
        assert!(display_name(None).is_err());
    }
}

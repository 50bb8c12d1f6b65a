//! `mote token`: tokens with which others may use an account.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::{
    Client, ConnectionOptions, Output, RemoteError,
    client::{Payload, in_account, segment},
    named::account_here,
    output::{Paint, table},
    versions::{text, words},
};
use crate::printable::printable;

/// Tokens with which others may use an account.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug, Clone)]
pub(crate) enum Command {
    /// Make a token, and show it this one time.
    Create {
        /// What it is for.
        name: String,
        /// What it may do, such as workers:read, workers:write, kv:read, kv:write, tail:read, account:write; the node says
        /// which there are.
        #[arg(long = "scope", required = true, value_delimiter = ',', value_name = "SCOPE")]
        scopes: Vec<String>,
        /// When it ends to work: 2027-01-31, or 2027-01-31T12:00:00Z.
        #[arg(long, value_name = "TIME", value_parser = time)]
        expires_on: Option<String>,
    },
    /// Show the account's tokens, without what opens anything.
    List,
    /// Let a token open nothing any more.
    Revoke {
        /// Its id.
        id: String,
    },
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let client = options.connection.client(output)?;
    let account = options.connection.account(&client, account_here().as_deref()).await?;
    match &options.command {
        Command::Create { name, scopes, expires_on } => {
            let mut body = json!({"name": name, "scopes": scopes});
            if let (Some(time), Value::Object(fields)) = (expires_on, &mut body) {
                fields.insert("expires_on".to_owned(), time.as_str().into());
            }
            let path = in_account(&account, "tokens");
            let token: Value = client.call(Method::POST, &path, Payload::Json(body)).await?;
            output.result(&token, |_| {
                // Alone on stdout, so that it goes into a variable or a file as it is.
                output
                    .note(&format!("the token {} of {account}; it is not shown again:", text(&token, "/id")));
                printable(text(&token, "/value"))
            });
            Ok(())
        }
        Command::List => list(&client, &account, output).await,
        Command::Revoke { id } => {
            let path = in_account(&account, &format!("tokens/{}", segment(id)));
            client.call::<Value>(Method::DELETE, &path, Payload::Nothing).await?;
            output.result(&json!({"id": id, "revoked": true}), |colours| {
                format!("{} the token {id}", colours.paint(Paint::Green, "revoked"))
            });
            Ok(())
        }
    }
}

async fn list(client: &Client, account: &str, output: &Output) -> Result<(), RemoteError> {
    let tokens: Vec<Value> = client.get(&in_account(account, "tokens")).await?;
    output.result(&json!(tokens), |colours| {
        if tokens.is_empty() {
            return format!("the account {account} has no tokens");
        }
        let row = |token: &Value| {
            let of = |field: &str| text(token, field).to_owned();
            vec![
                of("/id"),
                of("/name"),
                words(token.get("scopes")),
                of("/status"),
                of("/expires_on"),
                of("/last_used_on"),
            ]
        };
        let heads = ["ID", "NAME", "SCOPES", "STATUS", "EXPIRES", "LAST USED"];
        table(colours, &heads, &tokens.iter().map(row).collect::<Vec<_>>())
    });
    Ok(())
}

/// A date is the beginning of its day, in UTC; the node checks the rest.
fn time(text: &str) -> Result<String, String> {
    let date = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match (date, text.contains('T')) {
        (true, _) => Ok(format!("{text}T00:00:00Z")),
        (false, true) => Ok(text.to_owned()),
        (false, false) => Err("write it as 2027-01-31 or 2027-01-31T12:00:00Z".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Fake, good},
        *,
    };

    fn options(command: Command) -> Options {
        let account = Some("acme".to_owned());
        let connection =
            ConnectionOptions { api: None, token: Some("t".to_owned()), data: None, account, json: false };
        Options { connection, command }
    }

    #[tokio::test]
    async fn tokens_are_made_listed_and_revoked() {
        let fake = Fake::start(|_| good(&json!([{"id": "i", "name": "ci", "value": "v"}]))).await;
        let create = Command::Create {
            name: "ci".to_owned(),
            scopes: vec!["workers:write".to_owned()],
            expires_on: Some("2027-01-31T00:00:00Z".to_owned()),
        };
        for command in [create, Command::List, Command::Revoke { id: "a/b".to_owned() }] {
            let mut options = options(command);
            options.connection.api = Some(fake.address.clone());
            run(&options, &Output::of(&options.connection)).await.unwrap();
        }
        assert_eq!(
            fake.lines(),
            ["POST accounts/acme/tokens", "GET accounts/acme/tokens", "DELETE accounts/acme/tokens/a%2Fb"]
        );
        let expected =
            json!({"name": "ci", "scopes": ["workers:write"], "expires_on": "2027-01-31T00:00:00Z"});
        assert_eq!(fake.requests()[0].json(), expected);
    }

    #[test]
    fn a_date_is_the_beginning_of_its_day() {
        assert_eq!(time("2027-01-31").unwrap(), "2027-01-31T00:00:00Z");
        assert_eq!(time("2027-01-31T12:00:00Z").unwrap(), "2027-01-31T12:00:00Z");
        assert!(time("soon").is_err() && time("31.1.2027").is_err());
    }
}

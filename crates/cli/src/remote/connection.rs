//! Where a node's API is, and who asks: options, then variables of the environment, then the node's own folder.

use std::{fs, io, path::PathBuf};

use clap::Args;
use http::Uri;
use serde::Deserialize;

use super::{Client, Output, RemoteError};

/// Where `mote serve` has its API, if nobody says otherwise.
const API: &str = "http://127.0.0.1:8786";
/// The path of the API on the admin address.
const PATH: &str = "/client/v4";
/// The node's token in its folder.
const TOKEN_FILE: &str = "admin-token";
const DATA: &str = ".mote";

/// Which node, and as whom.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Which node")]
pub(crate) struct ConnectionOptions {
    /// The admin address of the node [also: CLOUDFLARE_API_BASE_URL] [default: http://127.0.0.1:8786]
    #[arg(long, global = true, value_name = "URL", env = "MOTE_API")]
    pub(crate) api: Option<String>,

    /// The token to send; by default the one in the node's folder [also: CLOUDFLARE_API_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN", env = "MOTE_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,

    /// The node's folder, for its token [default: .mote]
    #[arg(long, global = true, value_name = "FOLDER", env = "MOTE_DATA")]
    pub(crate) data: Option<PathBuf>,

    /// Whose workers; by default the configuration's `account_id`, or the only account there is
    /// [also: CLOUDFLARE_ACCOUNT_ID]
    #[arg(long, global = true, value_name = "ID", env = "MOTE_ACCOUNT")]
    pub(crate) account: Option<String>,

    /// Print one JSON document and nothing else on stdout.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// A token, and where it was found: an error says that, and never the token.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) from: String,
}

#[derive(Deserialize)]
struct Account {
    id: String,
}

impl ConnectionOptions {
    /// A client for the node that is meant.
    pub(crate) fn client(&self, output: &Output) -> Result<Client, RemoteError> {
        let written = self.api.clone().or_else(|| variable("CLOUDFLARE_API_BASE_URL"));
        let base = base(written.as_deref().unwrap_or(API))?;
        let token = self.find_token(&base)?;
        if !is_loopback(&base) && base.scheme_str() == Some("http") {
            output.warning(&format!("the token goes to {base} without encryption"));
        }
        Client::new(&base, token)
    }

    /// The account that is meant.
    pub(crate) async fn account(
        &self,
        client: &Client,
        configured: Option<&str>,
    ) -> Result<String, RemoteError> {
        let said = self.account.clone().or_else(|| variable("CLOUDFLARE_ACCOUNT_ID"));
        if let Some(id) = said.or_else(|| configured.map(str::to_owned)).filter(|id| !id.is_empty()) {
            return Ok(id);
        }
        let mut accounts: Vec<Account> = client.get("accounts").await?;
        match (accounts.pop(), accounts.is_empty()) {
            (Some(only), true) => Ok(only.id),
            (last, _) => {
                let ids = accounts.into_iter().chain(last).map(|account| account.id).collect();
                Err(RemoteError::WhichAccount { ids })
            }
        }
    }

    fn find_token(&self, base: &Uri) -> Result<Token, RemoteError> {
        let clean = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(text) = self.token.clone().and_then(clean) {
            return Ok(Token { text, from: "the token of --token or MOTE_TOKEN".to_owned() });
        }
        if let Some(text) = variable("CLOUDFLARE_API_TOKEN").and_then(clean) {
            return Ok(Token { text, from: "the token of CLOUDFLARE_API_TOKEN".to_owned() });
        }
        let no_token = |reason: String| RemoteError::NoToken { api: base.to_string(), reason };
        // Why not for any address: this node's token opens everything here, and is nobody else's business.
        if self.data.is_none() && !is_loopback(base) {
            return Err(no_token(
                "none was named, and one of this machine is not sent elsewhere unasked".to_owned(),
            ));
        }
        let file = self.data.clone().unwrap_or_else(|| PathBuf::from(DATA)).join(TOKEN_FILE);
        match fs::read_to_string(&file) {
            Ok(text) => {
                Ok(Token { text: text.trim().to_owned(), from: format!("the token in {}", file.display()) })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(no_token(format!("{} does not exist", file.display())))
            }
            Err(source) => Err(RemoteError::File { path: file, source }),
        }
    }
}

/// The address of the API, with its path and without a slash at its end.
fn base(written: &str) -> Result<Uri, RemoteError> {
    let (scheme, rest) = written.trim().split_once("://").unwrap_or(("http", written.trim()));
    let rest = rest.trim_end_matches('/');
    let path = if rest.ends_with(PATH) { "" } else { PATH };
    let whole = format!("{scheme}://{rest}{path}");
    let uri: Result<Uri, _> = whole.parse();
    uri.ok()
        .filter(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
                && uri.query().is_none()
                // A name and a password in an address end in logs.
                && !uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
        })
        .ok_or_else(|| RemoteError::usage(format!("`{written}` is no address of an API: write it as {API}")))
}

fn is_loopback(base: &Uri) -> bool {
    let host = base.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[expect(clippy::disallowed_methods, reason = "a command of mote-cli reads the surroundings")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(token: Option<&str>, data: Option<PathBuf>) -> ConnectionOptions {
        let token = token.map(str::to_owned);
        ConnectionOptions { api: None, token, data, account: None, json: false }
    }

    #[test]
    fn an_address_is_taken_with_and_without_scheme_and_path() {
        for written in [
            "127.0.0.1:8786",
            "http://127.0.0.1:8786/",
            "http://127.0.0.1:8786/client/v4",
            "http://127.0.0.1:8786/client/v4/",
        ] {
            assert_eq!(base(written).unwrap().to_string(), "http://127.0.0.1:8786/client/v4", "{written}");
        }
        for wrong in ["", "ftp://a", "http://", "http://u:p@host", "http://a b", "http://host/?a=b"] {
            assert!(base(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_of_this_machine_is_not_sent_elsewhere_unasked() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(TOKEN_FILE), "abc\n").unwrap();
        let far = base("https://node.example").unwrap();
        let found = options(None, Some(folder.path().to_owned())).find_token(&far).unwrap();
        assert_eq!(found.text, "abc", "asked for by --data");
        assert!(matches!(options(None, None).find_token(&far), Err(RemoteError::NoToken { .. })));
        assert_eq!(options(Some(" x "), None).find_token(&far).unwrap().text, "x");
        let here = base("http://[::1]:1").unwrap();
        let missing = options(None, Some(folder.path().join("nothing"))).find_token(&here);
        assert!(missing.is_err_and(|error| error.to_string().contains("nothing/admin-token does not exist")));
    }

    #[test]
    fn loopback_is_told_from_what_only_looks_like_it() {
        for (address, expected) in [
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://localhost", true),
            ("http://127.0.0.1.example.com", false),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&base(address).unwrap()), expected, "{address}");
        }
    }
}

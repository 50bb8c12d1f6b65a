//! The KV of `mote dev`, asked as a node's is: commands that know the API know it, too, and there is no second way to say
//! what a value or a list is.

use bytes::Bytes;
use http::{Method, Request};
use percent_encoding::percent_decode_str;

use super::{super::kv_account, Answer, KvCall, Refusal, Reply, Sent, answer, envelope, invalid, unknown};
use crate::kv::KvAt;

/// Who is said to do what is done.
const ACTOR: &str = "mote kv --local";

impl KvAt {
    /// Answers a call of the deploy API about KV. The account of the path does not count: there is one. A namespace is there as soon
    /// as it is named, as it is for workers.
    pub async fn answer_call<B, E>(&self, request: Request<B>) -> Answer
    where
        B: http_body::Body<Data = Bytes, Error = E> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        envelope::answer(self.handle(request).await)
    }

    async fn handle<B: Sent>(&self, request: Request<B>) -> Result<Reply, Refusal> {
        let (parts, body) = request.into_parts();
        let (method, path) = (&parts.method, parts.uri.path());
        let (_, path) = kv_account(path).ok_or_else(|| unknown(method, path))?;
        let whole = path.trim_start_matches('/');
        let (id, rest) = whole.split_once('/').map_or((whole, None), |(id, rest)| (id, Some(rest)));
        let id = percent_decode_str(id).decode_utf8().map_err(|_| invalid("the id is no UTF-8"))?;
        if id.contains('/') {
            return Err(invalid("a namespace's id has no slash here"));
        }
        // Whoever deletes one does not make it first.
        let kv = match (method, rest) {
            (&Method::DELETE, None) => self.opened().await?,
            _ if id.is_empty() => self.opened().await?,
            _ => self.with(&id).await?,
        };
        let path = rest.map_or_else(|| format!("/{id}"), |rest| format!("/{id}/{rest}"));
        let query = parts.uri.query().unwrap_or_default();
        let call = KvCall { method, path: &path, query, headers: &parts.headers, body };
        answer(kv, (Self::ACCOUNT, ACTOR), call).await
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Full};
    use serde_json::{Value, json};

    use super::*;
    use crate::kv::KvOptions;

    async fn ask(kv: &KvAt, method: Method, path: &str, body: &'static str) -> (u16, Value) {
        let uri = format!("http://local/client/v4/accounts/any/storage/kv/namespaces{path}");
        let request = Request::builder().method(method).uri(uri).body(Full::from(body)).unwrap();
        let (parts, body) = kv.answer_call(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
    }

    #[tokio::test]
    async fn namespaces_are_there_as_soon_as_they_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/kv.sqlite");
        let kv = KvAt::new(file.clone(), KvOptions::default());
        assert_eq!(ask(&kv, Method::DELETE, "/a%20b", "").await.0, 404);
        assert_eq!(ask(&kv, Method::PUT, "/a%20b/values/k%2F1", "12").await.0, 200);
        assert_eq!(ask(&kv, Method::GET, "/a%20b/values/k%2F1", "").await, (200, json!(12)));
        let (_, listed) = ask(&kv, Method::GET, "", "").await;
        assert_eq!(
            (&listed["result"][0]["id"], &listed["result"][0]["title"]),
            (&json!("a b"), &json!("a b"))
        );
        // Somebody else has the file open, as `mote dev` has.
        let other = KvAt::new(file, KvOptions::default());
        assert_eq!(ask(&other, Method::GET, "/a%20b/values/k%2F1", "").await, (200, json!(12)));
        assert_eq!(ask(&other, Method::DELETE, "/a%20b", "").await.0, 200);
        assert_eq!(ask(&kv, Method::GET, "/a%20b/values/k%2F1", "").await.0, 404);
    }

    #[tokio::test]
    async fn what_is_not_kvs_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let kv = KvAt::new(folder.path().join("kv.sqlite"), KvOptions::default());
        for path in ["/a%2fb/keys", "/%ff/keys", "/n/nonsense"] {
            let (status, said) = ask(&kv, Method::GET, path, "").await;
            assert!((400..500).contains(&status), "{path}: {said}");
        }
        let request =
            Request::builder().uri("http://local/client/v4/user").body(Full::<Bytes>::default()).unwrap();
        assert_eq!(kv.answer_call(request).await.status(), 404);
    }
}

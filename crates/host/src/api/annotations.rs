//! What people say about versions, deployments and workers: messages and tags. It is kept and shown, and nothing else, so all
//! of it is short.

use serde_json::{Map, Value};

use super::Refusal;

/// Annotations of one version or deployment.
const ANNOTATIONS_MAX: usize = 16;
/// Bytes of an annotation's name.
const KEY_BYTES_MAX: usize = 100;
/// Bytes of a message; what is longer is cut, as on Cloudflare, because messages are often those of a commit.
const MESSAGE_BYTES_MAX: usize = 1_000;
/// Bytes of any other annotation, such as a version's tag, as on Cloudflare.
const TEXT_BYTES_MAX: usize = 100;
/// Tags of one worker.
const TAGS_MAX: usize = 50;
/// Bytes of one of them.
const TAG_BYTES_MAX: usize = 1_024;
/// Bytes of what is said about a worker's logs, as JSON.
const OBSERVABILITY_BYTES_MAX: usize = 8 << 10;
/// The message's name.
const MESSAGE: &str = "workers/message";

/// Annotations, if they can be kept.
pub(super) fn annotations(said: Option<&Value>) -> Result<Map<String, Value>, Refusal> {
    let said = match said {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(said)) => said,
        Some(_) => return Err(Refusal::invalid("`annotations` must be a JSON object")),
    };
    if said.len() > ANNOTATIONS_MAX {
        return Err(Refusal::too_much(format!("there may be {ANNOTATIONS_MAX} annotations")));
    }
    said.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| annotation(key, value)).collect()
}

fn annotation(key: &str, value: &Value) -> Result<(String, Value), Refusal> {
    let shown: String = key.chars().take(KEY_BYTES_MAX).collect();
    if key.len() > KEY_BYTES_MAX {
        let message = format!("the name of the annotation `{shown}` has more than {KEY_BYTES_MAX} bytes");
        return Err(Refusal::too_much(message));
    }
    let text = value.as_str();
    let text = text.ok_or_else(|| Refusal::invalid(format!("the annotation `{shown}` must be a text")))?;
    let text = if key == MESSAGE { cut(text, MESSAGE_BYTES_MAX) } else { text };
    if key != MESSAGE && text.len() > TEXT_BYTES_MAX {
        let message = format!("the annotation `{shown}` has more than {TEXT_BYTES_MAX} bytes");
        return Err(Refusal::too_much(message));
    }
    Ok((key.to_owned(), text.into()))
}

fn cut(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}

/// Checks the tags of a worker.
pub(super) fn check_tags(said: &Value) -> Result<(), Refusal> {
    let tags = match said {
        Value::Null => return Ok(()),
        Value::Array(tags) => tags,
        _ => return Err(Refusal::invalid("`tags` must be a list of texts")),
    };
    if tags.len() > TAGS_MAX {
        return Err(Refusal::too_much(format!("a worker may have {TAGS_MAX} tags")));
    }
    for tag in tags {
        let tag = tag.as_str().ok_or_else(|| Refusal::invalid("`tags` must be a list of texts"))?;
        if tag.len() > TAG_BYTES_MAX {
            return Err(Refusal::too_much(format!("a tag may have {TAG_BYTES_MAX} bytes")));
        }
    }
    Ok(())
}

/// Checks what is said about a worker's logs.
pub(super) fn check_observability(said: &Value) -> Result<(), Refusal> {
    if !matches!(said, Value::Null | Value::Object(_)) {
        return Err(Refusal::invalid("`observability` must be a JSON object"));
    }
    if said.to_string().len() > OBSERVABILITY_BYTES_MAX {
        return Err(Refusal::too_much(format!("`observability` may have {OBSERVABILITY_BYTES_MAX} bytes")));
    }
    check_logging(said, "observability")?;
    check_logging(said.get("logs").unwrap_or(&Value::Null), "observability.logs")
}

/// Checks what decides whether events are kept: who mistypes it should not find out when he looks for them.
fn check_logging(said: &Value, of: &str) -> Result<(), Refusal> {
    if !matches!(said, Value::Null | Value::Object(_)) {
        return Err(Refusal::invalid(format!("`{of}` must be a JSON object")));
    }
    let is_none = |key: &str| said.get(key).is_none_or(Value::is_null);
    for key in ["enabled", "persist", "invocation_logs"] {
        if !is_none(key) && !said.get(key).is_some_and(Value::is_boolean) {
            return Err(Refusal::invalid(format!("`{of}.{key}` must be true or false")));
        }
    }
    let rate = said.get("head_sampling_rate").and_then(Value::as_f64);
    if !is_none("head_sampling_rate") && !rate.is_some_and(|rate| (0.0..=1.0).contains(&rate)) {
        return Err(Refusal::invalid(format!("`{of}.head_sampling_rate` must be a number from 0 to 1")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_message_is_cut_where_a_character_ends() {
        let said = json!({"workers/message": "ä".repeat(600), "workers/tag": "t".repeat(100), "workers/alias": null});
        let kept = annotations(Some(&said)).unwrap();
        assert_eq!(kept["workers/message"], "ä".repeat(500));
        assert_eq!(kept.len(), 2);
        let odd = json!({"workers/message": format!("a{}", "ä".repeat(600))});
        assert_eq!(annotations(Some(&odd)).unwrap()["workers/message"], format!("a{}", "ä".repeat(499)));
        for nothing in [None, Some(&Value::Null), Some(&json!({}))] {
            assert!(annotations(nothing).unwrap().is_empty());
        }
    }

    #[test]
    fn annotations_that_cannot_be_kept_are_refused() {
        let many: Map<String, Value> = (0..17).map(|n| (n.to_string(), "x".into())).collect();
        for (said, expected) in [
            (json!([]), "JSON object"),
            (json!({"workers/tag": "t".repeat(101)}), "100 bytes"),
            (json!({"a": {"deep": 1}}), "must be a text"),
            (json!({"a".repeat(101): "x"}), "100 bytes"),
            (Value::Object(many), "16 annotations"),
        ] {
            let error = annotations(Some(&said)).unwrap_err();
            assert!(error.message.contains(expected) && error.message.len() < 300, "{said}: {error:?}");
            // At another number wrangler says that the code is too large.
            assert_eq!(error.code, 10_021, "{said}");
        }
    }

    #[test]
    fn tags_are_few_short_texts() {
        for good in [json!(null), json!([]), json!(vec!["t".repeat(1_024); 50])] {
            assert!(check_tags(&good).is_ok());
        }
        for bad in [json!("a"), json!([1]), json!(vec!["t"; 51]), json!(["t".repeat(1_025)])] {
            assert!(check_tags(&bad).is_err());
        }
        assert!(check_observability(&json!({"enabled": true, "head_sampling_rate": 1})).is_ok());
        assert!(check_observability(&json!({"enabled": null, "logs": {"persist": true}})).is_ok());
        assert!(check_observability(&json!("on")).is_err());
        for (wrong, named) in [
            (json!({"enabled": "yes"}), "`observability.enabled`"),
            (json!({"head_sampling_rate": 2}), "`observability.head_sampling_rate`"),
            (json!({"head_sampling_rate": -0.1}), "from 0 to 1"),
            (json!({"logs": true}), "`observability.logs`"),
            (json!({"logs": {"invocation_logs": 1}}), "`observability.logs.invocation_logs`"),
        ] {
            let message = check_observability(&wrong).unwrap_err().message;
            assert!(message.contains(named), "{wrong}: {message}");
        }
        assert!(check_observability(&json!({"a": "x".repeat(9_000)})).is_err());
    }
}

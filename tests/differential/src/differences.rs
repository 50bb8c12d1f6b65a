//! The list of differences, `differences.json`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::folder;

/// The reason that only different messages may have.
const OWN_WORDS: &str = "own-words";
/// What a difference has until somebody looks at it. It is never a reason.
const UNEXPLAINED: &str = "unexplained";

/// The file.
#[derive(Debug, Default, Deserialize)]
pub struct Differences {
    /// Why Mote differs on purpose, by name.
    pub reasons: BTreeMap<String, String>,
    /// What Mote lacks or does wrong, by name.
    pub gaps: BTreeMap<String, String>,
    /// By case.
    pub cases: BTreeMap<String, Difference>,
}

/// One case that comes to something else on Mote.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
pub struct Difference {
    /// A name of `reasons` or of `gaps`.
    pub why: String,
    /// Only what differs, here and in `workerd`.
    pub mote: Value,
    /// The other side.
    pub workerd: Value,
}

impl Differences {
    /// Reads it.
    pub fn read() -> Self {
        let text = std::fs::read_to_string(file()).expect("tests/differential/differences.json");
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("tests/differential/differences.json: {error}"))
    }

    /// What the answers of both sides differ in.
    pub fn between(
        mote: &BTreeMap<String, Value>,
        workerd: &BTreeMap<String, Value>,
    ) -> BTreeMap<String, Difference> {
        let differing = mote.iter().filter_map(|(id, ours)| {
            let theirs = &workerd[id];
            let why =
                if without_messages(ours) == without_messages(theirs) { OWN_WORDS } else { UNEXPLAINED };
            let (mote, workerd) = apart(ours, theirs)?;
            Some((id.clone(), Difference { why: why.to_owned(), mote, workerd }))
        });
        differing.collect()
    }

    /// What is wrong with the list, a sentence each.
    pub fn complaints(&self, found: &BTreeMap<String, Difference>) -> Vec<String> {
        let mut complaints = Vec::new();
        for (id, difference) in found {
            let Difference { mote, workerd, why } = difference;
            match self.cases.get(id) {
                None => complaints.push(format!("{id}: differs and is not listed\n  mote:    {mote}\n  workerd: {workerd}")),
                Some(listed) if listed.mote != *mote || listed.workerd != *workerd => complaints.push(format!(
                    "{id}: differs otherwise than listed\n  mote:    {mote}\n  workerd: {workerd}\n  listed:  {} and {}",
                    listed.mote, listed.workerd
                )),
                Some(listed) if listed.why == OWN_WORDS && why != OWN_WORDS => {
                    complaints.push(format!("{id}: more than the messages differ, so `{OWN_WORDS}` is no reason"));
                }
                Some(listed) if !self.reasons.contains_key(&listed.why) && !self.gaps.contains_key(&listed.why) => {
                    complaints.push(format!("{id}: `{}` is neither among the reasons nor the gaps", listed.why));
                }
                Some(_) => {}
            }
        }
        let gone = self.cases.keys().filter(|id| !found.contains_key(*id));
        complaints.extend(gone.map(|id| format!("{id}: is listed and differs no longer")));
        let whys = self.reasons.keys().chain(self.gaps.keys());
        let idle = whys.filter(|why| !self.cases.values().any(|case| case.why == **why));
        complaints.extend(idle.map(|why| format!("`{why}` explains no case any longer")));
        complaints
    }

    /// Writes it with what was found: known cases keep their reasons, others get none.
    pub fn update(&self, found: &BTreeMap<String, Difference>) {
        let mut cases = found.clone();
        for (id, difference) in &mut cases {
            let listed = self.cases.get(id).map(|listed| listed.why.as_str());
            let Some(why) = listed.filter(|why| *why != UNEXPLAINED && *why != OWN_WORDS) else { continue };
            why.clone_into(&mut difference.why);
        }
        let mut text = String::from("{\n");
        let _ = write!(text, "\"reasons\": {},\n\"gaps\": {},\n", pretty(&self.reasons), pretty(&self.gaps));
        // A line each, so that a change shows as one.
        let lines: Vec<String> = cases
            .iter()
            .map(|(id, difference)| {
                format!(
                    "{}: {}",
                    Value::from(id.as_str()),
                    serde_json::to_string(difference).expect("it is plain data")
                )
            })
            .collect();
        let _ = write!(text, "\"cases\": {{\n{}\n}}\n}}\n", lines.join(",\n"));
        std::fs::write(file(), text).expect("tests/differential/differences.json can be written");
    }
}

fn pretty(names: &BTreeMap<String, String>) -> String {
    serde_json::to_string_pretty(names).expect("it is plain data")
}

fn file() -> PathBuf {
    folder().join("differences.json")
}

/// The same without what errors say, and without the length that this gives an answer.
fn without_messages(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let is_length = |item: &&Value| item.get(0).is_some_and(|name| name == "content-length");
            items.iter().filter(|item| !is_length(item)).map(without_messages).collect()
        }
        Value::Object(map) if map.contains_key("class") && map.contains_key("message") => map
            .iter()
            .filter(|(key, _)| *key != "message")
            .map(|(key, value)| (key.clone(), without_messages(value)))
            .collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), without_messages(value))).collect(),
        other => other.clone(),
    }
}

/// Only the members in which the two differ; nothing if they are alike. The length of a case's own answer follows from
/// its body and tells nothing.
fn apart(ours: &Value, theirs: &Value) -> Option<(Value, Value)> {
    if ours == theirs {
        return None;
    }
    let (Value::Object(our_members), Value::Object(their_members)) = (ours, theirs) else {
        return Some((ours.clone(), theirs.clone()));
    };
    let is_case =
        |value: &Value| value["body"].get("value").is_some() || value["body"].get("threw").is_some();
    let are_cases = is_case(ours) && is_case(theirs);
    let mut pair = (serde_json::Map::new(), serde_json::Map::new());
    for key in our_members.keys().chain(their_members.keys().filter(|key| !our_members.contains_key(*key))) {
        if are_cases && key == "headers" {
            continue;
        }
        let (our, their) =
            (our_members.get(key).unwrap_or(&Value::Null), their_members.get(key).unwrap_or(&Value::Null));
        if let Some((our, their)) = apart(our, their) {
            pair.0.insert(key.clone(), our);
            pair.1.insert(key.clone(), their);
        }
    }
    Some((Value::Object(pair.0), Value::Object(pair.1)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn threw(message: &str) -> Value {
        json!({ "status": "200 OK", "body": { "threw": { "class": "TypeError", "name": "TypeError", "message": message } } })
    }

    fn found(ours: &Value, theirs: &Value) -> BTreeMap<String, Difference> {
        let side = |value: &Value| BTreeMap::from([("a/b".to_owned(), value.clone())]);
        Differences::between(&side(ours), &side(theirs))
    }

    fn listed(why: &str, found: &BTreeMap<String, Difference>) -> Differences {
        let reasons = BTreeMap::from([(why.to_owned(), "A sentence.".to_owned())]);
        let mut cases = found.clone();
        for difference in cases.values_mut() {
            why.clone_into(&mut difference.why);
        }
        Differences { reasons, gaps: BTreeMap::new(), cases }
    }

    #[test]
    fn what_is_alike_is_no_difference() {
        assert!(found(&threw("x"), &threw("x")).is_empty());
    }

    #[test]
    fn an_unlisted_difference_is_complained_of() {
        let found = found(&json!({ "status": "200 OK" }), &json!({ "status": "204 No Content" }));
        assert_eq!(Differences::default().complaints(&found).len(), 1);
        assert!(listed("standard", &found).complaints(&found).is_empty());
    }

    #[test]
    fn a_listed_difference_that_is_gone_or_another_is_complained_of() {
        let known = found(&json!({ "body": 1 }), &json!({ "body": 2 }));
        let list = listed("standard", &known);
        assert_eq!(list.complaints(&BTreeMap::new()).len(), 1);
        assert_eq!(list.complaints(&found(&json!({ "body": 1 }), &json!({ "body": 3 }))).len(), 1);
    }

    #[test]
    fn own_words_excuse_a_message_and_nothing_else() {
        let words = found(&threw("ours"), &threw("theirs"));
        assert!(listed(OWN_WORDS, &words).complaints(&words).is_empty());
        let class = json!({ "status": "200 OK", "body": { "threw": { "class": "Error", "name": "TypeError", "message": "ours" } } });
        let more = found(&threw("ours"), &class);
        assert_eq!(listed(OWN_WORDS, &more).complaints(&more).len(), 1);
    }

    #[test]
    fn a_difference_without_a_reason_is_complained_of_although_it_is_listed() {
        let found = found(&json!({ "body": 1 }), &json!({ "body": 2 }));
        let list = Differences { cases: found.clone(), ..Differences::default() };
        assert_eq!(list.complaints(&found).len(), 1);
    }

    #[test]
    fn a_reason_that_explains_nothing_is_complained_of() {
        let list = listed("standard", &BTreeMap::new());
        assert_eq!(list.complaints(&BTreeMap::new()), ["`standard` explains no case any longer"]);
    }
}

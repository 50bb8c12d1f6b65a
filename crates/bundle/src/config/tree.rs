//! A configuration file as a tree that remembers where every key and value stands, whichever language it is in.

use std::ops::Range;

use jsonc_parser::ast::{ObjectPropName, Value as JsonValue};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions};
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, SourceText};

/// A value and its place in the file.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    String(String),
    Array(Vec<Node>),
    Table(Table),
}

/// Keys in the order of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(pub(crate) Vec<Entry>);

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Range<usize>,
    pub(crate) node: Node,
}

/// The languages of configuration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Toml,
    Jsonc,
}

impl Table {
    /// The entry of that key; the last one if the file has several, as JSON does.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.0.iter().rev().find(|entry| entry.key == key)
    }
}

impl Value {
    /// What it is, for people.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// Whether nothing can come of it: `null`, an empty list, or a table of nothing else.
    pub(crate) fn says_nothing(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Array(nodes) => nodes.is_empty(),
            Self::Table(table) => table.0.iter().all(|entry| entry.node.value.says_nothing()),
            Self::Bool(_) | Self::Integer(_) | Self::Float(_) | Self::String(_) => false,
        }
    }

    /// As JSON, if JSON can say it (it has no infinity).
    pub(crate) fn to_json(&self) -> Option<serde_json::Value> {
        Some(match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Float(value) => serde_json::Number::from_f64(*value)?.into(),
            Self::String(value) => value.clone().into(),
            Self::Array(nodes) => {
                nodes.iter().map(|node| node.value.to_json()).collect::<Option<Vec<_>>>()?.into()
            }
            Self::Table(table) => {
                let pairs =
                    table.0.iter().map(|entry| Some((entry.key.clone(), entry.node.value.to_json()?)));
                serde_json::Value::Object(pairs.collect::<Option<_>>()?)
            }
        })
    }
}

/// Reads a whole file, whose root must be a table.
pub(crate) fn parse(source: &SourceText, language: Language) -> Result<Table, Diagnostic> {
    match language {
        Language::Toml => parse_toml(source),
        Language::Jsonc => parse_jsonc(source),
    }
}

fn parse_toml(source: &SourceText) -> Result<Table, Diagnostic> {
    let table = DeTable::parse(source.text()).map_err(|error| {
        source.error(error.span().unwrap_or_default(), format!("not TOML: {}", error.message()))
    })?;
    toml_table(source, table.get_ref())
}

fn toml_table(source: &SourceText, table: &DeTable<'_>) -> Result<Table, Diagnostic> {
    let mut entries = table
        .iter()
        .map(|(key, value)| {
            let node = toml_node(source, value.span(), value.get_ref())?;
            Ok(Entry { key: key.get_ref().clone().into_owned(), key_span: key.span(), node })
        })
        .collect::<Result<Vec<_>, Diagnostic>>()?;
    entries.sort_by_key(|entry| entry.key_span.start);
    Ok(Table(entries))
}

fn toml_node(source: &SourceText, span: Range<usize>, value: &DeValue<'_>) -> Result<Node, Diagnostic> {
    let value = match value {
        DeValue::String(text) => Value::String(text.clone().into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Value::Integer)
            .map_err(|_| source.error(span.clone(), "this number is too large"))?,
        DeValue::Float(number) => Value::Float(
            number.as_str().parse().map_err(|_| source.error(span.clone(), "this number cannot be read"))?,
        ),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| toml_node(source, item.span(), item.get_ref()))
                .collect::<Result<_, _>>()?,
        ),
        DeValue::Table(table) => Value::Table(toml_table(source, table)?),
    };
    Ok(Node { span, value })
}

fn parse_jsonc(source: &SourceText) -> Result<Table, Diagnostic> {
    // JSON with comments and trailing commas, as wrangler reads it in `.json` and `.jsonc` alike; not JSON5.
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed =
        jsonc_parser::parse_to_ast(source.text(), &CollectOptions::default(), &options).map_err(|error| {
            let range = error.range();
            source.error(range.start..range.end, format!("not JSON: {}", error.kind()))
        })?;
    match parsed.value {
        None => Err(source
            .error(0..0, "the file is empty")
            .with_hint("it needs at least `{ \"main\": \"src/index.ts\" }`")),
        Some(value) => match jsonc_node(source, &value)? {
            Node { value: Value::Table(table), .. } => Ok(table),
            Node { span, value } => {
                Err(source.error(span, format!("the configuration must be an object, not {}", value.noun())))
            }
        },
    }
}

fn jsonc_node(source: &SourceText, value: &JsonValue<'_>) -> Result<Node, Diagnostic> {
    let range = value.range();
    let span = range.start..range.end;
    let value = match value {
        JsonValue::NullKeyword(_) => Value::Null,
        JsonValue::BooleanLit(literal) => Value::Bool(literal.value),
        JsonValue::StringLit(literal) => Value::String(literal.value.clone().into_owned()),
        JsonValue::NumberLit(literal) => match literal.value.parse() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => Value::Float(
                literal
                    .value
                    .parse()
                    .map_err(|_| source.error(span.clone(), "this number cannot be read"))?,
            ),
        },
        JsonValue::Array(array) => Value::Array(
            array.elements.iter().map(|item| jsonc_node(source, item)).collect::<Result<_, _>>()?,
        ),
        JsonValue::Object(object) => Value::Table(Table(
            object
                .properties
                .iter()
                .map(|property| {
                    let (key, range) = match &property.name {
                        ObjectPropName::String(name) => (name.value.clone().into_owned(), name.range),
                        ObjectPropName::Word(name) => (name.value.to_owned(), name.range),
                    };
                    let node = jsonc_node(source, &property.value)?;
                    Ok(Entry { key, key_span: range.start..range.end, node })
                })
                .collect::<Result<_, Diagnostic>>()?,
        )),
    };
    Ok(Node { span, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same() {
        let toml = "name = 'a'\nlist = [1, 2.5, true]\n[vars]\nday = 2026-01-02\n";
        let json =
            "{ // why\n \"name\": \"a\", \"list\": [1, 2.5, true,],\n \"vars\": {\"day\": \"2026-01-02\"} }";
        let read =
            |text, language| Value::Table(parse(&SourceText::new("f", text), language).unwrap()).to_json();
        assert_eq!(read(toml, Language::Toml), read(json, Language::Jsonc));
    }

    #[test]
    fn keys_and_values_know_their_place() {
        for (text, language) in
            [("a = 1\nbee = 'x'", Language::Toml), ("{\"a\": 1,\n\"bee\": \"x\"}", Language::Jsonc)]
        {
            let table = parse(&SourceText::new("f", text), language).unwrap();
            let entry = table.entry("bee").unwrap();
            assert!(text[entry.key_span.clone()].contains("bee"));
            assert!(text[entry.node.span.clone()].contains('x'));
        }
    }

    #[test]
    fn what_is_no_toml_or_json_names_the_line() {
        let cases = [
            ("a = 1\nb = = 2\n", Language::Toml, 2),
            ("a = 1\na = 2\n", Language::Toml, 2),
            ("{\n \"a\": 1\n \"b\": 2}", Language::Jsonc, 2),
            ("{\n \"a\": 'x'}", Language::Jsonc, 2),
            ("", Language::Jsonc, 1),
            ("[1]", Language::Jsonc, 1),
            ("a = 99999999999999999999", Language::Toml, 1),
        ];
        for (text, language, line) in cases {
            let diagnostic = parse(&SourceText::new("f", text), language).unwrap_err();
            assert_eq!(diagnostic.location.map(|at| at.line), Some(line), "{text}");
        }
    }
}

//! Patterns of URLs, taken apart. The matching is V8's.

use mote_engine::v8;
use urlpattern::{
    UrlPatternOptions,
    quirks::{self, StringOrInit, UrlPatternComponent, UrlPatternInit},
    regexp::RegExp,
};

use super::{
    args::{new_string, string_arg, throw_range_error, throw_type_error},
    natives,
};

natives! { urlPatternParse => url_pattern_parse, urlPatternInput => url_pattern_input }

/// Characters of a pattern's texts together. What is made of them is some times as long, and made at once.
const PATTERN_CHARS_MAX: usize = 64 << 10;
/// The same of what is matched against patterns.
const INPUT_CHARS_MAX: usize = 1 << 20;
/// What the expression of a scheme may need here; V8 has its own limits for the others.
const SCHEME_BYTES_MAX: usize = 1 << 20;
/// Members of a `URLPatternInit`.
const MEMBERS: u32 = 9;

/// An expression in V8's syntax. Here it is only asked whether a pattern of schemes takes one of a handful of words.
struct Expression(String);

impl RegExp for Expression {
    fn syntax() -> urlpattern::RegexSyntax {
        urlpattern::RegexSyntax::EcmaScript
    }

    fn parse(pattern: &str, _flags: &str, _force_eval: bool) -> Result<Self, ()> {
        // V8 says what is wrong with it.
        Ok(Self(pattern.to_owned()))
    }

    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        let expression = regex::RegexBuilder::new(&self.0).size_limit(SCHEME_BYTES_MAX).build().ok()?;
        let captures = expression.captures(text)?;
        Some(captures.iter().skip(1).map(|group| group.map(|group| group.as_str())).collect())
    }

    fn pattern_string(&self) -> &str {
        &self.0
    }
}

/// `urlPatternParse(input, base, ignoreCase)`: `[pattern, expression, groups]` of each component, and whether there are
/// expressions of the author's own among them.
fn url_pattern_parse<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((input, base)) = input_args(scope, &args, PATTERN_CHARS_MAX) else { return };
    let options =
        UrlPatternOptions { ignore_case: args.get(2).is_true(), regex_syntax: Expression::syntax() };
    let pattern = quirks::process_construct_pattern_input(input, base.as_deref())
        .and_then(|init| quirks::parse_pattern::<Expression>(init, options));
    let pattern = match pattern {
        Ok(pattern) => pattern,
        Err(error) => {
            throw_type_error(scope, &format!("URLPattern: this is no pattern: {error}"));
            return;
        }
    };
    let has_groups = v8::Boolean::new(scope, pattern.has_regexp_groups);
    let components = [
        pattern.protocol,
        pattern.username,
        pattern.password,
        pattern.hostname,
        pattern.port,
        pattern.pathname,
        pattern.search,
        pattern.hash,
    ];
    let mut elements = Vec::with_capacity(components.len() + 1);
    for component in components {
        let Some(component) = component_list(scope, component) else { return };
        elements.push(component);
    }
    elements.push(has_groups.into());
    rv.set(v8::Array::new_with_elements(scope, &elements).into());
}

fn component_list<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    component: UrlPatternComponent,
) -> Option<v8::Local<'s, v8::Value>> {
    let groups = string_list(scope, &component.group_name_list)?;
    let pattern = new_string(scope, &component.pattern_string)?;
    let expression = new_string(scope, &component.regexp_string)?;
    Some(v8::Array::new_with_elements(scope, &[pattern.into(), expression.into(), groups]).into())
}

fn string_list<'s>(scope: &mut v8::PinScope<'s, '_>, texts: &[String]) -> Option<v8::Local<'s, v8::Value>> {
    let mut elements: Vec<v8::Local<'_, v8::Value>> = Vec::with_capacity(texts.len());
    for text in texts {
        elements.push(new_string(scope, text)?.into());
    }
    Some(v8::Array::new_with_elements(scope, &elements).into())
}

/// `urlPatternInput(input, base)`: the eight parts of what is to be matched; undefined if it is no URL.
fn url_pattern_input<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((input, base)) = input_args(scope, &args, INPUT_CHARS_MAX) else { return };
    let parts = match quirks::process_match_input(input, base.as_deref()) {
        Ok(Some((input, _))) => quirks::parse_match_input(input),
        Ok(None) => None,
        Err(error) => {
            throw_type_error(scope, &format!("URLPattern: {error}"));
            return;
        }
    };
    let Some(parts) = parts else { return };
    let texts = [
        parts.protocol,
        parts.username,
        parts.password,
        parts.hostname,
        parts.port,
        parts.pathname,
        parts.search,
        parts.hash,
    ];
    if let Some(list) = string_list(scope, &texts) {
        rv.set(list);
    }
}

/// A text, or the members of a `URLPatternInit`; and a base URL. Throws and gives `None` if they are something else or too long.
fn input_args(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
    chars_max: usize,
) -> Option<(StringOrInit<'static>, Option<String>)> {
    let mut left = chars_max;
    let input = match args.get(0).try_cast::<v8::Array>() {
        Ok(list) => {
            let mut members = (0..MEMBERS).map(|index| member(scope, list, index, &mut left));
            let mut next = || members.next().flatten();
            StringOrInit::Init(UrlPatternInit {
                protocol: next()?,
                username: next()?,
                password: next()?,
                hostname: next()?,
                port: next()?,
                pathname: next()?,
                search: next()?,
                hash: next()?,
                base_url: next()?,
            })
        }
        Err(_) => {
            room_for(scope, args.get(0), &mut left)?;
            StringOrInit::String(string_arg(scope, args, 0)?.into())
        }
    };
    let base = if args.get(1).is_undefined() {
        None
    } else {
        room_for(scope, args.get(1), &mut left)?;
        Some(string_arg(scope, args, 1)?)
    };
    Some((input, base))
}

fn member(
    scope: &mut v8::PinScope<'_, '_>,
    list: v8::Local<'_, v8::Array>,
    index: u32,
    left: &mut usize,
) -> Option<Option<String>> {
    let value = list.get_index(scope, index)?;
    if value.is_undefined() {
        return Some(None);
    }
    room_for(scope, value, left)?;
    let Ok(text) = value.try_cast::<v8::String>() else {
        throw_type_error(scope, "a string was expected");
        return None;
    };
    Some(Some(text.to_rust_string_lossy(scope)))
}

/// Before a text is looked at: it may be far longer than the memory that it takes.
fn room_for(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<'_, v8::Value>,
    left: &mut usize,
) -> Option<()> {
    let length = value.try_cast::<v8::String>().map_or(0, |text| text.length());
    match left.checked_sub(length) {
        Some(rest) => *left = rest,
        None => {
            throw_range_error(scope, "URLPattern: the texts are too long");
            return None;
        }
    }
    Some(())
}

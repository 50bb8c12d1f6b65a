//! Natives of `HTMLRewriter` (`js/lazy/html-rewriter.js`): a rewriter is driven from there, one small piece at a time.

use encoding_rs::Encoding;
use lol_html::{AsciiCompatibleEncoding, html_content::ContentType};
use mote_engine::{
    memory::{Held, MemoryAccount},
    v8,
};

use super::{
    args::{
        hold_utf8, id_arg, new_string, new_uint8_array, string_arg, throw_error, throw_range_error,
        throw_type_error,
    },
    encoding::{ON_HEAP_BYTES_MAX, exact, view_arg},
    natives,
    resource::{with_resource, wrap},
};
use crate::rewriter::{
    Answer, Content, Failure, Piece, Place, Plan, Position, Question, Rewriter, Source, parse_selector,
};

natives! {
    rewriterCheckSelector => check_selector,
    rewriterNew => rewriter_new,
    rewriterFeed => rewriter_feed,
    rewriterEnd => rewriter_end,
    rewriterGoOn => rewriter_go_on,
    rewriterTake => rewriter_take,
    rewriterAsk => rewriter_ask,
    rewriterEncode => rewriter_encode,
    rewriterFree => rewriter_free,
}

const NO_ROOM: &str = "HTMLRewriter: this is more than the worker's memory limit allows.";
const NO_REWRITER: &str = "HTMLRewriter: a rewriter that is at work was expected.";
/// What something inserted takes besides its text, and what waits for an end tag.
const ENTRY_BYTES: usize = 256;

/// What JavaScript knows a rewriter by; empty once it has given back what it held.
type Slot = Option<Rewriter>;

/// `rewriterCheckSelector(selector)`: throws a `TypeError` if it is none.
fn check_selector<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some(selector) = string_arg(scope, &args, 0) else { return };
    if let Err(reason) = parse_selector(&selector) {
        // Of a long one the beginning says which it is.
        let shown: String = selector.chars().take(100).collect();
        throw_type_error(
            scope,
            &format!("HTMLRewriter.on: the selector '{shown}' cannot be used: {reason}."),
        );
    }
}

/// `rewriterNew([selector | null, wanted, ...], label) -> rewriter`
fn rewriter_new<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(label) = string_arg(scope, &args, 1) else { return };
    let encoding = Encoding::for_label(label.as_bytes()).and_then(AsciiCompatibleEncoding::new);
    let Some(encoding) = encoding else {
        let shown: String = label.chars().take(100).collect();
        return throw_type_error(
            scope,
            &format!(
                "HTMLRewriter: the response's content-type says that it is in '{shown}', which HTML cannot be rewritten in."
            ),
        );
    };
    let Some(plan) = plan_arg(scope, &args) else { return };
    let Some(account) = scope.get_slot::<MemoryAccount>().cloned() else { return };
    let Some(rewriter) = Rewriter::new(plan, encoding, &account) else {
        return throw_range_error(scope, NO_ROOM);
    };
    if let Some(object) = wrap::<Slot>(scope, Some(rewriter)) {
        rv.set(object.into());
    }
}

fn plan_arg(scope: &mut v8::PinScope<'_, '_>, args: &v8::FunctionCallbackArguments<'_>) -> Option<Plan> {
    let Ok(list) = args.get(0).try_cast::<v8::Array>() else {
        throw_type_error(scope, "a list of handlers was expected");
        return None;
    };
    let mut plan = Plan::default();
    for index in (0..list.length()).step_by(2) {
        let selector = list.get_index(scope, index)?;
        let selector = match selector.try_cast::<v8::String>() {
            Ok(text) => {
                let _held = hold_utf8(scope, text)?;
                Some(text.to_rust_string_lossy(scope))
            }
            Err(_) => None,
        };
        let wanted =
            list.get_index(scope, index + 1)?.try_cast::<v8::Uint32>().map_or(0, |number| number.value());
        if let Err(reason) = plan.add(selector.as_deref(), wanted) {
            throw_type_error(scope, &format!("HTMLRewriter: {reason}."));
            return None;
        }
    }
    Some(plan)
}

/// `rewriterFeed(rewriter, bytes, offset) -> [position, handler, output bytes, bytes taken]`: a piece of the document.
fn rewriter_feed<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(view) = view_arg(scope, &args, 1) else {
        return throw_type_error(scope, "HTMLRewriter: the body gave a chunk that is not bytes.");
    };
    let offset = usize::try_from(id_arg(&args, 2)).unwrap_or(usize::MAX);
    step(scope, &args, &mut rv, |rewriter| {
        let mut storage = [0; ON_HEAP_BYTES_MAX];
        let bytes = view.get_contents(&mut storage);
        rewriter.feed(bytes.get(offset..).unwrap_or_default())
    });
}

/// `rewriterEnd(rewriter) -> [position, handler, output bytes, 0]`: the document is at its end.
fn rewriter_end<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    step(scope, &args, &mut rv, |rewriter| rewriter.end().map(|()| 0));
}

/// `rewriterGoOn(rewriter) -> [position, handler, output bytes, 0]`: the handler is done.
fn rewriter_go_on<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    step(scope, &args, &mut rv, |rewriter| rewriter.go_on().map(|()| 0));
}

/// Lets the rewriter work and tells where it stands: 0 if it wants more of the document, the number of a kind of token if
/// a handler is to be called, 7 at the end.
fn step(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
    rv: &mut v8::ReturnValue<'_>,
    work: impl FnOnce(&mut Rewriter) -> Result<usize, Failure>,
) {
    let result = with_resource::<Slot, _>(scope, args.get(0), |_, slot| {
        let rewriter = slot.as_mut().ok_or(Failure::OutOfTurn)?;
        let taken = work(rewriter)?;
        Ok((taken, rewriter.position(), rewriter.output_bytes()))
    });
    let (taken, position, output_bytes) = match result {
        Some(Ok(result)) => result,
        Some(Err(failure)) => return throw_failure(scope, &failure),
        None => return throw_type_error(scope, NO_REWRITER),
    };
    let (position, handler) = match position {
        Position::Hungry => (0, 0),
        Position::Handler { handler, token } => (token as u32, handler),
        Position::Ended => (7, 0),
    };
    let list = [
        v8::Integer::new_from_unsigned(scope, position).into(),
        v8::Integer::new_from_unsigned(scope, handler).into(),
        v8::Number::new(scope, exact(output_bytes)).into(),
        v8::Number::new(scope, exact(taken)).into(),
    ];
    rv.set(v8::Array::new_with_elements(scope, &list).into());
}

fn throw_failure(scope: &mut v8::PinScope<'_, '_>, failure: &Failure) {
    match failure {
        Failure::NoRoom => throw_range_error(scope, NO_ROOM),
        Failure::Parser(reason) => {
            throw_type_error(scope, &format!("HTMLRewriter: the document cannot be rewritten: {reason}."));
        }
        Failure::OutOfTurn => throw_error(scope, NO_REWRITER),
    }
}

/// `rewriterTake(rewriter) -> Uint8Array | number | undefined`: the next piece of output; a number stands for a stream, twice
/// its own number and one more if it gives HTML.
fn rewriter_take<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let piece =
        with_resource::<Slot, _>(scope, args.get(0), |_, slot| slot.as_ref().and_then(Rewriter::take));
    match piece.flatten() {
        Some(Piece::Bytes(bytes)) => {
            if let Some(array) = new_uint8_array(scope, bytes) {
                rv.set(array.into());
            }
        }
        Some(Piece::Stream { id, kind }) => {
            rv.set_double(f64::from(id) * 2.0 + if matches!(kind, ContentType::Html) { 1.0 } else { 0.0 });
        }
        None => {}
    }
}

/// `rewriterAsk(rewriter, what, a, b)`: asks something of the token that a handler is called for, or changes it. The numbers
/// are those of `js/lazy/html-rewriter.js`.
fn rewriter_ask<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(question) = question_arg(scope, &args) else { return };
    let answer = with_resource::<Slot, _>(scope, args.get(0), |_, slot| {
        slot.as_mut().ok_or(Failure::OutOfTurn)?.ask(question)
    });
    match answer {
        Some(Ok(answer)) => give(scope, &mut rv, answer),
        Some(Err(failure)) => throw_failure(scope, &failure),
        None => throw_type_error(scope, NO_REWRITER),
    }
}

fn give(scope: &mut v8::PinScope<'_, '_>, rv: &mut v8::ReturnValue<'_>, answer: Answer) {
    match answer {
        Answer::Done => {}
        Answer::Text(None) => rv.set_null(),
        Answer::Text(Some(text)) => {
            if let Some(text) = new_string(scope, &text) {
                rv.set(text.into());
            }
        }
        Answer::Bool(value) => rv.set_bool(value),
        Answer::Pairs(pairs) => {
            let mut elements: Vec<v8::Local<'_, v8::Value>> = Vec::with_capacity(pairs.len() * 2);
            for (name, value) in pairs {
                let (Some(name), Some(value)) = (new_string(scope, &name), new_string(scope, &value)) else {
                    return;
                };
                elements.push(name.into());
                elements.push(value.into());
            }
            rv.set(v8::Array::new_with_elements(scope, &elements).into());
        }
        Answer::Refused(reason) => {
            let reason = reason.trim_end_matches('.');
            throw_type_error(scope, &format!("HTMLRewriter: {reason}."));
        }
        Answer::NoRoom => throw_range_error(scope, NO_ROOM),
        Answer::Unknown => throw_type_error(scope, "Illegal invocation"),
    }
}

fn question_arg(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
) -> Option<Question> {
    let mut text = |index| string_arg(scope, args, index);
    Some(match id_arg(args, 1) {
        1 => Question::Name,
        2 => Question::SetName(text(2)?),
        3 => Question::NamespaceUri,
        4 => Question::PublicId,
        5 => Question::SystemId,
        6 => Question::Text,
        7 => Question::SetText(text(2)?),
        8 => Question::IsLastInTextNode,
        9 => Question::IsRemoved,
        10 => Question::Attribute(text(2)?),
        11 => Question::HasAttribute(text(2)?),
        12 => Question::SetAttribute { name: text(2)?, value: text(3)? },
        13 => Question::RemoveAttribute(text(2)?),
        14 => Question::Attributes { from: usize::try_from(id_arg(args, 2)).unwrap_or(usize::MAX) },
        15 => Question::Remove,
        16 => Question::RemoveAndKeepContent,
        17 => Question::OnEndTag { handler: id_arg(args, 2), held: room(scope, 0)? },
        20 => insert(scope, args, Place::Before)?,
        21 => insert(scope, args, Place::After)?,
        22 => insert(scope, args, Place::Prepend)?,
        23 => insert(scope, args, Place::Append)?,
        24 => insert(scope, args, Place::Replace)?,
        25 => insert(scope, args, Place::Inner)?,
        _ => {
            throw_type_error(scope, "HTMLRewriter: an unknown question");
            return None;
        }
    })
}

/// An insertion of a string, or of the stream that a number stands for; as HTML if the last argument is true.
fn insert(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
    place: Place,
) -> Option<Question> {
    let kind = if args.get(3).is_true() { ContentType::Html } else { ContentType::Text };
    let (source, held) = if let Ok(number) = args.get(2).try_cast::<v8::Uint32>() {
        (Source::Stream(number.value()), room(scope, 0)?)
    } else {
        let text = string_arg(scope, args, 2)?;
        let held = room(scope, text.len())?;
        (Source::Text(text), held)
    };
    Some(Question::Insert { place, content: Content { source, kind, held } })
}

/// Counts what is kept until it is written; throws and gives `None` if there is no room for it.
fn room(scope: &mut v8::PinScope<'_, '_>, bytes: usize) -> Option<Held> {
    let held =
        scope.get_slot::<MemoryAccount>().and_then(|account| account.hold(bytes.saturating_add(ENTRY_BYTES)));
    if held.is_none() {
        throw_range_error(scope, NO_ROOM);
    }
    held
}

/// `rewriterEncode(rewriter, text, html) -> Uint8Array`: the text as it stands in the document.
fn rewriter_encode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(text) = string_arg(scope, &args, 1) else { return };
    let kind = if args.get(2).is_true() { ContentType::Html } else { ContentType::Text };
    // Escaped it may be five times as long, and then there are the bytes.
    let Some(_held) = room(scope, text.len().saturating_mul(8)) else { return };
    let bytes = with_resource::<Slot, _>(scope, args.get(0), |_, slot| {
        slot.as_ref().map(|rewriter| rewriter.encode(&text, kind))
    });
    match bytes.flatten() {
        Some(bytes) => {
            if let Some(array) = new_uint8_array(scope, bytes) {
                rv.set(array.into());
            }
        }
        None => throw_type_error(scope, NO_REWRITER),
    }
}

/// `rewriterFree(rewriter)`: gives back what it holds, without waiting for the collector.
fn rewriter_free<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let rewriter = with_resource::<Slot, _>(scope, args.get(0), |_, slot| slot.take());
    drop(rewriter);
}

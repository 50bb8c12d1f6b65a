//! The handlers that `lol_html` calls: each tells of its token and answers questions about it until it is told to go on.

use std::fmt;

use lol_html::{
    CommentHandler, DoctypeHandler, ElementHandler, EndHandler, EndTagHandler, HandlerResult, TextHandler,
    html_content::{
        Comment, ContentType, Doctype, DocumentEnd, Element, EndTag, StreamingHandler, StreamingHandlerSink,
        TextChunk,
    },
};
use mote_engine::{fiber::Suspender, memory::Held};

use super::{Notice, Order, Token, output::Output};

/// Attributes that one answer has.
const ATTRIBUTES_AT_ONCE: usize = 256;
/// What an attribute takes besides its name and value.
const ATTRIBUTE_BYTES: usize = 128;

/// What may be asked of a token. Not all of them know an answer to all.
pub(crate) enum Question {
    Name,
    SetName(String),
    NamespaceUri,
    PublicId,
    SystemId,
    Text,
    SetText(String),
    IsLastInTextNode,
    IsRemoved,
    Attribute(String),
    HasAttribute(String),
    SetAttribute { name: String, value: String },
    RemoveAttribute(String),
    Attributes { from: usize },
    Insert { place: Place, content: Content },
    Remove,
    RemoveAndKeepContent,
    OnEndTag { handler: u32, held: Held },
}

impl Question {
    /// What the token keeps of it.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::SetName(text) | Self::SetText(text) => text.len().saturating_mul(2),
            Self::SetAttribute { name, value } => {
                name.len().saturating_add(value.len()).saturating_mul(2).saturating_add(ATTRIBUTE_BYTES)
            }
            _ => 0,
        }
    }
}

/// Where something is inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Before,
    After,
    Prepend,
    Append,
    Replace,
    Inner,
}

/// What is inserted.
pub(crate) struct Content {
    pub(crate) source: Source,
    pub(crate) kind: ContentType,
    /// Counted until it is written.
    pub(crate) held: Held,
}

/// Where what is inserted comes from.
pub(crate) enum Source {
    Text(String),
    /// A stream, by the number that JavaScript knows it by.
    Stream(u32),
}

/// What is answered.
pub(crate) enum Answer {
    Done,
    Text(Option<String>),
    Bool(bool),
    Pairs(Vec<(String, String)>),
    /// It cannot be done, for this reason.
    Refused(String),
    /// The isolate may hold no more.
    NoRoom,
    /// The token has nothing of the kind.
    Unknown,
}

/// What handlers speak by.
#[derive(Clone)]
pub(super) struct Speaker {
    pub(super) suspender: Suspender<Order, Notice>,
    pub(super) output: Output,
}

/// The document is given up.
#[derive(Debug)]
struct Abandoned;

impl fmt::Display for Abandoned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the rewriter was told something out of turn")
    }
}

impl std::error::Error for Abandoned {}

impl Speaker {
    fn attend(
        &self,
        handler: u32,
        token: Token,
        mut answer: impl FnMut(Question) -> Answer,
    ) -> HandlerResult {
        let mut notice = Notice::Handler { handler, token };
        loop {
            match self.suspender.suspend(notice) {
                Some(Order::Ask(question)) => notice = Notice::Answer(answer(question)),
                Some(Order::GoOn) => return Ok(()),
                Some(Order::Write(_) | Order::End) | None => return Err(Abandoned.into()),
            }
        }
    }

    fn write(&self, content: Content) -> Box<dyn StreamingHandler + Send> {
        let Content { source, kind, held } = content;
        match source {
            Source::Text(text) => Box::new(move |sink: &mut StreamingHandlerSink<'_>| {
                sink.write_str(&text, kind);
                drop(held);
                Ok(())
            }),
            Source::Stream(id) => {
                let output = self.output.clone();
                Box::new(move |_: &mut StreamingHandlerSink<'_>| {
                    output.push_stream(id, kind);
                    drop(held);
                    Ok(())
                })
            }
        }
    }
}

fn done(result: Result<(), impl fmt::Display>) -> Answer {
    match result {
        Ok(()) => Answer::Done,
        Err(error) => Answer::Refused(error.to_string()),
    }
}

pub(super) fn element(speaker: &Speaker, handler: u32) -> ElementHandler<'static> {
    let speaker = speaker.clone();
    Box::new(move |element| {
        speaker.attend(handler, Token::Element, |question| ask_element(&speaker, element, question))
    })
}

fn ask_element(speaker: &Speaker, element: &mut Element<'_, '_>, question: Question) -> Answer {
    match question {
        Question::Name => Answer::Text(Some(element.tag_name())),
        Question::SetName(name) => done(element.set_tag_name(&name)),
        Question::NamespaceUri => Answer::Text(Some(element.namespace_uri().to_owned())),
        Question::IsRemoved => Answer::Bool(element.removed()),
        Question::Attribute(name) => Answer::Text(element.get_attribute(&name)),
        Question::HasAttribute(name) => Answer::Bool(element.has_attribute(&name)),
        Question::SetAttribute { name, value } => done(element.set_attribute(&name, &value)),
        Question::RemoveAttribute(name) => {
            element.remove_attribute(&name);
            Answer::Done
        }
        Question::Attributes { from } => {
            let rest = element.attributes().iter().skip(from).take(ATTRIBUTES_AT_ONCE);
            Answer::Pairs(rest.map(|attribute| (attribute.name(), attribute.value())).collect())
        }
        Question::Insert { place, content } => {
            let content = speaker.write(content);
            match place {
                Place::Before => element.streaming_before(content),
                Place::After => element.streaming_after(content),
                Place::Prepend => element.streaming_prepend(content),
                Place::Append => element.streaming_append(content),
                Place::Replace => element.streaming_replace(content),
                Place::Inner => element.streaming_set_inner_content(content),
            }
            Answer::Done
        }
        Question::Remove => {
            element.remove();
            Answer::Done
        }
        Question::RemoveAndKeepContent => {
            element.remove_and_keep_content();
            Answer::Done
        }
        Question::OnEndTag { handler, held } => match element.end_tag_handlers() {
            Some(handlers) => {
                handlers.push(end_tag(speaker, handler, held));
                Answer::Done
            }
            None => Answer::Refused(format!("<{}> has no end tag", element.tag_name())),
        },
        Question::PublicId
        | Question::SystemId
        | Question::Text
        | Question::SetText(_)
        | Question::IsLastInTextNode => Answer::Unknown,
    }
}

fn end_tag(speaker: &Speaker, handler: u32, held: Held) -> EndTagHandler<'static> {
    let speaker = speaker.clone();
    Box::new(move |tag| {
        let _held = held;
        speaker.attend(handler, Token::EndTag, |question| ask_end_tag(&speaker, tag, question))
    })
}

fn ask_end_tag(speaker: &Speaker, tag: &mut EndTag<'_>, question: Question) -> Answer {
    match question {
        Question::Name => Answer::Text(Some(tag.name())),
        Question::SetName(name) => {
            if !name.starts_with(|first: char| first.is_ascii_alphabetic())
                || name.contains([' ', '\n', '\r', '\t', '\x0c', '/', '>'])
            {
                return Answer::Refused(format!("'{name}' is no name of a tag"));
            }
            tag.set_name_str(name);
            Answer::Done
        }
        Question::Insert { place, content } => insert(
            speaker,
            place,
            content,
            tag,
            EndTag::streaming_before,
            EndTag::streaming_after,
            EndTag::streaming_replace,
        ),
        Question::Remove => {
            tag.remove();
            Answer::Done
        }
        Question::IsRemoved => Answer::Bool(tag.removed()),
        _ => Answer::Unknown,
    }
}

type Inserting<T> = fn(&mut T, Box<dyn StreamingHandler + Send + 'static>);

fn insert<T>(
    speaker: &Speaker,
    place: Place,
    content: Content,
    token: &mut T,
    before: Inserting<T>,
    after: Inserting<T>,
    replace: Inserting<T>,
) -> Answer {
    let inserting = match place {
        Place::Before => before,
        Place::After => after,
        Place::Replace => replace,
        Place::Prepend | Place::Append | Place::Inner => return Answer::Unknown,
    };
    inserting(token, speaker.write(content));
    Answer::Done
}

pub(super) fn comment(speaker: &Speaker, handler: u32) -> CommentHandler<'static> {
    let speaker = speaker.clone();
    Box::new(move |comment| {
        speaker.attend(handler, Token::Comment, |question| ask_comment(&speaker, comment, question))
    })
}

fn ask_comment(speaker: &Speaker, comment: &mut Comment<'_>, question: Question) -> Answer {
    match question {
        Question::Text => Answer::Text(Some(comment.text())),
        Question::SetText(text) => done(comment.set_text(&text)),
        Question::IsRemoved => Answer::Bool(comment.removed()),
        Question::Insert { place, content } => insert(
            speaker,
            place,
            content,
            comment,
            Comment::streaming_before,
            Comment::streaming_after,
            Comment::streaming_replace,
        ),
        Question::Remove => {
            comment.remove();
            Answer::Done
        }
        _ => Answer::Unknown,
    }
}

pub(super) fn text(speaker: &Speaker, handler: u32) -> TextHandler<'static> {
    let speaker = speaker.clone();
    Box::new(move |text| speaker.attend(handler, Token::Text, |question| ask_text(&speaker, text, question)))
}

fn ask_text(speaker: &Speaker, text: &mut TextChunk<'_>, question: Question) -> Answer {
    match question {
        Question::Text => Answer::Text(Some(text.as_str().to_owned())),
        Question::IsLastInTextNode => Answer::Bool(text.last_in_text_node()),
        Question::IsRemoved => Answer::Bool(text.removed()),
        Question::Insert { place, content } => insert(
            speaker,
            place,
            content,
            text,
            TextChunk::streaming_before,
            TextChunk::streaming_after,
            TextChunk::streaming_replace,
        ),
        Question::Remove => {
            text.remove();
            Answer::Done
        }
        _ => Answer::Unknown,
    }
}

pub(super) fn doctype(speaker: &Speaker, handler: u32) -> DoctypeHandler<'static> {
    let speaker = speaker.clone();
    Box::new(move |doctype| {
        speaker.attend(handler, Token::Doctype, |question| ask_doctype(doctype, &question))
    })
}

fn ask_doctype(doctype: &mut Doctype<'_>, question: &Question) -> Answer {
    match question {
        Question::Name => Answer::Text(doctype.name()),
        Question::PublicId => Answer::Text(doctype.public_id()),
        Question::SystemId => Answer::Text(doctype.system_id()),
        _ => Answer::Unknown,
    }
}

pub(super) fn document_end(speaker: &Speaker, handler: u32) -> EndHandler<'static> {
    let speaker = speaker.clone();
    Box::new(move |end| {
        speaker.attend(handler, Token::DocumentEnd, |question| ask_document_end(&speaker, end, question))
    })
}

fn ask_document_end(speaker: &Speaker, end: &mut DocumentEnd<'_>, question: Question) -> Answer {
    match question {
        Question::Insert { place: Place::Append, content } => {
            match content.source {
                Source::Text(text) => end.append(&text, content.kind),
                Source::Stream(id) => speaker.output.push_stream(id, content.kind),
            }
            Answer::Done
        }
        _ => Answer::Unknown,
    }
}

//! Rewriting HTML while it flows by, with handlers that may take their time.
//!
//! `lol_html` calls its handlers and goes on when they return, but a worker's handlers are JavaScript, and may wait for a
//! promise. So it runs on a [`Fiber`]: its handlers tell what they have met, and the fiber rests until somebody has asked all
//! that he wanted to know of it, changed what he wanted to change, and says that the handler is done. JavaScript runs on the
//! stack of its thread as ever; questions and answers borrow nothing.
//!
//! Invariants: a piece of input is small, so that V8 soon sees when a turn is out of time; what a document makes `lol_html`
//! keep is counted as the isolate's before it is fed ([`census`]), and what handlers insert until it is written.

mod census;
mod output;
mod selectors;
mod tokens;

use std::borrow::Cow;

use lol_html::{
    AsciiCompatibleEncoding, DocumentContentHandlers, ElementContentHandlers, HtmlRewriter, MemorySettings,
    Selector, Settings, errors::RewritingError,
};
use mote_engine::{
    fiber::{Fiber, Suspender},
    memory::{Held, MemoryAccount},
};

use census::Census;
use output::Output;
pub(crate) use output::Piece;
pub(crate) use selectors::{Plan, parse as parse_selector};
pub(crate) use tokens::{Answer, Content, Place, Question, Source};

/// What one handler of [`Plan`] wants to hear of.
pub(crate) mod wants {
    pub(crate) const ELEMENT: u32 = 1;
    pub(crate) const COMMENTS: u32 = 2;
    pub(crate) const TEXT: u32 = 4;
    pub(crate) const DOCTYPE: u32 = 8;
    pub(crate) const END: u32 = 16;
}

/// What a handler is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Token {
    Element = 1,
    EndTag = 2,
    Comment = 3,
    Text = 4,
    Doctype = 5,
    DocumentEnd = 6,
}

/// Where a rewriter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// It wants more of the document.
    Hungry,
    /// This handler is to be called, with a token of this kind.
    Handler { handler: u32, token: Token },
    /// The document is at its end, and all of it written.
    Ended,
}

/// Why a document is not rewritten any further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The isolate may hold no more.
    NoRoom,
    /// `lol_html` says so.
    Parser(String),
    /// It has failed before, or is at another place.
    OutOfTurn,
}

/// What is said to the fiber.
enum Order {
    Write(Vec<u8>),
    End,
    Ask(Question),
    /// The handler is done.
    GoOn,
}

/// What the fiber says.
enum Notice {
    Hungry,
    Handler { handler: u32, token: Token },
    Answer(Answer),
    Failed(Failure),
}

/// One document on its way.
pub(crate) struct Rewriter {
    /// `None` after the end and after a failure.
    fiber: Option<Fiber<Order, Notice>>,
    position: Position,
    output: Output,
    encoding: AsciiCompatibleEncoding,
    census: Census,
    piece_bytes_max: usize,
    held: Held,
    /// What the handler that runs has set; it is written when the handler is done.
    set: Held,
}

impl Rewriter {
    /// A rewriter of one document; `None` if the isolate may hold no more.
    pub(crate) fn new(
        plan: Plan,
        encoding: AsciiCompatibleEncoding,
        account: &MemoryAccount,
    ) -> Option<Self> {
        let census = Census::new(&plan);
        let bytes_max = census.lol_html_bytes_max();
        let piece_bytes_max = plan.piece_bytes_max();
        let held = account.hold(census.bytes())?;
        let set = account.hold(0)?;
        let output = Output::new(account.hold(0)?);
        let sink = output.clone();
        let fiber =
            Fiber::new(move |suspender, first| rewrite(plan, (encoding, bytes_max), &sink, suspender, first))
                .ok()?;
        let position = Position::Hungry;
        Some(Self { fiber: Some(fiber), position, output, encoding, census, piece_bytes_max, held, set })
    }

    /// Takes the next piece of the document from the beginning of `rest`; tells how long it was.
    pub(crate) fn feed(&mut self, rest: &[u8]) -> Result<usize, Failure> {
        if self.position != Position::Hungry || self.fiber.is_none() {
            return Err(Failure::OutOfTurn);
        }
        let piece = rest.get(..rest.len().min(self.piece_bytes_max)).unwrap_or_default();
        self.census.arrive(piece);
        if !self.held.resize(self.census.bytes()) {
            return Err(self.fail(Failure::NoRoom));
        }
        self.run(Order::Write(piece.to_vec()))?;
        Ok(piece.len())
    }

    /// There is no more of the document.
    pub(crate) fn end(&mut self) -> Result<(), Failure> {
        if self.position != Position::Hungry {
            return Err(Failure::OutOfTurn);
        }
        self.run(Order::End)
    }

    /// The handler that was to be called is done.
    pub(crate) fn go_on(&mut self) -> Result<(), Failure> {
        if !matches!(self.position, Position::Handler { .. }) {
            return Err(Failure::OutOfTurn);
        }
        self.run(Order::GoOn)?;
        self.set.resize(0);
        Ok(())
    }

    /// Asks something of the token that a handler is called for, or changes it.
    pub(crate) fn ask(&mut self, question: Question) -> Result<Answer, Failure> {
        if !matches!(self.position, Position::Handler { .. }) {
            return Err(Failure::OutOfTurn);
        }
        let bytes = question.bytes();
        // What it was asked is the token's until it is written; a name may have to wait for the end tag.
        if bytes > 0 && !self.set.resize(self.set.bytes().saturating_add(bytes)) {
            return Ok(Answer::NoRoom);
        }
        if let Question::SetName(name) = &question {
            self.census.renamed(name.len());
            if !self.held.resize(self.census.bytes()) {
                return Ok(Answer::NoRoom);
            }
        }
        let answer = self.fiber.as_mut().and_then(|fiber| fiber.resume(Order::Ask(question)));
        match answer {
            Some(Notice::Answer(answer)) => Ok(answer),
            Some(_) | None => Err(self.fail(Failure::OutOfTurn)),
        }
    }

    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// Bytes that wait to be taken.
    pub(crate) fn output_bytes(&self) -> usize {
        self.output.bytes()
    }

    /// The next piece of what was rewritten.
    pub(crate) fn take(&self) -> Option<Piece> {
        self.output.take()
    }

    /// Text as it stands in this document, for what handlers insert from streams.
    pub(crate) fn encode(&self, text: &str, kind: lol_html::html_content::ContentType) -> Vec<u8> {
        output::encode(text, kind, self.encoding.into())
    }

    fn run(&mut self, order: Order) -> Result<(), Failure> {
        let before = self.output.written();
        let notice = self.fiber.as_mut().ok_or(Failure::OutOfTurn)?.resume(order);
        if self.output.is_refused() {
            return Err(self.fail(Failure::NoRoom));
        }
        self.position = match notice {
            Some(Notice::Hungry) => Position::Hungry,
            Some(Notice::Handler { handler, token }) => Position::Handler { handler, token },
            None => Position::Ended,
            Some(Notice::Failed(failure)) => return Err(self.fail(failure)),
            Some(Notice::Answer(_)) => return Err(self.fail(Failure::OutOfTurn)),
        };
        if self.position != Position::Hungry || self.output.written() != before {
            self.census.consumed();
        }
        if self.position == Position::Ended {
            self.fiber = None;
        }
        Ok(())
    }

    fn fail(&mut self, failure: Failure) -> Failure {
        self.fiber = None;
        failure
    }
}

/// What runs on the fiber.
fn rewrite(
    plan: Plan,
    (encoding, bytes_max): (AsciiCompatibleEncoding, usize),
    output: &Output,
    suspender: &Suspender<Order, Notice>,
    first: Order,
) {
    let speaker = tokens::Speaker { suspender: suspender.clone(), output: output.clone() };
    let sink = output.clone();
    let mut rewriter =
        HtmlRewriter::new(settings(plan, encoding, bytes_max, &speaker), move |chunk: &[u8]| {
            sink.push(chunk);
        });
    let mut order = first;
    loop {
        let result = match order {
            Order::Write(piece) => rewriter.write(&piece),
            Order::End => {
                if let Err(error) = rewriter.end() {
                    suspender.suspend(Notice::Failed(failure_of(&error, bytes_max)));
                }
                return;
            }
            Order::Ask(_) | Order::GoOn => Ok(()),
        };
        let notice = match result {
            Ok(()) => Notice::Hungry,
            Err(error) => {
                suspender.suspend(Notice::Failed(failure_of(&error, bytes_max)));
                return;
            }
        };
        let Some(next) = suspender.suspend(notice) else { return };
        order = next;
    }
}

fn failure_of(error: &RewritingError, bytes_max: usize) -> Failure {
    match error {
        RewritingError::MemoryLimitExceeded(_) => Failure::Parser(format!(
            "a tag, a comment or the elements that are open need more than the {} KiB that there are",
            bytes_max >> 10
        )),
        RewritingError::ParsingAmbiguity(_) => Failure::Parser(
            "the document's tags are nested so that a browser may read them in two ways".to_owned(),
        ),
        error => Failure::Parser(error.to_string()),
    }
}

fn settings(
    plan: Plan,
    encoding: AsciiCompatibleEncoding,
    bytes_max: usize,
    speaker: &tokens::Speaker,
) -> Settings<'static, 'static> {
    let memory = MemorySettings::new()
        .with_preallocated_parsing_buffer_size(1 << 10)
        .with_max_allowed_memory_usage(bytes_max);
    let mut settings = Settings::new().with_encoding(encoding).with_memory_settings(memory);
    for (number, (selector, wanted)) in (0..).zip(plan.into_handlers()) {
        settings = match selector {
            Some(selector) => {
                settings.append_element_content_handler(of_elements(selector, wanted, speaker, number))
            }
            None => settings.append_document_content_handler(of_document(wanted, speaker, number)),
        };
    }
    settings
}

fn of_elements(
    selector: Selector,
    wanted: u32,
    speaker: &tokens::Speaker,
    number: u32,
) -> (Cow<'static, Selector>, ElementContentHandlers<'static>) {
    let mut handlers = ElementContentHandlers::default();
    if wanted & wants::ELEMENT != 0 {
        handlers = handlers.element(tokens::element(speaker, number));
    }
    if wanted & wants::COMMENTS != 0 {
        handlers = handlers.comments(tokens::comment(speaker, number));
    }
    if wanted & wants::TEXT != 0 {
        handlers = handlers.text(tokens::text(speaker, number));
    }
    (Cow::Owned(selector), handlers)
}

fn of_document(wanted: u32, speaker: &tokens::Speaker, number: u32) -> DocumentContentHandlers<'static> {
    let mut handlers = DocumentContentHandlers::default();
    if wanted & wants::DOCTYPE != 0 {
        handlers = handlers.doctype(tokens::doctype(speaker, number));
    }
    if wanted & wants::COMMENTS != 0 {
        handlers = handlers.comments(tokens::comment(speaker, number));
    }
    if wanted & wants::TEXT != 0 {
        handlers = handlers.text(tokens::text(speaker, number));
    }
    if wanted & wants::END != 0 {
        handlers = handlers.end(tokens::document_end(speaker, number));
    }
    handlers
}

#[cfg(test)]
mod tests;

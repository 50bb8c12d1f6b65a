use lol_html::html_content::ContentType;
use mote_engine::memory::MemoryAccount;

use super::*;

/// A handler of the test: what it is for, what it wants, and what it does.
type Does<'a> = &'a mut dyn FnMut(&mut Rewriter, u32, Token);

fn account() -> MemoryAccount {
    MemoryAccount::alone(64 << 20)
}

fn plan(handlers: &[(Option<&str>, u32)]) -> Plan {
    let mut plan = Plan::default();
    for (selector, wanted) in handlers {
        plan.add(*selector, *wanted).unwrap();
    }
    plan
}

fn rewriter(handlers: &[(Option<&str>, u32)], account: &MemoryAccount) -> Rewriter {
    Rewriter::new(plan(handlers), AsciiCompatibleEncoding::utf_8(), account).unwrap()
}

/// Feeds a document in pieces and calls the handler; gives what came of it.
fn through(mut rewriter: Rewriter, pieces: &[&[u8]], does: Does<'_>) -> Result<String, Failure> {
    let mut written = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let taken = rewriter.feed(rest)?;
            rest = &rest[taken..];
            attend(&mut rewriter, &mut written, does)?;
        }
    }
    rewriter.end()?;
    attend(&mut rewriter, &mut written, does)?;
    assert_eq!(rewriter.position(), Position::Ended);
    Ok(String::from_utf8(written).unwrap())
}

fn attend(rewriter: &mut Rewriter, written: &mut Vec<u8>, does: Does<'_>) -> Result<(), Failure> {
    while let Position::Handler { handler, token } = rewriter.position() {
        does(rewriter, handler, token);
        rewriter.go_on()?;
    }
    while let Some(piece) = rewriter.take() {
        match piece {
            Piece::Bytes(bytes) => written.extend(bytes),
            Piece::Stream { id, .. } => written.extend(format!("[{id}]").bytes()),
        }
    }
    Ok(())
}

fn text_of(rewriter: &mut Rewriter, question: Question) -> String {
    match rewriter.ask(question).unwrap() {
        Answer::Text(Some(text)) => text,
        _ => panic!("no text"),
    }
}

fn insertion(account: &MemoryAccount, place: Place, source: Source) -> Question {
    Question::Insert {
        place,
        content: Content { source, kind: ContentType::Text, held: account.hold(1).unwrap() },
    }
}

#[test]
fn a_document_is_the_same_in_whatever_pieces_it_comes() {
    let document = "<!doctype html><p class=x>one <!-- two --> three</p><p>four</p>";
    for size in [1, 2, 7, 1000] {
        let account = account();
        let wanted = wants::ELEMENT | wants::TEXT | wants::COMMENTS;
        let pieces: Vec<_> = document.as_bytes().chunks(size).collect();
        let mut elements = 0;
        let result = through(
            rewriter(&[(Some("p.x"), wanted)], &account),
            &pieces,
            &mut |rewriter, handler, token| {
                assert_eq!(handler, 0);
                match token {
                    Token::Element => {
                        elements += 1;
                        assert_eq!(text_of(rewriter, Question::Attribute("class".to_owned())), "x");
                        let set = Question::SetAttribute { name: "id".to_owned(), value: "1".to_owned() };
                        assert!(matches!(rewriter.ask(set), Ok(Answer::Done)));
                        let stream = insertion(&account, Place::Append, Source::Stream(5));
                        assert!(matches!(rewriter.ask(stream), Ok(Answer::Done)));
                    }
                    Token::Comment => {
                        let set = Question::SetText("2".to_owned());
                        assert!(matches!(rewriter.ask(set), Ok(Answer::Done)));
                    }
                    Token::Text => {
                        assert!(matches!(rewriter.ask(Question::IsLastInTextNode), Ok(Answer::Bool(_))));
                    }
                    other => panic!("{other:?}"),
                }
            },
        );
        let expected = "<!doctype html><p class=x id=\"1\">one <!--2--> three[5]</p><p>four</p>";
        assert_eq!((result.as_deref(), elements), (Ok(expected), 1), "pieces of {size}");
    }
}

#[test]
fn handlers_of_end_tags_come_when_the_tag_comes() {
    let account = account();
    let mut heard = Vec::new();
    let handlers = [(Some("b"), wants::ELEMENT), (None, wants::END)];
    let result =
        through(rewriter(&handlers, &account), &[b"<b>x</b>", b"y"], &mut |rewriter, handler, token| {
            heard.push((handler, token));
            match token {
                Token::Element => {
                    let on_end = Question::OnEndTag { handler: 77, held: account.hold(1).unwrap() };
                    assert!(matches!(rewriter.ask(on_end), Ok(Answer::Done)));
                }
                Token::EndTag => {
                    assert_eq!(text_of(rewriter, Question::Name), "b");
                    let before = insertion(&account, Place::Before, Source::Text("<".to_owned()));
                    assert!(matches!(rewriter.ask(before), Ok(Answer::Done)));
                }
                Token::DocumentEnd => {
                    let append = insertion(&account, Place::Append, Source::Text("!".to_owned()));
                    assert!(matches!(rewriter.ask(append), Ok(Answer::Done)));
                }
                other => panic!("{other:?}"),
            }
        });
    assert_eq!(result.as_deref(), Ok("<b>x&lt;</b>y!"));
    assert_eq!(heard, [(0, Token::Element), (77, Token::EndTag), (1, Token::DocumentEnd)]);
}

#[test]
fn what_comes_out_of_turn_is_refused() {
    let account = account();
    let mut rewriter = rewriter(&[(Some("a"), wants::ELEMENT)], &account);
    assert!(matches!(rewriter.ask(Question::Name), Err(Failure::OutOfTurn)));
    assert_eq!(rewriter.go_on(), Err(Failure::OutOfTurn));
    assert_eq!(rewriter.feed(b"<a>"), Ok(3));
    assert_eq!(rewriter.feed(b"<a>"), Err(Failure::OutOfTurn));
    assert_eq!(rewriter.end(), Err(Failure::OutOfTurn));
    assert!(matches!(rewriter.ask(Question::PublicId), Ok(Answer::Unknown)));
    rewriter.go_on().unwrap();
    rewriter.end().unwrap();
    assert_eq!(rewriter.end(), Err(Failure::OutOfTurn));
    assert_eq!(rewriter.feed(b"<a>"), Err(Failure::OutOfTurn));
}

#[test]
fn all_that_was_held_is_given_back() {
    let account = account();
    let mut rewriter = rewriter(&[(Some("*"), wants::ELEMENT)], &account);
    rewriter.feed(b"<p><p>").unwrap();
    rewriter.ask(insertion(&account, Place::After, Source::Text("x".repeat(1000)))).ok();
    assert!(account.total() > 64 << 10);
    drop(rewriter);
    assert_eq!(account.total(), 0);
}

#[test]
fn a_tag_without_an_end_is_refused_before_it_fills_the_memory() {
    let account = MemoryAccount::alone(1 << 30);
    let mut rewriter = rewriter(&[(Some("a"), wants::ELEMENT)], &account);
    rewriter.feed(b"<a ").unwrap();
    let text = [b'x'; 4096];
    let refused = (0..2000).find_map(|_| rewriter.feed(&text).err());
    assert!(matches!(refused, Some(Failure::Parser(_))), "{refused:?}");
}

#[test]
fn attributes_and_open_elements_are_counted() {
    for (document, selector) in
        [("<a ".to_owned() + &"b ".repeat(8 << 10), "a"), ("<x><y>".repeat(4 << 10), "a b c d e f, y z")]
    {
        let account = MemoryAccount::alone(1 << 20);
        let rewriter = rewriter(&[(Some(selector), wants::ELEMENT)], &account);
        let result = through(rewriter, &[document.as_bytes()], &mut |_, _, _| {});
        assert_eq!(result.err(), Some(Failure::NoRoom), "{selector}");
        assert_eq!(account.total(), 0);
    }
}

#[test]
fn so_many_elements_may_be_open_and_no_more() {
    for (steps, open_max) in [(1, 16 << 10), (60, 4 << 10), (400, 1 << 10)] {
        let account = MemoryAccount::alone(1 << 30);
        let selector = ["x y"; 400][..steps].join(", ");
        for (count, fits) in [(open_max, true), (open_max + 1, false)] {
            let rewriter = rewriter(&[(Some(&selector), wants::ELEMENT)], &account);
            let document = "<a>".repeat(count);
            let result = through(rewriter, &[document.as_bytes()], &mut |_, _, _| {});
            assert_eq!(result.is_ok(), fits, "{count} elements, {steps} steps: {:?}", result.err());
        }
    }
}

#[test]
fn long_documents_do_not_add_up() {
    let account = MemoryAccount::alone(4 << 20);
    let document = "<p>some words that stand here</p>\n".repeat(60_000);
    let rewriter = rewriter(&[(None, wants::COMMENTS)], &account);
    let same = through(rewriter, &[document.as_bytes()], &mut |_, _, _| {}).map(|text| text == document);
    assert_eq!(same, Ok(true));
}

#[test]
fn selectors_have_limits() {
    assert!(parse_selector("main > a[href^='/']:not(.x):nth-of-type(2n + 1), h1, #id").is_ok());
    for bad in ["", "a >", "a:hover", "::before", "a + b", "[", &"a ".repeat(66), &"a".repeat(5000)] {
        assert!(parse_selector(bad).is_err(), "{bad}");
    }
    assert!(parse_selector(&":not(".repeat(700)).is_err());
    let mut plan = Plan::default();
    for _ in 0..1024 {
        plan.add(Some("a"), wants::ELEMENT).unwrap();
    }
    assert!(plan.add(None, wants::END).is_err());
}

#[test]
fn the_deepest_of_selectors_has_room_on_the_stack() {
    let account = account();
    let deepest = "a:not([b='c']) > ".repeat(63) + "a";
    let mut handlers = vec![(Some(&*deepest), wants::ELEMENT | wants::TEXT | wants::COMMENTS); 60];
    handlers.push((None, wants::TEXT | wants::COMMENTS | wants::DOCTYPE | wants::END));
    let document = "<a d=e>".repeat(70) + "text<!-- -->" + "<svg><title/><math><mi>x</svg><script>y</script>";
    let mut called = 0;
    let result = through(rewriter(&handlers, &account), &[document.as_bytes()], &mut |_, _, _| called += 1);
    assert_eq!(result.as_deref(), Ok(&*document));
    assert!(called > 60 * 7, "{called}");
}

#[test]
fn what_is_inserted_is_counted_and_has_an_end() {
    let account = MemoryAccount::alone(2 << 20);
    let text = "&".repeat(500 << 10);
    let result =
        through(rewriter(&[(Some("a"), wants::ELEMENT)], &account), &[b"<a></a>"], &mut |rewriter, _, _| {
            let question = insertion(&account, Place::Inner, Source::Text(text.clone()));
            assert!(matches!(rewriter.ask(question), Ok(Answer::Done)));
        });
    assert_eq!(result.err(), Some(Failure::NoRoom), "it is five times as long once it is escaped");
}

#[test]
fn other_encodings_are_kept() {
    let account = account();
    let encoding = AsciiCompatibleEncoding::new(encoding_rs::WINDOWS_1252).unwrap();
    let mut rewriter = Rewriter::new(plan(&[(Some("a"), wants::ELEMENT)]), encoding, &account).unwrap();
    rewriter.feed(b"<a>\xe9").unwrap();
    rewriter.ask(insertion(&account, Place::Append, Source::Text("\u{20ac}\u{3b1}".to_owned()))).unwrap();
    assert_eq!(rewriter.encode("\u{20ac}<\u{3b1}", ContentType::Text), b"\x80&lt;&#945;");
    rewriter.go_on().unwrap();
    rewriter.feed(b"</a>").unwrap();
    let Some(Piece::Bytes(bytes)) = rewriter.take() else { panic!("nothing was written") };
    assert_eq!(bytes, b"<a>\xe9\x80&#945;</a>");
}

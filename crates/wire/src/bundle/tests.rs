use mote_mutator::Mutator;

use super::*;

fn name(text: &str) -> ModuleSpecifier {
    ModuleSpecifier::parse(text).unwrap()
}

fn js(text: &str) -> Module {
    Module::new(name(text), ModuleKind::EsModule, "export default {}")
}

fn sample() -> Bundle {
    let wasm = Module::new(name("lib/add.wasm"), ModuleKind::Wasm, &b"\0asm"[..]);
    let main = Module { source_map: Some(Bytes::from_static(b"{}")), ..js("index.js") };
    Bundle::new(vec![wasm, main], name("index.js"), Format::Modules).unwrap()
}

#[test]
fn the_order_in_which_modules_come_does_not_change_the_hash() {
    let turned = sample().modules().iter().rev().cloned().collect();
    let again = Bundle::new(turned, name("./index.js"), Format::Modules).unwrap();
    assert_eq!(again, sample());
}

#[test]
fn every_part_changes_the_hash() {
    let base = sample();
    let changes: [fn(&mut Vec<Module>); 5] = [
        |modules| modules[0].kind = ModuleKind::CommonJs,
        |modules| modules[1].content = Bytes::from_static(b"\0asn"),
        |modules| modules[1].name = ModuleSpecifier("lib/sub.wasm".to_owned()),
        |modules| modules[0].source_map = None,
        |modules| drop(modules.pop()),
    ];
    for change in changes {
        let mut modules = base.modules().to_vec();
        change(&mut modules);
        let changed = Bundle::new(modules, name("index.js"), Format::ServiceWorker).unwrap();
        let same_format =
            Bundle::new(base.modules().to_vec(), name("index.js"), Format::ServiceWorker).unwrap();
        assert_ne!(changed.hash(), same_format.hash());
        assert_ne!(same_format.hash(), base.hash());
    }
}

#[test]
fn what_is_encoded_comes_back_with_the_same_hash() {
    let bundle = sample();
    let read = Bundle::verify(bundle.encode(), bundle.hash()).unwrap();
    assert_eq!(read, bundle);
    assert_eq!(bundle.hash().to_string().parse(), Ok(bundle.hash()));
}

#[test]
fn no_shortened_lengthened_or_changed_encoding_passes_for_the_bundle() {
    let encoded = sample().encode();
    for end in 0..encoded.len() {
        assert_eq!(Bundle::decode(encoded.slice(..end)), Err(DecodeError::Malformed), "cut at {end}");
    }
    let longer = [&encoded[..], b"\0"].concat();
    assert_eq!(Bundle::decode(longer.into()), Err(DecodeError::Malformed));
    for at in 0..encoded.len() {
        let mut changed = encoded.to_vec();
        changed[at] ^= 1;
        assert!(Bundle::verify(changed.into(), sample().hash()).is_err(), "byte {at}");
    }
}

#[test]
fn unsorted_modules_are_not_a_second_encoding_of_the_same_bundle() {
    let (first, second) = (js("a.js"), js("b.js"));
    let mut encoded = Vec::new();
    write_parts(&[second, first], &name("a.js"), Format::Modules, &mut |part| {
        encoded.extend_from_slice(part);
    });
    assert_eq!(Bundle::decode(encoded.into()), Err(DecodeError::Malformed));
}

#[test]
fn a_module_never_gets_a_name_that_leaves_the_bundle() {
    for bad in
        ["", "/", "/a.js", "a//b", "a/", "..", "../a.js", "a/../b", "a/./b", ".", "./", "a\\b", "a\0", "\n"]
    {
        assert!(ModuleSpecifier::parse(bad).is_err(), "{bad:?}");
    }
    assert_eq!(name("./a b/ü.js").as_str(), "a b/ü.js");
    assert!(ModuleSpecifier::parse(&"x".repeat(SPECIFIER_BYTES_MAX)).is_ok());
    assert_eq!(ModuleSpecifier::parse(&"x".repeat(513)), Err(InvalidSpecifier::TooLong { bytes: 513 }));
}

#[test]
fn limits_hold_at_the_bound_and_break_one_past_it() {
    let many = |count: usize| (0..count).map(|n| js(&format!("{n}.js"))).collect::<Vec<_>>();
    assert!(Bundle::new(many(MODULES_MAX), name("0.js"), Format::Modules).is_ok());
    let count = MODULES_MAX + 1;
    let refused = Bundle::new(many(count), name("0.js"), Format::Modules);
    assert_eq!(refused, Err(InvalidBundle::TooManyModules { count }));

    let large = Bytes::from(vec![0; CONTENT_BYTES_MAX]);
    let module = |content| vec![Module::new(name("a.js"), ModuleKind::EsModule, content)];
    assert!(Bundle::new(module(large.slice(..)), name("a.js"), Format::Modules).is_ok());
    let mut modules = module(large);
    modules.push(Module::new(name("b.bin"), ModuleKind::Data, &b"x"[..]));
    let refused = Bundle::new(modules, name("a.js"), Format::Modules);
    assert_eq!(refused, Err(InvalidBundle::TooLarge { bytes: CONTENT_BYTES_MAX + 1 }));
}

#[test]
fn a_bundle_without_a_main_module_that_can_run_is_refused() {
    let text = Module::new(name("a.txt"), ModuleKind::Text, "x");
    let script = Module::new(name("a.cjs"), ModuleKind::CommonJs, "x");
    for (modules, main, format) in [
        (vec![js("a.js")], "b.js", Format::Modules),
        (vec![text.clone()], "a.txt", Format::Modules),
        (vec![text], "a.txt", Format::ServiceWorker),
        (vec![script], "a.cjs", Format::Modules),
        (vec![js("a.js"), js("a.js")], "a.js", Format::Modules),
        (vec![], "a.js", Format::Modules),
    ] {
        assert!(Bundle::new(modules, name(main), format).is_err());
    }
}

#[test]
fn a_hash_is_read_only_from_64_lower_case_digits() {
    for bad in ["", "00", &"0".repeat(63), &"0".repeat(66), &"A".repeat(64), &"g".repeat(64)] {
        assert_eq!(bad.parse::<BundleHash>(), Err(InvalidHash));
    }
}

#[test]
fn what_passes_for_a_bundle_is_the_encoding_of_one() {
    let old = Bundle::new(
        vec![Module::new(name("worker.js"), ModuleKind::CommonJs, "addEventListener()")],
        name("worker.js"),
        Format::ServiceWorker,
    );
    let (one, other) = (sample().encode(), old.unwrap().encode());
    let words = ["mote\0b1\n", "index.js", "./index.js", "..", "\0\0\0\u{1}"];
    let mut passed = 0;
    Mutator::new(&[&one, &other], &words).spoil(30_000, |input| {
        let Ok(bundle) = Bundle::decode(Bytes::copy_from_slice(input)) else { return };
        passed += 1;
        assert_eq!(bundle.encode(), input);
        let again = Bundle::new(bundle.modules().to_vec(), bundle.main().clone(), bundle.format()).unwrap();
        assert_eq!(again, bundle, "the other gate gives the same");
        assert!(bundle.content_bytes() < input.len() && bundle.modules().len() <= MODULES_MAX);
    });
    assert!(passed > 1_000, "{passed}");
}

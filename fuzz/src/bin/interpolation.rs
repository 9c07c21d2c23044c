//! `${NAME:-default}`: what variables supply is where the trace says, and all else stays.
#![no_main]

use compose_loader::{
    Origin, Variable,
    internals::environment::Budget,
    internals::substitute::{Failure, find, invalid, substitute},
    variables,
};
use libfuzzer_sys::fuzz_target;
use stackwright_fuzz::{bounded, check_range};

/// The variables: set, empty, and with characters that would mean something if they were read again.
fn value(name: &str) -> Option<&'static str> {
    match name {
        "SET" | "A" => Some("välue"),
        "EMPTY" | "E" => Some(""),
        "FORM" | "F" => Some("$A${A}}$$"),
        _ => None,
    }
}

fuzz_target!(|template: &str| {
    let lookup = |name: &str| Some(Variable { value: value(name)?.into(), origin: Origin::Process });
    let result =
        bounded(1 << 14, 1 << 10, template.len(), || substitute(template, &lookup, &Budget::default()));
    let names: Vec<String> = bounded(1 << 14, 1 << 14, template.len(), || variables(template))
        .into_iter()
        .map(|(name, _)| name)
        .collect();

    let escaped = template.replace('$', "$$");
    let same =
        substitute(&escaped, &|_| None, &Budget::default()).expect("a text without a form has no failure");
    assert_eq!(same.text, template, "an escaped text stands for itself");
    assert!(same.trace.is_empty() && same.unset.is_empty());

    if let Some((at, _)) = invalid(template) {
        check_range(&at, template);
    }
    for name in &names {
        if let Some(at) = find(template, name) {
            check_range(&at, template);
        }
    }
    match result {
        Ok(done) => {
            if !template.contains('$') {
                assert_eq!(done.text, template);
            }
            let mut last = 0;
            for part in &done.trace {
                assert!(last <= part.start && part.start <= part.end, "{part:?} is out of order");
                last = part.end;
                let text = &done.text[part.start as usize..part.end as usize];
                let held = match part.origin {
                    Origin::Nowhere => value(&part.variable).xor(Some("")),
                    _ => value(&part.variable),
                };
                assert_eq!(Some(text), held, "{part:?} is not what the variable holds");
                assert!(names.iter().any(|name| *name == *part.variable), "{part:?} is not listed");
            }
            for name in &done.unset {
                assert!(value(name).is_none(), "{name} is set");
                assert!(names.contains(name), "{name} is not listed");
            }
        }
        Err(Failure::Required { name, .. }) => {
            assert!(value(&name).is_none_or(str::is_empty), "{name} is set");
            assert!(names.contains(&name), "{name} is not listed");
        }
        Err(Failure::Invalid(text)) => assert!(text.contains("${"), "{text}"),
        Err(Failure::TooLong) => {
            assert!(template.len() > (16 << 20) / 8, "a short text cannot use up what variables may supply");
        }
    }
});

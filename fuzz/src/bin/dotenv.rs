//! `.env`: every variable has its place, and its value in quotes reads as the same value.
#![no_main]

use compose_loader::{
    Environment, Origin, Sources, Variable,
    internals::dotenv::{EnvText, read, read_raw},
    internals::environment::Budget,
};
use libfuzzer_sys::fuzz_target;
use stackwright_fuzz::{bounded, check_diagnostic, check_place};

/// A text may cost this much, whatever it says: the 16 MiB that variables may supply, five times: a string that
/// grows to twice its room, over and over, was allocated four times as large in the end, and is kept as a copy.
const BASE: usize = 5 * (16 << 20) + (8 << 20);

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    let file = sources.add(".env", text);
    let outer = |name: &str| {
        (name == "OUTER").then(|| Variable { value: "from $outside".into(), origin: Origin::Process })
    };

    let mut raw = Environment::default();
    let result = bounded(1 << 12, 1 << 9, text.len(), || {
        read_raw(EnvText { text, file }, &mut raw, &outer, &Budget::default())
    });
    if let Err(error) = result {
        check_diagnostic(&error, &sources);
    }
    check_origins(&raw, &sources, text);

    let mut vars = Environment::default();
    let result = bounded(BASE, 1 << 12, text.len(), || {
        read(EnvText { text, file }, &mut vars, &outer, &Budget::default())
    });
    check_origins(&vars, &sources, text);
    match result {
        Ok(warnings) => warnings.iter().for_each(|warning| check_diagnostic(warning, &sources)),
        Err(error) => check_diagnostic(&error, &sources),
    }
    // A name may hold a tab, after which the word `export` before it would mean something else.
    for (name, variable) in
        vars.iter().filter(|(name, _)| !name.is_empty() && !name.contains(char::is_whitespace))
    {
        let line = format!("{name}={}", quote(&variable.value));
        let mut again = Environment::default();
        let read = read(EnvText { text: &line, file }, &mut again, &|_| None, &Budget::default());
        assert!(read.is_ok_and(|warnings| warnings.is_empty()), "{line}");
        assert_eq!(again.text(name), Some(&*variable.value), "{line}");
    }
});

fn check_origins(vars: &Environment, sources: &Sources, text: &str) {
    for (name, variable) in vars.iter() {
        if let Origin::File(place) = variable.origin {
            check_place(place, sources);
            let at = &text[place.start as usize..place.end as usize];
            assert!(at.contains(&**name), "{name:?} does not stand at its place, {at:?}");
        }
    }
}

/// A value in double quotes.
fn quote(value: &str) -> String {
    let mut quoted = String::from('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted + "\""
}

//! YAML: what is found stands in the text where it says, each thing behind the one before, and a text in double
//! quotes reads as itself.
#![no_main]

use std::borrow::Cow;

use compose_loader::internals::yaml::reader::{Fault, Found, Reader, What};
use libfuzzer_sys::fuzz_target;
use stackwright_fuzz::{bounded, check_range};

fuzz_target!(|text: &str| {
    let mut reader = Reader::new(text);
    let mut last = 0;
    let read = bounded(1 << 14, 64, text.len(), || read(&mut reader, text, &mut last));
    if let Err(fault) = read {
        assert!(fault.at <= text.len(), "{fault:?} lies outside of the text");
        assert!(reader.open_brackets().all(|at| text[at..].starts_with(['[', '{'])), "no bracket is there");
    }
    let quoted = quote(text);
    let mut reader = Reader::new(&quoted);
    assert_eq!(reader.document(), Ok(true));
    let found = reader.root().unwrap_or_else(|fault| panic!("{quoted}: {fault:?}"));
    assert!(matches!(&found.what, What::Quoted(again) if again == text), "{quoted} reads as {found:?}");
    assert_eq!((found.start, found.end, reader.document()), (0, quoted.len(), Ok(false)));
});

fn read(reader: &mut Reader<'_>, text: &str, last: &mut usize) -> Result<(), Fault> {
    while reader.document()? {
        let root = reader.root()?;
        walk(reader, &root, text, last)?;
    }
    Ok(())
}

fn walk(reader: &mut Reader<'_>, found: &Found<'_>, text: &str, last: &mut usize) -> Result<(), Fault> {
    check_range(&(found.start..found.end), text);
    assert!(found.start >= *last, "{found:?} stands before {last}");
    *last = found.start;
    match &found.what {
        What::Sequence => {
            while let Some(item) = reader.item()? {
                walk(reader, &item, text, last)?;
            }
        }
        What::Mapping => {
            while let Some(key) = reader.key()? {
                walk(reader, &key, text, last)?;
                let value = reader.value()?;
                walk(reader, &value, text, last)?;
            }
        }
        What::Plain(Cow::Borrowed(words)) => assert_eq!(*words, &text[found.start..found.end]),
        What::Quoted(Cow::Borrowed(words)) => assert_eq!(*words, &text[found.start + 1..found.end - 1]),
        What::Plain(Cow::Owned(words)) => {
            assert!(!words.starts_with(' ') && !words.ends_with(' '), "{words:?} has blanks around it");
        }
        What::Quoted(_) | What::Alias(_) => {}
    }
    Ok(())
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted += "\\n",
            '\0'..=' ' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' => {
                quoted += &format!("\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

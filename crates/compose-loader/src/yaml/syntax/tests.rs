//! Mistakes, and what is said of them.

use super::explain;
use crate::yaml::reader::{Fault, Found, Kind, Reader, What};

/// Reads a text to its end.
fn read(reader: &mut Reader<'_>) -> Result<(), Fault> {
    while reader.document()? {
        let root = reader.root()?;
        walk(reader, &root)?;
    }
    Ok(())
}

fn walk(reader: &mut Reader<'_>, found: &Found<'_>) -> Result<(), Fault> {
    match found.what {
        What::Sequence => {
            while let Some(item) = reader.item()? {
                walk(reader, &item)?;
            }
        }
        What::Mapping => {
            while let Some(key) = reader.key()? {
                if matches!(key.what, What::Sequence | What::Mapping) {
                    return Err(Fault { kind: Kind::CollectionKey, at: key.start });
                }
                let value = reader.value()?;
                walk(reader, &value)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The line and column, the text that is shown, the message and the remedy.
fn said(text: &str) -> String {
    let mut reader = Reader::new(text);
    let fault = read(&mut reader).unwrap_err();
    let found = explain(text, &reader, fault);
    let before = &text[..found.place.start];
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    format!("{line}:{column} {} | {} | {}", &text[found.place], found.message, found.remedy)
}

#[test]
fn a_mistake_is_shown_where_it_was_made() {
    for (text, expected) in [
        (
            "a: \"b\nc: d\n",
            "1:4 \"b | the quote \" that opens here is not closed on its line | write \" where the text ends",
        ),
        (
            "a: 'b\nc: \"d\"\n",
            "1:4 'b | the quote ' that opens here is not closed on its line | write ' where the text ends",
        ),
        (
            "a: \"b",
            "1:4 \"b | the quote \" that opens here is not closed on its line | write \" where the text ends",
        ),
        (
            "\"a:\n  b: \"c\"\n",
            "1:1 \"a: | the quote \" that opens here is not closed on its line | write \" where the text ends",
        ),
        (
            "a: [\"80:80, \"81:81\"]\n",
            "1:5 \"80:80, \"8 | something follows the quote \" that closes this value | give each quote its pair; within the value write \\\" for \"",
        ),
        (
            "a: [\"80:80]\nb: \"c\"\n",
            "1:5 \"80:80] | the quote \" that opens here is not closed on its line | write \" where the text ends",
        ),
        (
            "a: 'it's'\n",
            "1:4 'it's | something follows the quote ' that closes this value | give each quote its pair; within the value write '' for '",
        ),
        (
            "a: # \"not this one\n  - \"b\n  - \"c\"\n",
            "2:5 \"b | the quote \" that opens here is not closed on its line | write \" where the text ends",
        ),
        (
            "a:\n\tb: c\n",
            "2:1 \t | a tab indents this line, and YAML takes only spaces | replace it by spaces",
        ),
        (
            "a: b: c\n",
            "1:4 b: c | this value has a colon and a space in it, as if it were a key | put the value into quotes",
        ),
        ("a:b\nc: d\n", "1:1 a:b | there is no space after the colon | write `a: b`"),
        ("a\nb: c\n", "1:1 a | there is no colon after `a` | write `a:`"),
        (
            "a: b\n  c: d\n",
            "2:3 c: | this line is indented as a part of the value of `a`, `b` | write it at the first column, as `a`",
        ),
        (
            "a: |\nb\n",
            "2:1 b | this line is not indented more than `a`, whose text it should be | indent it further",
        ),
        (
            "a:\n  b:\n    c: d\n   e: f\n",
            "4:4 e: | this line is indented by 3 spaces, which fits none above it | indent it by 4 spaces to stand beside `c`, or indent it by 2 spaces to stand beside `b`",
        ),
        (
            "a:\n  - b\n - c\n",
            "3:2 - c | this line is indented by 1 space, which fits none above it | indent it by 2 spaces to stand beside `- b`, or write it at the first column to stand beside `a`",
        ),
        (
            "  a: b\nc: d\n",
            "2:1 c: | this line is indented less than the first, which is indented by 2 spaces | begin all lines at the first column",
        ),
        (
            "a:\n  - b=c\n  d: e\n",
            "3:3 d: | this line stands among the items of a list and is none | begin it with `- `, or write all of them as `key: value`",
        ),
        (
            "a:\n  b: c\n  - d\n",
            "3:3 - d | this item of a list stands beside `b`, which is a key | remove the dash, or indent the item below the key that it belongs to",
        ),
        ("a: [b\nc: d\n", "1:4 [b | the bracket `[` that opens here is not closed | write `]` where it ends"),
        (
            "a: {b: c\nd: e\n",
            "1:4 {b: c | the bracket `{` that opens here is not closed | write `}` where it ends",
        ),
        (
            "a: [\"b\" \"c\"]\n",
            "1:9 \"c\" | a comma or `]` is missing before this | separate the values by commas, and put one that has a colon or a comma into quotes",
        ),
        (
            "a: *.sh\n",
            "1:4 *.sh | no `&.sh` stands before this alias | define what the alias names, or put the text into quotes if it is none",
        ),
        ("a: @b\n", "1:4 @ | a value cannot begin with `@` | put the value into quotes"),
        (
            "a: \"b\\d\"\n",
            "1:6 \\d | `\\d` stands for nothing within double quotes | write `\\\\d`, or put the text into single quotes",
        ),
        ("%YAML 3.0\n---\na: b\n", "1:1 % | Compose reads YAML 1.1 and no other version | remove the line"),
    ] {
        assert_eq!(said(text), expected);
    }
}

#[test]
fn what_stands_in_the_way_is_named_and_what_to_write_instead() {
    for (text, expected) in [
        (
            "a: \"C:\\Users\\x\"\n",
            "1:7 \\U | `\\U` within double quotes takes 8 hexadecimal digits that name a character | write `\\\\U`, or put the text into single quotes",
        ),
        (
            "a: \"\\u12\"\n",
            "1:5 \\u | `\\u` within double quotes takes 4 hexadecimal digits that name a character | write `\\\\u`, or put the text into single quotes",
        ),
        (
            "a: \"C:\\Ux\\me\"\n",
            "1:7 \\U | `\\U` within double quotes takes 8 hexadecimal digits that name a character | write `\\\\U`, or put the text into single quotes",
        ),
        (
            "a: \"\\xzz\"\nb: '\\d'\n",
            "1:5 \\x | `\\x` within double quotes takes 2 hexadecimal digits that name a character | write `\\\\x`, or put the text into single quotes",
        ),
        (
            "a:\n  b: [c] d\n",
            "2:10 d | something follows the value on its line | remove it, or put the whole value into quotes",
        ),
        (
            "a: &w b\nc: *w d\n",
            "2:7 d | something follows the value on its line | remove it, or put the whole value into quotes",
        ),
        ("a: [b]]\n", "1:7 ] | this closes no bracket | remove it"),
        ("a: {b: c}}}\n", "1:10 } | this closes no bracket | remove it"),
        (
            "a: - b\n",
            "1:4 - b | a list cannot begin within a line | begin it on the next line, or put the text into quotes",
        ),
        (
            "\"a\": - b\n",
            "1:6 - b | a list cannot begin within a line | begin it on the next line, or put the text into quotes",
        ),
        (
            "a: {b: c} d\n",
            "1:11 d | something follows the value on its line | remove it, or put the whole value into quotes",
        ),
        ("... a\n", "1:1 . | `...` ends a document, and none stands before it | remove the line"),
        (
            "a: [\n  \"b\",\n  \"c\"\n  \"d\"\n]\n",
            "4:3 \"d\" | a comma or `]` is missing before this | separate the values by commas, and put one that has a colon or a comma into quotes",
        ),
        (
            "{\n\t\"a\": \"b\"\n\t\"c\": \"d\"\n}\n",
            "3:2 \"c\": | a comma or `}` is missing before this | separate the values by commas, and put one that has a colon or a comma into quotes",
        ),
        (
            "a: {\n  b: c\n  d: e\n}\n",
            "3:3 d: | a comma or `}` is missing before this | separate the values by commas, and put one that has a colon or a comma into quotes",
        ),
        (
            "a: [\n  - b\n]\n",
            "2:3 - | items within brackets have no dash | remove the dash, and separate items by commas",
        ),
        (
            "a: [b, - c]\n",
            "1:8 - | items within brackets have no dash | remove the dash, and separate items by commas",
        ),
        ("a: [b, c}\n", "1:9 } | this does not close the bracket `[` | write `]` in its place"),
        (
            "a: {: b}\n",
            "1:5 : | there is no key before this colon | write one, or put a text that has a colon into quotes",
        ),
        ("a b\nc: d\n", "1:1 a b | there is no colon after `a` | write `a: b`"),
        (
            "a: b\nc= d\n",
            "2:1 c= d | a key of a mapping is followed by a colon and a space, not by `=` | write `c: d`",
        ),
        ("a: b\n-c\n", "2:1 -c | there is no space after the dash | write `- c`"),
        (
            "{a: b: c}\n",
            "1:6 : | a comma or `}` is missing before this | separate the values by commas, and put one that has a colon or a comma into quotes",
        ),
        ("a: &a {}\nb:\n  c: d\n  <<*a\n", "4:3 <<*a | there is no colon after `<<` | write `<<: *a`"),
        (
            "a: b\n<<<<<<< HEAD\nc: d\n",
            "2:1 <<<<<<< HEAD | Git left this mark of a conflict | solve the conflict, and remove the line",
        ),
        (
            "'a: b\nc: 'd'\n",
            "1:1 'a: b | the quote ' that opens here is not closed on its line | write ' where the text ends",
        ),
        (
            "\"a\" \"b\": c\n",
            "1:1 \"a\" \" | something follows the quote \" that closes this value | give each quote its pair; within the value write \\\" for \"",
        ),
        ("a: {{ .Names }}\n", "1:4 {{ | `{{` begins two mappings here | put the whole value into quotes"),
        ("{{ a }}: b\n", "1:1 {{ | `{{` begins two mappings here | put the whole value into quotes"),
        ("a: }\n", "1:4 } | `}` closes nothing here | remove it, or put the value into quotes"),
        (
            "a: [b,, c]\n",
            "1:7 , | nothing stands before this comma | remove it, or put the value into quotes",
        ),
        (
            "a: *b:c\n",
            "1:4 *b | no `&b` stands before this alias | define what the alias names, or put the text into quotes if it is none",
        ),
        ("a: * * * * *\n", "1:4 * | a value cannot begin with `*` | put the value into quotes"),
        ("a: [b, c", "1:4 [b, c | the bracket `[` that opens here is not closed | write `]` where it ends"),
        (
            "a: b # c\n  d\n",
            "2:3 d | the value of `a` has ended before this line | write it at the first column to stand beside `a`",
        ),
        (
            "a: \"b\" # c\n  d: e\n",
            "2:3 d: | the value of `a` has ended before this line | write it at the first column to stand beside `a`",
        ),
        ("a: b\rc d\re: f\r", "1:6 c d | there is no colon after `c` | write `c: d`"),
        ("-\tb\n", "1:2 \t | a tab indents this line, and YAML takes only spaces | replace it by spaces"),
        (
            "? [a]\n: b\n",
            "1:3 [ | a list or a mapping stands here as a key | put the key into quotes if it is a text",
        ),
    ] {
        assert_eq!(said(text), expected);
    }
}

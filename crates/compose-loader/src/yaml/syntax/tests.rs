//! Mistakes and their messages.

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

/// Returns the line and column, the shown text, the message and the remedy.
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
            "1:4 \"b | the quote \" is not closed on its line | write \" at the end of the text",
        ),
        (
            "a: 'b\nc: \"d\"\n",
            "1:4 'b | the quote ' is not closed on its line | write ' at the end of the text",
        ),
        ("a: \"b", "1:4 \"b | the quote \" is not closed on its line | write \" at the end of the text"),
        (
            "\"a:\n  b: \"c\"\n",
            "1:1 \"a: | the quote \" is not closed on its line | write \" at the end of the text",
        ),
        (
            "a: [\"80:80, \"81:81\"]\n",
            "1:5 \"80:80, \"8 | the line continues after the closing quote \" | close every quote, and write \\\" for \" inside the value",
        ),
        (
            "a: [\"80:80]\nb: \"c\"\n",
            "1:5 \"80:80] | the quote \" is not closed on its line | write \" at the end of the text",
        ),
        (
            "a: 'it's'\n",
            "1:4 'it's | the line continues after the closing quote ' | close every quote, and write '' for ' inside the value",
        ),
        (
            "a: # \"not this one\n  - \"b\n  - \"c\"\n",
            "2:5 \"b | the quote \" is not closed on its line | write \" at the end of the text",
        ),
        (
            "a:\n\tb: c\n",
            "2:1 \t | this line is indented by a tab: YAML allows only spaces | replace the tab by spaces",
        ),
        (
            "a: b: c\n",
            "1:4 b: c | this value contains a colon and a space, like a key | put the value into quotes",
        ),
        ("a:b\nc: d\n", "1:1 a:b | a space is missing after the colon | write `a: b`"),
        ("a\nb: c\n", "1:1 a | a colon is missing after `a` | write `a:`"),
        (
            "a: b\n  c: d\n",
            "2:3 c: | this line is indented like a part of `b`, the value of `a` | start the line at the first column, like `a`",
        ),
        (
            "a: |\nb\n",
            "2:1 b | this line must be indented more than `a`, to whose text it belongs | indent the line further",
        ),
        (
            "a:\n  b:\n    c: d\n   e: f\n",
            "4:4 e: | this line is indented by 3 spaces, unlike every line above | indent the line by 4 spaces to align with `c`, or indent the line by 2 spaces to align with `b`",
        ),
        (
            "a:\n  - b\n - c\n",
            "3:2 - c | this line is indented by 1 space, unlike every line above | indent the line by 2 spaces to align with `- b`, or start the line at the first column to align with `a`",
        ),
        (
            "  a: b\nc: d\n",
            "2:1 c: | this line is indented less than the first line, which is indented by 2 spaces | start all lines at the first column",
        ),
        (
            "a:\n  - b=c\n  d: e\n",
            "3:3 d: | this line is between the items of a list, but is not an item | start the line with `- `, or write all lines as `key: value`",
        ),
        (
            "a:\n  b: c\n  - d\n",
            "3:3 - d | this list item is beside `b`, which is a key | remove the dash, or indent the item below the key that it belongs to",
        ),
        ("a: [b\nc: d\n", "1:4 [b | the bracket `[` is not closed | write `]` at the end of the value"),
        ("a: {b: c\nd: e\n", "1:4 {b: c | the bracket `{` is not closed | write `}` at the end of the value"),
        (
            "a: [\"b\" \"c\"]\n",
            "1:9 \"c\" | a comma or `]` is missing before this | separate the values by commas, and put a value with a colon or a comma into quotes",
        ),
        (
            "a: *.sh\n",
            "1:4 *.sh | no anchor `&.sh` is defined before this alias | define the anchor, or put the text into quotes if it is not an alias",
        ),
        ("a: @b\n", "1:4 @ | a value cannot start with `@` | put the value into quotes"),
        (
            "a: \"b\\d\"\n",
            "1:6 \\d | `\\d` is not an escape of double quotes | write `\\\\d`, or put the text into single quotes",
        ),
        ("%YAML 3.0\n---\na: b\n", "1:1 % | Docker Compose supports only YAML 1.1 | remove the line"),
    ] {
        assert_eq!(said(text), expected);
    }
}

#[test]
fn a_message_names_the_mistake_and_the_correction() {
    for (text, expected) in [
        (
            "a: \"C:\\Users\\x\"\n",
            "1:7 \\U | `\\U` in double quotes needs 8 hexadecimal digits of a character | write `\\\\U`, or put the text into single quotes",
        ),
        (
            "a: \"\\u12\"\n",
            "1:5 \\u | `\\u` in double quotes needs 4 hexadecimal digits of a character | write `\\\\u`, or put the text into single quotes",
        ),
        (
            "a: \"C:\\Ux\\me\"\n",
            "1:7 \\U | `\\U` in double quotes needs 8 hexadecimal digits of a character | write `\\\\U`, or put the text into single quotes",
        ),
        (
            "a: \"\\xzz\"\nb: '\\d'\n",
            "1:5 \\x | `\\x` in double quotes needs 2 hexadecimal digits of a character | write `\\\\x`, or put the text into single quotes",
        ),
        (
            "a:\n  b: [c] d\n",
            "2:10 d | the line continues after the value | remove the rest of the line, or put the whole value into quotes",
        ),
        (
            "a: &w b\nc: *w d\n",
            "2:7 d | the line continues after the value | remove the rest of the line, or put the whole value into quotes",
        ),
        ("a: [b]]\n", "1:7 ] | this closing bracket has no opening bracket | remove the bracket"),
        ("a: {b: c}}}\n", "1:10 } | this closing bracket has no opening bracket | remove the bracket"),
        (
            "a: - b\n",
            "1:4 - b | a list cannot start inside a line | start the list on the next line, or put the text into quotes",
        ),
        (
            "\"a\": - b\n",
            "1:6 - b | a list cannot start inside a line | start the list on the next line, or put the text into quotes",
        ),
        (
            "a: {b: c} d\n",
            "1:11 d | the line continues after the value | remove the rest of the line, or put the whole value into quotes",
        ),
        ("... a\n", "1:1 . | `...` ends a document, but no document precedes it | remove the line"),
        (
            "a: [\n  \"b\",\n  \"c\"\n  \"d\"\n]\n",
            "4:3 \"d\" | a comma or `]` is missing before this | separate the values by commas, and put a value with a colon or a comma into quotes",
        ),
        (
            "{\n\t\"a\": \"b\"\n\t\"c\": \"d\"\n}\n",
            "3:2 \"c\": | a comma or `}` is missing before this | separate the values by commas, and put a value with a colon or a comma into quotes",
        ),
        (
            "a: {\n  b: c\n  d: e\n}\n",
            "3:3 d: | a comma or `}` is missing before this | separate the values by commas, and put a value with a colon or a comma into quotes",
        ),
        (
            "a: [\n  - b\n]\n",
            "2:3 - | items in brackets have no dash | remove the dash, and separate the items by commas",
        ),
        (
            "a: [b, - c]\n",
            "1:8 - | items in brackets have no dash | remove the dash, and separate the items by commas",
        ),
        ("a: [b, c}\n", "1:9 } | this does not close the bracket `[` | write `]` in its place"),
        (
            "a: {: b}\n",
            "1:5 : | a key is missing before this colon | write a key, or put a text with a colon into quotes",
        ),
        ("a b\nc: d\n", "1:1 a b | a colon is missing after `a` | write `a: b`"),
        ("a: b\nc= d\n", "2:1 c= d | write a colon and a space after a key instead of `=` | write `c: d`"),
        ("a: b\n-c\n", "2:1 -c | a space is missing after the dash | write `- c`"),
        (
            "{a: b: c}\n",
            "1:6 : | a comma or `}` is missing before this | separate the values by commas, and put a value with a colon or a comma into quotes",
        ),
        ("a: &a {}\nb:\n  c: d\n  <<*a\n", "4:3 <<*a | a colon is missing after `<<` | write `<<: *a`"),
        (
            "a: b\n<<<<<<< HEAD\nc: d\n",
            "2:1 <<<<<<< HEAD | this line is a merge conflict marker of Git | resolve the conflict, and remove the line",
        ),
        (
            "'a: b\nc: 'd'\n",
            "1:1 'a: b | the quote ' is not closed on its line | write ' at the end of the text",
        ),
        (
            "\"a\" \"b\": c\n",
            "1:1 \"a\" \" | the line continues after the closing quote \" | close every quote, and write \\\" for \" inside the value",
        ),
        ("a: {{ .Names }}\n", "1:4 {{ | `{{` starts two mappings | put the whole value into quotes"),
        ("{{ a }}: b\n", "1:1 {{ | `{{` starts two mappings | put the whole value into quotes"),
        ("a: }\n", "1:4 } | `}` has no opening bracket | remove the character, or put the value into quotes"),
        (
            "a: [b,, c]\n",
            "1:7 , | a value is missing before this comma | remove the character, or put the value into quotes",
        ),
        (
            "a: *b:c\n",
            "1:4 *b | no anchor `&b` is defined before this alias | define the anchor, or put the text into quotes if it is not an alias",
        ),
        ("a: * * * * *\n", "1:4 * | a value cannot start with `*` | put the value into quotes"),
        ("a: [b, c", "1:4 [b, c | the bracket `[` is not closed | write `]` at the end of the value"),
        (
            "a: b # c\n  d\n",
            "2:3 d | the value of `a` ends before this line | start the line at the first column to align with `a`",
        ),
        (
            "a: \"b\" # c\n  d: e\n",
            "2:3 d: | the value of `a` ends before this line | start the line at the first column to align with `a`",
        ),
        ("a: b\rc d\re: f\r", "1:6 c d | a colon is missing after `c` | write `c: d`"),
        (
            "-\tb\n",
            "1:2 \t | this line is indented by a tab: YAML allows only spaces | replace the tab by spaces",
        ),
        (
            "? [a]\n: b\n",
            "1:3 [ | a key cannot be a list or a mapping | put the key into quotes if it is a string",
        ),
    ] {
        assert_eq!(said(text), expected);
    }
}

use super::{EnvText, read, read_raw};
use crate::environment::{Budget, Environment, Variable};
use crate::tree::Origin;

fn vars(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut vars = Environment::default();
    let outer =
        |name: &str| (name == "OUTER").then(|| Variable { value: "out".into(), origin: Origin::Process });
    read(EnvText { text, file: 0 }, &mut vars, &outer, &Budget::default()).map_err(|error| error.message)?;
    Ok(vars.iter().map(|(name, variable)| (name.to_string(), variable.value.to_string())).collect())
}

#[test]
fn every_form_of_a_line_is_parsed() {
    for (text, value) in [
        ("A=b", "b"),
        ("export A = b # note\n", "b"),
        ("A: b", "b"),
        ("A='$x \\n'", "$x \\n"),
        ("A=\"x\\ty\\\\z\\$W\"", "x\ty\\z$W"),
        ("A=\"two\nlines\" # note", "two\nlines"),
        ("\u{feff}A=b#c\r\n", "b#c"),
        ("A=${OUTER}-${MISSING:-d}", "out-d"),
        ("A=\"\\0101\"", "A"),
    ] {
        assert_eq!(vars(text), Ok(vec![("A".to_owned(), value.to_owned())]), "{text}");
    }
    assert_eq!(vars("OUTER\nNONE\n"), Ok(vec![("OUTER".to_owned(), "out".to_owned())]));
    for text in ["A B=c", "A?=c", "A=\"open", "export "] {
        assert!(vars(text).is_err(), "{text}");
    }
}

#[test]
fn raw_values_are_not_parsed() {
    let raw = |text: &str| {
        let mut vars = Environment::default();
        let budget = Budget::default();
        read_raw(EnvText { text, file: 0 }, &mut vars, &|_| None, &budget).map_err(|error| error.message)?;
        let place = |variable: &Variable| match variable.origin {
            Origin::File(place) => text[place.start as usize..place.end as usize].to_owned(),
            _ => String::new(),
        };
        Ok(vars.iter().map(|(_, variable)| (place(variable), variable.value.to_string())).collect())
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let read = raw("\u{feff}A='b' # $c \r\n# note\n\n  D==\r\r\nNONE\n");
    assert_eq!(read, Ok(vec![pair("A", "'b' # $c "), pair("D", "=\r")]));
    assert_eq!(raw("A=b\n=c"), Err("the name before `=` is missing".to_owned()));
    assert_eq!(raw("A =b"), Err("the name `A ` contains a space".to_owned()));
}

#[test]
fn a_message_has_the_place_of_the_value_with_its_quotes() {
    for (text, value) in [("A= x$U # y", "x$U"), ("A=\"\\t\\$\\$ü$U\" # y", "\"\\t\\$\\$ü$U\"")] {
        let mut vars = Environment::default();
        let warnings = read(EnvText { text, file: 0 }, &mut vars, &|_| None, &Budget::default()).unwrap();
        let place = warnings[0].place;
        assert_eq!(text.get(place.start as usize..place.end as usize), Some(value));
    }
}

#[test]
fn a_variable_has_the_place_of_its_name() {
    let text = "export \t A = b\nexport C='d'\n";
    let mut vars = Environment::default();
    read(EnvText { text, file: 0 }, &mut vars, &|_| None, &Budget::default()).unwrap();
    let places = vars.iter().map(|(_, variable)| match variable.origin {
        Origin::File(place) => &text[place.start as usize..place.end as usize],
        _ => "",
    });
    assert_eq!(places.collect::<Vec<_>>(), ["A", "C"]);
}

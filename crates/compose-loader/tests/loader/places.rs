//! Places of values, and the variables that supplied them.

use compose_loader::{Input, MemoryFiles, Node, Origin, Request, Sources, Value, load};

const TEXT: &str = r#"
services:
  web:
    image: nginx
    ports: ["127.0.0.1:8080:80/udp", 90, "${PORT}:70", '[::1]:1-2:3-4']
    volumes: [data:/var/lib:ro, "/abs/${WORD}:/srv/"]
    devices: [/dev/a:/dev/b]
    command: sh -c 'echo ${WORD} b' "c d"
    entrypoint: a\ b c
    environment:
      - A=b
      - "C=d${WORD}"
volumes: {data: {}}
"#;

#[test]
fn parts_of_short_forms_have_places_and_variables() {
    let mut request = Request { working_dir: "/p".into(), default_name: "p".into(), ..Request::default() };
    request.environment.set("PORT", "77", Origin::Process);
    request.environment.set("WORD", "w x", Origin::Process);
    request.files.push(Input { path: "/p/compose.yaml".into(), text: Some(TEXT.to_owned()) });
    let loaded = load(&request, &MemoryFiles::default());
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    let project = loaded.project.unwrap();
    let web = project.service("web").unwrap();
    for (path, expected) in [
        ("ports.0.host_ip", "127.0.0.1"),
        ("ports.0.published", "8080"),
        ("ports.0.target", "80"),
        ("ports.0.protocol", "udp"),
        ("ports.1.target", "90"),
        // A string with a variable has the place of the whole string.
        ("ports.2.published", "\"${PORT}:70\" PORT:0..2"),
        ("ports.2.target", "\"${PORT}:70\""),
        ("ports.3.host_ip", "[::1]"),
        ("ports.3.published", "1-2"),
        ("volumes.0.source", "data"),
        ("volumes.0.target", "/var/lib"),
        ("volumes.1.source", "\"/abs/${WORD}:/srv/\" WORD:5..8"),
        ("volumes.1.target", "\"/abs/${WORD}:/srv/\""),
        ("command.0", "sh -c 'echo ${WORD} b' \"c d\""),
        ("command.2", "sh -c 'echo ${WORD} b' \"c d\" WORD:5..8"),
        ("entrypoint.0", "a\\ b"),
        ("entrypoint.1", "c"),
        ("environment.A", "b"),
        ("environment.C", "\"C=d${WORD}\" WORD:1..4"),
    ] {
        let node = path.split('.').try_fold(web, step).expect(path);
        assert_eq!(shown(node, &loaded.sources), expected, "{path}");
    }
}

/// A folded or escaped string can have the length of its source, and still differ from it.
#[test]
fn a_part_of_a_folded_or_escaped_string_has_the_place_of_the_whole() {
    for written in ["a\n b\n c:/d", r#""\L\L:/d""#, "'a''b:/d'", "data:/d", "'data:/d'"] {
        let text = format!("services: {{web: {{image: a, volumes: [{written}]}}}}\nvolumes: {{data: {{}}}}");
        let mut request =
            Request { working_dir: "/p".into(), default_name: "p".into(), ..Request::default() };
        request.stages.consistency = false;
        request.files.push(Input { path: "/p/compose.yaml".into(), text: Some(text) });
        let loaded = load(&request, &MemoryFiles::default());
        let project = loaded.project.unwrap_or_else(|| panic!("{written}: {:?}", loaded.diagnostics));
        let target = "volumes.0.target".split('.').try_fold(project.service("web").unwrap(), step).unwrap();
        let expected = if written.contains("data") { "/d" } else { written };
        assert_eq!(shown(target, &loaded.sources), expected);
    }
}

#[test]
fn an_invalid_variable_in_a_name_of_several_lines_has_the_place_of_the_name() {
    let mut request = Request { working_dir: "/p".into(), default_name: "p".into(), ..Request::default() };
    let text = "name: a ${B-\n  r \u{71a}\nservices: {}\n".to_owned();
    request.files.push(Input { path: "/p/compose.yaml".into(), text: Some(text) });
    let loaded = load(&request, &MemoryFiles::default());
    let place = loaded.diagnostics.iter().find(|error| error.id == "invalid-interpolation").unwrap().place;
    assert_eq!(shown(&Node::new(Value::Null, place), &loaded.sources), "a ${B-\n  r \u{71a}");
}

fn step<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match key.parse::<usize>() {
        Ok(index) => node.as_list()?.get(index),
        Err(_) => node.get(key),
    }
}

/// Returns the text at the place of a node, and the variables of its value.
fn shown(node: &Node, sources: &Sources) -> String {
    let text = &sources.get(node.place).expect("a node has a place").text;
    let mut shown = text[node.place.start as usize..node.place.end as usize].to_owned();
    for part in node.trace.iter().flat_map(|parts| parts.iter()) {
        shown += &format!(" {}:{}..{}", part.variable, part.start, part.end);
    }
    shown
}

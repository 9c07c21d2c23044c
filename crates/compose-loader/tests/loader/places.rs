//! Where each part of a project stands, and which variable supplied it.

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
fn each_part_of_a_short_form_knows_where_it_stands_and_what_supplied_it() {
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
        // What a variable changes has the whole text as its place.
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
        assert_eq!(told(node, &loaded.sources), expected, "{path}");
    }
}

/// A text that is folded or escaped may be as long as it would be without, and still stands otherwise.
#[test]
fn the_place_within_a_text_that_does_not_read_as_it_is_written_is_the_whole_text() {
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
        assert_eq!(told(target, &loaded.sources), expected);
    }
}

#[test]
fn a_name_of_several_lines_is_shown_whole_where_a_variable_in_it_is_wrong() {
    let mut request = Request { working_dir: "/p".into(), default_name: "p".into(), ..Request::default() };
    let text = "name: a ${B-\n  r \u{71a}\nservices: {}\n".to_owned();
    request.files.push(Input { path: "/p/compose.yaml".into(), text: Some(text) });
    let loaded = load(&request, &MemoryFiles::default());
    let place = loaded.diagnostics.iter().find(|said| said.id == "invalid-interpolation").unwrap().place;
    assert_eq!(told(&Node::new(Value::Null, place), &loaded.sources), "a ${B-\n  r \u{71a}");
}

fn step<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match key.parse::<usize>() {
        Ok(index) => node.as_list()?.get(index),
        Err(_) => node.get(key),
    }
}

/// The text at the node's place, and the variables of the node's value.
fn told(node: &Node, sources: &Sources) -> String {
    let text = &sources.get(node.place).expect("a node has a place").text;
    let mut told = text[node.place.start as usize..node.place.end as usize].to_owned();
    for part in node.trace.iter().flat_map(|parts| parts.iter()) {
        told += &format!(" {}:{}..{}", part.variable, part.start, part.end);
    }
    told
}

//! The duration of a conversion.

use std::fmt::Write;
use std::time::{Duration, Instant};

use compose_loader::{Input, MemoryFiles, Request, load};
use stackwright::convert::output::{Secrets, manifests};
use stackwright::convert::{Options, convert};

use crate::growth::processor_time;

/// The limit is 100 ms for a release build. A debug build is slower.
#[test]
fn a_project_of_100_services_and_200_files_converts_at_once() {
    let mut files = MemoryFiles::default();
    let mut text = "name: large\nservices:\n".to_owned();
    for number in 0..100 {
        let mounts: String =
            (0..2).map(|file| format!("      - ./f{number}-{file}.conf:/etc/f{file}.conf:ro\n")).collect();
        writeln!(
            text,
            "  s{number}:\n    image: a:{number}\n    environment: {{DB_PASSWORD: secret{number}x, URL: \"http://s{}:80\"}}\n    \
             ports: [\"{}:80\"]\n    healthcheck: {{test: [CMD, \"true\"]}}\n    volumes:\n      - data{number}:/data\n{mounts}",
            (number + 1) % 100,
            8000 + number
        )
        .unwrap();
        for file in 0..2 {
            files.add(format!("/p/f{number}-{file}.conf"), format!("setting = {number}\n").repeat(40));
        }
    }
    text.push_str("volumes:\n");
    (0..100).for_each(|number| writeln!(text, "  data{number}: {{}}").unwrap());
    files.add("/p/compose.yaml", text);
    let request = Request {
        files: vec![Input { path: "/p/compose.yaml".to_owned(), text: None }],
        working_dir: "/p".to_owned(),
        ..Request::default()
    };
    let loaded = load(&request, &files);
    let project = loaded.project.unwrap();
    let begin = Instant::now();
    let converted = convert(&project, &files, &Options::default());
    let written = manifests(&converted, Secrets::Plain).unwrap();
    let taken = begin.elapsed();
    println!("{} manifests in {taken:?}", written.len());
    assert_eq!(converted.refused(&[]).count(), 0);
    let bar = if cfg!(debug_assertions) { 4000 } else { 100 };
    assert!(taken < Duration::from_millis(bar), "{taken:?}");
}

/// Returns the processor time of a conversion.
fn time(text: &str) -> Duration {
    let mut files = MemoryFiles::default();
    files.add("/p/compose.yaml", text);
    let request = Request {
        files: vec![Input { path: "/p/compose.yaml".to_owned(), text: None }],
        working_dir: "/p".to_owned(),
        ..Request::default()
    };
    let project = load(&request, &files).project.unwrap();
    processor_time(|| {
        let converted = convert(&project, &files, &Options::default());
        assert!(!converted.entries.is_empty());
    })
}

/// Four times the input takes four times as long if the work is linear, and 16 times if it is quadratic.
fn grows_with_its_input(project: impl Fn(usize) -> String, small: usize) {
    let (one, four) = (time(&project(small)), time(&project(4 * small)));
    println!("{small}: {one:?}, {}: {four:?}", 4 * small);
    assert!(four < one * 9, "{one:?} for {small}, {four:?} for four times as much");
}

#[test]
fn the_ports_in_many_texts_of_services_on_the_hosts_network_are_found_in_linear_time() {
    let project = |texts: usize| {
        let mut text = "name: large\nservices:\n".to_owned();
        for service in 0..20 {
            writeln!(text, "  s{service}:\n    image: a:1\n    network_mode: host\n    environment:")
                .unwrap();
            for number in 0..texts {
                let port = 1024 + service * 1500 + number;
                writeln!(text, "      URL_{number}: http://localhost:{port}").unwrap();
            }
        }
        text
    };
    grows_with_its_input(project, 200);
}

#[test]
fn one_alias_in_many_spellings_is_compared_in_linear_time() {
    let project = |spellings: usize| {
        let mut text = "name: large\nservices:\n".to_owned();
        for service in 0..2 {
            writeln!(text, "  s{service}:\n    image: a:1\n    networks:\n      default:\n        aliases:")
                .unwrap();
            for number in 0..spellings {
                let letter = |bit: usize| if number >> bit & 1 == 1 { 'A' } else { 'a' };
                writeln!(text, "          - {}", (0..16).map(letter).collect::<String>()).unwrap();
            }
        }
        text
    };
    grows_with_its_input(project, 1000);
}

//! Unusual bytes and characters.

use super::{LARGE, Project};

const SERVICE: &str = "services: {web: {image: nginx}}\n";

#[test]
fn nul_and_other_control_characters_are_rejected() {
    Project::of("services: {web: {image: \"a\0b\"}}").rejected("yaml-control-character");
    Project::long("", "\0", 9 << 20, "").rejected("yaml-control-character");
    let said = Project::long("x-a: ", "a", 9 << 20, "\0").rejected("yaml-control-character");
    assert!(said.contains("compose.yaml:1:9437190: control character"), "{said}");
    Project::of("services: {web: {image: \"a\u{1b}[31mb\"}}").rejected("yaml-control-character");
}

#[test]
fn invalid_utf_8_is_rejected_with_its_line() {
    let mut text = b"services:\n  web:\n    image: ".to_vec();
    text.extend([0xff, 0xfe, b'\n']);
    let said = Project::of(text).rejected("not-utf8");
    assert!(said.contains("line 3"), "{said}");
    Project::of(vec![0xc3u8; 9 << 20]).rejected("not-utf8");
}

#[test]
fn a_variable_of_invalid_utf_8_costs_as_much_as_a_text() {
    let quoted = |size: usize| [b"A='".to_vec(), vec![0xff; size], b"'\n".to_vec()].concat();
    let project = Project::of(SERVICE);
    project.file(".env", quoted(3 << 20)).loads();
    assert!(project.file(".env", quoted(9 << 20)).rejected("missing-env-file").contains("line 1"));
}

#[test]
fn utf_16_loads_and_half_a_character_is_rejected() {
    let utf_16 = |text: &str| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>()
    };
    assert!(Project::of(utf_16(SERVICE)).loads().contains("image: nginx"));
    Project::of(utf_16(&format!("{SERVICE}#{}", "b".repeat(4 << 20)))).loads();
    Project::of([utf_16(SERVICE), vec![b'a']].concat()).rejected("not-utf8");
    Project::of([utf_16(SERVICE), vec![0x00, 0xd8]].concat()).rejected("not-utf8");
}

#[test]
fn a_byte_order_mark_and_carriage_returns_load() {
    assert!(Project::of(format!("\u{feff}{SERVICE}")).loads().contains("image: nginx"));
    let output = Project::of("services:\r\n  web:\r\n    image: nginx\r\n").loads();
    assert!(output.contains("image: nginx\n"), "{output}");
}

#[test]
fn tabs_in_the_indentation_are_rejected() {
    Project::of("services:\n\tweb:\n\t\timage: nginx\n").rejected("yaml-syntax");
    Project::long("", "\t", 9 << 20, "").rejected("yaml-syntax");
}

#[test]
fn a_file_over_10_mib_is_rejected_unread() {
    let project = Project::new();
    let path = project.folder().join("compose.yaml");
    // The file is sparse and reads as zeros.
    std::fs::File::create(path).unwrap().set_len(50 << 20).unwrap();
    let said = project.rejected("unreadable-file");
    assert!(said.contains("larger than 10 MiB"), "{said}");
}

#[test]
fn a_message_of_a_line_of_9_mib_is_short() {
    let wrong = |before: &str, after: &str, id: &str| {
        let said = Project::long(before, "b", 9 << 20, after).rejected(id);
        assert!(said.len() < 20_000, "{} bytes are said of {before}{after}", said.len());
    };
    wrong("services: {}\n", "\nc: d\n", "yaml-syntax");
    wrong("x-a", "\n  c: d\n", "yaml-syntax");
    wrong("x-a: ", "\n  c: d\n", "yaml-syntax");
    wrong("x-a: *", "\n", "yaml-syntax");
    wrong("", ": c\n", "unknown-key");
}

#[test]
fn a_text_of_millions_of_lines_loads() {
    Project::long(&format!("{SERVICE}x-a: \""), "a\n", 4_700_000, "\"").loads_within(LARGE);
    Project::long(&format!("{SERVICE}x-a:"), "\n a", 3_100_000, "").loads_within(LARGE);
}

#[test]
fn a_line_of_9_mib_loads() {
    let line = |before: &str, after: &str| Project::long(before, "a", 9 << 20, after).loads();
    line(&format!("{SERVICE}x-a: "), "");
    line(&format!("{SERVICE}x-a: \""), "\"");
    line(&format!("{SERVICE}# "), "");
    line("services: {web: {image: nginx, command: ", "}}");
}

#[test]
fn an_error_in_a_long_line_shows_a_part_of_the_line() {
    let long = "a, ".repeat(30_000);
    let said = Project::of(format!("services: {{web: {{image: nginx, dns: [{long} ], imge: x}}}}"))
        .rejected("unknown-key");
    assert!(said.len() < 20_000, "{} bytes", said.len());
}

#[test]
fn long_keys_load_or_are_rejected() {
    let long = "a".repeat(1 << 20);
    Project::of(format!("services:\n  ? {long}\n  : image: nginx\n")).loads();
    Project::of(format!("{SERVICE}? {long}\n: 1\n")).rejected("unknown-key");
    Project::of(format!("services: {{web: {{image: nginx, {}: 1}}}}", &long[..1000])).rejected("unknown-key");
}

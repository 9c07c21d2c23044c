//! YAML that expands to many values.

use std::fmt::Write;

use super::{LARGE, Project};

/// A service, which makes the file a valid project.
const SERVICE: &str = "services: {web: {image: nginx}}\n";

#[test]
fn an_alias_bomb_is_rejected() {
    let mut text = String::from("x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(text, "x-{level}: &a{level} [{aliases}]");
    }
    Project::of(text + SERVICE).rejected("too-many-aliases");
}

#[test]
fn a_merge_key_bomb_is_rejected() {
    let mut text = String::from("x-0: &a0 {k0: v, l0: v}\n");
    for level in 1..40 {
        let before = level - 1;
        let _ = writeln!(
            text,
            "x-{level}: &a{level} {{<<: [*a{before}, *a{before}], k{level}: {{<<: *a{before}}}, l{level}: {{<<: *a{before}}}}}"
        );
    }
    Project::of(text + SERVICE).rejected("too-many-aliases");
}

#[test]
fn aliases_just_below_the_limit_load() {
    let mut text = String::from("x-0: &a [");
    text.push_str(&"v, ".repeat(1_500));
    text.push_str("]\n");
    for number in 1..40 {
        let _ = writeln!(text, "x-{number}: [*a]");
    }
    Project::of(text + SERVICE).loads();
}

#[test]
fn collections_nested_100000_deep_are_rejected() {
    let depth = 100_000;
    for text in [
        format!("x-a: {}{}", "[".repeat(depth), "]".repeat(depth)),
        format!("x-a: {}", "{a: ".repeat(depth)),
        format!("x-a: {}", "[".repeat(depth)),
        "- ".repeat(depth),
    ] {
        Project::of(text).rejected("yaml-syntax");
    }
    Project::of("? ".repeat(depth)).rejected("non-string-key");
}

#[test]
fn deeply_nested_blocks_are_rejected() {
    let mut text = String::new();
    for depth in 0..3_000 {
        let _ = writeln!(text, "{}x-a:", " ".repeat(depth));
    }
    Project::of(text).rejected("yaml-syntax");
}

#[test]
fn repeated_keys_are_rejected() {
    let text = SERVICE.to_owned() + &"x-a: 1\n".repeat(200_000);
    Project::of(text).rejected("duplicate-key");
}

#[test]
fn many_reset_keys_load() {
    let mut text = SERVICE.to_owned();
    for number in 0..40_000 {
        let _ = writeln!(text, "x-{number}: !reset null");
    }
    Project::of(text).loads();
}

#[test]
fn many_unused_anchors_load() {
    let mut text = SERVICE.to_owned();
    for number in 0..40_000 {
        let _ = writeln!(text, "x-{number}: &a{number} [1]");
    }
    Project::of(text).loads_within(LARGE);
}

#[test]
fn an_anchor_with_many_aliases_loads() {
    let mut text = String::from("x-a: &a {a: 1}\n") + SERVICE;
    for number in 0..20_000 {
        let _ = writeln!(text, "x-{number}: *a");
    }
    Project::of(text).loads();
}

#[test]
fn nested_anchors_load() {
    let mut text = SERVICE.to_owned() + "x-a: ";
    for number in 0..200 {
        let _ = write!(text, "&a{number} {{k: ");
    }
    text.push('1');
    text.push_str(&"}".repeat(200));
    Project::of(text).loads();
}

#[test]
fn nested_aliases_are_as_deep_as_brackets_at_most() {
    let chain = |links: usize| {
        let mut text = SERVICE.to_owned() + "x-0: &a0 [1]\n";
        for link in 1..links {
            let _ = writeln!(text, "x-{link}: &a{link} [*a{}]", link - 1);
        }
        Project::of(text)
    };
    chain(200).loads();
    chain(5_000).rejected("too-many-aliases");
}

#[test]
fn nested_anchors_of_millions_of_values_are_rejected() {
    let mut text = SERVICE.to_owned() + "x-a: ";
    for number in 0..200 {
        let _ = write!(text, "&a{number} {{k: ");
    }
    text.push_str(&format!("[{}]{}", "1, ".repeat(90_000), "}".repeat(200)));
    Project::of(text).rejected("too-many-aliases");
}

#[test]
fn many_deep_resets_are_rejected() {
    let text = format!("x-a: {}[{}]{}", "{a: ".repeat(200), "!reset 1, ".repeat(80_000), "}".repeat(200));
    Project::of(text).rejected("too-many-aliases");
}

#[test]
fn a_hundred_documents_load_and_more_are_rejected() {
    Project::long("", &format!("{SERVICE}---\n"), 99, SERVICE).loads();
    Project::long("", &format!("{SERVICE}---\n"), 100_000, SERVICE).rejected("too-many-documents");
}

#[test]
fn documents_that_together_copy_millions_of_values_are_rejected() {
    let mut text = format!("{SERVICE}x-a: &a [{}]\n", "1, ".repeat(1_500));
    for number in 0..62 {
        let _ = writeln!(text, "x-{number}: *a");
    }
    Project::long("", &format!("{text}---\n"), 95, SERVICE).rejected("too-many-aliases");
}

#[test]
fn documents_with_millions_of_values_in_total_are_rejected() {
    let text = format!("{SERVICE}x-a: [{}]\n---\n", "1,".repeat(40_000));
    Project::long("", &text, 95, SERVICE).rejected("too-many-values");
}

#[test]
fn directives_are_bounded() {
    let mut text = String::new();
    for number in 0..400_000 {
        let _ = writeln!(text, "%TAG !{number}! tag:{number}:");
    }
    Project::of(text + "---\n" + SERVICE).rejected("yaml-syntax");
}

#[test]
fn many_markers_between_documents_load() {
    Project::long(SERVICE, "...\n", 2_000_000, "---\nx-a: 1\n").loads();
}

#[test]
fn millions_of_values_are_rejected() {
    Project::long(&format!("{SERVICE}x-a: ["), "1, ", 2_000_000, "]").rejected("too-many-values");
}

#[test]
fn a_list_of_90000_entries_loads() {
    let mut text = String::from("services:\n  web:\n    image: nginx\n    environment:\n");
    for number in 0..45_000 {
        let _ = writeln!(text, "      - NAME_{number}=value");
    }
    text.push_str("    expose:\n");
    for number in 0..45_000 {
        let _ = writeln!(text, "      - \"{number}\"");
    }
    Project::of(text).loads_within(LARGE);
}

#[test]
fn a_mapping_of_90000_entries_loads() {
    let mut text = String::from("services:\n  web:\n    image: nginx\n    labels:\n");
    for number in 0..90_000 {
        let _ = writeln!(text, "      name-{number}: value");
    }
    Project::of(text).loads_within(LARGE);
}

//! YAML that is made to grow.

use std::fmt::Write;

use super::{LARGE, Project};

/// A service, so that a project is none the less one.
const SERVICE: &str = "services: {web: {image: nginx}}\n";

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(text, "x-{level}: &a{level} [{aliases}]");
    }
    Project::of(text + SERVICE).refused("too-many-aliases");
}

#[test]
fn a_merge_key_bomb_is_refused() {
    let mut text = String::from("x-0: &a0 {k0: v, l0: v}\n");
    for level in 1..40 {
        let before = level - 1;
        let _ = writeln!(
            text,
            "x-{level}: &a{level} {{<<: [*a{before}, *a{before}], k{level}: {{<<: *a{before}}}, l{level}: {{<<: *a{before}}}}}"
        );
    }
    Project::of(text + SERVICE).refused("too-many-aliases");
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
fn nesting_of_100000_is_refused() {
    let depth = 100_000;
    for text in [
        format!("x-a: {}{}", "[".repeat(depth), "]".repeat(depth)),
        format!("x-a: {}", "{a: ".repeat(depth)),
        format!("x-a: {}", "[".repeat(depth)),
        "- ".repeat(depth),
    ] {
        Project::of(text).refused("yaml-syntax");
    }
    Project::of("? ".repeat(depth)).refused("non-string-key");
}

#[test]
fn blocks_nested_by_indentation_are_refused() {
    let mut text = String::new();
    for depth in 0..3_000 {
        let _ = writeln!(text, "{}x-a:", " ".repeat(depth));
    }
    Project::of(text).refused("yaml-syntax");
}

#[test]
fn repeated_keys_are_refused_at_once() {
    let text = SERVICE.to_owned() + &"x-a: 1\n".repeat(200_000);
    Project::of(text).refused("duplicate-key");
}

#[test]
fn many_keys_that_are_reset_cost_no_more_than_others() {
    let mut text = SERVICE.to_owned();
    for number in 0..40_000 {
        let _ = writeln!(text, "x-{number}: !reset null");
    }
    Project::of(text).loads();
}

#[test]
fn many_anchors_that_are_never_used_load() {
    let mut text = SERVICE.to_owned();
    for number in 0..40_000 {
        let _ = writeln!(text, "x-{number}: &a{number} [1]");
    }
    Project::of(text).loads_within(LARGE);
}

#[test]
fn an_anchor_that_is_used_everywhere_loads() {
    let mut text = String::from("x-a: &a {a: 1}\n") + SERVICE;
    for number in 0..20_000 {
        let _ = writeln!(text, "x-{number}: *a");
    }
    Project::of(text).loads();
}

#[test]
fn an_anchor_around_an_anchor_around_an_anchor_loads() {
    let mut text = SERVICE.to_owned() + "x-a: ";
    for number in 0..200 {
        let _ = write!(text, "&a{number} {{k: ");
    }
    text.push('1');
    text.push_str(&"}".repeat(200));
    Project::of(text).loads();
}

#[test]
fn aliases_within_anchors_of_aliases_nest_no_deeper_than_brackets() {
    let chain = |links: usize| {
        let mut text = SERVICE.to_owned() + "x-0: &a0 [1]\n";
        for link in 1..links {
            let _ = writeln!(text, "x-{link}: &a{link} [*a{}]", link - 1);
        }
        Project::of(text)
    };
    chain(200).loads();
    chain(5_000).refused("too-many-aliases");
}

#[test]
fn anchors_around_anchors_that_keep_millions_of_values_are_refused() {
    let mut text = SERVICE.to_owned() + "x-a: ";
    for number in 0..200 {
        let _ = write!(text, "&a{number} {{k: ");
    }
    text.push_str(&format!("[{}]{}", "1, ".repeat(90_000), "}".repeat(200)));
    Project::of(text).refused("too-many-aliases");
}

#[test]
fn resets_deep_within_a_project_are_bounded() {
    let text = format!("x-a: {}[{}]{}", "{a: ".repeat(200), "!reset 1, ".repeat(80_000), "}".repeat(200));
    Project::of(text).refused("too-many-aliases");
}

#[test]
fn many_documents_load_and_more_are_refused() {
    Project::long("", &format!("{SERVICE}---\n"), 99, SERVICE).loads();
    Project::long("", &format!("{SERVICE}---\n"), 100_000, SERVICE).refused("too-many-documents");
}

#[test]
fn documents_that_copy_millions_of_values_together_are_refused() {
    let mut text = format!("{SERVICE}x-a: &a [{}]\n", "1, ".repeat(1_500));
    for number in 0..62 {
        let _ = writeln!(text, "x-{number}: *a");
    }
    Project::long("", &format!("{text}---\n"), 95, SERVICE).refused("too-many-aliases");
}

#[test]
fn documents_that_hold_millions_of_values_together_are_refused() {
    let text = format!("{SERVICE}x-a: [{}]\n---\n", "1,".repeat(40_000));
    Project::long("", &text, 95, SERVICE).refused("too-many-values");
}

#[test]
fn directives_are_bounded() {
    let mut text = String::new();
    for number in 0..400_000 {
        let _ = writeln!(text, "%TAG !{number}! tag:{number}:");
    }
    Project::of(text + "---\n" + SERVICE).refused("yaml-syntax");
}

#[test]
fn many_markers_between_documents_load() {
    Project::long(SERVICE, "...\n", 2_000_000, "---\nx-a: 1\n").loads();
}

#[test]
fn more_values_than_a_project_ever_has_are_refused() {
    Project::long(&format!("{SERVICE}x-a: ["), "1, ", 2_000_000, "]").refused("too-many-values");
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

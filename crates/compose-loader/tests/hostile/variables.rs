//! Variables and env files that grow, and long command lines.

use std::fmt::Write;

use super::{LARGE, Project};

#[test]
fn variables_that_double_with_each_line_are_rejected() {
    let mut env = String::from("A0=xxxxxxxxxxxxxxxx\n");
    for number in 1..64 {
        let _ = writeln!(env, "A{number}=${{A{0}}}${{A{0}}}", number - 1);
    }
    let project = Project::of("services: {a: {image: \"${A63}\"}}");
    project.file(".env", &env);
    project.rejected("too-much-text");
    let project = Project::of("services: {a: {image: a, env_file: a.env}}");
    project.file("a.env", env);
    project.rejected("too-much-text");
}

#[test]
fn a_variable_that_uses_itself_has_its_earlier_value() {
    let project = Project::of("services: {a: {image: \"a:${A}\"}}");
    project.file(".env", "A=${A}x\nA=${A}y\n");
    assert!(project.loads().contains("image: a:xy"));
}

#[test]
fn deeply_nested_forms_are_rejected() {
    let depth = 50_000;
    let text = format!("services: {{a: {{image: \"{}x{}\"}}}}", "${A:-".repeat(depth), "}".repeat(depth));
    Project::of(text).rejected("invalid-interpolation");
    let text = format!("services: {{a: {{image: \"{}\"}}}}", "${A:-".repeat(depth));
    Project::of(text).rejected("invalid-interpolation");
}

#[test]
fn a_text_of_dollars_loads() {
    Project::of(format!("services: {{a: {{image: a, hostname: \"{}\"}}}}", "$$".repeat(1 << 18))).loads();
    Project::of(format!("services: {{a: {{image: a, hostname: \"{}\"}}}}", "$${ ".repeat(1 << 18))).loads();
    Project::of(format!("services: {{a: {{image: a, hostname: \"{}\"}}}}", "${".repeat(1 << 18)))
        .rejected("invalid-interpolation");
}

#[test]
fn thousands_of_unset_variables_load() {
    let mut text = String::from("services:\n  a:\n    image: a\n    labels:\n");
    for number in 0..5_000 {
        let _ = writeln!(text, "      l{number}: ${{UNSET_{number}}}");
    }
    Project::of(text).loads();
}

#[test]
fn a_text_with_100000_uses_of_a_variable_loads() {
    let project =
        Project::of(format!("services: {{a: {{image: a, hostname: \"{}\"}}}}", "${A}".repeat(100_000)));
    project.file(".env", "A=x");
    project.loads();
}

#[test]
fn a_large_env_file_of_all_services_is_rejected() {
    let mut env = String::new();
    for number in 0..20_000 {
        let _ = writeln!(env, "NAME_{number}=value");
    }
    let mut text = String::from("services:\n");
    for number in 0..2_000 {
        let _ = writeln!(text, "  s{number}: {{image: a, env_file: a.env}}");
    }
    let project = Project::of(text);
    project.file("a.env", env);
    project.rejected("too-many-variables");
    let project = Project::of("services: {a: {image: a}}");
    project.file(".env", "A=b\n".repeat(1_000_000));
    project.rejected("too-many-variables");
}

#[test]
fn a_hundred_thousand_secrets_are_rejected_without_showing_one() {
    let project = Project::of("services: {a: {image: a, env_file: a.env}}");
    let mut env = String::new();
    for number in 0..120_000 {
        let _ = writeln!(env, "PASSWORD_{number}=hunter2-{number}");
    }
    let said = project.file("a.env", env).rejected_within(LARGE, "too-many-variables");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn thousands_of_env_files_load() {
    let project = Project::new();
    let mut text = String::from("services:\n  a:\n    image: a\n    env_file:\n");
    for number in 0..3_000 {
        let _ = writeln!(text, "      - env/{number}.env");
        project.file(&format!("env/{number}.env"), format!("NAME_{number}=value\n"));
    }
    project.file("compose.yaml", text);
    project.loads();
}

#[test]
fn long_command_lines_load_or_are_rejected() {
    let command =
        |text: &str| Project::of(format!("services:\n  a:\n    image: a\n    command: >-\n      {text}\n"));
    command(&"a ".repeat(50_000)).loads();
    command(&"'a' ".repeat(50_000)).loads();
    command(&"\\a".repeat(500_000)).loads();
    command(&format!("x{}", "\"a\"".repeat(500_000))).loads();
    command(&format!("x{}", "'".repeat(1_000_001))).rejected("invalid-command");
}

#[test]
fn a_large_variable_in_many_services_is_rejected() {
    // A value of 1 MiB in each of many services.
    let project = Project::new();
    project.file(".env", format!("BIG={}", "x".repeat(1 << 20)));
    let mut text = String::from("services:\n");
    for number in 0..1_000 {
        let _ = writeln!(text, "  s{number}: {{image: a, hostname: \"${{BIG}}\"}}");
    }
    project.file("compose.yaml", text);
    project.rejected("too-much-text");
}

//! Services, files and names that refer to each other.

use std::fmt::Write;

use super::{LARGE, Project};

#[test]
fn thirty_thousand_services_load() {
    let mut text = String::from("services:\n");
    for number in 0..30_000 {
        let _ = writeln!(text, "  s{number}: {{image: a}}");
    }
    Project::of(text).loads_within(LARGE);
}

#[test]
fn a_chain_of_15000_dependencies_loads() {
    let mut text = String::from("services:\n  s0: {image: a}\n");
    for number in 1..15_000 {
        let _ = writeln!(text, "  s{number}: {{image: a, depends_on: [s{}]}}", number - 1);
    }
    Project::of(text).loads_within(LARGE);
}

#[test]
fn a_cycle_of_15000_dependencies_is_rejected() {
    let mut text = String::from("services:\n");
    for number in 0..15_000 {
        let _ = writeln!(text, "  s{number}: {{image: a, depends_on: [s{}]}}", (number + 1) % 15_000);
    }
    let said = Project::of(text).rejected_within(LARGE, "dependency-cycle");
    assert!(said.len() < 20_000, "{} bytes", said.len());
}

#[test]
fn services_that_all_depend_on_all_load() {
    let names: Vec<String> = (0..200).map(|number| format!("s{number}")).collect();
    let mut text = String::from("services:\n");
    for (number, name) in names.iter().enumerate() {
        let _ = writeln!(text, "  {name}: {{image: a, depends_on: [{}]}}", names[..number].join(", "));
    }
    Project::of(text).loads();
}

#[test]
fn thousands_of_misspelled_names_are_rejected() {
    let mut text = String::from("services:\n");
    for number in 0..5_000 {
        let _ = writeln!(
            text,
            "  service-{number}: {{image: a, depends_on: [servise-{number}], networks: [nett-{number}]}}"
        );
    }
    text.push_str("networks:\n");
    for number in 0..5_000 {
        let _ = writeln!(text, "  net-{number}: {{}}");
    }
    Project::of(text).rejected("undefined-service");
}

#[test]
fn thousands_of_misspelled_keys_are_rejected() {
    let mut text = String::from("services:\n");
    for number in 0..20_000 {
        let _ = writeln!(text, "  s{number}: {{image: a, enviroment: {{}}, imagee: b}}");
    }
    Project::of(text).rejected("unknown-key");
}

#[test]
fn services_that_extend_each_other_in_a_cycle_are_rejected() {
    Project::of("services: {a: {extends: b}, b: {extends: a}}").rejected("extends-cycle");
    let project = Project::of("services: {a: {extends: {file: other.yaml, service: a}}}");
    project.file("other.yaml", "services: {a: {extends: {file: compose.yaml, service: a}}}");
    project.rejected("extends-cycle");
    let mut text = String::from("services:\n");
    for number in 0..15_000 {
        let _ = writeln!(text, "  s{number}: {{image: a, extends: s{}}}", (number + 1) % 15_000);
    }
    Project::of(text).rejected("extends-cycle");
}

#[test]
fn services_that_double_by_extending_are_bounded() {
    // Each service inherits all lists of the previous one.
    let mut text = String::from("services:\n  s0: {image: a, cap_add: [A, B], security_opt: [a, b, c]}\n");
    for number in 1..90 {
        let before = number - 1;
        let _ = writeln!(
            text,
            "  s{number}: {{extends: s{before}, cap_add: [X{number}], labels: {{l{number}: v}}}}"
        );
    }
    Project::of(text).loads();
}

#[test]
fn a_large_service_that_all_others_extend_loads() {
    let mut text = String::from("services:\n  base:\n    image: a\n    environment:\n");
    for number in 0..100 {
        let _ = writeln!(text, "      NAME_{number}: value");
    }
    for number in 0..500 {
        let _ = writeln!(text, "  s{number}: {{extends: base}}");
    }
    Project::of(text).loads();
}

#[test]
fn files_that_include_each_other_in_a_cycle_are_rejected() {
    Project::of("include: [compose.yaml]\nservices: {a: {image: a}}").rejected("include-cycle");
    let project = Project::of("include: [b.yaml]");
    project.file("b.yaml", "include: [compose.yaml]");
    project.rejected("include-cycle");
    let project = Project::of("include: [f0.yaml]");
    for number in 0..1_000 {
        project.file(&format!("f{number}.yaml"), format!("include: [f{}.yaml]", number + 1));
    }
    project.rejected("include-cycle");
}

#[test]
fn includes_that_branch_at_each_step_are_read_once() {
    let project = Project::of("include: [f0.yaml, f0.yaml]\nservices: {a: {image: a}}");
    for number in 0..30 {
        let next = number + 1;
        project.file(&format!("f{number}.yaml"), format!("include: [f{next}.yaml, f{next}.yaml]"));
    }
    project.file("f30.yaml", "services: {b: {image: b}}");
    project.loads();
}

#[test]
fn many_profiles_load() {
    let mut text = String::from("services:\n");
    for number in 0..5_000 {
        let _ = writeln!(text, "  s{number}: {{image: a, profiles: [p{number}, q{number}]}}");
    }
    let profiles: Vec<String> = (0..5_000).map(|number| format!("p{number}")).collect();
    let project = Project::of(text);
    project.file(".env", format!("COMPOSE_PROFILES={}", profiles.join(",")));
    project.loads();
}

#[test]
fn a_range_of_20000_ports_loads_and_a_larger_one_is_rejected() {
    Project::of("services: {a: {image: a, ports: [\"40000-59999:40000-59999/udp\"]}}").loads();
    Project::of("services: {a: {image: a, ports: [\"1-65535:1-65535\"]}}").rejected("too-many-ports");
}

#[test]
fn many_ranges_of_ports_are_rejected() {
    let ranges = vec!["\"1-65535:1-65535/udp\""; 3_000].join(", ");
    Project::of(format!("services: {{a: {{image: a, ports: [{ranges}]}}}}")).rejected("too-many-ports");
    let mut text = String::from("services:\n");
    for number in 0..3_000 {
        let _ = writeln!(text, "  s{number}: {{image: a, ports: [1-65535]}}");
    }
    Project::of(text).rejected("too-many-ports");
}

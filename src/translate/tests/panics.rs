//! No Stack that the definition allows ends its translation, its plan or its status, and none takes long by its
//! mistakes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use proptest::{collection, prelude::*};
use serde_json::{Value, json};

use self::arbitrary::{Choices, LIMITS, Shape, with_number};
use crate::translate::{Facts, Privilege, Privileges, ServerVersion, translate};
use crate::{
    api::{Stack, definition},
    growth::exponent,
    plan::{self, LastStatus, Observed},
    status::{self, Finding, Unfinished},
};

#[path = "../../../tests/support/arbitrary.rs"]
mod arbitrary;

/// What a pass makes of a Stack on an empty cluster that allows everything.
fn pass(stack: &Stack, minor: u32) {
    let facts = Facts {
        version: ServerVersion { minor },
        helper_image: Some("helper:1".to_owned()),
        privileges: Privileges(Privilege::ALL.into()),
        ..Facts::default()
    };
    let (observed, unfinished) = (Observed::default(), Unfinished::default());
    match translate(stack, &facts) {
        Ok(desired) => {
            let plan = plan::plan(&desired, &observed, &LastStatus::default());
            let finding = Finding::Planned {
                desired: &desired,
                plan: &plan,
                observed: &observed,
                unfinished: &unfinished,
            };
            status::status(stack, &stack.status.clone().unwrap_or_default(), finding, Timestamp::UNIX_EPOCH);
        }
        Err(invalid) => drop(status::status(
            stack,
            &stack.status.clone().unwrap_or_default(),
            Finding::Invalid(&invalid),
            Timestamp::UNIX_EPOCH,
        )),
    }
}

/// Texts and numbers for a field: some of each form that it allows, each also with the numbers at which types end.
fn samples(shape: &Shape) -> Vec<Value> {
    match shape {
        Shape::Number(least, most) => {
            let limits = LIMITS.iter().filter_map(|limit| limit.parse::<i64>().ok());
            let limits = limits.flat_map(|limit| [limit, -limit]).chain([*least, *most]);
            limits.filter(|number| (least..=most).contains(&number)).map(|number| json!(number)).collect()
        }
        Shape::NumberOrText(text) => samples(text),
        Shape::Text(Some((_, pattern)), _) => {
            let formed = (0..16_u8).map(|seed| {
                let bytes: Vec<u8> = (1..32_u8).map(|at| seed.wrapping_mul(at).wrapping_mul(37)).collect();
                shape.value(&mut Choices(&bytes))
            });
            let texts: Vec<String> = formed.filter_map(|text| text.as_str().map(str::to_owned)).collect();
            let limits = texts
                .iter()
                .flat_map(|text| LIMITS.iter().filter_map(|limit| with_number(text, pattern, limit)));
            let all: std::collections::BTreeSet<String> = limits.chain(texts.iter().cloned()).collect();
            all.into_iter().map(Value::String).collect()
        }
        // A text of any form: a limit alone, and beside others.
        _ => LIMITS
            .iter()
            .flat_map(|limit| [(*limit).to_owned(), format!("{limit}:{limit}"), format!("a:{limit}")])
            .map(Value::String)
            .collect(),
    }
}

/// The pattern of a field that is a text.
fn pattern(shape: &Shape) -> Option<&str> {
    match shape {
        Shape::Text(Some((_, pattern)), _) => Some(pattern.as_str()),
        Shape::NumberOrText(text) => pattern(text),
        _ => None,
    }
}

/// Every pattern that stands in a schema.
fn patterns(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            found.extend(fields.get("pattern").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| patterns(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| patterns(item, found)),
        _ => {}
    }
}

#[test]
fn no_valid_value_of_a_field_causes_a_panic() {
    let mut fields = 0;
    let mut tried = Vec::new();
    let specs = arbitrary::SPEC.alone(&mut |shape| {
        fields += 1;
        tried.extend(pattern(shape).map(str::to_owned));
        samples(shape)
    });
    let mut written = Vec::new();
    let definition = serde_json::to_value(definition()).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    patterns(&schema["spec"], &mut written);
    tried.sort();
    written.sort();
    assert_eq!(tried, written, "a pattern of the definition is tried nowhere");
    assert!(fields > 100 && specs.len() > 5_000, "{fields} fields, {} specs", specs.len());
    for spec in specs {
        let text = spec.to_string();
        let Some(stack) = arbitrary::stack(spec, "s") else { continue };
        let result = catch_unwind(AssertUnwindSafe(|| pass(&stack, 37)));
        assert!(result.is_ok(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_valid_stack_causes_a_panic(
        bytes in collection::vec(any::<u8>(), 0..4096), minor in 34..38_u32,
    ) {
        let stack = arbitrary::stack(arbitrary::SPEC.value(&mut Choices(&bytes)), "s");
        stack.iter().for_each(|stack| pass(stack, minor));
    }
}

/// A Stack of so many mistakes: names that stand for nothing, beside as many names that are known.
fn mistaken(mistakes: usize) -> Stack {
    let each = 8;
    let services: serde_json::Map<String, Value> = (0..mistakes.div_ceil(each))
        .map(|number| {
            let unknown = |kind: &str| {
                (0..each).map(move |it| format!("{kind}-{number:->40}-{it}")).collect::<Vec<_>>()
            };
            let depends_on: serde_json::Map<_, _> =
                unknown("d").into_iter().map(|name| (name, json!({}))).collect();
            let environment: serde_json::Map<_, _> =
                (0..each).map(|it| (format!("A{it}"), json!(format!("$(A{})", (it + 1) % each)))).collect();
            let mounts: Vec<_> =
                unknown("v").iter().map(|it| json!({"source": it, "target": format!("/{it}")})).collect();
            let service = json!({
                "image": "i", "dependsOn": depends_on, "environment": environment, "volumes": mounts,
            });
            (format!("s-{}", mistakes + 7 * number), service)
        })
        .collect();
    let spec = json!({"services": services});
    serde_json::from_value(json!({
        "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s"}, "spec": spec,
    }))
    .unwrap()
}

#[test]
fn a_message_shows_twenty_problems_and_counts_the_others() {
    let invalid = translate(&mistaken(1_000), &Facts::default()).unwrap_err();
    let (shown, more) = invalid.shown();
    assert_eq!(shown.len(), 20);
    // Each service has 8 unknown dependencies, 8 unknown volumes and a circle of variables.
    assert_eq!(more, 125 * 17 - 20);
    assert!(invalid.message().ends_with("; and 2105 more problems"), "{}", invalid.message());
    assert!(invalid.message().len() < 32_768);
}

#[test]
fn the_time_is_linear_in_the_number_of_problems() {
    let work = |stack: &Stack| assert!(translate(stack, &Facts::default()).is_err());
    let exponent = exponent([125, 1_000], mistaken, work);
    assert!(exponent < 1.2, "the time grows with the number of mistakes to the power of {exponent:.2}");
}

#[test]
fn the_message_about_a_long_text_is_shortened() {
    let name = "x".repeat(1 << 20);
    let service = json!({"image": "i", "dependsOn": {&name: {}}, "hostname": &name, "user": &name});
    let stack = json!({
        "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s"},
        "spec": {"services": {"a": service}},
    });
    let invalid = translate(&serde_json::from_value(stack).unwrap(), &Facts::default()).unwrap_err();
    assert_eq!(invalid.problems.len(), 3);
    assert!(invalid.message().len() < 3 * 2_000);
}

#[test]
fn the_time_is_linear_in_the_number_of_unclosed_references() {
    let stack = |count: usize| -> Stack {
        serde_json::from_value(json!({
            "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s"},
            "spec": {"services": {"a": {"image": "i", "environment": {"A": "$(".repeat(count)}}}},
        }))
        .unwrap()
    };
    let exponent =
        exponent([1_000, 32_000], stack, |stack| assert!(translate(stack, &Facts::default()).is_ok()));
    assert!(exponent < 1.2, "the time grows with the length to the power of {exponent:.2}");
}

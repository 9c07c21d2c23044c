//! No Stack that the definition allows ends its translation, its plan or its status.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use proptest::{collection, prelude::*};
use serde_json::{Value, json};

use self::arbitrary::{Choices, LIMITS, Shape, with_number};
use super::{Facts, Power, Powers, ServerVersion, translate};
use crate::{
    api::Stack,
    plan::{self, Memory, Observed},
    status::{self, Finding, Unfinished},
};

#[path = "../../tests/support/arbitrary.rs"]
mod arbitrary;

/// What a pass makes of a Stack on an empty cluster that allows everything.
fn pass(stack: &Stack, minor: u32) {
    let facts = Facts {
        version: ServerVersion { minor },
        helper_image: Some("helper:1".to_owned()),
        powers: Powers(Power::ALL.into()),
        ..Facts::default()
    };
    let (observed, unfinished) = (Observed::default(), Unfinished::default());
    match translate(stack, &facts) {
        Ok(desired) => {
            let plan = plan::plan(&desired, &observed, &Memory::default());
            let finding = Finding::Planned {
                desired: &desired,
                plan: &plan,
                observed: &observed,
                unfinished: &unfinished,
            };
            status::status(stack, finding, Timestamp::UNIX_EPOCH);
        }
        Err(invalid) => drop(status::status(stack, Finding::Invalid(&invalid), Timestamp::UNIX_EPOCH)),
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

#[test]
fn no_text_and_no_number_that_the_definition_allows_for_a_field_is_too_much() {
    let mut fields = 0;
    let specs = arbitrary::SPEC.alone(&mut |shape| {
        fields += 1;
        samples(shape)
    });
    assert!(fields > 100 && specs.len() > 5_000, "{fields} fields, {} specs", specs.len());
    for spec in specs {
        let told = spec.to_string();
        let Some(stack) = arbitrary::stack(spec, "s") else { continue };
        let result = catch_unwind(AssertUnwindSafe(|| pass(&stack, 36)));
        assert!(result.is_ok(), "{told}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_stack_that_the_definition_allows_is_too_much(
        bytes in collection::vec(any::<u8>(), 0..4096), minor in 33..38_u32,
    ) {
        let stack = arbitrary::stack(arbitrary::SPEC.value(&mut Choices(&bytes)), "s");
        stack.iter().for_each(|stack| pass(stack, minor));
    }
}

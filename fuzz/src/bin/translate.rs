//! What the operator makes of any Stack that the definition allows: the input is bytes out of which a Stack is made.
//! Translated twice it is the same, and plan and status of it end, too.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use stackwright::plan::{LastStatus, Observed, plan};
use stackwright::status::{Finding, Unfinished, status};
use stackwright::translate::{Facts, Privilege, Privileges, ServerVersion, translate};
use stackwright_fuzz::arbitrary::{Choices, SPEC, stack};
use stackwright_fuzz::bounded;

/// What the smallest Stack may cost.
const BASE: usize = 1 << 20;

/// What each byte of a Stack, as JSON, may cost beside it: a service of seventeen bytes becomes a Deployment and a
/// Service of some kilobytes.
const FACTOR: usize = 1 << 13;

/// What each byte of a Stack may become in objects.
const WRITTEN: usize = 1 << 10;

fuzz_target!(|bytes: &[u8]| {
    let (about, bytes) = bytes.split_first().unwrap_or((&0, &[]));
    let Some(stack) = stack(SPEC.value(&mut Choices(bytes)), "s") else { return };
    let facts = Facts {
        version: ServerVersion { minor: 33 + u32::from(about & 3) },
        helper_image: (about & 4 != 0).then(|| "helper:1".to_owned()),
        privileges: if about & 8 != 0 { Privileges(Privilege::ALL.into()) } else { Privileges::default() },
        ..Facts::default()
    };
    let size = serde_json::to_string(&stack.spec).map_or(0, |text| text.len());
    let outcome = bounded(BASE, FACTOR, size, || translate(&stack, &facts));
    assert_eq!(outcome, translate(&stack, &facts), "another translation, another outcome");
    match outcome {
        Ok(desired) => {
            assert!(desired.names().len() <= facts.limits.objects, "more objects than are allowed");
            let written = desired.objects().iter().map(|object| object.body.to_string().len()).sum::<usize>();
            assert!(written <= WRITTEN * (size + 1), "{size} bytes become {written} bytes of objects");
            let (observed, unfinished) = (Observed::default(), Unfinished::default());
            let plan = bounded(BASE, FACTOR, size, || plan(&desired, &observed, &LastStatus::default()));
            let finding = Finding::Planned {
                desired: &desired,
                plan: &plan,
                observed: &observed,
                unfinished: &unfinished,
            };
            let before = stack.status.clone().unwrap_or_default();
            bounded(BASE, FACTOR, size, || status(&stack, &before, finding, Timestamp::UNIX_EPOCH));
        }
        Err(invalid) => {
            assert!(!invalid.problems.is_empty(), "refused without a reason");
            assert!(invalid.message().len() < 64 << 10, "nobody reads {} bytes", invalid.message().len());
        }
    }
});

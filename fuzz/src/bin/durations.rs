//! `1m30s`: what is printed reads as the same duration.
#![no_main]

use compose_loader::internals::grammar::duration::{parse, print};
use libfuzzer_sys::fuzz_target;
use stackwright_fuzz::bounded;

fuzz_target!(|text: &str| {
    bounded(1 << 12, 64, text.len(), || {
        let Ok(duration) = parse(text) else { return };
        let printed = print(duration);
        assert_eq!(parse(&printed), Ok(duration), "{printed}");
        assert_eq!(parse(text.trim_start_matches('+')), Ok(duration), "a plus sign changes nothing");
    });
});

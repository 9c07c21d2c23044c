//! `1.5g`: what is printed reads as the same size, and case and a space before the unit do not count.
#![no_main]

use compose_loader::internals::grammar::size::parse;
use libfuzzer_sys::fuzz_target;
use stackwright_fuzz::bounded;

fuzz_target!(|text: &str| {
    bounded(1 << 12, 64, text.len(), || {
        let size = parse(text);
        assert_eq!(parse(&text.to_ascii_uppercase()).ok(), size.clone().ok(), "case counts");
        let Ok(size) = size else { return };
        assert_eq!(parse(&size.to_string()), Ok(size), "what is printed reads otherwise");
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if let (Ok(number), "k") = (text[..digits].parse::<u32>(), &text[digits..]) {
            assert_eq!(size, i64::from(number) * 1024);
        }
    });
});

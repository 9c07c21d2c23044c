//! `data:/var/lib/data:ro`: a mount that is written from its parts is the same mount.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stackwright::compose::grammar::volume::{Volume, parse};
use stackwright::compose::source::Place;
use stackwright::compose::tree::Node;
use stackwright_fuzz::bounded;

fuzz_target!(|spec: &str| {
    let parsed = bounded(1 << 12, 64, spec.len(), || parse(spec));
    let Ok(volume) = parsed else { return };
    let long = volume.long(&Node::text(spec, Place::NONE));
    assert_eq!(long.str_at("type"), Some(if volume.is_bind() { "bind" } else { "volume" }));
    assert_eq!(long.str_at("source").unwrap_or_default(), volume.source);
    assert_eq!(long.get("read_only").is_some(), volume.read_only);
    // A target of one letter is a drive when options follow it.
    if !volume.source.is_empty() && volume.target.chars().count() > 1 {
        let short = short(&volume);
        assert_eq!(parse(&short).as_ref(), Ok(&volume), "{short}");
    }
});

fn short(volume: &Volume) -> String {
    let mut options = vec![if volume.read_only { "ro" } else { "rw" }];
    if volume.nocopy {
        options.push("nocopy");
    }
    options.extend(volume.propagation.as_deref());
    options.extend(volume.selinux.as_deref());
    format!("{}:{}:{}", volume.source, volume.target, options.join(","))
}

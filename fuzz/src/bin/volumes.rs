//! `data:/var/lib/data:ro`: a mount that is written from its parts is the same mount.
#![no_main]

use compose_loader::{
    Node, Place,
    internals::grammar::volume::{Volume, parse},
};
use libfuzzer_sys::fuzz_target;
use stackwright_fuzz::{bounded, check_range};

fuzz_target!(|spec: &str| {
    let parsed = bounded(1 << 12, 64, spec.len(), || parse(spec));
    let volume = match parsed {
        Ok(volume) => volume,
        Err(refused) => return check_range(&refused.at, spec),
    };
    let long = volume.long(&Node::text(spec, Place::NONE));
    assert_eq!(long.str_at("type"), Some(if volume.is_bind() { "bind" } else { "volume" }));
    assert_eq!(long.str_at("source").unwrap_or_default(), volume.source);
    assert_eq!(long.get("read_only").is_some(), volume.read_only);
    // A target of one letter is a drive when options follow it.
    if !volume.source.is_empty() && volume.target.chars().count() > 1 {
        let short = short(&volume);
        let again = parse(&short).unwrap_or_else(|refused| panic!("{short}: {refused:?}"));
        assert_eq!(parts(&again), parts(&volume), "{short}");
    }
});

fn parts(volume: &Volume) -> impl PartialEq + std::fmt::Debug {
    let Volume { source, target, read_only, nocopy, propagation, selinux, .. } = volume;
    (source, target, read_only, nocopy, propagation, selinux)
}

fn short(volume: &Volume) -> String {
    let mut options = vec![if volume.read_only { "ro" } else { "rw" }];
    if volume.nocopy {
        options.push("nocopy");
    }
    options.extend(volume.propagation.as_deref());
    options.extend(volume.selinux.as_deref());
    format!("{}:{}:{}", volume.source, volume.target, options.join(","))
}

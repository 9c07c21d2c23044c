//! What `/metrics` tells, in OpenMetrics text.

use std::time::Duration;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

/// The operator's metrics. Labels are of bounded number: no name of an object is among them.
pub(super) struct Metrics {
    registry: Registry,
    passes: Family<Outcome, Counter>,
    seconds: Histogram,
    writes: Family<Write, Counter>,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Write {
    kind: &'static str,
    verb: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("stackwright");
        let passes = Family::<Outcome, Counter>::default();
        let writes = Family::<Write, Counter>::default();
        // An unchanged Stack takes well under a millisecond, a new one some hundred.
        let seconds = Histogram::new([0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0]);
        registry.register("passes", "Passes over a Stack by their outcome", passes.clone());
        registry.register("pass_seconds", "Duration of a pass over a Stack", seconds.clone());
        registry.register("writes", "Writes to children by kind and verb", writes.clone());
        Self { registry, passes, seconds, writes }
    }
}

impl Metrics {
    pub(super) fn observe_pass(&self, took: Duration, succeeded: bool) {
        let outcome = if succeeded { "succeeded" } else { "failed" };
        self.passes.get_or_create(&Outcome { outcome }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    pub(super) fn count_write(&self, kind: &'static str, verb: &'static str) {
        self.writes.get_or_create(&Write { kind, verb }).inc();
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

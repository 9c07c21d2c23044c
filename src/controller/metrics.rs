//! Metrics that `/metrics` serves as OpenMetrics text.

use std::time::Duration;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

/// The operator's metrics. Labels have a bounded number of values, so none is the name of an object.
pub(super) struct Metrics {
    registry: Registry,
    reconciles: Family<Outcome, Counter>,
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
        let reconciles = Family::<Outcome, Counter>::default();
        let writes = Family::<Write, Counter>::default();
        // An unchanged Stack takes less than a millisecond, a new one some hundred milliseconds.
        let seconds = Histogram::new([0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0]);
        registry.register("reconciles", "Reconciliations of a Stack by outcome", reconciles.clone());
        registry.register(
            "reconcile_duration_seconds",
            "Duration of a reconciliation of a Stack",
            seconds.clone(),
        );
        registry.register("writes", "Writes to children by kind and verb", writes.clone());
        Self { registry, reconciles, seconds, writes }
    }
}

impl Metrics {
    pub(super) fn observe_reconcile(&self, took: Duration, succeeded: bool) {
        let outcome = if succeeded { "succeeded" } else { "failed" };
        self.reconciles.get_or_create(&Outcome { outcome }).inc();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_lists_all_metrics() {
        let metrics = Metrics::default();
        metrics.observe_reconcile(Duration::ZERO, true);
        metrics.count_write("Pod", "apply");
        let text = metrics.text();
        let mut types =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).peekable();
        assert!(types.peek().is_some());
        for (name, kind) in types {
            let suffix = if kind == "counter" { "_total" } else { "" };
            let row = format!("\n| `{name}{suffix}` | {kind} |");
            assert!(include_str!("../../docs/reference.md").contains(&row), "docs/reference.md lacks {row}");
        }
    }
}

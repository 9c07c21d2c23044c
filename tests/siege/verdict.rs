//! The results of the siege, and their limits.

use std::{fmt, time::Duration};

use crate::{good::Served, operator::Outcome};

/// The limits of a run.
struct Limits {
    /// Limit of the 99th percentile of edits.
    edit: Duration,
    /// Limit of an edit with a new image.
    image: Duration,
    /// Limit of the operator's memory in bytes.
    memory: u64,
}

/// Without optimisation, a reconciliation takes about ten times as long, and waiting work needs memory.
const LIMITS: Limits = if cfg!(debug_assertions) {
    Limits { edit: Duration::from_secs(20), image: Duration::from_secs(20), memory: 256 << 20 }
} else {
    Limits { edit: Duration::from_secs(2), image: Duration::from_secs(10), memory: 128 << 20 }
};

/// The results of the siege.
pub struct Verdict {
    /// The result of the good Stacks' edits.
    pub served: Served,
    /// Hostile Stacks whose status does not report the problem.
    pub unsettled: Vec<String>,
    /// Number of edits of the hostile tenants.
    pub hostile_edits: usize,
    /// Number of their failed edits.
    pub lost_edits: usize,
    /// The result of the operator.
    pub operator: Outcome,
}

impl Verdict {
    /// Panics if a limit is exceeded.
    pub fn judge(&self) {
        let faults = self.faults();
        assert!(
            faults.is_empty(),
            "{}\nthe operator's log: {}",
            faults.join("\n"),
            self.operator.log.display()
        );
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |holds: bool, what: String| {
            if !holds {
                faults.push(what);
            }
        };
        let Limits { edit, image, memory } = LIMITS;
        let Served { edits, images, lost } = &self.served;
        fault(*lost == 0, format!("{lost} edits were never applied"));
        fault(percentile(edits) <= edit, format!("edits take longer than {edit:?} at p99"));
        fault(images.first().is_some_and(|it| *it <= image), format!("an image took longer than {image:?}"));
        fault(self.operator.memory < memory, format!("the operator took more than {} MiB", memory >> 20));
        fault(self.operator.panics > 0, "no planted panic was met".to_owned());
        let (made, lost) = (self.hostile_edits, self.lost_edits);
        fault(
            lost < made / 10,
            format!("{made} hostile edits were made and {lost} lost: the load was too small"),
        );
        fault(self.unsettled.is_empty(), self.unsettled.join("\n"));
        if let Some(ended) = &self.operator.ended {
            fault(false, format!("the operator ended: {ended}"));
        }
        faults
    }
}

/// Returns the 99th percentile of times that are sorted in descending order.
fn percentile(spans: &[Duration]) -> Duration {
    spans.get(spans.len() / 100).copied().unwrap_or(Duration::MAX)
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Served { edits, images, lost } = &self.served;
        let longest = |spans: &[Duration]| spans.first().copied().unwrap_or_default();
        let median = edits.get(edits.len() / 2).copied().unwrap_or_default();
        writeln!(
            f,
            "edits applied: {} (p50 {median:.1?}, p99 {:.1?}, longest {:.1?}), never applied: {lost}",
            edits.len(),
            percentile(edits),
            longest(edits)
        )?;
        writeln!(f, "edits with a new image: {} (longest {:.1?})", images.len(), longest(images))?;
        writeln!(f, "hostile edits: {} made, {} lost", self.hostile_edits, self.lost_edits)?;
        write!(
            f,
            "operator: {} MiB at most, {} planted panics, ended by itself: {}",
            self.operator.memory >> 20,
            self.operator.panics,
            self.operator.ended.as_deref().unwrap_or("no")
        )
    }
}

//! How much work the translation of one Stack may be. It runs on a thread that nobody can interrupt, so it ends itself:
//! by counted steps, not by a clock, so that a Stack is too large everywhere or nowhere.

use super::{Invalid, Problem, Reason};
use crate::api::Service;

/// The most steps of one translation. An entry of a service is one step, an object [`OBJECT`] of them: about 4,000
/// objects, or as many entries as have room in an object of the API server, which is 1.5 MiB.
pub(super) const MOST_STEPS: usize = 200_000;

/// The steps of one object: it costs as much as so many entries.
pub(super) const OBJECT: usize = 50;

/// The steps that are left.
#[derive(Debug)]
pub(super) struct Effort(usize);

impl Default for Effort {
    fn default() -> Self {
        Self(MOST_STEPS)
    }
}

impl Effort {
    /// Takes steps, before they are made.
    ///
    /// # Errors
    /// When there are not so many left.
    pub(super) fn take(&mut self, steps: usize) -> Result<(), Invalid> {
        self.0 = self.0.checked_sub(steps).ok_or_else(|| {
            let message = format!(
                "the Stack takes more than {MOST_STEPS} steps, of which each entry of a service is one and each object \
                 that it becomes {OBJECT}: make several Stacks of it"
            );
            Invalid { problems: vec![Problem::new(Reason::TooLarge, "spec", message)], more: 0 }
        })?;
        Ok(())
    }
}

/// The entries of a service.
pub(super) fn entries(service: &Service) -> usize {
    let lists = [
        service.environment.len(),
        service.environment_from.len(),
        service.ports.len(),
        service.expose.len(),
        service.volumes.len(),
        service.configs.len(),
        service.secrets.len(),
        service.tmpfs.len(),
        service.depends_on.len(),
        service.labels.len(),
        service.annotations.len(),
        service.extra_hosts.len(),
        service.external_links.len(),
        service.ingress.len(),
        service.files.iter().map(|tree| tree.files.len()).sum(),
        service.networks.values().map(|network| network.aliases.len()).sum(),
    ];
    lists.iter().fold(1, |sum: usize, entries| sum.saturating_add(*entries))
}

//! How much a status tells. It is stored with its Stack, of which etcd takes 1.5 MiB, and the API server takes no
//! status that is longer than the definition allows: one that it refuses would stay as it was for ever.

use crate::api::{ServiceStatus, StackStatus};

/// How many of the things that a service waits for are told.
pub(super) const MOST_WAITS: usize = 20;
/// The longest of them, in bytes.
const LONGEST_WAIT: usize = 512;
/// The longest message of a service, in bytes.
const LONGEST_MESSAGE: usize = 4_096;
/// The longest message of a condition, in bytes.
const LONGEST_CONDITION: usize = 32_768;

/// The most bytes of what is told of all services. Past them each tells less.
const MOST_TOLD: usize = 256 << 10;
const FEW_WAITS: usize = 3;
const SHORT_WAIT: usize = 128;
const SHORT_MESSAGE: usize = 256;

/// Holds a status to its bounds.
pub(super) fn hold(status: &mut StackStatus) {
    for condition in &mut status.conditions {
        clip(&mut condition.message, LONGEST_CONDITION);
    }
    for service in &mut status.services {
        hold_service(service, (MOST_WAITS, LONGEST_WAIT, LONGEST_MESSAGE));
    }
    let told = |service: &ServiceStatus| {
        let message = service.message.as_ref().map_or(0, String::len);
        message.saturating_add(service.waits_for.iter().map(String::len).sum())
    };
    if status.services.iter().map(told).fold(0, usize::saturating_add) > MOST_TOLD {
        for service in &mut status.services {
            hold_service(service, (FEW_WAITS, SHORT_WAIT, SHORT_MESSAGE));
        }
    }
}

fn hold_service(service: &mut ServiceStatus, (waits, longest_wait, longest_message): (usize, usize, usize)) {
    service.waits_for.truncate(waits);
    service.waits_for.iter_mut().for_each(|wait| clip(wait, longest_wait));
    service.message.iter_mut().for_each(|message| clip(message, longest_message));
}

/// Takes the end off a text that has more bytes than this, and says so.
fn clip(text: &mut String, longest: usize) {
    const ELLIPSIS: &str = "…";
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest - ELLIPSIS.len()));
        text.push_str(ELLIPSIS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_clipped_ends_between_characters_and_stays_as_it_is() {
        for (text, longest, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "…"),
            ("abcdefgh", 7, "abcd…"),
            ("aééé", 6, "aé…"),
            ("🐳🐳", 7, "🐳…"),
        ] {
            let mut once = text.to_owned();
            clip(&mut once, longest);
            assert_eq!(once, expected, "{text}");
            let mut twice = once.clone();
            clip(&mut twice, longest);
            assert_eq!(twice, once);
        }
    }
}

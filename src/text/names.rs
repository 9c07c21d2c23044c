//! Names of objects.

use super::{
    clip::start,
    hash::short_hash,
    validation::{LONGEST_LABEL, is_dns_label},
};

/// The maximum length of a name, in characters. Pods of a StatefulSet have a label with its name, a hyphen and a hash of ten
/// characters, and a label has at most 63. The same maximum applies to all kinds.
const LONGEST: usize = 52;

/// Returns the name of an object of a Stack: `<stack>-<name>`.
///
/// The function is injective. Hyphens in the name of the Stack are doubled, so the first single hyphen separates the two
/// parts, and `a`+`b-c` differs from `a-b`+`c`. Longer names end in a hash and have exactly the maximum length, which no
/// other name has.
///
/// Both parts must be DNS labels.
pub(crate) fn object_name(stack: &str, name: &str) -> String {
    let full = format!("{}-{name}", stack.replace('-', "--"));
    if full.len() < LONGEST {
        return full;
    }
    let hash = short_hash(&full);
    format!("{}-{hash}", start(&full, LONGEST - 1 - hash.len()))
}

/// Translates a Compose name to a part of an object's name: `Postgres_Data` becomes `postgres-data`. Resolution refuses two
/// names of a Stack with the same result.
pub(crate) fn dns_label(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

/// Returns the name of a volume of a Pod: `<family>-<name>`, with a hash if `name` is not valid. It depends on nothing else,
/// so another change of the Pod does not rename the volume.
pub(crate) fn pod_volume(family: &str, name: &str) -> String {
    let full = format!("{family}-{name}");
    if is_dns_label(&full) {
        return full;
    }
    let words = full.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let readable = words.collect::<Vec<_>>().join("-").to_lowercase();
    format!("{}-{}", start(&readable, 40), short_hash(name))
}

/// Returns the name of the Service for the published ports of a service.
pub(crate) fn published_name(service: &str) -> String {
    with_suffix(service, "published")
}

/// Returns the name of the NetworkPolicy that keeps a service in its internal networks.
pub(crate) fn internal_name(service: &str) -> String {
    with_suffix(service, "internal")
}

/// Returns the name of a route. It depends only on the route, so a change of another route does not rename it.
pub(crate) fn ingress_name(service: &str, host: Option<&str>, path: &str, class: Option<&str>) -> String {
    let route = format!("{} {path} {}", host.unwrap_or_default(), class.unwrap_or_default());
    with_suffix(service, &format!("ingress-{}", short_hash(&route)))
}

/// Returns `<service>-<suffix>` as a DNS label.
fn with_suffix(service: &str, suffix: &str) -> String {
    let full = format!("{service}-{suffix}");
    if full.len() <= LONGEST_LABEL {
        full
    } else {
        format!("{}-{}-{suffix}", start(service, 40), short_hash(service))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::validation::is_service_name, *};

    const LABEL: &str = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

    proptest! {
        #[test]
        fn two_pairs_of_stack_and_name_never_share_an_object_name(
            a in LABEL, b in LABEL, c in LABEL, d in LABEL,
        ) {
            prop_assume!((&a, &b) != (&c, &d));
            prop_assert_ne!(object_name(&a, &b), object_name(&c, &d));
        }

        #[test]
        fn moving_the_hyphen_between_stack_and_name_changes_the_object_name(
            a in "[a-z]{1,9}", b in "[a-z]{1,9}", c in "[a-z]{1,9}",
        ) {
            prop_assert_ne!(object_name(&a, &format!("{b}-{c}")), object_name(&format!("{a}-{b}"), &c));
        }

        #[test]
        fn a_pod_volumes_name_is_a_dns_label(name in ".{0,80}") {
            prop_assert!(is_dns_label(&pod_volume("volume", &name)));
        }

        #[test]
        fn the_name_for_published_ports_is_a_services_name(service in "[a-z]([-a-z0-9]{0,61}[a-z0-9])?") {
            prop_assert!(is_service_name(&published_name(&service)));
        }

        #[test]
        fn an_object_name_is_a_dns_label_that_leaves_room_for_a_pods_suffix(a in LABEL, b in LABEL) {
            let name = object_name(&a, &b);
            prop_assert!(is_dns_label(&name) && name.len() <= LONGEST, "{}", name);
        }
    }
}

//! The one function that makes the names of objects.

use super::hash::short_hash;

/// The longest name made here, in characters. A StatefulSet's pods bear a label of its name, a
/// hyphen and a hash of ten, which must stay within 63; one bound for all kinds is simplest.
const LONGEST: usize = 52;

/// The name of a Stack's object: `<stack>-<name>`.
///
/// It is injective: hyphens inside the Stack's name are doubled, so the first single hyphen is
/// always the one between the two, and `a`+`b-c` is not `a-b`+`c`. (A hash on every name would
/// do too, and nobody could type it.) Names past the bound end in a hash and are all of the
/// greatest length, which no other name is.
///
/// Both parts must be DNS labels: lower-case letters, digits, and hyphens inside.
pub(crate) fn object_name(stack: &str, name: &str) -> String {
    let full = format!("{}-{name}", stack.replace('-', "--"));
    if full.len() < LONGEST {
        return full;
    }
    let hash = short_hash(&full);
    format!("{}-{hash}", start(&full, LONGEST - 1 - hash.len()))
}

/// A Compose name as a part of an object's name: `Postgres_Data` becomes `postgres-data`. Two
/// names of one Stack that fall together are refused where objects are gathered.
pub(crate) fn dns_label(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

/// The name of a pod's volume: `<family>-<name>`, with a hash where `name` does not fit as it is.
/// It depends on nothing else of the pod, so an edit beside it does not rename it.
pub(crate) fn pod_volume(family: &str, name: &str) -> String {
    let full = format!("{family}-{name}");
    if is_dns_label(&full) {
        return full;
    }
    let words = full.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let readable = words.collect::<Vec<_>>().join("-").to_lowercase();
    format!("{}-{}", start(&readable, 40), short_hash(name))
}

/// The name of the Service for a service's published ports.
pub(crate) fn published_name(service: &str) -> String {
    with_suffix(service, "published")
}

/// The name of what keeps a service inside its internal networks.
pub(crate) fn internal_name(service: &str) -> String {
    with_suffix(service, "internal")
}

/// The name of a route to a service. It depends on nothing but the route, so another one beside it
/// does not rename it.
pub(crate) fn ingress_name(service: &str, host: Option<&str>, path: &str, class: Option<&str>) -> String {
    let route = format!("{} {path} {}", host.unwrap_or_default(), class.unwrap_or_default());
    with_suffix(service, &format!("ingress-{}", short_hash(&route)))
}

/// `<service>-<suffix>` as a DNS label.
fn with_suffix(service: &str, suffix: &str) -> String {
    let full = format!("{service}-{suffix}");
    if full.len() <= 63 { full } else { format!("{}-{}-{suffix}", start(service, 40), short_hash(service)) }
}

/// The first `length` bytes of a text, or a few less: names are made before they are judged, so a
/// text may be anything.
fn start(text: &str, length: usize) -> &str {
    &text[..text.floor_char_boundary(length)]
}

/// Whether a text is a DNS label (RFC 1123): what a Service may be called is stricter, see
/// [`is_service_name`].
pub(crate) fn is_dns_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text can be a Service's name (RFC 1035): a DNS label that begins with a letter.
pub(crate) fn is_service_name(text: &str) -> bool {
    is_dns_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

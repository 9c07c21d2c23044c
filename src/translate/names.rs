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
    format!("{}-{hash}", &full[..LONGEST - 1 - hash.len()])
}

/// A Compose name as a part of an object's name: `Postgres_Data` becomes `postgres-data`. Two
/// names of one Stack that fall together are refused where objects are gathered.
pub(crate) fn dns_label(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

/// Whether a text is a DNS label (RFC 1123): what a Service may be called is one that also begins
/// with a letter.
pub(crate) fn is_dns_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
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
        fn an_object_name_is_a_dns_label_that_leaves_room_for_a_pods_suffix(a in LABEL, b in LABEL) {
            let name = object_name(&a, &b);
            prop_assert!(is_dns_label(&name) && name.len() <= LONGEST, "{}", name);
        }
    }
}

//! Checks of names, each with the name that Kubernetes gives it (`k8s.io/apimachinery/pkg/util/validation`).

/// The maximum length of a DNS label and of the value of a label.
pub(crate) const LONGEST_LABEL: usize = 63;

/// The maximum length of a DNS name, of the name of an object and of a key of a ConfigMap.
pub(crate) const LONGEST_SUBDOMAIN: usize = 253;

/// Reports whether a text is a DNS label (RFC 1123). The rule for Services is stricter, see [`is_service_name`].
pub(crate) fn is_dns_label(text: &str) -> bool {
    text.len() <= LONGEST_LABEL && has_form_of_label(text)
}

/// Reports whether a text is a valid name of a Service (RFC 1035): a DNS label that starts with a letter.
pub(crate) fn is_service_name(text: &str) -> bool {
    is_dns_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Reports whether a text is a DNS subdomain (RFC 1123), as names of objects are. Kubernetes limits the length of the whole
/// name, and not that of its labels.
pub(crate) fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= LONGEST_SUBDOMAIN && text.split('.').all(has_form_of_label)
}

/// Reports whether a text is a DNS name in lower case, whose labels have at most 63 characters.
pub(crate) fn is_host_name(text: &str) -> bool {
    text.len() <= LONGEST_SUBDOMAIN && text.split('.').all(is_dns_label)
}

fn has_form_of_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Reports whether a text is a valid key of a label or annotation: a name, or `domain/name`.
pub(crate) fn is_qualified_name(key: &str) -> bool {
    let is_name = |text: &str| !text.is_empty() && is_label_value(text);
    match key.split_once('/') {
        None => is_name(key),
        Some((domain, name)) => is_name(name) && is_dns_subdomain(domain),
    }
}

/// Reports whether a text is a valid value of a label.
pub(crate) fn is_label_value(text: &str) -> bool {
    let alphanumeric = |b: Option<&u8>| b.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.len() <= LONGEST_LABEL
        && text.chars().all(is_of_key)
        && alphanumeric(bytes.first())
        && alphanumeric(bytes.last())
}

/// Reports whether a text is a valid key of a ConfigMap or Secret.
pub(crate) fn is_object_key(text: &str) -> bool {
    (1..=LONGEST_SUBDOMAIN).contains(&text.len())
        && text.chars().all(is_of_key)
        && text != "."
        && !text.starts_with("..")
}

/// Reports whether a key of a ConfigMap or Secret and a value of a label can have a character.
pub(crate) fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_judged_as_the_api_server_judges_them() {
        for (key, fits) in [
            ("a", true),
            ("com.example.Team_1", true),
            ("example.com/team", true),
            ("Example.com/team", false),
            ("a/b/c", false),
            ("/a", false),
            ("a/", false),
            ("traefik.tls.domains[0]", false),
            (".a", false),
            ("", false),
        ] {
            assert_eq!(is_qualified_name(key), fits, "{key}");
        }
        for (value, fits) in
            [("", true), ("a.b-C_1", true), ("-a", false), ("a b", false), ("Host(`x`)", false)]
        {
            assert_eq!(is_label_value(value), fits, "{value}");
        }
        assert!(!is_label_value(&"x".repeat(64)));
    }

    #[test]
    fn names_of_objects_can_have_longer_labels_than_dns_names() {
        let long = "a".repeat(LONGEST_LABEL + 1);
        for (name, is_subdomain, is_host) in [
            ("a", true, true),
            ("api.example.com", true, true),
            (long.as_str(), true, false),
            ("a..b", false, false),
            ("-a.b", false, false),
            ("A.b", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_dns_subdomain(name), is_host_name(name)), (is_subdomain, is_host), "{name}");
        }
        assert!(!is_dns_subdomain(&"a.".repeat(LONGEST_SUBDOMAIN)));
    }
}

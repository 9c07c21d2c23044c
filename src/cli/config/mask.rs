//! Hides values that look like secrets.

use crate::compose::tree::{Node, Value};

const HIDDEN: &str = "********";

/// Parts of names whose values are usually secret.
const NAMES: [&str; 9] =
    ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "API_KEY", "PRIVATE_KEY", "CREDENTIAL"];

/// Hides values below names that are usually secret, and passwords within addresses.
pub fn mask(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => {
            for (key, child) in map.iter_mut() {
                let name = key.to_uppercase();
                // A path to a secret is not one.
                let secret = NAMES.iter().any(|part| name.contains(part)) && !name.ends_with("_FILE");
                match &child.value {
                    Value::Str(text) if secret && !text.is_empty() => child.value = Value::Str(HIDDEN.into()),
                    _ => mask(child),
                }
            }
        }
        Value::List(items) => items.iter_mut().for_each(mask),
        Value::Str(text) => {
            if let Some(masked) = without_password(text) {
                node.value = Value::Str(masked.into());
            }
        }
        _ => {}
    }
}

/// `scheme://user:password@host` without the password.
fn without_password(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.find(['/', '?', ' ']).map_or(rest, |end| &rest[..end]);
    let (login, _) = authority.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    let after = &rest[login.len()..];
    (!password.is_empty()).then(|| format!("{scheme}://{user}:{HIDDEN}{after}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn passwords_in_addresses() {
        let masked = super::without_password("postgres://app:x:y@db:5432/app?a=b");
        assert_eq!(masked.as_deref(), Some("postgres://app:********@db:5432/app?a=b"));
        assert_eq!(super::without_password("http://host:80/a@b"), None);
    }
}

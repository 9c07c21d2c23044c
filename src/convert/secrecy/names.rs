//! Names whose values are usually secret, and values that are never secret.

/// Parts of names whose values are usually secret.
const PARTS: [&str; 13] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "API_KEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "CREDENTIAL",
    "ENCRYPTION_KEY",
    "SIGNING_KEY",
    "LICENSE_KEY",
];
/// Last words of names whose values are usually secret.
const LAST: [&str; 8] = ["PASS", "PWD", "PW", "KEY", "SALT", "PIN", "JWT", "DSN"];
/// Suffixes of names whose values are related to a secret, but not secret.
const ABOUT: [&str; 16] = [
    "_FILE",
    "_PATH",
    "_DIR",
    "_NAME",
    "_ID",
    "_URL",
    "_URI",
    "_HOST",
    "_PORT",
    "_EXPIRY",
    "_EXPIRES",
    "_EXPIRES_IN",
    "_TTL",
    "_LENGTH",
    "_ALGORITHM",
    "_ENABLED",
];

/// Returns words of which each name that [`looks_secret`] contains at least one.
pub fn words() -> impl Iterator<Item = &'static str> {
    // Names have different separators between words.
    PARTS.iter().map(|part| part.rsplit('_').next().unwrap_or(part)).chain(LAST)
}

/// Reports whether the value of a variable with this name is usually secret.
#[must_use]
pub fn looks_secret(name: &str) -> bool {
    // `TOKENS` is usually a number of tokens of a language model.
    let name = name.to_uppercase().replace(['-', '.'], "_").replace("TOKENS", "");
    if name.contains("PUBLIC_KEY") || name.contains("PUBLISHABLE") {
        return false;
    }
    let is_id = |end: &str| name.ends_with(end);
    let about = ABOUT.iter().any(|end| name.ends_with(end)) && !is_id("SECRET_ID") && !is_id("ROOT_TOKEN_ID");
    let last = name.rsplit('_').next().unwrap_or_default();
    let part = PARTS.iter().any(|part| name.contains(part));
    let ends = name != "PWD" && LAST.contains(&last);
    (part || ends) && !about
}

/// Reports whether any value of this name is secret. Tables and caches also have keys with names that
/// [`looks_secret`].
#[must_use]
pub fn is_surely_secret(name: &str) -> bool {
    const KEYS: [&str; 5] = ["ACCOUNT_KEY", "APP_KEY", "AUTH_KEY", "MASTER_KEY", "SESSION_KEY"];
    let upper = name.to_uppercase().replace(['-', '.'], "_");
    let has = |part: &&str| upper.contains(*part);
    let last = upper.rsplit('_').next().unwrap_or_default();
    looks_secret(name)
        && (PARTS.iter().any(has) || KEYS.iter().any(has) || ["PASS", "PWD", "PW"].contains(&last))
}

/// Reports whether a value is empty or a boolean, and so not secret.
#[must_use]
pub fn is_harmless(value: &str) -> bool {
    value.is_empty()
        || ["true", "false", "yes", "no", "on", "off", "none", "null"]
            .contains(&value.to_lowercase().as_str())
}

/// Reports whether a value is not an ordinary word.
#[must_use]
pub fn is_distinctive(value: &str) -> bool {
    let has = |test: fn(char) -> bool| value.chars().any(test);
    let mixed = has(|c| c.is_ascii_digit()) && has(char::is_alphabetic);
    !value.contains(char::is_whitespace) && (value.len() >= 20 || value.len() >= 8 && mixed)
}

/// Reports whether a text in the position of a secret can be one. A reference, path, address, placeholder or count is
/// not.
#[must_use]
pub fn may_be_secret(value: &str) -> bool {
    let is_path = value.starts_with(['/', '~']) || value.starts_with("./") || value.starts_with("../");
    let is_count = value.len() < 3 && value.chars().all(|c| c.is_ascii_digit());
    let is_left_open =
        ["<", "{{", "***", "@", "%(", "file:", "env:"].iter().any(|start| value.starts_with(start));
    !is_harmless(value)
        && !is_reference(value)
        && !is_path
        && !has_file_extension(value)
        && !is_count
        && !is_left_open
        && !value.contains("://")
}

/// Reports whether a text is only a reference to a variable or command: `$NAME`, `${NAME}`, `$(NAME)`, `` `command`
/// ``, `%NAME%`.
fn is_reference(value: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_@*#?!$".contains(c))
    };
    let within = |start: &str, end: &str| value.strip_prefix(start).is_some_and(|rest| rest.ends_with(end));
    value == "$"
        || value.strip_prefix('$').is_some_and(is_name)
        || within("${", "}")
        || within("$(", ")")
        || within("`", "`")
        || within("%", "%")
}

fn has_file_extension(value: &str) -> bool {
    const EXTENSIONS: [&str; 16] = [
        "cer", "conf", "crt", "der", "env", "ini", "jks", "json", "key", "p12", "pem", "pfx", "toml", "txt",
        "yaml", "yml",
    ];
    value.rsplit_once('.').is_some_and(|(name, end)| !name.is_empty() && EXTENSIONS.contains(&end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_whether_its_value_is_secret() {
        for name in [
            "POSTGRES_PASSWORD",
            "DB_PASS",
            "MYSQL_PWD",
            "JWT_SECRET",
            "API_KEY",
            "STRIPE_SECRET_KEY",
            "SENTRY_DSN",
            "N8N_ENCRYPTION_KEY",
            "APP_KEY",
            "auth-token",
            "HASH_SALT",
            "RAILS_MASTER_KEY",
            "VAULT_DEV_ROOT_TOKEN_ID",
        ] {
            assert!(looks_secret(name), "{name}");
        }
        for name in [
            "POSTGRES_PASSWORD_FILE",
            "POSTGRES_USER",
            "PWD",
            "AWS_ACCESS_KEY_ID",
            "VAPID_PUBLIC_KEY",
            "TOKEN_TTL",
            "KEYCLOAK_HOST",
            "PASSENGER_APP_ENV",
            "MONKEY",
            "MAX_TOKENS",
        ] {
            assert!(!looks_secret(name), "{name}");
        }
    }

    #[test]
    fn a_reference_a_path_a_placeholder_or_a_count_is_no_secret() {
        for value in ["hunter2", "Winter2025Schnee", "12345", "pa$$word", "a/b+c=="] {
            assert!(may_be_secret(value), "{value}");
        }
        for value in [
            "$PASSWORD",
            "${PASSWORD:-}",
            "$(cat /run/secrets/a)",
            "$(NAME)",
            "`cat a`",
            "%PASSWORD%",
            "/run/secrets/a",
            "server.key",
            "<password>",
            "{{.Token}}",
            "true",
            "2",
            "https://id.example.com/token",
            "",
        ] {
            assert!(!may_be_secret(value), "{value}");
        }
    }
}

//! What of a file others may see: whether it belongs into a Secret, and its permission bits.

use crate::convert::context::Context;

/// Names of files that hold keys or passwords.
const SECRET_FILES: [&str; 8] =
    [".htpasswd", ".netrc", ".npmrc", ".pgpass", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa"];
/// Extensions of files that are or may be secret.
const SECRET_EXTENSIONS: [&str; 11] =
    ["key", "pem", "p8", "p12", "pfx", "crt", "cer", "der", "jks", "keystore", "env"];
/// Files that their programs take only where nobody else may read them.
const PRIVATE_FILES: [&str; 5] = [".erlang.cookie", ".pgpass", "acme.json", "msmtprc", "rsyncd.secrets"];

/// Whether a file is secret: a key or a certificate by its content or its name, a file of variables, or one
/// with a secret of the project in it.
pub fn is_secret(context: &Context<'_>, path: &str, bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    // Also within a text of JSON.
    let armoured = text.contains("-----BEGIN ")
        && ["PRIVATE KEY-----", "CERTIFICATE-----"].iter().any(|end| text.contains(end));
    let name = path.rsplit('/').next().unwrap_or_default();
    armoured
        || SECRET_EXTENSIONS.contains(&extension(name))
        || name.starts_with(".env")
        || SECRET_FILES.contains(&name)
        || is_private(path, bytes)
        || context.secrecy.is_in(&text)
}

/// Whether a file is a private key, or another one that its program takes only where nobody else may read it.
pub fn is_private(path: &str, bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_public = name.ends_with(".pub")
        || is_armoured(&text, &["PUBLIC KEY-----", "PUBLIC KEY BLOCK-----", "CERTIFICATE-----"]);
    let of_ssh = name.starts_with("id_") && SECRET_FILES.contains(&name)
        || name.starts_with("ssh_host_") && name.ends_with("_key");
    let has_key = is_armoured(&text, &["PRIVATE KEY-----", "PRIVATE KEY BLOCK-----"]);
    let named =
        of_ssh || extension(name) == "key" || extension(name) == "keytab" || PRIVATE_FILES.contains(&name);
    has_key || named && !is_public
}

fn is_armoured(text: &str, ends: &[&str]) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| line.starts_with("-----BEGIN "));
    lines.any(|line| ends.iter().any(|end| line.ends_with(end)))
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The permission bits of a file in a container, from those on disk; none for the usual ones. A repository keeps
/// whether a file is executable and nothing else, so other bits count only where they keep somebody out.
pub fn mode(on_disk: u32, is_private: bool) -> Option<String> {
    const ALL_READ: u32 = 0o044;
    const OTHERS: u32 = 0o007;
    let bits = match on_disk & 0o777 {
        bits if bits & OTHERS == 0 => bits,
        _ if is_private => 0o600,
        bits if bits & ALL_READ != ALL_READ => bits,
        bits if bits & 0o111 != 0 => 0o755,
        _ => return None,
    };
    Some(format!("{bits:04o}"))
}

#[cfg(test)]
mod tests {
    use super::{is_private, mode};

    #[test]
    fn bits_that_keep_somebody_out_are_kept_and_others_are_the_usual_ones() {
        for (on_disk, private, expected) in [
            (0o644, false, None),
            (0o664, false, None),
            (0o444, false, None),
            (0o666, false, None),
            (0o755, false, Some("0755")),
            (0o4775, false, Some("0755")),
            (0o600, false, Some("0600")),
            (0o640, false, Some("0640")),
            (0o400, false, Some("0400")),
            (0o750, false, Some("0750")),
            (0o604, false, Some("0604")),
            (0o644, true, Some("0600")),
            (0o755, true, Some("0600")),
            (0o640, true, Some("0640")),
            (0o400, true, Some("0400")),
        ] {
            assert_eq!(mode(on_disk, private).as_deref(), expected, "{on_disk:o} {private}");
        }
    }

    #[test]
    fn a_private_key_is_known_by_its_content_or_its_name() {
        const KEY: &str = "x\n-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n";
        for (path, text, expected) in [
            ("a.txt", KEY, true),
            ("both.pem", "-----BEGIN CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----", true),
            ("conf/server.key", "", true),
            ("ssh/ssh_host_rsa_key", "", true),
            ("id_ed25519", "", true),
            ("acme.json", "{}", true),
            (".erlang.cookie", "x", true),
            ("http.keytab", "x", true),
            ("ca.pem", "-----BEGIN CERTIFICATE-----", false),
            ("release.key", "-----BEGIN PGP PUBLIC KEY BLOCK-----", false),
            ("id_rsa.pub", "ssh-rsa AAAA", false),
            ("ssh_host_rsa_key.pub", "", false),
            ("id_list", "", false),
            ("account.json", r#"{"private_key": "-----BEGIN PRIVATE KEY-----\nabc"}"#, false),
            ("nginx.conf", "ssl_certificate_key /etc/key;", false),
        ] {
            assert_eq!(is_private(path, text.as_bytes()), expected, "{path}");
        }
    }
}

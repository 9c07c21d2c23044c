//! The access to a file: whether a Secret must store the file, and its permission bits.

use crate::convert::context::Context;

/// Names of files with keys or passwords.
const SECRET_FILES: [&str; 8] =
    [".htpasswd", ".netrc", ".npmrc", ".pgpass", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa"];
/// Extensions of files that are or can be secret.
const SECRET_EXTENSIONS: [&str; 11] =
    ["key", "pem", "p8", "p12", "pfx", "crt", "cer", "der", "jks", "keystore", "env"];
/// Files that programs accept only if no other user can read them.
const PRIVATE_FILES: [&str; 5] = [".erlang.cookie", ".pgpass", "acme.json", "msmtprc", "rsyncd.secrets"];

/// Reports whether a file is secret: a key or certificate by content or name, an env file, or a file with a secret of
/// the project.
pub fn is_secret(context: &Context<'_>, path: &str, bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    // A key can also be a string in JSON.
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

/// Reports whether a program accepts the file only if no other user can read it, such as a private key.
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

/// Returns the permission bits of a file in a container. None for the default bits. Git stores only whether a file is
/// executable, so other bits count only if they restrict the access.
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
    fn permission_bits_that_restrict_access_are_kept() {
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
    fn a_private_key_is_recognized_by_content_or_name() {
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

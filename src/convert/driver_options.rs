//! The meaning of volume driver options. The options of the local driver are those of `mount`.

use compose_loader::{Map, Node};

use crate::api::{Nfs, Quantity, Tmpfs};
use crate::convert::sizes::{bytes, quantity};

/// The storage that the options of the local driver select.
#[derive(Debug, PartialEq)]
pub enum Meaning {
    /// A disk of Docker, as without options, with its maximum size.
    Disk(Option<Quantity>),
    /// An NFS export, with the mount options that a Pod cannot set.
    Nfs { export: Nfs, options: Vec<String> },
    /// A folder of the host.
    Folder { path: String, read_only: bool },
    /// Memory, with the options that have no meaning on a cluster.
    Memory { tmpfs: Tmpfs, other: Vec<String> },
    /// An NFS export without its server or path. The text says what is missing.
    Incomplete(&'static str),
    /// Other storage. The text names the option that selects it.
    Elsewhere(String),
}

/// Returns the meaning of the options of the local driver.
pub fn meaning(options: &Node) -> Meaning {
    let text = |key: &str| options.str_at(key).unwrap_or_default().trim();
    let (kind, device) = (text("type").to_lowercase(), text("device"));
    let flags: Vec<&str> = text("o").split(',').map(str::trim).filter(|flag| !flag.is_empty()).collect();
    let value = |name: &str| flags.iter().find_map(|flag| flag.strip_prefix(name)?.strip_prefix('='));
    let has = |name: &str| flags.contains(&name);
    match kind.as_str() {
        _ if has("bind") || has("rbind") => match device.starts_with('/') {
            true => Meaning::Folder { path: device.to_owned(), read_only: has("ro") },
            false => Meaning::Elsewhere("device is not an absolute path".to_owned()),
        },
        "nfs" | "nfs4" => nfs(&kind, device, &flags),
        "tmpfs" => {
            let mut tmpfs = Tmpfs { target: String::new(), size: None, mode: None };
            let other = tmpfs_options(text("o"), &mut tmpfs).into_iter().map(str::to_owned).collect();
            Meaning::Memory { tmpfs, other }
        }
        "" | "none" if device.is_empty() => {
            let size = options.get("size").and_then(Node::as_str).or(value("size"));
            Meaning::Disk(size.and_then(bytes).and_then(|bytes| quantity(&bytes)))
        }
        "" | "none" => Meaning::Elsewhere("device without o: bind".to_owned()),
        kind => Meaning::Elsewhere(format!("type '{kind}'")),
    }
}

/// Reports whether a driver is Docker's local driver.
pub fn is_local(driver: &str) -> bool {
    matches!(driver, "local" | "default" | "")
}

/// Returns the host folder of a volume, unless the settings select other storage on the cluster.
pub fn folder(volume: &Node) -> Option<String> {
    const ELSEWHERE: [&str; 4] = ["claimName", "nfs", "hostPath", "storageClassName"];
    let settings = volume.get("x-stackwright");
    let is_placed = volume.get("external").and_then(Node::as_bool) == Some(true)
        || ELSEWHERE.iter().any(|key| settings.is_some_and(|settings| settings.get(key).is_some()));
    if is_placed || !is_local(volume.str_at("driver").unwrap_or_default()) {
        return None;
    }
    match meaning(volume.get("driver_opts")?) {
        Meaning::Folder { path, .. } => Some(path),
        _ => None,
    }
}

/// Reads the options of a tmpfs mount, and returns the options without a meaning on a cluster. The folder belongs to
/// root there, so if the owner is another user, all users get the permissions of the owner.
pub fn tmpfs_options<'o>(options: &'o str, tmpfs: &mut Tmpfs) -> Vec<&'o str> {
    let mut other = Vec::new();
    let mut owned = false;
    for option in options.split(',').map(str::trim).filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("size", size)) => match bytes(size) {
                Some(size) => tmpfs.size = quantity(&size),
                None => other.push(option),
            },
            Some(("mode", mode)) if i64::from_str_radix(mode, 8).is_ok() && mode.len() <= 5 => {
                tmpfs.mode = Some(format!("{mode:0>4}"));
            }
            _ if matches!(option, "rw" | "noexec" | "nosuid" | "nodev" | "exec" | "suid" | "dev") => {}
            _ => {
                owned |= option.starts_with("uid=") || option.starts_with("gid=");
                other.push(option);
            }
        }
    }
    let mode = tmpfs.mode.as_deref().and_then(|mode| i64::from_str_radix(mode, 8).ok());
    if let Some(mode) = mode.filter(|_| owned) {
        let owner = mode >> 6 & 0o7;
        tmpfs.mode = Some(format!("{:04o}", mode | owner << 3 | owner));
    }
    other
}

/// Reports whether there are no options.
pub fn is_none(options: &Node) -> bool {
    options.as_map().is_none_or(Map::is_empty)
}

fn nfs(kind: &str, device: &str, flags: &[&str]) -> Meaning {
    let value = |name: &str| flags.iter().find_map(|flag| flag.strip_prefix(name)?.strip_prefix('='));
    // An IPv6 address is in brackets.
    let (host, path) = match device.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
        Some(parts) => parts,
        None => device.split_once(':').unwrap_or(("", "")),
    };
    let server = value("addr").filter(|server| !server.is_empty()).unwrap_or(host).trim_matches(['[', ']']);
    if server.is_empty() {
        return Meaning::Incomplete("no server");
    }
    if !path.starts_with('/') {
        return Meaning::Incomplete("device has no absolute path after a colon");
    }
    let read_only = flags.contains(&"ro").then_some(true);
    let export = Nfs { server: server.to_owned(), path: path.to_owned(), read_only };
    let mut options: Vec<String> =
        flags.iter().filter(|flag| !is_default(flag)).map(|flag| (*flag).to_owned()).collect();
    let is_version = |option: &String| option.starts_with("vers=") || option.starts_with("nfsvers=");
    // A PersistentVolume has only the type `nfs`, so the version of `nfs4` becomes an option.
    if kind == "nfs4" && !options.is_empty() && !options.iter().any(is_version) {
        options.push("nfsvers=4".to_owned());
    }
    Meaning::Nfs { export, options }
}

/// Reports whether an option of an NFS mount is a default or has its own field on a cluster.
fn is_default(option: &str) -> bool {
    const DEFAULTS: [&str; 22] = [
        "_netdev",
        "async",
        "auto",
        "defaults",
        "dev",
        "exec",
        "hard",
        "intr",
        "lock",
        "noauto",
        "nofail",
        "nointr",
        "nouser",
        "port=2049",
        "proto=tcp",
        "relatime",
        "ro",
        "rw",
        "suid",
        "tcp",
        "user",
        "users",
    ];
    DEFAULTS.contains(&option) || option.starts_with("addr=")
}

#[cfg(test)]
mod tests {
    use super::*;
    use compose_loader::Place;

    fn of(pairs: &[(&str, &str)]) -> Meaning {
        let mut map = Map::default();
        for (key, text) in pairs {
            map.insert(*key, Place::NONE, Node::text(*text, Place::NONE));
        }
        meaning(&Node::new(compose_loader::Value::Map(Box::new(map)), Place::NONE))
    }

    fn export(server: &str, path: &str, read_only: bool, options: &[&str]) -> Meaning {
        let export =
            Nfs { server: server.to_owned(), path: path.to_owned(), read_only: read_only.then_some(true) };
        Meaning::Nfs { export, options: options.iter().map(|option| (*option).to_owned()).collect() }
    }

    #[test]
    fn nfs_options_that_change_something_are_kept() {
        for (kind, o, device, meant) in [
            ("nfs", "addr=10.0.0.5,rw", ":/e", export("10.0.0.5", "/e", false, &[])),
            ("nfs", "addr=10.0.0.5,ro,hard,defaults", ":/e", export("10.0.0.5", "/e", true, &[])),
            (
                "nfs",
                "nfsvers=4.1,soft,nolock",
                "nas:/e",
                export("nas", "/e", false, &["nfsvers=4.1", "soft", "nolock"]),
            ),
            ("nfs4", "addr=nas,noatime", ":/e", export("nas", "/e", false, &["noatime", "nfsvers=4"])),
            ("nfs4", "addr=nas", ":/", export("nas", "/", false, &[])),
            ("nfs", "addr=nas , timeo=30", "nas:/e", export("nas", "/e", false, &["timeo=30"])),
            ("nfs", "rw", "[2001:db8::5]:/e", export("2001:db8::5", "/e", false, &[])),
            ("NFS", "addr=2001:db8::5", ":/e", export("2001:db8::5", "/e", false, &[])),
            ("nfs", "addr=,rw", ":/e", Meaning::Incomplete("no server")),
            ("nfs", "addr=nas", "/e", Meaning::Incomplete("device has no absolute path after a colon")),
            ("nfs", "addr=nas", ":e", Meaning::Incomplete("device has no absolute path after a colon")),
        ] {
            assert_eq!(of(&[("type", kind), ("o", o), ("device", device)]), meant, "{kind} {o} {device}");
        }
    }

    #[test]
    fn other_drivers_and_types_refer_to_data_elsewhere() {
        for kind in
            ["cifs", "smb3", "fuse.sshfs", "glusterfs", "ceph", "davfs", "9p", "ext4", "btrfs", "overlay"]
        {
            assert_eq!(of(&[("type", kind), ("device", "x")]), Meaning::Elsewhere(format!("type '{kind}'")));
        }
        assert!(matches!(of(&[("device", "/dev/sdb1")]), Meaning::Elsewhere(_)));
        assert!(matches!(of(&[("type", "none"), ("o", "bind"), ("device", "./a")]), Meaning::Elsewhere(_)));
        let folder = Meaning::Folder { path: "/srv/a".to_owned(), read_only: true };
        assert_eq!(of(&[("type", "none"), ("o", "bind,ro"), ("device", "/srv/a")]), folder);
        assert_eq!(of(&[("size", "5g")]), Meaning::Disk(Some(Quantity::from("5Gi"))));
        assert_eq!(of(&[("o", "size=100m")]), Meaning::Disk(Some(Quantity::from("100Mi"))));
        assert_eq!(of(&[]), Meaning::Disk(None));
    }
}

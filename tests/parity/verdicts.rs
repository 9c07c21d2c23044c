//! The differences that are as they should be. Each has its reason in `docs/behaviour.md`.

/// What one side may show.
#[derive(Clone, Copy, Debug)]
pub enum Seen {
    /// Nothing at all.
    Nothing,
    /// Anything, but something.
    Anything,
    /// Whatever, or nothing.
    Whatever,
    /// What matches this pattern.
    Like(&'static str),
}

/// A difference that is known.
#[derive(Debug)]
pub struct Verdict {
    /// Its name in `docs/behaviour.md`.
    pub id: &'static str,
    /// Where it may be: `*` stands for any characters.
    pub path: &'static str,
    /// What Docker Compose shows there.
    pub docker: Seen,
    /// What Stackwright shows there.
    pub cluster: Seen,
}

use Seen::{Anything, Like, Nothing, Whatever};

const fn verdict(id: &'static str, path: &'static str, docker: Seen, cluster: Seen) -> Verdict {
    Verdict { id, path, docker, cluster }
}

/// All of them; the first that fits counts.
pub const VERDICTS: &[Verdict] = &[
    // --- what every pod is given -----------------------------------------------------
    verdict("kubernetes-variables", "*/env/KUBERNETES_*", Nothing, Anything),
    verdict("host-name", "*/hostname", Like("<id>"), Anything),
    verdict("host-name", "*/env/HOSTNAME", Like("<id>"), Anything),
    verdict("host-name", "*/hosts/<id>", Anything, Nothing),
    verdict("host-name", "*/hosts/*", Nothing, Like("self")),
    verdict("hosts-of-ipv6", "*/hosts/ip6-*", Anything, Anything),
    verdict("termination-log", "*/mounts//dev/termination-log/*", Nothing, Anything),
    verdict("hidden-parts-of-proc", "*/mounts//proc/*", Whatever, Whatever),
    verdict("small-request", "*/cgroup/cpu-shares", Like("1024"), Anything),
    // --- names -----------------------------------------------------------------------
    verdict("names-beyond-networks", "*/reaches/*", Like("nobody: no such name"), Like("nobody: no answer")),
    // --- files -----------------------------------------------------------------------
    verdict("files-in-memory", "*/mounts/*/type", Like("ext4"), Like("tmpfs")),
    verdict("files-in-memory", "*/mounts/*/size", Nothing, Anything),
    verdict("open-folders", "*/mounts/*/holds/*", Like("drwxr-xr-x *"), Like("drwxrwxrwx *")),
    verdict(
        "modes-of-configs",
        "*/mounts//etc/app/app.conf/holds/.",
        Like("-rw-r--r-- 0:0 *"),
        Like("-r--r----- 103:104 *"),
    ),
    verdict(
        "modes-of-configs",
        "*/mounts//run/secrets/*/holds/.",
        Like("-rw-r--r-- *"),
        Like("-r--r--r-- *"),
    ),
    verdict("mounted-and-not-copied", "*/mounts//plain/*", Nothing, Anything),
    verdict("mounted-and-not-copied", "*/mounts//run/secrets/my-key/*", Nothing, Anything),
    verdict(
        "options-of-shm",
        "*/mounts//dev/shm/options",
        Like("nodev,noexec,nosuid,relatime,rw"),
        Like("relatime,rw"),
    ),
    // --- limits ----------------------------------------------------------------------
    verdict("number-of-processes", "*/cgroup/pids", Anything, Like("max")),
    verdict("ulimits", "*/ulimits/*", Anything, Anything),
    // --- the end ---------------------------------------------------------------------
    verdict("stop-signal", "*/end/signals", Like("*"), Like("* 15")),
    verdict("stop-signal", "*/end/lived", Anything, Anything),
];

impl Verdict {
    /// Whether this is the difference that it speaks of.
    pub fn explains(&self, path: &str, docker: Option<&str>, cluster: Option<&str>) -> bool {
        matches(self.path, path) && self.docker.is(docker) && self.cluster.is(cluster)
    }
}

impl Seen {
    fn is(self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::Whatever, _) | (Self::Nothing, None) | (Self::Anything, Some(_)) => true,
            (Self::Like(pattern), Some(value)) => matches(pattern, value),
            _ => false,
        }
    }
}

/// Whether a text is like a pattern, in which `*` stands for any characters, or none.
pub fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            let mut starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            starts.any(|at| matches(after, &rest[at..]))
        }),
    }
}

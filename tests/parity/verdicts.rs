//! Known differences. `docs/behaviour.md` explains each.

/// A pattern for the value of one engine.
#[derive(Clone, Copy, Debug)]
pub enum Seen {
    /// No value.
    Nothing,
    /// Any value.
    Anything,
    /// A value that matches this pattern.
    Like(&'static str),
}

/// A known difference.
#[derive(Debug)]
pub struct Verdict {
    /// The name in `docs/behaviour.md`.
    pub id: &'static str,
    /// The pattern of the project.
    pub project: &'static str,
    /// The pattern of the fact's path, in which `*` matches any characters.
    pub path: &'static str,
    /// The value on Docker Compose.
    pub docker: Seen,
    /// The value on Stackwright.
    pub cluster: Seen,
}

use Seen::{Anything, Like, Nothing};

/// Returns a difference that any project can show.
const fn any(id: &'static str, path: &'static str, docker: Seen, cluster: Seen) -> Verdict {
    Verdict { id, project: "*", path, docker, cluster }
}

/// Returns a difference of one project, which would be a fault elsewhere.
const fn only(
    project: &'static str,
    id: &'static str,
    path: &'static str,
    docker: Seen,
    cluster: Seen,
) -> Verdict {
    Verdict { id, project, path, docker, cluster }
}

const NOBODY: Seen = Like("nobody: no such name");
const CONFIGS: &str = "configs and secrets are files with their mode and owner";
const SECRET: &str = "a secret is a file that the process can read";
const INLINE: &str = "a config is given inline from a file and from a variable";
const HOST_NAME: &str = "a host name is what the process is called";
const INIT: &str = "an init reaps what the process leaves behind";
const SHARED: &str = "processes of a shared pid namespace see each other";
const ALIASES: &str = "aliases lead to their service on their networks";
const GATE: &str = "a front and a back network with a gate between them";
const QUEUE: &str = "a worker that is scaled and a queue";
const SIDECAR: &str = "a sidecar with its own files in the network of another";
const SHARED_NETWORK: &str = "who shares a network namespace shares its addresses";
const HIDES: &str = "a bind mount hides what the image has there";
const NO_SECRET: &str = "a secret that the user may not read is not read";
const WANTS_FILES: &str = "secrets and variables of a program that wants files";
const NEVER_TWICE: &str = "an image that cannot be had ends a service that never runs twice";
const VPN: &str = "a client behind a vpn starts when it is healthy and ends before it";
const PING: &str = "who is not root may ping";
const PACE: &str = "a service that ends every few seconds is started again";
const ROOT_HOOK: &str = "a hook as root gives a volume to the user of the service";
const FAILING_HOOK: &str = "a hook that fails leaves its container running";
const LIMITS: &str = "limits of memory processor and files are what the process sees";

/// The known differences. The first match counts.
pub const VERDICTS: &[Verdict] = &[
    // --- what every pod is given -----------------------------------------------------
    any("kubernetes-variables", "*/env/KUBERNETES_*", Nothing, Anything),
    any("host-name", "*/hostname", Like("<id>"), Anything),
    any("host-name", "*/env/HOSTNAME", Like("<id>"), Anything),
    any("host-name", "*/hosts/<id>", Anything, Nothing),
    any("host-name", "*/hosts/*", Nothing, Like("self")),
    any("hosts-of-ipv6", "*/hosts/ip6-*", Anything, Anything),
    any("termination-log", "*/mounts//dev/termination-log/*", Nothing, Anything),
    any("hidden-parts-of-proc", "*/mounts//proc/*", Nothing, Anything),
    any("small-request", "*/cgroup/cpu-shares", Like("1024"), Anything),
    any("hosts-file", "*/mounts//etc/hosts/options", Like("relatime,ro"), Like("relatime,rw")),
    // --- names and networks ----------------------------------------------------------
    any("names-beyond-networks", "*/reaches/*", NOBODY, Like("nobody: no answer")),
    only(ALIASES, "aliases-beyond-networks", "api/reaches/inner:80", NOBODY, Like("web")),
    only(ALIASES, "aliases-beyond-networks", "db/reaches/www:80", NOBODY, Like("web")),
    only(ALIASES, "aliases-beyond-networks", "db/reaches/site:80", NOBODY, Like("web")),
    only(GATE, "aliases-beyond-networks", "page/reaches/private:80", NOBODY, Like("gate")),
    only(GATE, "aliases-beyond-networks", "page/reaches/private:8080", NOBODY, Like("nobody: refused")),
    only(GATE, "aliases-beyond-networks", "store/reaches/public:80", NOBODY, Like("gate")),
    only(GATE, "ports-that-nobody-names", "*/reaches/*:8080", Like("gate"), Like("nobody: *")),
    only(
        "an entrypoint *",
        "ports-that-nobody-names",
        "*/reaches/args:9090",
        Like("args"),
        Like("nobody: *"),
    ),
    only(
        "an image's port *",
        "ports-that-nobody-names",
        "*/reaches/api:9090",
        Like("api"),
        Like("nobody: *"),
    ),
    only(QUEUE, "ports-that-nobody-names", "*/reaches/queue*:15672", Like("queue"), Like("nobody: *")),
    only(SHARED_NETWORK, "names-in-a-shared-pod", "side/hostname", Anything, Like("app")),
    only(SHARED_NETWORK, "names-in-a-shared-pod", "side/env/HOSTNAME", Anything, Like("app")),
    only(SHARED_NETWORK, "names-in-a-shared-pod", "side/hosts/*", Like("self"), Nothing),
    only(SHARED_NETWORK, "names-in-a-shared-pod", "*/reaches/side:81", NOBODY, Like("side")),
    only(SIDECAR, "names-in-a-shared-pod", "torrent/hostname", Anything, Like("vpn")),
    only(SIDECAR, "names-in-a-shared-pod", "torrent/env/HOSTNAME", Anything, Like("vpn")),
    only(SIDECAR, "names-in-a-shared-pod", "torrent/hosts/*", Like("self"), Nothing),
    only(SIDECAR, "names-in-a-shared-pod", "*/reaches/torrent:9999", NOBODY, Like("torrent")),
    only(VPN, "names-in-a-shared-pod", "*/hostname", Anything, Like("vpn")),
    only(VPN, "names-in-a-shared-pod", "*/env/HOSTNAME", Anything, Like("vpn")),
    only(VPN, "names-in-a-shared-pod", "*/hosts/*", Like("self"), Nothing),
    only(VPN, "names-in-a-shared-pod", "*/reaches/client:9091", NOBODY, Like("client")),
    only(VPN, "names-in-a-shared-pod", "*/reaches/proxy:3128", NOBODY, Like("proxy")),
    only(PING, "addresses-of-services-answer-no-ping", "step 3/monitor ended", Like("0"), Like("1")),
    only(
        PING,
        "addresses-of-services-answer-no-ping",
        "step 3/monitor printed",
        Like("answered"),
        Like("no answer"),
    ),
    only(
        "a shop of four services *",
        "parts-of-composed-values",
        "*/env/STACKWRIGHT_DB_PASSWORD",
        Nothing,
        Like("s3cret$x"),
    ),
    only("a published port goes on *", "published-ports-are-open", "api/reaches/web:*", NOBODY, Like("web")),
    only("services of other networks *", "own-name", "alone/reaches/alone:80", NOBODY, Like("alone")),
    only(HOST_NAME, "domain-name", "full/*name", Anything, Anything),
    only(HOST_NAME, "domain-name", "full/env/HOSTNAME", Like("mail"), Like("mail.example.org")),
    only(HOST_NAME, "domain-name", "full/hosts/mail", Like("self"), Nothing),
    // --- files -----------------------------------------------------------------------
    any("files-in-memory", "*/mounts/*/type", Like("ext4"), Like("tmpfs")),
    any("files-in-memory", "*/mounts/*/size", Nothing, Like("unbounded")),
    any("open-folders", "*/mounts/*/holds/*/mode", Like("drwxr-xr-x"), Like("drwxrwxrwx")),
    only(HIDES, "open-folders", "*/mounts/*/holds/file/mode", Like("-rw-r--r--"), Like("-rw-rw-rw-")),
    any("folders-of-links", "*/mounts/*/holds/./mode", Like("drwxr-xr-x"), Like("dtrwxrwxrwx")),
    any("folders-of-links", "*/mounts/*/holds/..*", Nothing, Anything),
    any("modes-of-configs", "*/mounts/*/holds/./mode", Like("-rw-r--r--"), Like("-r--r--r--")),
    only(
        CONFIGS,
        "modes-of-configs",
        "*/mounts//etc/app/app.conf/holds/./mode",
        Anything,
        Like("-r--r-----"),
    ),
    only(CONFIGS, "modes-of-configs", "*/mounts//etc/app/app.conf/holds/./owner", Anything, Like("103:104")),
    only(SECRET, "modes-of-configs", "*/mounts//etc/elsewhere/holds/./mode", Anything, Like("-r--r-----")),
    only(SECRET, "modes-of-configs", "*/mounts//etc/elsewhere/holds/./owner", Anything, Like("1000:1000")),
    only(
        WANTS_FILES,
        "modes-of-configs",
        "*/10-init.sh/holds/./mode",
        Like("-rwxr-xr-x"),
        Like("-r-xr-xr-x"),
    ),
    only(CONFIGS, "mounted-and-not-copied", "*/mounts//plain/*", Nothing, Anything),
    only(CONFIGS, "mounted-and-not-copied", "*/mounts//run/secrets/my-key/*", Nothing, Anything),
    only(INLINE, "mounted-and-not-copied", "*/mounts//inline/*", Nothing, Anything),
    only(INLINE, "mounted-and-not-copied", "*/mounts//var.txt/*", Nothing, Anything),
    only(NO_SECRET, "mounted-and-not-copied", "*/mounts//run/secrets/*", Nothing, Anything),
    only(SECRET, "mounted-and-not-copied", "*/mounts//run/secrets/from-env/*", Nothing, Anything),
    any(
        "options-of-tmpfs",
        "*/mounts/*/options",
        Like("nodev,noexec,nosuid,relatime,rw"),
        Like("relatime,rw"),
    ),
    // --- processes and limits --------------------------------------------------------
    only(INIT, "pause-is-the-init", "*/init", Like("docker-init"), Like("pause")),
    only(INIT, "pause-is-the-init", "*/pid", Anything, Anything),
    only(INIT, "pause-is-the-init", "*/mounts//usr/sbin/docker-init/*", Anything, Nothing),
    only(SHARED, "pause-is-the-init", "*/init", Like("witness"), Like("pause")),
    only(SHARED, "pause-is-the-init", "*/pid", Anything, Anything),
    only(LIMITS, "number-of-processes", "*/cgroup/pids", Like("100"), Like("max")),
    only(LIMITS, "ulimits", "*/ulimits/open files", Like("1000:2000"), Anything),
    only(LIMITS, "ulimits", "*/ulimits/processes", Like("500:500"), Anything),
    any("memory-reservation", "*/cgroup/memory-soft", Like("20971520"), Like("9223372036854771712")),
    // --- hooks -----------------------------------------------------------------------
    only(
        ROOT_HOOK,
        "hooks-before-the-start",
        "backend/mounts//store/holds/./owner",
        Like("0:0"),
        Like("1001:1001"),
    ),
    only(FAILING_HOOK, "helper-of-hooks", "*/mounts//.stackwright/helper/*", Nothing, Anything),
    // --- changes ---------------------------------------------------------------------
    only("an update loses no request", "no-request-is-lost", "*/requests lost", Like("some"), Like("none")),
    only("an image that cannot be had *", "a-bad-image-is-told", "step 1/*/state", Anything, Like("blocked")),
    only(NEVER_TWICE, "stopped-before-the-pull", "*/requests lost", Like("none"), Like("some")),
    only(NEVER_TWICE, "stopped-before-the-pull", "step 1/*/containers", Like("1"), Nothing),
    only(NEVER_TWICE, "stopped-before-the-pull", "worker/end/*", Anything, Nothing),
    only(PACE, "pace-of-restarts", "*/restart 2", Like("at once"), Like("10 s")),
    only(PACE, "pace-of-restarts", "*/restart 3", Like("at once"), Like("20 s")),
    // --- the end ---------------------------------------------------------------------
    only("a deaf process is killed *", "stop-signal", "*/end/signals", Like("10"), Like("10 15")),
    only("a deaf process is killed *", "stop-signal", "*/end/lived", Like("3 s"), Like("5 s")),
];

impl Verdict {
    /// Reports whether the verdict matches a difference.
    pub fn explains(&self, project: &str, path: &str, docker: Option<&str>, cluster: Option<&str>) -> bool {
        matches(self.project, project)
            && matches(self.path, path)
            && self.docker.is(docker)
            && self.cluster.is(cluster)
    }
}

impl Seen {
    fn is(self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::Nothing, None) | (Self::Anything, Some(_)) => true,
            (Self::Like(pattern), Some(value)) => matches(pattern, value),
            _ => false,
        }
    }
}

/// Reports whether a text matches a pattern, in which `*` matches any characters.
pub fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            let mut starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            starts.any(|at| matches(after, &rest[at..]))
        }),
    }
}

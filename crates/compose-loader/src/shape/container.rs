//! The keys of services and of `pre_start` containers.

use super::*;

/// A key of a service, and whether a `pre_start` container has it too.
struct Row {
    field: Field,
    shared: bool,
}

const fn shared(field: Field) -> Row {
    Row { field, shared: true }
}

const fn own(field: Field) -> Row {
    Row { field, shared: false }
}

const ROWS: &[Row] = &[
    own(f("profiles", Strings)),
    shared(f("annotations", Mapping)),
    own(f("attach", OptBool)),
    shared(f("blkio_config", Opt(BLKIO))),
    own(f("build", Opt(BUILD))),
    shared(f("cap_add", Strings)),
    shared(f("cap_drop", Strings)),
    shared(f("cgroup", Str)),
    shared(f("cgroup_parent", Str)),
    shared(always("command", Command, Absent::As("null"))),
    shared(f("configs", List(&Part(FILE_MOUNT)))),
    own(f("container_name", Str)),
    shared(f("cpu_count", Int)),
    shared(f("cpu_percent", Float)),
    shared(f("cpu_period", Int)),
    shared(f("cpu_quota", Int)),
    shared(f("cpu_rt_period", Int)),
    shared(f("cpu_rt_runtime", Int)),
    shared(f("cpu_shares", Int)),
    shared(f("cpus", Float)),
    shared(f("cpuset", Str)),
    shared(f("credential_spec", Opt(CREDENTIALS))),
    own(f("depends_on", Map(&Part(DEPENDENCY)))),
    own(f("deploy", Opt(DEPLOY))),
    own(f("develop", Opt(DEVELOP))),
    shared(f("device_cgroup_rules", Strings)),
    shared(f("devices", List(&Part(DEVICE)))),
    shared(f("dns", StringList)),
    shared(f("dns_opt", Strings)),
    shared(f("dns_search", StringList)),
    shared(f("domainname", Str)),
    shared(always("entrypoint", Command, Absent::As("null"))),
    shared(f("env_file", List(&Part(ENV_FILE)))),
    shared(f("environment", Environment)),
    own(f("expose", Texts)),
    own(f("extends", Opt(EXTENDS))),
    own(f("external_links", Strings)),
    shared(f("extra_hosts", Hosts)),
    shared(f("gpus", List(&Part(DEVICE_REQUEST)))),
    shared(f("group_add", Strings)),
    own(f("healthcheck", Opt(HEALTHCHECK))),
    shared(f("hostname", Str)),
    shared(f("image", Str)),
    shared(f("init", OptBool)),
    shared(f("ipc", Str)),
    shared(f("isolation", Str)),
    shared(f("label_file", Strings)),
    shared(f("labels", Labels)),
    own(f("links", Strings)),
    shared(f("logging", Opt(LOGGING))),
    shared(f("mac_address", Str)),
    shared(f("mem_limit", Bytes)),
    shared(f("mem_reservation", Bytes)),
    shared(f("mem_swappiness", Bytes)),
    shared(f("memswap_limit", Bytes)),
    shared(f("models", Map(&Opt(SERVICE_MODEL)))),
    shared(f("network_mode", Str)),
    shared(f("networks", Map(&Opt(ENDPOINT)))),
    shared(f("oom_kill_disable", Bool)),
    shared(f("oom_score_adj", Int)),
    shared(f("pid", Str)),
    shared(f("pids_limit", Int)),
    shared(f("platform", Str)),
    own(f("ports", List(&Part(PORT)))),
    shared(f("privileged", Bool)),
    own(f("provider", Opt(PROVIDER))),
    shared(f("pull_policy", Str)),
    shared(f("pull_refresh_after", Str)),
    shared(f("read_only", Bool)),
    own(f("restart", Str)),
    shared(f("runtime", Str)),
    own(f("scale", OptInt)),
    shared(f("secrets", List(&Part(FILE_MOUNT)))),
    shared(f("security_opt", Strings)),
    shared(f("shm_size", Bytes)),
    own(f("stdin_open", Bool)),
    shared(f("stop_grace_period", OptDuration)),
    shared(f("stop_signal", Str)),
    shared(f("storage_opt", StringMap)),
    shared(f("sysctls", Mapping)),
    shared(f("tmpfs", StringList)),
    own(f("tty", Bool)),
    shared(f("ulimits", Map(&Ulimit))),
    shared(f("use_api_socket", Bool)),
    shared(f("user", Str)),
    shared(f("userns_mode", Str)),
    shared(f("uts", Str)),
    shared(f("volumes", List(&Part(MOUNT)))),
    shared(f("volumes_from", Strings)),
    shared(f("working_dir", Str)),
];

/// The keys of a service.
pub static SERVICE: [Field; ROWS.len() + HOOKS.len()] = table(false, HOOKS);

/// The keys of a `pre_start` container.
pub const PRE_START: &[Field] = &table::<{ count_shared() + PER_REPLICA.len() }>(true, PER_REPLICA);

/// The keys of hooks. They are separate, since the first one has the keys of a service.
const HOOKS: &[Field] = &[
    f("pre_start", List(&Part(PRE_START))),
    f("post_start", List(&Part(HOOK))),
    f("pre_stop", List(&Part(HOOK))),
];

const PER_REPLICA: &[Field] = &[f("per_replica", Bool)];

/// Returns all keys or only the shared ones, followed by `more`.
const fn table<const N: usize>(only_shared: bool, more: &[Field]) -> [Field; N] {
    let mut table = [ROWS[0].field; N];
    let (mut row, mut length) = (0, 0);
    while row < ROWS.len() {
        if ROWS[row].shared || !only_shared {
            table[length] = ROWS[row].field;
            length += 1;
        }
        row += 1;
    }
    let mut next = 0;
    while next < more.len() {
        table[length + next] = more[next];
        next += 1;
    }
    table
}

const fn count_shared() -> usize {
    let (mut row, mut count) = (0, 0);
    while row < ROWS.len() {
        if ROWS[row].shared {
            count += 1;
        }
        row += 1;
    }
    count
}

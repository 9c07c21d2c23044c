//! The keys of services, jobs and `pre_start` containers.

use super::*;

/// A key, and what has it.
struct Row {
    field: Field,
    of: Holder,
}

/// What has a key. Each variant that stands for several is a set of bits.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Holder {
    /// Services.
    Service = 1,
    /// Jobs.
    Job = 2,
    /// Services and jobs.
    Workload = 3,
    /// `pre_start` containers.
    PreStart = 4,
    /// Everything that runs a container.
    Container = 7,
}

const fn shared(field: Field) -> Row {
    Row { field, of: Holder::Container }
}

const fn workload(field: Field) -> Row {
    Row { field, of: Holder::Workload }
}

const fn service(field: Field) -> Row {
    Row { field, of: Holder::Service }
}

const fn job(field: Field) -> Row {
    Row { field, of: Holder::Job }
}

const ROWS: &[Row] = &[
    workload(f("profiles", Strings)),
    job(f("triggers", Opt(TRIGGERS))),
    shared(f("annotations", Mapping)),
    service(f("attach", OptBool)),
    shared(f("blkio_config", Opt(BLKIO))),
    workload(f("build", Opt(BUILD))),
    shared(f("cap_add", Strings)),
    shared(f("cap_drop", Strings)),
    shared(f("cgroup", Str)),
    shared(f("cgroup_parent", Str)),
    shared(always("command", Command, Absent::As("null"))),
    shared(f("configs", List(&Part(FILE_MOUNT)))),
    service(f("container_name", Str)),
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
    workload(f("depends_on", Map(&Part(DEPENDENCY)))),
    service(f("deploy", Opt(DEPLOY))),
    service(f("develop", Opt(DEVELOP))),
    shared(f("device_cgroup_rules", Strings)),
    shared(f("devices", List(&Part(DEVICE)))),
    shared(f("dns", StringList)),
    shared(f("dns_opt", Strings)),
    shared(f("dns_search", StringList)),
    shared(f("domainname", Str)),
    shared(always("entrypoint", Command, Absent::As("null"))),
    shared(f("env_file", List(&Part(ENV_FILE)))),
    shared(f("environment", Environment)),
    workload(f("expose", Texts)),
    service(f("extends", Opt(EXTENDS))),
    service(f("external_links", Strings)),
    shared(f("extra_hosts", Hosts)),
    shared(f("gpus", List(&Part(DEVICE_REQUEST)))),
    shared(f("group_add", Strings)),
    workload(f("healthcheck", Opt(HEALTHCHECK))),
    shared(f("hostname", Str)),
    shared(f("image", Str)),
    shared(f("init", OptBool)),
    shared(f("ipc", Str)),
    shared(f("isolation", Str)),
    shared(f("label_file", Strings)),
    shared(f("labels", Labels)),
    service(f("links", Strings)),
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
    workload(f("ports", List(&Part(PORT)))),
    shared(f("privileged", Bool)),
    service(f("provider", Opt(PROVIDER))),
    shared(f("pull_policy", Str)),
    shared(f("pull_refresh_after", Str)),
    shared(f("read_only", Bool)),
    service(f("restart", Str)),
    shared(f("runtime", Str)),
    service(f("scale", OptInt)),
    shared(f("secrets", List(&Part(FILE_MOUNT)))),
    shared(f("security_opt", Strings)),
    shared(f("shm_size", Bytes)),
    workload(f("stdin_open", Bool)),
    shared(f("stop_grace_period", OptDuration)),
    shared(f("stop_signal", Str)),
    shared(f("storage_opt", StringMap)),
    shared(f("sysctls", Mapping)),
    shared(f("tmpfs", StringList)),
    workload(f("tty", Bool)),
    shared(f("ulimits", Map(&Ulimit))),
    shared(f("umask", OptUint(32))),
    shared(f("use_api_socket", Bool)),
    shared(f("user", Str)),
    shared(f("userns_mode", Str)),
    shared(f("uts", Str)),
    shared(f("volumes", List(&Part(MOUNT)))),
    shared(f("volumes_from", Strings)),
    shared(f("working_dir", Str)),
];

/// The keys of a service.
pub static SERVICE: [Field; count(Holder::Service) + HOOKS.len()] = table(Holder::Service, HOOKS);

/// The keys of a job.
pub static JOB: [Field; count(Holder::Job)] = table(Holder::Job, &[]);

/// The keys of a `pre_start` container.
pub const PRE_START: &[Field] =
    &table::<{ count(Holder::PreStart) + PER_REPLICA.len() }>(Holder::PreStart, PER_REPLICA);

/// The keys of hooks. They are separate, since the first one has the keys of a service.
const HOOKS: &[Field] = &[
    f("pre_start", List(&Part(PRE_START))),
    f("post_start", List(&Part(HOOK))),
    f("pre_stop", List(&Part(HOOK))),
];

const PER_REPLICA: &[Field] = &[f("per_replica", Bool)];

const TRIGGERS: &[Field] = &[f("manual", OptBool), f("schedule", List(&Part(SCHEDULE)))];
const SCHEDULE: &[Field] =
    &[f("cron", Str), f("timezone", Str), f("concurrency", Str), f("missed_fires", Str)];

const fn has(row: &Row, holder: Holder) -> bool {
    row.of as u8 & holder as u8 != 0
}

/// Returns the keys of a holder, followed by `more`.
const fn table<const N: usize>(holder: Holder, more: &[Field]) -> [Field; N] {
    let mut table = [ROWS[0].field; N];
    let (mut row, mut length) = (0, 0);
    while row < ROWS.len() {
        if has(&ROWS[row], holder) {
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

const fn count(holder: Holder) -> usize {
    let (mut row, mut count) = (0, 0);
    while row < ROWS.len() {
        if has(&ROWS[row], holder) {
            count += 1;
        }
        row += 1;
    }
    count
}

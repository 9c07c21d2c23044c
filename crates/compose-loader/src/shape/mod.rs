//! The shape of the canonical tree: every key of a loaded project, its type, and the value in JSON where it is absent. The
//! order is that of the output of Docker Compose.

mod container;

/// The type of a value.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A string. Omitted when empty.
    Str,
    /// A boolean. Omitted when false.
    Bool,
    /// A boolean that is kept when false.
    OptBool,
    /// A boolean. Omitted when true.
    OptOut,
    /// An integer. Omitted when 0.
    Int,
    /// An integer that is kept when 0.
    OptInt,
    /// Like `Int`, without a sign, with a number of bits.
    Uint(u32),
    /// Like `OptInt`, without a sign, with a number of bits.
    OptUint(u32),
    /// A number of 32 bits. Omitted when 0.
    Float,
    /// A number of bytes, as text. Omitted when 0.
    Bytes,
    /// A duration. Omitted when 0.
    Duration,
    /// A duration that is kept when 0.
    OptDuration,
    /// A command: a list of words or null.
    Command,
    /// The command of a health check.
    HealthTest,
    /// A list of strings, or one string.
    StringList,
    /// A list of strings.
    Strings,
    /// A list of strings, from any scalars.
    Texts,
    /// A mapping to strings. Null becomes an empty string.
    Mapping,
    /// Variables: a mapping to strings or null.
    Environment,
    /// Labels: like `Mapping`, from any value.
    Labels,
    /// Options: like `Mapping`, only from a mapping.
    Options,
    /// A mapping to strings, only from strings and integers.
    StringMap,
    /// A mapping to lists of strings.
    MultiOptions,
    /// A list of `HOST=ADDRESS`.
    Hosts,
    /// A limit, or a soft and a hard limit.
    Ulimit,
    /// A file mode in octal digits.
    Mode,
    /// A number of devices. -1 means all.
    Count,
    /// SSH keys.
    Ssh,
    /// Any value.
    Any,
    /// A mapping with known keys. Omitted when empty.
    Part(&'static [Field]),
    /// A mapping with known keys that is kept when empty.
    Opt(&'static [Field]),
    /// A list. Omitted when empty.
    List(&'static Kind),
    /// A mapping with any keys. Omitted when empty.
    Map(&'static Kind),
}

/// A key of a mapping.
#[derive(Clone, Copy)]
pub struct Field {
    /// The name.
    pub name: &'static str,
    /// The type of the value.
    pub kind: Kind,
    /// The value in JSON where the key is absent.
    pub absent: Absent,
    /// The name in JSON, which can differ.
    pub json: &'static str,
}

/// The value in JSON where a key is absent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// No value.
    Nothing,
    /// This value, such as `null` where null and empty differ.
    As(&'static str),
    /// An empty mapping, or the values in it that are never absent.
    Empty,
}

const fn f(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, absent: Absent::Nothing, json: name }
}

const fn always(name: &'static str, kind: Kind, absent: Absent) -> Field {
    Field { name, kind, absent, json: name }
}

/// compose-go has no JSON names for these keys, and never omits them.
const fn capital(name: &'static str, json: &'static str, kind: Kind, absent: &'static str) -> Field {
    Field { name, kind, absent: Absent::As(absent), json }
}

pub use container::{JOB, PRE_START, SERVICE};

use Kind::{
    Bool, Bytes, Command, Count, Duration, Environment, Float, HealthTest, Hosts, Int, Labels, List, Map,
    Mapping, Mode, MultiOptions, Opt, OptBool, OptDuration, OptInt, OptOut, OptUint, Options, Part, Ssh, Str,
    StringList, StringMap, Strings, Texts, Uint, Ulimit,
};

const A_SERVICE: Kind = Part(&SERVICE);
const A_JOB: Kind = Part(&JOB);

/// The keys of a project.
pub const PROJECT: &[Field] = &[
    f("name", Str),
    f("services", Map(&A_SERVICE)),
    f("jobs", Map(&A_JOB)),
    f("networks", Map(&Part(NETWORK))),
    f("volumes", Map(&Part(VOLUME))),
    f("secrets", Map(&Part(SECRET))),
    f("configs", Map(&Part(CONFIG))),
    f("models", Map(&Part(MODEL))),
];

const HOOK: &[Field] = &[
    always("command", Command, Absent::As("null")),
    f("user", Str),
    f("privileged", Bool),
    f("working_dir", Str),
    f("environment", Environment),
];

const BUILD: &[Field] = &[
    f("context", Str),
    f("dockerfile", Str),
    f("dockerfile_inline", Str),
    f("entitlements", Strings),
    f("args", Environment),
    f("provenance", Str),
    f("sbom", Str),
    f("ssh", Ssh),
    f("labels", Labels),
    f("cache_from", StringList),
    f("cache_to", StringList),
    f("no_cache", Bool),
    f("no_cache_filter", StringList),
    f("additional_contexts", Mapping),
    f("pull", Bool),
    f("extra_hosts", Hosts),
    f("isolation", Str),
    f("network", Str),
    f("target", Str),
    f("secrets", List(&Part(FILE_MOUNT))),
    f("shm_size", Bytes),
    f("tags", StringList),
    f("ulimits", Map(&Ulimit)),
    f("platforms", StringList),
    f("privileged", Bool),
];

const BLKIO: &[Field] = &[
    f("weight", Uint(16)),
    f("weight_device", List(&Part(WEIGHT))),
    f("device_read_bps", List(&Part(THROTTLE))),
    f("device_read_iops", List(&Part(THROTTLE))),
    f("device_write_bps", List(&Part(THROTTLE))),
    f("device_write_iops", List(&Part(THROTTLE))),
];
const WEIGHT: &[Field] =
    &[capital("path", "Path", Str, "\"\""), capital("weight", "Weight", OptUint(16), "0")];
const THROTTLE: &[Field] = &[capital("path", "Path", Str, "\"\""), capital("rate", "Rate", Bytes, "\"0\"")];
const CREDENTIALS: &[Field] = &[f("config", Str), f("file", Str), f("registry", Str)];
const DEPENDENCY: &[Field] = &[f("condition", Str), f("restart", Bool), f("required", OptBool)];
const DEVICE: &[Field] = &[f("source", Str), f("target", Str), f("permissions", Str)];
const ENV_FILE: &[Field] = &[f("path", Str), f("required", OptOut), f("format", Str)];
const EXTENDS: &[Field] = &[f("file", Str), f("service", Str)];
const DEVICE_REQUEST: &[Field] = &[
    f("capabilities", Strings),
    f("driver", Str),
    f("count", Count),
    f("device_ids", Strings),
    f("options", Mapping),
];
const LOGGING: &[Field] = &[f("driver", Str), f("options", Options)];
const SERVICE_MODEL: &[Field] = &[f("endpoint_var", Str), f("model_var", Str)];
const PROVIDER: &[Field] = &[f("type", Str), f("options", MultiOptions)];
const FILE_MOUNT: &[Field] =
    &[f("source", Str), f("target", Str), f("uid", Str), f("gid", Str), f("mode", Mode)];

const HEALTHCHECK: &[Field] = &[
    f("test", HealthTest),
    f("timeout", OptDuration),
    f("interval", OptDuration),
    f("retries", OptUint(64)),
    f("start_period", OptDuration),
    f("start_interval", OptDuration),
    f("disable", Bool),
];

const ENDPOINT: &[Field] = &[
    f("aliases", Strings),
    f("driver_opts", Options),
    f("gw_priority", Int),
    f("interface_name", Str),
    f("ipv4_address", Str),
    f("ipv6_address", Str),
    f("link_local_ips", Strings),
    f("mac_address", Str),
    f("priority", Int),
    f("use_service_name_alias", OptBool),
];

const PORT: &[Field] = &[
    f("name", Str),
    f("mode", Str),
    f("host_ip", Str),
    f("target", Uint(32)),
    f("published", Str),
    f("protocol", Str),
    f("app_protocol", Str),
];

const MOUNT: &[Field] = &[
    f("type", Str),
    f("source", Str),
    f("target", Str),
    f("read_only", Bool),
    f("consistency", Str),
    f(
        "bind",
        Opt(&[f("selinux", Str), f("propagation", Str), f("create_host_path", OptOut), f("recursive", Str)]),
    ),
    f("volume", Opt(&[f("labels", Mapping), f("nocopy", Bool), f("subpath", Str)])),
    f("tmpfs", Opt(&[f("size", Bytes), f("mode", Uint(32))])),
    f("image", Opt(&[f("subpath", Str)])),
];

const DEPLOY: &[Field] = &[
    f("mode", Str),
    f("replicas", OptInt),
    f("labels", Labels),
    f("update_config", Opt(UPDATE)),
    f("rollback_config", Opt(UPDATE)),
    always("resources", Part(&[f("limits", Opt(RESOURCE)), f("reservations", Opt(RESOURCE))]), Absent::Empty),
    f("restart_policy", Opt(RESTART)),
    always("placement", Part(PLACEMENT), Absent::Empty),
    f("endpoint_mode", Str),
];

const UPDATE: &[Field] = &[
    f("parallelism", OptUint(64)),
    f("delay", Duration),
    f("failure_action", Str),
    f("monitor", Duration),
    f("max_failure_ratio", Float),
    f("order", Str),
];

const RESOURCE: &[Field] = &[
    f("cpus", Float),
    f("memory", Bytes),
    f("pids", Int),
    f("devices", List(&Part(DEVICE_REQUEST))),
    f(
        "generic_resources",
        List(&Part(&[f(
            "discrete_resource_spec",
            Opt(&[always("kind", Str, Absent::As("\"\"")), always("value", OptInt, Absent::As("0"))]),
        )])),
    ),
];

const RESTART: &[Field] =
    &[f("condition", Str), f("delay", OptDuration), f("max_attempts", OptUint(64)), f("window", OptDuration)];

const PLACEMENT: &[Field] = &[
    f("constraints", Strings),
    f("preferences", List(&Part(&[f("spread", Str)]))),
    f("max_replicas_per_node", Uint(64)),
];

const DEVELOP: &[Field] = &[f("watch", List(&Part(WATCH)))];

const WATCH: &[Field] = &[
    f("path", Str),
    f("action", Str),
    f("target", Str),
    always("exec", Part(HOOK), Absent::Empty),
    f("include", Strings),
    f("ignore", Strings),
    f("initial_sync", Bool),
];

const NETWORK: &[Field] = &[
    f("name", Str),
    f("driver", Str),
    f("driver_opts", Options),
    always("ipam", Part(IPAM), Absent::Empty),
    f("external", Bool),
    f("internal", Bool),
    f("attachable", Bool),
    f("labels", Labels),
    f("enable_ipv4", OptBool),
    f("enable_ipv6", OptBool),
];

const IPAM: &[Field] = &[f("driver", Str), f("config", List(&Opt(POOL))), f("options", Options)];
const POOL: &[Field] =
    &[f("subnet", Str), f("gateway", Str), f("ip_range", Str), f("aux_addresses", Mapping)];

const VOLUME: &[Field] =
    &[f("name", Str), f("driver", Str), f("driver_opts", Options), f("external", Bool), f("labels", Labels)];

const SECRET: &[Field] = &[
    f("name", Str),
    f("file", Str),
    f("environment", Str),
    f("external", Bool),
    f("labels", Labels),
    f("driver", Str),
    f("driver_opts", StringMap),
    f("template_driver", Str),
];

const CONFIG: &[Field] = &[
    f("name", Str),
    f("file", Str),
    f("environment", Str),
    f("content", Str),
    f("external", Bool),
    f("labels", Labels),
    f("driver", Str),
    f("driver_opts", StringMap),
    f("template_driver", Str),
];

const MODEL: &[Field] =
    &[f("name", Str), f("model", Str), f("context_size", Int), f("runtime_flags", Strings)];

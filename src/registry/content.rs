//! Answers of registries: manifests, lists of manifests for several platforms, and image configurations.

use serde::Deserialize;

use super::bounded::{Bounded, Keys};
use crate::{
    api::{Duration, Expose, Healthcheck, Protocol},
    text::{escape::escaped, port::PortNumber},
    translate::ImageConfig,
};

/// Accepted media types: those of Docker and of OCI, for one image and for several platforms.
pub(super) const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";

/// Bytes of JSON of the metadata in a workload's annotation. All annotations of an object have at most 256 KiB
/// (Kubernetes).
const LONGEST: usize = 8 * 1024;

/// Volumes of an image. Each becomes a claim.
const MOST_VOLUMES: usize = 64;

/// Words in each of CMD, SHELL and HEALTHCHECK, and number of ports and of folders. Thousands of empty words fit into
/// 8 KiB, and would use many times as much memory.
const MOST_WORDS: usize = 256;

/// Platforms of a list that are compared.
const MOST_PLATFORMS: usize = 256;

type Words = Bounded<String, MOST_WORDS>;
type BoundedKeys = Keys<MOST_WORDS>;

/// A manifest of an image, or a list of manifests for several platforms.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    /// The descriptor of the image configuration.
    pub config: Option<Descriptor>,
    /// The manifests for several platforms.
    #[serde(default)]
    manifests: Bounded<Entry, MOST_PLATFORMS>,
}

/// The descriptor of a blob or manifest.
#[derive(Debug, Deserialize)]
pub(super) struct Descriptor {
    pub digest: String,
}

#[derive(Debug, Deserialize)]
struct Entry {
    digest: String,
    platform: Option<Platform>,
}

#[derive(Debug, Deserialize)]
struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

impl Manifest {
    /// Reports whether this is a list of manifests.
    pub fn is_list(&self) -> bool {
        self.config.is_none() && !self.manifests.entries.is_empty()
    }

    /// Returns the digest of the manifest for a platform such as `linux/arm64/v8`. Without a platform, the manifest is
    /// that for `usual`, or else the first one for Linux: metadata hardly differs between platforms.
    pub fn choose(&self, platform: Option<&str>, usual: &str) -> Option<&str> {
        let of = |wanted: &str| {
            let mut parts = wanted.splitn(3, '/');
            let (os, architecture, variant) = (parts.next(), parts.next(), parts.next());
            let mut fitting = self.manifests.entries.iter().filter(move |entry| {
                entry.platform.as_ref().is_some_and(|its| {
                    Some(its.os.as_str()) == os
                        && architecture.is_none_or(|wanted| normal(wanted) == its.architecture)
                })
            });
            let all: Vec<_> = fitting.by_ref().collect();
            let exact = |entry: &&&Entry| {
                variant.is_some() && entry.platform.as_ref().and_then(|its| its.variant.as_deref()) == variant
            };
            all.iter().find(exact).or(all.first()).map(|entry| entry.digest.as_str())
        };
        match platform {
            Some(platform) => of(platform),
            None => of(usual).or_else(|| of("linux")),
        }
    }
}

/// Returns the name of an architecture in images.
fn normal(architecture: &str) -> &str {
    match architecture {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Returns the platform of the operator, which is usually that of the nodes.
pub(super) fn own_platform() -> String {
    format!("linux/{}", normal(std::env::consts::ARCH))
}

/// An image configuration (Docker image specification 1.2; OCI image specification,
/// "config", to which Docker adds the health check and the shell).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    exposed_ports: Option<BoundedKeys>,
    volumes: Option<BoundedKeys>,
    user: Option<String>,
    cmd: Option<Words>,
    shell: Option<Words>,
    healthcheck: Option<Check>,
}

/// A health check. Times are nanoseconds, and zero means unset.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Check {
    test: Option<Words>,
    interval: i64,
    timeout: i64,
    start_period: i64,
    start_interval: i64,
    retries: i32,
}

/// The error of an unusable configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// The JSON is not an image configuration.
    #[error("the image configuration is invalid")]
    Unknown,
    /// The metadata is too long for an annotation.
    #[error(
        "the image metadata has more than {} KiB, {MOST_WORDS} words or {MOST_VOLUMES} volumes",
        LONGEST / 1024
    )]
    TooLong,
}

/// Parses an image configuration. Invalid ports and folders are ignored, as in Docker.
///
/// # Errors
/// When the configuration is invalid or too long.
pub(super) fn config(json: &[u8]) -> Result<ImageConfig, ConfigError> {
    #[derive(Deserialize)]
    struct Whole {
        config: Option<Config>,
    }
    let whole: Whole = serde_json::from_slice(json).map_err(|_| ConfigError::Unknown)?;
    let config = whole.config.unwrap_or_default();
    let lists =
        [&config.cmd, &config.shell, &config.healthcheck.as_ref().and_then(|check| check.test.clone())];
    let keys = [&config.exposed_ports, &config.volumes];
    if lists.into_iter().flatten().any(|list| list.is_truncated)
        || keys.into_iter().flatten().any(|list| list.0.is_truncated)
    {
        return Err(ConfigError::TooLong);
    }
    let volumes = config.volumes.unwrap_or_default().0.entries;
    let mut volumes: Vec<String> = volumes.iter().filter_map(|path| folder(path)).collect();
    volumes.sort();
    volumes.dedup();
    let read = ImageConfig {
        ports: ports(config.exposed_ports),
        volumes,
        user: config.user.filter(|user| !user.is_empty()),
        command: words(config.cmd),
        shell: words(config.shell),
        healthcheck: config.healthcheck.and_then(check),
    };
    let length = serde_json::to_string(&read).map_or(usize::MAX, |text| text.len());
    if length > LONGEST || read.volumes.len() > MOST_VOLUMES { Err(ConfigError::TooLong) } else { Ok(read) }
}

/// Escapes `$(NAME)`, which Kubernetes would expand in commands.
fn words(words: Option<Words>) -> Vec<String> {
    words.into_iter().flat_map(|words| words.entries).map(|word| escaped(&word, false)).collect()
}

/// Returns the ports, sorted by text.
fn ports(exposed: Option<BoundedKeys>) -> Vec<Expose> {
    let mut texts = exposed.unwrap_or_default().0.entries;
    texts.sort();
    texts.dedup();
    texts.iter().filter_map(|port| expose(port)).collect()
}

/// Parses a port such as `80/tcp` or `80`.
fn expose(text: &str) -> Option<Expose> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = protocol.parse().ok()?;
    let port = PortNumber::parse(port)?.into();
    Some(Expose { port, protocol: Some(protocol).filter(|it| *it != Protocol::Tcp) })
}

/// Returns a valid mount path: absolute, not the root, without `..` and `:`, which Kubernetes refuses.
fn folder(path: &str) -> Option<String> {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let is_sound =
        path.starts_with('/') && !parts.is_empty() && !parts.contains(&"..") && !path.contains([':', '\0']);
    is_sound.then(|| format!("/{}", parts.join("/")))
}

fn check(check: Check) -> Option<Healthcheck> {
    let test = check.test.filter(|test| {
        matches!(test.entries.split_first(), Some((kind, rest)) if kind == "NONE" || matches!(kind.as_str(), "CMD" | "CMD-SHELL") && !rest.is_empty())
    });
    let time = |nanos: i64| (nanos > 0).then(|| shortest(nanos).parse::<Duration>().ok()).flatten();
    let check = Healthcheck {
        test: test.map(|test| words(Some(test))),
        interval: time(check.interval),
        timeout: time(check.timeout),
        start_period: time(check.start_period),
        start_interval: time(check.start_interval),
        retries: Some(check.retries).filter(|&retries| retries > 0),
        ..Healthcheck::default()
    };
    (check != Healthcheck::default()).then_some(check)
}

/// Formats a duration in the largest unit without a fraction.
fn shortest(nanos: i64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms")];
    let fitting = units.iter().find(|(unit, _)| nanos % unit == 0);
    fitting.map_or_else(|| format!("{nanos}ns"), |(unit, name)| format!("{}{name}", nanos / unit))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(platforms: &[(&str, &str, Option<&str>)]) -> Manifest {
        let entry = |(index, (os, architecture, variant)): (usize, &(&str, &str, Option<&str>))| {
            json!({"digest": index.to_string(),
                "platform": {"os": os, "architecture": architecture, "variant": variant}})
        };
        let entries: Vec<_> = platforms.iter().enumerate().map(entry).collect();
        serde_json::from_value(json!({"schemaVersion": 2, "manifests": entries})).unwrap()
    }

    #[test]
    fn the_manifest_of_the_platform_is_chosen_and_attestations_never() {
        let several = list(&[
            ("unknown", "unknown", None),
            ("windows", "amd64", None),
            ("linux", "arm", Some("v6")),
            ("linux", "arm", Some("v7")),
            ("linux", "amd64", None),
        ]);
        for (platform, usual, chosen) in [
            (None, "linux/amd64", Some("4")),
            (None, "linux/riscv64", Some("2")),
            (Some("linux/arm/v7"), "linux/amd64", Some("3")),
            (Some("linux/arm"), "linux/amd64", Some("2")),
            (Some("linux/arm/v5"), "linux/amd64", Some("2")),
            (Some("linux/x86_64"), "linux/amd64", Some("4")),
            (Some("linux/arm64"), "linux/amd64", None),
            (Some("windows"), "linux/amd64", Some("1")),
        ] {
            assert_eq!(several.choose(platform, usual), chosen, "{platform:?}");
        }
        assert!(several.is_list());
        assert_eq!(list(&[("unknown", "unknown", None)]).choose(None, "linux/amd64"), None);
        let single: Manifest = serde_json::from_value(json!({"config": {"digest": "c"}})).unwrap();
        assert!(!single.is_list());
    }

    #[test]
    fn a_configuration_is_read_as_docker_writes_it() {
        let text = json!({"architecture": "amd64", "config": {
            "User": "postgres", "ExposedPorts": {"5432/tcp": {}, "53/UDP": {}, "0/tcp": {}, "1-2/tcp": {}, "9/x": {}},
            "Volumes": {"/var/lib//data/": {}, "/": {}, "relative": {}, "/a/../b": {}, "/c:d": {}},
            "Cmd": ["postgres", "$(HOME)"], "Entrypoint": null, "Shell": ["/bin/bash", "-c"],
            "Healthcheck": {"Test": ["CMD-SHELL", "check"], "Interval": 5_000_000_000_i64, "Timeout": 1_500_000_000_i64,
                "StartPeriod": 1_i64, "Retries": 7}}});
        let read = config(text.to_string().as_bytes()).unwrap();
        let json = serde_json::to_value(&read).unwrap();
        assert_eq!(
            json,
            json!({"user": "postgres", "ports": [{"port": 53, "protocol": "UDP"}, {"port": 5432}],
                "volumes": ["/var/lib/data"], "command": ["postgres", "$$(HOME)"], "shell": ["/bin/bash", "-c"],
                "healthcheck": {"test": ["CMD-SHELL", "check"], "interval": "5s", "timeout": "1500ms",
                    "startPeriod": "1ns", "retries": 7}})
        );
    }

    #[test]
    fn an_image_that_says_nothing_is_known_to_say_nothing() {
        for text in
            ["{}", r#"{"config": null}"#, r#"{"config": {"Volumes": null, "Healthcheck": {"Test": []}}}"#]
        {
            assert_eq!(config(text.as_bytes()), Ok(ImageConfig::default()), "{text}");
        }
        let off = config(br#"{"config": {"Healthcheck": {"Test": ["NONE"]}}}"#).unwrap();
        assert_eq!(off.healthcheck.unwrap().test, Some(vec!["NONE".to_owned()]));
    }

    #[test]
    fn what_is_no_configuration_or_too_long_is_refused() {
        for text in ["", "[]", r#"{"config": {"Volumes": []}}"#] {
            assert_eq!(config(text.as_bytes()), Err(ConfigError::Unknown), "{text}");
        }
        for long in [
            json!({"Cmd": ["x".repeat(LONGEST)]}),
            json!({"Cmd": vec![""; MOST_WORDS + 1]}),
            json!({"Shell": vec![""; 2700]}),
            json!({"Healthcheck": {"Test": vec!["CMD"; 2700]}}),
            json!({"ExposedPorts": (0..300).map(|n| (n.to_string(), json!({}))).collect::<serde_json::Map<_, _>>()}),
        ] {
            let long = json!({ "config": long }).to_string();
            assert_eq!(config(long.as_bytes()), Err(ConfigError::TooLong), "{long}");
        }
        let long = json!({"config": {"Cmd": vec![""; MOST_WORDS]}}).to_string();
        assert_eq!(config(long.as_bytes()).unwrap().command.len(), MOST_WORDS);
        let long = json!({"config": {"Cmd": ["x".repeat(LONGEST)]}}).to_string();
        assert_eq!(config(long.as_bytes()), Err(ConfigError::TooLong));
    }
}

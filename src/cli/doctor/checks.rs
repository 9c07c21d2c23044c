//! The verdicts of `doctor` on what it has read.

#[cfg(test)]
mod tests;

use serde::Serialize;

use super::definition::Age;
use super::facts::{Class, Facts};
use crate::cli::program;
use crate::translate::ServerVersion;

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What is checked.
    pub name: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// What was found.
    pub message: String,
    /// What the user can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// The verdict of a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing is wrong.
    Ok,
    /// Some Stacks do not work, or the check was not possible.
    Warn,
    /// No Stack works.
    Fail,
}

impl Verdict {
    /// Returns the word in the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl Check {
    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, message: message.into(), remedy: None }
    }

    fn warn(name: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Warn, message: message.into(), remedy: Some(remedy.into()) }
    }

    fn fail(name: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, ..Self::warn(name, message, remedy) }
    }
}

/// Returns the checks in the order of the report.
pub fn checks(facts: &Facts) -> Vec<Check> {
    vec![
        kubernetes(facts),
        definition(facts),
        operator(facts),
        rights(facts),
        namespace(facts),
        storage(facts),
        ingress(facts),
        metrics(facts),
    ]
}

fn kubernetes(facts: &Facts) -> Check {
    const NAME: &str = "Kubernetes";
    let (oldest, newest) = (ServerVersion::OLDEST, ServerVersion::NEWEST);
    let version = &facts.version;
    match ServerVersion::of(version) {
        Some(found) if found < oldest => Check::fail(
            NAME,
            format!("the version is {version}, and the oldest supported version is {oldest}"),
            format!("upgrade the cluster to Kubernetes {oldest} to {newest}"),
        ),
        Some(found) if found > newest => Check::warn(
            NAME,
            format!("the version is {version}, and the newest tested version is {newest}"),
            format!("upgrade Stackwright, or use Kubernetes {oldest} to {newest}"),
        ),
        Some(_) => Check::ok(NAME, version.clone()),
        None => Check::warn(
            NAME,
            format!("the version {version} is unknown"),
            format!("use Kubernetes {oldest} to {newest}"),
        ),
    }
}

fn definition(facts: &Facts) -> Check {
    const NAME: &str = "Stack API";
    let program = program::name();
    match facts.definition {
        None => Check::fail(
            NAME,
            "the CustomResourceDefinition of Stack is missing",
            format!("run {program} install"),
        ),
        Some(Age::Same) => Check::ok(NAME, "the CustomResourceDefinition has the fields of this version"),
        Some(Age::Older) => Check::fail(
            NAME,
            "the CustomResourceDefinition lacks fields of this version",
            format!("run {program} install to upgrade it"),
        ),
        Some(Age::Newer) => Check::warn(
            NAME,
            "the CustomResourceDefinition has fields that this program does not know",
            "use the version of this program that matches the operator",
        ),
        Some(Age::Unknown) => Check::warn(
            NAME,
            "Stacks are served, and their CustomResourceDefinition cannot be read",
            "ask an administrator for the right to get customresourcedefinitions",
        ),
    }
}

fn operator(facts: &Facts) -> Check {
    const NAME: &str = "Operator";
    let (program, ours) = (program::name(), env!("CARGO_PKG_VERSION"));
    let Some(operator) = &facts.operator else {
        // An operator outside of the cluster, or in a namespace that the caller may not read, has no Deployment here.
        let remedy = format!("run {program} install, unless an operator runs elsewhere");
        return match facts.definition {
            Some(_) => Check::warn(NAME, "no Deployment of the operator is visible", remedy),
            None => Check::fail(NAME, "the operator is not installed", format!("run {program} install")),
        };
    };
    let place = format!("namespace {}", operator.namespace);
    let (available, desired) = operator.pods;
    let version = operator.version.as_deref().unwrap_or("unknown");
    if available == 0 {
        return Check::fail(
            NAME,
            format!("{available} of {desired} Pods in {place} are available"),
            format!("run kubectl -n {} describe deployment {}", operator.namespace, operator.name),
        );
    }
    if version != ours {
        let remedy =
            format!("run {program} install to upgrade the operator, or use the program of version {version}");
        return Check::warn(
            NAME,
            format!("version {version} in {place}, and this program is {ours}"),
            remedy,
        );
    }
    Check::ok(NAME, format!("version {version} in {place}"))
}

fn rights(facts: &Facts) -> Check {
    const NAME: &str = "Rights";
    let namespace = &facts.namespace;
    match facts.missing_rights.as_deref() {
        None => {
            Check::warn(NAME, "the rights cannot be checked", "ask an administrator for the ClusterRole edit")
        }
        Some([]) => Check::ok(NAME, format!("all that the commands need in namespace {namespace}")),
        Some(missing) => {
            let message = format!("missing in namespace {namespace}: {}", missing.join(", "));
            let remedy = "ask an administrator to bind the ClusterRole edit in the namespace";
            // Without rights to Stacks nothing works. Without others some commands do not.
            if missing.iter().any(|right| right.ends_with(" stacks")) {
                Check::fail(NAME, message, remedy)
            } else {
                Check::warn(NAME, message, remedy)
            }
        }
    }
}

fn namespace(facts: &Facts) -> Check {
    const NAME: &str = "Pod Security";
    let namespace = &facts.namespace;
    if !facts.has_namespace {
        return Check::fail(
            NAME,
            format!("namespace {namespace} does not exist"),
            format!("run kubectl create namespace {namespace}, or pass -n NAMESPACE"),
        );
    }
    match facts.pod_security.as_ref().map(Option::as_deref) {
        None => Check::warn(
            NAME,
            format!("namespace {namespace} cannot be read"),
            "ask an administrator for its level of Pod Security",
        ),
        Some(Some("restricted")) => Check::fail(
            NAME,
            format!("namespace {namespace} enforces the level restricted, which refuses the Pods of Stacks"),
            format!(
                "run kubectl label namespace {namespace} --overwrite pod-security.kubernetes.io/enforce=baseline"
            ),
        ),
        Some(level) => Check::ok(
            NAME,
            format!("namespace {namespace} enforces the level {}", level.unwrap_or("privileged")),
        ),
    }
}

/// Provisioners whose volumes several nodes can mount. The Kubernetes API does not report this.
const SHARED: [&str; 7] = ["nfs", "cephfs", "efs", "file.csi.azure", "filestore", "longhorn", "glusterfs"];

fn storage(facts: &Facts) -> Check {
    const NAME: &str = "Storage";
    let Some(classes) = &facts.storage else {
        return Check::warn(
            NAME,
            "StorageClasses cannot be read",
            "ask an administrator whether a default class exists",
        );
    };
    let shared: Vec<_> =
        classes.iter().filter(|class| SHARED.iter().any(|part| class.program.contains(part))).collect();
    let sharing = match shared.first() {
        Some(class) => format!("; {} can be shared between nodes", class.name),
        None => "; no class is known to be shared between nodes".to_owned(),
    };
    let names = classes.iter().map(|class| class.name.as_str()).collect::<Vec<_>>().join(", ");
    match classes.iter().find(|class| class.is_default) {
        Some(class) => Check::ok(NAME, format!("{} is the default StorageClass{sharing}", class.name)),
        None if classes.is_empty() => Check::warn(
            NAME,
            "the cluster has no StorageClass, so volumes stay empty claims",
            "install a provisioner, such as local-path-provisioner",
        ),
        None => Check::warn(
            NAME,
            format!("no StorageClass is the default; the cluster has {names}"),
            format!(
                "run kubectl annotate storageclass {} storageclass.kubernetes.io/is-default-class=true",
                classes.first().map_or("NAME", |class| class.name.as_str())
            ),
        ),
    }
}

fn ingress(facts: &Facts) -> Check {
    const NAME: &str = "Ingress";
    let remedy = "install an ingress controller if Stacks have ingress rules";
    match &facts.ingress {
        None => {
            Check::warn(NAME, "IngressClasses cannot be read", "ask an administrator for the name of a class")
        }
        Some(classes) if classes.is_empty() => Check::warn(NAME, "the cluster has no IngressClass", remedy),
        Some(classes) => match classes.iter().find(|class| class.is_default) {
            Some(Class { name, .. }) => Check::ok(NAME, format!("{name} is the default IngressClass")),
            None => {
                let names = classes.iter().map(|class| class.name.as_str()).collect::<Vec<_>>().join(", ");
                Check::ok(
                    NAME,
                    format!("no IngressClass is the default; ingress rules must name one of {names}"),
                )
            }
        },
    }
}

fn metrics(facts: &Facts) -> Check {
    const NAME: &str = "Metrics";
    match facts.metrics {
        Some(true) => Check::ok(NAME, "the API metrics.k8s.io is served"),
        Some(false) => Check::warn(
            NAME,
            "the API metrics.k8s.io is missing, which stats needs",
            "install metrics-server",
        ),
        None => Check::warn(
            NAME,
            "API groups cannot be listed",
            "ask an administrator whether metrics-server runs",
        ),
    }
}

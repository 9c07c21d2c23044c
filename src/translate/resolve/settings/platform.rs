//! Which nodes can run the image, and with what.

use std::collections::BTreeMap;

use super::{super::labels::is_domain, Remarks};
use crate::api::Service;

/// The labels that every node bears.
const OS: &str = "kubernetes.io/os";
const ARCHITECTURE: &str = "kubernetes.io/arch";

/// What a node must be for `platform`, `os[/architecture[/variant]]` or an architecture alone.
pub(super) fn node_selector(service: &Service, remarks: &mut Remarks<'_>) -> BTreeMap<String, String> {
    let Some(platform) = service.platform.as_deref() else { return BTreeMap::new() };
    let mut parts = platform.split('/');
    let first = parts.next().unwrap_or_default();
    let (os, architecture) = match (first, parts.next()) {
        ("linux", architecture) => ("linux", architecture),
        ("windows" | "darwin" | "freebsd", _) => {
            remarks.refuse(
                "platform",
                format!(
                    "pods are made for Linux, and '{first}' is another system: write linux/<architecture>"
                ),
            );
            return BTreeMap::new();
        }
        (architecture, _) => ("linux", Some(architecture)),
    };
    let architecture = architecture.map(usual_name);
    if let (Some(architecture), Some(variant)) = (architecture, parts.next())
        && !matches!((architecture, variant), ("arm64", "v8") | ("amd64", "v1") | ("arm", "v7"))
    {
        remarks.approximate(
            "platform",
            format!(
                "nodes tell their architecture and not its variant: '{variant}' is left out, and any {architecture} node \
                 may run the service"
            ),
        );
    }
    let wanted = [(OS, Some(os)), (ARCHITECTURE, architecture)];
    wanted.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value?.to_owned()))).collect()
}

/// The name that Kubernetes and image indexes use for an architecture.
fn usual_name(architecture: &str) -> &str {
    match architecture {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "i386" => "386",
        "armhf" | "armel" => "arm",
        usual => usual,
    }
}

/// A RuntimeClass is named like every object.
pub(super) fn check_runtime(service: &Service, remarks: &mut Remarks<'_>) {
    if let Some(runtime) = service.runtime.as_deref().filter(|runtime| !is_domain(runtime)) {
        let message = format!(
            "'{runtime}' cannot be a RuntimeClass: write the name of one of the cluster ('kubectl get runtimeclass'), or \
             take it out for the cluster's own runtime"
        );
        remarks.refuse("runtime", message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{read, service};

    #[test]
    fn a_platform_is_what_its_nodes_are() {
        for (platform, expected, remarks) in [
            ("linux/amd64", "amd64 linux", ""),
            ("linux", "linux", ""),
            ("arm64", "arm64 linux", ""),
            ("linux/aarch64", "arm64 linux", ""),
            ("linux/arm64/v8", "arm64 linux", ""),
            ("linux/arm/v6", "arm linux", "~ s.platform"),
            ("windows/amd64", "", "- s.platform"),
        ] {
            let service = service(json!({"platform": platform}));
            let (settings, said) = read(&service);
            let got: Vec<_> = settings.node_selector.values().map(String::as_str).collect();
            assert_eq!((got.join(" ").as_str(), said.join(" ").as_str()), (expected, remarks), "{platform}");
        }
    }
}

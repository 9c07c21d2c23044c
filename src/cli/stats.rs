//! `stackwright stats`: the processor time and the memory that containers use.

use std::io::{self, IsTerminal};
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::{DynamicObject, ListParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::json;

use super::{
    connection::CallError,
    containers::is_service,
    failure::Failure,
    format::{Format, JsonForm, Row},
    selection::{StackArgs, services},
    target::Target,
    terminal::{output_width, print},
};
use crate::api::Quantity;

/// The time between two readings. The metrics API has a new one every 15 seconds.
const PERIOD: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show only these services [default: all services]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Print once [default: again every few seconds on a terminal]
    #[arg(long)]
    no_stream: bool,
    /// Do not cut long values
    #[arg(long)]
    no_trunc: bool,
    /// Print a table, JSON, or a template such as '{{.Name}}'
    #[arg(long, value_name = "table|json|TEMPLATE", default_value = "table", hide_default_value = true)]
    format: Format,
    #[command(flatten)]
    stack: StackArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let named = services(&target.stack().await?, &args.services)?;
    let wanted = |service: &str| args.services.is_empty() || named.iter().any(|name| name == service);
    let repeats = !args.no_stream && io::stdout().is_terminal();
    loop {
        let (pods, metrics) = tokio::try_join!(target.list::<Pod>(), metrics(&target))
            .map_err(|error| without_metrics(&error).map_or_else(|| error.into(), anyhow::Error::from))?;
        let rows =
            usages(&pods, &metrics).into_iter().filter(|usage| wanted(&usage.service)).map(|it| it.row());
        let width = output_width().filter(|_| !args.no_trunc);
        let text = args.format.text(&HEADINGS, rows.collect(), JsonForm::Lines, width)?;
        print(&if repeats { format!("\u{1b}[H\u{1b}[2J{text}") } else { text })?;
        if !repeats {
            return Ok(());
        }
        tokio::time::sleep(PERIOD).await;
    }
}

const HEADINGS: [&str; 5] = ["NAME", "SERVICE", "CPU %", "MEM USAGE / LIMIT", "MEM %"];

async fn metrics(target: &Target) -> Result<Vec<DynamicObject>, CallError> {
    let kind = GroupVersionKind::gvk("metrics.k8s.io", "v1beta1", "PodMetrics");
    let resource = ApiResource::from_gvk_with_plural(&kind, "pods");
    let api: Api<DynamicObject> =
        Api::namespaced_with(target.connection.client.clone(), &target.connection.namespace, &resource);
    let listed = api.list(&ListParams::default().labels(&target.selector())).await;
    Ok(listed.map_err(|error| target.connection.failed("read metrics", error))?.items)
}

/// Returns the failure for a cluster without the metrics API. It is an extension, which answers 404 where it is missing and
/// 503 where it does not run.
fn without_metrics(error: &CallError) -> Option<Failure> {
    let is_missing = match error {
        CallError::NotInstalled { doing, .. } => doing == "read metrics",
        CallError::Refused { doing, code, .. } => doing == "read metrics" && *code == 503,
        _ => false,
    };
    is_missing.then(|| {
        Failure::new("the cluster has no metrics API")
            .remedy("install metrics-server (https://github.com/kubernetes-sigs/metrics-server)")
    })
}

/// What a container uses.
#[derive(Debug, PartialEq)]
struct Usage {
    pod: String,
    service: String,
    /// The share of one processor.
    processors: f64,
    memory: u128,
    limit: Option<u128>,
}

const NANOS: u128 = 1_000_000_000;

fn usages(pods: &[Pod], metrics: &[DynamicObject]) -> Vec<Usage> {
    let mut usages = Vec::new();
    for metric in metrics {
        let Some(pod) = pods.iter().find(|pod| pod.name_any() == metric.name_any()) else { continue };
        for container in metric.data["containers"].as_array().into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default();
            if !is_service(pod, name) {
                continue;
            }
            let amount = |key: &str| {
                Quantity::from(container["usage"][key].as_str().unwrap_or("0")).nanos().unwrap_or_default()
            };
            usages.push(Usage {
                pod: pod.name_any(),
                service: name.to_owned(),
                processors: amount("cpu") as f64 / NANOS as f64,
                memory: amount("memory") / NANOS,
                limit: limit(pod, name),
            });
        }
    }
    usages.sort_by(|a, b| (&a.service, &a.pod).cmp(&(&b.service, &b.pod)));
    usages
}

/// Returns the memory limit of a container in bytes.
fn limit(pod: &Pod, container: &str) -> Option<u128> {
    let spec = pod.spec.as_ref()?;
    let mut all = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let limits = all.find(|it| it.name == container)?.resources.as_ref()?.limits.as_ref()?;
    Some(Quantity::from(limits.get("memory")?.0.as_str()).nanos().ok()? / NANOS)
}

impl Usage {
    fn row(&self) -> Row {
        let share =
            self.limit.filter(|limit| *limit > 0).map(|limit| self.memory as f64 / limit as f64 * 100.0);
        let percent =
            |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{share:.2}%"));
        let limit = self.limit.map_or_else(|| "-".to_owned(), size);
        let usage = format!("{} / {limit}", size(self.memory));
        let processors = format!("{:.2}%", self.processors * 100.0);
        Row {
            cells: vec![
                self.pod.clone(),
                self.service.clone(),
                processors.clone(),
                usage.clone(),
                percent(share),
            ],
            value: json!({
                "CPUPerc": processors,
                "MemBytes": u64::try_from(self.memory).unwrap_or(u64::MAX),
                "MemLimitBytes": self.limit.map(|limit| u64::try_from(limit).unwrap_or(u64::MAX)),
                "MemPerc": percent(share),
                "MemUsage": usage,
                "Name": self.pod,
                "Service": self.service,
            }),
        }
    }
}

/// Returns a number of bytes with a binary unit, as Docker prints it.
fn size(bytes: u128) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    let digits = if unit == 0 || amount >= 100.0 {
        0
    } else if amount >= 10.0 {
        1
    } else {
        2
    };
    format!("{amount:.digits$}{}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::{super::containers::tests::pod, *};

    #[test]
    fn a_container_uses_a_share_of_a_processor_and_of_its_memory() {
        let limited = json!({"spec": {"containers": [{
            "name": "db", "image": "db:1", "resources": {"limits": {"memory": "512Mi"}},
        }]}});
        let pods = [pod("shop-db-0", "db", limited), pod("shop-web-1", "web", json!({}))];
        let metric = |pod: &str, container: &str, cpu: &str, memory: &str| -> DynamicObject {
            serde_json::from_value(json!({
                "metadata": {"name": pod},
                "containers": [
                    {"name": container, "usage": {"cpu": cpu, "memory": memory}},
                    {"name": "istio-proxy", "usage": {"cpu": "1", "memory": "1Gi"}},
                ],
            }))
            .unwrap()
        };
        let metrics = [
            metric("shop-web-1", "web", "1500m", "10Mi"),
            metric("shop-db-0", "db", "12345678n", "131072Ki"),
            metric("gone", "web", "1", "1"),
        ];
        let rows: Vec<_> =
            usages(&pods, &metrics).iter().map(|usage| usage.row().cells.join(" | ")).collect();
        let expected = [
            "shop-db-0 | db | 1.23% | 128MiB / 512MiB | 25.00%",
            "shop-web-1 | web | 150.00% | 10.0MiB / - | -",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_size_has_three_digits() {
        for (bytes, expected) in
            [(0, "0B"), (1023, "1023B"), (1536, "1.50KiB"), (52 << 20, "52.0MiB"), (5 << 40, "5.00TiB")]
        {
            assert_eq!(size(bytes), expected);
        }
    }
}

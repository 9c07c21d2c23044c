//! `stackwright volumes`: the volumes of a Stack.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{PersistentVolumeClaim, Pod},
    apimachinery::pkg::api::resource::Quantity,
};
use kube::ResourceExt;
use serde_json::json;

use super::{
    age::age,
    containers::is_service,
    format::{Format, JsonForm, Row},
    selection::{StackArgs, services},
    target::Target,
    terminal::{output_width, print},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show only the volumes that these services mount [default: all volumes]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Print a table, JSON, or a template such as '{{.Name}}'
    #[arg(long, value_name = "table|json|TEMPLATE", default_value = "table", hide_default_value = true)]
    format: Format,
    /// Print only the names of the claims
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    stack: StackArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let (stack, claims, pods) =
        tokio::try_join!(target.stack(), target.list::<PersistentVolumeClaim>(), target.list::<Pod>())?;
    let named = services(&stack, &args.services)?;
    let users = users(&pods);
    let none = BTreeSet::new();
    let used_by = |claim: &PersistentVolumeClaim| users.get(&claim.name_any()).unwrap_or(&none);
    let fits = |claim: &&PersistentVolumeClaim| {
        args.services.is_empty() || used_by(claim).iter().any(|service| named.contains(service))
    };
    let shown: Vec<_> = claims.iter().filter(fits).collect();
    if args.quiet {
        return print(&shown.iter().map(|claim| claim.name_any() + "\n").collect::<String>());
    }
    let rows = shown.into_iter().map(|claim| row(claim, used_by(claim), Timestamp::now())).collect();
    print(&args.format.text(&HEADINGS, rows, JsonForm::Lines, output_width())?)
}

const HEADINGS: [&str; 7] = ["NAME", "STATUS", "SIZE", "ACCESS", "CLASS", "SERVICES", "AGE"];

/// Returns the services that mount a claim now, by the name of the claim.
fn users(pods: &[Pod]) -> BTreeMap<String, BTreeSet<String>> {
    let mut users: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for pod in pods {
        let Some(spec) = &pod.spec else { continue };
        let claims = spec.volumes.iter().flatten().filter_map(|volume| {
            Some((volume.name.as_str(), volume.persistent_volume_claim.as_ref()?.claim_name.as_str()))
        });
        let claims: BTreeMap<_, _> = claims.collect();
        let own = spec.containers.iter().chain(spec.init_containers.iter().flatten());
        for container in own.filter(|container| is_service(pod, &container.name)) {
            let mounts = container.volume_mounts.iter().flatten();
            for claim in mounts.filter_map(|mount| claims.get(mount.name.as_str())) {
                users.entry((*claim).to_owned()).or_default().insert(container.name.clone());
            }
        }
    }
    users
}

fn row(claim: &PersistentVolumeClaim, services: &BTreeSet<String>, now: Timestamp) -> Row {
    let spec = claim.spec.clone().unwrap_or_default();
    let status = claim.status.clone().unwrap_or_default();
    let asked = spec.resources.and_then(|resources| resources.requests);
    let storage = |sizes: Option<BTreeMap<String, Quantity>>| {
        sizes.and_then(|mut sizes| sizes.remove("storage")).map(|size: Quantity| size.0)
    };
    // A bound claim can be larger than asked.
    let size = storage(status.capacity).or_else(|| storage(asked));
    let phase = if claim.metadata.deletion_timestamp.is_some() {
        Some("Terminating".to_owned())
    } else {
        status.phase
    };
    let access: Vec<_> = spec.access_modes.iter().flatten().map(|mode| short(mode)).collect();
    let created = claim.creation_timestamp().map(|time| time.0);
    let services: Vec<_> = services.iter().cloned().collect();
    let dash = |text: Option<&String>| {
        text.filter(|text| !text.is_empty()).cloned().unwrap_or_else(|| "-".to_owned())
    };
    Row {
        cells: vec![
            claim.name_any(),
            dash(phase.as_ref()),
            dash(size.as_ref()),
            dash(Some(&access.join(","))),
            dash(spec.storage_class_name.as_ref()),
            dash(Some(&services.join(", "))),
            created.map_or_else(|| "-".to_owned(), |created| age(created, now)),
        ],
        value: json!({
            "AccessModes": spec.access_modes.clone().unwrap_or_default(),
            "CreatedAt": created.map(|created| created.to_string()),
            "Driver": spec.storage_class_name,
            "Name": claim.name_any(),
            "Services": services,
            "Size": size,
            "Status": phase,
            "Volume": spec.volume_name,
        }),
    }
}

/// Returns the short name of an access mode, as kubectl prints it.
fn short(mode: &str) -> &str {
    match mode {
        "ReadWriteOnce" => "RWO",
        "ReadWriteMany" => "RWX",
        "ReadOnlyMany" => "ROX",
        "ReadWriteOncePod" => "RWOP",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::containers::tests::pod, *};

    #[test]
    fn a_claim_has_its_size_and_the_services_that_mount_it() {
        let claim = serde_json::from_value(json!({
            "metadata": {"name": "shop-data", "creationTimestamp": "2026-11-30T10:00:00Z"},
            "spec": {
                "accessModes": ["ReadWriteOnce"], "storageClassName": "fast",
                "resources": {"requests": {"storage": "1Gi"}},
            },
            "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}},
        }))
        .unwrap();
        let with_claim = json!({"spec": {
            "containers": [{"name": "db", "image": "db:1", "volumeMounts": [{"name": "v", "mountPath": "/data"}]}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "shop-data"}}],
        }});
        let users = users(&[pod("shop-db-0", "db", with_claim)]);
        let row = row(&claim, &users["shop-data"], "2026-11-30T10:05:00Z".parse().unwrap());
        assert_eq!(row.cells, ["shop-data", "Bound", "2Gi", "RWO", "fast", "db", "5m"]);
        assert_eq!(row.value["Services"], json!(["db"]));
    }
}

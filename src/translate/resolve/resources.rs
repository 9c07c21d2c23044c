//! Translation of limits and reservations to limits and requests.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;

use crate::{
    api::{Quantity, Resource, Service},
    text::validation::is_qualified_name,
    translate::findings::FieldPath,
};

/// The resources of a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct Resources {
    /// The limits.
    pub limits: BTreeMap<String, Amount>,
    /// The requests.
    pub requests: BTreeMap<String, Amount>,
    /// The requests as text for messages, if the service has reservations: `cpu 4, memory 8Gi`.
    pub asked: Option<String>,
}

/// The request of a container that has a limit and no reservation. Without a request, Kubernetes requests the whole limit,
/// and Compose does not.
const SMALL: [(&str, &str); 2] = [("cpu", "10m"), ("memory", "16Mi")];

/// The resource for data in the root file system and the logs of a container.
const STORAGE: &str = "ephemeral-storage";

/// Reads the resources of a service. Reservations become requests, and a request never exceeds its limit.
pub(super) fn resources(service: &Service, at: &FieldPath<'_>) -> Resources {
    let none = Default::default();
    let given = service.deploy.as_ref().and_then(|deploy| deploy.resources.as_ref()).unwrap_or(&none);
    let read = |side: &str, resource: &Option<Resource>, what: &str| {
        let resource = resource.as_ref()?;
        let (field, quantity, counted) = match what {
            "cpu" => ("cpus", &resource.cpus, Counted::Processors),
            _ => ("memory", &resource.memory, Counted::Bytes),
        };
        let at = at.child("deploy.resources");
        let at = at.child(side);
        amount(quantity.as_ref()?, counted, &at.child(field))
    };
    let mut resources = Resources::default();
    let mut reserved = false;
    for (what, small) in SMALL {
        let limit = read("limits", &given.limits, what);
        let reservation = read("reservations", &given.reservations, what);
        reserved |= reservation.is_some();
        let wanted = reservation.or_else(|| limit.is_some().then(|| Quantity::from(small)));
        let request = match (wanted, &limit) {
            (Some(wanted), Some(limit)) if wanted.nanos().ok() > limit.nanos().ok() => Some(limit.clone()),
            (wanted, _) => wanted,
        };
        resources.limits.extend(limit.map(|limit| (what.to_owned(), Amount(limit.0))));
        resources.requests.extend(request.map(|request| (what.to_owned(), Amount(request.0))));
    }
    for (name, &count) in &given.devices {
        let at = &at.key("deploy.resources.devices", name);
        // Names in the domain of Kubernetes are not devices.
        let domain = name.split_once('/').map(|(domain, _)| domain);
        let is_device = domain.is_some_and(|domain| !domain.ends_with("kubernetes.io"));
        if !is_device || !is_qualified_name(name) || name.starts_with("requests.") || count < 1 {
            at.invalid(
                "the device is not valid: write the name of an extended resource, such as nvidia.com/gpu, and a \
                 number",
            );
        }
        // Kubernetes does not overcommit extended resources, so the request and the limit are equal.
        resources.limits.insert(name.clone(), Amount(count.to_string()));
        resources.requests.insert(name.clone(), Amount(count.to_string()));
        reserved = true;
    }
    let storage = service.storage_size.as_ref();
    let storage = storage.and_then(|size| amount(size, Counted::Bytes, &at.child("storageSize")));
    if let Some(size) = storage {
        let small = Quantity::from("16Mi");
        let request = if size.nanos().ok() < small.nanos().ok() { size.clone() } else { small };
        resources.limits.insert(STORAGE.to_owned(), Amount(size.0));
        resources.requests.insert(STORAGE.to_owned(), Amount(request.0));
    }
    let asked = resources
        .requests
        .iter()
        .filter(|(what, _)| *what != STORAGE)
        .map(|(what, amount)| format!("{what} {}", amount.0));
    resources.asked = reserved.then(|| asked.collect::<Vec<_>>().join(", "));
    resources
}

/// Reports whether a service has exclusive devices, such as GPUs, which an old container keeps until it ends.
pub(super) fn has_devices(service: &Service) -> bool {
    let resources = service.deploy.as_ref().and_then(|deploy| deploy.resources.as_ref());
    resources.is_some_and(|resources| !resources.devices.is_empty())
}

/// The unit of a quantity, which determines its smallest step.
#[derive(Clone, Copy)]
pub(super) enum Counted {
    /// CPU. The API server rounds up to thousandths.
    Processors,
    /// Bytes. The API server warns about fractions.
    Bytes,
}

/// Returns a quantity in canonical form, rounded up to the smallest step. `None` for zero, which means no limit in
/// Compose.
pub(super) fn amount(quantity: &Quantity, counted: Counted, at: &FieldPath<'_>) -> Option<Quantity> {
    let (step, unit) = match counted {
        Counted::Processors => (1_000_000, "m"),
        Counted::Bytes => (1_000_000_000, ""),
    };
    let rounded = quantity.nanos().and_then(|nanos| {
        if nanos.is_multiple_of(step) {
            return quantity.canonical();
        }
        Quantity(format!("{}{unit}", nanos.div_ceil(step))).canonical()
    });
    match rounded {
        Ok(rounded) => Some(Quantity(rounded)).filter(|quantity| quantity.0 != "0"),
        Err(error) => {
            at.invalid(error.to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Deploy, Resources as Given};
    use crate::translate::findings::Findings;

    fn resource((cpus, memory): (&str, &str)) -> Option<Resource> {
        let some = |text: &str| (!text.is_empty()).then(|| Quantity::from(text));
        Some(Resource { cpus: some(cpus), memory: some(memory) })
    }

    fn text(amounts: &BTreeMap<String, Amount>) -> String {
        amounts.values().map(|amount| amount.0.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_request_is_the_reservation_and_never_above_the_limit() {
        for (limits, reservations, expected) in [
            (("8.0", "16Gi"), ("4.0", "8Gi"), ("8 16Gi", "4 8Gi", Some("cpu 4, memory 8Gi"))),
            (("1.0", "1024Mi"), ("", ""), ("1 1Gi", "10m 16Mi", None)),
            (("0.005", "8Mi"), ("", ""), ("5m 8Mi", "5m 8Mi", None)),
            (("1", ""), ("2", "1Gi"), ("1", "1 1Gi", Some("cpu 1, memory 1Gi"))),
            (("", ""), ("0.5", ""), ("", "500m", Some("cpu 500m"))),
            (("0", "0"), ("0", "0"), ("", "", None)),
            (("0.0015001", "0.1Gi"), ("", ""), ("2m 107374183", "2m 16Mi", None)),
        ] {
            let given =
                Given { limits: resource(limits), reservations: resource(reservations), ..Given::default() };
            let service = Service {
                deploy: Some(Deploy { resources: Some(given), ..Deploy::default() }),
                ..Service::default()
            };
            let findings = Findings::default();
            let got = resources(&service, &findings.root("s"));
            assert!(findings.check().is_ok());
            assert_eq!(
                (text(&got.limits).as_str(), text(&got.requests).as_str(), got.asked.as_deref()),
                expected
            );
        }
    }
}

//! Blockers: the causes that keep a service's containers from running.

use jiff::{SignedDuration, Timestamp};

use super::assessment::{Assessment, View};
use crate::{
    api::ServiceState,
    plan::{ChildState, ClaimState, Eviction, Exit, Notice, Pod, Unbound},
    translate::Kind,
};

/// Seconds that a provisioner has to create a volume before the missing volume is reported as a blocker.
const PROVISIONING: i64 = 30;

/// The message of a service that is kept running and whose program exits with code 0. The kubelet doubles the delay
/// before each restart, up to 5 minutes. A restart by a failed liveness probe can look the same, so the message is
/// not used where a health check restarts the container.
const ENDS_WELL: &str =
    "keeps exiting with code 0, restarted with a delay of up to 5 minutes; run periodic work in a loop";

/// The words of the scheduler for a claim without a volume, before a provisioner has been chosen.
const UNBOUND: &str = "unbound immediate PersistentVolumeClaims";

impl View<'_> {
    /// Returns what keeps a Pod from running, if anything does.
    pub(super) fn blocker(&self, pod: &Pod) -> Option<Assessment> {
        if let Some(blocked) = pod.claims.iter().find_map(|name| self.without_volume(pod, name)) {
            return Some(blocked);
        }
        if let Some(why) = &pod.unschedulable {
            let requests = self.unit.requests.as_ref();
            let requests = requests.map(|requests| format!(" (requests {requests})")).unwrap_or_default();
            let cause = format!("no node can run the Pod{requests}: {}", scheduler_cause(why));
            let message = match self.eviction() {
                Some(eviction) => format!("{eviction}, and {cause}"),
                None => cause,
            };
            return Some(Assessment::because(ServiceState::Blocked, message));
        }
        let Notice { reason, message } = pod.waiting.as_ref()?;
        match reason.as_str() {
            "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" => {
                Some(Assessment::because(
                    ServiceState::Blocked,
                    format!("cannot pull the image: {}", image_cause(message)),
                ))
            }
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => Some(
                Assessment::because(ServiceState::Blocked, format!("cannot create the container: {message}")),
            ),
            "CrashLoopBackOff" if pod.succeeded() && !self.is_restarted_when_unhealthy() => {
                Some(Assessment::because(ServiceState::Starting, ENDS_WELL))
            }
            "CrashLoopBackOff" => {
                let exit = match &pod.last_exit {
                    // A failed liveness probe ends the container by a signal, after which many programs exit with 0.
                    Some(Exit { code: 0, .. }) => {
                        ", last exit code 0 (own exit or failed health check)".to_owned()
                    }
                    Some(exit) if is_out_of_memory(exit) => format!(", {}", out_of_memory(exit.code)),
                    Some(Exit { code, .. }) => format!(", last exit code {code}"),
                    None => String::new(),
                };
                let message = format!("crash-looping{exit}; see the container logs");
                Some(Assessment::because(ServiceState::Failed, message))
            }
            _ => None,
        }
    }

    /// Returns the assessment of a Pod whose claim has no volume.
    ///
    /// The provisioner's time starts when the Pod is created, since a StorageClass with `WaitForFirstConsumer`
    /// provisions no earlier. Without a provisioner and without an error, the scheduler's message is the better
    /// cause, unless that message only repeats that the claim is unbound.
    fn without_volume(&self, pod: &Pod, name: &str) -> Option<Assessment> {
        let child = self.observed.children.get(&(Kind::PersistentVolumeClaim, name.to_owned()))?;
        let ChildState::Claim(ClaimState { unbound: Some(unbound), created, .. }) = &child.state else {
            return None;
        };
        let created = Timestamp::from_second(*created).ok()?;
        let asked = pod.created.map_or(created, |pod| pod.max(created));
        let over = asked.checked_add(SignedDuration::from_secs(PROVISIONING)).ok()?;
        let of_volume = pod.unschedulable.as_deref().is_some_and(|why| why.contains(UNBOUND));
        let why = match (unbound.cause(), &unbound.provisioner) {
            (Some(cause), _) => cause,
            (None, None) if !of_volume => return None,
            _ if over > self.now => {
                return Some(Assessment { recheck: Some(over), ..Assessment::being_created() });
            }
            (None, Some(provisioner)) => {
                let class = unbound.class.as_deref().unwrap_or_default();
                format!("provisioner {provisioner} of StorageClass {class} has not created one yet")
            }
            (None, None) => return None,
        };
        Some(Assessment::because(ServiceState::Blocked, format!("claim {name} has no volume: {why}")))
    }

    /// Returns why a Pod of the unit was evicted, until a Pod of it runs again.
    pub(super) fn eviction(&self) -> Option<String> {
        let Eviction { node, why, .. } = self.observed.evictions.get(self.unit.name())?;
        Some(format!("evicted from node {node} ({})", first_sentence(why)))
    }
}

impl Unbound {
    /// Returns why no volume is bound, where an error is known.
    fn cause(&self) -> Option<String> {
        let Some(class) = self.class.as_deref().filter(|class| !class.is_empty()) else {
            return Some(match self.class {
                Some(_) => "no PersistentVolume without a StorageClass is free".to_owned(),
                None => "the cluster has no default StorageClass; mark one as default".to_owned(),
            });
        };
        let warning = self.warning.as_deref()?;
        if !warning.ends_with(&format!("\"{class}\" not found")) {
            return Some(first_line(warning).to_owned());
        }
        // The warning event stays after the StorageClass was created. A chosen provisioner proves that the class exists.
        let is_missing = self.provisioner.is_none();
        is_missing.then(|| format!("StorageClass {class} does not exist; create it"))
    }
}

/// The kubelet's reason for a container that the kernel killed at its memory limit.
const OOM_KILLED: &str = "OOMKilled";

fn is_out_of_memory(exit: &Exit) -> bool {
    exit.reason.as_deref() == Some(OOM_KILLED)
}

fn out_of_memory(code: i32) -> String {
    format!("exceeded its memory limit (exit code {code}, {OOM_KILLED})")
}

/// Returns how a Pod's container exited last.
pub(super) fn exit(pod: &Pod) -> Option<String> {
    match pod.last_exit.as_ref()? {
        exit if is_out_of_memory(exit) => Some(out_of_memory(exit.code)),
        Exit { code, .. } => Some(format!("exited with code {code}")),
    }
}

/// Returns the kubelet's message for a Pod whose volumes or network it cannot set up.
pub(super) fn mount_error(pod: &Pod) -> Option<&str> {
    match pod.warning.as_ref()? {
        Notice { reason, message } if matches!(reason.as_str(), "FailedMount" | "FailedCreatePodSandBox") => {
            Some(first_line(message))
        }
        _ => None,
    }
}

/// Returns the first sentence of the scheduler's message. The rest is about preemption, which a user cannot act on.
/// Kubernetes 1.36 does not name the taints, so the hint says where to find them.
fn scheduler_cause(why: &str) -> String {
    let sentence = first_sentence(why);
    let hint =
        if sentence.contains("untolerated taint(s)") { " (kubectl describe nodes names them)" } else { "" };
    format!("{sentence}{hint}")
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

pub(super) fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default()
}

/// Returns the image and the error of a pull. The kubelet alternates between the error and "Back-off pulling image" with
/// the error in it. Only the common part is kept, so that the status does not alternate, too.
fn image_cause(message: &str) -> &str {
    let cause = message.split_once("ErrImagePull: ").map_or(message, |(_, cause)| cause);
    cause.split_once("Back-off pulling image ").map_or(cause, |(_, image)| image)
}

//! What keeps a service's containers from running: each cause in one sentence.

use jiff::{SignedDuration, Timestamp};

use super::service::{Assessment, View};
use crate::{
    api::ServiceState,
    plan::{ChildState, ClaimState, Eviction, Pod, Unbound},
    translate::Kind,
};

/// How long a provisioner may take for a volume before that is told as what holds its service up, in seconds.
const PROVISIONING: i64 = 30;

/// What is said of a program that is kept running and ends by itself. Where a failing health check restarts it, nobody
/// knows whether it did.
const ENDS_WELL: &str = "it has ended with exit code 0 and is started again after a pause, which grows up to 5 minutes: \
                         what is to run now and then needs a loop of its own";

/// What the scheduler says of a claim whose volume is being made, as long as nobody was named who makes it.
const UNBOUND: &str = "unbound immediate PersistentVolumeClaims";

impl View<'_> {
    /// What keeps a pod from running, if something does.
    pub(super) fn blocker(&self, pod: &Pod) -> Option<Assessment> {
        if let Some(told) = pod.claims.iter().find_map(|name| self.without_volume(pod, name)) {
            return Some(told);
        }
        if let Some(why) = &pod.unschedulable {
            let asks =
                self.unit.requests.as_ref().map(|asks| format!("asks for {asks}; ")).unwrap_or_default();
            let message = match self.eviction() {
                Some(eviction) => format!("{eviction}, and no node can take it: {asks}{}", of_scheduler(why)),
                None => format!("no node can take it: {asks}{}", of_scheduler(why)),
            };
            return Some(Assessment::because(ServiceState::Blocked, message));
        }
        let (reason, message) = pod.waiting.as_ref()?;
        match reason.as_str() {
            "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" => {
                Some(Assessment::because(
                    ServiceState::Blocked,
                    format!("the image cannot be pulled: {}", image_cause(message)),
                ))
            }
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
                Some(Assessment::because(
                    ServiceState::Blocked,
                    format!("the container cannot be created: {message}"),
                ))
            }
            "CrashLoopBackOff"
                if matches!(pod.last_exit, Some((0, _))) && !self.is_restarted_when_unhealthy() =>
            {
                Some(Assessment::because(ServiceState::Starting, ENDS_WELL))
            }
            "CrashLoopBackOff" => {
                let exit = exit(pod).unwrap_or_else(|| "its container ends".to_owned());
                // The kubelet ends such a container by a signal, and many programs end well by that.
                let by = match pod.last_exit {
                    Some((0, _)) => ", by itself or because its health check failed",
                    _ => "",
                };
                Some(Assessment::because(
                    ServiceState::Failed,
                    format!("{exit}{by}, again and again: see its log"),
                ))
            }
            _ => None,
        }
    }

    /// What is said of a claim of a pod that has no volume. A provisioner is given its time, from when it can
    /// have been asked: it may wait for the pod, which may have waited for other services. Where nobody was asked
    /// for a volume yet and nothing is wrong, the scheduler knows more, unless it says no more than that the
    /// claim has none.
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
                format!("the provisioner {provisioner} of the storage class {class} has not made one yet")
            }
            (None, None) => return None,
        };
        Some(Assessment::because(ServiceState::Blocked, format!("its claim {name} has no volume: {why}")))
    }

    /// Why a pod of it was put out, as long as none has started to run since.
    pub(super) fn eviction(&self) -> Option<String> {
        let Eviction { node, why, .. } = self.observed.evictions.get(self.unit.name())?;
        Some(format!("it was evicted from the node {node}: {}", first_sentence(why)))
    }
}

impl Unbound {
    /// What is wrong, where something is.
    fn cause(&self) -> Option<String> {
        let Some(class) = self.class.as_deref().filter(|class| !class.is_empty()) else {
            return Some(match self.class {
                Some(_) => "it wants one of no storage class, and none is free".to_owned(),
                None => "the cluster has no default storage class: make one the default".to_owned(),
            });
        };
        let warning = self.warning.as_deref()?;
        if !warning.ends_with(&format!("\"{class}\" not found")) {
            return Some(first_line(warning).to_owned());
        }
        // It outlives its cause; that a provisioner was asked proves the class.
        let is_missing = self.provisioner.is_none();
        is_missing.then(|| format!("the storage class {class} does not exist: create it"))
    }
}

/// How a pod's container ended last, when not well.
pub(super) fn exit(pod: &Pod) -> Option<String> {
    match pod.last_exit.as_ref()? {
        (0, _) => Some("it has ended with exit code 0".to_owned()),
        (code, reason) if reason == "OOMKilled" => {
            Some(format!("it was ended for using more memory than its limit (exit code {code}, OOMKilled)"))
        }
        (code, _) => Some(format!("it has ended with exit code {code}")),
    }
}

/// What the kubelet says of a pod whose volumes or network it cannot make.
pub(super) fn mount_error(pod: &Pod) -> Option<&str> {
    match pod.warning.as_ref()? {
        (reason, message) if matches!(reason.as_str(), "FailedMount" | "FailedCreatePodSandBox") => {
            Some(first_line(message))
        }
        _ => None,
    }
}

/// What follows in the scheduler's message speaks of preemption, which nobody can act on. That of
/// Kubernetes 1.36 does not name the taints.
fn of_scheduler(why: &str) -> String {
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

/// The kubelet alternates between an error and "Back-off pulling image" with the error inside it;
/// the status must not move with that, so only the image's own part is kept.
fn image_cause(message: &str) -> &str {
    let cause = message.split_once("ErrImagePull: ").map_or(message, |(_, cause)| cause);
    cause.split_once("Back-off pulling image ").map_or(cause, |(_, image)| image)
}

//! `stackwright run`: a one-off container of a service.

mod dependencies;
mod pod;
mod template;

use std::time::Duration;

use anyhow::Context as _;
use futures::{AsyncReadExt as _, StreamExt as _};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, PersistentVolumeClaim, Pod, PodTemplateSpec};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, LogParams, PostParams},
    runtime::{WatchStreamExt as _, watcher},
};
use tokio::signal::unix::{SignalKind, signal};

use self::{
    dependencies::unmet,
    pod::{Changes, Mount, User, one_off},
};
use super::{
    containers::{containers, status_of},
    exec::environment,
    failure::{Exit, Failure},
    program,
    remote::{Place, Wiring, attach, is_interactive, pass_input},
    selection::{StackArgs, services},
    target::Target,
    terminal::{message, print, print_bytes},
};
use crate::api::Stack;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Run the container in the background, and print the name of its Pod
    #[arg(short, long)]
    detach: bool,
    /// Remove the Pod when the container has ended
    #[arg(long)]
    rm: bool,
    /// Set an environment variable; without a value, pass that of this process
    #[arg(short, long = "env", value_name = "NAME[=VALUE]")]
    environment: Vec<String>,
    /// Mount a volume of the Stack in addition
    #[arg(short, long = "volume", value_name = "VOLUME:PATH[:ro]")]
    volumes: Vec<Mount>,
    /// Replace the entrypoint
    #[arg(long, value_name = "PROGRAM")]
    entrypoint: Option<String>,
    /// Run the program in this folder
    #[arg(short, long, value_name = "FOLDER")]
    workdir: Option<String>,
    /// Run the program as this user, in numbers
    #[arg(short, long, value_name = "USER[:GROUP]")]
    user: Option<User>,
    /// Give the Pod this name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Do not wait for the services on which the service depends
    #[arg(long)]
    no_deps: bool,
    /// Give the program no terminal [default: a terminal if this process has one]
    #[arg(short = 'T', long = "no-tty", visible_alias = "no-TTY")]
    no_tty: bool,
    /// Keep standard input open, which is always so
    #[arg(short, long, hide = true)]
    interactive: bool,
    #[command(flatten)]
    stack: StackArgs,
    /// Run a container of this service
    service: String,
    /// Replace the command of the service
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let stack = target.stack().await?;
    let service = services(&stack, std::slice::from_ref(&args.service))?.swap_remove(0);
    let template = template::of_service(&target, &stack, &service).await?;
    if !args.no_deps {
        wait_for_dependencies(&target, &service).await?;
    }
    let tty = !args.no_tty && !args.detach && is_interactive();
    let changes = Changes {
        command: args.command.clone(),
        entrypoint: args.entrypoint.clone(),
        environment: environment(&args.environment, |name| std::env::var(name).ok()),
        workdir: args.workdir.clone(),
        user: args.user,
        mounts: args.volumes.clone(),
        stdin: !args.detach,
        tty,
        node: node(&target, &service, &template).await?,
    };
    let name = args.name.clone().unwrap_or_else(|| unique_name(&target.name, &service));
    let pod = one_off(&stack, &service, &template, name.clone(), &changes)?;
    let pods: Api<Pod> = target.connection.api();
    let created = pods.create(&PostParams::default(), &pod).await;
    created.map_err(|error| target.connection.failed(&format!("create Pod {name}"), error))?;
    if args.detach {
        return print(&format!("{name}\n"));
    }
    let run = Run { target: &target, pods, place: Place { pod: name, container: service }, tty };
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
    let ended = tokio::select! {
        ended = run.to_its_end() => ended,
        // With a terminal, Ctrl-C goes to the program.
        _ = interrupt.recv() => Err(Exit(130).into()),
        _ = terminate.recv() => Err(Exit(143).into()),
    };
    let is_over = ended.is_ok();
    if args.rm || !is_over {
        run.remove().await?;
    }
    match ended? {
        0 => Ok(()),
        code => Err(Exit(u8::try_from(code).unwrap_or(1)).into()),
    }
}

/// Returns a name that no other Pod has.
fn unique_name(stack: &str, service: &str) -> String {
    let moment = jiff::Timestamp::now().as_nanosecond();
    let start = crate::text::names::object_name(stack, service);
    let hash = crate::text::short_hash(&format!("{moment} {}", std::process::id()));
    format!("{}-run-{hash}", &start[..start.floor_char_boundary(45)].trim_end_matches('-'))
}

/// Waits until the dependencies of a service are met, and says what is awaited.
async fn wait_for_dependencies(target: &Target, service: &str) -> anyhow::Result<()> {
    let mut told = Vec::new();
    loop {
        let waits = unmet(&target.stack().await?, service);
        if waits.is_empty() {
            return Ok(());
        }
        if waits != told {
            message!("waiting for {}", waits.join(", "));
            told = waits;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Returns the node of the service's containers, if they write a volume that only one node can mount.
async fn node(target: &Target, service: &str, template: &PodTemplateSpec) -> anyhow::Result<Option<String>> {
    let volumes = template.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    let claims: Vec<_> = volumes
        .filter_map(|volume| volume.persistent_volume_claim.as_ref())
        .map(|claim| &claim.claim_name)
        .collect();
    if claims.is_empty() {
        return Ok(None);
    }
    let (all, pods) = tokio::try_join!(target.list::<PersistentVolumeClaim>(), target.list::<Pod>())?;
    let is_bound_to_a_node = all.iter().filter(|claim| claims.contains(&&claim.name_any())).any(|claim| {
        let modes = claim.spec.iter().flat_map(|spec| spec.access_modes.iter().flatten());
        modes.clone().any(|mode| mode.starts_with("ReadWriteOnce"))
            && !modes.clone().any(|mode| mode == "ReadWriteMany")
    });
    let running = containers(&pods).into_iter().filter(|it| it.service == service && it.is_running());
    Ok(running.filter(|_| is_bound_to_a_node).find_map(|container| container.node))
}

/// A one-off container.
struct Run<'a> {
    target: &'a Target,
    pods: Api<Pod>,
    place: Place,
    tty: bool,
}

/// How far a container is.
enum Progress {
    Waiting,
    Running,
    Ended(ContainerStateTerminated),
}

impl Run<'_> {
    /// Connects the streams, and returns the exit code.
    async fn to_its_end(&self) -> anyhow::Result<i32> {
        let progress = self.until(|progress| !matches!(progress, Progress::Waiting)).await?;
        match progress {
            Progress::Running if self.tty => {
                let wiring = Wiring { stdin: true, tty: true };
                if let Err(error) = attach(&self.target.connection, &self.place, wiring).await {
                    // A program that has ended meanwhile is no error.
                    if !self.has_ended().await? {
                        return Err(error);
                    }
                }
            }
            Progress::Running => {
                let input = pass_input(&self.target.connection, &self.place);
                // The program ends with its output, and its input can be endless.
                tokio::select! {
                    shown = self.show_output() => shown?,
                    never = async { input.await; std::future::pending::<()>().await } => never,
                }
            }
            _ => self.show_output().await?,
        }
        match self.until(|progress| matches!(progress, Progress::Ended(_))).await? {
            Progress::Ended(ended) => Ok(ended.exit_code),
            _ => Ok(1),
        }
    }

    /// Prints the output of the container until it ends. The log has everything since its start, which a connection to the
    /// running container does not have.
    async fn show_output(&self) -> anyhow::Result<()> {
        let params =
            LogParams { container: Some(self.place.container.clone()), follow: true, ..LogParams::default() };
        let opened = self.pods.log_stream(&self.place.pod, &params).await;
        let mut stream = Box::pin(
            opened.map_err(|error| self.target.connection.failed("read the log of the container", error))?,
        );
        let mut buffer = vec![0; 32 << 10];
        loop {
            let count = stream.read(&mut buffer).await.context("cannot read the log of the container")?;
            if count == 0 {
                return Ok(());
            }
            print_bytes(&buffer[..count])?;
        }
    }

    async fn has_ended(&self) -> anyhow::Result<bool> {
        let pod = self.pods.get(&self.place.pod).await;
        let pod = pod.map_err(|error| self.target.connection.failed("get the Pod", error))?;
        Ok(matches!(progress(&pod, &self.place.container), Progress::Ended(_)))
    }

    /// Follows the Pod until its container is far enough, and tells why it does not start.
    async fn until(&self, is_enough: impl Fn(&Progress) -> bool) -> anyhow::Result<Progress> {
        let config = watcher::Config::default().fields(&format!("metadata.name={}", self.place.pod));
        let mut events = watcher(self.pods.clone(), config).default_backoff().boxed();
        let mut told = String::new();
        while let Some(event) = events.next().await {
            let pod = match event {
                Ok(watcher::Event::Apply(pod) | watcher::Event::InitApply(pod)) => pod,
                Ok(watcher::Event::Delete(_)) => {
                    return Err(Failure::new("the Pod was deleted before its container has ended").into());
                }
                // The watch is repeated.
                Ok(_) | Err(_) => continue,
            };
            let progress = progress(&pod, &self.place.container);
            if is_enough(&progress) {
                return Ok(progress);
            }
            if let Some(cause) = cause(&pod, &self.place.container).filter(|cause| *cause != told) {
                message!("waiting: {cause}");
                told = cause;
            }
        }
        Err(Failure::new("the watch of the Pod has ended").into())
    }

    async fn remove(&self) -> anyhow::Result<()> {
        let params = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::background() };
        match self.pods.delete(&self.place.pod, &params).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(error) => {
                Err(self.target.connection.failed(&format!("delete Pod {}", self.place.pod), error).into())
            }
        }
    }
}

fn progress(pod: &Pod, container: &str) -> Progress {
    let state = status_of(pod, container).and_then(|status| status.state.as_ref());
    match state {
        Some(state) if state.running.is_some() => Progress::Running,
        Some(state) => match &state.terminated {
            Some(ended) => Progress::Ended(ended.clone()),
            None => Progress::Waiting,
        },
        // A Pod can fail before its container starts, for example by an eviction.
        None if pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Failed") => {
            Progress::Ended(ContainerStateTerminated { exit_code: 1, ..ContainerStateTerminated::default() })
        }
        None => Progress::Waiting,
    }
}

/// Returns why a container does not start.
fn cause(pod: &Pod, container: &str) -> Option<String> {
    let status = pod.status.as_ref()?;
    let unscheduled = status.conditions.iter().flatten().find(|condition| {
        condition.type_ == "PodScheduled" && condition.reason.as_deref() == Some("Unschedulable")
    });
    if let Some(condition) = unscheduled {
        return condition.message.clone();
    }
    let all =
        status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten());
    let waiting = all.filter_map(|status| Some((status, status.state.as_ref()?.waiting.as_ref()?)));
    let mut causes = waiting.filter_map(|(status, waiting)| {
        let reason =
            waiting.reason.as_deref().filter(|it| *it != "ContainerCreating" && *it != "PodInitializing")?;
        let of = if status.name == container { String::new() } else { format!("{}: ", status.name) };
        let message = waiting.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
        Some(format!("{of}{reason}{message}"))
    });
    causes.next()
}

/// Returns an error for a service that no workload runs.
fn no_workload(stack: &Stack, service: &str) -> Failure {
    Failure::new(format!("Stack {} has no workload for service {service}", stack.name_any()))
        .remedy(format!("run {} up to create it", program::name()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::containers::tests::pod as pod_of, *};

    #[test]
    fn a_container_that_does_not_start_has_a_cause() {
        let told = |status: serde_json::Value| cause(&pod_of("p", "api", json!({"status": status})), "api");
        assert_eq!(told(json!({})), None);
        let waiting = |reason: &str| {
            json!({"containerStatuses": [{
                "name": "api", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": {"reason": reason, "message": "no such image"}},
            }]})
        };
        assert_eq!(told(waiting("ContainerCreating")), None);
        assert_eq!(told(waiting("ErrImagePull")).as_deref(), Some("ErrImagePull: no such image"));
        let unscheduled = json!({"conditions": [{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available",
        }]});
        assert_eq!(told(unscheduled).as_deref(), Some("0/1 nodes are available"));
    }

    #[test]
    fn names_are_unique_and_short_enough() {
        let long = "a".repeat(60);
        let name = unique_name(&long, "service");
        assert!(name.len() <= 63 && name.contains("-run-"), "{name}");
        assert_ne!(name, unique_name(&long, "service"));
    }
}

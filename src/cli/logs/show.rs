//! The logs of a Stack's containers, read at the same time and shown in one order.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{pending, poll_fn};
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use tokio::{
    sync::{
        mpsc::{self, error::TryRecvError},
        watch,
    },
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    lane::Span,
    line::Line,
    merge::{Merge, Next, Source},
    print::{Look, Printer},
    reader::{Delivery, Reader, Sight},
};
use crate::{
    api::ServiceState,
    cli::{
        containers::{Container, containers},
        pods::PodWatch,
        target::Target,
        terminal::print_bytes,
    },
};

/// Bytes that are written at once.
const PAGE: usize = 32 << 10;

/// How often a follower without a running container looks whether a further one can start.
const UNTIL_OVER: Duration = Duration::from_secs(2);

/// How long a line may take to come.
const LATE: Duration = Duration::from_secs(1);

/// Which lines are shown, and how.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Wanted {
    /// The services, or none for all.
    pub services: Vec<String>,
    /// The number of the container.
    pub index: Option<usize>,
    pub span: Span,
    /// The time before which lines are shown.
    pub until: Option<Timestamp>,
    pub look: Look,
}

/// Prints the logs of a Stack's services.
///
/// # Errors
/// When a log cannot be read, or when standard output cannot be written.
pub(in crate::cli) async fn show(
    target: &Target,
    wanted: &Wanted,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut shown = Shown::new(target, wanted);
    if !wanted.span.follow {
        shown.update(&target.list::<Pod>().await?);
        return shown.run(None, stop).await;
    }
    let mut watch = PodWatch::new(target);
    shown.update(&watch.changed().await?);
    shown.run(Some(watch), stop).await
}

/// The log of one container.
struct Log {
    service: String,
    /// The name before each line.
    name: String,
    /// The UID of the Pod and the name of the container.
    key: (String, String),
    index: usize,
    /// Whether another container can have the same number.
    is_leaving: bool,
    sight: watch::Sender<Sight>,
    deliveries: mpsc::UnboundedReceiver<Delivery>,
}

struct Shown<'a> {
    target: &'a Target,
    wanted: &'a Wanted,
    logs: BTreeMap<Source, Log>,
    /// The containers that have or had a log here.
    known: BTreeSet<(String, String)>,
    merge: Merge<Line>,
    printer: Printer,
    next: Source,
}

impl<'a> Shown<'a> {
    fn new(target: &'a Target, wanted: &'a Wanted) -> Self {
        Self {
            target,
            wanted,
            logs: BTreeMap::new(),
            known: BTreeSet::new(),
            merge: Merge::new(wanted.span.follow),
            printer: Printer::new(wanted.look),
            next: 0,
        }
    }

    /// Tells the readers what the Pods are now, and starts readers for new containers.
    fn update(&mut self, pods: &[Pod]) {
        let by_name: BTreeMap<_, _> = pods.iter().map(|pod| (pod.name_any(), pod)).collect();
        let all = containers(pods);
        for log in self.logs.values_mut() {
            let pod = pods.iter().find(|pod| pod.metadata.uid.as_ref() == Some(&log.key.0));
            log.is_leaving = pod.is_none_or(|pod| {
                all.iter().any(|it| it.pod == pod.name_any() && it.service == log.service && it.is_leaving)
            });
            let sight = Sight::of(pod, &log.key.1);
            log.sight.send_if_modified(|last| {
                let differs = *last != sight;
                *last = sight;
                differs
            });
        }
        for container in &all {
            if let Some(pod) = by_name.get(&container.pod).filter(|_| self.wants(&container.service)) {
                self.start(pod, container);
            }
        }
        let gone = |key: &(String, String)| !pods.iter().any(|pod| pod.metadata.uid.as_ref() == Some(&key.0));
        self.known.retain(|key| !gone(key));
    }

    fn wants(&self, service: &str) -> bool {
        self.wanted.services.is_empty() || self.wanted.services.iter().any(|wanted| wanted == service)
    }

    fn start(&mut self, pod: &Pod, container: &Container) {
        let key = (pod.uid().unwrap_or_default(), container.service.clone());
        if !self.known.insert(key.clone()) {
            return;
        }
        let index = self.free_index(&container.service);
        if self.wanted.index.is_some_and(|wanted| wanted != index) {
            return;
        }
        let name = format!("{}-{index}", container.service);
        let (sight, seen) = watch::channel(Sight::of(Some(pod), &container.service));
        let (sender, deliveries) = mpsc::unbounded_channel();
        let reader = Reader {
            pods: self.target.connection.api(),
            pod: container.pod.clone(),
            container: container.service.clone(),
            span: self.wanted.span,
            sight: seen,
            deliveries: sender,
        };
        tokio::spawn(reader.run());
        self.printer.announce(&container.service, &name);
        self.merge.open(self.next, Instant::now());
        let log = Log {
            service: container.service.clone(),
            name,
            key,
            index,
            is_leaving: container.is_leaving,
            sight,
            deliveries,
        };
        self.logs.insert(self.next, log);
        self.next += 1;
    }

    /// Returns the lowest number that no container of the service has. The container that replaces another one has its
    /// number.
    fn free_index(&self, service: &str) -> usize {
        let logs = self.logs.values().filter(|log| log.service == service && !log.is_leaving);
        let taken: BTreeSet<_> = logs.map(|log| log.index).collect();
        (1..).find(|index| !taken.contains(index)).unwrap_or(1)
    }

    /// Shows lines until all logs have ended.
    async fn run(mut self, mut watch: Option<PodWatch>, stop: &CancellationToken) -> anyhow::Result<()> {
        let end = self.wanted.until.filter(|_| self.wanted.span.follow);
        loop {
            self.fill()?;
            let until = match self.merge.next(Instant::now()) {
                Next::Line(source, line) => {
                    self.add(source, &line)?;
                    continue;
                }
                Next::Wait(until) => until,
                Next::Done if watch.is_none() || self.is_over().await => return self.flush(),
                Next::Done => Some(Instant::now() + UNTIL_OVER),
            };
            self.flush()?;
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = at(until) => {}
                () = past(end) => return Ok(()),
                (source, delivery) = self.delivery() => self.take(source, delivery)?,
                pods = changed(&mut watch) => self.update(&pods?),
            }
        }
    }

    /// Takes the deliveries that are there.
    fn fill(&mut self) -> anyhow::Result<()> {
        for source in self.merge.hungry().collect::<Vec<_>>() {
            while self.merge.is_hungry(source) {
                let Some(log) = self.logs.get_mut(&source) else { break };
                match log.deliveries.try_recv() {
                    Ok(delivery) => self.take(source, Some(delivery))?,
                    Err(TryRecvError::Disconnected) => self.take(source, None)?,
                    Err(TryRecvError::Empty) => break,
                }
            }
        }
        Ok(())
    }

    /// Waits for the delivery of a log that has no line in the merge.
    async fn delivery(&mut self) -> (Source, Option<Delivery>) {
        let hungry: Vec<_> = self.merge.hungry().collect();
        let logs = &mut self.logs;
        poll_fn(|context| {
            for source in &hungry {
                if let Some(log) = logs.get_mut(source)
                    && let Poll::Ready(delivery) = log.deliveries.poll_recv(context)
                {
                    return Poll::Ready((*source, delivery));
                }
            }
            Poll::Pending
        })
        .await
    }

    fn take(&mut self, source: Source, delivery: Option<Delivery>) -> anyhow::Result<()> {
        match delivery {
            Some(Delivery::Begun) => self.merge.begin(source, Instant::now()),
            Some(Delivery::Line { line, received, .. }) => {
                self.merge.put(source, line.time, received, line);
            }
            Some(Delivery::Broken(error)) => return Err(error),
            None => {
                self.merge.close(source);
                self.logs.remove(&source);
            }
        }
        Ok(())
    }

    fn add(&mut self, source: Source, line: &Line) -> anyhow::Result<()> {
        let is_wanted = self.wanted.until.is_none_or(|until| line.time < until);
        if let Some(log) = self.logs.get(&source).filter(|_| is_wanted) {
            self.printer.add(&log.service, &log.name, line);
        }
        if self.printer.len() >= PAGE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        if self.printer.len() == 0 { Ok(()) } else { print_bytes(&self.printer.take()) }
    }

    /// Reports whether no container of the services will start, as far as the Stack's status knows.
    async fn is_over(&self) -> bool {
        let Ok(stack) = self.target.stack().await else { return true };
        let status = stack.status.unwrap_or_default();
        let mut services = status.services.iter().filter(|service| self.wants(&service.name));
        services.all(|service| {
            matches!(service.state, ServiceState::Completed | ServiceState::Failed | ServiceState::Stopped)
        })
    }
}

async fn at(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => pending().await,
    }
}

async fn changed(watch: &mut Option<PodWatch>) -> anyhow::Result<Vec<Pod>> {
    match watch {
        Some(watch) => watch.changed().await,
        None => pending().await,
    }
}

/// Waits until no line before `end` can come any more.
async fn past(end: Option<Timestamp>) {
    match end {
        Some(end) => {
            let left = end.duration_since(Timestamp::now());
            sleep(Duration::try_from(left).unwrap_or_default() + LATE).await;
        }
        None => pending().await,
    }
}

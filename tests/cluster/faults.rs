//! Faults: the operator is killed, watches break, the API server is unreachable. The final state is the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    pin::pin,
    sync::Arc,
};

use futures::{StreamExt, stream};
use serde_json::Value;

use crate::support::{Cluster, Key, Scenario, Setup, Side, StackHandle, View, block_on, end_state};

const SIX: &str = "
services:
  db: {image: 'db:1', healthcheck: {test: [CMD, check]}, volumes: [{source: data, target: /data}]}
  cache: {image: 'cache:1', expose: [{port: 6379}]}
  migrate: {image: 'migrate:1', restart: 'no', dependsOn: {db: {condition: service_healthy}}}
  api:
    image: api:1
    expose: [{port: 3000}]
    healthcheck: {test: [CMD, check]}
    configs: [{source: settings}]
    dependsOn: {migrate: {condition: service_completed_successfully}, cache: {}}
  worker: {image: 'worker:1', restart: always, dependsOn: {api: {condition: service_healthy}}}
  proxy: {image: 'proxy:1', ports: [{target: 80}], dependsOn: {api: {condition: service_healthy}}}
volumes: {data: {}}
configs: {settings: {content: fast}}
";

/// New images, a removed service, and a service with another kind of workload.
const UPDATE: &str = "
services:
  db: {image: 'db:2'}
  cache: {volumes: [{source: kept, target: /data}]}
  migrate: {image: 'migrate:2'}
  api: {image: 'api:2'}
  worker: null
volumes: {kept: {}}
";

/// Scenarios that run at the same time. Each has its own operator, which mostly waits.
const AT_A_TIME: usize = 8;

/// Number of object changes between two disturbances of watches.
const STEP: usize = 16;

/// The work that is disturbed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Work {
    BringUp,
    Update,
}

/// The final state of a run, the number of creations and deletions of each object, and the templates of each service's
/// Pods.
#[derive(Clone, Debug, Default, PartialEq)]
struct End {
    objects: BTreeMap<Key, Value>,
    counts: BTreeMap<Key, (usize, usize)>,
    templates: BTreeMap<String, Vec<String>>,
}

/// A fault.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The operator is killed at this write, and restarted.
    Kill(usize, Side),
    /// Every watch breaks after this number of changes.
    Cut(usize),
    /// The API server is unreachable for 3 s after this number of changes.
    Outage(usize),
}

#[test]
fn an_operator_killed_at_any_write_of_a_new_stack_reaches_the_same_end() {
    block_on(survives(Work::BringUp, |size| kills(size.writes)));
}

#[test]
fn an_operator_killed_at_any_write_of_an_update_reaches_the_same_end() {
    block_on(survives(Work::Update, |size| kills(size.writes)));
}

#[test]
fn watches_that_break_off_at_any_point_lead_to_the_same_end() {
    block_on(survives(Work::BringUp, |size| (0..size.changes).step_by(STEP).map(Fault::Cut).collect()));
}

#[test]
fn a_lost_connection_to_the_api_server_leads_to_the_same_end() {
    block_on(survives(Work::Update, |size| (0..size.changes).step_by(STEP).map(Fault::Outage).collect()));
}

#[test]
fn an_operator_that_cannot_renew_its_lease_stops_before_another_starts() {
    Setup::with_faulty_line().with_short_lease().run(async |s| {
        let stack = s.apply("web", "services: {web: {image: 'web:1', restart: always}}").await;
        stack.until_ready().await;
        s.line().hold("/leases/", Side::Before);
        s.line().held().await;
        let began = std::time::Instant::now();
        while s.operator.ended_by_itself().is_none() {
            assert!(began.elapsed().as_secs() < 2, "it runs on although its lease of 2 s is over");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(s.operator.log().contains("lost the Lease"));
        s.line().let_go();
        s.operator.kill();
        s.operator.start();
        let edited = stack.edit("services: {web: {image: 'web:2'}}").await;
        tokio::select! {
            never = s.replace_operators_without_lease() => match never {},
            _ = edited.until_ready() => {}
        }
    });
}

/// Returns a kill after every write, and before some of them. A kill before a write differs from one after the previous write
/// only in requests that run at the same time.
fn kills(writes: usize) -> Vec<Fault> {
    let after = (1..=writes).map(|write| Fault::Kill(write, Side::After));
    let before = (1..=writes).step_by(4).map(|write| Fault::Kill(write, Side::Before));
    after.chain(before).collect()
}

/// The size of an undisturbed run.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    writes: usize,
    /// Status writes, whose number depends on the timing of events.
    statuses: usize,
    changes: usize,
}

impl Size {
    /// Counts the changes in a scenario.
    fn of(s: &Scenario<'_>) -> Self {
        Size { writes: s.line().writes(), statuses: s.line().statuses(), changes: s.history.changes().len() }
    }

    /// Returns the changes since then.
    fn since(self, then: Size) -> Self {
        Size {
            writes: self.writes - then.writes,
            statuses: self.statuses - then.statuses,
            changes: self.changes - then.changes,
        }
    }

    /// Reports whether a fault is due.
    fn reaches(self, fault: Fault) -> bool {
        match fault {
            Fault::Kill(write, _) => self.writes >= write,
            Fault::Cut(after) | Fault::Outage(after) => self.changes >= after,
        }
    }
}

/// Runs the work undisturbed, then with each fault, and asserts the same final state.
async fn survives(work: Work, faults: impl FnOnce(Size) -> Vec<Fault>) {
    let cluster = Cluster::shared().await;
    let (undisturbed, size) = an_undisturbed_run(cluster, work).await;
    let faults = faults(size);
    let planned = faults.len();
    let runs = stream::iter(faults).map(|fault| a_disturbed_run(cluster, work, fault, &undisturbed));
    let missed: Vec<(Fault, Size)> =
        runs.buffer_unordered(AT_A_TIME).filter_map(std::future::ready).collect().await;
    eprintln!("{work:?}: {} of {planned} faults came to pass in runs as of {size:?}", planned - missed.len());
    for (fault, run) in &missed {
        // Runs differ only in the number of status writes.
        if let Fault::Kill(write, _) = fault {
            assert!(
                *write > size.writes - size.statuses,
                "{fault:?} was no status, and did not come: {run:?}"
            );
        }
    }
    assert!(missed.len() * 2 <= planned, "most faults came after the end of their runs: {missed:?}");
}

/// Returns the final state and the size of an undisturbed run.
async fn an_undisturbed_run(cluster: &Cluster, work: Work) -> (End, Size) {
    let (mut end, mut size) = (End::default(), Size::default());
    Setup::with_faulty_line()
        .play(cluster, async |s| {
            let stack = begin(s, work).await;
            let before = Size::of(s);
            go_on(s, work, stack.as_ref()).await.until_ready().await;
            // Pruning follows after the last service is up.
            s.let_pass(3).await;
            size = Size::of(s).since(before);
            end = end_of(s, &s.history.view());
        })
        .await;
    assert!(size.writes >= 10, "{size:?} is too little for a stack of six: does the line count?");
    (end, size)
}

/// Runs one fault. Returns the size of the run if it was too short for the fault.
async fn a_disturbed_run(
    cluster: &Cluster,
    work: Work,
    fault: Fault,
    undisturbed: &End,
) -> Option<(Fault, Size)> {
    let mut missed = None;
    let setup = Setup::with_faulty_line();
    let setup = if matches!(fault, Fault::Kill(..)) { setup.with_short_lease() } else { setup };
    setup
        .play(cluster, async |s| {
            tokio::select! {
                never = s.replace_operators_without_lease() => match never {},
                fault = disturbed(s, work, fault, undisturbed) => missed = fault,
            }
        })
        .await;
    missed
}

/// Does the work with the fault, and returns the size of the run if the run was too short for the fault.
async fn disturbed(s: &Scenario<'_>, work: Work, fault: Fault, undisturbed: &End) -> Option<(Fault, Size)> {
    let stack = begin(s, work).await;
    let before = Size::of(s);
    let mut due = pin!(due(s, fault));
    let stack = go_on(s, work, stack.as_ref()).await;
    let same_end = async || {
        stack.until_ready().await;
        let what = format!("the end is the same as without {fault:?}");
        s.until_none(&what, |view| difference(&end_of(s, view), undisturbed)).await;
    };
    let mut missed = None;
    tokio::select! {
        biased;
        () = &mut due => {}
        () = same_end() => {
            let run = Size::of(s).since(before);
            // The fault can wait for the last change of a run.
            if run.reaches(fault) { due.await } else { missed = Some((fault, run)) }
        }
    }
    if missed.is_none() {
        strike(s, fault).await;
    }
    same_end().await;
    missed
}

/// Prepares a fault. The returned future ends when the fault is due, or for a kill, when it has happened.
fn due<'s>(s: &'s Scenario<'_>, fault: Fault) -> impl Future<Output = ()> + 's {
    let from = s.history.changes().len();
    if let Fault::Kill(write, side) = fault {
        let operator = Arc::clone(&s.operator);
        s.line().strike_at(write, side, move || operator.kill());
    }
    async move {
        match fault {
            Fault::Kill(..) => s.line().struck().await,
            Fault::Cut(after) | Fault::Outage(after) => s.until_changes(from + after).await,
        }
    }
}

/// Runs a fault.
async fn strike(s: &Scenario<'_>, fault: Fault) {
    match fault {
        Fault::Kill(..) => s.operator.start(),
        Fault::Cut(_) => s.line().cut(),
        Fault::Outage(_) => {
            s.line().set_down(true);
            s.let_pass(3).await;
            s.line().set_down(false);
        }
    }
}

/// Prepares the work that is disturbed.
async fn begin<'s>(s: &'s Scenario<'_>, work: Work) -> Option<StackHandle<'s>> {
    if work == Work::BringUp {
        return None;
    }
    let stack = s.apply("six", SIX).await;
    stack.until_ready().await;
    Some(stack)
}

/// Starts the work.
async fn go_on<'s>(s: &'s Scenario<'_>, work: Work, stack: Option<&StackHandle<'s>>) -> StackHandle<'s> {
    match (work, stack) {
        (Work::Update, Some(stack)) => stack.edit(UPDATE).await,
        _ => s.apply("six", SIX).await,
    }
}

fn end_of(s: &Scenario<'_>, view: &View) -> End {
    End { objects: end_state(view), counts: s.creations_and_deletions(), templates: s.templates() }
}

/// Returns the differences of two final states.
fn difference(is: &End, should_be: &End) -> Option<String> {
    fn of<K: Debug + Ord, T: Debug + PartialEq>(
        is: &BTreeMap<K, T>,
        should_be: &BTreeMap<K, T>,
    ) -> Vec<String> {
        let keys: BTreeSet<_> = is.keys().chain(should_be.keys()).collect();
        let differing = keys.into_iter().filter(|key| is.get(key) != should_be.get(key));
        differing
            .map(|key| format!("{key:?}:\n  is {:?}\n  should be {:?}", is.get(key), should_be.get(key)))
            .collect()
    }
    let differing = [
        of(&is.objects, &should_be.objects),
        of(&is.counts, &should_be.counts),
        of(&is.templates, &should_be.templates),
    ]
    .concat();
    (!differing.is_empty()).then(|| differing.join("\n"))
}

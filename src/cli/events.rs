//! `stackwright events`: what happens to the objects of a Stack.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::{
    Api, ResourceExt,
    api::ListParams,
    runtime::{WatchStreamExt as _, watcher},
};
use serde_json::{Value, json};

use super::{
    logs::time,
    selection::{StackArgs, services},
    target::Target,
    terminal::print,
};
use crate::text::names::{dns_label, object_name};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show only the events of these services [default: all events of the Stack]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    /// Print only events from this time on, such as 2026-11-30T10:00:00Z or 10m
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Print only events before this time, and do not wait for later ones
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// Print the events that the cluster has, and do not wait for further ones
    #[arg(long)]
    no_follow: bool,
    #[command(flatten)]
    stack: StackArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let stack = target.stack().await?;
    let all: Vec<_> = stack.spec.services.keys().cloned().collect();
    let named = services(&stack, &args.services)?;
    let wanted = Wanted {
        owner: Owner::new(&target.name, &all),
        services: (!args.services.is_empty()).then_some(named),
        since: args.since,
        until: args.until,
    };
    let api: Api<Event> = target.connection.api();
    if args.no_follow || args.until.is_some() {
        let listed = api.list(&ListParams::default()).await;
        let listed = listed.map_err(|error| target.connection.failed("list events", error))?;
        return print(&wanted.text(listed.items.iter(), args.json));
    }
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    let mut shown = Shown::default();
    let mut listed = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Init) => listed.clear(),
            Ok(watcher::Event::InitApply(event)) => listed.push(event),
            Ok(watcher::Event::InitDone) => {
                let new: Vec<_> = listed.drain(..).filter(|event| shown.is_new(event)).collect();
                print(&wanted.text(new.iter(), args.json))?;
            }
            Ok(watcher::Event::Apply(event)) if shown.is_new(&event) => {
                print(&wanted.text([event].iter(), args.json))?;
            }
            Ok(watcher::Event::Apply(_)) => {}
            Ok(watcher::Event::Delete(event)) => shown.forget(&event),
            Err(watcher::Error::InitialListFailed(error)) if shown.0.is_empty() => {
                return Err(target.connection.failed("list events", error).into());
            }
            // The watch is repeated.
            Err(_) => {}
        }
    }
    Ok(())
}

/// The versions of the events that were shown. A watch that begins again repeats them.
#[derive(Debug, Default)]
struct Shown(BTreeMap<String, String>);

impl Shown {
    fn is_new(&mut self, event: &Event) -> bool {
        let version = event.resource_version().unwrap_or_default();
        self.0.insert(event.uid().unwrap_or_default(), version.clone()) != Some(version)
    }

    fn forget(&mut self, event: &Event) {
        self.0.remove(&event.uid().unwrap_or_default());
    }
}

/// The Stack and the service of an object, from its name.
#[derive(Debug)]
struct Owner {
    stack: String,
    /// The services by the start of the names of their objects, the longest first.
    services: Vec<(String, String)>,
}

impl Owner {
    fn new(stack: &str, services: &[String]) -> Self {
        let mut services: Vec<_> = services
            .iter()
            .map(|service| (object_name(stack, &dns_label(service)), service.clone()))
            .collect();
        services.sort_by_key(|(start, _)| std::cmp::Reverse(start.len()));
        Self { stack: stack.to_owned(), services }
    }

    /// Returns the service of an object, if it belongs to one.
    fn service(&self, object: &str) -> Option<&str> {
        let is_own = |start: &str| {
            object.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        self.services.iter().find(|(start, _)| is_own(start)).map(|(_, service)| service.as_str())
    }

    /// Reports whether an object belongs to the Stack. The name of the Stack has a single hyphen after it in names of
    /// objects, and two hyphens belong to the name of another Stack.
    fn has(&self, kind: &str, object: &str) -> bool {
        if kind == "Stack" {
            return object == self.stack;
        }
        let start = object_name(&self.stack, "");
        object.strip_prefix(&start).is_some_and(|rest| !rest.starts_with('-'))
            || self.service(object).is_some()
    }
}

/// Which events are shown.
#[derive(Debug)]
struct Wanted {
    owner: Owner,
    services: Option<Vec<String>>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Wanted {
    /// Returns the lines of events, the oldest first.
    fn text<'e>(&self, events: impl Iterator<Item = &'e Event>, json: bool) -> String {
        let mut lines: Vec<_> = events.filter_map(|event| self.line(event)).collect();
        lines.sort_by_key(|line| line.time);
        lines.iter().map(|line| if json { format!("{}\n", line.value()) } else { line.text() }).collect()
    }

    fn line<'e>(&'e self, event: &'e Event) -> Option<Line<'e>> {
        let object = &event.involved_object;
        let (kind, name) =
            (object.kind.as_deref().unwrap_or_default(), object.name.as_deref().unwrap_or_default());
        let time = time_of(event)?;
        let service = self.owner.service(name).filter(|_| kind != "Stack");
        let is_wanted = self.owner.has(kind, name)
            && self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time < until)
            && self.services.as_ref().is_none_or(|wanted| {
                // An event of the Stack can be about a service.
                let message = event.message.as_deref().unwrap_or_default();
                let is_about = |wanted: &String| {
                    service == Some(wanted.as_str())
                        || kind == "Stack" && message.starts_with(&format!("{wanted}: "))
                };
                wanted.iter().any(is_about)
            });
        is_wanted.then_some(Line { time, kind, name, service, event })
    }
}

/// Returns when an event has happened last. The API has three places for it.
fn time_of(event: &Event) -> Option<Timestamp> {
    let series =
        event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|time| time.0);
    let last = event.last_timestamp.as_ref().map(|time| time.0);
    let once = event.event_time.as_ref().map(|time| time.0);
    series.or(last).or(once).or_else(|| event.metadata.creation_timestamp.as_ref().map(|time| time.0))
}

/// An event that is shown.
struct Line<'e> {
    time: Timestamp,
    kind: &'e str,
    name: &'e str,
    service: Option<&'e str>,
    event: &'e Event,
}

impl Line<'_> {
    fn message(&self) -> String {
        self.event.message.as_deref().unwrap_or_default().trim().replace(char::is_control, " ")
    }

    fn level(&self) -> &str {
        self.event.type_.as_deref().unwrap_or("Normal")
    }

    fn reason(&self) -> &str {
        self.event.reason.as_deref().unwrap_or_default()
    }

    fn count(&self) -> i32 {
        let series = self.event.series.as_ref().and_then(|series| series.count);
        series.or(self.event.count).unwrap_or(1).max(1)
    }

    fn text(&self) -> String {
        let count = self.count();
        let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
        let time = self.time.strftime("%Y-%m-%dT%H:%M:%SZ");
        let (level, kind) = (self.level(), self.kind.to_lowercase());
        format!("{time}  {level:<7}  {kind} {}  {}: {}{times}\n", self.name, self.reason(), self.message())
    }

    /// Returns the event as JSON, with the keys of `docker compose events` and those of Kubernetes.
    fn value(&self) -> Value {
        json!({
            "action": self.reason(),
            "count": self.count(),
            "id": self.name,
            "level": self.level(),
            "message": self.message(),
            "service": self.service,
            "time": self.time.to_string(),
            "type": self.kind.to_lowercase(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, name: &str, changes: Value) -> Event {
        let mut event = json!({
            "metadata": {"name": "e", "uid": format!("{kind}/{name}"), "resourceVersion": "1"},
            "involvedObject": {"kind": kind, "name": name},
            "type": "Warning", "reason": "BackOff", "message": "Back-off restarting\nfailed container",
            "lastTimestamp": "2026-11-30T10:00:00Z", "count": 3,
        });
        for (key, value) in changes.as_object().unwrap() {
            event[key] = value.clone();
        }
        serde_json::from_value(event).unwrap()
    }

    fn wanted(services: Option<&[&str]>) -> Wanted {
        let all = ["web", "web-api", "My_DB"].map(str::to_owned);
        Wanted {
            owner: Owner::new("shop", &all),
            services: services.map(|names| names.iter().map(|&name| name.to_owned()).collect()),
            since: None,
            until: None,
        }
    }

    #[test]
    fn an_event_belongs_to_a_stack_and_to_a_service_by_the_name_of_its_object() {
        let owner = wanted(None).owner;
        assert_eq!(owner.service("shop-web-7d9f-x2"), Some("web"));
        assert_eq!(owner.service("shop-web-api-7d9f-x2"), Some("web-api"));
        assert_eq!(owner.service("shop-my-db-0"), Some("My_DB"));
        assert_eq!(owner.service("shop-webs-1"), None);
        assert!(owner.has("PersistentVolumeClaim", "shop-data") && owner.has("Stack", "shop"));
        // The objects of the Stack shop-b.
        assert!(
            !owner.has("Pod", "shop--b-web-1") && !owner.has("Stack", "shop-b") && !owner.has("Pod", "other")
        );
    }

    #[test]
    fn events_are_shown_by_time_and_can_be_those_of_a_service() {
        let events = [
            event("Pod", "shop-web-1", json!({})),
            event(
                "Stack",
                "shop",
                json!({"lastTimestamp": null, "eventTime": "2026-11-30T09:00:00.5Z", "type": "Normal", "message": "web-api: started", "reason": "Started", "count": null}),
            ),
            event("Pod", "other-web-1", json!({})),
        ];
        let expected = "\
2026-11-30T09:00:00Z  Normal   stack shop  Started: web-api: started
2026-11-30T10:00:00Z  Warning  pod shop-web-1  BackOff: Back-off restarting failed container (3 times)
";
        assert_eq!(wanted(None).text(events.iter(), false), expected);
        assert_eq!(wanted(Some(&["web"])).text(events.iter(), false).lines().count(), 1);
        assert_eq!(wanted(Some(&["web-api"])).text(events.iter(), false).lines().count(), 1);
        let json = wanted(Some(&["web"])).text(events.iter(), true);
        let value: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&value["service"], &value["type"], &value["count"]),
            (&json!("web"), &json!("pod"), &json!(3))
        );
        let late = Wanted { since: Some("2026-11-30T09:30:00Z".parse().unwrap()), ..wanted(None) };
        assert_eq!(late.text(events.iter(), false).lines().count(), 1);
    }

    #[test]
    fn a_repeated_event_is_shown_again_only_if_it_has_changed() {
        let mut shown = Shown::default();
        let first = event("Pod", "shop-web-1", json!({}));
        let mut again = first.clone();
        assert!(shown.is_new(&first) && !shown.is_new(&again));
        again.metadata.resource_version = Some("2".to_owned());
        assert!(shown.is_new(&again));
    }
}

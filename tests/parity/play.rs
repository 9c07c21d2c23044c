//! Runs a project on an engine, and collects the facts to compare: a path, such as `web/env/COLOUR`, and a value.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    engine::{Container, Engine},
    log::Log,
    project::{Project, Step},
};

/// Facts by path.
pub type Facts = BTreeMap<String, String>;

/// Timeout for the second engine to reach the facts of the first.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Interval of polls.
pub const PAUSE: Duration = Duration::from_millis(300);

/// Runs a project from start to end. The example has the facts of the other engine, which this engine has time to reach.
/// Without an example, the run waits until nothing changes.
pub fn play(engine: &dyn Engine, project: &Project, model: &Value, example: Option<&Facts>) -> Facts {
    let mut play = Play { engine, project, model, example, logs: BTreeMap::new(), facts: Facts::new() };
    if let Err(error) = engine.up() {
        play.facts.insert("up".to_owned(), error);
        return play.facts;
    }
    play.look("");
    for (number, step) in project.script.steps.iter().enumerate() {
        play.step(&format!("step {}/", number + 1), step);
    }
    play.order();
    play.end();
    play.facts
}

/// A running project.
pub struct Play<'a> {
    pub engine: &'a dyn Engine,
    pub project: &'a Project,
    /// The project as Compose loads it.
    pub model: &'a Value,
    example: Option<&'a Facts>,
    pub logs: BTreeMap<Container, Log>,
    pub facts: Facts,
}

impl Play<'_> {
    fn step(&mut self, prefix: &str, step: &Step) {
        match step {
            Step::Run { service, text } => {
                let container =
                    self.first(service).unwrap_or_else(|| panic!("{}: no {service}", self.project.title));
                let ended = self.engine.run(&container, &["sh", "-c", text]);
                self.facts.insert(format!("{prefix}{service} ended"), ended.code.to_string());
                self.facts.insert(format!("{prefix}{service} printed"), ended.text);
            }
            Step::Recreate(service) => {
                let before = self.containers_of(service);
                self.engine.recreate(service);
                self.until("the containers are new", |play| {
                    let now = play.containers_of(service);
                    !now.is_empty() && now.iter().all(|it| !before.contains(it))
                });
                self.settle(prefix);
            }
            Step::Write { file, text, services } => {
                let before: Vec<_> = services.iter().map(|it| (it, self.containers_of(it))).collect();
                fs::write(self.project.folder.join(file), text).expect("the project's folder can be written");
                self.engine.up().unwrap_or_else(|error| panic!("{}: {error}", self.project.title));
                if self.engine.renews() {
                    self.until("the containers are new", |play| {
                        before.iter().all(|(service, before)| {
                            let now = play.containers_of(service);
                            !now.is_empty() && now.iter().all(|it| !before.contains(it))
                        })
                    });
                }
                self.settle(prefix);
            }
            Step::Again => {
                self.engine.down();
                self.until("it is gone", |play| play.engine.containers().is_empty());
                self.logs.clear();
                self.engine.up().unwrap_or_else(|error| panic!("{}: {error}", self.project.title));
                self.settle(prefix);
            }
            Step::Scale(services) => {
                for (service, replicas) in services {
                    self.engine.scale(service, *replicas);
                }
                self.until("there are so many", |play| {
                    services
                        .iter()
                        .all(|(name, replicas)| play.containers_of(name).len() == *replicas as usize)
                });
                self.settle(prefix);
            }
            Step::Change { file, service, port } => {
                let load =
                    self.engine.load(service, port).stdout(Stdio::piped()).spawn().expect("the witness runs");
                self.engine.add_file(file);
                thread::sleep(Duration::from_secs(1));
                self.engine.up().unwrap_or_else(|error| panic!("{}: {error}", self.project.title));
                self.settle(prefix);
                let output = load.wait_with_output().expect("the witness ends");
                let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
                println!("load       {} ({}): {told}", self.project.title, self.engine.name());
                let lost = if told["failed"] == 0 { "none" } else { "some" };
                self.facts.insert(format!("{prefix}{service}/requests lost"), lost.to_owned());
            }
            Step::Restarts { service, times } => {
                for (number, pause) in self.pauses(service, *times).into_iter().enumerate() {
                    self.facts.insert(format!("{prefix}{service}/restart {}", number + 1), pause);
                }
            }
            Step::Look => self.look(prefix),
        }
    }

    /// Collects states, observations, reachability, and the view from outside.
    fn look(&mut self, prefix: &str) {
        self.settle(prefix);
        let firsts: BTreeMap<_, _> =
            self.services().iter().filter_map(|it| Some((it.clone(), self.first(it)?))).collect();
        for (service, container) in &firsts {
            if let Some(start) = self.logs.get(container).and_then(Log::start) {
                let mut seen = Facts::new();
                flatten(&format!("{prefix}{service}"), &start["experience"], &mut seen);
                // Docker's default host name is the container id, which differs each time.
                let known = |text: &str| {
                    container.called.as_ref().map_or_else(|| text.to_owned(), |it| text.replace(it, "<id>"))
                };
                self.facts.extend(seen.iter().map(|(path, value)| (known(path), known(value))));
            }
        }
        for (service, container) in &firsts {
            if self.facts.get(&format!("{prefix}{service}/state")).is_some_and(|it| !it.starts_with("exited"))
            {
                self.reach(prefix, service, container);
            }
        }
        self.outside(prefix);
    }

    /// Waits until the states are final, and returns them.
    fn settle(&mut self, prefix: &str) {
        let known = |facts: &Facts| {
            let states = facts.iter().filter_map(|(path, state)| {
                Some((path.strip_prefix(prefix)?.strip_suffix("/state")?.to_owned(), state.clone()))
            });
            states.filter(|(service, _)| !service.contains('/')).collect::<BTreeMap<_, _>>()
        };
        let wanted = self.example.map(known);
        let began = Instant::now();
        let (mut last, mut since) = (BTreeMap::new(), Instant::now());
        loop {
            self.follow();
            let states = self.engine.states();
            let told = self
                .engine
                .containers()
                .iter()
                .all(|it| self.logs.get(it).is_some_and(|log| log.start().is_some()));
            if states != last {
                (last, since) = (states, Instant::now());
            }
            let settled = match &wanted {
                Some(wanted) => *wanted == last && told,
                None => told && !self.is_under_way(&last) && since.elapsed() > Duration::from_secs(1),
            };
            if settled {
                break;
            }
            if began.elapsed() > PATIENCE {
                // With an example, the comparison reports missing states.
                assert!(wanted.is_some(), "{}: nothing settles: {last:?}", self.project.title);
                break;
            }
            thread::sleep(PAUSE);
        }
        for (service, state) in last {
            self.facts.insert(format!("{prefix}{service}/state"), state);
        }
        let mut counts = BTreeMap::<_, usize>::new();
        for container in self.engine.containers() {
            *counts.entry(container.service).or_default() += 1;
        }
        for (service, count) in counts {
            self.facts.insert(format!("{prefix}{service}/containers"), count.to_string());
        }
    }

    /// Reports whether a service will still become healthy or end.
    fn is_under_way(&self, states: &BTreeMap<String, String>) -> bool {
        states.is_empty()
            || states.iter().any(|(service, state)| {
                let spec = &self.model["services"][service];
                let ends = spec["command"].to_string().contains("--after") && spec["restart"] != "always";
                state == "starting" || state == "restarting" || (ends && state == "running")
            })
    }

    /// Requests every possible name and port of the siblings from a service.
    fn reach(&mut self, prefix: &str, from: &str, container: &Container) {
        let targets = self.targets(from);
        let witness = ["witness", "reach"].into_iter().chain(targets.iter().map(String::as_str));
        let command: Vec<_> = witness.collect();
        let path = |target: &str| format!("{prefix}{from}/reaches/{target}");
        // Policies and addresses reach the nodes with a delay.
        let answers = self.as_wanted(Duration::from_secs(6), || {
            let printed = self.engine.run(container, &command).text;
            let answers: BTreeMap<String, String> = serde_json::from_str(&printed).unwrap_or_default();
            answers.into_iter().map(|(target, answer)| (path(&target), self.name_of(&answer))).collect()
        });
        self.facts.extend(answers);
    }

    fn targets(&self, from: &str) -> Vec<String> {
        let mut targets = BTreeSet::new();
        for service in self.services() {
            let spec = &self.model["services"][&service];
            let mut names = BTreeSet::from([service.clone()]);
            names.extend(
                ["container_name", "hostname"].iter().filter_map(|key| spec[key].as_str().map(str::to_owned)),
            );
            for network in spec["networks"].as_object().into_iter().flat_map(|it| it.values()) {
                let aliases = network["aliases"].as_array().into_iter().flatten();
                names.extend(aliases.filter_map(|alias| alias.as_str().map(str::to_owned)));
            }
            let links = self.model["services"][from]["links"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let links =
                links.filter_map(|link| link.split_once(':')).filter(|(target, _)| *target == service);
            names.extend(links.map(|(_, name)| name.to_owned()));
            let ports = self.ports_of(&service);
            targets
                .extend(names.iter().flat_map(|name| ports.iter().map(move |port| format!("{name}:{port}"))));
        }
        targets.into_iter().collect()
    }

    /// Returns the ports on which a service listens.
    fn ports_of(&self, service: &str) -> Vec<String> {
        let is_port =
            |text: &&str| text.split('/').next().is_some_and(|number| number.parse::<u16>().is_ok());
        let started = self.first(service).and_then(|it| self.logs.get(&it)?.start());
        let Some(start) = started else { return Vec::new() };
        let arguments =
            start["experience"]["args"].as_array().into_iter().flatten().skip(1).filter_map(Value::as_str);
        arguments.filter(is_port).map(str::to_owned).collect()
    }

    /// Returns the service with an identity.
    fn name_of(&self, answer: &str) -> String {
        let is_it = |(_, log): &(&Container, &Log)| log.start().is_some_and(|start| start["id"] == answer);
        let found = self.logs.iter().find(is_it);
        found.map_or_else(|| format!("nobody: {answer}"), |(container, _)| container.service.clone())
    }

    fn outside(&mut self, prefix: &str) {
        for service in self.services() {
            let ports: Vec<String> = self.model["services"][&service]["ports"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|port| Some((port["published"].as_str()?, port["protocol"].as_str()?)))
                .map(
                    |(published, protocol)| {
                        if protocol == "udp" { format!("{published}/udp") } else { published.to_owned() }
                    },
                )
                .collect();
            if ports.is_empty() {
                continue;
            }
            let path = |port: &str| format!("{prefix}{service}/published/{port}");
            let seen = self.as_wanted(Duration::from_secs(15), || {
                let answers = self.engine.outside(&service, &ports);
                let seen = ports.iter().map(|port| {
                    let name = self.name_of(answers.get(port).map_or("nobody", String::as_str));
                    // The kind of failure depends on the network.
                    (path(port), if name.starts_with("nobody") { "nobody".to_owned() } else { name })
                });
                seen.collect()
            });
            self.facts.extend(seen);
        }
    }

    /// Polls until the example's facts are seen, within a timeout. Without an example, it looks once.
    fn as_wanted(&self, startup_deadline: Duration, look: impl Fn() -> Facts) -> Facts {
        let began = Instant::now();
        loop {
            let seen = look();
            let is_wanted =
                |example: &Facts| seen.iter().all(|(path, value)| example.get(path) == Some(value));
            if self.example.is_none_or(is_wanted) || began.elapsed() > startup_deadline {
                return seen;
            }
            thread::sleep(PAUSE);
        }
    }

    // --- containers -----------------------------------------------------------

    pub fn services(&self) -> Vec<String> {
        self.model["services"].as_object().into_iter().flat_map(|it| it.keys().cloned()).collect()
    }

    fn containers_of(&self, service: &str) -> Vec<Container> {
        self.engine.containers().into_iter().filter(|it| it.service == service).collect()
    }

    /// Returns the first container of a service with a known log.
    pub fn first(&self, service: &str) -> Option<Container> {
        self.containers_of(service).into_iter().find(|it| self.logs.contains_key(it))
    }

    /// Follows the log of every new or restarted container.
    pub fn follow(&mut self) {
        for container in self.engine.containers() {
            if self.logs.get(&container).is_none_or(Log::has_ended) {
                let log = Log::follow(self.engine.log(&container));
                self.logs.insert(container, log);
            }
        }
    }

    fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            assert!(began.elapsed() < PATIENCE, "{}: it is not so that {what}", self.project.title);
            thread::sleep(PAUSE);
        }
    }
}

/// Flattens a JSON value to facts.
fn flatten(path: &str, value: &Value, facts: &mut Facts) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                flatten(&format!("{path}/{key}"), value, facts);
            }
        }
        Value::String(text) => {
            facts.insert(path.to_owned(), text.clone());
        }
        Value::Null => {}
        other => {
            facts.insert(path.to_owned(), other.to_string());
        }
    }
}

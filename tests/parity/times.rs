//! Order and delay of starts and ends.

use std::{collections::BTreeMap, thread, time::Instant};

use serde_json::Value;

use crate::play::{Facts, PATIENCE, PAUSE, Play};

impl Play<'_> {
    /// Collects whether each service started after its dependencies.
    pub fn order(&mut self) {
        let at = |service: &str, event: &str| {
            let container = self.first(service)?;
            let events = self.logs.get(&container)?.events();
            events
                .iter()
                .find(|it| it["event"] == event)
                .map(|it| it["at"].as_str().unwrap_or_default().to_owned())
        };
        let mut facts = Facts::new();
        for service in self.services() {
            let dependencies = self.model["services"][&service]["depends_on"].as_object();
            for (dependency, how) in dependencies.into_iter().flatten() {
                let condition = how["condition"].as_str().unwrap_or_default();
                let event = match condition {
                    "service_healthy" => "ready",
                    "service_completed_successfully" => "end",
                    _ => "start",
                };
                let order = match (at(&service, "start"), at(dependency, event)) {
                    (None, _) => "never began",
                    (Some(_), None) => "began without it",
                    (Some(began), Some(met)) if began >= met => "began after it",
                    _ => "began before it",
                };
                facts.insert(format!("{service}/after {dependency} ({condition})"), order.to_owned());
            }
        }
        self.facts.extend(facts);
    }

    /// Stops the project, and collects the stop signal and the grace period of each process.
    pub fn end(&mut self) {
        self.follow();
        let running: Vec<_> = self.engine.containers();
        self.engine.down();
        let mut ends = BTreeMap::new();
        for service in self.services() {
            let Some(first) = running.iter().find(|it| it.service == service) else { continue };
            let Some(log) = self.logs.get(first) else { continue };
            let events = log.until_its_end(PATIENCE);
            let at = |event: &str| events.iter().find(|it| it["event"] == event).map(seconds);
            ends.insert(service.clone(), (at("signal"), at("end")));
            let signals: Vec<_> = events.iter().filter(|it| it["event"] == "signal").collect();
            let Some(asked) = signals.first() else { continue };
            let names: Vec<_> = signals.iter().map(|it| it["signal"].to_string()).collect();
            let lived = events.last().map_or(0.0, |last| seconds(last) - seconds(asked));
            self.facts.insert(format!("{service}/end/signals"), names.join(" "));
            self.facts.insert(format!("{service}/end/lived"), format!("{lived:.0} s"));
        }
        self.facts.extend(self.order_of_ends(&ends));
    }

    /// Collects whether a service that shares the namespace of another one ends before that one is stopped. `ends` has the times
    /// of the stop signal and the end of each service.
    fn order_of_ends(&self, ends: &BTreeMap<String, (Option<f64>, Option<f64>)>) -> Facts {
        let mut facts = Facts::new();
        for (service, (_, ended)) in ends {
            let spec = &self.model["services"][service];
            let shared = ["network_mode", "ipc", "pid"].map(|key| spec[key].as_str().unwrap_or_default());
            let depends_on = spec["depends_on"].as_object().into_iter().flatten().map(|(name, _)| name);
            for other in depends_on.filter(|other| shared.contains(&format!("service:{other}").as_str())) {
                let order = match (ended, ends.get(other).and_then(|(told, _)| *told)) {
                    (Some(ended), Some(told)) if *ended <= told => "before it is told to",
                    (Some(_), Some(_)) => "after it is told to",
                    _ => "unknown",
                };
                facts.insert(format!("{service}/end/before {other}"), order.to_owned());
            }
        }
        facts
    }

    /// Collects the delays of the next restarts of a service.
    pub fn pauses(&mut self, service: &str, times: usize) -> Vec<String> {
        let began = Instant::now();
        let mut heard = Vec::new();
        loop {
            let (over, all): (Vec<_>, Vec<_>) = {
                let logs = self.logs.iter().filter(|(container, _)| container.service == service);
                logs.map(|(_, log)| (log.has_ended(), log.events())).unzip()
            };
            // A log has one container, so it is read before the log of the next one.
            let told = all.iter().flatten().filter(|it| it["event"] == "start" || it["event"] == "end");
            heard.extend(told.map(|event| (seconds(event), event["event"] == "start")));
            heard.sort_by(|(one, _), (other, _)| one.total_cmp(other));
            heard.dedup();
            let pairs = heard.windows(2).filter(|pair| !pair[0].1 && pair[1].1);
            let pauses: Vec<_> = pairs.map(|pair| pause(pair[1].0 - pair[0].0)).take(times).collect();
            if pauses.len() == times {
                return pauses;
            }
            assert!(
                began.elapsed() < PATIENCE * 4,
                "{}: {service} starts again {pauses:?}",
                self.project.title
            );
            if over.into_iter().all(|over| over) {
                self.follow();
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Returns the time of an event in seconds of the day.
fn seconds(event: &Value) -> f64 {
    let time = event["at"].as_str().and_then(|at| at.split_once('T')).map_or("", |(_, time)| time);
    let parts = time.trim_end_matches('Z').split(':').map(|part| part.parse::<f64>().unwrap_or_default());
    parts.fold(0.0, |sum, part| sum * 60.0 + part)
}

/// Returns a rough restart delay: Kubernetes doubles the delay from ten seconds on.
fn pause(seconds: f64) -> String {
    match seconds {
        ..3.0 => "at once",
        ..10.0 => "less than 10 s",
        ..20.0 => "10 s",
        ..40.0 => "20 s",
        _ => "40 s or more",
    }
    .to_owned()
}

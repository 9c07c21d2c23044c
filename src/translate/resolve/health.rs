//! Health checks.

use crate::{
    api::{Duration, Healthcheck, OnUnhealthy, Service},
    translate::{ImageConfig, findings::FieldPath},
};

/// An enabled health check with the defaults of Compose. All times are in whole seconds.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::translate) struct Health {
    pub command: Vec<String>,
    pub interval: i32,
    pub timeout: i32,
    pub retries: i32,
    pub start_interval: i32,
    pub start_period: i64,
    pub on_unhealthy: OnUnhealthy,
}

impl Health {
    /// Reports whether an unhealthy container is restarted.
    pub(in crate::translate) fn restarts(&self) -> bool {
        self.on_unhealthy == OnUnhealthy::Restart
    }

    /// Reports whether dependents wait for the service to be healthy, and whether it is unreachable while it is unhealthy.
    pub(in crate::translate) fn gates(&self) -> bool {
        self.on_unhealthy != OnUnhealthy::Report
    }

    /// Returns the startup deadline.
    pub(in crate::translate) fn startup_deadline(&self) -> i64 {
        self.start_period + i64::from(self.retries) * i64::from(self.interval)
    }
}

/// The longest time between two checks of a starting container.
const START_INTERVAL: i32 = 5;

/// Returns the health check of a service. Fields that the service does not set come from the image. `None` if the check is
/// disabled or has no test.
pub(super) fn health(service: &Service, image: &ImageConfig, at: &FieldPath<'_>) -> Option<Health> {
    let check = &over(service.healthcheck.as_ref(), image.healthcheck.as_ref())?;
    if check.disable == Some(true) {
        return None;
    }
    let at = &at.child("healthcheck");
    // In Docker, zero means that the field is not set.
    let time = |duration: &Option<Duration>, default: i32| {
        let given = duration.as_ref().map(Duration::seconds).filter(|&seconds| seconds > 0);
        given.map_or(default, |seconds| i32::try_from(seconds).unwrap_or(i32::MAX))
    };
    Some(Health {
        interval: time(&check.interval, 30),
        timeout: time(&check.timeout, 30),
        start_interval: time(&check.start_interval, START_INTERVAL).min(START_INTERVAL),
        start_period: time(&check.start_period, 0).into(),
        retries: check.retries.filter(|&retries| retries > 0).unwrap_or(3),
        on_unhealthy: check.on_unhealthy.unwrap_or_default(),
        command: command(check, &image.shell, at)?,
    })
}

/// Returns the check with the fields of the image that the service does not set, or sets to zero.
fn over(own: Option<&Healthcheck>, image: Option<&Healthcheck>) -> Option<Healthcheck> {
    let (Some(own), Some(image)) = (own, image) else { return own.or(image).cloned() };
    let time = |of: fn(&Healthcheck) -> &Option<Duration>| {
        let given = of(own).as_ref().filter(|time| time.seconds() > 0);
        given.or(of(image).as_ref()).cloned()
    };
    Some(Healthcheck {
        test: own.test.as_ref().filter(|test| !test.is_empty()).or(image.test.as_ref()).cloned(),
        interval: time(|check| &check.interval),
        timeout: time(|check| &check.timeout),
        start_period: time(|check| &check.start_period),
        start_interval: time(|check| &check.start_interval),
        retries: own.retries.filter(|&retries| retries > 0).or(image.retries),
        disable: own.disable,
        on_unhealthy: own.on_unhealthy,
    })
}

fn command(check: &Healthcheck, shell: &[String], at: &FieldPath<'_>) -> Option<Vec<String>> {
    let test = check.test.as_deref().unwrap_or_default();
    let (kind, rest) = test.split_first()?;
    let before = match kind.as_str() {
        "NONE" => return None,
        "CMD" => Vec::new(),
        "CMD-SHELL" if shell.is_empty() => vec!["/bin/sh".to_owned(), "-c".to_owned()],
        "CMD-SHELL" => shell.to_vec(),
        _ => {
            let message =
                "test must start with CMD (a program and its arguments), CMD-SHELL (a shell command) or NONE";
            at.child("test").invalid(message);
            return None;
        }
    };
    if rest.is_empty() {
        let message = format!("the command after {kind} is missing: write the command, or NONE for no check");
        at.child("test").invalid(message);
    }
    Some(before.into_iter().chain(rest.iter().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::findings::Findings;

    fn read(check: Healthcheck) -> Option<Health> {
        let findings = Findings::default();
        let service = Service { healthcheck: Some(check), ..Service::default() };
        let health = health(&service, &ImageConfig::default(), &findings.root("s"));
        assert!(findings.check().is_ok());
        health
    }

    fn test(words: &[&str]) -> Option<Vec<String>> {
        Some(words.iter().map(|&word| word.to_owned()).collect())
    }

    #[test]
    fn composes_defaults_are_filled_in() {
        let health = read(Healthcheck { test: test(&["CMD", "true"]), ..Healthcheck::default() }).unwrap();
        assert_eq!((health.interval, health.timeout, health.retries), (30, 30, 3));
        assert_eq!((health.start_interval, health.start_period, health.startup_deadline()), (5, 0, 90));
        assert_eq!(health.command, ["true"]);
    }

    #[test]
    fn seconds_round_up_and_zero_means_the_default() {
        let time = |text: &str| text.parse().ok();
        let health = read(Healthcheck {
            test: test(&["CMD-SHELL", "true && true"]),
            interval: time("1500ms"),
            timeout: time("0s"),
            start_interval: time("100ms"),
            start_period: time("1m"),
            retries: Some(0),
            ..Healthcheck::default()
        })
        .unwrap();
        assert_eq!((health.interval, health.timeout, health.start_interval), (2, 30, 1));
        assert_eq!(health.startup_deadline(), 60 + 3 * 2);
        assert_eq!(health.command, ["/bin/sh", "-c", "true && true"]);
    }

    #[test]
    fn a_check_without_a_test_is_no_check() {
        for check in [
            Healthcheck::default(),
            Healthcheck { test: test(&[]), ..Healthcheck::default() },
            Healthcheck { test: test(&["NONE"]), ..Healthcheck::default() },
            Healthcheck { test: test(&["CMD", "true"]), disable: Some(true), ..Healthcheck::default() },
        ] {
            assert_eq!(read(check), None);
        }
    }
}

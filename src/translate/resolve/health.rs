//! A health check, read: which program, how often, how patiently.

use super::Problems;
use crate::{
    api::{Duration, Healthcheck, OnUnhealthy, Service},
    translate::ImageConfig,
};

/// An enabled health check, with Compose's defaults filled in. All times are whole seconds.
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
    /// Whether a container that is unhealthy is restarted.
    pub(in crate::translate) fn restarts(&self) -> bool {
        self.on_unhealthy == OnUnhealthy::Restart
    }

    /// Whether others wait for the service to be healthy, and do not reach it when it is not.
    pub(in crate::translate) fn gates(&self) -> bool {
        self.on_unhealthy != OnUnhealthy::Report
    }

    /// How long a container may be not ready from its start before it counts as unhealthy.
    pub(in crate::translate) fn startup_deadline(&self) -> i64 {
        self.start_period + i64::from(self.retries) * i64::from(self.interval)
    }
}

/// The longest time between two checks of a starting container: nobody waits longer to learn that
/// it has come up.
const START_INTERVAL: i32 = 5;

/// The service's health check, field by field over the image's; none when it is disabled or neither has a test.
pub(super) fn health(
    service: &Service,
    image: &ImageConfig,
    path: &str,
    problems: &mut Problems,
) -> Option<Health> {
    let check = &over(service.healthcheck.as_ref(), image.healthcheck.as_ref())?;
    if check.disable == Some(true) {
        return None;
    }
    let path = format!("{path}.healthcheck");
    // Zero means "not given", as in Docker.
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
        command: command(check, &image.shell, &path, problems)?,
    })
}

/// What of the image's check the service leaves as it is: each field that it does not give, or gives as zero.
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

fn command(
    check: &Healthcheck,
    shell: &[String],
    path: &str,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let test = check.test.as_deref().unwrap_or_default();
    let (kind, rest) = test.split_first()?;
    let before = match kind.as_str() {
        "NONE" => return None,
        "CMD" => Vec::new(),
        "CMD-SHELL" if shell.is_empty() => vec!["/bin/sh".to_owned(), "-c".to_owned()],
        "CMD-SHELL" => shell.to_vec(),
        _ => {
            let message =
                "a test starts with CMD (a program and its arguments), CMD-SHELL (one shell text) or NONE";
            problems.value(format!("{path}.test"), message);
            return None;
        }
    };
    if rest.is_empty() {
        let message = format!("nothing stands behind {kind}: write the check, or NONE for no check");
        problems.value(format!("{path}.test"), message);
    }
    Some(before.into_iter().chain(rest.iter().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(check: Healthcheck) -> Option<Health> {
        let mut problems = Problems::default();
        let service = Service { healthcheck: Some(check), ..Service::default() };
        let health = health(&service, &ImageConfig::default(), "s", &mut problems);
        assert!(problems.into_result().is_ok());
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

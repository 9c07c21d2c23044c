use jiff::Timestamp;

use super::{Cron, time_zone};

fn kubernetes(text: &str) -> Result<String, String> {
    let error = |error: super::CronError| format!("{}: {}", &text[error.at.clone()], error.message);
    Cron::parse(text).map_err(error)?.to_kubernetes().map_err(error)
}

#[test]
fn what_both_understand_stays_as_it_is() {
    for text in [
        "* * * * *",
        "0 3 * * *",
        "*/5 * * * *",
        "0,30 8-18/2 1,15 1-6 1-5",
        "0 0 */2 * *",
        "0 0 * * */2",
        "0 0 13 * 5",
        "0 0 29 2 *",
        "0 0 31 2 1",
    ] {
        assert_eq!(kubernetes(text).as_deref(), Ok(text));
    }
}

#[test]
fn weekday_7_becomes_0() {
    for (text, expected) in [
        ("0 0 * * 7", "0 0 * * 0"),
        ("0 0 * * 5-7", "0 0 * * 5,6,0"),
        ("0 0 * * 1-7/3", "0 0 * * 1,4,0"),
        ("0 0 * * 1-6,7", "0 0 * * 1-6,0"),
        ("0 0 * * 0-7", "0 0 * * 0,1,2,3,4,5,6,0"),
        ("0  0 *\t* */1", "0 0 * * *"),
    ] {
        assert_eq!(kubernetes(text).as_deref(), Ok(expected));
    }
}

#[test]
fn what_docker_refuses_is_refused_with_its_place() {
    for (text, expected) in [
        ("@daily", "@daily: '@daily' is not supported by Docker"),
        ("@every 5m", "@every: '@every' is not supported by Docker"),
        ("TZ=UTC 0 3 * * *", "TZ=UTC: a schedule has no time zone"),
        ("0 3 * *", "0 3 * *: a schedule has five fields, not 4"),
        ("0 0 3 * * *", "0 0 3 * * *: a schedule has five fields, not 6"),
        ("", ": a schedule has five fields, not 0"),
        ("0 3 * * mon", "mon: 'mon' is not a number"),
        ("0 3 * JAN *", "JAN: 'JAN' is not a number"),
        ("0 3 ? * *", "?: '?' is not a number"),
        ("0 3 L * *", "L: 'L' is not a number"),
        ("0 3 * * 5#2", "5#2: '5#2' is not a number"),
        ("3/5 * * * *", "3/5: '3/5' has a step without a range"),
        ("*/0 * * * *", "0: a step of 0 never moves"),
        ("60 * * * *", "60: minute 60 is out of range"),
        ("0 24 * * *", "24: hour 24 is out of range"),
        ("0 0 0 * *", "0: day of the month 0 is out of range"),
        ("0 0 1 13 *", "13: month 13 is out of range"),
        ("0 0 * * 8", "8: weekday 8 is out of range"),
        ("0 22-6 * * *", "22-6: '22-6' runs backwards"),
        ("0 0 * * 6-0", "6-0: '6-0' runs backwards"),
        ("0,*,5 0 * * *", "0,*,5: '0,*,5' has '*' in a list"),
        ("0, 0 * * *", ": '' is not a number"),
        ("-1 0 * * *", ": '' is not a number"),
        ("+1 0 * * *", "+1: '+1' is not a number"),
        ("0 0 30 2 *", "30 2: the date never comes"),
        ("0 0 31 4,6,9,11 *", "31 4,6,9,11: the date never comes"),
    ] {
        assert_eq!(kubernetes(text), Err(expected.to_owned()));
    }
}

#[test]
fn a_step_of_days_beside_another_restriction_of_days_is_refused() {
    for (text, at) in [("0 0 */2 * 1", "*/2"), ("0 0 1 * */2", "*/2"), ("0 0 */2 * */3", "*/2")] {
        let error = kubernetes(text).unwrap_err();
        assert!(error.starts_with(&format!("{at}: Kubernetes cannot restrict")), "{error}");
    }
}

fn next(text: &str, after: &str, zone: &str) -> String {
    let zone = time_zone(zone).unwrap();
    let due = Cron::parse(text).unwrap().next_after(after.parse::<Timestamp>().unwrap(), &zone);
    due.map_or("never".to_owned(), |due| due.to_string())
}

#[test]
fn the_next_run_is_reckoned_in_its_zone() {
    for (text, after, zone, expected) in [
        ("* * * * *", "2026-11-30T22:10:59Z", "UTC", "2026-11-30T22:11:00Z"),
        ("0 3 * * *", "2026-11-30T03:00:00Z", "UTC", "2026-12-01T03:00:00Z"),
        ("0 3 * * *", "2026-11-30T00:00:00Z", "Europe/Berlin", "2026-11-30T02:00:00Z"),
        ("0 0 13 * 5", "2026-11-30T00:00:00Z", "UTC", "2026-12-04T00:00:00Z"),
        ("0 0 29 2 *", "2026-11-30T00:00:00Z", "UTC", "2028-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "UTC", "2104-02-29T00:00:00Z"),
        // The hour that is skipped in spring does not come that day.
        ("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Berlin", "2026-03-30T00:30:00Z"),
        // The hour that comes twice in autumn counts twice.
        ("30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Berlin", "2026-10-25T00:30:00Z"),
        ("30 2 * * *", "2026-10-25T00:30:00Z", "Europe/Berlin", "2026-10-25T01:30:00Z"),
    ] {
        assert_eq!(next(text, after, zone), expected, "{text} in {zone} after {after}");
    }
}

#[test]
fn a_time_zone_has_its_exact_name() {
    for name in ["UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"] {
        assert!(time_zone(name).is_some(), "{name}");
    }
    for name in ["", "Local", "europe/berlin", "Europe/Nowhere", "+01:00", "../UTC"] {
        assert!(time_zone(name).is_none(), "{name}");
    }
}

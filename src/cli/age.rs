//! Ages, as kubectl shows them.

use jiff::Timestamp;

/// Returns the time from `since` to `now` in at most two units, such as `5m12s`.
pub(super) fn age(since: Timestamp, now: Timestamp) -> String {
    in_units(now.as_second().saturating_sub(since.as_second()))
}

/// Returns a number of seconds in the form of `HumanDuration` of Kubernetes (k8s.io/apimachinery/pkg/util/duration).
fn in_units(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let seconds = seconds.max(0);
    let two = |unit: i64, name: &str, smaller: i64, smaller_name: &str| {
        let (large, small) = (seconds / unit, seconds % unit / smaller);
        if small == 0 { format!("{large}{name}") } else { format!("{large}{name}{small}{smaller_name}") }
    };
    let one = |unit: i64, name: &str| format!("{}{name}", seconds / unit);
    match seconds {
        s if s < 2 * MINUTE => one(1, "s"),
        s if s < 10 * MINUTE => two(MINUTE, "m", 1, "s"),
        s if s < 3 * HOUR => one(MINUTE, "m"),
        s if s < 8 * HOUR => two(HOUR, "h", MINUTE, "m"),
        s if s < 2 * DAY => one(HOUR, "h"),
        s if s < 8 * DAY => two(DAY, "d", HOUR, "h"),
        s if s < 2 * YEAR => one(DAY, "d"),
        s if s < 8 * YEAR => two(YEAR, "y", DAY, "d"),
        _ => one(YEAR, "y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_at_most_two_units() {
        for (seconds, expected) in [
            (-3, "0s"),
            (119, "119s"),
            (120, "2m"),
            (312, "5m12s"),
            (3600, "60m"),
            (3 * 3600, "3h"),
            (4 * 3600 + 120, "4h2m"),
            (47 * 3600, "47h"),
            (3 * 86400 + 7200, "3d2h"),
            (400 * 86400, "400d"),
            (3 * 365 * 86400, "3y"),
            (20 * 365 * 86400, "20y"),
        ] {
            assert_eq!(in_units(seconds), expected);
        }
    }
}

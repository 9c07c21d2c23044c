//! When a schedule is due.

use jiff::{
    Timestamp, ToSpan,
    civil::Date,
    tz::{AmbiguousOffset, TimeZone},
};

use super::{Cron, HOUR, MINUTE};

/// The days to search. February 29 comes after at most eight years.
const DAYS: usize = 8 * 366;

/// The largest number of days of each month.
const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl Cron {
    /// Reports whether the date ever comes.
    pub(super) fn comes(&self) -> bool {
        let [_, _, day, month, weekday] = &self.fields;
        // If the weekday is restricted too, a day counts by its weekday alone.
        if !weekday.is_star() && !weekday.is_stepped() {
            return true;
        }
        let months = LONGEST.iter().zip(1..).filter(|(_, number)| month.has(*number));
        months.into_iter().any(|(longest, _)| (1..=*longest).any(|number| day.has(number)))
    }

    /// Returns when the schedule is due next after a time, as Kubernetes reckons it: an hour that the clock skips does not
    /// come that day, and an hour that comes twice counts twice.
    #[must_use]
    pub fn next_after(&self, time: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let first = zone.to_datetime(time).date();
        // The clock may have been set back within the day.
        let days = std::iter::successors(Some(first), |date| date.checked_add(1.day()).ok());
        days.take(DAYS).filter(|date| self.has_day(*date)).find_map(|date| self.next_of(date, time, zone))
    }

    fn has_day(&self, date: Date) -> bool {
        let part = |value: i8| u32::try_from(value).unwrap_or_default();
        let [_, _, day, month, weekday] = &self.fields;
        let by_day = day.has(part(date.day()));
        let by_weekday = weekday.has(part(date.weekday().to_sunday_zero_offset()));
        let is_free = |field: &super::Field| field.is_star() || field.is_stepped();
        let fits = if is_free(day) || is_free(weekday) { by_day && by_weekday } else { by_day || by_weekday };
        fits && month.has(part(date.month()))
    }

    /// Returns the first time of a day after a time.
    fn next_of(&self, date: Date, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let hours = (0..24).filter(|hour| self.fields[HOUR].has(part_of(*hour)));
        let times = hours.flat_map(|hour| {
            (0..60)
                .filter(|minute| self.fields[MINUTE].has(part_of(*minute)))
                .map(move |minute| (hour, minute))
        });
        let due = times.flat_map(|(hour, minute)| {
            let at = date.at(hour, minute, 0, 0);
            let offsets = match zone.to_ambiguous_timestamp(at).offset() {
                AmbiguousOffset::Unambiguous { offset } => [Some(offset), None],
                AmbiguousOffset::Gap { .. } => [None, None],
                AmbiguousOffset::Fold { before, after } => [Some(before), Some(after)],
            };
            offsets.into_iter().flatten().filter_map(move |offset| offset.to_timestamp(at).ok())
        });
        due.filter(|due| *due > after).min()
    }
}

fn part_of(value: i8) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

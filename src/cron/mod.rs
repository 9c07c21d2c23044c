//! The schedules of jobs: the cron grammar of Docker, and its expression in the grammar of Kubernetes.
//!
//! Both have five fields and differ in details. Docker has no names, no `@daily`, no `3/5` and no `?`, and refuses a date
//! that never comes. Kubernetes (robfig/cron 3) has no weekday 7. Where day of month and weekday are both restricted, a day
//! counts if either fits. A field with `*/n` is unrestricted in Docker and restricted in Kubernetes.

mod calendar;
#[cfg(test)]
mod tests;
mod zone;

pub use zone::time_zone;

use std::fmt::Write;
use std::ops::Range;

/// A schedule in the grammar of Docker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cron {
    fields: [Field; 5],
}

/// A text that is not a schedule, or a schedule that Kubernetes cannot express.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}: {remedy}")]
pub struct CronError {
    /// The part of the text, in bytes.
    pub at: Range<usize>,
    /// The error.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl CronError {
    fn new(at: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { at, message: message.into(), remedy: remedy.into() }
    }
}

/// A field: its values, and whether and how it is written with `*`.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Field {
    /// The place in the text.
    at: Range<usize>,
    /// The items, separated by commas in the text.
    items: Vec<Item>,
    /// The values. Weekday 7 is 0.
    values: u64,
}

/// An item of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Item {
    /// `*`, or `*/n`.
    Every { step: u32 },
    /// A number.
    One(u32),
    /// `a-b`, or `a-b/n`.
    Range { from: u32, to: u32, step: u32 },
}

/// The name and the bounds of a field.
struct Unit {
    name: &'static str,
    least: u32,
    most: u32,
}

const UNITS: [Unit; 5] = [
    Unit { name: "minute", least: 0, most: 59 },
    Unit { name: "hour", least: 0, most: 23 },
    Unit { name: "day of the month", least: 1, most: 31 },
    Unit { name: "month", least: 1, most: 12 },
    Unit { name: "weekday", least: 0, most: 7 },
];

const MINUTE: usize = 0;
const HOUR: usize = 1;
const DAY: usize = 2;
const MONTH: usize = 3;
const WEEKDAY: usize = 4;

impl Cron {
    /// Parses a schedule.
    ///
    /// ```
    /// use stackwright::cron::Cron;
    ///
    /// assert_eq!(Cron::parse("30 2 * * 5-7")?.to_kubernetes()?, "30 2 * * 5,6,0");
    /// assert_eq!(Cron::parse("0 0 30 2 *").unwrap_err().message, "the date never comes");
    /// # Ok::<(), stackwright::cron::CronError>(())
    /// ```
    ///
    /// # Errors
    /// Returns the first part that Docker refuses.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let words = words(text);
        let whole = || 0..text.len();
        let remedy = "write minute, hour, day of the month, month and weekday, such as '30 2 * * *'";
        if let Some(word) = words.first().filter(|word| text[(*word).clone()].starts_with('@')) {
            let message = format!("'{}' is not supported by Docker", &text[word.clone()]);
            return Err(CronError::new(word.clone(), message, remedy));
        }
        if let Some(zone) = words.first().filter(|word| text[(*word).clone()].contains('=')) {
            let message = "a schedule has no time zone";
            return Err(CronError::new(zone.clone(), message, "write the time zone in 'timezone'"));
        }
        let Ok(words) = <[Range<usize>; 5]>::try_from(words) else {
            let message = format!("a schedule has five fields, not {}", text.split_whitespace().count());
            return Err(CronError::new(whole(), message, remedy));
        };
        let mut fields = Vec::with_capacity(5);
        for (at, unit) in words.into_iter().zip(&UNITS) {
            fields.push(field(text, at, unit)?);
        }
        let Ok(fields) = <[Field; 5]>::try_from(fields) else {
            return Err(CronError::new(whole(), "a schedule has five fields", remedy));
        };
        let cron = Self { fields };
        if !cron.comes() {
            let at = cron.fields[DAY].at.start..cron.fields[MONTH].at.end;
            let remedy = "write a day that one of the months has";
            return Err(CronError::new(at, "the date never comes", remedy));
        }
        Ok(cron)
    }

    /// Returns the schedule in the grammar of Kubernetes.
    ///
    /// # Errors
    /// Fails for `*/n` as day of the month or weekday beside a restriction of the other one: in Docker both must fit, and in
    /// Kubernetes either.
    pub fn to_kubernetes(&self) -> Result<String, CronError> {
        for (own, other) in [(DAY, WEEKDAY), (WEEKDAY, DAY)] {
            let (field, other) = (&self.fields[own], &self.fields[other]);
            if field.is_stepped() && !other.is_star() {
                let message = "Kubernetes cannot restrict the days of the month and the weekdays together";
                let remedy = "write '*' in one of the two fields, and check the day in the command";
                return Err(CronError::new(field.at.clone(), message, remedy));
            }
        }
        Ok(self
            .fields
            .iter()
            .zip(&UNITS)
            .map(|(field, unit)| field.to_kubernetes(unit))
            .collect::<Vec<_>>()
            .join(" "))
    }
}

impl Field {
    /// Reports whether the field is `*`, which allows all values.
    fn is_star(&self) -> bool {
        matches!(self.items.as_slice(), [Item::Every { step: 1 }])
    }

    /// Reports whether the field is `*/n` with n over 1.
    fn is_stepped(&self) -> bool {
        matches!(self.items.as_slice(), [Item::Every { step: 2.. }])
    }

    fn has(&self, value: u32) -> bool {
        value < 64 && self.values & (1 << value) != 0
    }

    fn to_kubernetes(&self, unit: &Unit) -> String {
        let mut text = String::new();
        for item in &self.items {
            if !text.is_empty() {
                text.push(',');
            }
            item.write(unit, &mut text);
        }
        text
    }
}

impl Item {
    /// Returns the values from the first to the last one.
    fn values(self, unit: &Unit) -> impl Iterator<Item = u32> {
        let (from, to, step) = match self {
            Self::Every { step } => (unit.least, unit.most, step),
            Self::One(value) => (value, value, 1),
            Self::Range { from, to, step } => (from, to, step),
        };
        (from..=to).step_by(usize::try_from(step.max(1)).unwrap_or(1))
    }

    /// Writes the item. An item with weekday 7 becomes a list, with 0 in its place.
    fn write(self, unit: &Unit, text: &mut String) {
        let is_week = unit.most == 7;
        let written = match self {
            Self::Every { step: 1 } => write!(text, "*"),
            Self::Every { step } => write!(text, "*/{step}"),
            Self::One(7) if is_week => write!(text, "0"),
            Self::One(value) => write!(text, "{value}"),
            Self::Range { to: 7, .. } if is_week => {
                let days = self.values(unit).map(|day| (day % 7).to_string());
                write!(text, "{}", days.collect::<Vec<_>>().join(","))
            }
            Self::Range { from, to, step: 1 } => write!(text, "{from}-{to}"),
            Self::Range { from, to, step } => write!(text, "{from}-{to}/{step}"),
        };
        // Writing to a String cannot fail.
        written.unwrap_or_default();
    }
}

/// Returns the places of the words of a text.
fn words(text: &str) -> Vec<Range<usize>> {
    let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split_ascii_whitespace().map(|word| start(word)..start(word) + word.len()).collect()
}

fn field(text: &str, at: Range<usize>, unit: &Unit) -> Result<Field, CronError> {
    let mut items = Vec::new();
    let mut start = at.start;
    for part in text[at.clone()].split(',') {
        items.push(item(part, start..start + part.len(), unit)?);
        start += part.len() + 1;
    }
    if items.len() > 1 && items.iter().any(|item| matches!(item, Item::Every { .. })) {
        let message = format!("'{}' has '*' in a list", &text[at.clone()]);
        return Err(CronError::new(at, message, "write '*' alone, or list the values"));
    }
    let values = items.iter().flat_map(|item| item.values(unit));
    let values = values.fold(0, |all, value| all | 1 << if unit.most == 7 { value % 7 } else { value });
    Ok(Field { at, items, values })
}

fn item(text: &str, at: Range<usize>, unit: &Unit) -> Result<Item, CronError> {
    let (base, step) = match text.split_once('/') {
        Some((base, step)) => {
            let from = at.start + base.len() + 1;
            (base, Some((number(step, from..at.end, unit)?, from..at.end)))
        }
        None => (text, None),
    };
    let base_at = at.start..at.start + base.len();
    if let Some((0, step_at)) = step {
        return Err(CronError::new(step_at, "a step of 0 never moves", "write 1 or more"));
    }
    let step = step.map(|(step, _)| step);
    if base == "*" {
        return Ok(Item::Every { step: step.unwrap_or(1) });
    }
    let Some((from, to)) = base.split_once('-') else {
        let value = within(base, base_at, unit)?;
        if step.is_some() {
            let message = format!("'{text}' has a step without a range");
            let remedy = format!(
                "write '{value}-{}/{}' or '*/{}'",
                unit.most.min(if unit.most == 7 { 6 } else { unit.most }),
                step.unwrap_or(1),
                step.unwrap_or(1)
            );
            return Err(CronError::new(at, message, remedy));
        }
        return Ok(Item::One(value));
    };
    let middle = base_at.start + from.len();
    let (from, to) = (within(from, base_at.start..middle, unit)?, within(to, middle + 1..base_at.end, unit)?);
    if from > to {
        let message = format!("'{base}' runs backwards");
        let remedy =
            format!("write '{from}-{},{}-{to}'", if unit.most == 7 { 6 } else { unit.most }, unit.least);
        return Err(CronError::new(base_at, message, remedy));
    }
    Ok(Item::Range { from, to, step: step.unwrap_or(1) })
}

/// Parses a number within the bounds of a field.
fn within(text: &str, at: Range<usize>, unit: &Unit) -> Result<u32, CronError> {
    let value = number(text, at.clone(), unit)?;
    if (unit.least..=unit.most).contains(&value) {
        return Ok(value);
    }
    let message = format!("{} {value} is out of range", unit.name);
    Err(CronError::new(at, message, format!("write {} to {}", unit.least, unit.most)))
}

fn number(text: &str, at: Range<usize>, unit: &Unit) -> Result<u32, CronError> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        let message = format!("'{text}' is not a number");
        CronError::new(
            at,
            message,
            format!("write the {} as numbers, '*', lists, ranges and steps", unit.name),
        )
    })
}

//! Measurement of a part of a spec by its JSON.

use std::io;

use serde::Serialize;

/// The memory of a value of a spec: in the parsed spec, in a template, and in the JSON of the template.
pub(super) const VALUE: usize = 256;
/// The number of copies of a text at the same time.
pub(super) const TEXT: usize = 4;

/// The size of something as JSON.
#[derive(Default)]
pub(super) struct Gauge {
    bytes: usize,
    /// The number of values and keys: that of separators, or one more.
    values: usize,
    is_in_text: bool,
    is_escaped: bool,
}

impl Gauge {
    pub(super) fn of(something: &impl Serialize) -> Self {
        let mut gauge = Self::default();
        // Serialization cannot fail: the writer accepts everything.
        let _ = serde_json::to_writer(&mut gauge, something);
        gauge
    }

    pub(super) fn memory(&self) -> usize {
        self.values.saturating_mul(VALUE).saturating_add(self.bytes.saturating_mul(TEXT))
    }
}

impl io::Write for Gauge {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.is_in_text => self.is_escaped = true,
                b'"' => self.is_in_text = !self.is_in_text,
                b',' | b'[' | b'{' if !self.is_in_text => self.values += 1,
                _ => {}
            }
        }
        self.bytes = self.bytes.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_gauge_counts_values_and_not_what_looks_like_them() {
        for (value, values) in [
            (json!(1), 0),
            (json!({}), 1),
            (json!({"a": 1, "b": 2}), 2),
            (json!(["a,b", "[{\"", "\\\","]), 3),
            (json!({"a": {"b": []}}), 3),
        ] {
            let gauge = Gauge::of(&value);
            assert_eq!((gauge.values, gauge.bytes), (values, value.to_string().len()), "{value}");
        }
    }
}

//! The argument of `--format`: a table, JSON, or a template in the syntax of `docker compose`.

use std::fmt::Write as _;
use std::str::FromStr;

use serde_json::Value;

use super::table::Table;

/// How rows are printed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum Format {
    /// A table for people.
    #[default]
    Table,
    /// JSON.
    Json,
    /// A table with the columns of a template.
    Columns(Template),
    /// A line for each row.
    Lines(Template),
}

/// How JSON is printed. Docker Compose has both forms, and scripts expect the one of their verb.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum JsonForm {
    /// One object per line.
    Lines,
    /// One array.
    Array,
}

/// A row: the cells of the table, and the same as JSON.
#[derive(Debug)]
pub(super) struct Row {
    pub cells: Vec<String>,
    pub value: Value,
}

/// A template such as `{{.Name}}: {{.State}}`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Text(String),
    Action { path: Vec<String>, functions: Vec<Function> },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Function {
    Json,
    Lower,
    Upper,
}

/// A template cannot be read, or does not fit the rows.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum FormatError {
    #[error("unknown format '{0}': write table, json, or a template such as '{{{{.Name}}}}'")]
    Unknown(String),
    #[error(
        "cannot read '{{{{{0}}}}}': write a field such as '{{{{.Name}}}}', with json, lower or upper before it"
    )]
    Action(String),
    #[error("a '{{{{' of the template has no '}}}}'")]
    Open,
    #[error("unknown field .{field}: the fields are {fields}")]
    Field { field: String, fields: String },
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        match text {
            // Older versions of `docker compose` call the table `pretty`.
            "table" | "pretty" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            _ if !text.contains("{{") => Err(FormatError::Unknown(text.to_owned())),
            _ => match text.strip_prefix("table ") {
                Some(columns) => Ok(Self::Columns(columns.trim_start().parse()?)),
                None => Ok(Self::Lines(text.parse()?)),
            },
        }
    }
}

impl Format {
    /// Returns the text of rows. `columns` is the width of the terminal.
    pub fn text(
        &self,
        headings: &[&str],
        rows: Vec<Row>,
        json: JsonForm,
        columns: Option<usize>,
    ) -> Result<String, FormatError> {
        match self {
            Self::Table => {
                let mut table = Table::new(headings);
                rows.into_iter().for_each(|row| table.push(row.cells));
                Ok(table.text(columns))
            }
            Self::Json => Ok(match json {
                JsonForm::Lines => rows.iter().map(|row| format!("{}\n", row.value)).collect(),
                JsonForm::Array => {
                    format!("{}\n", Value::Array(rows.into_iter().map(|row| row.value).collect()))
                }
            }),
            Self::Columns(template) => {
                let mut table = Table::new(template.headings().split('\t'));
                for row in rows {
                    let line = template.render(&row.value)?;
                    table.push(line.split('\t').map(str::to_owned).collect());
                }
                Ok(table.text(columns))
            }
            Self::Lines(template) => {
                let mut text = String::new();
                for row in rows {
                    text.push_str(&template.render(&row.value)?);
                    text.push('\n');
                }
                Ok(text)
            }
        }
    }
}

impl FromStr for Template {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (action, after) = after.split_once("}}").ok_or(FormatError::Open)?;
            parts.push(Part::Text(unescaped(before)));
            parts.push(Part::action(action)?);
            rest = after;
        }
        parts.push(Part::Text(unescaped(rest)));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Self(parts))
    }
}

/// A shell passes `\t` and `\n` as they are written.
fn unescaped(text: &str) -> String {
    text.replace("\\t", "\t").replace("\\n", "\n")
}

impl Part {
    /// Reads `.Name`, `json .Name` or `.Name | upper`.
    fn action(text: &str) -> Result<Self, FormatError> {
        let wrong = || FormatError::Action(text.to_owned());
        let mut path = None;
        let mut functions = Vec::new();
        for word in text.split(|c: char| c.is_whitespace() || c == '|').filter(|word| !word.is_empty()) {
            match word {
                "json" => functions.push(Function::Json),
                "lower" => functions.push(Function::Lower),
                "upper" => functions.push(Function::Upper),
                _ => {
                    let field = word.strip_prefix('.').ok_or_else(wrong)?;
                    let parts = field.split('.').filter(|part| !part.is_empty()).map(str::to_owned);
                    if path.replace(parts.collect()).is_some() {
                        return Err(wrong());
                    }
                }
            }
        }
        Ok(Self::Action { path: path.ok_or_else(wrong)?, functions })
    }
}

impl Template {
    fn render(&self, row: &Value) -> Result<String, FormatError> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Action { path, functions } => {
                    let value = field(row, path)?;
                    let plain = functions.iter().fold(plain(value), |text, function| match function {
                        Function::Json => value.to_string(),
                        Function::Lower => text.to_lowercase(),
                        Function::Upper => text.to_uppercase(),
                    });
                    text.push_str(&plain);
                }
            }
        }
        Ok(text)
    }

    /// Returns the line of headings: the names of the fields in upper case.
    fn headings(&self) -> String {
        self.0.iter().fold(String::new(), |mut line, part| {
            match part {
                Part::Text(fixed) => line.push_str(fixed),
                // Writing to a String cannot fail.
                Part::Action { path, .. } => {
                    let _ = write!(line, "{}", path.join(".").to_uppercase());
                }
            }
            line
        })
    }
}

fn field<'v>(row: &'v Value, path: &[String]) -> Result<&'v Value, FormatError> {
    path.iter().try_fold(row, |value, key| {
        value.get(key).ok_or_else(|| FormatError::Field {
            field: path.join("."),
            fields: value
                .as_object()
                .map(|fields| fields.keys().cloned().collect::<Vec<_>>().join(", "))
                .filter(|fields| !fields.is_empty())
                .unwrap_or_else(|| "none".to_owned()),
        })
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(format: &str) -> Result<String, FormatError> {
        let row = |name: &str, code: i32| Row {
            cells: vec![name.to_owned(), code.to_string()],
            value: json!({"Name": name, "ExitCode": code, "Labels": {"tier": "front"}, "Node": null}),
        };
        let rows = vec![row("web", 0), row("worker", 3)];
        format.parse::<Format>()?.text(&["NAME", "CODE"], rows, JsonForm::Lines, None)
    }

    #[test]
    fn rows_are_printed_as_docker_compose_prints_them() {
        for (format, expected) in [
            ("table", "NAME     CODE\nweb      0\nworker   3\n"),
            ("{{.Name}}={{ .ExitCode }}", "web=0\nworker=3\n"),
            ("{{.Name | upper}}\\t{{.Labels.tier}}", "WEB\tfront\nWORKER\tfront\n"),
            ("{{json .Labels}}{{.Node}}", "{\"tier\":\"front\"}\n{\"tier\":\"front\"}\n"),
            ("table {{.Name}}\\t{{.ExitCode}}", "NAME     EXITCODE\nweb      0\nworker   3\n"),
        ] {
            assert_eq!(rendered(format).as_deref(), Ok(expected), "{format}");
        }
        let json = rendered("json").unwrap();
        assert_eq!(json.lines().count(), 2);
        assert!(json.starts_with(r#"{"ExitCode":0,"Labels":{"tier":"front"},"Name":"web""#), "{json}");
        assert_eq!(rendered("{{json .}}").unwrap(), json);
    }

    #[test]
    fn a_wrong_template_names_the_cause_and_the_fields() {
        for (format, expected) in [
            ("yaml", "unknown format 'yaml': write table, json, or a template such as '{{.Name}}'"),
            ("{{.Name", "a '{{' of the template has no '}}'"),
            (
                "{{Name}}",
                "cannot read '{{Name}}': write a field such as '{{.Name}}', with json, lower or upper before it",
            ),
            ("{{.Nam}}", "unknown field .Nam: the fields are ExitCode, Labels, Name, Node"),
        ] {
            assert_eq!(rendered(format).unwrap_err().to_string(), expected);
        }
    }
}

//! Health checks.

use compose_loader::Node;

use super::text::{Piece, Variables};
use crate::api::{Healthcheck, OnUnhealthy, Service};
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value};
use crate::convert::sizes::duration;
use crate::rules;
use crate::text::escape::escaped;
use crate::text::shell;

/// Converts `healthcheck`, and the label that requests a restart of unhealthy containers.
pub fn health(
    context: &mut Context<'_>,
    section: &mut Section<'_>,
    variables: &mut Variables,
    service: &mut Service,
) {
    let Some(mut check) = section.take("healthcheck").map(Value::section) else { return };
    let mut made = Healthcheck::default();
    if let Some(test) = check.take("test") {
        let words = test.peek().as_list().unwrap_or_default();
        made.test = words_of(context, words, context.secrecy.holds_secret(test.peek()), variables);
        if words.iter().any(|word| context.secrecy.stays(word)) {
            check.remark("test", &rules::PASSWORD_IN_SCRIPT, "");
        }
        for item in test.items() {
            if context.secrecy.holds_secret(item.peek()) {
                item.judged(&rules::SECRET_IN_COMMAND);
            } else {
                item.mapped();
            }
        }
    }
    made.interval = check.take("interval").and_then(|value| duration(value.mapped()));
    made.timeout = check.take("timeout").and_then(|value| duration(value.mapped()));
    made.retries = check.int("retries").and_then(|retries| i32::try_from(retries).ok());
    made.start_period = check.take("start_period").and_then(|value| duration(value.mapped()));
    made.start_interval = check.take("start_interval").and_then(|value| duration(value.mapped()));
    made.disable = check.bool("disable").filter(|disable| *disable);
    if made.disable.is_some() {
        made.test = None;
    }
    if made.start_period.is_none() {
        // Docker accepts the start interval only with a start period.
        made.start_interval = None;
    }
    if made.test.is_none() && made.disable.is_none() {
        check.remark("test", &rules::HEALTH_CHECK_WITHOUT_TEST, "");
    }
    let autoheal = service.labels.get("autoheal").is_some_and(|label| label.0.eq_ignore_ascii_case("true"));
    made.on_unhealthy = autoheal.then_some(OnUnhealthy::Restart);
    check.rest();
    service.healthcheck = Some(made);
}

/// Returns the words of a test. Kubernetes does not expand variables in a probe, so a shell does.
fn words_of(
    context: &mut Context<'_>,
    words: &[Node],
    secret: bool,
    variables: &mut Variables,
) -> Option<Vec<String>> {
    let plain = |node: &Node| escaped(&node.value.to_string(), false);
    let (kind, rest) = words.split_first()?;
    match (kind.as_str()?, secret) {
        (_, false) => Some(words.iter().map(plain).collect()),
        ("CMD-SHELL", true) => {
            let mut text = String::new();
            let pieces = variables.pieces(context, rest.first()?, "HEALTHCHECK")?;
            for (index, piece) in pieces.iter().enumerate() {
                match (piece, pieces.get(index + 1)) {
                    (Piece::Plain(plain), _) => text.push_str(plain),
                    (Piece::Variable(name), Some(Piece::Plain(after))) => {
                        text.push_str(&shell::variable(&text, name, after));
                    }
                    (Piece::Variable(name), _) => text.push_str(&shell::variable(&text, name, "")),
                }
            }
            Some(vec!["CMD-SHELL".to_owned(), escaped(&text, false)])
        }
        (_, true) => {
            let line = shell_line(context, rest, "HEALTHCHECK", variables);
            Some(vec!["CMD-SHELL".to_owned(), escaped(&line, false)])
        }
    }
}

/// Returns the shell command that runs a program with these arguments, with variables in place of secrets.
pub fn shell_line(
    context: &mut Context<'_>,
    words: &[Node],
    hint: &str,
    variables: &mut Variables,
) -> String {
    let mut line = "exec".to_owned();
    for word in words {
        line.push(' ');
        let pieces = variables.pieces(context, word, hint).unwrap_or_default();
        if pieces.is_empty() {
            line.push_str(&shell::quoted(""));
        }
        for piece in pieces {
            match piece {
                Piece::Plain(plain) => line.push_str(&shell::quoted(&plain)),
                Piece::Variable(name) => line.push_str(&shell::variable("", &name, "")),
            }
        }
    }
    line
}

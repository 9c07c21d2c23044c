//! Interpolation of variables, and conversion of values whose type is fixed.

use std::sync::LazyLock;

use crate::diagnostic::Diagnostic;
use crate::dotenv::{failed, unset};
use crate::environment::Environment;
use crate::load::Load;
use crate::number::{boolean, float, integer};
use crate::patterns::{At, Patterns};
use crate::rules::{self, Rule};
use crate::source::Place;
use crate::substitute::{self, Failure, substitute};
use crate::trail::Trail;
use crate::tree::{Node, Value};

/// The type that a value must have after interpolation.
#[derive(Clone, Copy)]
enum Cast {
    Int,
    Float,
    Float32,
    Bool,
    Umask,
}

static CASTS: LazyLock<Patterns<Cast>> = LazyLock::new(|| {
    use Cast::{Bool, Float, Float32, Int, Umask};
    Patterns::new(&[
        ("networks.*.external", Bool),
        ("networks.*.internal", Bool),
        ("networks.*.attachable", Bool),
        ("networks.*.enable_ipv4", Bool),
        ("networks.*.enable_ipv6", Bool),
        ("volumes.*.external", Bool),
        ("secrets.*.external", Bool),
        ("configs.*.external", Bool),
        ("services|jobs.*.depends_on.*.required", Bool),
        ("services|jobs.*.depends_on.*.restart", Bool),
        ("services|jobs.*.healthcheck.retries", Int),
        ("services|jobs.*.healthcheck.disable", Bool),
        ("services|jobs.*.ports.*.target", Int),
        ("services|jobs.*.stdin_open", Bool),
        ("services|jobs.*.tty", Bool),
        ("services.*.deploy.replicas", Int),
        ("services.*.deploy.update_config.parallelism", Int),
        ("services.*.deploy.update_config.max_failure_ratio", Float),
        ("services.*.deploy.rollback_config.parallelism", Int),
        ("services.*.deploy.rollback_config.max_failure_ratio", Float),
        ("services.*.deploy.restart_policy.max_attempts", Int),
        ("services.*.deploy.placement.max_replicas_per_node", Int),
        ("services.*.scale", Int),
        ("services|jobs.*.cpu_count", Int),
        ("services|jobs.*.cpu_percent", Float),
        ("services|jobs.*.cpu_period", Int),
        ("services|jobs.*.cpu_quota", Int),
        ("services|jobs.*.cpu_rt_period", Int),
        ("services|jobs.*.cpu_rt_runtime", Int),
        ("services|jobs.*.cpus", Float32),
        ("services|jobs.*.cpu_shares", Int),
        ("services|jobs.*.init", Bool),
        ("services|jobs.*.networks.*.use_service_name_alias", Bool),
        ("services|jobs.*.oom_kill_disable", Bool),
        ("services|jobs.*.oom_score_adj", Int),
        ("services|jobs.*.pids_limit", Int),
        ("services|jobs.*.privileged", Bool),
        ("services|jobs.*.read_only", Bool),
        ("services|jobs.*.ulimits.*", Int),
        ("services|jobs.*.ulimits.*.hard", Int),
        ("services|jobs.*.ulimits.*.soft", Int),
        ("services|jobs.*.umask", Umask),
        ("services|jobs.*.volumes.*.read_only", Bool),
        ("services|jobs.*.volumes.*.volume.nocopy", Bool),
        ("services.*.pre_start.*.cpu_count", Int),
        ("services.*.pre_start.*.cpu_percent", Float),
        ("services.*.pre_start.*.cpu_period", Int),
        ("services.*.pre_start.*.cpu_quota", Int),
        ("services.*.pre_start.*.cpu_rt_period", Int),
        ("services.*.pre_start.*.cpu_rt_runtime", Int),
        ("services.*.pre_start.*.cpus", Float32),
        ("services.*.pre_start.*.cpu_shares", Int),
        ("services.*.pre_start.*.init", Bool),
        ("services.*.pre_start.*.networks.*.use_service_name_alias", Bool),
        ("services.*.pre_start.*.oom_kill_disable", Bool),
        ("services.*.pre_start.*.oom_score_adj", Int),
        ("services.*.pre_start.*.pids_limit", Int),
        ("services.*.pre_start.*.privileged", Bool),
        ("services.*.pre_start.*.read_only", Bool),
        ("services.*.pre_start.*.ulimits.*", Int),
        ("services.*.pre_start.*.ulimits.*.hard", Int),
        ("services.*.pre_start.*.ulimits.*.soft", Int),
        ("services.*.pre_start.*.umask", Umask),
        ("services.*.pre_start.*.volumes.*.read_only", Bool),
        ("services.*.pre_start.*.volumes.*.volume.nocopy", Bool),
    ])
});

/// Interpolates all strings of a document, and reports every failure.
pub fn interpolate(load: &mut Load<'_>, root: &mut Node, environment: &Environment) {
    Pass { load, environment }.walk(root, Some(CASTS.root()), &Trail::ROOT);
}

struct Pass<'a, 'l> {
    load: &'a mut Load<'l>,
    environment: &'a Environment,
}

impl Pass<'_, '_> {
    fn walk(&mut self, node: &mut Node, at: Option<At<'_, Cast>>, trail: &Trail<'_>) {
        match &mut node.value {
            Value::Map(map) => {
                for (key, child) in map.iter_mut() {
                    self.walk(child, at.and_then(|at| at.key(key)), &trail.key(key));
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.walk(item, at.and_then(At::item), &trail.index(index));
                }
            }
            Value::Str(_) => self.text(node, at.and_then(At::rule), trail),
            _ => {}
        }
    }

    fn text(&mut self, node: &mut Node, cast: Option<Cast>, trail: &Trail<'_>) {
        let Value::Str(text) = &node.value else { return };
        if text.contains('$') {
            let lookup = |name: &str| self.environment.get(name).cloned();
            match substitute(text, &lookup, &self.load.budget) {
                Ok(done) => {
                    for name in &done.unset {
                        self.load.say(unset(name, used(node, name)));
                    }
                    node.trace = Some(done.trace.into());
                    node.value = Value::Str(done.text.into());
                }
                Err(failure) => {
                    let wrong = substitute::invalid(text).filter(|_| matches!(failure, Failure::Invalid(_)));
                    let place = match (&failure, &wrong) {
                        (Failure::Required { name, .. }, _) => used(node, name),
                        (_, Some((at, _))) => node.place_of(at.start, at.end),
                        _ => node.place,
                    };
                    let mut error = failed(&failure, Some(&trail.to_string()), place);
                    if let Some((_, remedy)) = wrong {
                        remedy.clone_into(&mut error.remedy);
                    }
                    self.load.say(error);
                    return;
                }
            }
        }
        if let Some(cast) = cast {
            match self::cast(&node.value, cast) {
                Ok((value, warning)) => {
                    node.value = value;
                    if let Some(warning) = warning {
                        self.load.say(Diagnostic::new(&rules::YAML_1_1_BOOLEAN, node.place, warning));
                    }
                }
                Err((rule, message, remedy)) => {
                    let message = format!(
                        "error while interpolating {trail}: failed to cast to expected type: {message}"
                    );
                    let all = 0..node.as_str().map_or(0, str::len);
                    self.load
                        .say(Diagnostic::new(rule, node.place, message).remedy(remedy).supplied(node, all));
                }
            }
        }
    }
}

/// Returns the place where a string uses a variable.
fn used(node: &Node, name: &str) -> Place {
    let at = node.as_str().and_then(|text| substitute::find(text, name));
    at.map_or(node.place, |at| node.place_of(at.start, at.end))
}

type Refused = (&'static Rule, String, &'static str);

fn cast(value: &Value, cast: Cast) -> Result<(Value, Option<String>), Refused> {
    let Value::Str(text) = value else { return Ok((value.clone(), None)) };
    match cast {
        Cast::Int => integer(text).map(|value| (Value::Int(value), None)).ok_or_else(|| {
            (&rules::INVALID_NUMBER, format!("{text:?} is not an integer"), "write an integer")
        }),
        Cast::Umask => umask(text).map(|value| (Value::Int(value), None)).ok_or_else(|| {
            (&rules::INVALID_NUMBER, format!("{text:?} is not a umask"), "write octal digits, such as `0027`")
        }),
        Cast::Float | Cast::Float32 => {
            let wide = matches!(cast, Cast::Float);
            float(text, wide).map(|value| (Value::Float(value), None)).ok_or_else(|| {
                (&rules::INVALID_NUMBER, format!("{text:?} is not a number"), "write a number")
            })
        }
        Cast::Bool => boolean(text)
            .ok_or_else(|| {
                (&rules::INVALID_BOOLEAN, format!("invalid boolean: {text}"), "write `true` or `false`")
            })
            .map(|(value, old)| {
                let warning =
                    format!("{text:?} for boolean is not supported by YAML 1.2, please use `{value}`");
                (Value::Bool(value), old.then_some(warning))
            }),
    }
}

/// Interpolates the name of the project.
pub fn name(load: &mut Load<'_>, name: &mut Node, environment: &Environment) {
    Pass { load, environment }.text(name, None, &Trail::ROOT.key("name"));
}
/// Parses a umask as Go parses an integer of 32 bits without a sign: octal after `0` or `0o`, binary after `0b`,
/// hexadecimal after `0x`, decimal otherwise, with `_` between digits.
fn umask(text: &str) -> Option<i64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'b' | b'B', _, ..] => (&text[2..], 2),
        [b'0', b'o' | b'O', _, ..] => (&text[2..], 8),
        [b'0', b'x' | b'X', _, ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    // A prefix counts as a digit: `0_7` and `0x_7` are numbers, and `_7`, `7_` and `1__0` are not.
    let prefixed = digits.len() < text.len();
    let grouped = digits.replace('_', "");
    let separated =
        (prefixed || !digits.starts_with('_')) && !digits.ends_with('_') && !digits.contains("__");
    if !separated || grouped.starts_with('+') {
        return None;
    }
    u32::from_str_radix(&grouped, radix).ok().map(i64::from)
}

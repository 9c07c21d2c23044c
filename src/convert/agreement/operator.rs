//! The messages of the operator about a Stack, from the same translation as in the operator.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::finding::Finding;
use crate::api::schema::{Path, Step};
use crate::api::{Reason, Stack};
use crate::convert::objects::Objects;
use crate::rules::{self, Rule};
use crate::translate::{
    Approximation, Facts, Invalid, ObjectKind, Privilege, Privileges, Problem, translate,
};

/// The result of the translation.
#[derive(Default)]
pub(super) struct Outcome {
    /// The findings about paths of the Stack.
    pub findings: Vec<Finding>,
    /// The approximations.
    pub approximations: Vec<Approximation>,
    /// The privileges that the namespace must grant.
    pub privileges: Privileges,
}

/// Translates a Stack as the operator does on the newest Kubernetes, with the objects of the conversion.
///
/// The result includes the needs of services in inactive profiles. Their conflicts with active services are not
/// included, since they matter only when a user activates the profile.
pub(super) fn check(stack: &Stack, objects: &Objects, json: &Value) -> Outcome {
    let mut outcome = Outcome::default();
    let (mut problems, mut needs) = (Vec::new(), Vec::new());
    let facts = Facts {
        objects: keys(objects),
        // The chart sets a helper image.
        helper_image: Some("stackwright".to_owned()),
        ..Facts::default()
    };
    match judge(stack, &facts, &mut needs) {
        Ok(approximations) => outcome.approximations = approximations,
        Err(found) => problems = found,
    }
    if problems.is_empty() {
        for further in with_further_profiles(stack) {
            let mut needs_further = Vec::new();
            // A conflict with a service of an inactive profile is not reported.
            let Ok(approximations) = judge(&further, &facts, &mut needs_further) else { continue };
            let new = |it: &Approximation| !outcome.approximations.contains(it);
            let new: Vec<_> = approximations.into_iter().filter(new).collect();
            outcome.approximations.extend(new);
            needs.append(&mut needs_further);
        }
    }
    outcome.privileges = Privileges(
        Privilege::ALL.into_iter().filter(|privilege| needs.iter().any(|it| names(it, *privilege))).collect(),
    );
    let finding = |path: &str, rule, detail: &str| Finding {
        path: Path::within(path, json),
        rule,
        detail: detail.to_owned(),
    };
    let of_problem = |problem: &Problem| finding(&problem.path, rule(problem.reason), &problem.message);
    let of_approximation =
        |it: &Approximation| finding(&it.path, &rules::OPERATOR_APPROXIMATION, &it.message);
    outcome.findings.extend(problems.iter().map(of_problem));
    outcome.findings.extend(outcome.approximations.iter().map(of_approximation).collect::<Vec<_>>());
    let mut seen = BTreeSet::new();
    let new = needs.iter().filter(|it| seen.insert((it.path.as_str(), it.message.as_str())));
    outcome.findings.extend(new.map(of_problem));
    outcome
}

/// Returns the approximations in a namespace that grants all privileges, or the reasons why the operator refuses the
/// Stack. Adds the needed privileges to `needs`.
fn judge(stack: &Stack, facts: &Facts, needs: &mut Vec<Problem>) -> Result<Vec<Approximation>, Vec<Problem>> {
    let problems = match translate(stack, facts) {
        Ok(desired) => return Ok(desired.approximations),
        Err(Invalid { problems, .. }) => problems,
    };
    needs.extend(problems.into_iter().filter(|problem| problem.reason == Reason::NotAllowed));
    let facts = Facts { privileges: Privileges(Privilege::ALL.into()), ..facts.clone() };
    translate(stack, &facts).map(|desired| desired.approximations).map_err(|invalid| invalid.problems)
}

/// Returns the keys of the objects. Their values do not affect the messages.
fn keys(objects: &Objects) -> BTreeMap<(ObjectKind, String), BTreeMap<String, String>> {
    let maps = objects.config_maps.iter().map(|it| (ObjectKind::ConfigMap, it));
    let secrets = objects.secrets.iter().map(|it| (ObjectKind::Secret, it));
    let keys =
        |data: &BTreeMap<String, Vec<u8>>| data.keys().map(|key| (key.clone(), String::new())).collect();
    maps.chain(secrets).map(|(kind, (name, data))| ((kind, name.clone()), keys(data))).collect()
}

/// Returns the Stack with all profiles at once, and with each inactive profile added to the active ones, since
/// profiles can conflict with each other.
fn with_further_profiles(stack: &Stack) -> Vec<Stack> {
    let jobs = stack.spec.jobs.values().map(|job| &job.service);
    let profiles = stack.spec.services.values().chain(jobs).flat_map(|service| &service.profiles);
    let further: BTreeSet<&String> =
        profiles.filter(|profile| !stack.spec.profiles.contains(profile)).collect();
    let with = |profile: &str| {
        let mut stack = stack.clone();
        stack.spec.profiles.push(profile.to_owned());
        stack
    };
    let all = (!further.is_empty()).then(|| with("*"));
    all.into_iter().chain(further.into_iter().map(|profile| with(profile))).collect()
}

/// Reports whether a privilege solves a problem.
fn names(problem: &Problem, privilege: Privilege) -> bool {
    problem.message.contains(&format!("{}=true", privilege.label()))
}

fn rule(reason: Reason) -> &'static Rule {
    match reason {
        Reason::NotAllowed => &rules::NEEDS_PRIVILEGE,
        Reason::InvalidName | Reason::NameClash => &rules::INVALID_OBJECT_NAME,
        Reason::PortClash | Reason::RouteClash => &rules::ADDRESS_CONFLICT,
        Reason::DependencyCycle
        | Reason::UnknownDependency
        | Reason::UnknownNetwork
        | Reason::UnknownVolume
        | Reason::UnknownConfig
        | Reason::UnknownSecret
        | Reason::NoHealthcheck => &rules::INVALID_REFERENCE,
        // The others are of a value, or are no reasons of a translation.
        _ => &rules::UNSUPPORTED_VALUE,
    }
}

/// Returns the rules of the conversion that say the same about a path as the given rule. The verdict is reported
/// once.
pub(super) fn same_rules(rule: &Rule, path: &Path) -> &'static [&'static Rule] {
    let is = |step: &Step, field: &str| matches!(step, Step::Key(key) if key == field);
    let has = |field: &str| match field.strip_suffix("[]") {
        Some(list) => path.0.windows(2).any(|two| is(&two[0], list) && matches!(two[1], Step::Item(_))),
        None => path.0.iter().any(|step| is(step, field)),
    };
    let applies = |row: &&(&str, &str, &[&Rule])| row.0 == rule.id && has(row.1);
    SAME_RULES.iter().find(applies).map_or(&[], |(_, _, rules)| rules)
}

/// The rules of the conversion that say the same, by rule of the operator and field of the path. `[]` is an item of
/// the field.
static SAME_RULES: [(&str, &str, &[&Rule]); 7] = [
    ("operator-approximation", "dns", &[&rules::DNS_SERVERS]),
    ("operator-approximation", "hostIp", &[&rules::HOST_ADDRESS]),
    ("operator-approximation", "platform", &[&rules::PLATFORM_VARIANT]),
    ("operator-approximation", "postStart[]", &[&rules::HOOK_USER]),
    ("operator-approximation", "preStart", &[&rules::PRE_START_PER_REPLICA]),
    ("operator-approximation", "storageSize", &[&rules::STORAGE_OPTION]),
    ("needs-privilege", "hostPath", &[&rules::HOST_PATH, &rules::VOLUME_IN_HOST_FOLDER]),
];

//! What the operator says of a Stack: the translation is asked as the operator asks it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Statement;
use crate::api::schema::{Path, Step};
use crate::api::{Reason, Stack};
use crate::convert::Objects;
use crate::convert::catalogue::{self, Rule};
use crate::translate::{
    Approximation, Facts, Invalid, ObjectKind, Privilege, Privileges, Problem, translate,
};

/// What the operator says.
#[derive(Default)]
pub(super) struct Said {
    /// What is told of places of the Stack.
    pub statements: Vec<Statement>,
    /// What it approximates.
    pub approximations: Vec<Approximation>,
    /// The privileges that the namespace has to allow.
    pub privileges: Privileges,
}

/// Translates a Stack as the operator would on the newest Kubernetes, with the objects that are written beside it.
///
/// What services of inactive profiles need is said too. That they contradict those which are active is no problem
/// until someone activates them.
pub(super) fn ask(stack: &Stack, objects: &Objects, json: &Value) -> Said {
    let mut said = Said::default();
    let (mut problems, mut needs) = (Vec::new(), Vec::new());
    let facts = Facts {
        objects: keys(objects),
        // The chart gives the operator one.
        helper_image: Some("stackwright".to_owned()),
        ..Facts::default()
    };
    match judge(stack, &facts, &mut needs) {
        Ok(approximations) => said.approximations = approximations,
        Err(found) => problems = found,
    }
    if problems.is_empty() {
        for further in with_further_profiles(stack) {
            let mut needs_further = Vec::new();
            // What the services of inactive profiles contradict is no problem yet.
            let Ok(approximations) = judge(&further, &facts, &mut needs_further) else { continue };
            let new = |it: &Approximation| !said.approximations.contains(it);
            let new: Vec<_> = approximations.into_iter().filter(new).collect();
            said.approximations.extend(new);
            needs.append(&mut needs_further);
        }
    }
    said.privileges = Privileges(
        Privilege::ALL.into_iter().filter(|privilege| needs.iter().any(|it| names(it, *privilege))).collect(),
    );
    let statement = |path: &str, rule, detail: &str| Statement {
        path: Path::within(path, json),
        rule,
        detail: detail.to_owned(),
    };
    let of_problem = |problem: &Problem| statement(&problem.path, rule(problem.reason), &problem.message);
    let of_approximation =
        |it: &Approximation| statement(&it.path, &catalogue::OPERATOR_DIFFERS, &it.message);
    said.statements.extend(problems.iter().map(of_problem));
    said.statements.extend(said.approximations.iter().map(of_approximation).collect::<Vec<_>>());
    let mut told = BTreeSet::new();
    let new = needs.iter().filter(|it| told.insert((it.path.as_str(), it.message.as_str())));
    said.statements.extend(new.map(of_problem));
    said
}

/// What the operator approximates in a namespace that allows everything, or why it refuses the Stack; in `needs`, what
/// it asks of the namespace.
fn judge(stack: &Stack, facts: &Facts, needs: &mut Vec<Problem>) -> Result<Vec<Approximation>, Vec<Problem>> {
    let problems = match translate(stack, facts) {
        Ok(desired) => return Ok(desired.approximations),
        Err(Invalid { problems, .. }) => problems,
    };
    needs.extend(problems.into_iter().filter(|problem| problem.reason == Reason::NotAllowed));
    let facts = Facts { privileges: Privileges(Privilege::ALL.into()), ..facts.clone() };
    translate(stack, &facts).map(|desired| desired.approximations).map_err(|invalid| invalid.problems)
}

/// The keys of the objects; what stands under them changes nothing that is said.
fn keys(objects: &Objects) -> BTreeMap<(ObjectKind, String), BTreeMap<String, String>> {
    let maps = objects.config_maps.iter().map(|it| (ObjectKind::ConfigMap, it));
    let secrets = objects.secrets.iter().map(|it| (ObjectKind::Secret, it));
    let keys =
        |data: &BTreeMap<String, Vec<u8>>| data.keys().map(|key| (key.clone(), String::new())).collect();
    maps.chain(secrets).map(|(kind, (name, data))| ((kind, name.clone()), keys(data))).collect()
}

/// The Stack with all of its profiles at once and, since those may contradict each other, with each one beside the
/// active ones.
fn with_further_profiles(stack: &Stack) -> Vec<Stack> {
    let profiles = stack.spec.services.values().flat_map(|service| &service.profiles);
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

/// Whether a problem is solved by a privilege.
fn names(problem: &Problem, privilege: Privilege) -> bool {
    problem.message.contains(&format!("{}=true", privilege.label()))
}

fn rule(reason: Reason) -> &'static Rule {
    match reason {
        Reason::NotAllowed => &catalogue::NEEDS_POWER,
        Reason::InvalidName | Reason::NameClash => &catalogue::OPERATOR_REFUSES_NAME,
        Reason::PortClash | Reason::RouteClash => &catalogue::OPERATOR_REFUSES_PORT,
        Reason::DependencyCycle
        | Reason::UnknownDependency
        | Reason::UnknownNetwork
        | Reason::UnknownVolume
        | Reason::UnknownConfig
        | Reason::UnknownSecret
        | Reason::NoHealthcheck => &catalogue::OPERATOR_REFUSES_REFERENCE,
        // The others are of a value, or are no reasons of a translation.
        _ => &catalogue::OPERATOR_REFUSES_VALUE,
    }
}

/// The rules of the converter that say of a place what a rule here would say of it: the verdict stands once.
pub(super) fn said_by(rule: &Rule, path: &Path) -> &'static [&'static Rule] {
    let is = |step: &Step, field: &str| matches!(step, Step::Key(key) if key == field);
    let has = |field: &str| match field.strip_suffix("[]") {
        Some(list) => path.0.windows(2).any(|two| is(&two[0], list) && matches!(two[1], Step::Item(_))),
        None => path.0.iter().any(|step| is(step, field)),
    };
    let said = |row: &&(&str, &str, &[&Rule])| row.0 == rule.id && has(row.1);
    SAID.iter().find(said).map_or(&[], |(_, _, rules)| rules)
}

/// By the rule here and a field of the path, with `[]` an item of it: the rules of the converter that say as much.
static SAID: [(&str, &str, &[&Rule]); 7] = [
    ("SW1801", "dns", &[&catalogue::DNS_SERVERS]),
    ("SW1801", "hostIp", &[&catalogue::HOST_ADDRESS]),
    ("SW1801", "platform", &[&catalogue::PLATFORM_VARIANT]),
    ("SW1801", "postStart[]", &[&catalogue::HOOK_PRIVILEGES]),
    ("SW1801", "preStart", &[&catalogue::PRE_START_REPLICA]),
    ("SW1801", "storageSize", &[&catalogue::STORAGE_OPTION]),
    ("SW1802", "hostPath", &[&catalogue::HOST_PATH, &catalogue::VOLUME_HOST_PATH]),
];

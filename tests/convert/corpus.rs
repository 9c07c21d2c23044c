//! Conversion of public Compose files, if a corpus exists: `make corpus` runs these tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use compose_loader::{discover::discover, disk::Disk, load_with};
use stackwright::convert::Converted;
use stackwright::rules;
use stackwright::translate::{Facts, Privilege, Privileges, ServerVersion, translate};

use super::agreement::{disagreements, said_twice};
use super::coverage::{ignored_against_a_decision, without_verdict};
use super::{Find, fields, projects, public};

#[test]
#[ignore = "needs a corpus: make corpus"]
fn public_compose_files_convert() {
    let cases = public::projects();
    let (mut plain, mut translated) = (0, 0);
    let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut problems = String::new();
    // The number of projects and entries for each rule.
    let mut reported: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut disagree, mut twice) = (String::new(), String::new());
    for find in &cases {
        let name = &find.files[0];
        let (project, _, converted) = projects::converted(find, &Disk, None).unwrap();
        let unexplained = unexplained(find, &converted);
        assert!(unexplained.is_empty(), "{name}: {unexplained:?}");
        let missing = without_verdict(&project, &converted);
        assert!(missing.is_empty(), "{name}: {missing:?}");
        assert_eq!(ignored_against_a_decision(&converted), [""; 0], "{name}");
        let refused: BTreeSet<&str> = converted.refused(&[]).map(|entry| entry.rule.unwrap().id).collect();
        plain += usize::from(refused.is_empty());
        let rules = converted.entries.iter().filter_map(|entry| Some(entry.rule?.id));
        let mut seen = BTreeSet::new();
        for id in rules {
            let (projects, times) = reported.entry(id).or_default();
            *projects += usize::from(seen.insert(id));
            *times += 1;
        }
        for line in disagreements(&converted).lines() {
            writeln!(disagree, "{name}: {line}").unwrap();
        }
        for line in said_twice(&converted) {
            writeln!(twice, "{name}: {line}").unwrap();
        }
        for id in refused {
            *causes.entry(id).or_default() += 1;
        }
        let found = super::problems(&converted.stack);
        translated += usize::from(found.is_empty());
        if !found.is_empty() {
            writeln!(problems, "{name}: {found:?}").unwrap();
        }
    }
    let total = cases.len();
    println!(
        "{total} projects: {plain} convert, {translated} with all refusals accepted\n{causes:?}\n{reported:?}\n{problems}"
    );
    assert!(disagree.is_empty(), "the operator says what the report does not:\n{disagree}");
    assert!(twice.is_empty(), "said twice:\n{twice}");
    assert!(plain * 100 >= total * 85, "{plain} of {total} convert without a flag: {causes:?}");
    assert!(translated * 100 >= total * 99, "{translated} of {total} convert with all accepted: {problems}");
}

/// Returns the ids that messages about a project show, and that `explain` does not know.
fn unexplained(find: &Find, converted: &Converted) -> BTreeSet<&'static str> {
    let found = discover(find, &Disk).unwrap();
    let loaded = load_with(&found.request, &Disk, found.sources);
    let of_loader = found.warnings.iter().chain(&loaded.diagnostics).map(|diagnostic| diagnostic.id);
    let of_conversion = converted.entries.iter().filter_map(|entry| Some(entry.rule?.id));
    of_loader.chain(of_conversion).filter(|id| rules::find(id).is_none()).collect()
}

#[test]
#[ignore = "needs a corpus: make corpus"]
fn stacks_of_public_compose_files_are_valid_on_kubernetes_1_33() {
    let (mut count, mut unknown) = (0, String::new());
    for find in public::projects() {
        let (_, _, converted) = projects::converted(&find, &Disk, None).unwrap();
        let facts = Facts {
            version: ServerVersion::OLDEST,
            privileges: Privileges(Privilege::ALL.into()),
            helper_image: Some("stackwright:1".to_owned()),
            ..projects::facts(&converted)
        };
        // A setting that an older version lacks is refused, or left out and reported.
        let Ok(desired) = translate(&converted.stack, &facts) else { continue };
        for object in desired.objects() {
            count += 1;
            for place in fields::unknown_to_the_oldest(&object.body) {
                writeln!(unknown, "{}: {place}", find.files[0]).unwrap();
            }
        }
    }
    println!("{count} objects for Kubernetes {}", ServerVersion::OLDEST);
    assert!(count > 0 && unknown.is_empty(), "{unknown}");
}

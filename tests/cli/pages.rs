//! Completion scripts and manual pages.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use super::{folder, stackwright};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn each_shell_gets_a_script_with_every_visible_verb() {
    let folder = folder("completion");
    for shell in SHELLS {
        let output = stackwright(&folder, &["completion", shell]).output().unwrap();
        assert!(output.status.success(), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for word in [
            "up",
            "down",
            "install",
            "doctor",
            "convert",
            "render",
            "config",
            "explain",
            "controller",
            "crds",
            "rbac",
            "completion",
            "allow-refused",
        ] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        for word in ["helper", "seed", "man"].map(|verb| format!("stackwright {verb}")) {
            assert!(!script.contains(&word), "{shell}: {word}");
        }
        assert!(!script.contains("stackwright__subcmd__helper"), "{shell}");
    }
}

#[test]
fn the_script_of_bash_completes_verbs() {
    let folder = folder("bash");
    let output = stackwright(&folder, &["completion", "bash"]).output().unwrap();
    let mut bash = Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = bash.stdin.take().unwrap();
    input.write_all(&output.stdout).unwrap();
    input
        .write_all(b"\nCOMP_WORDS=(stackwright c) COMP_CWORD=1\n_stackwright stackwright c stackwright\necho \"${COMPREPLY[@]}\"\n")
        .unwrap();
    drop(input);
    let completed = String::from_utf8(bash.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(
        completed.split_whitespace().collect::<BTreeSet<_>>(),
        ["completion", "config", "controller", "convert", "cp", "crds"].into()
    );
}

#[test]
fn each_visible_verb_has_a_manual_page() {
    let folder = folder("man");
    assert!(stackwright(&folder, &["man", "out/man1"]).status().unwrap().success());
    let names: BTreeSet<_> = fs::read_dir(folder.join("out/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let verbs = "attach completion config controller convert cp crds diff doctor down events exec explain images \
                 install kill logs ls port ps rbac render restart rm run scale start stats stop top uninstall up \
                 version volumes wait";
    let pages = verbs.split_whitespace().map(|verb| format!("stackwright-{verb}.1"));
    assert_eq!(names, pages.chain(["stackwright.1".to_owned()]).collect());
    let page = fs::read_to_string(folder.join("out/man1/stackwright-convert.1")).unwrap();
    assert!(page.contains(".SH OPTIONS") && page.contains("allow\\-refused"), "{page}");
}

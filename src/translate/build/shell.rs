//! Commands -> one line for a shell, such that each program gets exactly its words.

use crate::api::Hook;

/// One command in a shell of its own. The program replaces that shell, so that what it is called is never
/// taken for something that the shell does itself (`echo`, `test`).
pub(super) fn line(hook: &Hook) -> String {
    let mut steps = String::new();
    let (plain, odd): (Vec<_>, Vec<_>) = hook.environment.iter().partition(|(name, _)| is_name(name));
    for (name, value) in plain {
        steps.push_str(&format!("export {name}={}; ", quoted(value)));
    }
    if let Some(folder) = &hook.working_dir {
        steps.push_str(&format!("cd {} && ", quoted(folder)));
    }
    let mut words: Vec<String> =
        odd.iter().map(|(name, value)| quoted(&format!("{name}={}", value.0))).collect();
    if !words.is_empty() {
        words.insert(0, "env".to_owned());
    }
    words.extend(hook.command.iter().map(|word| quoted(word)));
    format!("({steps}exec {})", words.join(" "))
}

/// A word as the shell gives it on, unchanged.
fn quoted(word: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_./:@%+,-".contains(&b);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Whether a shell can have a variable of this name.
fn is_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    name.bytes().all(inner) && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn hook(command: &[&str], environment: &[(&str, &str)]) -> Hook {
        Hook {
            command: command.iter().map(|&word| word.to_owned()).collect(),
            working_dir: None,
            environment: environment.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect(),
        }
    }

    fn output(hook: &Hook) -> String {
        let output = Command::new("sh").args(["-c", &line(hook)]).output().unwrap();
        assert!(output.status.success(), "{}", line(hook));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn a_word_is_quoted_only_where_it_must_be() {
        assert_eq!(line(&hook(&["/bin/flush", "--all"], &[])), "(exec /bin/flush --all)");
        let with_all = Hook {
            working_dir: Some("/srv/it's".to_owned()),
            ..hook(&["psql", "-c", "select 1"], &[("A", ""), ("x.y", "1 2")])
        };
        assert_eq!(
            line(&with_all),
            r"(export A=''; cd '/srv/it'\''s' && exec env 'x.y=1 2' psql -c 'select 1')"
        );
    }

    #[test]
    fn a_program_is_never_taken_for_what_the_shell_does_itself() {
        // The shell's own echo would read the escape.
        assert_eq!(output(&hook(&["printf", r"%s", r"a\tb"], &[])), r"a\tb");
        assert_eq!(
            output(&hook(&["env", "-u", "PWD", "printenv", "FROM"], &[("FROM", "$HOME `id` \n'\"")])),
            "$HOME `id` \n'\"\n"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_word_and_value_arrives_as_it_was_written(word in "[^\0]{0,20}", value in "[^\0]{0,20}") {
            prop_assert_eq!(output(&hook(&["printf", "%s", &word], &[])), word);
            let printed = output(&hook(&["printenv", "A", "a.b"], &[("A", &value), ("a.b", &value)]));
            prop_assert_eq!(printed, format!("{value}\n{value}\n"));
        }
    }
}

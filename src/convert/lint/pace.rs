//! Programs that end by themselves, again and again, and are started again: a loop that the engine's restarts
//! make. Kubernetes waits longer each time.
//!
//! Every `restart: always` has this pace, and for a server that ends once in a month it makes no difference. It
//! makes one where a program is known to end, and soon: so only that is told.

use crate::api::StackSpec;
use crate::compose::source::Kind;
use crate::compose::tree::Node;
use crate::convert::catalogue;
use crate::convert::context::Context;
use crate::convert::reader::pointer;

/// A run of this many seconds makes Kubernetes begin anew, and wait for nothing.
const ANEW: u64 = 600;
/// The most seconds that Kubernetes waits.
const LONGEST: u64 = 300;

/// Programs that do one thing and end, with a word of the command that says so, or none for any.
const ONCE: [(&str, &str); 31] = [
    ("alembic", "upgrade"),
    ("artisan", "schedule:run"),
    ("aws", "s3"),
    ("borg", ""),
    ("certbot", ""),
    ("cp", ""),
    ("curl", ""),
    ("date", ""),
    ("df", ""),
    ("docker", ""),
    ("echo", ""),
    ("find", ""),
    ("influx", "backup"),
    ("manage.py", "clearsessions"),
    ("manage.py", "migrate"),
    ("mariadb-dump", ""),
    ("mongodump", ""),
    ("mysqldump", ""),
    ("pg_dump", ""),
    ("pg_dumpall", ""),
    ("ping", "-c"),
    ("psql", ""),
    ("rclone", "copy"),
    ("rclone", "sync"),
    ("restic", ""),
    ("rm", ""),
    ("rsync", ""),
    ("speedtest", ""),
    ("speedtest-cli", ""),
    ("true", ""),
    ("wget", ""),
];
/// Words by which a script goes on.
const GOES_ON: [&str; 8] = ["while", "until", "for", "exec", "wait", "crond", "cron", "infinity"];
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "zsh"];

pub fn lint(context: &Context<'_>, spec: &StackSpec) {
    for (service, node) in context.project.services() {
        let made = spec.services.get(&context.names.service(service));
        let kept = made
            .and_then(|made| made.restart.as_deref())
            .is_some_and(|word| word == "always" || word == "unless-stopped");
        let words = ["entrypoint", "command"].into_iter().filter_map(|key| node.get(key)?.as_list());
        let words: Vec<&str> = words.flatten().filter_map(Node::as_str).collect();
        let script = kept.then(|| script(context, node, &words)).flatten();
        let found = script.map_or_else(|| end(&words), |text| end_of_script(&text));
        let Some(End { after }) = found.filter(|_| kept) else { continue };
        let detail = match after {
            Some(seconds) => format!(
                "a program that ends after {seconds} s soon begins every {} s only",
                seconds + LONGEST
            ),
            None => format!("a program that ends at once soon begins every {LONGEST} s only"),
        };
        let policy = || Some(("/deploy/restart_policy", node.get("deploy")?.get("restart_policy")?.place));
        let said = policy().or_else(|| Some(("/restart", node.get("restart")?.place)));
        if let Some((key, place)) = said {
            let at = pointer(["services", service]) + key;
            context.log.remark(&catalogue::RESTART_PACE, &at, place, detail);
        }
    }
}

/// A shell script of the project that a command runs, by the mount that it lies in.
fn script(context: &Context<'_>, service: &Node, words: &[&str]) -> Option<String> {
    let (first, rest) = words.split_first()?;
    let path =
        if SHELLS.contains(&base(first)) { rest.iter().find(|word| !word.starts_with('-'))? } else { first };
    let mounts =
        service.get("volumes")?.as_list()?.iter().filter(|mount| mount.str_at("type") == Some("bind"));
    let mut found = mounts.filter_map(|mount| {
        let (source, target) = (mount.str_at("source")?, mount.str_at("target")?);
        let below = path.strip_prefix(target.trim_end_matches('/'))?;
        (below.is_empty() || below.starts_with('/')).then(|| format!("{source}{below}"))
    });
    let file = found.find(|file| context.files.kind(file) == Some(Kind::File))?;
    let text = String::from_utf8(context.files.read(&file).ok()?).ok()?;
    let line = text.lines().next().unwrap_or_default();
    let is_shell = SHELLS.iter().any(|shell| line.ends_with(shell) || line.contains(&format!("{shell} ")));
    (is_shell && line.starts_with("#!") || SHELLS.contains(&base(first))).then_some(text)
}

/// How a program ends.
#[derive(Debug, PartialEq)]
struct End {
    /// After how many seconds at least, where that is written.
    after: Option<u64>,
}

/// How a command ends, where it is known to end soon.
fn end(words: &[&str]) -> Option<End> {
    let (program, rest) = words.split_first()?;
    if SHELLS.contains(&base(program)) {
        let flag = rest
            .iter()
            .position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))?;
        return end_of_script(rest.get(flag + 1)?);
    }
    end_of_program(words)
}

/// How a script ends: as its last command does, unless it goes round.
fn end_of_script(script: &str) -> Option<End> {
    let words = script.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')'));
    if words.into_iter().any(|word| GOES_ON.contains(&base(word))) {
        return None;
    }
    let commands =
        script.split(['\n', ';']).flat_map(|line| line.split("&&")).flat_map(|line| line.split("||"));
    let last =
        commands.map(str::trim).filter(|command| !command.is_empty() && !command.starts_with('#')).last()?;
    end_of_program(&last.split_whitespace().collect::<Vec<_>>())
}

fn end_of_program(words: &[&str]) -> Option<End> {
    // A variable that stands before the program, what starts another one, and what runs a script.
    let leading = |word: &&&str| {
        word.contains('=') || matches!(base(word), "python" | "python3" | "php" | "sudo" | "time" | "nice")
    };
    let words: Vec<&str> = words.iter().skip_while(leading).copied().collect();
    let (program, rest) = words.split_first()?;
    if words.iter().any(|word| ["&", "inf", "infinity"].contains(word)) {
        return None;
    }
    if base(program) == "sleep" {
        let after = rest.iter().map(|word| seconds(word)).sum::<Option<u64>>();
        return after.is_none_or(|seconds| seconds < ANEW).then_some(End { after });
    }
    let stays = ["--daemon", "--watch", "--continuous", "-f"]
        .iter()
        .any(|word| rest.contains(word) && base(program) != "psql");
    let once =
        ONCE.iter().any(|(name, word)| *name == base(program) && (word.is_empty() || rest.contains(word)));
    (once && !stays).then_some(End { after: None })
}

/// `60`, `1.5`, `10m`: what `sleep` takes.
fn seconds(word: &str) -> Option<u64> {
    let unit = word.chars().last()?;
    let factor = match unit {
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => 1,
    };
    let number = word.trim_end_matches(['s', 'm', 'h', 'd']).split('.').next()?;
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{End, end};

    #[test]
    fn what_ends_by_itself_and_soon_is_known() {
        for (words, expected) in [
            (&["sh", "-c", "/job/once.sh; sleep 60"][..], Some(Some(60))),
            (&["/bin/bash", "-ec", "backup && sleep 5m"], Some(Some(300))),
            (&["sh", "-c", "run\nsleep 1.5 && date"], Some(None)),
            (&["sh", "-c", "run; sleep $INTERVAL"], Some(None)),
            (&["sleep", "30"], Some(Some(30))),
            (&["sleep", "1m", "30s"], Some(Some(90))),
            (&["certbot", "renew"], Some(None)),
            (&["/usr/bin/restic", "backup", "/data"], Some(None)),
            (&["python", "manage.py", "migrate"], Some(None)),
            (&["sh", "-c", "PGPASSWORD=x pg_dump -h db > /out"], Some(None)),
            // A run of ten minutes begins anew, and what goes round does not end.
            (&["sh", "-c", "run; sleep 600"], None),
            (&["sh", "-c", "run; sleep 1d"], None),
            (&["sh", "-c", "while true; do run; sleep 60; done"], None),
            (&["sh", "-c", "until run; do sleep 5; done"], None),
            (&["sh", "-c", "for i in 1 2; do run; sleep 5; done"], None),
            (&["sh", "-c", "trap exit TERM; while :; do certbot renew; sleep 12h & wait $!; done"], None),
            (&["sleep", "infinity"], None),
            (&["sh", "-c", "setup; sleep infinity"], None),
            (&["sh", "-c", "sleep 10; exec server"], None),
            (&["sh", "-c", "sleep 10 && server"], None),
            (&["sh", "-c", "server & sleep 5"], None),
            (&["rsync", "--daemon"], None),
            (&["python", "manage.py", "runserver"], None),
            (&["sh"], None),
            (&["bash", "-c"], None),
            (&[], None),
        ] {
            assert_eq!(end(words), expected.map(|after| End { after }), "{words:?}");
        }
    }
}

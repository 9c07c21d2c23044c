//! Short programs that Docker restarts in a loop. Kubernetes delays each restart more (CrashLoopBackOff).
//!
//! The delay makes no difference for a server that rarely ends. So this check reports only programs that are known to
//! end soon. A script is known to end if all of its commands are, or if its last command is a pause.

use compose_loader::{FileKind, Node};

use crate::api::StackSpec;
use crate::convert::context::Context;
use crate::convert::reader::pointer;
use crate::rules;
use crate::text::shell::{Command, commands, is_name};

/// The run time in seconds after which Kubernetes resets the restart delay.
const ANEW: u64 = 600;
/// The longest restart delay of Kubernetes, in seconds.
const LONGEST: u64 = 300;

/// Programs that do one thing and end, each with the argument that makes the program end, or an empty text.
const ONCE: [(&str, &str); 43] = [
    ("alembic", "upgrade"),
    ("artisan", "schedule:run"),
    ("aws", "s3"),
    ("borg", "compact"),
    ("borg", "create"),
    ("borg", "prune"),
    ("certbot", "certonly"),
    ("certbot", "renew"),
    ("cp", ""),
    ("curl", ""),
    ("date", ""),
    ("df", ""),
    ("docker", "prune"),
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
    ("psql", "--command"),
    ("psql", "--file"),
    ("psql", "-c"),
    ("psql", "-f"),
    ("rclone", "copy"),
    ("rclone", "move"),
    ("rclone", "sync"),
    ("restic", "backup"),
    ("restic", "check"),
    ("restic", "copy"),
    ("restic", "forget"),
    ("restic", "prune"),
    ("rm", ""),
    ("rsync", ""),
    ("speedtest", ""),
    ("speedtest-cli", ""),
    ("tar", ""),
    ("true", ""),
    ("wget", ""),
];
/// Shell builtins, small tools, and filters, which end with their input.
const BETWEEN: [&str; 20] = [
    ":", "[", "cd", "chmod", "chown", "exit", "export", "false", "gzip", "ln", "mkdir", "mv", "printf",
    "set", "test", "touch", "trap", "umask", "unset", "xz",
];
/// Arguments with which a program keeps running.
const STAYS: [&str; 3] = ["--continuous", "--daemon", "--watch"];
/// Words of a script that keeps running or has a control flow that is not followed.
const GOES_ON: [&str; 14] = [
    "while", "until", "for", "exec", "wait", "crond", "cron", "infinity", "inf", "if", "case", "function",
    "eval", "select",
];
/// The shortest pause, in seconds, that counts as the interval of a script. A shorter pause can also follow a server,
/// for the case that the server fails.
const PACE: u64 = 30;
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
                "a program that ends after {seconds} s soon starts only every {} s",
                seconds + LONGEST
            ),
            None => format!("a short program soon waits {LONGEST} s before each run"),
        };
        let policy = || Some(("/deploy/restart_policy", node.get("deploy")?.get("restart_policy")?.place));
        let said = policy().or_else(|| Some(("/restart", node.get("restart")?.place)));
        if let Some((key, place)) = said {
            let at = pointer(["services", service]) + key;
            context.log.remark(&rules::RESTART_LOOP, &at, place, detail);
        }
    }
}

/// Reads the shell script that a command runs from a bind mount of the service.
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
    let file = found.find(|file| context.files.kind(file) == Some(FileKind::File))?;
    let text = String::from_utf8(context.files.read(&file).ok()?).ok()?;
    let line = text.lines().next().unwrap_or_default();
    let is_shell = SHELLS.iter().any(|shell| line.ends_with(shell) || line.contains(&format!("{shell} ")));
    (is_shell && line.starts_with("#!") || SHELLS.contains(&base(first))).then_some(text)
}

/// The end of a short program.
#[derive(Debug, PartialEq)]
struct End {
    /// The sum of the pauses in seconds. None without pauses, or if a pause is a variable.
    after: Option<u64>,
}

/// Returns the end of a command that is known to end soon.
fn end(words: &[&str]) -> Option<End> {
    let (program, rest) = words.split_first()?;
    if SHELLS.contains(&base(program)) {
        let flag = rest
            .iter()
            .position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))?;
        return end_of_script(rest.get(flag + 1)?);
    }
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    end_of(&[Command { words, is_next: true }])
}

fn end_of_script(script: &str) -> Option<End> {
    let mut commands = commands(script)?;
    commands.retain(|command| !command.words.iter().all(|word| is_assignment(word)));
    end_of(&commands)
}

/// Returns the end of a script if all of its commands are known to end, or if the last command is a long pause. No
/// script has a long pause after a program that does not end.
fn end_of(commands: &[Command]) -> Option<End> {
    let last = commands.last()?;
    let goes_on = |command: &Command| {
        let mut words = command.words.iter().map(String::as_str);
        let program = words.next().map(base);
        program.into_iter().chain(words).any(|word| GOES_ON.contains(&word))
    };
    if commands.iter().any(goes_on) {
        return None;
    }
    let is_pace = |pause: Option<u64>| pause.is_none_or(|seconds| seconds >= PACE);
    let is_paced = last.is_next && pause(last).is_some_and(is_pace);
    if !is_paced && !commands.iter().all(|command| pause(command).is_some() || ends(command)) {
        return None;
    }
    let pauses: Vec<Option<u64>> = commands.iter().filter_map(pause).collect();
    let known = pauses.iter().flatten().try_fold(0_u64, |sum, seconds| sum.checked_add(*seconds))?;
    let after = Some(known).filter(|seconds| *seconds > 0 && !pauses.contains(&None));
    (known < ANEW).then_some(End { after })
}

/// Returns the seconds of a `sleep` command. The inner value is none if a variable has the number.
fn pause(command: &Command) -> Option<Option<u64>> {
    let (program, rest) = command.words.split_first()?;
    (base(program) == "sleep").then(|| rest.iter().map(|word| seconds(word)).sum())
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

/// Reports whether a command is known to end.
fn ends(command: &Command) -> bool {
    // Skips assignments, wrappers such as `sudo`, and interpreters.
    let leading = |word: &&String| {
        is_assignment(word)
            || matches!(base(word), "python" | "python3" | "php" | "sudo" | "time" | "nice" | "!" | "{" | "}")
    };
    let mut words = command.words.iter().skip_while(leading).map(String::as_str);
    let Some(program) = words.next() else { return false };
    let rest: Vec<&str> = words.collect();
    let once =
        |(name, word): &(&str, &str)| *name == base(program) && (word.is_empty() || rest.contains(word));
    let ends = BETWEEN.contains(&base(program)) || ONCE.iter().any(once);
    ends && !rest.iter().any(|word| STAYS.contains(word))
}

/// Parses an argument of `sleep`, such as `60`, `1.5` or `10m`.
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
    fn programs_that_end_soon_are_found() {
        for (words, expected) in [
            (&["sh", "-c", "/job/once.sh; sleep 60"][..], Some(Some(60))),
            (&["/bin/bash", "-ec", "backup && sleep 5m"], Some(Some(300))),
            (&["sh", "-c", "run; sleep $INTERVAL"], Some(None)),
            (&["sh", "-c", "run; sleep \"${INTERVAL:-60}\""], Some(None)),
            (&["sh", "-c", "date; sleep 5"], Some(Some(5))),
            (&["sh", "-c", "sleep 20; date; sleep 5"], Some(Some(25))),
            (&["sh", "-c", "set -e\n# again\nmkdir -p /b\ncd /b && rm -f old"], Some(None)),
            (&["sh", "-c", "pg_dump shop | gzip > /b/$(date +%F).gz; sleep 60"], Some(Some(60))),
            (&["sh", "-c", "pg_dump shop 2>&1 | tar -c > \"/b/$(date +%F)\""], Some(None)),
            (&["sh", "-c", "echo 'server; while true'"], Some(None)),
            (&["sh", "-c", "curl -f http://web/cron || true"], Some(None)),
            (&["sleep", "30"], Some(Some(30))),
            (&["sleep", "1m", "30s"], Some(Some(90))),
            (&["certbot", "renew"], Some(None)),
            (&["/usr/bin/restic", "backup", "/data"], Some(None)),
            (&["python", "manage.py", "migrate"], Some(None)),
            (&["curl", "-f", "http://web/cron"], Some(None)),
            (&["docker", "image", "prune", "-f"], Some(None)),
            (&["psql", "-f", "/x.sql"], Some(None)),
            (&["sh", "-c", "PGPASSWORD=x pg_dump -h db > /out"], Some(None)),
            (&["sh", "-c", "DIR=/b; date"], Some(None)),
            // The words are those of the image's own program.
            (&["--acme.storage=/acme.json"], None),
            (&["KEY=value"], None),
            // Nobody knows the program, and nothing says that it ends.
            (&["sh", "-c", "server; echo ended"], None),
            (&["sh", "-c", "server\ndate\n"], None),
            (&["sh", "-c", "run\nsleep 1.5 && date"], None),
            (&["sh", "-c", "server; sleep 5"], None),
            (&["sh", "-c", "server || sleep 60"], None),
            (&["sh", "-c", "nginx -g 'daemon off;'"], None),
            (&["sh", "-c", "tail -f /log | grep error"], None),
            (&["sh", "-c", "echo $(server)"], None),
            (&["sh", "-c", "echo `server`"], None),
            (&["sh", "-c", "cat <<END\ndate\nEND"], None),
            (&["sh", "-c", "serve() { server; }; date"], None),
            (&["sh", "-c", "if ready; then date; fi"], None),
            (&["sh", "-c", "echo 'open"], None),
            (&["docker", "logs", "-f", "web"], None),
            (&["restic", "mount", "/m"], None),
            (&["borg", "mount", "-f", "/b", "/m"], None),
            (&["psql"], None),
            // A run of ten minutes begins anew, and what goes round does not end.
            (&["sh", "-c", "run; sleep 600"], None),
            (&["sh", "-c", "run; sleep 1d"], None),
            (&["sh", "-c", "sleep 400; date; sleep 400"], None),
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

//! The verbs that stream from and to containers.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

use crate::{on_real_nodes, support::Scenario};

/// A container that writes numbered lines, 25,000 for each start, and fails until it has written 100,000. It waits before it
/// writes, so that a reader has the log of the first container before the node deletes it: a node keeps that of two.
const COUNTER: &str = r#"
    services:
      counter:
        image: stackwright/testbox:1
        command:
        - sh
        - -c
        - |
          trap 'exit 0' TERM
          sleep 3
          n=$$(cat /data/n 2>/dev/null || echo 0)
          end=$$((n + 25000))
          while [ $$n -lt $$end ]; do n=$$((n + 1)); echo "line $$n"; done
          echo $$n >/data/n
          [ $$n -lt 100000 ] && exit 1
          while true; do sleep 1 & wait; done
        restart: always
        volumes: [{source: data, target: /data}]
    volumes: {data: {}}
"#;

/// A container that waits, with the tools of busybox.
const BOX: &str = "
    services:
      box:
        image: stackwright/testbox:1
        command: [sh, -c, 'trap \"exit 0\" TERM; while true; do sleep 1 & wait; done']
        environment: {GREETING: hello}
        restart: always
";

#[test]
fn logs_have_every_line_once_over_restarts_and_a_replaced_pod() {
    on_real_nodes(async |s| {
        s.apply("shop", &COUNTER.replace("$$", "$")).await;
        s.until("the Pod exists", |view| view.get("Pod", "shop-counter-0").is_some()).await;
        let mut follow = command(s, &["logs", "-p", "shop", "-f", "--no-log-prefix"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut lines = BufReader::new(follow.stdout.take().expect("its output")).lines();
        let mut expect = |from: usize, to: usize| {
            for number in from..=to {
                let line = lines.next().expect("the log goes on").expect("a line");
                assert_eq!(line, format!("line {number}"));
            }
        };
        expect(1, 100_000);
        s.delete("Pod", "shop-counter-0").await;
        expect(100_001, 125_000);
        stop(&mut follow);
        let tail = run(s, &["logs", "-p", "shop", "--tail", "2", "counter"], b"");
        assert_eq!(text(&tail), "counter-1  | line 124999\ncounter-1  | line 125000\n");
    });
}

#[test]
fn up_shows_the_logs_of_a_ready_stack_until_ctrl_c() {
    on_real_nodes(async |s| {
        let folder = tempfile::tempdir().expect("a folder");
        let compose = "
            name: shop
            services:
              clock:
                image: stackwright/testbox:1
                command: [sh, -c, 'trap \"exit 0\" TERM; n=0; while true; do n=$$((n + 1)); echo tick $$n; sleep 1 & wait; done']
                restart: always
        ";
        std::fs::write(folder.path().join("compose.yaml"), compose).expect("a file");
        let mut up = command(s, &["up"])
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        // The program would end by itself if nobody could read its output any more.
        let mut lines = BufReader::new(up.stdout.take().expect("its output")).lines();
        let first: Vec<_> = lines.by_ref().take(3).map(|line| line.expect("a line")).collect();
        assert_eq!(first, ["clock-1  | tick 1", "clock-1  | tick 2", "clock-1  | tick 3"]);
        rustix::process::kill_process(rustix::process::Pid::from_child(&up), rustix::process::Signal::INT)
            .expect("a signal");
        let output = up.wait_with_output().expect("its end");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("Stack shop keeps running"), "{output:?}");
    });
}

#[test]
fn exec_passes_bytes_variables_and_exit_codes() {
    on_real_nodes(async |s| {
        s.apply("shop", BOX).await.until("box=Running").await;
        for code in [0, 3, 137] {
            let output = run(s, &["exec", "-p", "shop", "box", "sh", "-c", &format!("exit {code}")], b"");
            assert_eq!(output.status.code(), Some(code), "{output:?}");
        }
        let output = run(
            s,
            &[
                "exec",
                "-p",
                "shop",
                "-T",
                "-e",
                "A=1",
                "-w",
                "/tmp",
                "box",
                "sh",
                "-c",
                "echo $A $PWD $GREETING; echo bad >&2",
            ],
            b"",
        );
        assert_eq!(text(&output), "1 /tmp hello\n");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "bad\n");
        let missing = run(s, &["exec", "-p", "shop", "box", "no-such-program"], b"");
        assert_eq!(missing.status.code(), Some(127), "{missing:?}");
        let user = run(s, &["exec", "-p", "shop", "-u", "root", "box", "id"], b"");
        assert!(
            !user.status.success()
                && String::from_utf8_lossy(&user.stderr).contains("cannot run a program as user root")
        );
    });
}

/// Bytes of the round trips.
const GIBIBYTE: usize = 1 << 30;

#[test]
fn a_gibibyte_returns_unchanged_through_exec_and_cp() {
    on_real_nodes(async |s| {
        s.apply("shop", BOX).await.until("box=Running").await;
        let folder = tempfile::tempdir().expect("a folder");
        let (source, copy) = (folder.path().join("source"), folder.path().join("copy"));
        // Random bytes from a seed, so that neither side compresses or knows them.
        let made = Command::new("sh")
            .args(["-c", &format!("head -c {GIBIBYTE} /dev/urandom > \"$0\""), &source.display().to_string()])
            .status();
        assert!(made.is_ok_and(|status| status.success()), "the source is written");
        let hash = |path: &std::path::Path| {
            let output = Command::new("sha256sum").stdin(File::open(path).expect("a file")).output();
            String::from_utf8(output.expect("sha256sum runs").stdout).expect("text")
        };
        let status = command(s, &["exec", "-p", "shop", "-T", "box", "cat"])
            .stdin(File::open(&source).expect("the source"))
            .stdout(File::create(&copy).expect("the copy"))
            .status();
        assert!(status.expect("the program runs").success());
        assert_eq!(hash(&copy), hash(&source), "through exec");
        std::fs::remove_file(&copy).expect("the copy");
        let source_name = source.display().to_string();
        let up = run(s, &["cp", "-p", "shop", &source_name, "box:/tmp/there"], b"");
        assert!(up.status.success(), "{up:?}");
        let down = run(s, &["cp", "-p", "shop", "box:/tmp/there", &copy.display().to_string()], b"");
        assert!(down.status.success(), "{down:?}");
        assert_eq!(hash(&copy), hash(&source), "through cp");
    });
}

#[test]
fn cp_copies_folders_and_archives_both_ways() {
    on_real_nodes(async |s| {
        s.apply("shop", BOX).await.until("box=Running").await;
        let folder = tempfile::tempdir().expect("a folder");
        let from = folder.path().join("from");
        std::fs::create_dir_all(from.join("sub")).expect("a folder");
        std::fs::write(from.join("sub/file"), "content").expect("a file");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let succeeds = |arguments: &[&str], input: &[u8]| {
            let output = run(s, arguments, input);
            assert!(output.status.success(), "{arguments:?}: {output:?}");
            output.stdout
        };
        succeeds(&["cp", "-p", "shop", &path("from"), "box:/tmp"], b"");
        succeeds(&["cp", "-p", "shop", "box:/tmp/from", &path("to")], b"");
        assert_eq!(std::fs::read_to_string(folder.path().join("to/sub/file")).expect("the copy"), "content");
        let archive = succeeds(&["cp", "-p", "shop", "box:/tmp/from", "-"], b"");
        succeeds(&["exec", "-p", "shop", "box", "mkdir", "/tmp/again"], b"");
        succeeds(&["cp", "-p", "shop", "-", "box:/tmp/again"], &archive);
        assert_eq!(
            succeeds(&["exec", "-p", "shop", "box", "cat", "/tmp/again/from/sub/file"], b""),
            b"content"
        );
        let missing = run(s, &["cp", "-p", "shop", "box:/nothing", &path("nothing")], b"");
        assert!(
            !missing.status.success() && String::from_utf8_lossy(&missing.stderr).contains("nothing"),
            "{missing:?}"
        );
    });
}

#[test]
fn run_starts_a_container_of_its_own_and_returns_its_exit_code() {
    on_real_nodes(async |s| {
        s.apply("shop", BOX).await.until("box=Running").await;
        let output = run(
            s,
            &[
                "run",
                "-p",
                "shop",
                "--rm",
                "-T",
                "-e",
                "NEW=1",
                "box",
                "sh",
                "-c",
                "echo $GREETING $NEW; exit 3",
            ],
            b"",
        );
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert_eq!(text(&output), "hello 1\n");
        let output = run(s, &["run", "-p", "shop", "--rm", "-T", "box", "cat"], b"one\ntwo\n");
        assert_eq!(text(&output), "one\ntwo\n", "{output:?}");
        let detached = run(s, &["run", "-p", "shop", "-d", "box", "true"], b"");
        let name = text(&detached).trim().to_owned();
        s.until("the container has ended", |view| {
            view.get("Pod", &name).is_some_and(|pod| pod["status"]["phase"] == "Succeeded")
        })
        .await;
        let removed = run(s, &["rm", "-p", "shop", "-f"], b"");
        assert!(removed.status.success(), "{removed:?}");
        s.until_gone("Pod", &name).await;
    });
}

#[test]
fn a_program_with_a_terminal_knows_its_size_and_gets_ctrl_c() {
    on_real_nodes(async |s| {
        s.apply("shop", BOX).await.until("box=Running").await;
        let mut terminal = Terminal::start(command(s, &["exec", "-p", "shop", "box", "sh"]));
        terminal.until("# ");
        terminal.send("stty size\r");
        terminal.until("30 100");
        terminal.resize(40, 120);
        terminal.send("stty size\r");
        terminal.until("40 120");
        // The terminal shows what is typed, too, so the word differs from that.
        terminal.send("sh -c 'echo star\"\"ted; sleep 1000'\r");
        terminal.until("started");
        terminal.send("\u{3}");
        terminal.send("echo code $?\r");
        terminal.until("code 130");
        // vi draws its screen with its mode, and leaves it.
        terminal.send("vi /tmp/note\r");
        terminal.until("- /tmp/note");
        terminal.send("ihello");
        terminal.until("I /tmp/note");
        terminal.send("\u{1b}");
        terminal.until("- /tmp/note");
        terminal.send(":wq\r");
        terminal.until("# ");
        terminal.send("cat /tmp/note && exit 7\r");
        terminal.until("hello");
        assert_eq!(terminal.end(), Some(7));
    });
}

fn command(s: &Scenario<'_>, arguments: &[&str]) -> Command {
    s.cluster.stackwright(&s.namespace, arguments)
}

/// Runs the command line with this standard input.
fn run(s: &Scenario<'_>, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(s, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().expect("its input");
    // A program that does not read its input may end first.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stop(child: &mut Child) {
    child.kill().expect("the program runs");
    child.wait().expect("the program ends");
}

/// A program at a terminal.
struct Terminal {
    controller: File,
    child: Child,
    seen: String,
}

impl Terminal {
    fn start(mut command: Command) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&controller).expect("a terminal");
        unlockpt(&controller).expect("a terminal");
        let name = ptsname(&controller, Vec::new()).expect("its name");
        let open = || {
            File::options().read(true).write(true).open(name.to_str().expect("a path")).expect("a terminal")
        };
        let child = command.stdin(open()).stdout(open()).stderr(open()).env("TERM", "xterm");
        let terminal = Self {
            controller: File::from(controller),
            child: child.spawn().expect("the program runs"),
            seen: String::new(),
        };
        terminal.resize(30, 100);
        terminal
    }

    fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.controller, size).expect("a size");
        // The terminal is not the controlling one of the program, so the kernel sends no signal.
        let id =
            rustix::process::Pid::from_raw(i32::try_from(self.child.id()).expect("an id")).expect("an id");
        let _ = rustix::process::kill_process(id, rustix::process::Signal::WINCH);
    }

    fn send(&mut self, keys: &str) {
        self.controller.write_all(keys.as_bytes()).expect("the program reads");
    }

    /// Waits until a text has come after the last one.
    fn until(&mut self, wanted: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut buffer = [0; 4096];
        while !self.seen.contains(wanted) {
            assert!(Instant::now() < deadline, "{wanted:?} does not come: {:?}", self.seen);
            let count = self.controller.read(&mut buffer).expect("the program writes");
            self.seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        let end = self.seen.find(wanted).expect("it was found") + wanted.len();
        self.seen.drain(..end);
    }

    fn end(mut self) -> Option<i32> {
        self.child.wait().expect("the program ends").code()
    }
}

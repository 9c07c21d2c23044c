//! The table of commands and flags.

use super::Here::{Differs, Not, Same};
use super::{Command, Here, containers};

type Flags = &'static [(&'static str, Here)];

const fn here(name: &'static str, here: Here, flags: Flags) -> Command {
    Command { name, here, flags }
}

const fn not(name: &'static str, why: &'static str, instead: &'static str) -> Command {
    Command { name, here: Not { why, instead }, flags: &[] }
}

/// The flags that each command of docker compose has.
pub(super) const GLOBAL: Flags = &[
    (
        "--all-resources",
        Not { why: "a Stack contains all resources of the project", instead: "leave the flag out" },
    ),
    ("--ansi", Not { why: "--color decides on colors", instead: "use --color never or --color always" }),
    (
        "--compatibility",
        Not { why: "the mode of Compose V1 has no meaning here", instead: "leave the flag out" },
    ),
    ("--dry-run", Differs("only commands that create objects have it; `diff` shows what `up` would change")),
    ("--env-file", Same),
    ("--file", Same),
    ("--parallel", Not { why: "the cluster starts and pulls by itself", instead: "leave the flag out" }),
    ("--profile", Same),
    (
        "--progress",
        Not { why: "a terminal gets a view, and a file gets lines", instead: "use --quiet for none" },
    ),
    ("--project-directory", Same),
    (
        "--project-name",
        Differs("without `--file`, commands other than `up` name a Stack of the cluster and read no file"),
    ),
];

const NOT_BUILT: Here = Not {
    why: "images are built outside of the cluster",
    instead: "run docker buildx build --push, and name the registry with --registry",
};
const NO_LOGS: Here = Not {
    why: "the command shows the logs of all services in one form",
    instead: "run up --detach, and then logs --follow",
};
const NOT_ENDED: Here = Not {
    why: "the operator restarts services, and the command does not stop them",
    instead: "run wait SERVICE",
};
const TO_KUBELET: Here =
    Not { why: "nodes pull images, and each prints its own progress", instead: "run events" };

/// The commands.
pub(super) const COMMANDS: &[Command] = &[
    containers::ATTACH,
    not("bridge", "Stackwright runs the project itself", "run convert or render for manifests"),
    not(
        "build",
        "images are built outside of the cluster",
        "run docker compose build and docker compose push, or docker buildx build --push",
    ),
    not("commit", "a container is replaced, not changed", "build an image with the change"),
    here(
        "config",
        Same,
        &[
            ("--environment", Same),
            ("--format", Same),
            ("--hash", Not { why: "the operator compares whole templates", instead: "run diff" }),
            ("--images", Same),
            (
                "--lock-image-digests",
                Not {
                    why: "the command reads no registry",
                    instead: "write the digest into the image of the project",
                },
            ),
            (
                "--models",
                Not { why: "models have no objects on a cluster", instead: "run config without the flag" },
            ),
            ("--networks", Same),
            (
                "--no-consistency",
                Not {
                    why: "an inconsistent project cannot run",
                    instead: "correct the errors that config prints",
                },
            ),
            (
                "--no-env-resolution",
                Not {
                    why: "variables of env files are a part of the project",
                    instead: "run config --no-interpolate",
                },
            ),
            ("--no-interpolate", Same),
            ("--no-normalize", Same),
            ("--no-path-resolution", Same),
            ("--output", Same),
            ("--profiles", Same),
            ("--quiet", Same),
            (
                "--resolve-image-digests",
                Not {
                    why: "the command reads no registry",
                    instead: "write the digest into the image of the project",
                },
            ),
            ("--services", Same),
            ("--variables", Same),
            ("--volumes", Same),
        ],
    ),
    containers::CP,
    not("create", "a Stack is created and started by one command", "run up --no-start"),
    here(
        "down",
        Differs(
            "volumes stay without `--volumes`, as in Docker Compose, and the command asks before it deletes them",
        ),
        &[
            ("--remove-orphans", Differs("accepted without effect: a Stack has no orphans")),
            (
                "--rmi",
                Not {
                    why: "nodes keep images and remove unused ones by themselves",
                    instead: "leave the flag out",
                },
            ),
            ("--timeout", Same),
            ("--volumes", Same),
        ],
    ),
    containers::EVENTS,
    containers::EXEC,
    not("export", "a container's file system is in the node", "run cp SERVICE:/ -"),
    containers::IMAGES,
    containers::KILL,
    containers::LOGS,
    containers::LS,
    not("pause", "Kubernetes cannot freeze a container", "run stop, and start again later"),
    containers::PORT,
    containers::PS,
    not("publish", "Stackwright writes manifests, not Compose artifacts", "run docker compose publish"),
    not("pull", "nodes pull the images that they run", "run up --pull always, or restart"),
    not("push", "images are pushed by the program that builds them", "run docker compose push"),
    here(
        "restart",
        Differs("containers are replaced, and the operator waits for the dependencies of each service"),
        &[
            ("--no-deps", Differs("accepted without effect: dependents with `restart: true` restart")),
            ("--timeout", Differs("accepted without effect: containers end within `stop_grace_period`")),
        ],
    ),
    containers::RM,
    containers::RUN,
    here("scale", Same, &[("--no-deps", Differs("accepted without effect: dependencies are never scaled"))]),
    here("start", Differs("waits until the services are up"), &[]),
    containers::STATS,
    here("stop", Same, &[("--timeout", Same)]),
    containers::TOP,
    not("unpause", "Kubernetes cannot freeze a container", "run start for a stopped service"),
    here(
        "up",
        Differs("follows the Stack until it is ready; Ctrl-C ends only the command"),
        &[
            ("--abort-on-container-exit", NOT_ENDED),
            ("--abort-on-container-failure", NOT_ENDED),
            (
                "--always-recreate-deps",
                Not {
                    why: "a dependency is replaced only if it changes",
                    instead: "run up --force-recreate",
                },
            ),
            ("--attach", NO_LOGS),
            ("--attach-dependencies", NO_LOGS),
            ("--build", NOT_BUILT),
            ("--detach", Differs("returns when each service has started or failed")),
            ("--exit-code-from", NOT_ENDED),
            ("--force-recreate", Same),
            ("--menu", Not { why: "the command has no menu", instead: "leave the flag out" }),
            ("--no-attach", NO_LOGS),
            ("--no-build", Not { why: "the command builds no images", instead: "leave the flag out" }),
            ("--no-color", Not { why: "--color decides on colors", instead: "use --color never" }),
            ("--no-deps", Same),
            ("--no-log-prefix", NO_LOGS),
            (
                "--no-recreate",
                Not {
                    why: "a Stack and its containers do not differ",
                    instead: "run diff to see what would change",
                },
            ),
            ("--no-start", Same),
            ("--pull", Differs("sets `pullPolicy` of all services, which stays until the next `up`")),
            ("--quiet-build", NOT_BUILT),
            ("--quiet-pull", TO_KUBELET),
            (
                "--remove-orphans",
                Differs(
                    "accepted without effect: services that the project no longer has are always removed",
                ),
            ),
            (
                "--renew-anon-volumes",
                Not { why: "an anonymous volume ends with its Stack", instead: "run down, and up again" },
            ),
            ("--scale", Same),
            (
                "--timeout",
                Not { why: "containers end within stop_grace_period", instead: "set it in the project" },
            ),
            ("--timestamps", NO_LOGS),
            ("--wait", Same),
            (
                "--wait-timeout",
                Differs(
                    "takes a duration such as `90s`, and a number of seconds; exit code 4 when it is over",
                ),
            ),
            ("--watch", Not { why: "this version does not sync files", instead: "run up after a change" }),
            ("--yes", Same),
        ],
    ),
    here(
        "version",
        Differs("prints the versions of the operator and of the cluster, too"),
        &[("--format", Same), ("--short", Same)],
    ),
    containers::VOLUMES,
    containers::WAIT,
    not("watch", "this version does not sync files", "run up after a change"),
];

//! The commands of the table that read a Stack and use its containers.

use super::{
    Command,
    Here::{self, Differs, Not, Same},
};

const fn here(name: &'static str, here: Here, flags: &'static [(&'static str, Here)]) -> Command {
    Command { name, here, flags }
}

const fn not(why: &'static str, instead: &'static str) -> Here {
    Not { why, instead }
}

const OF_SERVICE: Here =
    not("the Pod has the settings of the service", "change the service, or leave the flag out");
const NO_ADDRESS: Here =
    not("nothing leads to a one-off container from outside", "run kubectl port-forward POD PORT");
const NO_BUILD: Here =
    not("images are built outside of the cluster", "run docker buildx build --push before the command");
const NO_PULL: Here = not("nodes pull images as the service says", "leave the flag out");

pub(super) const ATTACH: Command = here(
    "attach",
    Differs("the service needs `stdin_open` for input, and `tty` for a terminal"),
    &[
        (
            "--detach-keys",
            not("no key ends the connection", "close the terminal, which the program survives"),
        ),
        ("--index", Same),
        ("--no-stdin", Same),
        ("--sig-proxy", not("signals end the connection only", "run kill -s SIGNAL")),
    ],
);
pub(super) const CP: Command = here(
    "cp",
    Differs("the image needs the program `tar`"),
    &[
        ("--all", not("one-off containers have names of Pods", "run kubectl cp POD:PATH")),
        ("--archive", Same),
        ("--follow-link", Same),
        ("--index", Same),
    ],
);
pub(super) const EVENTS: Command = here(
    "events",
    Differs("prints the events of the cluster, also those of the last hour; `--no-follow` ends after these"),
    &[("--json", Differs("has other values")), ("--since", Same), ("--until", Same)],
);
pub(super) const EXEC: Command = here(
    "exec",
    Same,
    &[
        ("--detach", Same),
        ("--env", Same),
        ("--index", Same),
        ("--no-TTY", Same),
        (
            "--privileged",
            not(
                "Kubernetes runs a program with the rights of the container",
                "set `privileged` of the service",
            ),
        ),
        ("--user", Differs("refused: Kubernetes runs a program as the user of the container")),
        ("--workdir", Same),
    ],
);
pub(super) const IMAGES: Command = here("images", Same, &[("--format", Same), ("--quiet", Same)]);
pub(super) const KILL: Command = here(
    "kill",
    Differs("the operator starts the containers again"),
    &[
        ("--remove-orphans", not("a Stack has no orphans", "leave the flag out")),
        ("--signal", Differs("signals other than KILL need the program `sh` of the image")),
    ],
);
pub(super) const LOGS: Command = here(
    "logs",
    Differs("lines of all services are in the order of their times"),
    &[
        ("--follow", Differs("continues through restarts and new Pods")),
        ("--index", Same),
        ("--no-color", Same),
        ("--no-log-prefix", Same),
        ("--since", Same),
        ("--tail", Differs("has no short form: `-n` is the namespace")),
        ("--timestamps", Same),
        ("--until", Same),
    ],
);
pub(super) const LS: Command = here(
    "ls",
    Differs("lists the Stacks of the namespace, or of all namespaces with `-A`"),
    &[("--all", Same), ("--filter", Same), ("--format", Same), ("--quiet", Same)],
);
pub(super) const PORT: Command =
    here("port", Differs("prints each address"), &[("--index", Same), ("--protocol", Same)]);
pub(super) const PS: Command = here(
    "ps",
    Differs("lists services without a container, too; the name is that of the Pod"),
    &[
        ("--all", Same),
        ("--filter", Same),
        ("--format", Same),
        ("--no-trunc", Same),
        ("--orphans", not("a Stack has no orphans", "leave the flag out")),
        ("--quiet", Same),
        ("--services", Same),
        ("--status", Same),
    ],
);
pub(super) const RM: Command = here(
    "rm",
    Differs("removes Pods whose containers have ended"),
    &[
        ("--force", Same),
        ("--stop", not("a stopped service has no containers", "run stop")),
        ("--volumes", not("volumes belong to the Stack", "run down --volumes")),
    ],
);
pub(super) const RUN: Command = here(
    "run",
    Differs("without a terminal, standard error arrives on standard output"),
    &[
        ("--build", NO_BUILD),
        ("--cap-add", OF_SERVICE),
        ("--cap-drop", OF_SERVICE),
        ("--detach", Same),
        ("--entrypoint", Same),
        ("--env", Same),
        (
            "--env-from-file",
            not("the command reads variables only from --env", "pass each variable with --env"),
        ),
        ("--interactive", Same),
        ("--label", OF_SERVICE),
        ("--name", Same),
        ("--no-TTY", Same),
        ("--no-deps", Differs("does not wait for the dependencies, which the operator starts")),
        ("--publish", NO_ADDRESS),
        ("--pull", NO_PULL),
        ("--quiet", not("the command prints only what it waits for", "leave the flag out")),
        ("--quiet-build", NO_BUILD),
        ("--quiet-pull", NO_PULL),
        ("--remove-orphans", not("a Stack has no orphans", "leave the flag out")),
        ("--rm", Same),
        ("--service-ports", NO_ADDRESS),
        ("--use-aliases", not("a one-off container has no name in DNS", "connect to the service")),
        ("--user", Differs("takes numbers")),
        ("--volume", Differs("mounts volumes of the Stack, not folders of the machine")),
        ("--workdir", Same),
    ],
);
pub(super) const STATS: Command = here(
    "stats",
    Differs("needs the metrics API of the cluster"),
    &[
        ("--all", not("a stopped container uses nothing", "leave the flag out")),
        ("--format", Same),
        ("--no-stream", Same),
        ("--no-trunc", Same),
    ],
);
pub(super) const TOP: Command = here("top", Differs("the image needs the program `ps`"), &[]);
pub(super) const VOLUMES: Command = here("volumes", Same, &[("--format", Same), ("--quiet", Same)]);
pub(super) const WAIT: Command =
    here("wait", Same, &[("--down-project", not("the command only reads", "run down after it"))]);

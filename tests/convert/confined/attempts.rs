//! Projects that try to read files and variables that are not theirs.

use super::{FILE, PASSWD, VARIABLE};

/// A project that tries to read a file or variable that is not its own.
pub struct Attempt {
    /// The attempt.
    pub title: &'static str,
    /// The files of the project. A text that starts with `->` is the target of a link.
    pub files: &'static [(&'static str, &'static str)],
    /// The text that appears without the flags.
    pub leaks: &'static str,
    /// The texts of one message with the flags.
    pub reported: &'static [&'static str],
    /// More arguments.
    pub arguments: &'static [&'static str],
}

/// The message about a path in the Compose file that leads out of the folder.
const REFUSED: &[&str] = &["error[outside]", "compose.yaml:", "copy the file into the folder"];
/// The message about such a path outside a Compose file.
const UNPLACED: &[&str] = &["error[outside]", "copy the file into the folder"];
/// The message of the conversion about such a path.
const VERDICT: &[&str] =
    &["error[outside-confined-folder]", "compose.yaml:", "copy the file into the folder"];
const NOTHING: &[&str] = &[];
/// Nothing appears, with or without the flags.
const NOTHING_LEAKS: &str = "";

const fn attempt(
    title: &'static str,
    files: &'static [(&'static str, &'static str)],
    leaks: &'static str,
    reported: &'static [&'static str],
) -> Attempt {
    Attempt { title, files, leaks, reported, arguments: &[] }
}

/// A service with a reference to a file.
macro_rules! app {
    ($keys:literal) => {
        concat!("services: {app: {image: app, restart: always, ", $keys, "}}\n")
    };
    ($keys:literal, $more:literal) => {
        concat!("services: {app: {image: app, restart: always, ", $keys, "}}\n", $more, "\n")
    };
}
pub(super) use app;

/// `@` is the absolute path of the folder outside.
pub const ATTEMPTS: &[Attempt] = &[
    attempt(
        "the file of a config by its absolute path",
        &[("compose.yaml", app!("configs: [x]", "configs: {x: {file: /etc/passwd}}"))],
        PASSWD,
        VERDICT,
    ),
    attempt(
        "the file of a secret by its absolute path",
        &[("compose.yaml", app!("secrets: [x]", "secrets: {x: {file: @/file}}"))],
        FILE,
        VERDICT,
    ),
    attempt(
        "a relative path that leads out",
        &[("compose.yaml", app!("configs: [x]", "configs: {x: {file: ../outside/file}}"))],
        FILE,
        VERDICT,
    ),
    attempt(
        "a path that leads out by way of a folder that is not there",
        &[("compose.yaml", app!("configs: [x]", "configs: {x: {file: ./a/b/../../../outside/file}}"))],
        FILE,
        VERDICT,
    ),
    attempt(
        "a path out of a variable",
        &[("compose.yaml", app!("configs: [x]", "configs: {x: {file: '${P}/file'}}")), (".env", "P=@")],
        FILE,
        VERDICT,
    ),
    attempt(
        "a relative link",
        &[
            ("compose.yaml", app!("configs: [x]", "configs: {x: {file: ./link}}")),
            ("link", "->../outside/file"),
        ],
        FILE,
        VERDICT,
    ),
    attempt(
        "an absolute link",
        &[("compose.yaml", app!("secrets: [x]", "secrets: {x: {file: ./link}}")), ("link", "->@/file")],
        FILE,
        VERDICT,
    ),
    attempt(
        "a link to a link",
        &[
            ("compose.yaml", app!("configs: [x]", "configs: {x: {file: ./one}}")),
            ("one", "->a/two"),
            ("a/two", "->../../outside/file"),
        ],
        FILE,
        VERDICT,
    ),
    attempt(
        "a link in the middle of a path",
        &[
            ("compose.yaml", app!("configs: [x]", "configs: {x: {file: ./a/b/file}}")),
            ("a/b", "->../../outside"),
        ],
        FILE,
        VERDICT,
    ),
    attempt(
        "a link to the root of the file system",
        &[("compose.yaml", app!("configs: [x]", "configs: {x: {file: ./root/etc/passwd}}")), ("root", "->/")],
        NOTHING_LEAKS,
        VERDICT,
    ),
    attempt(
        "a link that leads out and in and out",
        &[
            ("compose.yaml", app!("configs: [x]", "configs: {x: {file: ./link}}")),
            ("link", "->a/../../repository/../outside/file"),
            ("a/.keep", ""),
        ],
        FILE,
        VERDICT,
    ),
    attempt(
        "what git keeps of its own",
        &[
            ("compose.yaml", app!("configs: [x]", "configs: {x: {file: .git/config}}")),
            (".git/config", "url = https://token:canary-of-a-file-7f3a91@git.example.com/x"),
        ],
        FILE,
        VERDICT,
    ),
    attempt(
        "what git keeps of its own, by a link",
        &[
            ("compose.yaml", app!("configs: [x]", "configs: {x: {file: link}}")),
            ("link", "->a/../.git/config"),
            ("a/.keep", ""),
            (".git/config", "url = https://token:canary-of-a-file-7f3a91@git.example.com/x"),
        ],
        FILE,
        VERDICT,
    ),
    attempt("an env file", &[("compose.yaml", app!("env_file: @/env"))], FILE, REFUSED),
    attempt(
        "an env file that need not be there",
        &[("compose.yaml", app!("env_file: [{path: @/env, required: false}]"))],
        FILE,
        REFUSED,
    ),
    attempt(
        "a link as an env file",
        &[("compose.yaml", app!("env_file: ./link")), ("link", "->../outside/env")],
        FILE,
        REFUSED,
    ),
    attempt(
        "a link as an env file that is read as it is",
        &[("compose.yaml", app!("env_file: [{path: link, format: raw}]")), ("link", "->../outside/env")],
        FILE,
        REFUSED,
    ),
    attempt("a file of labels", &[("compose.yaml", app!("label_file: @/env"))], FILE, REFUSED),
    attempt(
        "a link as a file of labels",
        &[("compose.yaml", app!("label_file: [link]")), ("link", "->../outside/env")],
        FILE,
        REFUSED,
    ),
    attempt(
        "an included file",
        &[("compose.yaml", "include: [../outside/compose.yaml]\nservices: {app: {image: app}}\n")],
        FILE,
        REFUSED,
    ),
    attempt(
        "a link as an included file",
        &[
            ("compose.yaml", "include: [{path: [more/link.yaml]}]\nservices: {app: {image: app}}\n"),
            ("more/link.yaml", "->../../outside/compose.yaml"),
        ],
        FILE,
        REFUSED,
    ),
    attempt(
        "a file that an included file includes",
        &[
            ("compose.yaml", "include: [more/more.yaml]\nservices: {app: {image: app}}\n"),
            ("more/more.yaml", "include: [../../outside/compose.yaml]\nservices: {more: {image: more}}\n"),
        ],
        FILE,
        &["error[outside]", "more.yaml:", "copy the file into the folder"],
    ),
    attempt(
        "the env file of an included file",
        &[
            (
                "compose.yaml",
                "include: [{path: more.yaml, env_file: @/env}]\nservices: {app: {image: app}}\n",
            ),
            ("more.yaml", "services: {more: {image: 'more:${KEY}'}}\n"),
        ],
        FILE,
        REFUSED,
    ),
    attempt(
        "the default env file of an included file, as a link",
        &[
            ("compose.yaml", "include: [more/more.yaml]\nservices: {app: {image: app}}\n"),
            ("more/more.yaml", "services: {more: {image: 'more:${KEY}'}}\n"),
            ("more/.env", "->@/env"),
        ],
        FILE,
        UNPLACED,
    ),
    attempt(
        "the folder of an included file",
        &[
            (
                "compose.yaml",
                "include: [{path: more.yaml, project_directory: ../outside}]\nservices: {app: {image: app}}\n",
            ),
            ("more.yaml", "services: {more: {image: more, env_file: env}}\n"),
        ],
        FILE,
        REFUSED,
    ),
    attempt(
        "an extended file",
        &[("compose.yaml", "services: {app: {extends: {file: @/compose.yaml, service: leak}}}\n")],
        FILE,
        REFUSED,
    ),
    attempt(
        "a link as an extended file",
        &[
            ("compose.yaml", "services: {app: {extends: {file: link.yaml, service: leak}}}\n"),
            ("link.yaml", "->../outside/compose.yaml"),
        ],
        FILE,
        REFUSED,
    ),
    attempt(
        "a link as the compose file itself",
        &[("compose.yaml", "->../outside/compose.yaml")],
        FILE,
        UNPLACED,
    ),
    attempt(
        "a link as the file that is put over it",
        &[("compose.yaml", app!("tty: true")), ("compose.override.yaml", "->../outside/compose.yaml")],
        FILE,
        UNPLACED,
    ),
    attempt(
        "a link as the file of variables",
        &[("compose.yaml", "services: {app: {image: 'app:${KEY}'}}\n"), (".env", "->../outside/env")],
        FILE,
        UNPLACED,
    ),
    attempt(
        "a compose file that the file of variables names",
        &[("compose.yaml", app!("tty: true")), (".env", "COMPOSE_FILE=@/compose.yaml")],
        FILE,
        UNPLACED,
    ),
    attempt(
        "a file in a home that the file of variables names",
        &[("compose.yaml", app!("configs: [x]", "configs: {x: {file: ~/file}}")), (".env", "HOME=@")],
        NOTHING_LEAKS,
        NOTHING,
    ),
    attempt(
        "a mounted link",
        &[("compose.yaml", app!("volumes: ['./link:/etc/x:ro']")), ("link", "->../outside/file")],
        FILE,
        VERDICT,
    ),
    attempt(
        "a mounted folder beside the project's",
        &[("compose.yaml", app!("volumes: ['../outside:/etc/x:ro']"))],
        FILE,
        VERDICT,
    ),
    attempt(
        "a mounted link to a folder",
        &[("compose.yaml", app!("volumes: ['./link:/etc/x:ro']")), ("link", "->../outside")],
        FILE,
        VERDICT,
    ),
    attempt(
        "a file by way of a variable of the process",
        &[("compose.yaml", app!("configs: [x]", "configs: {x: {file: '${OUTSIDE-missing}/file'}}"))],
        FILE,
        &["error[missing-secret-file]"],
    ),
    attempt(
        "a variable of the process",
        &[("compose.yaml", app!("hostname: 'x-${CANARY}'"))],
        VARIABLE,
        NOTHING,
    ),
    attempt(
        "a variable of the process with a default",
        &[("compose.yaml", app!("hostname: 'x-${CANARY:-none}'"))],
        VARIABLE,
        NOTHING,
    ),
    attempt(
        "a variable of the process whose lack is an error",
        &[("compose.yaml", app!("hostname: 'x-${CANARY:?set it}'"))],
        VARIABLE,
        &["error[", "set it"],
    ),
    attempt(
        "a variable of the process that is handed on",
        &[("compose.yaml", app!("environment: [CANARY]"))],
        VARIABLE,
        NOTHING,
    ),
    attempt(
        "a variable of the process that is handed on in a mapping",
        &[("compose.yaml", app!("environment: {CANARY: null}"))],
        VARIABLE,
        NOTHING,
    ),
    attempt(
        "a variable of the process that an env file hands on",
        &[("compose.yaml", app!("env_file: vars")), ("vars", "CANARY\nCOPY=${CANARY}\n")],
        VARIABLE,
        NOTHING,
    ),
    attempt(
        "a variable of the process in the file of variables",
        &[("compose.yaml", app!("hostname: 'x-${COPY}'")), (".env", "COPY=${CANARY}\n")],
        VARIABLE,
        NOTHING,
    ),
    attempt(
        "a variable of the process as a config",
        &[("compose.yaml", app!("configs: [x]", "configs: {x: {environment: CANARY}}"))],
        VARIABLE,
        NOTHING,
    ),
    attempt(
        "a variable of the process as a secret",
        &[("compose.yaml", app!("secrets: [x]", "secrets: {x: {environment: CANARY}}"))],
        VARIABLE,
        NOTHING,
    ),
    attempt(
        "a variable of the process in an included file",
        &[
            ("compose.yaml", "include: [more.yaml]\nservices: {app: {image: app}}\n"),
            ("more.yaml", "services: {more: {image: 'more:${CANARY}'}}\n"),
        ],
        VARIABLE,
        NOTHING,
    ),
    attempt(
        "a variable of the process as the project's name",
        &[("compose.yaml", "name: 'x-${CANARY}'\nservices: {app: {image: app}}\n")],
        VARIABLE,
        NOTHING,
    ),
    Attempt {
        title: "a compose file that is named on the command line",
        files: &[],
        leaks: FILE,
        reported: UNPLACED,
        arguments: &["-f", "../outside/compose.yaml"],
    },
    Attempt {
        title: "an env file that is named on the command line",
        files: &[("compose.yaml", "services: {app: {image: 'app:${KEY}'}}\n")],
        leaks: FILE,
        reported: UNPLACED,
        arguments: &["--env-file", "../outside/env"],
    },
    Attempt {
        title: "a folder that is named on the command line",
        files: &[("compose.yaml", app!("configs: [x]", "configs: {x: {file: file}}"))],
        leaks: FILE,
        reported: UNPLACED,
        arguments: &["-f", "compose.yaml", "--project-directory", "../outside"],
    },
];

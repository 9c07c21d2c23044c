//! Rules of variables and env files.

use super::rule::list;

list! { VARIABLES:
    ENV_FILE_FORMAT "env-file-format" Error
        "unknown format of an env file",
        "an env file is read as Docker Compose reads `.env`, or unchanged with `format: raw`",
        "write `format: raw`, or remove `format`" => "
        services:
          web:
            image: nginx
            env_file:
              - path: web.env
                format: json
        -- web.env --
        COLOR=blue
        ";
    ENV_FILE_SYNTAX "env-file-syntax" Error
        "invalid line of an env file",
        "each line of an env file is `NAME=value`, a comment or empty",
        "write one `NAME=value` on each line" => "
        services:
          web:
            image: nginx
        -- .env --
        COLOR='blue
        ";
    INVALID_INTERPOLATION "invalid-interpolation" Error
        "invalid use of a variable",
        "a dollar sign starts a variable, whose name consists of letters, digits and underscores and does not start with a digit",
        "write `${NAME}` or `${NAME:-default}`, or `$$` for a literal `$`" => "
        services:
          web:
            image: nginx:${TAG
        ";
    MISSING_ENV_FILE "missing-env-file" Error
        "missing or unreadable env file",
        "the project names an env file that does not exist or cannot be read",
        "create the file, or write `required: false` beside `path`" => "
        services:
          web:
            image: nginx
            env_file: web.env
        ";
    MISSING_LABEL_FILE "missing-label-file" Error
        "missing or unreadable label file",
        "the project names a label file that does not exist or cannot be read",
        "create the file, or remove the path from `label_file`" => "
        services:
          web:
            image: nginx
            label_file: web.labels
        ";
    MISSING_VARIABLE "missing-variable" Error
        "required variable without a value",
        "`${NAME:?}` requires that the variable has a value, and `${NAME?}` that it is set",
        "set the variable in the environment, in `.env`, or with `--env-file`" => "
        services:
          web:
            image: nginx:${TAG:?the version to run}
        ";
    REPLACED_BYTES "replaced-bytes" Warning
        "env file with bytes that are not UTF-8",
        "Docker Compose reads env files as UTF-8 and replaces other bytes by U+FFFD, so the value is not what the file says",
        "save the file as UTF-8" =>
        none "the example would be a file that is not text";
    TOO_MANY_VARIABLES "too-many-variables" Error
        "too many variables of env files",
        "the number of variables is limited, so that a hostile file cannot exhaust the memory",
        "give each service only the variables that it needs: each counts once for every service that reads its file" =>
        none "the env file would have more variables than a reader can follow";
    TOO_MUCH_TEXT "too-much-text" Error
        "variables that supply too much text",
        "the values of variables can contain variables again, so the total length of the values is limited",
        "look for a variable whose value repeats another one many times" => "
        services:
          web:
            image: nginx
            command: [$F, $F, $F, $F, $F, $F, $F, $F, $F, $F]
        -- .env --
        A=ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha
        B=$A$A$A$A$A$A$A$A$A$A$A$A$A$A$A$A$A$A$A$A
        C=$B$B$B$B$B$B$B$B$B$B$B$B$B$B$B$B$B$B$B$B
        D=$C$C$C$C$C$C$C$C$C$C$C$C$C$C$C$C$C$C$C$C
        E=$D$D$D$D$D$D$D$D$D$D$D$D$D$D$D$D$D$D$D$D
        F=$E$E$E$E$E$E$E$E$E$E$E$E$E$E$E$E$E$E$E$E
        ";
    UNSET_VARIABLE "unset-variable" Warning
        "variable that is not set",
        "a variable that is not set becomes an empty string",
        "set the variable in the environment or in `.env`, or write `${NAME:-}` for a blank string" => "
        services:
          web:
            image: nginx:1.29${SUFFIX}
        ";
}

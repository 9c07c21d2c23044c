//! Secrets and configs.

use super::list;

list! { SECRETS by Converter:
    SECRET_VALUE "secret-value" "SW1401" Mapped []
        "secret value",
        "the name or the origin of the value says that the value is secret, so it is stored in a Secret, and the Stack names the key",
        "create the Secret with the real values before you apply the Stack, with the tool that manages your secrets" => "
        services:
          db:
            image: postgres:17
            environment: {POSTGRES_PASSWORD: hunter2}
        ";
    SECRET_IN_PLAIN_TEXT "secret-in-plain-text" "SW1402" Refused []
        "secret in a setting that must be plain text",
        "the value contains a secret, and this setting cannot read a Secret. Everyone who reads the Stack would see the secret",
        "pass the secret to the program in environment or as a file" => "
        services:
          web:
            image: nginx:1.29
            annotations: {app.password: hunter2}
        ";
    EXTERNAL_SECRET "external-secret" "SW1403" Mapped []
        "external secret or config",
        "the Secret or ConfigMap with this name must exist in the namespace. Its key is the name of the secret or config in the project",
        "create the object: kubectl create secret generic NAME --from-file=KEY=FILE" => "
        services:
          web:
            image: nginx:1.29
            secrets: [token]
        secrets:
          token: {external: true}
        ";
    SECRET_DRIVER "secret-driver" "SW1404" Refused
        ["secrets.*.driver", "secrets.*.driver_opts", "secrets.*.template_driver",
        "configs.*.driver", "configs.*.driver_opts", "configs.*.template_driver"]
        "driver for secrets or configs",
        "drivers and templates of Swarm have no counterpart on a cluster, so the file would not have the content that the program expects",
        "use file, environment or external" => "
        services:
          web:
            image: nginx:1.29
            secrets: [token]
        secrets:
          token: {driver: vault, file: token.txt}
        -- token.txt --
        hunter2
        ";
    SECRET_OF_UNSET_VARIABLE "secret-of-unset-variable" "SW1405" Refused []
        "unset variable",
        "the content is the value of a variable that is not set where you convert",
        "set the variable, or add it to an env file" => "
        services:
          web:
            image: nginx:1.29
            secrets: [token]
        secrets:
          token: {environment: TOKEN}
        ";
    SECRET_LABELS "secret-labels" "SW1406" Ignored ["secrets.*.labels", "configs.*.labels"]
        "labels of a secret or config",
        "programs do not see these labels" => "
        services:
          web:
            image: nginx:1.29
            secrets: [token]
        secrets:
          token:
            file: token.txt
            labels: {team: shop}
        -- token.txt --
        hunter2
        ";
    SECRET_NAME "secret-name" "SW1407" Mapped []
        "name of a secret or config in Docker",
        "the object is named after the Stack and the key in the project. Programs see the mount path and not the name",
        "write external: true and the name to use an existing object" => "
        services:
          web:
            image: nginx:1.29
            secrets: [token]
        secrets:
          token: {file: token.txt, name: shop_token}
        -- token.txt --
        hunter2
        ";
    MISSING_SECRET_FILE "missing-secret-file" "SW1408" Refused []
        "missing file of a secret or config",
        "the conversion cannot read the content of the secret or config, so its readers could not start",
        "create the file, or write external: true" => "
        services:
          web:
            image: nginx:1.29
            secrets: [token]
        secrets:
          token: {file: token.txt}
        ";
    SECRET_TOO_LARGE "secret-too-large" "SW1409" Refused []
        "file of a secret or config that is too large",
        "a ConfigMap or Secret can contain at most 1 MiB",
        "keep large files in a volume or in the image" => none "the example would be a file of more than 1 MiB";
    SECRET_IN_COMMAND "secret-in-command" "SW1410" Approximated []
        "command with a secret",
        "the secret becomes a variable of the service, and sh -c inserts the variable into the command. The image needs a shell",
        "let the command read the secret itself" => "
        services:
          db:
            image: postgres:17
            environment: {POSTGRES_PASSWORD: hunter2}
            healthcheck:
              test: [CMD, psql, 'postgresql://postgres:hunter2@localhost']
        ";
    SECRET_IN_LABEL "secret-in-label" "SW1411" Approximated []
        "label with a secret",
        "labels are for programs that watch Docker, and everyone on the cluster can read them. So this label is left out",
        "pass the secret in a Secret to the program that reads the label" => "
        services:
          web:
            image: nginx:1.29
            labels: {app.password: hunter2}
        ";
}

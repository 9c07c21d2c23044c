//! Secrets and configs.

use super::rules;

rules! { SECRET:
    MOVED_TO_SECRET "SW1401" Mapped []
        "a value that is or may be secret",
        "its name, or the place that it comes from, says that it is secret, so it stands in a Secret and the Stack names the key",
        "create the Secret with its real values before you apply the Stack, by whatever keeps secrets for you";
    SECRET_IN_PLAIN_TEXT "SW1402" Refused []
        "a secret where only plain text can stand",
        "the value holds a secret, and this setting cannot be read from a Secret, so that it would stand in the Stack for everyone to read",
        "give the secret to the program by environment or as a file";
    EXTERNAL "SW1403" Mapped []
        "a secret or config that exists already",
        "the Secret or ConfigMap of that name has to exist in the namespace, with the value under a key of the name that it has in the project",
        "create it: kubectl create secret generic NAME --from-file=KEY=FILE";
    DRIVER_OF_SECRET "SW1404" Refused ["secrets.*.driver", "secrets.*.driver_opts", "secrets.*.template_driver",
        "configs.*.driver", "configs.*.driver_opts", "configs.*.template_driver"]
        "a driver for secrets or configs",
        "drivers and templates of Swarm have no counterpart, so the file would not have the content that the program expects",
        "use file, environment or external";
    UNSET_VARIABLE "SW1405" Refused []
        "a variable that is not set",
        "the content is that of a variable, which is not set where you convert",
        "set the variable, or give it in an env file";
    LABELS_OF_FILE "SW1406" Ignored ["secrets.*.labels", "configs.*.labels"]
        "labels of a secret or config",
        "no program sees them",
        "nothing needs to be done";
    ENGINE_NAME "SW1407" Mapped []
        "the name of a secret or config in the engine",
        "a secret or config of a Stack is named by the Stack and its key in the project; programs see the path where it is mounted, and no name",
        "to use one that exists, write external: true with its name";
    UNREADABLE "SW1408" Refused []
        "a file that cannot be read",
        "the content of the secret or config is not there, so that its readers could not start",
        "create the file, or write external: true";
    TOO_LARGE "SW1409" Refused []
        "a file that is too large",
        "a ConfigMap or Secret holds at most 1 MiB",
        "keep large files in a volume or in the image";
    HOOK_SHELL "SW1410" Approximated []
        "a command with a secret in it",
        "the secret is a variable of the service, and the command runs through sh -c, which puts it in: the image needs a shell",
        "let the command read the secret itself";
    SECRET_LABEL "SW1411" Approximated []
        "a label with a secret in it",
        "labels are for programs that watch the Docker engine, and a label on a cluster is there for everyone to read, so this one is left out",
        "give the program that reads the label its secret from a Secret";
}

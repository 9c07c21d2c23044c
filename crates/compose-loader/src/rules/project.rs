//! Rules of the files of a project: which are read, and how they combine.

use super::rule::list;

list! { PROJECT:
    CANNOT_OVERRIDE "cannot-override" Error
        "override of another form",
        "a later file is merged over an earlier one, and a list, a mapping and a single value cannot be merged",
        "use the form of the earlier definition, or tag the value with `!override`" => "
        services:
          web:
            image: nginx
            deploy: {replicas: 2}
        -- compose.override.yaml --
        services:
          web:
            deploy: [2]
        ";
    EMPTY_FILE "empty-file" Error
        "project without content",
        "a project needs at least one service",
        "define at least one service" => "
        {}
        ";
    EXTENDS_CYCLE "extends-cycle" Error
        "services that extend each other",
        "a service that extends itself, directly or through others, has no end. The length of a chain is limited",
        "remove `extends` from one of these services" => "
        services:
          web:
            image: nginx
            extends: api
          api:
            image: nginx
            extends: web
        ";
    EXTENDS_SERVICE "extends-service" Error
        "service that cannot be extended",
        "`extends` names a service of the same file or of another file, and this service must exist",
        "write `extends: SERVICE`, or `service:` and `file:` below `extends:`" => "
        services:
          web:
            image: nginx
            extends: base
        ";
    INCLUDE_CYCLE "include-cycle" Error
        "files that include each other",
        "a file that includes itself, directly or through others, has no end. The length of a chain is limited",
        "remove the `include` of one of these files" => "
        include: [more.yaml]
        services:
          web:
            image: nginx
        -- more.yaml --
        include: [more.yaml]
        ";
    NO_FILE "no-file" Error
        "no Compose file",
        "without `-f` and `COMPOSE_FILE`, a file such as `compose.yaml` is searched in the current folder and the folders above it",
        "name a file with `-f`, or change to a folder with a compose.yaml" => "
        -- README.md --
        A folder without a Compose file.
        ";
    NOT_UTF8 "not-utf8" Error
        "file that is not UTF-8",
        "a Compose file is UTF-8 or UTF-16, and an env file is UTF-8",
        "save the file as UTF-8" =>
        none "the example would be a file that is not text";
    OBSOLETE_VERSION "obsolete-version" Warning
        "obsolete `version`",
        "Docker Compose ignores the version and reads each file by the current specification",
        "remove the line" => "
        version: '3.8'
        services:
          web:
            image: nginx
        ";
    OUTSIDE "outside" Error
        "file outside the folder that can be read",
        "the program that loads the project allows only files in one folder, and the path or a link on the path leads out of it",
        "copy the file into the folder, and replace the symbolic link if there is one" =>
        none "the rule applies only if the program limits the files, as with `--confine`";
    PROJECT_NAME "project-name" Error
        "invalid project name",
        "a project name has lower-case letters, digits, hyphens and underscores, and starts with a letter or a digit",
        "set a name with `-p`" => "
        name: '---'
        services:
          web:
            image: nginx
        ";
    REMOTE_RESOURCE "remote-resource" Error
        "file of another machine",
        "`include` and `extends` name local files. The loader does not fetch Git repositories and OCI artifacts",
        "download the file, and name the local copy" => "
        include: [oci://registry.example.com/project]
        services:
          web:
            image: nginx
        ";
    SEVERAL_FILES "several-files" Warning
        "several Compose files with default names",
        "only the first of the default names is read",
        "keep only the file that is used, or name the files with `-f`" => "
        services:
          web:
            image: nginx
        -- docker-compose.yml --
        services:
          web:
            image: httpd
        ";
    UNREADABLE_FILE "unreadable-file" Error
        "missing or unreadable Compose file",
        "a file that `-f`, `COMPOSE_FILE`, `include` or `extends` names does not exist or cannot be read",
        "check the path and its permissions" => "
        include: [more.yaml]
        services:
          web:
            image: nginx
        ";
}

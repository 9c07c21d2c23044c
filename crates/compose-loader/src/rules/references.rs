//! Rules of services and of what they refer to.

use super::rule::list;

list! { REFERENCES:
    CONTAINER_NAME "container-name" Error
        "fixed name for several containers",
        "a container name exists once, so a service with `container_name` has one container",
        "remove `container_name`" => "
        services:
          web:
            image: nginx
            container_name: web
            scale: 2
        ";
    DEPENDENCY_CYCLE "dependency-cycle" Error
        "services that wait for each other",
        "a service starts after its dependencies, so none of these services would start",
        "remove one of these dependencies" => "
        services:
          web:
            image: nginx
            depends_on: [api]
          api:
            image: nginx
            depends_on: [web]
        ";
    DEVICE_REQUEST "device-request" Error
        "device request by count and by id",
        "a request names either the number of devices or their ids",
        "keep one of the two" => "
        services:
          web:
            image: nginx
            gpus:
              - count: 1
                device_ids: ['0']
        ";
    DISTINCT_VALUES "distinct-values" Error
        "contradicting values of one setting",
        "a setting with a short and a long form must have the same value in both",
        "keep one of the two" => "
        services:
          web:
            image: nginx
            scale: 2
            deploy: {replicas: 3}
        ";
    DOCKERFILE "dockerfile" Error
        "two Dockerfiles",
        "a build has either a Dockerfile in a file or an inline one",
        "keep one of the two" => "
        services:
          web:
            build:
              context: .
              dockerfile: web.Dockerfile
              dockerfile_inline: FROM nginx
        ";
    DUPLICATE_PORT "duplicate-port" Warning
        "host port that is published twice",
        "a host port belongs to one container, so only the container that starts first gets it",
        "publish one of the two at another port: only the container that starts first gets this one" => "
        services:
          web:
            image: nginx
            ports: ['8080:80']
          api:
            image: httpd
            ports: ['8080:80']
        ";
    DUPLICATE_TARGET "duplicate-target" Error
        "two mounts at one path",
        "a container has at most one mount at a path",
        "change the path of one of the two" => "
        services:
          web:
            image: nginx
            volumes: ['data:/data']
            tmpfs: [/data]
        volumes:
          data: {}
        ";
    EXTERNAL_CONFLICT "external-conflict" Error
        "external volume with settings",
        "an external volume exists already, so the project cannot set anything but its name",
        "an external volume exists already: keep only `name` beside `external`" => "
        services:
          web:
            image: nginx
            volumes: ['data:/data']
        volumes:
          data: {external: true, driver: local}
        ";
    EXTERNAL_NAME "external-name" Warning
        "old form of an external name",
        "`external: {name: NAME}` is the form before `external: true` with `name: NAME` beside it",
        "write `external: true` and `name:` beside it" => "
        services:
          web:
            image: nginx
            volumes: ['data:/data']
        volumes:
          data: {external: {name: shared}}
        ";
    JOB_DEPENDENCY "job-dependency" Error
        "service that waits for a job",
        "a job runs on its schedule or by hand, so a service can depend only on other services",
        "depend on a service that runs once, with `condition: service_completed_successfully`" => "
        services:
          web:
            image: nginx
            depends_on: [migrate]
        jobs:
          migrate:
            image: nginx
            triggers: {manual: true}
        ";
    JOB_NAME "job-name" Error
        "name of both a service and a job",
        "services and jobs share their names, so that `run NAME` means one of them. Services and jobs of inactive profiles count",
        "rename the job or the service" => "
        services:
          web:
            image: nginx
        jobs:
          web:
            image: nginx
            triggers: {manual: true}
        ";
    NAME_CONFLICT "name-conflict" Error
        "two names of an external resource",
        "`external: {name: NAME}` and `name: NAME` say the same, so the names must be equal",
        "write `external: true` and `name:` beside it" => "
        services:
          web:
            image: nginx
            volumes: ['data:/data']
        volumes:
          data: {name: mine, external: {name: shared}}
        ";
    NETWORK_MODE "network-mode" Error
        "network mode beside networks",
        "`network_mode` replaces the networks of a service",
        "keep one of the two" => "
        services:
          web:
            image: nginx
            network_mode: host
            networks: [front]
        networks:
          front: {}
        ";
    NO_IMAGE "no-image" Error
        "service without an image",
        "a service runs the image that `image` names or `build` makes. A file that only overrides another one is loaded after it",
        "add `image:` or `build:`, or load the file after the one that it overrides: `-f FIRST -f SECOND`" => "
        services:
          web:
            command: serve
        ";
    ONE_SOURCE "one-source" Error
        "content with no source or with several sources",
        "the content of a secret or config comes from exactly one source",
        "add `file:` or `environment:`" => "
        services:
          web:
            image: nginx
            secrets: [token]
        secrets:
          token: {file: token.txt, environment: TOKEN}
        ";
    PLATFORM "platform" Error
        "platform that is not built",
        "a service runs on one of the platforms for which its image is built",
        "add the platform to `build.platforms`" => "
        services:
          web:
            platform: linux/arm64
            build: {context: ., platforms: [linux/amd64]}
        ";
    TOO_MANY_PORTS "too-many-ports" Error
        "too many published ports",
        "the number of ports of a project is limited, since each port of a range is a setting of its own",
        "publish a smaller range, or use `network_mode: host`" => "
        services:
          web:
            image: nginx
            ports: ['20000-50000:20000-50000']
        ";
    UNDEFINED_CONFIG "undefined-config" Error
        "undefined config",
        "a service uses configs that the top-level `configs` defines",
        "define the config, or correct its name" => "
        services:
          web:
            image: nginx
            configs: [settings]
        ";
    UNDEFINED_MODEL "undefined-model" Error
        "undefined model",
        "a service uses models that the top-level `models` defines",
        "define the model, or correct its name" => "
        services:
          web:
            image: nginx
            models: [llm]
        ";
    UNDEFINED_NETWORK "undefined-network" Error
        "undefined network",
        "a service joins networks that the top-level `networks` defines",
        "define the network, or correct its name" => "
        services:
          web:
            image: nginx
            networks: [front]
        ";
    UNDEFINED_SECRET "undefined-secret" Error
        "undefined secret",
        "a service uses secrets that the top-level `secrets` defines",
        "define the secret, or correct its name" => "
        services:
          web:
            image: nginx
            secrets: [token]
        ";
    UNDEFINED_SERVICE "undefined-service" Error
        "undefined service",
        "a service refers to another service of the project, which must exist and have an active profile",
        "define the service, or load the file that defines it with another `-f`" => "
        services:
          web:
            image: nginx
            depends_on: [api]
        ";
    UNDEFINED_VOLUME "undefined-volume" Error
        "undefined volume",
        "a service mounts volumes that the top-level `volumes` defines. A path of the host starts with `./` or `/`",
        "define the volume, or start a host path with `./` or `/`" => "
        services:
          web:
            image: nginx
            volumes: ['data:/data']
        ";
    WATCH_TARGET "watch-target" Error
        "watched path without a target",
        "`develop.watch` copies files into the container, so it needs the path in the container unless it rebuilds or restarts",
        "add `target:`, the path in the container" => "
        services:
          web:
            image: nginx
            develop:
              watch:
                - action: sync
                  path: src
        ";
}

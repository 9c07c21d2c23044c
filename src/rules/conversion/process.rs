//! Processes of a service: command, user, health and labels.

use super::list;

list! { PROCESS by Converter:
    DEVELOPMENT_SETTING "development-setting" "SW1101" Ignored
        ["services.*.attach", "services.*.develop", "services.*.pull_refresh_after"]
        "setting for the docker compose command",
        "the setting controls docker compose during development and does not change what runs" => "
        services:
          web:
            image: nginx:1.29
            attach: false
        ";
    USER_BY_NAME "user-by-name" "SW1113" Refused []
        "user or group name",
        "Kubernetes accepts only numeric ids, and only the image knows the id of a name",
        "write the number, which docker run --rm IMAGE id NAME prints" => "
        services:
          web:
            image: nginx:1.29
            user: nginx
        ";
    UMASK "umask" "SW1148" Refused []
        "file mode creation mask",
        "Kubernetes starts each container with the umask 0022, and has no field for another one. Files of the program would have other modes",
        "set the umask in the command, such as sh -c 'umask 027; exec PROGRAM'" => "
        services:
          web:
            image: nginx:1.29
            umask: '0027'
        ";
    ROOT_BY_NAME "root-by-name" "SW1114" Mapped []
        "root by name",
        "root is user 0 in every image" => "
        services:
          web:
            image: nginx:1.29
            user: root
        ";
    CONTAINER_OUTSIDE_PROJECT "container-outside-project" "SW1117" Refused []
        "container outside the project",
        "a cluster cannot find a container outside the project by its name. The service would run without the network or the files of that container",
        "add the container to the project as a service, and write service:NAME" => "
        services:
          web:
            image: nginx:1.29
            network_mode: container:vpn
        ";
    API_SOCKET "api-socket" "SW1118" Refused ["services.*.use_api_socket"]
        "Docker API socket",
        "a cluster has no Docker engine, so a program that controls one cannot work",
        "remove the service, or use a program that works with the Kubernetes API" => "
        services:
          web:
            image: nginx:1.29
            use_api_socket: true
        ";
    PROVIDER "provider" "SW1119" Refused ["services.*.provider"]
        "service of a provider",
        "the provider is a program on the developer's machine, which a cluster cannot run",
        "replace the provider by a service with an image, or by an external service" => "
        services:
          db:
            provider: {type: awesomecloud}
        ";
    MODELS "models" "SW1120" Refused ["services.*.models", "models"]
        "model of Docker Model Runner",
        "a cluster has no Docker Model Runner, so the service would get neither the address nor the name of the model",
        "run a model server as a service, and set its address in environment" => "
        services:
          web:
            image: nginx:1.29
            models: [llm]
        models:
          llm: {model: ai/smollm2}
        ";
    HEALTH_CHECK_WITHOUT_TEST "health-check-without-test" "SW1124" Mapped []
        "health check without a test",
        "the times apply to the check of the image, which the operator reads from the registry. If the image has no check, the service has none",
        "write test: if the image has no HEALTHCHECK" => "
        services:
          web:
            image: nginx:1.29
            healthcheck: {interval: 10s}
        ";
    NUMERIC_STOP_SIGNAL "numeric-stop-signal" "SW1132" Approximated []
        "stop signal as a number",
        "Kubernetes accepts only the names of signals, so the number becomes a name",
        "write the name, such as SIGQUIT" => "
        services:
          web:
            image: nginx:1.29
            stop_signal: '3'
        ";
    CLEARED_ENTRYPOINT "cleared-entrypoint" "SW1134" Approximated []
        "cleared entrypoint",
        "Kubernetes cannot clear the ENTRYPOINT of an image. A command, if there is one, runs in place of the entrypoint, with the same result",
        "write the command to run" => "
        services:
          web:
            image: nginx:1.29
            entrypoint: []
        ";
    RESERVED_LABEL "reserved-label" "SW1136" Approximated []
        "reserved label",
        "labels of Stackwright and app.kubernetes.io identify the owner of an object, so this label is left out",
        "rename the label" => "
        services:
          web:
            image: nginx:1.29
            labels: {app.kubernetes.io/name: web}
        ";
    EMPTY_USER "empty-user" "SW1146" Approximated []
        "empty user and group",
        "the Stack sets no user, so the container runs as the USER of the image. Docker Engine runs a bare ':' as root, even if the image has another USER",
        "set the variables in the value, or remove the key. If the program needs root, write user: \"0\"" => "
        services:
          web:
            image: nginx:1.29
            user: ':'
        ";
    GROUP_WITHOUT_USER "group-without-user" "SW1147" Mapped []
        "group without a user",
        "Docker Engine runs the container as root if the user is missing, and so does the Stack",
        "write a numeric user before the colon if the program must not run as root" => "
        services:
          web:
            image: nginx:1.29
            user: ':1000'
        ";
}

//! Builds, pulls and hooks.

use super::list;

list! { IMAGE by Converter:
    HOOK_USER "hook-user" "SW1121" Approximated []
        "hook with its own user",
        "Kubernetes runs a hook only as the user of its container. So this hook runs before the service starts, in a separate container with the image, mounts and variables of the service. Changes to volumes persist, and other changes are lost. A hook that waits for the service never ends",
        "change only volumes in the hook and do not wait for the service, or run the service as that user" => "
        services:
          web:
            image: nginx:1.29
            user: '1000'
            volumes: ['data:/data']
            post_start:
              - command: chown 1000 /data
                user: root
        volumes:
          data: {}
        ";
    PRE_START_SETTING "pre-start-setting" "SW1122" Approximated []
        "pre_start setting that comes from the service",
        "the pre_start container runs in the Pod of the service, with the mounts, network, host name and limits of the service",
        "set the value on the service, or remove the setting" => "
        services:
          web:
            image: nginx:1.29
            pre_start:
              - command: prepare
                image: example/prepare:1
                volumes: ['data:/data']
        volumes:
          data: {}
        ";
    PRE_START_PER_REPLICA "pre-start-per-replica" "SW1123" Approximated []
        "pre_start that runs once for all replicas",
        "pre_start runs before each container of the service, and again when a Pod is replaced. Docker Compose runs pre_start once for all replicas",
        "move the step to a separate service, and depend on this service with service_completed_successfully" => "
        services:
          web:
            image: nginx:1.29
            pre_start:
              - command: prepare
        ";
    PULL_INTERVAL "pull-interval" "SW1125" Approximated []
        "periodic image pull",
        "a node pulls an image when a container starts, not after an interval",
        "restart the service to get a new image, or deploy the image by digest" => "
        services:
          web:
            image: nginx:1.29
            pull_policy: daily
        ";
    PULL_POLICY_BUILD "pull-policy-build" "SW1126" Approximated []
        "pull policy build",
        "a cluster does not build images. A node pulls the image if the node does not have it",
        "build and push the image before you apply the Stack" => "
        services:
          web:
            image: example/web:1
            pull_policy: build
        ";
    IMAGE_WITHOUT_REGISTRY "image-without-registry" "SW1129" Approximated []
        "built image without a registry",
        "a cluster does not build images. The Stack uses the image name of docker compose, and the nodes must be able to pull this image",
        "run docker compose build, push the image, and name the registry with --registry" => "
        services:
          web:
            build: .
        -- Dockerfile --
        FROM nginx
        ";
    BUILT_IMAGE "built-image" "SW1130" Mapped []
        "built image",
        "the nodes pull the image from the registry that you named",
        "build and push the image under its name in the Stack before you apply the Stack" => "
        $ stackwright convert --registry registry.example.com/shop
        services:
          web:
            build: .
        -- Dockerfile --
        FROM nginx
        ";
    BUILD_SETTINGS "build-settings" "SW1131" Mapped ["services.*.build"]
        "build settings",
        "the image is built and pushed outside the cluster under the name in image, and the nodes pull it from there",
        "run docker compose build, and push the image" => "
        services:
          web:
            image: registry.example.com/web:1
            build: .
        -- Dockerfile --
        FROM nginx
        ";
    PRE_STOP_USER "pre-stop-user" "SW1139" Refused []
        "pre_stop hook with its own user",
        "Kubernetes runs a hook as the user of its container, and this user can lack the rights that the hook needs",
        "remove user and privileged from the hook, or set them on the service" => "
        services:
          web:
            image: nginx:1.29
            user: '1000'
            pre_stop:
              - command: save
                user: root
        ";
}

//! Replicas, resources, placement and updates.

use super::list;

list! { DEPLOY by Converter:
    UPDATE_FAILURE_ACTION "update-failure-action" "SW1501" Approximated
        ["services.*.deploy.update_config.failure_action",
        "services.*.deploy.update_config.max_failure_ratio"]
        "failure action of an update",
        "a failed update stops, and the status of the Stack reports it. The remaining containers of the old version keep running",
        "re-apply the previous Stack to roll back" => "
        services:
          web:
            image: nginx:1.29
            deploy:
              update_config: {failure_action: rollback}
        ";
    ROLLBACK_CONFIG "rollback-config" "SW1502" Approximated ["services.*.deploy.rollback_config"]
        "rollback settings",
        "the operator has no separate settings for a rollback. If you apply the previous Stack, the operator follows update_config" => "
        services:
          web:
            image: nginx:1.29
            deploy:
              rollback_config: {parallelism: 1}
        ";
    RESTART_DELAY "restart-delay" "SW1503" Approximated ["services.*.deploy.restart_policy.delay",
        "services.*.deploy.restart_policy.window"]
        "restart delay",
        "Kubernetes sets its own delay: 10 s before the first restart, and twice as long each time up to 5 min. Kubernetes resets the delay after the container has run for 10 min" => "
        services:
          web:
            image: nginx:1.29
            deploy:
              restart_policy: {condition: any, delay: 5s}
        ";
    RESTART_LIMIT "restart-limit" "SW1504" Approximated []
        "maximum number of restarts",
        "Kubernetes limits the restarts only with condition: on-failure. With condition: any, the container restarts without a limit",
        "write condition: on-failure" => "
        services:
          web:
            image: nginx:1.29
            deploy:
              restart_policy: {condition: any, max_attempts: 3}
        ";
    GENERIC_RESOURCE "generic-resource" "SW1505" Refused []
        "generic resource of Swarm",
        "the name is not the name of a Kubernetes resource, so no node offers this resource",
        "write the name of a resource that nodes offer, such as example.com/fpga" => "
        services:
          web:
            image: nginx:1.29
            deploy:
              resources:
                reservations:
                  generic_resources:
                    - discrete_resource_spec: {kind: SSD, value: 1}
        ";
    ALL_DEVICES "all-devices" "SW1506" Approximated []
        "all devices of a node",
        "a Pod cannot request all devices of a node, so the Stack requests one device",
        "write count: with the number of devices" => "
        services:
          train:
            image: example/train:1
            gpus: all
        ";
    DEVICE_IDS "device-ids" "SW1507" Approximated []
        "devices by id",
        "the cluster chooses the devices of a Pod, so the Stack requests as many devices as the list has",
        "write count:, and use nodes with identical devices" => "
        services:
          train:
            image: example/train:1
            deploy:
              resources:
                reservations:
                  devices:
                    - driver: nvidia
                      capabilities: [gpu]
                      device_ids: ['0', '3']
        ";
    UNKNOWN_DEVICE "unknown-device" "SW1508" Refused []
        "unknown device",
        "only the GPUs of nvidia, amd and intel have a known resource name on a cluster",
        "write driver: nvidia, amd or intel, or write the name of the resource as driver" => "
        services:
          train:
            image: example/train:1
            deploy:
              resources:
                reservations:
                  devices:
                    - capabilities: [tpu]
                      count: 1
        ";
    DEVICE_OPTIONS "device-options" "SW1509" Approximated []
        "options of a device request",
        "a Pod can request only a number of devices",
        "choose nodes with deploy.placement.constraints" => "
        services:
          train:
            image: example/train:1
            deploy:
              resources:
                reservations:
                  devices:
                    - driver: nvidia
                      capabilities: [gpu]
                      count: 1
                      options: {virtualization: 'false'}
        ";
    PLACEMENT_CONSTRAINT "placement-constraint" "SW1510" Refused []
        "unsupported placement constraint",
        "only labels, host name, role and platform of Swarm nodes have a counterpart on a cluster",
        "label the nodes, and write node.labels.NAME==VALUE" => "
        services:
          web:
            image: nginx:1.29
            deploy:
              placement:
                constraints: [engine.labels.disk == ssd]
        ";
    UNKNOWN_DEPLOY_MODE "unknown-deploy-mode" "SW1511" Refused []
        "unknown deployment mode",
        "the mode must be replicated, global, replicated-job or global-job",
        "write one of these modes" => "
        services:
          web:
            image: nginx:1.29
            deploy: {mode: everywhere}
        ";
    UNKNOWN_RESTART_POLICY "unknown-restart-policy" "SW1512" Refused []
        "unknown restart policy",
        "the policy must be no, always, unless-stopped, on-failure or on-failure:TRIES",
        "write one of these policies" => "
        services:
          web:
            image: nginx:1.29
            restart: sometimes
        ";
    UNKNOWN_SETTING_VALUE "unknown-setting-value" "SW1513" Refused []
        "unknown value",
        "the value is not one of the values that the setting accepts",
        "write a value of the Compose Specification" => "
        services:
          web:
            image: nginx:1.29
            ipc: none-of-these
        ";
    RESTART_LOOP "restart-loop" "SW1517" Approximated []
        "program that ends and restarts",
        "Docker restarts the program at once. Kubernetes waits 10 s, and twice as long each time up to 5 min. Kubernetes resets the delay after a run of 10 min",
        "run the program in a loop, such as sh -c 'while true; do PROGRAM; sleep 60; done'" => "
        services:
          backup:
            image: example/backup:1
            command: sh -c 'backup; sleep 60'
            restart: always
        ";
}

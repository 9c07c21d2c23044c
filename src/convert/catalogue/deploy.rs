//! Replicas, resources, placement and updates.

use super::rules;

rules! { DEPLOY by Converter:
    FAILURE_ACTION "SW1501" Approximated ["services.*.deploy.update_config.failure_action",
        "services.*.deploy.update_config.max_failure_ratio"]
        "failure action of an update",
        "a failed update stops, and the status of the Stack reports it. The remaining containers of the old version keep running",
        "re-apply the previous Stack to roll back";
    ROLLBACK "SW1502" Approximated ["services.*.deploy.rollback_config"]
        "rollback settings",
        "the operator has no separate settings for a rollback. If you apply the previous Stack, the operator follows update_config";
    RESTART_DELAY "SW1503" Approximated ["services.*.deploy.restart_policy.delay",
        "services.*.deploy.restart_policy.window"]
        "restart delay",
        "Kubernetes sets its own delay: 10 s before the first restart, and twice as long each time up to 5 min. Kubernetes resets the delay after the container has run for 10 min";
    RESTART_TRIES "SW1504" Approximated []
        "maximum number of restarts",
        "Kubernetes limits the restarts only with condition: on-failure. With condition: any, the container restarts without a limit",
        "write condition: on-failure";
    GENERIC_RESOURCES "SW1505" Refused []
        "generic resource of Swarm",
        "the name is not the name of a Kubernetes resource, so no node offers this resource",
        "write the name of a resource that nodes offer, such as example.com/fpga";
    ALL_DEVICES "SW1506" Approximated []
        "all devices of a node",
        "a Pod cannot request all devices of a node, so the Stack requests one device",
        "write count: with the number of devices";
    DEVICE_IDS "SW1507" Approximated []
        "devices by id",
        "the cluster chooses the devices of a Pod, so the Stack requests as many devices as the list has",
        "write count:, and use nodes with identical devices";
    DEVICE_REQUEST "SW1508" Refused []
        "unknown device",
        "only the GPUs of nvidia, amd and intel have a known resource name on a cluster",
        "write driver: nvidia, amd or intel, or write the name of the resource as driver";
    DEVICE_OPTIONS "SW1509" Approximated []
        "options of a device request",
        "a Pod can request only a number of devices",
        "choose nodes with deploy.placement.constraints";
    CONSTRAINT "SW1510" Refused []
        "unsupported placement constraint",
        "only labels, host name, role and platform of Swarm nodes have a counterpart on a cluster",
        "label the nodes, and write node.labels.NAME==VALUE";
    MODE "SW1511" Refused []
        "unknown deployment mode",
        "the mode must be replicated, global, replicated-job or global-job",
        "write one of these modes";
    UNKNOWN_RESTART_POLICY "SW1512" Refused []
        "unknown restart policy",
        "the policy must be no, always, unless-stopped, on-failure or on-failure:TRIES",
        "write one of these policies";
    UNKNOWN_VALUE "SW1513" Refused []
        "unknown value",
        "the value is not one of the values that the setting accepts",
        "write a value of the Compose Specification";
    RESTART_PACE "SW1517" Approximated []
        "program that ends and restarts",
        "Docker restarts the program at once. Kubernetes waits 10 s, and twice as long each time up to 5 min. Kubernetes resets the delay after a run of 10 min",
        "run the program in a loop, such as sh -c 'while true; do PROGRAM; sleep 60; done'";
}

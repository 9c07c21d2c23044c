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
        "a rollback is an update to the previous Stack, at the pace of update_config";
    RESTART_DELAY "SW1503" Approximated ["services.*.deploy.restart_policy.delay",
        "services.*.deploy.restart_policy.window"]
        "restart delay",
        "Kubernetes restarts a container after 10 s, doubles the delay each time up to 5 min, and resets it after 10 min without an error";
    RESTART_TRIES "SW1504" Approximated []
        "maximum number of restarts",
        "a number of attempts works only with condition: on-failure. With condition: any the container restarts without a limit",
        "write condition: on-failure";
    GENERIC_RESOURCES "SW1505" Refused []
        "generic resource of Swarm",
        "the name is not the name of a Kubernetes resource, so no node offers this resource",
        "write the name of a resource that nodes offer, such as example.com/fpga";
    ALL_DEVICES "SW1506" Approximated []
        "all devices of a node",
        "a Pod requests a number of devices, so the Stack requests one device",
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
        "the setting accepts only certain values, and this is none of them",
        "write a value of the Compose Specification";
    RESTART_PACE "SW1517" Approximated []
        "program that ends and restarts",
        "Docker restarts the program at once. Kubernetes waits 10 s, doubles the delay each time up to 5 min, and resets it after a run of 10 min",
        "repeat the program in the command, as in sh -c 'while true; do PROGRAM; sleep 60; done'";
}

//! Replicas, resources, placement and updates.

use super::rules;

rules! { DEPLOY:
    FAILURE_ACTION "SW1501" Approximated ["services.*.deploy.update_config.failure_action",
        "services.*.deploy.update_config.max_failure_ratio"]
        "what follows when an update fails",
        "an update that fails stops where it is, and the Stack says so; the containers of the old version that are left keep running",
        "apply the Stack of before to go back";
    ROLLBACK "SW1502" Approximated ["services.*.deploy.rollback_config"]
        "how an update is taken back",
        "going back is an update like any other, to the Stack of before, at the pace of update_config",
        "nothing needs to be done";
    RESTART_DELAY "SW1503" Approximated ["services.*.deploy.restart_policy.delay",
        "services.*.deploy.restart_policy.window"]
        "the pace of restarts",
        "Kubernetes waits 10 s before a container is started again, then twice as long each time up to 5 min, and begins anew after 10 min without an error",
        "nothing needs to be done";
    RESTART_TRIES "SW1504" Approximated []
        "restarts that end after so many tries",
        "of the conditions, on-failure has a number of tries on a cluster; any with a number goes on for ever",
        "write condition: on-failure";
    GENERIC_RESOURCES "SW1505" Refused []
        "a resource of Swarm",
        "the name is none of a Kubernetes resource, so no node offers it",
        "write the name of a resource that nodes offer, such as example.com/fpga";
    ALL_DEVICES "SW1506" Approximated []
        "all devices of a node",
        "a pod asks for a number of devices; one is asked for",
        "write count: with the number";
    DEVICE_IDS "SW1507" Approximated []
        "devices by number",
        "the cluster chooses which devices a pod gets; as many are asked for as are named",
        "write count:, and use nodes whose devices are alike";
    DEVICE_REQUEST "SW1508" Refused []
        "a device that no known resource stands for",
        "of the drivers and capabilities only GPUs of nvidia, amd and intel are known by name on a cluster",
        "write driver: nvidia, amd or intel, or the resource's own name as driver";
    DEVICE_OPTIONS "SW1509" Approximated []
        "options of a device request",
        "a pod asks for a number of devices and no more",
        "choose nodes by deploy.placement.constraints";
    CONSTRAINT "SW1510" Refused []
        "a placement constraint that nodes cannot meet",
        "of what Swarm knows about nodes, labels, host name, role and platform have a counterpart",
        "label the nodes and write node.labels.NAME==VALUE";
    MODE "SW1511" Refused []
        "an unknown way of deployment",
        "replicated, global, replicated-job and global-job are known",
        "write one of them";
    RESTART_WORD "SW1512" Refused []
        "an unknown restart policy",
        "no, always, unless-stopped, on-failure and on-failure:TRIES are known",
        "write one of them";
    CONDITION_WORD "SW1513" Refused []
        "an unknown word",
        "the setting takes a word of a list, and this is none of them",
        "write a word that the Compose Specification has";
    RESTART_PACE "SW1517" Approximated []
        "a program that ends by itself and is started again",
        "Docker starts it again at once; Kubernetes waits 10 s, then twice as long each time up to 5 min, and begins anew after a run of 10 min",
        "repeat within the command, as in sh -c 'while true; do PROGRAM; sleep 60; done'";
}

//! What runs, and what the engine and the kernel give it.

use super::rules;

rules! { PROCESS:
    ENGINE_ONLY "SW1101" Ignored ["services.*.attach", "services.*.develop", "services.*.pull_refresh_after"]
        "a setting of the command line",
        "it steers docker compose while a developer works, and says nothing about what runs",
        "nothing needs to be done";
    WINDOWS_ONLY "SW1102" Approximated ["services.*.cpu_count", "services.*.cpu_percent", "services.*.isolation",
        "services.*.credential_spec"]
        "a setting of Windows containers",
        "Stackwright runs Linux containers, where the engine does not look at it either",
        "take it out, or use deploy.resources for limits";
    CPU_TUNING "SW1103" Approximated ["services.*.cpu_rt_period", "services.*.cpu_rt_runtime",
        "services.*.cpuset"]
        "processor tuning that no pod can ask for",
        "Kubernetes has limits and requests of processor time only; real-time budgets and pinning are settings of the node",
        "use deploy.resources.limits.cpus; for pinning, the kubelet's static CPU manager with whole processors";
    CPU_SHARES "SW1104" Approximated []
        "a relative processor weight",
        "on a cluster a weight is what a container reserves: 1024 shares become a reservation of one processor, which a node must have free",
        "write deploy.resources.reservations.cpus";
    CPU_QUOTA "SW1105" Approximated []
        "a processor quota",
        "quota divided by period becomes the processor limit; the length of the period is the node's",
        "write deploy.resources.limits.cpus";
    BLOCK_IO "SW1106" Approximated ["services.*.blkio_config"]
        "weights and limits of block devices",
        "Kubernetes has no setting for a container's block I/O: it is not limited",
        "use a storage class that limits it";
    MEMORY_TUNING "SW1107" Approximated ["services.*.mem_swappiness", "services.*.memswap_limit",
        "services.*.oom_kill_disable", "services.*.oom_score_adj"]
        "memory tuning that no pod can ask for",
        "swap and the order in which processes are killed are the node's: by default there is no swap, and the score follows from requests and limits",
        "set deploy.resources.limits.memory, and reservations equal to it for what must be killed last";
    PIDS "SW1108" Approximated ["services.*.pids_limit", "services.*.deploy.resources.limits.pids"]
        "a limit on processes",
        "Kubernetes limits processes by node only (the kubelet's podPidsLimit), so the service has the node's limit",
        "set podPidsLimit on the nodes";
    ULIMITS "SW1109" Approximated ["services.*.ulimits"]
        "resource limits of the process",
        "Kubernetes has no setting for them: the container has the container runtime's limits, which for open files are mostly higher than those of a host",
        "where a program needs others, set them in its entrypoint (ulimit -n ...) or in the node's container runtime";
    CGROUP "SW1110" Approximated ["services.*.cgroup", "services.*.cgroup_parent",
        "services.*.device_cgroup_rules"]
        "a setting of control groups",
        "Kubernetes places containers into control groups itself, each in a namespace of its own",
        "take it out; what needs all devices can be privileged";
    LOGGING "SW1111" Ignored ["services.*.logging"]
        "where the engine writes logs",
        "on a cluster the kubelet keeps and rotates what a container prints (10 MiB in 5 files by default), and a collector of the cluster reads it",
        "set containerLogMaxSize of the kubelet for other sizes; for another destination install a log collector";
    STORAGE_OPTION "SW1112" Approximated []
        "a storage option",
        "only size has a meaning on a cluster: how much a container may write before it is ended, instead of an error when it writes",
        "use storage_opt.size";
    RUN_USER "SW1113" Refused []
        "a user or group by name",
        "Kubernetes takes numbers only, and only the image knows the number of a name",
        "write the number: docker run --rm IMAGE id NAME tells it";
    ROOT_BY_NAME "SW1114" Mapped []
        "root by its name",
        "root is user 0 in every image",
        "nothing needs to be done";
    UTS "SW1115" Approximated ["services.*.uts"]
        "the node's host name",
        "a pod has a host name of its own, unless it uses the node's network",
        "take it out, or use network_mode: host";
    USERNS "SW1116" Approximated ["services.*.userns_mode"]
        "a user namespace",
        "containers on a cluster run without user namespaces by default, which is what 'host' asks for",
        "nothing needs to be done";
    CONTAINER_REFERENCE "SW1117" Refused []
        "a container outside of the project",
        "a container by name has no meaning on a cluster, where containers come and go; what shares its network or files would run without them",
        "add the container to the project as a service and write service:NAME";
    API_SOCKET "SW1118" Refused ["services.*.use_api_socket"]
        "the engine's socket",
        "there is no Docker engine on a cluster, so a program that steers one cannot work",
        "take the service out, or use a program that speaks with Kubernetes";
    PROVIDER "SW1119" Refused ["services.*.provider"]
        "a service that a program on the developer's machine provides",
        "nothing on a cluster can run the provider's program",
        "run what it provides as a service, or name it as an external service";
    MODELS "SW1120" Refused ["services.*.models", "models"]
        "a model of Docker Model Runner",
        "there is no Docker Model Runner on a cluster, so the service would get neither the model's address nor its name",
        "run a model server as a service and give its address in environment";
    HOOK_PRIVILEGES "SW1121" Approximated []
        "another user for a hook",
        "Kubernetes runs a hook in the container as the container's user, so this one runs before the container starts, in a container of its own with the service's image, mounts and variables: what it does to volumes stays, what it does to other files or to the running program is lost. The service starts when the hook has ended: one that waits for the service's program never ends",
        "use the hook for volumes alone and let it wait for nothing of the service, or run the service as that user";
    PRE_START_SETTING "SW1122" Approximated []
        "a setting of a pre_start container that is the service's own here",
        "the container runs in the service's pod, with its mounts, network, host name and limits",
        "set it on the service, or take it out";
    PRE_START_REPLICA "SW1123" Approximated []
        "how often pre_start runs",
        "it runs before each container of the service, also when a pod is made anew, and not once for all replicas",
        "make it a service of its own that others wait for with service_completed_successfully";
    HEALTH_EMPTY "SW1124" Mapped []
        "a health check without a test",
        "times without a test change the image's own check, which the operator reads from its registry: where the image has none, the service has no check",
        "where the image has no HEALTHCHECK, write test:";
    PULL_INTERVAL "SW1125" Approximated []
        "pulling an image now and then",
        "an image is pulled when a container starts, not after a span of time",
        "restart the service when you want a new image, or deploy it by digest";
    PULL_BUILD "SW1126" Approximated []
        "building in place of pulling",
        "nothing is built on a cluster: the image is pulled when a node does not have it",
        "build and push the image before you apply the Stack";
    CDI_DEVICE "SW1127" Refused []
        "a device by a name of the container device interface",
        "it is not a path of the node, and which resource of a cluster stands for it is not known here",
        "use deploy.resources.reservations.devices, or gpus";
    DEVICE_PERMISSIONS "SW1128" Approximated []
        "permissions of a device",
        "a device of the node is there with all permissions or not at all",
        "take the permissions out";
    BUILD_ONLY "SW1129" Approximated []
        "an image that is built from the project",
        "nothing is built on a cluster, so the image is named as docker compose names what it builds, and the nodes must be able to pull it",
        "build it with docker compose build, push it, and name the registry with --registry";
    BUILD_PUSHED "SW1130" Mapped []
        "an image that is built from the project",
        "the image is pulled from the registry that you named",
        "build and push it under the name that stands in the Stack before you apply it";
    BUILD_SETTINGS "SW1131" Mapped ["services.*.build"]
        "how an image is built",
        "the image is built and pushed outside of the cluster under the name in image, and pulled from there",
        "build with docker compose build, and push the image";
    STOP_SIGNAL "SW1132" Approximated []
        "a stop signal by number",
        "the signal is named by its number, and Kubernetes takes names only",
        "write its name, such as SIGQUIT";
    PLATFORM_VARIANT "SW1133" Approximated []
        "a variant of a platform",
        "nodes say their system and architecture, not its variant",
        "nothing needs to be done";
    EMPTY_ENTRYPOINT "SW1134" Approximated []
        "an entrypoint that is cleared",
        "Kubernetes cannot clear an image's ENTRYPOINT; with a command that is given, the command runs in its place, which is the same",
        "write the command that is to run";
    PRE_START_ENV_FILE "SW1135" Refused ["services.*.pre_start.*.env_file"]
        "variables of a file for a pre_start container",
        "the container has the service's variables and its own environment, and would run without those of the file",
        "name the file in env_file of the service, or write the variables in environment";
    RESERVED_LABEL "SW1136" Approximated []
        "a label that is kept for others",
        "labels of Stackwright and of app.kubernetes.io say whose an object is, so this one is left out",
        "give the label another name";
    SECURITY_OPTION "SW1137" Refused []
        "a security option that no pod has",
        "a seccomp profile is a file of the nodes and not of the project, and other options have no counterpart",
        "put the profile into the kubelet's seccomp folder of each node and write seccomp=localhost/PATH";
    SYSCTL_OF_NODE "SW1138" Refused []
        "a kernel parameter of the node's network",
        "a service with network_mode: host has no network of its own, and neither Docker nor Kubernetes sets the parameter of a whole machine",
        "set it on the nodes, or take network_mode: host out";
    PRE_STOP_PRIVILEGES "SW1139" Refused []
        "another user for a hook before the end",
        "Kubernetes runs a hook before the end in the container as the container's user, who may lack the rights that the hook needs",
        "take user and privileged out of the hook, or give them to the service";
    NO_USER "SW1146" Approximated []
        "a user and a group that are both empty",
        "the Stack sets no user, so the container runs as the image's USER; Docker Engine takes a bare ':' for root where the image has another USER",
        "set the variables that stand in it, or take the key out; where the program needs root, write user: \"0\"";
    GROUP_ALONE "SW1147" Mapped []
        "a group without a user",
        "Docker Engine takes a missing user for root, and so does the Stack",
        "write the user's number before the colon where root is not meant";
}

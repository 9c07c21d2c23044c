//! Processes of a service, and their settings in the container runtime and the kernel.

use super::rules;

rules! { PROCESS by Converter:
    ENGINE_ONLY "SW1101" Ignored ["services.*.attach", "services.*.develop", "services.*.pull_refresh_after"]
        "setting for the docker compose command",
        "the setting controls docker compose during development and does not change what runs";
    WINDOWS_ONLY "SW1102" Approximated ["services.*.cpu_count", "services.*.cpu_percent", "services.*.isolation",
        "services.*.credential_spec"]
        "setting for Windows containers",
        "Stackwright runs Linux containers, and for these Docker ignores the setting too",
        "remove the setting, or set limits in deploy.resources";
    CPU_TUNING "SW1103" Approximated ["services.*.cpu_rt_period", "services.*.cpu_rt_runtime",
        "services.*.cpuset"]
        "CPU tuning",
        "Kubernetes supports only limits and requests of CPU time. Real-time budgets and CPU pinning are settings of the node",
        "set deploy.resources.limits.cpus. For pinning use the static CPU manager policy of the kubelet and whole CPUs";
    CPU_SHARES "SW1104" Approximated []
        "relative CPU weight",
        "on a cluster the weight becomes a CPU reservation, which a node must have free. 1024 shares reserve one CPU",
        "set deploy.resources.reservations.cpus";
    CPU_QUOTA "SW1105" Approximated []
        "CPU quota",
        "the quota divided by the period becomes the CPU limit. The node sets the length of the period",
        "set deploy.resources.limits.cpus";
    BLOCK_IO "SW1106" Approximated ["services.*.blkio_config"]
        "block I/O weights and limits",
        "Kubernetes has no setting for block I/O, so the I/O of the container is not limited",
        "use a StorageClass that limits I/O";
    MEMORY_TUNING "SW1107" Approximated ["services.*.mem_swappiness", "services.*.memswap_limit",
        "services.*.oom_kill_disable", "services.*.oom_score_adj"]
        "memory tuning",
        "the node controls swap and the order in which processes are killed. By default there is no swap, and the OOM score follows from requests and limits",
        "set deploy.resources.limits.memory, and an equal reservation for containers that must be killed last";
    PIDS "SW1108" Approximated ["services.*.pids_limit", "services.*.deploy.resources.limits.pids"]
        "process limit",
        "Kubernetes sets this limit only on the node (podPidsLimit of the kubelet), so the service gets the limit of the node",
        "set podPidsLimit on the nodes";
    ULIMITS "SW1109" Approximated ["services.*.ulimits"]
        "ulimits",
        "Kubernetes has no setting for ulimits. The container gets the limits of the container runtime, whose limit for open files is usually higher than that of a host",
        "set other limits in the entrypoint (ulimit -n ...) or in the container runtime of the node";
    CGROUP "SW1110" Approximated ["services.*.cgroup", "services.*.cgroup_parent",
        "services.*.device_cgroup_rules"]
        "cgroup setting",
        "Kubernetes chooses the cgroup of each container and gives each container its own cgroup namespace",
        "remove the setting. Use privileged for a container that needs all devices";
    LOGGING "SW1111" Ignored ["services.*.logging"]
        "log driver",
        "on a cluster the kubelet keeps and rotates container logs (by default 5 files of 10 MiB), and a log collector reads these files",
        "set containerLogMaxSize of the kubelet for another size, or install a log collector for another destination";
    STORAGE_OPTION "SW1112" Approximated []
        "storage option",
        "only size is supported. The kubelet evicts a Pod whose container writes more. In Docker, the program gets an error",
        "use storage_opt.size";
    RUN_USER "SW1113" Refused []
        "user or group name",
        "Kubernetes accepts only numeric ids, and only the image knows the id of a name",
        "write the number, which docker run --rm IMAGE id NAME prints";
    ROOT_BY_NAME "SW1114" Mapped []
        "root by name",
        "root is user 0 in every image";
    UTS "SW1115" Approximated ["services.*.uts"]
        "host name of the node",
        "a Pod has its own host name unless it uses the network of the node",
        "remove the setting, or use network_mode: host";
    USERNS "SW1116" Approximated ["services.*.userns_mode"]
        "user namespace mode",
        "containers on a cluster run without user namespaces by default, as with the value host";
    CONTAINER_REFERENCE "SW1117" Refused []
        "container outside the project",
        "a cluster cannot find a container outside the project by its name. The service would run without the network or the files of that container",
        "add the container to the project as a service, and write service:NAME";
    API_SOCKET "SW1118" Refused ["services.*.use_api_socket"]
        "Docker API socket",
        "a cluster has no Docker engine, so a program that controls one cannot work",
        "remove the service, or use a program that works with the Kubernetes API";
    PROVIDER "SW1119" Refused ["services.*.provider"]
        "service of a provider",
        "the provider is a program on the developer's machine, which a cluster cannot run",
        "replace the provider by a service with an image, or by an external service";
    MODELS "SW1120" Refused ["services.*.models", "models"]
        "model of Docker Model Runner",
        "a cluster has no Docker Model Runner, so the service would get neither the address nor the name of the model",
        "run a model server as a service, and set its address in environment";
    HOOK_PRIVILEGES "SW1121" Approximated []
        "hook with its own user",
        "Kubernetes runs a hook only as the user of its container. So this hook runs before the service starts, in a separate container with the image, mounts and variables of the service. Changes to volumes persist, and other changes are lost. A hook that waits for the service never ends",
        "change only volumes in the hook and do not wait for the service, or run the service as that user";
    PRE_START_SETTING "SW1122" Approximated []
        "pre_start setting that comes from the service",
        "the pre_start container runs in the Pod of the service, with the mounts, network, host name and limits of the service",
        "set the value on the service, or remove the setting";
    PRE_START_REPLICA "SW1123" Approximated []
        "pre_start that runs once for all replicas",
        "pre_start runs before each container of the service, and again when a Pod is replaced. Docker Compose runs pre_start once for all replicas",
        "move the step to a separate service, and depend on this service with service_completed_successfully";
    HEALTH_EMPTY "SW1124" Mapped []
        "health check without a test",
        "the times apply to the check of the image, which the operator reads from the registry. If the image has no check, the service has none",
        "write test: if the image has no HEALTHCHECK";
    PULL_INTERVAL "SW1125" Approximated []
        "periodic image pull",
        "a node pulls an image when a container starts, not after an interval",
        "restart the service to get a new image, or deploy the image by digest";
    PULL_BUILD "SW1126" Approximated []
        "pull policy build",
        "a cluster does not build images. A node pulls the image if the node does not have it",
        "build and push the image before you apply the Stack";
    CDI_DEVICE "SW1127" Refused []
        "CDI device",
        "a name of the Container Device Interface is not a path of the node, and Stackwright does not know the matching resource of the cluster",
        "use deploy.resources.reservations.devices, or gpus";
    DEVICE_PERMISSIONS "SW1128" Approximated []
        "device permissions",
        "a container gets a device of the node with all permissions or not at all",
        "remove the permissions";
    BUILD_ONLY "SW1129" Approximated []
        "built image without a registry",
        "a cluster does not build images. The Stack uses the image name of docker compose, and the nodes must be able to pull this image",
        "run docker compose build, push the image, and name the registry with --registry";
    BUILD_PUSHED "SW1130" Mapped []
        "built image",
        "the nodes pull the image from the registry that you named",
        "build and push the image under its name in the Stack before you apply the Stack";
    BUILD_SETTINGS "SW1131" Mapped ["services.*.build"]
        "build settings",
        "the image is built and pushed outside the cluster under the name in image, and the nodes pull it from there",
        "run docker compose build, and push the image";
    STOP_SIGNAL "SW1132" Approximated []
        "stop signal as a number",
        "Kubernetes accepts only the names of signals, so the number becomes a name",
        "write the name, such as SIGQUIT";
    PLATFORM_VARIANT "SW1133" Approximated []
        "platform variant",
        "nodes report their operating system and architecture, but not the variant";
    EMPTY_ENTRYPOINT "SW1134" Approximated []
        "cleared entrypoint",
        "Kubernetes cannot clear the ENTRYPOINT of an image. A command, if there is one, runs in place of the entrypoint, with the same result",
        "write the command to run";
    PRE_START_ENV_FILE "SW1135" Refused ["services.*.pre_start.*.env_file"]
        "env_file of a pre_start container",
        "the container gets only the variables of the service and its own environment, and would run without the variables of the file",
        "add the file to env_file of the service, or write the variables in environment";
    RESERVED_LABEL "SW1136" Approximated []
        "reserved label",
        "labels of Stackwright and app.kubernetes.io identify the owner of an object, so this label is left out",
        "rename the label";
    SECURITY_OPTION "SW1137" Refused []
        "security option without a counterpart",
        "a seccomp profile is a file on the nodes, not in the project. Other options have no counterpart in Kubernetes",
        "copy the profile to the seccomp folder of the kubelet on each node, and write seccomp=localhost/PATH";
    SYSCTL_OF_NODE "SW1138" Refused []
        "sysctl of the node's network",
        "a service with network_mode: host uses the network of the node, and neither Docker nor Kubernetes sets a kernel parameter for the whole node",
        "set the parameter on the nodes, or remove network_mode: host";
    PRE_STOP_PRIVILEGES "SW1139" Refused []
        "pre_stop hook with its own user",
        "Kubernetes runs a hook as the user of its container, and this user can lack the rights that the hook needs",
        "remove user and privileged from the hook, or set them on the service";
    NO_USER "SW1146" Approximated []
        "empty user and group",
        "the Stack sets no user, so the container runs as the USER of the image. Docker Engine runs a bare ':' as root, even if the image has another USER",
        "set the variables in the value, or remove the key. If the program needs root, write user: \"0\"";
    GROUP_ALONE "SW1147" Mapped []
        "group without a user",
        "Docker Engine runs the container as root if the user is missing, and so does the Stack",
        "write a numeric user before the colon if the program must not run as root";
}

//! Settings of the container runtime, the kernel and the node.

use super::list;

list! { NODE by Converter:
    WINDOWS_CONTAINER_SETTING "windows-container-setting" "SW1102" Approximated
        ["services.*.cpu_count", "services.*.cpu_percent", "services.*.isolation",
        "services.*.credential_spec"]
        "setting for Windows containers",
        "Stackwright runs Linux containers, and for these Docker ignores the setting too",
        "remove the setting, or set limits in deploy.resources" => "
        services:
          web:
            image: nginx:1.29
            cpu_count: 2
        ";
    CPU_TUNING "cpu-tuning" "SW1103" Approximated ["services.*.cpu_rt_period", "services.*.cpu_rt_runtime",
        "services.*.cpuset"]
        "CPU tuning",
        "Kubernetes supports only limits and requests of CPU time. Real-time budgets and CPU pinning are settings of the node",
        "set deploy.resources.limits.cpus. For pinning use the static CPU manager policy of the kubelet and whole CPUs" => "
        services:
          web:
            image: nginx:1.29
            cpuset: 0,1
        ";
    CPU_SHARES "cpu-shares" "SW1104" Approximated []
        "relative CPU weight",
        "on a cluster the weight becomes a CPU reservation, which a node must have free. 1024 shares reserve one CPU",
        "set deploy.resources.reservations.cpus" => "
        services:
          web:
            image: nginx:1.29
            cpu_shares: 512
        ";
    CPU_QUOTA "cpu-quota" "SW1105" Approximated []
        "CPU quota",
        "the quota divided by the period becomes the CPU limit. The node sets the length of the period",
        "set deploy.resources.limits.cpus" => "
        services:
          web:
            image: nginx:1.29
            cpu_quota: 50000
            cpu_period: 100000
        ";
    BLOCK_IO "block-io" "SW1106" Approximated ["services.*.blkio_config"]
        "block I/O weights and limits",
        "Kubernetes has no setting for block I/O, so the I/O of the container is not limited",
        "use a StorageClass that limits I/O" => "
        services:
          web:
            image: nginx:1.29
            blkio_config: {weight: 300}
        ";
    MEMORY_TUNING "memory-tuning" "SW1107" Approximated
        ["services.*.mem_swappiness", "services.*.memswap_limit",
        "services.*.oom_kill_disable", "services.*.oom_score_adj"]
        "memory tuning",
        "the node controls swap and the order in which processes are killed. By default there is no swap, and the OOM score follows from requests and limits",
        "set deploy.resources.limits.memory, and an equal reservation for containers that must be killed last" => "
        services:
          web:
            image: nginx:1.29
            memswap_limit: 1g
        ";
    PROCESS_LIMIT "process-limit" "SW1108" Approximated
        ["services.*.pids_limit", "services.*.deploy.resources.limits.pids"]
        "process limit",
        "Kubernetes sets this limit only on the node (podPidsLimit of the kubelet), so the service gets the limit of the node",
        "set podPidsLimit on the nodes" => "
        services:
          web:
            image: nginx:1.29
            pids_limit: 100
        ";
    ULIMITS "ulimits" "SW1109" Approximated ["services.*.ulimits"]
        "ulimits",
        "Kubernetes has no setting for ulimits. The container gets the limits of the container runtime, whose limit for open files is usually higher than that of a host",
        "set other limits in the entrypoint (ulimit -n ...) or in the container runtime of the node" => "
        services:
          db:
            image: postgres:17
            ulimits: {nofile: 65536}
        ";
    CGROUP "cgroup" "SW1110" Approximated ["services.*.cgroup", "services.*.cgroup_parent",
        "services.*.device_cgroup_rules"]
        "cgroup setting",
        "Kubernetes chooses the cgroup of each container and gives each container its own cgroup namespace",
        "remove the setting. Use privileged for a container that needs all devices" => "
        services:
          web:
            image: nginx:1.29
            cgroup: host
        ";
    LOG_DRIVER "log-driver" "SW1111" Ignored ["services.*.logging"]
        "log driver",
        "on a cluster the kubelet keeps and rotates container logs (by default 5 files of 10 MiB), and a log collector reads these files",
        "set containerLogMaxSize of the kubelet for another size, or install a log collector for another destination" => "
        services:
          web:
            image: nginx:1.29
            logging: {driver: syslog}
        ";
    STORAGE_OPTION "storage-option" "SW1112" Approximated []
        "storage option",
        "only size is supported. The kubelet evicts a Pod whose container writes more. In Docker, the program gets an error",
        "use storage_opt.size" => "
        services:
          web:
            image: nginx:1.29
            storage_opt: {size: 1G}
        ";
    HOST_UTS "host-uts" "SW1115" Approximated ["services.*.uts"]
        "host name of the node",
        "a Pod has its own host name unless it uses the network of the node",
        "remove the setting, or use network_mode: host" => "
        services:
          web:
            image: nginx:1.29
            uts: host
        ";
    USER_NAMESPACE "user-namespace" "SW1116" Approximated ["services.*.userns_mode"]
        "user namespace mode",
        "containers on a cluster run without user namespaces by default, as with the value host" => "
        services:
          web:
            image: nginx:1.29
            userns_mode: host
        ";
    CDI_DEVICE "cdi-device" "SW1127" Refused []
        "CDI device",
        "a name of the Container Device Interface is not a path of the node, and Stackwright does not know the matching resource of the cluster",
        "use deploy.resources.reservations.devices, or gpus" => "
        services:
          train:
            image: example/train:1
            devices: ['vendor.com/device=gpu']
        ";
    DEVICE_PERMISSIONS "device-permissions" "SW1128" Approximated []
        "device permissions",
        "a container gets a device of the node with all permissions or not at all",
        "remove the permissions" => "
        services:
          web:
            image: nginx:1.29
            devices: ['/dev/ttyUSB0:/dev/ttyUSB0:r']
        ";
    PLATFORM_VARIANT "platform-variant" "SW1133" Approximated []
        "platform variant",
        "nodes report their operating system and architecture, but not the variant" => "
        services:
          web:
            image: nginx:1.29
            platform: linux/arm/v7
        ";
    SECURITY_OPTION "security-option" "SW1137" Refused []
        "security option without a counterpart",
        "a seccomp profile is a file on the nodes, not in the project. Other options have no counterpart in Kubernetes",
        "copy the profile to the seccomp folder of the kubelet on each node, and write seccomp=localhost/PATH" => "
        services:
          web:
            image: nginx:1.29
            security_opt: ['seccomp:profile.json']
        ";
    NODE_SYSCTL "node-sysctl" "SW1138" Refused []
        "sysctl of the node's network",
        "a service with network_mode: host uses the network of the node, and neither Docker nor Kubernetes sets a kernel parameter for the whole node",
        "set the parameter on the nodes, or remove network_mode: host" => "
        services:
          web:
            image: nginx:1.29
            network_mode: host
            sysctls: {net.core.somaxconn: 1024}
        ";
}

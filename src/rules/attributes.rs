//! The attributes of the Compose Specification and their counterparts on the cluster, for the table in docs/compose.md.

/// An attribute with a counterpart on the cluster.
#[derive(Debug)]
pub struct Attribute {
    /// The path in the schema.
    pub path: &'static str,
    /// The field of the Stack, or a short text.
    pub becomes: &'static str,
    /// The ids of the rules for some values.
    pub rules: &'static [&'static str],
}

macro_rules! attributes {
    ($($path:literal => $becomes:literal [$($rule:literal),* $(,)?];)+) => {
        /// All attributes with a counterpart on the cluster for at least some values.
        pub static ATTRIBUTES: &[Attribute] =
            &[$(Attribute { path: $path, becomes: $becomes, rules: &[$($rule),*] }),+];
    };
}

attributes! {
    "version" => "obsolete: checked by the loader, then left out" [];
    "name" => "`metadata.name`" ["renamed-project"];
    "include" => "included by the loader" [];
    "jobs" => "`spec.jobs`: the settings are those of services" ["job-ports", "job-health-check", "job-alias"];
    "jobs.*.triggers.manual" => "`triggers.manual`" [];
    "jobs.*.triggers.schedule" => "`triggers.schedule`" ["schedule", "several-schedules", "time-zone"];
    "services" => "`spec.services`"
        ["lower-cased-service", "renamed-service", "old-service-name", "generated-name", "generated-name-of-one", "extension", "unknown-x-stackwright", "operator-approximation", "needs-privilege", "invalid-object-name", "address-conflict", "invalid-reference", "unsupported-value",
        "over-limit", "rejected-value", "object-too-large", "no-verdict"];
    "networks" => "`spec.networks`" ["extension", "unknown-x-stackwright"];
    "volumes" => "`spec.volumes`" ["extension", "unknown-x-stackwright", "renamed-volume"];
    "secrets" => "`spec.secrets` and a Secret" ["extension"];
    "configs" => "`spec.configs` and a ConfigMap, or a Secret if the content has a secret" ["extension", "secret-value"];

    "services.*.annotations" => "`annotations`" ["reserved-label", "secret-in-plain-text"];
    "services.*.build" => "`image`, built and pushed outside the cluster" ["image-without-registry", "built-image", "build-settings"];
    "services.*.cap_add" => "`capAdd`" [];
    "services.*.cap_drop" => "`capDrop`" [];
    "services.*.command" => "`command`" ["secret-value", "host-network-localhost"];
    "services.*.configs" => "`configs`" ["user-by-name", "invalid-mount-path"];
    "services.*.container_name" => "`containerName`" ["invalid-alias", "invalid-alias-in-use", "alias-of-other-service", "ambiguous-name", "name-of-more-services"];
    "services.*.cpu_period" => "`deploy.resources.limits.cpus`" ["cpu-quota"];
    "services.*.cpu_quota" => "`deploy.resources.limits.cpus`" ["cpu-quota"];
    "services.*.cpu_shares" => "`deploy.resources.reservations.cpus`" ["cpu-shares"];
    "services.*.cpus" => "`deploy.resources.limits.cpus`" [];
    "services.*.depends_on" => "`dependsOn`" ["dependency-without-health-check", "image-health-check"];
    "services.*.depends_on.*.condition" => "`dependsOn.*.condition`" ["dependency-without-health-check", "unknown-setting-value", "image-health-check"];
    "services.*.deploy" => "`deploy`" [];
    "services.*.deploy.endpoint_mode" => "`deploy.endpointMode`" ["unknown-setting-value"];
    "services.*.deploy.labels" => "`deploy.labels`" ["reserved-label", "secret-in-label"];
    "services.*.deploy.mode" => "`deploy.mode`" ["unknown-deploy-mode"];
    "services.*.deploy.placement.constraints" => "`deploy.placement.constraints`" ["placement-constraint"];
    "services.*.deploy.placement.preferences" => "`deploy.placement.spread`" ["placement-constraint"];
    "services.*.deploy.resources.reservations.devices" => "`deploy.resources.devices`"
        ["all-devices", "device-ids", "unknown-device", "device-options"];
    "services.*.deploy.resources.reservations.generic_resources" => "`deploy.resources.devices`" ["generic-resource"];
    "services.*.deploy.restart_policy" => "`restart`" ["restart-limit", "unknown-restart-policy", "restart-loop"];
    "services.*.deploy.update_config" => "`deploy.updateConfig`" ["unknown-setting-value"];
    "services.*.devices" => "`devices`" ["cdi-device", "device-permissions"];
    "services.*.dns" => "`dns`" ["dns-servers", "fixed-address-use"];
    "services.*.dns_opt" => "`dnsOpt`" [];
    "services.*.dns_search" => "`dnsSearch`" [];
    "services.*.domainname" => "`domainname`" [];
    "services.*.entrypoint" => "`entrypoint`" ["cleared-entrypoint", "secret-value"];
    "services.*.env_file" => "read by the loader into keys of a Secret" ["secret-value"];
    "services.*.environment" => "`environment`, and `environmentFrom` for secrets" ["secret-value", "fixed-address-use", "docker-host-name", "host-network-localhost"];
    "services.*.expose" => "`expose`" ["invalid-expose"];
    "services.*.extends" => "resolved by the loader" [];
    "services.*.external_links" => "`externalLinks`" ["external-link", "external-link-without-namespace", "ambiguous-name"];
    "services.*.extra_hosts" => "`extraHosts`" ["host-gateway", "unsupported-extra-host", "fixed-address-use"];
    "services.*.gpus" => "`deploy.resources.devices`" ["all-devices", "device-ids", "unknown-device", "device-options"];
    "services.*.group_add" => "`groupAdd`" ["user-by-name"];
    "services.*.healthcheck" => "`healthcheck`" ["health-check-without-test", "secret-in-command", "password-in-script"];
    "services.*.hostname" => "`hostname`" ["alias-of-other-service", "invalid-host-name", "ambiguous-name", "name-of-more-services", "ambiguous-host-name"];
    "services.*.image" => "`image`" [];
    "services.*.init" => "`init`" [];
    "services.*.ipc" => "`ipc`" ["container-outside-project", "unknown-setting-value"];
    "services.*.label_file" => "read by the loader into `labels`" [];
    "services.*.labels" => "`labels`, and `autoheal: true` becomes `healthcheck.onUnhealthy: Restart`" ["reserved-label", "secret-in-label"];
    "services.*.links" => "`aliases` of the linked service and `dependsOn`"
        ["link-alias", "invalid-alias", "invalid-alias-in-use", "ambiguous-name"];
    "services.*.mem_limit" => "`deploy.resources.limits.memory`" [];
    "services.*.mem_reservation" => "`deploy.resources.reservations.memory`" [];
    "services.*.network_mode" => "`networkMode`" ["container-outside-project", "default-bridge", "unknown-setting-value"];
    "services.*.networks" => "`networks`" [];
    "services.*.networks.*.aliases" => "`networks.*.aliases`" ["invalid-alias", "invalid-alias-in-use", "alias-of-other-service", "ambiguous-name", "name-of-more-services"];
    "services.*.networks.*.use_service_name_alias" => "`networks.*.useServiceNameAlias`" [];
    "services.*.pid" => "`pid`" ["container-outside-project", "unknown-setting-value"];
    "services.*.platform" => "`platform`" ["platform-variant", "unknown-setting-value"];
    "services.*.ports" => "`ports`" [];
    "services.*.ports.*.host_ip" => "`ports[].hostIp`" ["host-address"];
    "services.*.ports.*.protocol" => "`ports[].protocol`" ["unsupported-port"];
    "services.*.ports.*.published" => "`ports[].published`" ["host-port-range", "free-host-port", "unsupported-port"];
    "services.*.ports.*.target" => "`ports[].target`" ["free-host-port", "unsupported-port"];
    "services.*.ports.*.mode" => "`ports[].mode`" ["unknown-setting-value"];
    "services.*.post_start" => "`postStart`" ["windows-path", "secret-in-command"];
    "services.*.post_start.*.privileged" => "`postStart[].privileged`" ["hook-user"];
    "services.*.post_start.*.user" => "`postStart[].user`" ["user-by-name", "hook-user"];
    "services.*.pre_start" => "`preStart`: command, image, user, privileged, working_dir and environment"
        ["windows-path", "pre-start-setting", "pre-start-per-replica", "secret-value"];
    "services.*.pre_start.*.env_file" => "read by the loader into `environment`" ["secret-value"];
    "services.*.pre_stop" => "`preStop`" ["windows-path", "secret-in-command"];
    "services.*.pre_stop.*.privileged" => "nothing" ["pre-stop-user"];
    "services.*.pre_stop.*.user" => "nothing: the hook runs as the user of the service" ["user-by-name", "pre-stop-user"];
    "services.*.privileged" => "`privileged`" [];
    "services.*.profiles" => "`profiles`, and `spec.profiles` for the active ones" ["empty-profile"];
    "services.*.pull_policy" => "`pullPolicy`" ["pull-interval", "pull-policy-build", "unknown-setting-value"];
    "services.*.read_only" => "`readOnly`" [];
    "services.*.restart" => "`restart`" ["unknown-restart-policy", "restart-loop"];
    "services.*.runtime" => "`runtime`" [];
    "services.*.scale" => "`deploy.replicas`" [];
    "services.*.secrets" => "`secrets`" ["user-by-name", "invalid-mount-path"];
    "services.*.security_opt" => "`securityOpt`" ["security-option"];
    "services.*.shm_size" => "`shmSize`" [];
    "services.*.stdin_open" => "`stdinOpen`" [];
    "services.*.stop_grace_period" => "`stopGracePeriod`" [];
    "services.*.stop_signal" => "`stopSignal`" ["numeric-stop-signal", "unknown-setting-value"];
    "services.*.storage_opt" => "`storageSize` from `size`" ["storage-option"];
    "services.*.sysctls" => "`sysctls`" ["node-sysctl"];
    "services.*.tmpfs" => "`tmpfs`" ["windows-path", "tmpfs-option", "invalid-mount-path"];
    "services.*.tty" => "`tty`" [];
    "services.*.umask" => "nothing for 0022" ["umask"];
    "services.*.user" => "`user`" ["user-by-name", "root-by-name", "empty-user", "group-without-user"];
    "services.*.volumes" => "`volumes`, `files` or `tmpfs`" ["mount-type", "relative-mount-path", "invalid-mount-path"];
    "services.*.volumes.*.source" => "`volumes[].source`, `hostPath` or `image`, and `files` for files beside the Compose file"
        ["host-path", "copied-files", "data-folder", "docker-socket", "host-time-zone", "source-tree", "files-too-large", "unreadable-mount", "writable-copy", "written-folder", "data-file", "empty-folder", "bind-mount-outside-project", "data-not-copied", "files-outside-project", "link-outside-project", "windows-path",
        "outside-confined-folder"];
    "services.*.volumes.*.bind.propagation" => "`volumes[].propagation`" ["mount-propagation"];
    "services.*.volumes_from" => "the mounts of the other service" ["container-outside-project", "volumes-from"];
    "services.*.working_dir" => "`workingDir`" ["windows-path"];

    "networks.*.driver" => "nothing: the network plugin of the cluster connects Pods" ["network-driver", "host-network-driver"];
    "networks.*.external" => "`networks.*.sharedName`" [];
    "networks.*.internal" => "`networks.*.internal`" [];
    "networks.*.name" => "`networks.*.sharedName`, unless the name is the default of Compose" [];
    "volumes.*.driver" => "nothing for local" ["volume-driver", "data-elsewhere"];
    "volumes.*.driver_opts" => "`volumes.*.nfs`, `hostPath` or `size`, a PersistentVolume and its claim for NFS options, and `tmpfs` of the service for memory"
        ["volume-driver", "volume-driver-options", "volume-in-host-folder", "data-folder", "written-folder", "files-outside-project", "data-elsewhere", "nfs-mount-options", "memory-volume", "shared-memory-volume", "incomplete-nfs"];
    "volumes.*.external" => "`volumes.*.claimName`" ["external-volume"];
    "volumes.*.labels" => "`volumes.*.labels`" ["volume-labels", "secret-in-label"];
    "volumes.*.name" => "`volumes.*.claimName` of an external volume" ["volume-name", "external-volume"];
    "secrets.*.environment" => "a key of a Secret" ["secret-of-unset-variable"];
    "secrets.*.external" => "the Secret with this name" ["external-secret"];
    "secrets.*.file" => "a key of a Secret" ["missing-secret-file", "secret-too-large", "outside-confined-folder"];
    "secrets.*.name" => "the name of an external Secret" ["external-secret", "secret-name"];
    "configs.*.content" => "a key of a ConfigMap" ["secret-value"];
    "configs.*.environment" => "a key of a ConfigMap" ["secret-of-unset-variable"];
    "configs.*.external" => "the ConfigMap with this name" ["external-secret"];
    "configs.*.file" => "a key of a ConfigMap, or of a Secret for a private key" ["missing-secret-file", "secret-too-large", "files-outside-project", "link-outside-project", "outside-confined-folder"];
    "configs.*.name" => "the name of an external ConfigMap" ["external-secret", "secret-name"];
}

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
    "name" => "`metadata.name`" ["SW1003"];
    "include" => "included by the loader" [];
    "jobs" => "checked by the loader, then left out, since no command of Compose runs jobs" [];
    "services" => "`spec.services`"
        ["SW1004", "SW1005", "SW1006", "SW1229", "SW1230", "SW1001", "SW1002", "SW1801", "SW1802", "SW1803", "SW1804", "SW1805", "SW1806",
        "SW1811", "SW1812", "SW1813", "SW1999"];
    "networks" => "`spec.networks`" ["SW1001", "SW1002"];
    "volumes" => "`spec.volumes`" ["SW1001", "SW1002", "SW1007"];
    "secrets" => "`spec.secrets` and a Secret" ["SW1001"];
    "configs" => "`spec.configs` and a ConfigMap, or a Secret if the content has a secret" ["SW1001", "SW1401"];

    "services.*.annotations" => "`annotations`" ["SW1136", "SW1402"];
    "services.*.build" => "`image`, built and pushed outside the cluster" ["SW1129", "SW1130", "SW1131"];
    "services.*.cap_add" => "`capAdd`" [];
    "services.*.cap_drop" => "`capDrop`" [];
    "services.*.command" => "`command`" ["SW1401", "SW1724"];
    "services.*.configs" => "`configs`" ["SW1113", "SW1313"];
    "services.*.container_name" => "`containerName`" ["SW1213", "SW1214", "SW1215", "SW1227", "SW1228"];
    "services.*.cpu_period" => "`deploy.resources.limits.cpus`" ["SW1105"];
    "services.*.cpu_quota" => "`deploy.resources.limits.cpus`" ["SW1105"];
    "services.*.cpu_shares" => "`deploy.resources.reservations.cpus`" ["SW1104"];
    "services.*.cpus" => "`deploy.resources.limits.cpus`" [];
    "services.*.depends_on" => "`dependsOn`" ["SW1008", "SW1720"];
    "services.*.depends_on.*.condition" => "`dependsOn.*.condition`" ["SW1008", "SW1513", "SW1720"];
    "services.*.deploy" => "`deploy`" [];
    "services.*.deploy.endpoint_mode" => "`deploy.endpointMode`" ["SW1513"];
    "services.*.deploy.labels" => "`deploy.labels`" ["SW1136", "SW1411"];
    "services.*.deploy.mode" => "`deploy.mode`" ["SW1511"];
    "services.*.deploy.placement.constraints" => "`deploy.placement.constraints`" ["SW1510"];
    "services.*.deploy.placement.preferences" => "`deploy.placement.spread`" ["SW1510"];
    "services.*.deploy.resources.reservations.devices" => "`deploy.resources.devices`"
        ["SW1506", "SW1507", "SW1508", "SW1509"];
    "services.*.deploy.resources.reservations.generic_resources" => "`deploy.resources.devices`" ["SW1505"];
    "services.*.deploy.restart_policy" => "`restart`" ["SW1504", "SW1512", "SW1517"];
    "services.*.deploy.update_config" => "`deploy.updateConfig`" ["SW1513"];
    "services.*.devices" => "`devices`" ["SW1127", "SW1128"];
    "services.*.dns" => "`dns`" ["SW1223", "SW1715"];
    "services.*.dns_opt" => "`dnsOpt`" [];
    "services.*.dns_search" => "`dnsSearch`" [];
    "services.*.domainname" => "`domainname`" [];
    "services.*.entrypoint" => "`entrypoint`" ["SW1134", "SW1401"];
    "services.*.env_file" => "read by the loader into keys of a Secret" ["SW1401"];
    "services.*.environment" => "`environment`, and `environmentFrom` for secrets" ["SW1401", "SW1715", "SW1716", "SW1724"];
    "services.*.expose" => "`expose`" ["SW1222"];
    "services.*.extends" => "resolved by the loader" [];
    "services.*.external_links" => "`externalLinks`" ["SW1212", "SW1226", "SW1227"];
    "services.*.extra_hosts" => "`extraHosts`" ["SW1220", "SW1225", "SW1715"];
    "services.*.gpus" => "`deploy.resources.devices`" ["SW1506", "SW1507", "SW1508", "SW1509"];
    "services.*.group_add" => "`groupAdd`" ["SW1113"];
    "services.*.healthcheck" => "`healthcheck`" ["SW1124", "SW1410", "SW1755"];
    "services.*.hostname" => "`hostname`" ["SW1215", "SW1221", "SW1227", "SW1228", "SW1231"];
    "services.*.image" => "`image`" [];
    "services.*.init" => "`init`" [];
    "services.*.ipc" => "`ipc`" ["SW1117", "SW1513"];
    "services.*.label_file" => "read by the loader into `labels`" [];
    "services.*.labels" => "`labels`, and `autoheal: true` becomes `healthcheck.onUnhealthy: Restart`" ["SW1136", "SW1411"];
    "services.*.links" => "`aliases` of the linked service and `dependsOn`"
        ["SW1211", "SW1213", "SW1214", "SW1227"];
    "services.*.mem_limit" => "`deploy.resources.limits.memory`" [];
    "services.*.mem_reservation" => "`deploy.resources.reservations.memory`" [];
    "services.*.network_mode" => "`networkMode`" ["SW1117", "SW1210", "SW1513"];
    "services.*.networks" => "`networks`" [];
    "services.*.networks.*.aliases" => "`networks.*.aliases`" ["SW1213", "SW1214", "SW1215", "SW1227", "SW1228"];
    "services.*.pid" => "`pid`" ["SW1117", "SW1513"];
    "services.*.platform" => "`platform`" ["SW1133", "SW1513"];
    "services.*.ports" => "`ports`" [];
    "services.*.ports.*.host_ip" => "`ports[].hostIp`" ["SW1224"];
    "services.*.ports.*.protocol" => "`ports[].protocol`" ["SW1219"];
    "services.*.ports.*.published" => "`ports[].published`" ["SW1217", "SW1218", "SW1219"];
    "services.*.ports.*.target" => "`ports[].target`" ["SW1218", "SW1219"];
    "services.*.ports.*.mode" => "`ports[].mode`" ["SW1513"];
    "services.*.post_start" => "`postStart`" ["SW1010", "SW1410"];
    "services.*.post_start.*.privileged" => "`postStart[].privileged`" ["SW1121"];
    "services.*.post_start.*.user" => "`postStart[].user`" ["SW1113", "SW1121"];
    "services.*.pre_start" => "`preStart`: command, image, user, privileged, working_dir and environment"
        ["SW1010", "SW1122", "SW1123", "SW1401"];
    "services.*.pre_stop" => "`preStop`" ["SW1010", "SW1410"];
    "services.*.pre_stop.*.privileged" => "nothing" ["SW1139"];
    "services.*.pre_stop.*.user" => "nothing: the hook runs as the user of the service" ["SW1113", "SW1139"];
    "services.*.privileged" => "`privileged`" [];
    "services.*.profiles" => "`profiles`, and `spec.profiles` for the active ones" ["SW1009"];
    "services.*.pull_policy" => "`pullPolicy`" ["SW1125", "SW1126", "SW1513"];
    "services.*.read_only" => "`readOnly`" [];
    "services.*.restart" => "`restart`" ["SW1512", "SW1517"];
    "services.*.runtime" => "`runtime`" [];
    "services.*.scale" => "`deploy.replicas`" [];
    "services.*.secrets" => "`secrets`" ["SW1113", "SW1313"];
    "services.*.security_opt" => "`securityOpt`" ["SW1137"];
    "services.*.shm_size" => "`shmSize`" [];
    "services.*.stdin_open" => "`stdinOpen`" [];
    "services.*.stop_grace_period" => "`stopGracePeriod`" [];
    "services.*.stop_signal" => "`stopSignal`" ["SW1132", "SW1513"];
    "services.*.storage_opt" => "`storageSize` from `size`" ["SW1112"];
    "services.*.sysctls" => "`sysctls`" ["SW1138"];
    "services.*.tmpfs" => "`tmpfs`" ["SW1010", "SW1307", "SW1313"];
    "services.*.tty" => "`tty`" [];
    "services.*.user" => "`user`" ["SW1113", "SW1114", "SW1146", "SW1147"];
    "services.*.volumes" => "`volumes`, `files` or `tmpfs`" ["SW1305", "SW1311", "SW1313"];
    "services.*.volumes.*.source" => "`volumes[].source`, `hostPath` or `image`, and `files` for files beside the Compose file"
        ["SW1351", "SW1352", "SW1353", "SW1354", "SW1355", "SW1356", "SW1357", "SW1358", "SW1359", "SW1360", "SW1361", "SW1362", "SW1363", "SW1364", "SW1365", "SW1366", "SW1010",
        "SW1013"];
    "services.*.volumes.*.bind.propagation" => "`volumes[].propagation`" ["SW1310"];
    "services.*.volumes_from" => "the mounts of the other service" ["SW1117", "SW1308"];
    "services.*.working_dir" => "`workingDir`" ["SW1010"];

    "networks.*.driver" => "nothing: the network plugin of the cluster connects Pods" ["SW1201", "SW1202"];
    "networks.*.external" => "`networks.*.sharedName`" [];
    "networks.*.internal" => "`networks.*.internal`" [];
    "networks.*.name" => "`networks.*.sharedName`, unless the name is the default of Compose" [];
    "volumes.*.driver" => "nothing for local" ["SW1301", "SW1316"];
    "volumes.*.driver_opts" => "`volumes.*.nfs`, `hostPath` or `size`, a PersistentVolume and its claim for NFS options, and `tmpfs` of the service for memory"
        ["SW1301", "SW1302", "SW1303", "SW1353", "SW1360", "SW1365", "SW1316", "SW1317", "SW1318", "SW1319", "SW1320"];
    "volumes.*.external" => "`volumes.*.claimName`" ["SW1312"];
    "volumes.*.labels" => "`volumes.*.labels`" ["SW1321", "SW1411"];
    "volumes.*.name" => "`volumes.*.claimName` of an external volume" ["SW1309", "SW1312"];
    "secrets.*.environment" => "a key of a Secret" ["SW1405"];
    "secrets.*.external" => "the Secret with this name" ["SW1403"];
    "secrets.*.file" => "a key of a Secret" ["SW1408", "SW1409", "SW1013"];
    "secrets.*.name" => "the name of an external Secret" ["SW1403", "SW1407"];
    "configs.*.content" => "a key of a ConfigMap" ["SW1401"];
    "configs.*.environment" => "a key of a ConfigMap" ["SW1405"];
    "configs.*.external" => "the ConfigMap with this name" ["SW1403"];
    "configs.*.file" => "a key of a ConfigMap, or of a Secret for a private key" ["SW1408", "SW1409", "SW1365", "SW1366", "SW1013"];
    "configs.*.name" => "the name of an external ConfigMap" ["SW1403", "SW1407"];
}

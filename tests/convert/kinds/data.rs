//! Volumes with data elsewhere, which a new disk would hide.

use serde_json::{Value, json};

use super::{converted, said};

const RULES: [&str; 11] = [
    "volume-driver",
    "volume-driver-options",
    "volume-in-host-folder",
    "data-elsewhere",
    "nfs-mount-options",
    "memory-volume",
    "shared-memory-volume",
    "incomplete-nfs",
    "volume-labels",
    "secret-in-plain-text",
    "persistent-volume-without-namespace",
];

/// Returns the entries of the volume `data`, the volume in the Stack, and the mounts and tmpfs of the services.
fn outcome(volume: &str, services: &str) -> (Vec<String>, Value, Value) {
    let services: String = services
        .lines()
        .map(|line| format!("  {line}\n").replacen(": {", ": {image: 'b:1', restart: always, ", 1))
        .collect();
    let converted = converted(&format!("services:\n{services}volumes:\n  data: {volume}\n"), &[], &[]);
    let problems = crate::problems(&converted.stack);
    assert!(problems.is_empty(), "{volume}: {problems:?}");
    let spec = serde_json::to_value(&converted.stack.spec).unwrap();
    let mounts = spec["services"].as_object().unwrap().iter().map(|(name, service)| {
        let of = |key: &str| service.get(key).cloned().into_iter();
        (name.clone(), of("volumes").chain(of("tmpfs")).collect::<Value>())
    });
    let said = said(&converted, &RULES).into_iter().map(|line| line.replace("/volumes/data/", ""));
    (said.collect(), spec["volumes"]["data"].clone(), mounts.collect())
}

#[test]
fn data_elsewhere_is_refused_without_a_claim_or_class() {
    let refused = ["data-elsewhere driver_opts"];
    let lifted = ["volume-driver driver_opts"];
    for (volume, remarks, made) in [
        (
            "{driver_opts: {type: cifs, o: 'username=u,password=hunter2', device: //nas/a}}",
            &refused[..],
            json!({}),
        ),
        ("{driver: local, driver_opts: {type: smb3, device: //nas/a}}", &refused, json!({})),
        ("{driver_opts: {type: CIFS, device: //nas/a}}", &refused, json!({})),
        ("{driver_opts: {type: fuse.sshfs, device: 'me@nas:/a'}}", &refused, json!({})),
        ("{driver_opts: {type: glusterfs, device: 'nas:/a'}}", &refused, json!({})),
        ("{driver_opts: {type: ceph, device: 'mon:/a', o: 'name=a,secret=b'}}", &refused, json!({})),
        ("{driver_opts: {type: davfs, device: 'https://nas/a'}}", &refused, json!({})),
        ("{driver_opts: {type: ext4, device: /dev/sdb1}}", &refused, json!({})),
        ("{driver_opts: {device: /dev/sdb1}}", &refused, json!({})),
        ("{driver_opts: {type: none, o: bind, device: data}, driver: ''}", &refused, json!({})),
        ("{driver: rclone}", &["data-elsewhere driver"], json!({})),
        (
            "{driver: 'vieux/sshfs:latest', driver_opts: {sshcmd: 'me@nas:/a', password: hunter2}}",
            &["data-elsewhere driver", "data-elsewhere driver_opts"],
            json!({}),
        ),
        (
            "{driver: local-persist, driver_opts: {mountpoint: /srv/a}}",
            &["data-elsewhere driver", "data-elsewhere driver_opts"],
            json!({}),
        ),
        ("{driver: local}", &[], json!({})),
        ("{driver: default}", &[], json!({})),
        (
            "{driver_opts: {type: cifs, device: //nas/a}, x-stackwright: {claimName: nas}}",
            &lifted,
            json!({"claimName": "nas"}),
        ),
        (
            "{driver_opts: {type: cifs, device: //nas/a}, x-stackwright: {storageClassName: smb}}",
            &lifted,
            json!({"storageClassName": "smb"}),
        ),
        (
            "{driver: rclone, x-stackwright: {nfs: {server: nas, path: /a}}}",
            &["volume-driver driver"],
            json!({"nfs": {"server": "nas", "path": "/a"}}),
        ),
        (
            "{driver_opts: {type: cifs, device: //nas/a}, x-stackwright: {size: 5Gi}}",
            &refused,
            json!({"size": "5Gi"}),
        ),
        ("{driver_opts: {size: 5g}, x-stackwright: {claimName: nas}}", &lifted, json!({"claimName": "nas"})),
        ("{external: true, name: nas}", &[], json!({"claimName": "nas"})),
    ] {
        let (said, volume_made, _) = outcome(volume, "a: {volumes: ['data:/d']}");
        assert_eq!(
            (said, volume_made),
            (remarks.iter().map(|r| (*r).to_owned()).collect(), made),
            "{volume}"
        );
    }
}

#[test]
fn nfs_options_that_a_pod_cannot_set_are_in_a_persistent_volume() {
    let plain = json!({"nfs": {"server": "nas", "path": "/a"}});
    let claim = json!({"claimName": "shop-data", "accessMode": "ReadWriteMany"});
    let written = ["nfs-mount-options driver_opts", "persistent-volume-without-namespace driver_opts"];
    for (options, remarks, made, read_only) in [
        ("o: 'addr=nas', device: ':/a'", &[][..], &plain, false),
        ("o: 'addr=nas,rw,hard,async', device: ':/a'", &[], &plain, false),
        ("o: rw, device: 'nas:/a'", &[], &plain, false),
        ("o: 'addr=nas,nfsvers=4.1', device: ':/a'", &written, &claim, false),
        ("o: 'addr=nas,nolock,soft', device: ':/a'", &written, &claim, false),
        ("o: 'addr=nas,ro,noatime', device: ':/a'", &written, &claim, true),
        ("o: 'addr=,rw', device: ':/a'", &["incomplete-nfs driver_opts"], &json!({}), false),
        ("o: 'addr=nas', device: /a", &["incomplete-nfs driver_opts"], &json!({}), false),
        (
            "o: 'addr=nas,soft,password=hunter2', device: ':/a'",
            &["secret-in-plain-text driver_opts"],
            &json!({}),
            false,
        ),
    ] {
        let volume = format!("{{driver_opts: {{type: nfs, {options}}}}}");
        let (said, volume_made, mounts) = outcome(&volume, "a: {volumes: ['data:/d']}");
        let wanted: Vec<String> = remarks.iter().map(|remark| (*remark).to_owned()).collect();
        assert_eq!((said, &volume_made), (wanted, made), "{options}");
        let mut mount = json!({"source": "data", "target": "/d"});
        if read_only {
            mount = json!({"source": "data", "target": "/d", "readOnly": true, "nocopy": true});
        }
        assert_eq!(mounts["a"], json!([[mount]]), "{options}");
    }
}

#[test]
fn a_tmpfs_with_one_mount_stays_a_tmpfs() {
    let memory = ["memory-volume driver_opts"];
    let shared = ["shared-memory-volume driver_opts"];
    let mount = json!([[{"source": "data", "target": "/d"}]]);
    for (options, services, remarks, of_a) in [
        ("device: tmpfs", "a: {volumes: ['data:/d']}", &memory[..], json!([[{"target": "/d"}]])),
        (
            "o: 'size=64m,mode=0700'",
            "a: {volumes: ['data:/d']}",
            &memory,
            json!([[{"target": "/d", "size": "64Mi", "mode": "0700"}]]),
        ),
        (
            "o: 'uid=1000,mode=0700'",
            "a: {volumes: ['data:/d']}",
            &memory,
            json!([[{"target": "/d", "mode": "0777"}]]),
        ),
        ("o: 'size=50%'", "a: {volumes: ['data:/d:ro']}", &memory, json!([[{"target": "/d"}]])),
        ("device: tmpfs", "a: {volumes: ['data:/d'], scale: 2}", &memory, json!([[{"target": "/d"}]])),
        (
            "device: tmpfs",
            "a: {volumes: [{type: volume, source: data, target: /d}]}",
            &memory,
            json!([[{"target": "/d"}]]),
        ),
        ("device: tmpfs", "a: {volumes: ['data:/d']}\nb: {volumes: ['data:/e']}", &shared, mount.clone()),
        (
            "device: tmpfs",
            "a: {volumes: ['data:/d', 'data:/e']}",
            &shared,
            json!([[{"source": "data", "target": "/d"}, {"source": "data", "target": "/e"}]]),
        ),
        ("device: tmpfs", "a: {volumes: ['data:/d']}\nb: {volumes_from: [a]}", &shared, mount),
        (
            "device: tmpfs",
            "a: {volumes: [{type: volume, source: data, target: /d, volume: {subpath: x}}]}",
            &shared,
            json!([[{"source": "data", "target": "/d", "subpath": "x"}]]),
        ),
    ] {
        let volume = format!("{{driver_opts: {{type: tmpfs, {options}}}}}");
        let (said, _, mounts) = outcome(&volume, services);
        let wanted: Vec<String> = remarks.iter().map(|remark| (*remark).to_owned()).collect();
        assert_eq!((said, &mounts["a"]), (wanted, &of_a), "{options} {services}");
    }
}

#[test]
fn a_volume_with_data_elsewhere_has_no_labels_and_a_read_only_folder_is_not_written() {
    let labelled = "{driver_opts: {type: nfs, o: 'addr=nas', device: ':/a'}, labels: {team: a}}";
    let (said, volume, _) = outcome(labelled, "a: {volumes: ['data:/d']}");
    assert_eq!((said, volume.get("labels")), (vec!["volume-labels labels".to_owned()], None));
    let folder = "{driver_opts: {type: none, o: 'bind,ro', device: /srv/a}}";
    let (_, volume, mounts) = outcome(folder, "a: {volumes: ['data:/d']}");
    assert_eq!(volume, json!({"hostPath": "/srv/a"}));
    assert_eq!(mounts["a"][0][0]["readOnly"], json!(true));
}

#[test]
fn a_volume_over_a_project_folder_contains_its_files() {
    let local = "driver: local, driver_opts: {type: none, o: bind, device: ./data}";
    let services = "services: {a: {image: 'b:1', restart: always, volumes: ['data:/d']}}\n";
    for (volume, file, remark, read_only) in [
        (local, None, "data-folder", false),
        (local, Some("data/page.html"), "written-folder", false),
        (
            "driver_opts: {type: none, o: bind, device: /p/data}",
            Some("data/page.html"),
            "written-folder",
            false,
        ),
        (
            "driver_opts: {type: none, o: 'bind,ro', device: /p/data}",
            Some("data/page.html"),
            "written-folder",
            true,
        ),
        ("driver_opts: {type: none, o: bind, device: /srv/data}", None, "volume-in-host-folder", false),
    ] {
        let files: Vec<(&str, &str)> = file.into_iter().map(|name| (name, "hello")).collect();
        let converted = converted(&format!("{services}volumes: {{data: {{{volume}}}}}\n"), &files, &[]);
        let remarks = said(&converted, &["volume-in-host-folder", "data-folder", "written-folder"]);
        assert!(
            remarks.iter().all(|said| said.starts_with(remark)) && !remarks.is_empty(),
            "{volume}: {remarks:?}"
        );
        let made = &converted.stack.spec.volumes["data"];
        assert_eq!(made.files.len(), files.len(), "{volume}");
        assert_eq!(made.host_path.is_some(), remark == "volume-in-host-folder", "{volume}");
        let mount = &converted.stack.spec.services["a"].volumes[0];
        assert_eq!(
            (mount.nocopy == Some(true), mount.read_only == Some(true)),
            (file.is_some(), read_only),
            "{volume}"
        );
        assert!(crate::problems(&converted.stack).is_empty(), "{volume}");
    }
}

//! Volumes and mounts. Module `files` has the rules for files of the host.

use super::list;

list! { VOLUMES by Converter:
    VOLUME_DRIVER "volume-driver" "SW1301" Mapped []
        "volume driver",
        "the settings under x-stackwright define the storage, so Docker's driver and its options are not used" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
        volumes:
          data:
            driver: rclone
            x-stackwright: {storageClassName: fast}
        ";
    VOLUME_DRIVER_OPTIONS "volume-driver-options" "SW1302" Approximated []
        "volume driver options",
        "a cluster supports only these options of the local driver: NFS exports, folders of the node, and size",
        "write size, storageClassName, accessMode or nfs under x-stackwright of the volume" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
        volumes:
          data:
            driver_opts: {uid: '1000'}
        ";
    VOLUME_IN_HOST_FOLDER "volume-in-host-folder" "SW1303" Approximated []
        "volume in a host folder",
        "the volume is the folder at this path of the node on which the service runs. The operator runs the service only if the namespace grants host paths",
        "use a named volume without options, and copy the data into it" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
        volumes:
          data:
            driver_opts: {type: none, o: bind, device: /srv/data}
        ";
    MOUNT_HINTS "mount-hints" "SW1304" Ignored
        ["services.*.volumes.*.consistency", "services.*.volumes.*.bind.selinux",
        "services.*.volumes.*.volume.labels"]
        "mount hints",
        "the hints tell Docker how to share files with a developer's machine and which labels to set. Programs do not depend on the hints" => "
        services:
          web:
            image: nginx:1.29
            volumes:
              - type: volume
                source: data
                target: /data
                consistency: cached
        volumes:
          data: {}
        ";
    MOUNT_TYPE "mount-type" "SW1305" Refused []
        "unsupported mount type",
        "Windows pipes and Swarm cluster volumes have no counterpart in Linux containers on a cluster",
        "use a named volume" => "
        services:
          web:
            image: nginx:1.29
            volumes: [{type: npipe, source: pipe, target: /pipe}]
        ";
    RECURSIVE_BIND_MOUNT "recursive-bind-mount" "SW1306" Approximated ["services.*.volumes.*.bind.recursive"]
        "recursive bind mount",
        "mounts below a folder of the node are visible too, and read_only applies only to the folder itself",
        "remove the setting" => "
        services:
          web:
            image: nginx:1.29
            volumes:
              - type: bind
                source: /srv
                target: /srv
                read_only: true
                bind: {recursive: readonly}
        ";
    TMPFS_OPTION "tmpfs-option" "SW1307" Approximated []
        "tmpfs option",
        "only size and mode are supported. The folder belongs to root, and mode decides who can write",
        "use only size and mode" => "
        services:
          web:
            image: nginx:1.29
            tmpfs: ['/run:uid=1000']
        ";
    VOLUMES_FROM "volumes-from" "SW1308" Mapped []
        "mounts of another service",
        "this service gets each mount of the other service" => "
        services:
          web:
            image: nginx:1.29
            volumes_from: [api]
          api:
            image: httpd:2.4
            volumes: ['data:/data']
        volumes:
          data: {}
        ";
    VOLUME_NAME "volume-name" "SW1309" Approximated []
        "volume name in Docker",
        "the volume becomes the PersistentVolumeClaim STACK-VOLUME, whatever its name in Docker. Another project that uses this volume name gets another volume",
        "write external: true and the name to use an existing claim" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
        volumes:
          data: {name: shared-data}
        ";
    MOUNT_PROPAGATION "mount-propagation" "SW1310" Approximated []
        "mount propagation",
        "Kubernetes supports only private, rslave and rshared, so the nearest of these is used",
        "write private, rslave or rshared" => "
        services:
          web:
            image: nginx:1.29
            volumes:
              - type: bind
                source: /srv
                target: /srv
                bind: {propagation: shared}
        ";
    RELATIVE_MOUNT_PATH "relative-mount-path" "SW1311" Approximated []
        "relative mount path",
        "Docker reads a path without a leading / from the root folder of the container, and so does the Stack",
        "write the path with a leading /" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:data']
        volumes:
          data: {}
        ";
    EXTERNAL_VOLUME "external-volume" "SW1312" Mapped []
        "external volume",
        "the PersistentVolumeClaim with this name must exist in the namespace. The operator never changes or deletes it",
        "create a PersistentVolumeClaim with this name" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
        volumes:
          data: {external: true}
        ";
    INVALID_MOUNT_PATH "invalid-mount-path" "SW1313" Refused []
        "mount path that Kubernetes does not support",
        "Kubernetes cannot mount at the root of a container or at a path with a colon. In the long form a colon is part of the path",
        "write an absolute path without a colon. In the long form write options such as read_only as keys" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/']
        volumes:
          data: {}
        ";
    DATA_ELSEWHERE "data-elsewhere" "SW1316" Refused []
        "volume with data elsewhere",
        "the driver or the type refers to data that a new volume of the cluster does not have. The program would find an empty disk",
        "create a PersistentVolumeClaim for the data, for example with the CSI driver for SMB, and replace the driver by external: true and name: CLAIM. If an empty volume is enough, add x-stackwright: {storageClassName: CLASS}" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
        volumes:
          data:
            driver_opts: {type: cifs, device: //nas.example.com/data}
        ";
    NFS_MOUNT_OPTIONS "nfs-mount-options" "SW1317" Mapped []
        "NFS mount options",
        "a Pod cannot set NFS options. A PersistentVolume sets the options, and the Stack mounts the PersistentVolumeClaim of this PersistentVolume",
        "apply the PersistentVolume and the PersistentVolumeClaim with the Stack. Creating a PersistentVolume requires a permission for the whole cluster" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
        volumes:
          data:
            driver_opts: {type: nfs, o: 'addr=nas.example.com,nfsvers=4,soft', device: ':/export'}
        ";
    MEMORY_VOLUME "memory-volume" "SW1318" Approximated []
        "volume in memory",
        "the volume becomes a tmpfs of the one service that mounts it. The tmpfs starts empty, even if the image has files at this path, and counts against the memory limit",
        "write type: tmpfs in the mount of the service in place of the volume" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['cache:/cache']
        volumes:
          cache:
            driver_opts: {type: tmpfs, device: tmpfs}
        ";
    SHARED_MEMORY_VOLUME "shared-memory-volume" "SW1319" Refused []
        "volume in memory with several mounts",
        "Docker mounts one tmpfs in all places. Pods cannot share memory, so each mount would have its own tmpfs",
        "remove driver_opts to share a volume on disk, or mount the volume in one place only" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['cache:/cache']
          api:
            image: httpd:2.4
            volumes: ['cache:/cache']
        volumes:
          cache:
            driver_opts: {type: tmpfs, device: tmpfs}
        ";
    INCOMPLETE_NFS "incomplete-nfs" "SW1320" Refused []
        "incomplete NFS volume",
        "an NFS mount needs a server and the absolute path of an export",
        "write o: addr=SERVER and device: :/PATH, and set the variables in them" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
        volumes:
          data:
            driver_opts: {type: nfs, o: 'addr=nas.example.com', device: export}
        ";
    VOLUME_LABELS "volume-labels" "SW1321" Ignored []
        "labels of a volume without a claim",
        "the data is elsewhere, so the Stack creates no PersistentVolumeClaim for the labels. Programs do not see the labels" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
        volumes:
          data:
            labels: {team: shop}
            driver_opts: {type: none, o: bind, device: /srv/data}
        ";
}

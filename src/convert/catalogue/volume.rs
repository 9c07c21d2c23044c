//! Volumes and mounts. What becomes of files of the host is in `file`.

use super::rules;

rules! { VOLUME:
    VOLUME_DRIVER "SW1301" Mapped []
        "a volume driver",
        "the settings under x-stackwright say where the data lie, and a cluster does not use the engine's driver or its options",
        "nothing needs to be done";
    VOLUME_OPTIONS "SW1302" Approximated []
        "options of a volume driver",
        "of the options of the local driver, NFS exports and folders of the node have a meaning on a cluster, and size as the size to ask for; others have none",
        "write size, storageClassName, accessMode or nfs under x-stackwright of the volume";
    VOLUME_HOST_PATH "SW1303" Approximated []
        "a volume that is a folder of the host",
        "it is the folder of that path on whichever node runs the service, and only where the namespace allows host paths",
        "use a named volume without options, and copy the data into it";
    MOUNT_HINTS "SW1304" Ignored ["services.*.volumes.*.consistency", "services.*.volumes.*.bind.selinux",
        "services.*.volumes.*.volume.labels"]
        "hints for the engine",
        "they are about how the engine shares files with a developer's machine or labels them, and change nothing that a program can rely on",
        "nothing needs to be done";
    MOUNT_TYPE "SW1305" Refused []
        "a mount that Linux containers of a cluster do not have",
        "pipes of Windows and cluster volumes of Swarm have no counterpart",
        "use a named volume";
    BIND_RECURSIVE "SW1306" Approximated ["services.*.volumes.*.bind.recursive"]
        "how mounts below a mount are treated",
        "what is mounted below a folder of the node is there too, and read-only only where the folder itself is",
        "take it out";
    TMPFS_OWNER "SW1307" Approximated []
        "an option of a temporary file system",
        "size and mode have a meaning on a cluster; the folder belongs to root and may be written as its mode says",
        "use size and mode only";
    VOLUMES_FROM "SW1308" Mapped []
        "the mounts of another service",
        "each mount of the other service is one of this service too",
        "nothing needs to be done";
    VOLUME_NAME "SW1309" Approximated []
        "the name of a volume in the engine",
        "a volume of a Stack is the claim <stack>-<volume>, whatever it is called in the engine, so a project that names the same volume has another one",
        "to use a claim that exists, write external: true with its name";
    PROPAGATION "SW1310" Approximated []
        "a way of passing on mounts",
        "Kubernetes knows private, rslave and rshared only; the nearest of them is used",
        "write private, rslave or rshared";
    RELATIVE_TARGET "SW1311" Approximated []
        "a mount at a relative path",
        "the engine takes a path without a leading / as one from the root of the container's files, and so it is written",
        "write the path with a leading /";
    EXTERNAL_VOLUME "SW1312" Mapped []
        "a volume that exists already",
        "the claim of that name has to exist in the namespace, and is never changed or deleted",
        "create a PersistentVolumeClaim of that name";
    NO_PLACE "SW1313" Refused []
        "a mount where nothing can be mounted",
        "Kubernetes mounts nothing at the root of a container, and nothing at a path with a colon, which is a part of the path in the long form",
        "write an absolute path without a colon; options such as read_only have a key of their own in the long form";
    DATA_ELSEWHERE "SW1316" Refused []
        "a volume whose data lie elsewhere",
        "the driver or the type leads to data that no new volume of the cluster has: the program would find an empty disk in their place",
        "create a PersistentVolumeClaim that leads to the data, such as by the CSI driver for SMB, and write external: true and name: CLAIM at the volume in place of the driver; where an empty volume will do, write x-stackwright: {storageClassName: CLASS} beside it";
    NFS_CLAIM "SW1317" Mapped []
        "options of an NFS mount",
        "a Pod carries no options for NFS, so a PersistentVolume carries them, and the volume of the Stack is the PersistentVolumeClaim beside it",
        "apply both with the Stack; creating a PersistentVolume needs a right for the whole cluster";
    MEMORY_VOLUME "SW1318" Approximated []
        "a volume in memory",
        "the volume becomes a tmpfs of the one service that mounts it: it begins empty, also where the image has files at that path, and counts against the memory limit",
        "write type: tmpfs at the mount of the service in place of the volume";
    MEMORY_SHARED "SW1319" Refused []
        "memory that several mounts share",
        "the engine mounts one tmpfs everywhere, and Pods of a cluster cannot share memory: each mount would have a memory of its own",
        "take driver_opts out, so that the services share a volume on disk, or mount the volume in one place only";
    NFS_INCOMPLETE "SW1320" Refused []
        "an NFS volume that leads nowhere",
        "an NFS mount needs a server and the absolute path of an export",
        "write o: addr=SERVER and device: :/PATH, and set the variables in them";
    LABELS_OF_VOLUME "SW1321" Ignored []
        "labels of a volume that the Stack does not make",
        "the data lie elsewhere, so the Stack makes no PersistentVolumeClaim that could bear the labels, and no program sees them",
        "nothing needs to be done";
}

//! Volumes and mounts. Module `file` has the rules for files of the host.

use super::rules;

rules! { VOLUME by Converter:
    VOLUME_DRIVER "SW1301" Mapped []
        "volume driver",
        "the settings under x-stackwright define the storage, so Docker's driver and its options are not used";
    VOLUME_OPTIONS "SW1302" Approximated []
        "volume driver options",
        "a cluster supports only these options of the local driver: NFS exports, folders of the node, and size",
        "write size, storageClassName, accessMode or nfs under x-stackwright of the volume";
    VOLUME_HOST_PATH "SW1303" Approximated []
        "volume in a host folder",
        "the volume is the folder at this path of the node on which the service runs. The operator runs the service only if the namespace grants host paths",
        "use a named volume without options, and copy the data into it";
    MOUNT_HINTS "SW1304" Ignored ["services.*.volumes.*.consistency", "services.*.volumes.*.bind.selinux",
        "services.*.volumes.*.volume.labels"]
        "mount hints",
        "the hints tell Docker how to share files with a developer's machine and which labels to set. Programs do not depend on the hints";
    MOUNT_TYPE "SW1305" Refused []
        "unsupported mount type",
        "Windows pipes and Swarm cluster volumes have no counterpart in Linux containers on a cluster",
        "use a named volume";
    BIND_RECURSIVE "SW1306" Approximated ["services.*.volumes.*.bind.recursive"]
        "recursive bind mount",
        "mounts below a folder of the node are visible too, and read_only applies only to the folder itself",
        "remove the setting";
    TMPFS_OWNER "SW1307" Approximated []
        "tmpfs option",
        "only size and mode are supported. The folder belongs to root, and mode decides who can write",
        "use only size and mode";
    VOLUMES_FROM "SW1308" Mapped []
        "mounts of another service",
        "this service gets each mount of the other service";
    VOLUME_NAME "SW1309" Approximated []
        "volume name in Docker",
        "the volume becomes the PersistentVolumeClaim <stack>-<volume>, whatever its name in Docker. Another project that uses this volume name gets another volume",
        "write external: true and the name to use an existing claim";
    PROPAGATION "SW1310" Approximated []
        "mount propagation",
        "Kubernetes supports only private, rslave and rshared, so the nearest of these is used",
        "write private, rslave or rshared";
    RELATIVE_TARGET "SW1311" Approximated []
        "relative mount path",
        "Docker reads a path without a leading / from the root folder of the container, and so does the Stack",
        "write the path with a leading /";
    EXTERNAL_VOLUME "SW1312" Mapped []
        "external volume",
        "the PersistentVolumeClaim with this name must exist in the namespace. The operator never changes or deletes it",
        "create a PersistentVolumeClaim with this name";
    NO_PLACE "SW1313" Refused []
        "mount path that Kubernetes does not support",
        "Kubernetes cannot mount at the root of a container or at a path with a colon. In the long form a colon is part of the path",
        "write an absolute path without a colon. In the long form write options such as read_only as keys";
    DATA_ELSEWHERE "SW1316" Refused []
        "volume with data elsewhere",
        "the driver or the type refers to data that a new volume of the cluster does not have. The program would find an empty disk",
        "create a PersistentVolumeClaim for the data, for example with the CSI driver for SMB, and replace the driver by external: true and name: CLAIM. If an empty volume is enough, add x-stackwright: {storageClassName: CLASS}";
    NFS_CLAIM "SW1317" Mapped []
        "NFS mount options",
        "a Pod cannot set NFS options. A PersistentVolume sets the options, and the Stack mounts the PersistentVolumeClaim of this PersistentVolume",
        "apply the PersistentVolume and the PersistentVolumeClaim with the Stack. Creating a PersistentVolume requires a permission for the whole cluster";
    MEMORY_VOLUME "SW1318" Approximated []
        "volume in memory",
        "the volume becomes a tmpfs of the one service that mounts it. The tmpfs starts empty, even if the image has files at this path, and counts against the memory limit",
        "write type: tmpfs in the mount of the service in place of the volume";
    MEMORY_SHARED "SW1319" Refused []
        "volume in memory with several mounts",
        "Docker mounts one tmpfs in all places. Pods cannot share memory, so each mount would have its own tmpfs",
        "remove driver_opts to share a volume on disk, or mount the volume in one place only";
    NFS_INCOMPLETE "SW1320" Refused []
        "incomplete NFS volume",
        "an NFS mount needs a server and the absolute path of an export",
        "write o: addr=SERVER and device: :/PATH, and set the variables in them";
    LABELS_OF_VOLUME "SW1321" Ignored []
        "labels of a volume without a claim",
        "the data is elsewhere, so the Stack creates no PersistentVolumeClaim for the labels. Programs do not see the labels";
}

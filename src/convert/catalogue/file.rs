//! Files and folders of the host.

use super::rules;

rules! { FILE:
    HOST_PATH "SW1351" Approximated []
        "a file or folder of the host",
        "it is that of whichever node runs the service, and only where the namespace allows host paths",
        "use a named volume for data; put configuration beside the compose file";
    COPIED "SW1352" Mapped []
        "files beside the compose file",
        "they are taken as they are now into ConfigMaps, or into Secrets where they are keys, certificates, files of variables or hold a secret of the project",
        "convert again when the files change";
    DATA_FOLDER "SW1353" Approximated []
        "a folder for data",
        "no files of the project are laid into it: it becomes a named volume, which begins empty, is shared by all services that mount the folder, and is not a folder that you can look into",
        "copy what the running project has there into the volume";
    ENGINE_SOCKET "SW1354" Refused []
        "the socket of a container engine",
        "nodes of a cluster have no Docker engine that a program could steer, and one that had it would have all privileges over the node",
        "use a program that speaks with Kubernetes, such as an ingress controller in place of a proxy that watches containers, or take the service out";
    TIME_ZONE "SW1355" Approximated []
        "the host's time zone",
        "nodes run in UTC mostly, and which zone the host of the project has is not known to them",
        "set TZ in environment, such as TZ: Europe/Berlin";
    SOURCE_TREE "SW1356" Approximated []
        "a source tree",
        "the service's image is built from this folder and has its files already, so the mount is left out; what the program writes there ends with the pod",
        "write develop.watch in place of the mount, build and push the image when the source changes, and mount a folder of its own for data; x-stackwright: {bind: volume} on the mount keeps it";
    FILES_TOO_LARGE "SW1357" Refused []
        "files that are too large",
        "files beside the compose file are taken into ConfigMaps, at most 8 MiB and 1000 files for a mount and 900 KiB for a file",
        "put them into the image or into a named volume";
    FILES_UNREADABLE "SW1358" Refused []
        "a file that cannot be read",
        "what a container would find there is not known",
        "make it readable, or take the mount out";
    WRITABLE_COPY "SW1359" Approximated []
        "files that the service may write",
        "they are taken as they are now into ConfigMaps and Secrets, and each pod gets a copy of its own: what the program writes to it ends with the pod, and no other service sees it",
        "mount it read-only (:ro) where the program only reads it; write x-stackwright: {bind: volume} on the mount, or mount the folder that holds the file, where changes have to stay";
    LAID_FOLDER "SW1360" Approximated []
        "a folder that services write",
        "it becomes a named volume, shared by all services that mount the folder or one below it; the project's own files are laid into it when a service first starts, and a file again when it changes in the project, so that what a program changes stays",
        "copy what the running project has made there into the volume; convert again when the project's files change";
    DATA_FILE "SW1361" Approximated []
        "a file in which a program keeps its data",
        "the file is empty so far or bears the name of a database, so it lies in a named volume of its own, shared by all services that mount it",
        "copy what the running project has written to it into the volume";
    SCRATCH "SW1362" Approximated []
        "a folder that begins empty with each pod",
        "x-stackwright says emptyDir, so nothing of the host's folder is there, and what is written ends with the pod",
        "write bind: volume where the files have to stay";
    FILES_OUTSIDE "SW1363" Refused []
        "files from outside of the project",
        "x-stackwright says files, and only files in the project's folder, or up to two folders above it, are taken along",
        "move the files into the project's folder";
    LEFT_DATA "SW1364" Approximated []
        "data that are not taken along",
        "the folder becomes a named volume, and data of one machine stay on it: what .gitignore excludes, databases, logs, sockets, and files that cannot be read or are too large for ConfigMaps",
        "copy the data into the volume, such as with kubectl cp into a pod that mounts it";
    FOREIGN_FILES "SW1365" Approximated []
        "files from outside of the project",
        "they lie neither in the project's folder nor in the Git repository that holds the folder, so they may be for this machine alone and stand in a Secret, in no ConfigMap",
        "create the Secret (--secrets plain prints it), or move the files into the project";
    LINK_OUT "SW1366" Refused []
        "a link that leads out of the project",
        "a reader of the compose file cannot see that a file of this machine is taken along",
        "write the path that the link leads to, or copy the file into the project";
}

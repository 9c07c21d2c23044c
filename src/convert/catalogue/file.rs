//! Files and folders of the host.

use super::rules;

rules! { FILE:
    HOST_PATH "SW1351" Approximated []
        "a file or folder of the host",
        "it is that of whichever node runs the service, and only where the namespace allows host paths",
        "use a named volume for data; put configuration beside the compose file";
    COPIED "SW1352" Mapped []
        "files beside the compose file",
        "they are taken as they are now into ConfigMaps, or into Secrets where they are keys, certificates, files of variables or hold a secret of the project; what is written to them stays in the container",
        "convert again when the files change";
    DATA_FOLDER "SW1353" Approximated []
        "a folder for data",
        "nothing is in it that the project brings, so it becomes a named volume, which begins empty and is not a folder that you can look into",
        "copy what the running project has there into the volume";
    ENGINE_SOCKET "SW1354" Refused []
        "the socket of a container engine",
        "nodes of a cluster have no Docker engine that a program could steer, and one that had it would have all powers over the node",
        "use a program that speaks with Kubernetes, such as an ingress controller in place of a proxy that watches containers, or take the service out";
    TIME_ZONE "SW1355" Approximated []
        "the host's time zone",
        "nodes run in UTC mostly, and which zone the host of the project has is not known to them",
        "set TZ in environment, such as TZ: Europe/Berlin";
    SOURCE_TREE "SW1356" Approximated []
        "a source tree",
        "the folder is one that an image is built from, so the image has its files already; on a cluster there is no folder of a developer to share",
        "build and push the image when the source changes";
    FILES_TOO_LARGE "SW1357" Refused []
        "files that are too large",
        "files beside the compose file are taken into ConfigMaps, at most 8 MiB and 1000 files for a mount and 900 KiB for a file",
        "put them into the image or into a named volume";
    FILES_UNREADABLE "SW1358" Refused []
        "a file that cannot be read",
        "what a container would find there is not known",
        "make it readable, or take the mount out";
}

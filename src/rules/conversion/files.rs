//! Files and folders of the host.

use super::list;

list! { FILES by Converter:
    HOST_PATH "host-path" "SW1351" Approximated []
        "host path",
        "the service mounts this path of the node on which it runs. The operator runs the service only if the namespace grants host paths",
        "use a named volume for data, and put configuration beside the Compose file" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['/srv/site:/usr/share/nginx/html:ro']
        ";
    COPIED_FILES "copied-files" "SW1352" Mapped []
        "files beside the Compose file",
        "the files are copied into ConfigMaps as they are now. Keys, certificates, env files and files with a secret of the project are copied into Secrets",
        "convert again when the files change" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro']
        -- nginx.conf --
        events {}
        ";
    DATA_FOLDER "data-folder" "SW1353" Approximated []
        "data folder",
        "the folder becomes a named volume that starts empty. All services that mount the folder share the volume. The data is not in a folder that you can open",
        "copy the data of the running project into the volume" => "
        services:
          db:
            image: postgres:17
            volumes: ['./data:/var/lib/postgresql/data']
        ";
    DOCKER_SOCKET "docker-socket" "SW1354" Refused []
        "Docker socket",
        "cluster nodes have no Docker engine. A program that controls a container engine has all privileges on its node",
        "use a program for Kubernetes, such as an ingress controller instead of a proxy that watches containers, or remove the service" => "
        services:
          proxy:
            image: traefik:3
            volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']
        ";
    HOST_TIME_ZONE "host-time-zone" "SW1355" Approximated []
        "time zone of the host",
        "most nodes run in UTC, and the cluster does not know the time zone of the project's host",
        "set TZ in environment, such as TZ: Europe/Berlin" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['/etc/localtime:/etc/localtime:ro']
        ";
    SOURCE_TREE "source-tree" "SW1356" Approximated []
        "source tree",
        "the image of the service is built from this folder and contains its files, so the mount is left out. Files that the program writes to the folder are lost with the Pod",
        "use develop.watch instead of the mount, build and push the image when the source changes, and mount a separate folder for data. To keep the mount, write x-stackwright: {bind: volume} on it" => "
        services:
          web:
            build: .
            volumes: ['.:/app']
        -- Dockerfile --
        FROM node:24
        WORKDIR /app
        COPY . .
        -- server.js --
        require('http').createServer().listen(80)
        ";
    FILES_TOO_LARGE "files-too-large" "SW1357" Refused []
        "files that are too large",
        "files beside the Compose file are copied into ConfigMaps, at most 8 MiB and 1000 files for a mount and 900 KiB for a file",
        "put the files into the image or into a named volume" => none "the example would be a folder of more than 8 MiB";
    UNREADABLE_MOUNT "unreadable-mount" "SW1358" Refused []
        "unreadable file",
        "the conversion cannot read the file, so its content is unknown",
        "make the file readable, or remove the mount" => none "the example would be a file that cannot be read";
    WRITABLE_COPY "writable-copy" "SW1359" Approximated []
        "files that the service can write",
        "the files are copied into ConfigMaps and Secrets as they are now, and each Pod gets its own copy. Changes by the program are lost with the Pod, and other services do not see them",
        "mount the files read-only (:ro) if the program only reads them. To keep changes, write x-stackwright: {bind: volume} on the mount, or mount the folder of the file" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['./nginx.conf:/etc/nginx/nginx.conf']
        -- nginx.conf --
        events {}
        ";
    WRITTEN_FOLDER "written-folder" "SW1360" Approximated []
        "folder that services write",
        "the folder becomes a named volume, shared by all services that mount the folder or one below it. The project's files are copied into the volume when a service first starts, and each file again when it changes in the project. Changes by programs stay",
        "copy the files that the running project has created into the volume, and convert again when the project's files change" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['./site:/usr/share/nginx/html']
        -- site/index.html --
        <p>Hello</p>
        ";
    DATA_FILE "data-file" "SW1361" Approximated []
        "data file",
        "the file is empty or has the name of a database, so it becomes a file in its own named volume, shared by all services that mount the file",
        "copy the data of the running project into the volume" => "
        services:
          web:
            image: example/web:1
            volumes: ['./app.db:/app/app.db']
        -- app.db --
        SQLite
        ";
    EMPTY_FOLDER "empty-folder" "SW1362" Approximated []
        "folder that starts empty in each Pod",
        "x-stackwright sets bind: emptyDir. The folder has no files of the host, and files that a program writes are lost with the Pod",
        "write bind: volume to keep the files" => "
        services:
          web:
            image: nginx:1.29
            volumes:
              - type: bind
                source: ./cache
                target: /cache
                x-stackwright: {bind: emptyDir}
        ";
    BIND_MOUNT_OUTSIDE_PROJECT "bind-mount-outside-project" "SW1363" Refused []
        "files outside the project",
        "x-stackwright sets bind: files, but the conversion copies only files in the project's folder or up to two folders above it",
        "move the files into the project's folder" => "
        services:
          web:
            image: nginx:1.29
            volumes:
              - type: bind
                source: /etc/nginx
                target: /etc/nginx
                x-stackwright: {bind: files}
        ";
    DATA_NOT_COPIED "data-not-copied" "SW1364" Approximated []
        "data that is not copied",
        "the folder becomes a named volume without the data of this machine: files that .gitignore excludes, databases, logs, sockets, and files that cannot be read or are too large for ConfigMaps",
        "copy the data into the volume, such as with kubectl cp into a Pod that mounts it" => "
        services:
          web:
            image: example/web:1
            volumes: ['./data:/data']
        -- data/app.db --
        SQLite
        -- data/seed.csv --
        a,b
        ";
    FILES_OUTSIDE_PROJECT "files-outside-project" "SW1365" Approximated []
        "files from outside the project",
        "the files are neither in the project's folder nor in its Git repository. They can be private to this machine, so they are stored in a Secret and not in a ConfigMap",
        "create the Secret (--secrets plain prints it), or move the files into the project" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['../shared:/etc/nginx/conf.d:ro']
        -- ../shared/site.conf --
        server {}
        ";
    LINK_OUTSIDE_PROJECT "link-outside-project" "SW1366" Refused []
        "link out of the project",
        "the link leads to a file of this machine, which a reader of the Compose file cannot see",
        "write the path of the link's target, or copy the file into the project" => none "the example would be a symbolic link";
}

//! Common mistakes when a project moves to a cluster.

use super::list;

list! { MISTAKES by Converter:
    UNPINNED_IMAGE "unpinned-image" "SW1701" Advice []
        "image without a fixed version",
        "nodes pull the tag at different times, so containers of one service can run different versions",
        "write a version or a digest" => "
        services:
          web:
            image: nginx
        ";
    SHARED_VOLUME "shared-volume" "SW1709" Advice []
        "shared volume without ReadWriteMany",
        "the volume can be mounted on one node at a time, so all of its containers run on that node",
        "if a StorageClass supports it, write x-stackwright: {accessMode: ReadWriteMany} on the volume" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data:ro']
          api:
            image: httpd:2.4
            volumes: ['data:/data']
        volumes:
          data: {}
        ";
    SEVERAL_WRITERS "several-writers" "SW1710" Advice []
        "volume that several containers write",
        "the containers write the same files at the same time, as in Compose. A database loses data this way",
        "mount the volume read-only where it is only read, and keep one writer" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
          api:
            image: httpd:2.4
            volumes: ['data:/data']
        volumes:
          data: {}
        ";
    MISSING_FOLDER "missing-folder" "SW1711" Advice []
        "missing folder that services only read",
        "the folder is empty or missing where you convert, and no service writes the folder. The services that read the folder find no files. Such a folder is often meant for certificates",
        "put the files into the folder and convert again. Keys and certificates become a Secret" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['./tls:/etc/tls:ro']
        ";
    MIGRATION_RACE "migration-race" "SW1712" Advice []
        "migration in each replica",
        "each replica changes the schema of the database when it starts, all at the same time",
        "run the migration in a separate service, and let the replicas depend on it with service_completed_successfully" => "
        services:
          web:
            image: example/web:1
            command: sh -c 'manage.py migrate && gunicorn app'
            scale: 2
        ";
    UNSET_PASSED_VARIABLE "unset-passed-variable" "SW1717" Advice []
        "passed-on variable that is not set",
        "the project passes on a variable that has no value where you convert, so the container does not get the variable",
        "set the variable where you convert or in .env, or remove the line" => "
        services:
          web:
            image: nginx:1.29
            environment: [COLOR]
        ";
    LOST_CONTAINER_FILES "lost-container-files" "SW1718" Advice []
        "restart of a service without a volume",
        "a restarted container starts with only the files of its image. Docker keeps the files that the container has written",
        "mount a volume for data that must survive restarts" => "
        services:
          web:
            image: nginx:1.29
            restart: always
        ";
    EMPTY_SECRET "empty-secret" "SW1719" Advice []
        "secret variable without a value",
        "the variable is not set where you convert, so its key in the Secret is empty",
        "put the value into the Secret, or set the variable where you convert or in .env" => "
        services:
          db:
            image: postgres:17
            environment: {POSTGRES_PASSWORD: '${DB_PASSWORD}'}
        ";
    IMAGE_HEALTH_CHECK "image-health-check" "SW1720" Advice []
        "dependency on the health check of an image",
        "the operator reads the HEALTHCHECK of the image from its registry. If the image has none or cannot be read, the Stack is Stalled and reports the cause",
        "if the image has no HEALTHCHECK, add healthcheck: with a test to the service" => "
        services:
          web:
            image: example/web:1
            depends_on:
              api: {condition: service_healthy}
          api:
            image: example/api:1
        ";
    JOB_BY_DEFAULT "job-by-default" "SW1721" Advice []
        "service without restart that becomes a Job",
        "the service has no restart, no port and no health check, and no other service names it. The service runs once, as in Compose, and is not restarted after an error. If its image has a port or a health check, the service is restarted after an error",
        "write restart: unless-stopped, or restart: \"no\" if the service is meant to end" => "
        services:
          worker:
            image: example/worker:1
        ";
    SHARED_GPU "shared-gpu" "SW1722" Advice []
        "GPU that several containers reserve",
        "Docker lets containers share a GPU. A cluster gives each GPU to one Pod, and Pods without a GPU stay Pending",
        "provide a GPU for each container, let the device plugin of the cluster share GPUs (time-slicing), or give the services different profiles" => "
        services:
          train:
            image: example/train:1
            gpus: [{driver: nvidia, count: 1}]
          serve:
            image: example/serve:1
            gpus: [{driver: nvidia, count: 1}]
        ";
    SWARM_TEMPLATE "swarm-template" "SW1723" Advice []
        "Swarm template",
        "neither Docker Compose nor a cluster fills in the template, so the program reads it as written",
        "write the value. A program finds the name of its Pod in the variable HOSTNAME" => "
        services:
          web:
            image: nginx:1.29
            environment: {ID: 'web-{{.Task.Slot}}'}
        ";
    SERVER_AS_JOB "server-as-job" "SW1726" Advice []
        "server that becomes a Job",
        "the restart policy makes the service a Job. After exit code 0 the Job does not start again, and an update stops the old version before the new version starts",
        "write restart: unless-stopped if the service is meant to keep running" => "
        services:
          web:
            image: nginx:1.29
            ports: ['80:80']
            restart: on-failure
        ";
    PASSWORD_IN_SCRIPT "password-in-script" "SW1755" Advice []
        "password in a script",
        "the conversion cannot replace the password by a variable, since the quotes or escapes of the shell change what the program gets. Everyone who reads the Stack sees the password",
        "write the password into a variable of the service, and $$NAME in the script" => r#"
        services:
          web:
            image: example/web:1
            healthcheck:
              test: app --password "a\$$b"
        "#;
    PERSISTENT_VOLUME_WITHOUT_NAMESPACE "persistent-volume-without-namespace" "SW1756" Advice []
        "PersistentVolume without a namespace in its name",
        "all namespaces share the names of PersistentVolumes, and one PersistentVolume serves one claim. If a second namespace applies this Stack, its claim waits forever",
        "convert with --namespace NAMESPACE" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['data:/data']
        volumes:
          data:
            driver_opts: {type: nfs, o: 'addr=nas.example.com,nfsvers=4,soft', device: ':/export'}
        ";
    UNREADABLE_SECRET "unreadable-secret" "SW1740" Advice []
        "secret or config that the user of the service cannot read",
        "without uid and gid the file belongs to root, as in Docker Compose. If the program fails because it cannot read the file, its container keeps restarting",
        "write uid: with the number of the user, or a mode that others can read, such as 0444" => "
        services:
          web:
            image: nginx:1.29
            user: '1000'
            secrets:
              - source: token
                mode: 0400
        secrets:
          token: {file: token.txt}
        -- token.txt --
        hunter2
        ";
    KEY_OF_NAMED_USER "key-of-named-user" "SW1741" Advice []
        "private key for a user by name",
        "only a numeric user can own a copy of the key, so the key belongs to root and keeps its permission bits from disk. A program that requires a key that only its owner can read refuses this key",
        "write user: with the number, which docker run --rm IMAGE id NAME prints" => "
        services:
          web:
            image: example/web:1
            user: app
            volumes: ['./tls:/tls:ro']
        -- tls/server.key --
        -----BEGIN PRIVATE KEY-----
        -----END PRIVATE KEY-----
        ";
}

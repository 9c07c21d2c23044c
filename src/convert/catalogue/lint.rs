//! Advice about common mistakes when a project moves to a cluster, and the verdicts found by the same checks.

use super::rules;

rules! { LINT by Converter:
    LATEST "SW1701" Advice []
        "image without a fixed version",
        "nodes pull the tag at different times, so containers of one service can run different versions",
        "write a version or a digest";
    LOCALHOST "SW1702" Advice []
        "localhost for another service",
        "localhost is the container itself, but the port belongs to another service",
        "write the name of the other service and the port on which it listens";
    BROWSER_LOCALHOST "SW1703" Advice []
        "localhost in a value for browsers",
        "browsers of users read the value, and for a browser localhost is the user's machine. Most build tools write the value into the built files",
        "build with the address that users type, or with a path such as /api if one entry point serves both";
    PUBLIC_LOCALHOST "SW1704" Advice []
        "localhost as a public address",
        "clients outside the cluster use this value as the address of the service, or the service admits only this origin. For such a client, localhost is its own machine",
        "write the host of the ingress rule, or the name that leads to the published port";
    BROWSER_SERVICE "SW1705" Advice []
        "service name in a value for browsers",
        "browsers of users read the value, and a browser cannot resolve the names of services",
        "build with the address that users type, or with a path such as /api if one entry point serves both";
    INGRESS_HOST "SW1706" Advice []
        "public address without an ingress rule",
        "clients outside the cluster use this host, but no ingress rule of the Stack serves the host",
        "write x-stackwright: {ingress: [{host: HOST}]} on the service that answers, or let the name lead to the published port";
    LOOPBACK "SW1707" Advice []
        "port published on a loopback address",
        "a loopback address of a node is not reachable from your machine, so the port stays inside the cluster",
        "use kubectl port-forward, or remove the address to publish the port for all";
    PORT_CLASH "SW1708" Advice []
        "port that two services publish",
        "only one service can publish a port of an address, so the two services cannot run at the same time",
        "publish one of the ports under another number, or give the services different profiles";
    SHARED_VOLUME "SW1709" Advice []
        "shared volume without ReadWriteMany",
        "the volume can be mounted on one node at a time, so all of its containers run on that node",
        "if a StorageClass supports it, write x-stackwright: {accessMode: ReadWriteMany} on the volume";
    TWO_WRITERS "SW1710" Advice []
        "volume that several containers write",
        "the containers write the same files at the same time, as in Compose. A database loses data this way",
        "mount the volume read-only where it is only read, and keep one writer";
    MISSING_FOLDER "SW1711" Advice []
        "missing folder that services only read",
        "the folder is empty or missing where you convert, and no service writes the folder. The services that read the folder find no files. Such a folder is often meant for certificates",
        "put the files into the folder and convert again. Keys and certificates become a Secret";
    MIGRATION_RACE "SW1712" Advice []
        "migration in each replica",
        "each replica changes the schema of the database when it starts, all at the same time",
        "run the migration in a separate service, and let the replicas depend on it with service_completed_successfully";
    ROUTING_LABELS "SW1713" Advice []
        "routing of a proxy that watches Docker",
        "on a cluster no proxy watches Docker, so this setting routes nothing",
        "write x-stackwright: {ingress: [{host: HOST}]} on the service";
    ENGINE_LABELS "SW1714" Advice []
        "labels for a program that watches Docker",
        "on a cluster no program watches Docker, so no program reads these labels",
        "use the tools of the cluster: GitOps for updates, a CronJob for scheduled tasks, a volume snapshot for backups";
    FIXED_ADDRESS "SW1715" Approximated []
        "use of a fixed address",
        "containers on a cluster have no fixed addresses, so nothing answers at this address",
        "write the name of the service in place of the address";
    DOCKER_HOST_NAME "SW1716" Approximated []
        "name of the Docker host",
        "the name stands for the machine that runs Docker, and a cluster does not resolve it",
        "write the name of the service or server that is meant";
    PASSED_ON_UNSET "SW1717" Advice []
        "passed-on variable that is not set",
        "the project passes on a variable that has no value where you convert, so the container does not get the variable",
        "set the variable where you convert or in .env, or remove the line";
    FRESH_FILES "SW1718" Advice []
        "restart of a service without a volume",
        "a restarted container starts with only the files of its image. Docker keeps the files that the container has written",
        "mount a volume for data that must survive restarts";
    EMPTY_SECRET "SW1719" Advice []
        "secret variable without a value",
        "the variable is not set where you convert, so its key in the Secret is empty",
        "put the value into the Secret, or set the variable where you convert or in .env";
    IMAGE_HEALTH "SW1720" Advice []
        "dependency on the health check of an image",
        "the operator reads the HEALTHCHECK of the image from its registry. If the image has none or cannot be read, the Stack is Stalled and reports the cause",
        "if the image has no HEALTHCHECK, add healthcheck: with a test to the service";
    JOB_BY_DEFAULT "SW1721" Advice []
        "service without restart that becomes a Job",
        "the service has no restart, no port and no health check, and no other service names it. The service runs once, as in Compose, and is not restarted after an error. If its image has a port or a health check, the service is restarted after an error",
        "write restart: unless-stopped, or restart: \"no\" if the service is meant to end";
    ONE_GPU "SW1722" Advice []
        "GPU that several containers reserve",
        "Docker lets containers share a GPU. A cluster gives each GPU to one Pod, and Pods without a GPU stay Pending",
        "provide a GPU for each container, let the device plugin of the cluster share GPUs (time-slicing), or give the services different profiles";
    TEMPLATE "SW1723" Advice []
        "Swarm template",
        "neither Docker Compose nor a cluster fills in the template, so the program reads it as written",
        "write the value. A program finds the name of its Pod in the variable HOSTNAME";
    HOST_LOCALHOST "SW1724" Approximated []
        "localhost of the host network for a published port",
        "on a cluster a published port belongs to a Service and not to the node, so nothing listens on this address",
        "write the name of the other service and the port on which it listens, or publish that port with mode: host and keep both services on one node";
    TWO_ON_HOST "SW1725" Advice []
        "localhost between services on the host network",
        "on a cluster the two services can run on different nodes, and each node has its own localhost",
        "keep both services on one node with deploy.placement.constraints, or write the name of the other service";
    JOB_WITH_PORT "SW1726" Advice []
        "server that becomes a Job",
        "the restart policy makes the service a Job. After exit code 0 the Job does not start again, and an update stops the old version before the new version starts",
        "write restart: unless-stopped if the service is meant to keep running";
    SECRET_STAYS "SW1755" Advice []
        "password in a script",
        "the conversion cannot replace the password by a variable, since the quotes or escapes of the shell change what the program gets. Everyone who reads the Stack sees the password",
        "write the password into a variable of the service, and $$NAME in the script";
    VOLUME_OF_NO_NAMESPACE "SW1756" Advice []
        "PersistentVolume without a namespace in its name",
        "all namespaces share the names of PersistentVolumes, and one PersistentVolume serves one claim. If a second namespace applies this Stack, its claim waits forever",
        "convert with --namespace NAMESPACE";
    UNREADABLE_MODE "SW1740" Advice []
        "secret or config that the user of the service cannot read",
        "without uid and gid the file belongs to root, as in Docker Compose. If the program fails because it cannot read the file, its container keeps restarting",
        "write uid: with the number of the user, or a mode that others can read, such as 0444";
    KEY_OF_NAMED_USER "SW1741" Advice []
        "private key for a user by name",
        "only a numeric user can own a copy of the key, so the key belongs to root and keeps its permission bits from disk. A program that requires a key that only its owner can read refuses this key",
        "write user: with the number, which docker run --rm IMAGE id NAME prints";
}

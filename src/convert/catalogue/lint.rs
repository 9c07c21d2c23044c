//! Where porting goes wrong: advice that stops nothing.

use super::rules;

rules! { LINT:
    LATEST "SW1701" Mapped []
        "an image without a fixed version",
        "nodes pull the tag at different times, so containers of one service may run different versions",
        "name a version or a digest";
    LOCALHOST "SW1702" Mapped []
        "localhost for another service",
        "localhost is the container itself, and the port is that of another service",
        "write the other service's name and the port that it listens on";
    BROWSER_LOCALHOST "SW1703" Mapped []
        "localhost in a value for browsers",
        "the value is read in the browsers of users, where localhost is their own machine, and most build tools write it into the files when they are built",
        "build with the address that users type, or with a path such as /api where one way in leads to both";
    PUBLIC_LOCALHOST "SW1704" Mapped []
        "localhost as a public address",
        "the value tells programs outside where this one is reached or who may call it, and for them localhost is their own machine",
        "write the host of the ingress rule, or the name that leads to the published port";
    BROWSER_SERVICE "SW1705" Mapped []
        "a service's name in a value for browsers",
        "the value is read in the browsers of users, which do not know the names of services",
        "build with the address that users type, or with a path such as /api where one way in leads to both";
    INGRESS_HOST "SW1706" Mapped []
        "a public address that no ingress rule has",
        "programs outside are told this host, and no ingress rule of the Stack answers for it",
        "write x-stackwright: {ingress: [{host: HOST}]} at the service that answers, or let the name lead to the published port";
    LOOPBACK "SW1707" Mapped []
        "a port published for the machine itself",
        "a cluster has no one machine of yours: the port stays inside the cluster",
        "reach it by kubectl port-forward, or take the address out to publish it for all";
    PORT_CLASH "SW1708" Mapped []
        "a port that two services publish",
        "one address has a port once, so the two cannot run at the same time",
        "publish one of them on another port, or give them different profiles";
    SHARED_VOLUME "SW1709" Mapped []
        "a volume of several containers without ReadWriteMany",
        "the volume is mounted on one node at a time, so all of them run on that node",
        "where a storage class can do it, write x-stackwright: {accessMode: ReadWriteMany} at the volume";
    TWO_WRITERS "SW1710" Mapped []
        "a volume that several containers write",
        "they write the same files at the same time, as in Compose; databases lose their data by that",
        "mount it read-only where it is only read, and keep one writer";
    NEVER_FILLED "SW1711" Mapped []
        "a folder that is only read and is not there",
        "no file is there where you convert and no service writes the folder, so its readers find nothing; certificates are usually meant",
        "put the files there and convert again: keys and certificates become a Secret";
    MIGRATION_RACE "SW1712" Mapped []
        "a migration in each replica",
        "each replica changes the database's schema when it starts, all at the same time",
        "run the migration as a service of its own, which the replicas wait for by service_completed_successfully";
    ROUTING_LABELS "SW1713" Mapped []
        "routing that a proxy reads from the Docker engine",
        "on a cluster no proxy watches the engine, so nothing routes by this",
        "write x-stackwright: {ingress: [{host: HOST}]} at the service";
    ENGINE_LABELS "SW1714" Mapped []
        "labels for a program that watches the Docker engine",
        "on a cluster no program watches the engine, so nothing reads them",
        "use what the cluster has for it: a GitOps tool for updates, a CronJob for what is due, a volume snapshot for backups";
    FIXED_ADDRESS_DIALED "SW1715" Approximated []
        "a fixed address that is dialed",
        "containers of a cluster have no fixed addresses, so nobody answers at this one",
        "write the service's name in place of its address";
    DOCKER_HOST_NAME "SW1716" Approximated []
        "the Docker host's name",
        "the name is that of the machine that runs the engine, and a cluster does not know it",
        "write the name of the service or server that is meant";
    PASSED_ON_UNSET "SW1717" Mapped []
        "a variable that is passed on and not set",
        "the project passes on a variable that has no value where you convert, so the container does not have it",
        "set it where you convert or in .env, or take the line out";
    FRESH_FILES "SW1718" Mapped []
        "a restart of a service without a volume",
        "a container that is started again begins with the files of its image, where Docker keeps what the one before it wrote",
        "give it a volume for what has to stay, if there is such";
    EMPTY_SECRET "SW1719" Mapped []
        "a secret variable without a value",
        "it is not set where you convert, so its key in the Secret is empty",
        "put the value into the Secret, or set the variable where you convert or in .env";
    IMAGE_HEALTH "SW1720" Mapped []
        "waiting for the health of a service whose check can only be in its image",
        "the operator reads the image's HEALTHCHECK from its registry; where the image has none, or cannot be read, the Stack is stalled and says so",
        "where the image has no HEALTHCHECK, give the service a healthcheck: with a test";
    JOB_BY_DEFAULT "SW1721" Mapped []
        "a service without restart that becomes a Job",
        "it has no restart, no port and no health check, and no other service names it: it runs once, as in Compose, and after an error it has failed for good (unless its image tells of a port or a health check)",
        "write restart: unless-stopped, or restart: \"no\" where it is meant to end";
    ONE_GPU "SW1722" Mapped []
        "a GPU that several containers reserve",
        "Docker lets containers share a GPU, and a cluster gives each GPU to one pod: where there are fewer, the other pods stay Pending",
        "have as many GPUs, let the cluster's device plugin share each (time-slicing), or give the services different profiles";
    TEMPLATE "SW1723" Mapped []
        "a template that only Swarm fills in",
        "neither Docker Compose nor a cluster replaces it, so the program reads it as it stands",
        "write the value; a program finds the name of its pod in the variable HOSTNAME";
    HOST_LOCALHOST "SW1724" Approximated []
        "localhost on the host's network for a published port",
        "on a cluster a published port is at a Service and not on the nodes, so nothing listens there",
        "write the other service's name and the port that it listens on, or publish that port with mode: host and keep both on one node";
    TWO_ON_HOST "SW1725" Mapped []
        "localhost between services on the host's network",
        "on a cluster the two may run on different nodes, each with a localhost of its own",
        "keep both on one node by deploy.placement.constraints, or write the other service's name";
    JOB_WITH_PORT "SW1726" Mapped []
        "a server that becomes a Job",
        "its restart says that it ends, so it becomes a Job: once it has ended with 0 it is not started again, and an update ends it before the next begins",
        "write restart: unless-stopped where it is meant to run on";
    SECRET_STAYS "SW1755" Mapped []
        "a password in a script",
        "the shell reads the password in another way than it is written, so no variable can stand in its place: it stays in the Stack for everyone to read",
        "write the password into a variable of the service, and $$NAME in its place in the script";
    VOLUME_OF_NO_NAMESPACE "SW1756" Mapped []
        "a PersistentVolume that is not named by its namespace",
        "all namespaces share the names of PersistentVolumes, and one PersistentVolume serves one claim: a second namespace that applies the same Stack waits for ever",
        "convert with --namespace NAMESPACE";
    UNREADABLE_MODE "SW1740" Mapped []
        "a secret or config that the service's user cannot read",
        "the file belongs to root where uid and gid say nothing, as in Docker Compose, so the program is denied it at each start, and the pod is started again and again",
        "write uid: with the number of the service's user, or a mode that others may read, such as 0444";
    KEY_OF_NAMED_USER "SW1741" Mapped []
        "a private key for a user that is a name",
        "files of a Pod belong to root, and a copy of them to a user by number only: so the key keeps the permission bits that it has on disk, and a program that takes only a key which nobody else may read refuses it",
        "write user: with the number, which docker run --rm IMAGE id NAME tells";
}

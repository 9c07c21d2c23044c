//! The project as a whole: names, extensions, profiles.

use super::list;

list! { PROJECT by Converter:
    EXTENSION "extension" "SW1001" Ignored []
        "extension",
        "keys that start with x- are for other programs. Stackwright reads only x-stackwright",
        "write settings for Stackwright under x-stackwright" => "
        services:
          web:
            image: nginx:1.29
        x-owner: team-shop
        ";
    UNKNOWN_X_STACKWRIGHT "unknown-x-stackwright" "SW1002" Refused []
        "unknown x-stackwright setting",
        "Stackwright has no setting with this name or value at this place",
        "see docs/compose.md for the settings and their places" => "
        services:
          web:
            image: nginx:1.29
            x-stackwright: {colour: blue}
        ";
    RENAMED_PROJECT "renamed-project" "SW1003" Mapped []
        "project name that no Stack can have",
        "a Stack name has at most 63 lower-case letters, digits and hyphens, so the Stack gets another name",
        "set the name with -p or name:" => "
        name: my_shop
        services:
          web:
            image: nginx:1.29
        ";
    LOWER_CASED_SERVICE "lower-cased-service" "SW1004" Approximated []
        "service name with upper-case letters",
        "the name of a Service is lower case, so the service gets its name in lower case. DNS ignores case, so clients still find the service",
        "write the service name in lower case" => "
        services:
          Web:
            image: nginx:1.29
        ";
    RENAMED_SERVICE "renamed-service" "SW1005" Refused []
        "service name that no Service can have",
        "the name of a Service has at most 63 letters, digits and hyphens and starts with a letter. The service gets another name, and clients do not find the service by the old name",
        "rename the service in the Compose file and in its clients, or use --allow-refused renamed-service and fix the clients that the report lists" => "
        services:
          my_web:
            image: nginx:1.29
        ";
    OLD_SERVICE_NAME "old-service-name" "SW1006" Refused []
        "old name of a renamed service",
        "the service has another name on the cluster, so the client does not find the service by this name",
        "write the new name, or use --allow-refused old-service-name" => "
        services:
          my_api:
            image: httpd:2.4
          web:
            image: nginx:1.29
            environment: {API: 'http://my_api:80'}
        ";
    RENAMED_VOLUME "renamed-volume" "SW1007" Mapped []
        "volume name that no object can have, or that another object has",
        "object names consist of lower-case letters, digits and hyphens, so the volume gets another name in the Stack. Programs do not see the name" => "
        services:
          web:
            image: nginx:1.29
            volumes: ['my_data:/one', 'my-data:/two']
        volumes:
          my_data: {}
          my-data: {}
        ";
    DEPENDENCY_WITHOUT_HEALTH_CHECK "dependency-without-health-check" "SW1008" Refused []
        "dependency on the health of a service without a health check",
        "the health check is disabled, or the service has none and imageMetadata: Ignore excludes the check of its image. The service would never become healthy",
        "add healthcheck: with a test, or use --allow-refused dependency-without-health-check to wait only until the service has started" => "
        services:
          web:
            image: nginx:1.29
            depends_on:
              api: {condition: service_healthy}
          api:
            image: httpd:2.4
            healthcheck: {disable: true}
        ";
    EMPTY_PROFILE "empty-profile" "SW1009" Mapped []
        "profile with an empty name",
        "Docker Compose activates this profile if no profile is named. Profiles of a Stack have names, so this profile becomes 'default'. spec.profiles contains 'default' if no profile was named",
        "remove 'default' from spec.profiles to stop the services of the profile" => "
        services:
          web:
            image: nginx:1.29
            profiles: ['']
        ";
    OUTSIDE_CONFINED_FOLDER "outside-confined-folder" "SW1013" Refused []
        "file outside the allowed folder",
        "--confine allows only files in one folder, and the path or a link on the path leads out of the folder",
        "copy the file into the folder, and replace the link if there is one" => none "the rule needs the option --confine and a file outside the folder";
    WINDOWS_PATH "windows-path" "SW1010" Refused []
        "Windows path",
        "the path names a drive, a share or a folder in the form of Windows. Linux containers and cluster nodes have no such path",
        "write a path relative to the Compose file with / as the separator, or use a named volume for data" => r"
        services:
          web:
            image: nginx:1.29
            volumes: ['C:\data:/data']
        ";
    NO_VERDICT "no-verdict" "SW1999" Refused []
        "value without a verdict",
        "the conversion did not read the value. This is a bug in Stackwright",
        "report the bug with these lines of the Compose file, and use --allow-refused no-verdict until the bug is fixed" => none "the rule reports a bug, and an example would be one";
}

//! The project as a whole: names, extensions, profiles.

use super::rules;

rules! { PROJECT:
    EXTENSION "SW1001" Ignored []
        "an extension",
        "keys that begin with x- are for other programs; of them only x-stackwright is read here",
        "write settings for Stackwright under x-stackwright";
    UNKNOWN_SETTING "SW1002" Refused []
        "an unknown setting under x-stackwright",
        "no setting of this name or value is known at this place",
        "see docs/compose.md for the settings and where they may stand";
    PROJECT_NAME "SW1003" Mapped []
        "a project name that no object may bear",
        "a Stack's name has at most 63 lower-case letters, digits and hyphens, so the Stack has another name than the project",
        "give the name that you want with -p or name:";
    LOWERED_NAME "SW1004" Approximated []
        "a service name in upper case",
        "names of Services are in lower case, so the service has the lowered name; DNS takes no account of case, so every text that dials it still finds it",
        "write the service's name in lower case";
    RENAMED_SERVICE "SW1005" Refused []
        "a service name that no Service may bear",
        "a Service's name is a DNS label of at most 63 letters, digits and hyphens that begins with a letter, so the service gets another name and texts that dial the old name no longer find it",
        "rename the service and the texts that dial it, or accept it with --allow-refused SW1005 and mend the texts that are listed";
    DIALS_OLD_NAME "SW1006" Refused []
        "a text that dials a renamed service",
        "the service has another name on the cluster, which this text does not know",
        "write the new name here, or accept it with --allow-refused SW1006";
    RESOURCE_NAME "SW1007" Mapped []
        "a name that no object may bear, or that another bears",
        "objects are named by lower-case letters, digits and hyphens, so the volume has another name in the Stack; no program sees it",
        "nothing needs to be done";
    DEPENDS_ON_HEALTH "SW1008" Refused []
        "waiting for the health of a service without a health check",
        "the service's health check is switched off, or it has none and imageMetadata: Ignore leaves that of its image out, so it would never become healthy",
        "give it a healthcheck: with a test, or accept it with --allow-refused SW1008, to wait until it has started";
    EMPTY_PROFILE "SW1009" Mapped []
        "a profile whose name is empty",
        "Docker Compose activates it where no profile is named, as many files rely on; a Stack's profiles have names, so this one is called 'default', and stands in spec.profiles where no profile was named",
        "to end its services, take 'default' out of spec.profiles";
    OUTSIDE "SW1013" Refused []
        "a file outside of the folder that may be read",
        "--confine allows only files of one folder, and the path, or a link on the way to it, leads out of it",
        "put a copy into the folder, in place of the link where it is one";
    WINDOWS_PATH "SW1010" Refused []
        "a path of Windows",
        "the path names a drive, a share or a folder as Windows writes them; no node of a cluster and no Linux container has it, so it is left out",
        "write a path relative to the compose file with / between its parts, or a named volume for data";
    INTERNAL "SW1999" Refused []
        "a value that the converter did not read",
        "this is an error of Stackwright: each value has to have a verdict",
        "report it with the lines of the compose file, and accept it with --allow-refused SW1999 for now";
}

//! Files and folders of the host.

use super::rules;

rules! { FILE:
    HOST_PATH "SW1351" Approximated []
        "a file or folder of the host",
        "it is that of whichever node runs the service, and only where the namespace allows host paths",
        "use a named volume for data; put configuration beside the compose file";
}

//! What the API server and the operator say of what was made.

use super::rules;

rules! { AGREEMENT:
    OPERATOR_DIFFERS "SW1801" Approximated []
        "a value that the operator carries out with a difference",
        "the operator reproduces the value, but not exactly; the message says what differs",
        "change the value as the message says, or live with the difference";
    NEEDS_POWER "SW1802" Approximated []
        "a privilege of the namespace",
        "the operator runs the service only in a namespace whose administrator allows the privilege; until then the Stack is Stalled",
        "ask the administrator of the namespace for the label that the message names";
    OPERATOR_REFUSES_NAME "SW1803" Refused []
        "a name that the operator refuses",
        "the operator would not run the Stack: Kubernetes does not take the name, or two objects would have it",
        "rename it, or accept it with --allow-refused SW1803 and mend the Stack before you apply it";
    OPERATOR_REFUSES_PORT "SW1804" Refused []
        "a port or route that the operator refuses",
        "the operator would not run the Stack: two containers or two routes would have one address",
        "change one of the two, or accept it with --allow-refused SW1804 and mend the Stack before you apply it";
    OPERATOR_REFUSES_REFERENCE "SW1805" Refused []
        "a reference that the operator refuses",
        "the operator would not run the Stack: services wait for each other, or the name stands for nothing in the Stack",
        "take the reference out, or accept it with --allow-refused SW1805 and mend the Stack before you apply it";
    OPERATOR_REFUSES_VALUE "SW1806" Refused []
        "a value that the operator refuses",
        "the operator would not run the Stack: Kubernetes cannot carry out the value",
        "change the value as the message says, or accept it with --allow-refused SW1806 and mend the Stack before you apply it";
    TOO_LONG "SW1811" Refused []
        "more than a field of a Stack takes",
        "every list, map and text of a Stack has a bound, and the API server refuses a Stack that is past it; no flag accepts that",
        "split the service, or shorten the value; for a long range of ports run the service with network_mode: host";
    NOT_TAKEN "SW1812" Refused []
        "a value that the API server does not take",
        "the API server refuses a Stack with a value of another form than the field has; no flag accepts that",
        "write a value of that form";
    TOO_LARGE_OBJECT "SW1813" Refused []
        "an object that is too large for the API server",
        "the API server takes 1 MiB of data in a ConfigMap or Secret, and etcd 1.5 MiB in all; no flag accepts more",
        "put large files and values into an image or a volume, or split the project";
}

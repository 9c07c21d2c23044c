//! Verdicts of the operator and the API server on the converted Stack.

use super::rules;

rules! { OPERATOR by Operator:
    OPERATOR_APPROXIMATES "SW1801" Approximated []
        "inexact value",
        "the operator applies the value with a difference, which the message names",
        "change the value as the message says, or accept the difference";
    NEEDS_PRIVILEGE "SW1802" Approximated []
        "privilege that the namespace must grant",
        "the operator runs the service only if the namespace grants the privilege. Until then the Stack is Stalled",
        "ask an administrator of the namespace to set the label that the message names";
    OPERATOR_REFUSES_NAME "SW1803" Refused []
        "name that the operator refuses",
        "the operator does not run the Stack: the name is not a valid Kubernetes name, or two objects would have the same name",
        "choose another name, or use --allow-refused SW1803 and fix the Stack before you apply it";
    OPERATOR_REFUSES_PORT "SW1804" Refused []
        "port or route that the operator refuses",
        "the operator does not run the Stack: two containers or two routes would have the same address",
        "change one of the two, or use --allow-refused SW1804 and fix the Stack before you apply it";
    OPERATOR_REFUSES_REFERENCE "SW1805" Refused []
        "reference that the operator refuses",
        "the operator does not run the Stack: services depend on each other in a cycle, or the Stack does not define the name",
        "remove the reference, or use --allow-refused SW1805 and fix the Stack before you apply it";
    OPERATOR_REFUSES_VALUE "SW1806" Refused []
        "value that the operator refuses",
        "the operator does not run the Stack: Kubernetes does not support the value",
        "change the value as the message says, or use --allow-refused SW1806 and fix the Stack before you apply it";
}

rules! { API_SERVER by ApiServer:
    OVER_LIMIT "SW1811" Refused []
        "value over the limit of its field",
        "the API server rejects a Stack if a list, map or text is over the limit of its field. No flag allows this",
        "split the service, or shorten the value. For a long range of ports use network_mode: host";
    REJECTED_VALUE "SW1812" Refused []
        "value that the field does not accept",
        "the API server rejects a Stack if the form of a value does not match its field. No flag allows this",
        "write a value that the field accepts";
    TOO_LARGE_OBJECT "SW1813" Refused []
        "object that is too large",
        "the API server accepts at most 1 MiB of data in a ConfigMap or Secret, and etcd accepts at most 1.5 MiB for an object. No flag allows more",
        "put large files and values into an image or a volume, or split the project";
}

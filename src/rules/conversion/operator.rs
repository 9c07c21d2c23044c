//! Verdicts of the operator and the API server on the converted Stack.

use super::list;

list! { OPERATOR by Operator:
    OPERATOR_APPROXIMATION "operator-approximation" "SW1801" Approximated []
        "inexact value",
        "the operator applies the value with a difference, which the message names",
        "change the value as the message says, or accept the difference" => "
        services:
          web:
            image: nginx:1.29
            restart: always
            stop_signal: SIGQUIT
        ";
    NEEDS_PRIVILEGE "needs-privilege" "SW1802" Approximated []
        "privilege that the namespace must grant",
        "the operator runs the service only if the namespace grants the privilege. Until then the Stack is Stalled",
        "ask an administrator of the namespace to set the label that the message names" => "
        services:
          web:
            image: nginx:1.29
            privileged: true
        ";
    INVALID_OBJECT_NAME "invalid-object-name" "SW1803" Refused []
        "name that the operator refuses",
        "the operator does not run the Stack: the name is not a valid Kubernetes name, or two objects would have the same name",
        "choose another name, or use --allow-refused invalid-object-name and fix the Stack before you apply it" => "
        services:
          web:
            image: nginx:1.29
            configs: [settings, settings.]
        configs:
          settings: {content: a}
          settings.: {content: b}
        ";
    ADDRESS_CONFLICT "address-conflict" "SW1804" Refused []
        "port or route that the operator refuses",
        "the operator does not run the Stack: two containers or two routes would have the same address",
        "change one of the two, or use --allow-refused address-conflict and fix the Stack before you apply it" => "
        services:
          web:
            image: nginx:1.29
            ports: ['80:80']
          api:
            image: httpd:2.4
            ports: ['80:8080']
        ";
    INVALID_REFERENCE "invalid-reference" "SW1805" Refused []
        "reference that the operator refuses",
        "the operator does not run the Stack: services depend on each other in a cycle, or the Stack does not define the name",
        "remove the reference, or use --allow-refused invalid-reference and fix the Stack before you apply it" => "
        services:
          vpn:
            image: example/vpn:1
          client:
            image: example/client:1
            network_mode: service:vpn
            depends_on: [db]
          db:
            image: postgres:17
            depends_on: [vpn]
        ";
    UNSUPPORTED_VALUE "unsupported-value" "SW1806" Refused []
        "value that the operator refuses",
        "the operator does not run the Stack: Kubernetes does not support the value",
        "change the value as the message says, or use --allow-refused unsupported-value and fix the Stack before you apply it" => "
        services:
          proxy:
            image: nginx:1.29
            healthcheck: {test: [CMD, 'true']}
          load:
            image: httpd:2.4
            network_mode: service:proxy
            depends_on:
              proxy: {condition: service_completed_successfully}
        ";
}

list! { API_SERVER by ApiServer:
    OVER_LIMIT "over-limit" "SW1811" Refused []
        "value over the limit of its field",
        "the API server rejects a Stack if a list, map or text is over the limit of its field. No flag allows this",
        "split the service, or shorten the value. For a long range of ports use network_mode: host" => "
        services:
          web:
            image: nginx:1.29
            expose: ['1-65535']
        ";
    REJECTED_VALUE "rejected-value" "SW1812" Refused []
        "value that the field does not accept",
        "the API server rejects a Stack if the form of a value does not match its field. No flag allows this",
        "write a value that the field accepts" => "
        services:
          web:
            image: nginx:1.29
            scale: 100000
        ";
    OBJECT_TOO_LARGE "object-too-large" "SW1813" Refused []
        "object that is too large",
        "the API server accepts at most 1 MiB of data in a ConfigMap or Secret, and etcd accepts at most 1.5 MiB for an object. No flag allows more",
        "put large files and values into an image or a volume, or split the project" => none "the example would be a project of more than 1 MiB";
}

//! Rules of single values.

use super::rule::list;

list! { VALUES:
    AMBIGUOUS "ambiguous" Error
        "value of several forms",
        "the schema allows exactly one of several forms, and the value matches more than one",
        "use one of the forms" =>
        none "no value matches two forms of the current schema";
    BIND_SOURCE "bind-source" Error
        "bind mount without a source",
        "a bind mount needs the path on the host",
        "add `source:` with a host path" => "
        services:
          web:
            image: nginx
            volumes:
              - type: bind
                target: /data
        ";
    BLANK_PATH "blank-path" Error
        "empty path to watch",
        "`develop.watch` needs the path of a file or folder",
        "name the path to watch" => "
        services:
          web:
            image: nginx
            develop:
              watch:
                - action: rebuild
                  path: ''
        ";
    DUPLICATE_ITEM "duplicate-item" Error
        "repeated item",
        "the items of this list must differ",
        "remove one of the two" => "
        services:
          web:
            image: nginx
            group_add: ['1000', '1000']
        ";
    HEALTHCHECK_TEST "healthcheck-test" Error
        "health check without its kind",
        "a test that is a list starts with `NONE`, `CMD` or `CMD-SHELL`",
        "put \"CMD\" before the command, or write the command as one string" => "
        services:
          web:
            image: nginx
            healthcheck:
              test: [curl, -f, http://localhost]
        ";
    INVALID_ADDRESS "invalid-address" Error
        "invalid host address of a port",
        "a port is published at an IP address of the host",
        "write an IP address of the host, such as 127.0.0.1" => "
        services:
          web:
            image: nginx
            ports:
              - target: 80
                published: 8080
                host_ip: localhost
        ";
    INVALID_BOOLEAN "invalid-boolean" Error
        "invalid boolean",
        "the value is `true` or `false`",
        "write `true` or `false`" => "
        services:
          web:
            image: nginx
            privileged: ${PRIVILEGED:-maybe}
        ";
    INVALID_COMMAND "invalid-command" Error
        "command line with an open quote",
        "a command as a single string is split into words as a shell does, without running a shell",
        "close the quote or bracket that opens here, or write the command as a list of words" => "
        services:
          web:
            image: nginx
            command: echo \"hello
        ";
    INVALID_DEVICE "invalid-device" Error
        "invalid device",
        "a device has the form `SOURCE`, `SOURCE:TARGET` or `SOURCE:TARGET:PERMISSIONS`",
        "write `source:`, `target:` and `permissions:`" => "
        services:
          web:
            image: nginx
            devices: ['/dev/a:/dev/b:rwm:more']
        ";
    INVALID_DURATION "invalid-duration" Error
        "invalid duration",
        "a duration is a number and a unit, or several of them: us, ms, s, m or h",
        "write a number and a unit, such as `30s` or `1m30s`" => "
        services:
          web:
            image: nginx
            stop_grace_period: 1 minute
        ";
    INVALID_HOST "invalid-host" Error
        "invalid extra host",
        "an extra host consists of a name and an address",
        "write `HOST=ADDRESS`" => "
        services:
          web:
            image: nginx
            extra_hosts: [db]
        ";
    INVALID_MODE "invalid-mode" Error
        "invalid file mode",
        "a file mode consists of octal digits",
        "write the mode in octal digits, such as `0440`" => "
        services:
          web:
            image: nginx
            secrets:
              - source: token
                mode: '0888'
        secrets:
          token: {environment: TOKEN}
        ";
    INVALID_NUMBER "invalid-number" Error
        "invalid number",
        "the value is a number of the type that the setting needs: an integer, not negative, or finite",
        "write a number" => "
        services:
          web:
            image: nginx
            scale: ${REPLICAS:-two}
        ";
    INVALID_PAIR "invalid-pair" Error
        "item without a value",
        "each item of this list consists of a name and a value",
        "write `NAME=VALUE`" => "
        services:
          web:
            build:
              context: .
              additional_contexts: [base]
        ";
    INVALID_PORT "invalid-port" Error
        "invalid port",
        "a port has the form `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`, with numbers or ranges from 1 to 65535",
        "write `HOST:CONTAINER` with numbers, such as `8080:80`" => "
        services:
          web:
            image: nginx
            ports: ['8080:http']
        ";
    INVALID_SIZE "invalid-size" Error
        "invalid size",
        "a size is a number with an optional unit: b, k, m, g or t",
        "write a number and a unit, such as `512m` or `1g`" => "
        services:
          web:
            image: nginx
            mem_limit: 1 gigabyte
        ";
    INVALID_VOLUME "invalid-volume" Error
        "invalid mount",
        "a mount in the short form is `TARGET`, `SOURCE:TARGET` or `SOURCE:TARGET:OPTIONS`",
        "write `SOURCE:TARGET`, `SOURCE:TARGET:ro`, or the long form" => "
        services:
          web:
            image: nginx
            volumes: ['data::/data']
        ";
    MISSING_KEY "missing-key" Error
        "missing key",
        "a mapping of this kind needs the key",
        "add the missing keys" => "
        services:
          web:
            image: nginx
            develop:
              watch:
                - path: src
        ";
    OUT_OF_RANGE "out-of-range" Error
        "number out of range",
        "the setting limits its numbers",
        "write a number in the range" => "
        services:
          web:
            image: nginx
            scale: -1
        ";
    TRAILING_SPACE "trailing-space" Error
        "space after the name of a variable",
        "the space would be a part of the name",
        "remove the space before `=`" => "
        services:
          web:
            image: nginx
            environment: ['COLOR =blue']
        ";
    UNKNOWN_KEY "unknown-key" Error
        "unknown key",
        "the Compose Specification has no key of this name here. Keys for other programs start with `x-`",
        "correct the name, or move the key to its place" => "
        services:
          web:
            imge: nginx
        ";
    UNKNOWN_VALUE "unknown-value" Error
        "unknown value",
        "the setting accepts only the values that the message lists, or texts of one form",
        "write one of these values" => "
        services:
          web:
            image: nginx
            depends_on:
              db: {condition: service_ready}
          db:
            image: postgres
        ";
    WRONG_TYPE "wrong-type" Error
        "value of another type",
        "the setting needs a value of another type, such as a list in place of a string",
        "use the form in the Compose specification" => "
        services:
          web:
            image: nginx
            ports: 8080
        ";
    YAML_1_1_BOOLEAN "yaml-1.1-boolean" Warning
        "boolean of YAML 1.1",
        "`yes`, `no`, `on`, `off` and the like were booleans in YAML 1.1. A variable with such a value is still read as one" => "
        services:
          web:
            image: nginx
            privileged: ${PRIVILEGED:-no}
        ";
}

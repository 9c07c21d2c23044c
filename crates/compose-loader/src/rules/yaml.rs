//! Rules of YAML.

use super::rule::list;

list! { YAML:
    ALIAS_CYCLE "alias-cycle" Error
        "alias inside its own value",
        "an alias stands for the value of its anchor, so a value that contains its own alias has no end",
        "replace the inner alias by the value" => "
        services:
          web: &web
            image: nginx
            labels: *web
        ";
    DUPLICATE_KEY "duplicate-key" Error
        "repeated key",
        "a key can stand only once in a mapping",
        "keep one of the two" => "
        services:
          web:
            image: nginx
            image: httpd
        ";
    MERGE_KEY "merge-key" Error
        "merge key without a mapping",
        "the key `<<` merges the keys of another mapping, or of each mapping of a list",
        "use an alias of a mapping" => "
        services:
          web:
            image: nginx
            <<: defaults
        ";
    NON_STRING_KEY "non-string-key" Error
        "key that is not a string",
        "all keys of a Compose file are strings, and YAML reads a bare number, date, `true` or `null` as another type",
        "put the key into quotes" => "
        services:
          1:
            image: nginx
        ";
    TOO_MANY_ALIASES "too-many-aliases" Error
        "too many values from aliases",
        "an alias copies the value of its anchor. Aliases inside anchors multiply, so the number of copies is limited",
        "use fewer aliases inside the values of other anchors" => "
        x-a: &a [x, x, x, x, x, x, x, x, x, x]
        x-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
        x-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
        x-d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
        x-e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
        services:
          web:
            image: nginx
        ";
    TOO_MANY_DOCUMENTS "too-many-documents" Error
        "too many documents in one file",
        "a file can have several documents, which are merged in their order. Their number is limited",
        "split the file into several files" =>
        none "the file would have more documents than a reader can follow";
    TOO_MANY_VALUES "too-many-values" Error
        "too many values in one file",
        "the number of values of a file is limited, so that a hostile file cannot exhaust the memory",
        "split the file into several files" =>
        none "the file would have more values than a reader can follow";
    YAML_CONTROL_CHARACTER "yaml-control-character" Error
        "control character",
        "YAML allows no control characters except tab and line ends",
        "remove the character, or write it as an escape in double quotes" => "
        services:
          web:
            image: nginx
            command: echo \u{7}
        ";
    YAML_SYNTAX "yaml-syntax" Error
        "invalid YAML",
        "the text does not follow the syntax of YAML, so its structure is unknown" => "
        services:
          web:
            image: 'nginx
        ";
    YAML_TAG "yaml-tag" Error
        "value that contradicts its tag",
        "a tag such as `!!int` or `!!binary` states the type of a value, and the text is not of this type",
        "remove the tag, or correct the value" => "
        services:
          web:
            image: nginx
            scale: !!int two
        ";
}

//! Passwords in commands, checks, labels and options, where the Stack would show them.

use serde_json::{Value, json};

use super::{converted, said};

const RULES: [&str; 6] = [
    "secret-value",
    "secret-in-plain-text",
    "secret-in-command",
    "secret-in-label",
    "docker-watcher-labels",
    "password-in-script",
];

/// Returns the entries of the service `a`, and the service in the Stack.
fn outcome(lines: &str, variables: &str) -> (Vec<String>, Value) {
    let compose = format!("services:\n  a:\n    image: b:1\n    restart: always\n    {lines}\n");
    let converted = converted(&compose, &[("app.env", variables)], &[]);
    let problems = crate::problems(&converted.stack);
    assert!(problems.is_empty(), "{lines}: {problems:?}");
    let open = serde_json::to_value(&converted.stack.spec.services["a"]).unwrap();
    let said = said(&converted, &RULES).into_iter().map(|line| line.replace(" a/", " "));
    (said.collect(), open)
}

#[test]
fn a_password_in_words_becomes_a_variable_of_the_container() {
    for (lines, remarks, key, words) in [
        (
            "command: redis-server --requirepass hunter2",
            &["secret-value command/2"][..],
            "command",
            json!(["redis-server", "--requirepass", "$(STACKWRIGHT_COMMAND_SECRET)"]),
        ),
        (
            "command: [app, --password=hunter2]",
            &["secret-value command/1"],
            "command",
            json!(["app", "--password=$(STACKWRIGHT_COMMAND_SECRET)"]),
        ),
        (
            "entrypoint: [app, 'amqp://u:hunter2@mq']",
            &["secret-value entrypoint/1"],
            "entrypoint",
            json!(["app", "amqp://u:$(STACKWRIGHT_ENTRYPOINT_SECRET)@mq"]),
        ),
        (
            "entrypoint: [redis-cli]\n    command: [-a, hunter2, ping]",
            &["secret-value command/1"],
            "command",
            json!(["-a", "$(STACKWRIGHT_COMMAND_SECRET)", "ping"]),
        ),
        (
            "command: [sh, -c, 'PGPASSWORD=hunter2 exec app']",
            &["secret-value command/2"],
            "command",
            json!(["sh", "-c", "PGPASSWORD=$(STACKWRIGHT_COMMAND_SECRET) exec app"]),
        ),
        (
            "command: [app, '{\"password\": \"hunter2\"}']",
            &["secret-value command/1"],
            "command",
            json!(["app", "{\"password\": \"$(STACKWRIGHT_COMMAND_SECRET)\"}"]),
        ),
        (
            "command: [app, --password, hunter2, --again-password, hunter2]",
            &["secret-value command/2", "secret-value command/4"],
            "command",
            json!([
                "app",
                "--password",
                "$(STACKWRIGHT_COMMAND_SECRET)",
                "--again-password",
                "$(STACKWRIGHT_COMMAND_SECRET_2)"
            ]),
        ),
        (
            "environment: {OPTS: '--token hunter2 -v'}",
            &["secret-value environment/OPTS"],
            "environment",
            json!({"OPTS": "--token $(STACKWRIGHT_OPTS_SECRET) -v"}),
        ),
        (
            "command: [app, --password, $$APP_PASSWORD]",
            &[],
            "command",
            json!(["app", "--password", "$APP_PASSWORD"]),
        ),
        (
            "command: [app, --password-file, /run/secrets/p]",
            &[],
            "command",
            json!(["app", "--password-file", "/run/secrets/p"]),
        ),
        ("command: [app, --token, '$$(cat /t)']", &[], "command", json!(["app", "--token", "$$(cat /t)"])),
        ("command: [ls, -a, hunter2]", &[], "command", json!(["ls", "-a", "hunter2"])),
    ] {
        let (said, made) = outcome(lines, "");
        assert_eq!(
            (said, &made[key]),
            (remarks.iter().map(|r| (*r).to_owned()).collect(), &words),
            "{lines}"
        );
    }
}

#[test]
fn a_shell_inserts_the_password_of_a_check_or_hook() {
    for (lines, remarks, path, words) in [
        (
            "healthcheck: {test: [CMD, redis-cli, -a, hunter2, ping]}",
            &["secret-in-command healthcheck/test/3"][..],
            "/healthcheck/test",
            json!(["CMD-SHELL", "exec redis-cli -a \"$STACKWRIGHT_HEALTHCHECK_SECRET\" ping"]),
        ),
        (
            "healthcheck: {test: mysqladmin ping -phunter2}",
            &["secret-in-command healthcheck/test/1"],
            "/healthcheck/test",
            json!(["CMD-SHELL", "mysqladmin ping -p\"$STACKWRIGHT_HEALTHCHECK_SECRET\""]),
        ),
        (
            "healthcheck: {test: \"mysqladmin ping --password='hunt er2'\"}",
            &["secret-in-command healthcheck/test/1"],
            "/healthcheck/test",
            json!(["CMD-SHELL", "mysqladmin ping --password=''\"$STACKWRIGHT_HEALTHCHECK_SECRET\"''"]),
        ),
        (
            "healthcheck: {test: 'curl -fu admin:hunter2 http://localhost'}",
            &["secret-in-command healthcheck/test/1"],
            "/healthcheck/test",
            json!(["CMD-SHELL", "curl -fu admin:\"$STACKWRIGHT_HEALTHCHECK_SECRET\" http://localhost"]),
        ),
        (
            "pre_stop: [{command: [redis-cli, -a, hunter2, shutdown]}]",
            &["secret-in-command pre_stop/0/command"],
            "/preStop/0/command",
            json!(["sh", "-c", "exec redis-cli -a \"$STACKWRIGHT_HOOK_SECRET\" shutdown"]),
        ),
        (
            "healthcheck: {test: 'app --password \"a\\$$b\"'}",
            &["password-in-script healthcheck/test"],
            "/healthcheck/test",
            json!(["CMD-SHELL", "app --password \"a\\$b\""]),
        ),
        (
            "healthcheck: {test: 'app -p $$APP_PASSWORD --password $$(cat /p)'}",
            &[],
            "/healthcheck/test",
            json!(["CMD-SHELL", "app -p $APP_PASSWORD --password $$(cat /p)"]),
        ),
        (
            "healthcheck: {test: 'pg_isready -U app -p 5432'}",
            &[],
            "/healthcheck/test",
            json!(["CMD-SHELL", "pg_isready -U app -p 5432"]),
        ),
    ] {
        let (said, made) = outcome(lines, "");
        let remarks: Vec<String> = remarks.iter().map(|remark| (*remark).to_owned()).collect();
        assert_eq!((said, made.pointer(path)), (remarks, Some(&words)), "{lines}");
    }
}

#[test]
fn a_label_with_a_secret_is_left_out_and_an_annotation_refused() {
    for (lines, remarks, left) in [
        (
            "labels: {app.password: hunter2, app.group: x}",
            &["secret-in-label labels/app.password"][..],
            json!({"app.group": "x"}),
        ),
        ("labels: ['app.key=hunter2']", &["secret-in-label labels/app.key"], Value::Null),
        ("labels: {app.url: 'https://u:hunter2@h/'}", &["secret-in-label labels/app.url"], Value::Null),
        (
            "labels: {app.options: 'user=a,token=hunter2'}",
            &["secret-in-label labels/app.options"],
            Value::Null,
        ),
        (
            "environment: {API_TOKEN: hunter2hunter2}\n    labels: {note: 'is hunter2hunter2'}",
            &["secret-value environment/API_TOKEN", "secret-in-label labels/note"],
            Value::Null,
        ),
        ("labels: {app.key: ''}", &[], json!({"app.key": ""})),
        ("labels: {app.password-file: /run/secrets/p}", &[], json!({"app.password-file": "/run/secrets/p"})),
        ("labels: {key: value}", &[], json!({"key": "value"})),
        ("labels: {app.token: 'true'}", &[], json!({"app.token": "true"})),
        ("labels: {traefik.enable: 'true'}", &[], json!({"traefik.enable": "true"})),
        (
            "annotations: {app.password: hunter2}",
            &["secret-in-plain-text annotations/app.password"],
            Value::Null,
        ),
    ] {
        let (said, made) = outcome(lines, "");
        assert_eq!(
            (said, &made["labels"]),
            (remarks.iter().map(|r| (*r).to_owned()).collect(), &left),
            "{lines}"
        );
    }
    let (said, made) = outcome("deploy: {labels: {app.password: hunter2}}", "");
    assert_eq!(
        (said.as_slice(), &made["deploy"]["labels"]),
        (&["secret-in-label deploy/labels/app.password".to_owned()][..], &Value::Null)
    );
}

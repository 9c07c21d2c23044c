//! The owners of files, and the users that can read them.

use super::check;

#[test]
fn private_files_stay_private_and_belong_to_their_reader() {
    check(&[
        (
            "host keys of a folder",
            "  sftp: {image: 'sftp:1', restart: always, volumes: ['./keys:/etc/ssh/keys:ro']}",
            &["keys/ssh_host_rsa_key", "keys/ssh_host_rsa_key.pub", "keys/moduli"],
            "sftp /etc/ssh/keys <- files moduli ssh_host_rsa_key@0600* ssh_host_rsa_key.pub",
        ),
        (
            "a key file by an option",
            "  db: {image: 'mongo:8', restart: always, command: mongod --keyFile=/data/rs --replSet rs0, volumes: ['./rs:/data/rs:ro']}",
            &["rs"],
            "db /data/rs <- files .@0600*",
        ),
        (
            "a key by its text, of another user",
            "  a: {image: 'a:1', restart: always, user: '1000:1001', volumes: ['./a.txt:/run/a:ro']}",
            &["a.txt=-----BEGIN EC PRIVATE KEY-----\\nabc"],
            "a /run/a <- files .@0600*
             a copy 1000:1001",
        ),
        (
            "bits that keep others out",
            "  a: {image: 'a:1', restart: always, user: '7:8', volumes: ['./conf:/conf:ro']}",
            &["conf/a@640", "conf/b@400", "conf/run@750", "conf/c@664", "conf/d@775"],
            "a /conf <- files a@0640 b@0400 c d@0755 run@0750
             a copy 7:8",
        ),
        (
            "root reads them anyhow",
            "  a: {image: 'a:1', restart: always, user: '0:0', volumes: ['./conf:/conf:ro']}",
            &["conf/a@600"],
            "a /conf <- files a@0600",
        ),
        (
            "public parts stay public",
            "  a: {image: 'a:1', restart: always, volumes: ['./ca:/ca:ro']}",
            &["ca/ca.crt", "ca/id_rsa.pub", "ca/repo.key=-----BEGIN PGP PUBLIC KEY BLOCK-----"],
            "a /ca <- files ca.crt* id_rsa.pub repo.key*",
        ),
        (
            "the cookie of a cluster in a volume",
            "  mq: {image: 'rabbitmq:4', restart: always, user: '999:999', volumes: ['./mq:/var/lib/rabbitmq']}",
            &["mq/.erlang.cookie"],
            "mq /var/lib/rabbitmq <- data-mq
             data-mq: .erlang.cookie@0600*
             written-folder
             mq lay 999:999",
        ),
        (
            "a copy of a user's own",
            "  a: {image: 'a:1', restart: always, user: '1000', volumes: ['./a.ini:/app/a.ini']}",
            &["a.ini"],
            "a /app/a.ini <- copy .
             writable-copy
             a copy 1000:0",
        ),
        (
            "a volume of a user's own",
            "  a: {image: 'a:1', restart: always, user: '1000:1000', volumes: ['./settings:/app/settings']}",
            &["settings/settings.json"],
            "a /app/settings <- data-settings
             data-settings: settings.json
             written-folder
             a lay 1000:1000",
        ),
        (
            "a certificate store",
            "  proxy: {image: 'traefik:3', restart: always, volumes: ['./acme.json:/acme.json', './certs:/certs:ro']}",
            &["acme.json=", "certs/tls.key", "certs/tls.crt"],
            "proxy /acme.json <- data-acme-json/acme.json
             proxy /certs <- files tls.crt* tls.key@0600*
             data-acme-json: acme.json@0600*
             data-file
             proxy lay :",
        ),
    ]);
}

#[test]
fn a_private_key_keeps_its_mode_if_the_user_is_a_name() {
    for (user, volume, reported, mode) in [
        ("node", "./key.pem:/key.pem:ro", &["key-of-named-user a/volumes/0/source"][..], None),
        ("node:node", "./key.pem:/key.pem", &["key-of-named-user a/volumes/0/source"], None),
        ("1000", "./key.pem:/key.pem:ro", &[], Some("0600")),
        ("root", "./key.pem:/key.pem:ro", &[], Some("0600")),
        ("node", "./plain.conf:/plain.conf:ro", &[], None),
    ] {
        let compose = format!(
            "services:\n  a: {{image: 'a:1', restart: always, user: '{user}', volumes: ['{volume}']}}\n"
        );
        let key = "-----BEGIN EC PRIVATE KEY-----\nabc";
        let converted = super::super::converted(&compose, &[("key.pem", key), ("plain.conf", "a = 1")], &[]);
        assert_eq!(super::super::said(&converted, &["key-of-named-user"]), reported, "{user} {volume}");
        let spec = &converted.stack.spec;
        let of_volumes = spec.volumes.values().flat_map(|volume| &volume.files);
        let mut files = spec.services["a"].files.iter().flat_map(|tree| &tree.files).chain(of_volumes);
        assert_eq!(files.next().unwrap().mode.as_deref(), mode, "{user} {volume}");
    }
}

//! What bind mounts mean, and whose the files are.

use stackwright::api::{FileTree, TreeFile, VolumeMount};
use stackwright::compose::discover::Options as Find;
use stackwright::compose::source::{Files, Kind, Memory};
use stackwright::convert::verdict::Verdict;
use stackwright::convert::{Converted, Folders};
use stackwright::translate::{Facts, Power, Powers, translate};

use crate::projects;

/// Files in memory; a name that ends in `@640` has those permission bits.
#[derive(Default)]
struct Project(Memory, Vec<(String, u32)>);

impl Files for Project {
    fn kind(&self, path: &str) -> Option<Kind> {
        self.0.kind(path)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.read(path)
    }
}

impl Folders for Project {
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        self.0.list(path)
    }

    fn mode(&self, path: &str) -> u32 {
        self.1.iter().find(|(file, _)| file == path).map_or(0o644, |(_, mode)| *mode)
    }
}

fn converted(compose: &str, files: &[&str]) -> Converted {
    let mut project = Project::default();
    project.0.add("/srv/shop/compose.yaml", compose);
    for file in files {
        let (name, text) = file.split_once('=').unwrap_or((file, "text"));
        let (name, mode) = name.split_once('@').unwrap_or((name, "644"));
        let path = format!("/srv/shop/{name}");
        project.1.push((path.clone(), u32::from_str_radix(mode, 8).unwrap()));
        let text = match text {
            "LARGE" => "x".repeat(1 << 20),
            "MUCH" => "x".repeat(800 << 10),
            text => text.replace("\\n", "\n"),
        };
        project.0.add(path, text);
    }
    let find = Find { folder: "/srv/shop".to_owned(), ..Find::default() };
    projects::converted(&find, &project, None).unwrap_or_else(|why| panic!("{compose}: {why}")).2
}

/// What becomes of a project's mounts, in a line for each, the rules that say something else than `mapped`, and
/// whom the helper gives files to.
fn summary(converted: &Converted) -> String {
    let spec = &converted.stack.spec;
    let mut lines = Vec::new();
    for (name, service) in &spec.services {
        lines.extend(service.volumes.iter().map(|mount| format!("{name} {}", volume(mount))));
        lines.extend(service.files.iter().map(|it| format!("{name} {}", tree(it))));
    }
    for (name, volume) in &spec.volumes {
        if !volume.files.is_empty() || !volume.folders.is_empty() {
            let folders = volume.folders.iter().map(|folder| format!("{folder}/"));
            let all: Vec<_> = volume.files.iter().map(file).chain(folders).collect();
            lines.push(format!("{name}: {}", all.join(" ")));
        }
    }
    let mut rules: Vec<_> = converted
        .entries
        .iter()
        .filter(|entry| entry.pointer.contains("/volumes/") && entry.verdict != Verdict::Mapped)
        .filter_map(|entry| entry.rule.map(|rule| rule.id))
        .collect();
    rules.sort_unstable();
    rules.dedup();
    lines.push(rules.join(" "));
    lines.extend(owners(converted));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn volume(mount: &VolumeMount) -> String {
    let from = match (&mount.source, &mount.host_path) {
        (Some(source), _) => source.clone(),
        (_, Some(path)) => format!("host {path}"),
        _ if mount.empty_dir == Some(true) => "emptyDir".to_owned(),
        _ => "anonymous".to_owned(),
    };
    let subpath = mount.subpath.as_ref().map(|path| format!("/{path}")).unwrap_or_default();
    let read_only = if mount.read_only == Some(true) { " ro" } else { "" };
    let seeded = if mount.nocopy.is_none() && mount.source.is_some() { " seeded" } else { "" };
    format!("{} <- {from}{subpath}{read_only}{seeded}", mount.target)
}

fn tree(tree: &FileTree) -> String {
    let kind = if tree.read_only == Some(false) { "copy" } else { "files" };
    let files: Vec<_> = tree.files.iter().map(file).collect();
    format!("{} <- {kind} {}", tree.target, files.join(" "))
}

fn file(file: &TreeFile) -> String {
    let secret = if file.secret_key_ref.is_some() { "*" } else { "" };
    let mode = file.mode.as_ref().map(|mode| format!("@{mode}")).unwrap_or_default();
    format!("{}{mode}{secret}", file.path.as_deref().unwrap_or("."))
}

fn owners(converted: &Converted) -> Vec<String> {
    let facts = Facts {
        helper_image: Some("helper:1".to_owned()),
        powers: Powers(Power::ALL.into()),
        ..projects::facts(converted)
    };
    let desired = translate(&converted.stack, &facts).unwrap_or_else(|invalid| panic!("{invalid:?}"));
    let mut found = Vec::new();
    for (name, unit) in &desired.units {
        let Some(workload) = &unit.workload else { continue };
        let body = workload.object().body;
        let init = body["spec"]["template"]["spec"]["initContainers"].as_array().cloned().unwrap_or_default();
        let arguments = init.iter().flat_map(|it| it["args"].as_array().cloned().unwrap_or_default());
        for argument in arguments.filter_map(|argument| argument.as_str().map(str::to_owned)) {
            let Some((option, parts)) = argument.split_once('=') else { continue };
            let parts: Vec<_> = parts.split(':').collect();
            if matches!(option, "--lay" | "--copy") && parts.len() >= 4 {
                found.push(format!("{name} {} {}:{}", &option[2..], parts[2], parts[3]));
            }
        }
    }
    found.dedup();
    found
}

/// Holds a table of projects to what becomes of them.
fn hold(table: &[(&str, &str, &[&str], &str)]) {
    let mut wrong = Vec::new();
    for (title, compose, files, expected) in table {
        let compose = format!("name: shop\nservices:\n{compose}");
        let got = summary(&converted(&compose, files));
        let expected: Vec<_> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if got != expected.join("\n") {
            wrong.push(format!("{title}:\n{got}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_services_write_is_a_volume_with_the_projects_files() {
    hold(&[
        (
            "a readme in a data folder",
            "  db: {image: 'postgres:17', restart: always, volumes: ['./volumes/db:/var/lib/postgresql/data']}",
            &["volumes/db/README.md"],
            "db /var/lib/postgresql/data <- data-volumes-db-eaa80d16f1
             data-volumes-db-eaa80d16f1: README.md
             SW1360
             db lay :",
        ),
        (
            "folders that placeholders keep",
            "  app: {image: 'app:1', restart: always, user: '33', volumes: ['./storage:/app/storage']}",
            &["storage/.gitignore", "storage/logs/.gitignore", "storage/framework/views/.gitkeep"],
            "app /app/storage <- data-storage
             data-storage: framework/views/ logs/
             SW1353
             app lay 33:0",
        ),
        (
            "two services and a path below",
            "  a: {image: 'a:1', restart: always, volumes: ['./data:/a']}\n  b: {image: 'b:1', restart: always, volumes: ['./data/sub:/b:ro', './data/conf.json:/etc/b.json']}",
            &["data/conf.json", "data/sub/x"],
            "a /a <- data-data
             b /b <- data-data/sub ro
             b /etc/b.json <- data-data/conf.json
             data-data: conf.json sub/x
             SW1360
             a lay :
             b lay :",
        ),
        (
            "a tree that is read above a folder that is written",
            "  web: {image: 'nginx:1', restart: always, volumes: ['.:/srv:ro']}\n  app: {image: 'app:1', restart: always, volumes: ['./data:/data']}",
            &["index.html", "data/x", "empty/.keep"],
            "app /data <- data-data
             web /srv/data <- data-data ro
             web /srv <- files compose.yaml empty/.keep index.html
             data-data: x
             SW1360
             app lay :
             web lay :",
        ),
        (
            "a folder that everyone reads",
            "  a: {image: 'a:1', restart: always, volumes: ['./conf:/conf:ro']}\n  b: {image: 'b:1', restart: always, volumes: [{type: bind, source: ./conf, target: /x, read_only: true}]}",
            &["conf/a"],
            "a /conf <- files a
             b /x <- files a",
        ),
        (
            "targets of configuration",
            "  a: {image: 'a:1', restart: always, volumes: ['./a:/etc/a', './b:/usr/local/etc/b', './c:/docker-entrypoint-initdb.d', './d:/x/conf.d', './e:/etcetera']}",
            &["a/x", "b/x", "c/x", "d/x", "e/x"],
            "a /etcetera <- data-e
             a /etc/a <- copy x
             a /usr/local/etc/b <- copy x
             a /docker-entrypoint-initdb.d <- copy x
             a /x/conf.d <- copy x
             data-e: x
             SW1359 SW1360
             a copy :
             a lay :",
        ),
        (
            "one reads as configuration what another writes",
            "  a: {image: 'a:1', restart: always, volumes: ['./conf:/etc/a']}\n  ui: {image: 'ui:1', restart: always, volumes: ['./conf:/managed']}",
            &["conf/x"],
            "a /etc/a <- data-conf
             ui /managed <- data-conf
             data-conf: x
             SW1360
             a lay :
             ui lay :",
        ),
        (
            "programs keep state below /etc",
            "  certbot: {image: 'c:1', restart: always, volumes: ['./le:/etc/letsencrypt']}\n  web: {image: 'nginx:1', restart: always, volumes: ['./le:/etc/letsencrypt:ro']}\n  dns: {image: 'pihole:1', restart: always, volumes: ['./absent:/etc/pihole']}",
            &["le/cli.ini"],
            "certbot /etc/letsencrypt <- data-le
             dns /etc/pihole <- data-absent
             web /etc/letsencrypt <- data-le ro
             data-le: cli.ini
             SW1353 SW1360
             certbot lay :
             web lay :",
        ),
        (
            "a service of a profile that writes",
            "  web: {image: 'nginx:1', restart: always, volumes: ['./site:/site:ro']}\n  edit: {image: 'e:1', profiles: [edit], volumes: ['./site:/site']}",
            &["site/index.html"],
            "edit /site <- data-site
             web /site <- data-site ro
             data-site: index.html
             SW1360
             web lay :",
        ),
        (
            "single files that are written",
            "  a: {image: 'a:1', restart: always, volumes: ['./app.db:/app/app.db', './acme.json:/acme.json', './conf.yml:/app/conf.yml', './x.conf:/etc/x.conf:ro']}",
            &["app.db", "acme.json@600=", "conf.yml", "x.conf"],
            "a /app/app.db <- data-app-db/app.db
             a /acme.json <- data-acme-json/acme.json
             a /app/conf.yml <- copy .
             a /etc/x.conf <- files .
             data-acme-json: acme.json@0600*
             data-app-db: app.db
             SW1359 SW1361
             a copy :
             a lay :",
        ),
        (
            "what the author says",
            "  a:\n    image: a:1\n    restart: always\n    volumes:\n      - {type: bind, source: ./a, target: /a, x-stackwright: {bind: files}}\n      - {type: bind, source: ./b, target: /b, x-stackwright: {bind: emptyDir}}\n      - {type: bind, source: ./c, target: /etc/c, read_only: true, x-stackwright: {bind: volume}}\n      - {type: bind, source: ./d.conf, target: /d.conf, x-stackwright: {bind: volume}}\n      - {type: bind, source: /opt/e, target: /e, x-stackwright: {bind: volume}}\n      - {type: bind, source: /opt/f, target: /f}",
            &["a/x", "b/x", "c/x", "d.conf"],
            "a /b <- emptyDir
             a /etc/c <- data-c ro
             a /d.conf <- data-d-conf/d.conf
             a /e <- data-opt-e-dcd3bda89a
             a /f <- host /opt/f
             a /a <- copy x
             data-c: x
             data-d-conf: d.conf
             SW1351 SW1353 SW1359 SW1360 SW1361 SW1362
             a copy :
             a lay :",
        ),
        (
            "what an image has is hidden",
            "  a: {image: 'nginx:1', restart: always, volumes: ['./html:/usr/share/nginx/html', './logs:/var/log/nginx', 'named:/named']}\nvolumes: {named: {}}",
            &["html/index.html"],
            "a /usr/share/nginx/html <- data-html
             a /var/log/nginx <- data-logs
             a /named <- named seeded
             data-html: index.html
             SW1353 SW1360
             a lay :",
        ),
    ]);
}

#[test]
fn a_source_tree_is_left_out_only_for_the_service_whose_image_has_it() {
    const COPIES: &str = "Dockerfile=FROM php:8\\nWORKDIR /app\\nCOPY . .";
    hold(&[
        (
            "the service that is built, and a stock image beside it",
            "  php: {build: ., restart: always, volumes: ['.:/app']}\n  web: {image: 'nginx:1', restart: always, volumes: ['.:/app:ro']}",
            &[COPIES, "index.php"],
            "web /app <- files Dockerfile compose.yaml index.php
             SW1356",
        ),
        (
            "an image that has a part of the folder",
            "  php: {build: ., restart: always, volumes: ['.:/var/www/html']}",
            &["Dockerfile=FROM php:8\\nCOPY docker/ /var/www/html/docker/", "index.php", "docker/php.ini"],
            "php /var/www/html <- data-cdb4ee2aea
             data-cdb4ee2aea: Dockerfile compose.yaml docker/php.ini index.php
             SW1360
             php lay :",
        ),
        (
            "an image that has all parts of the folder but what is of the machine",
            "  app: {build: ., restart: always, volumes: ['.:/app']}",
            &[
                "Dockerfile=FROM node\\nWORKDIR /app\\nCOPY package*.json ./\\nCOPY src src",
                ".gitignore=node_modules",
                "package.json",
                "src/a.js",
                "node_modules/b/c.js",
                "README.md",
            ],
            "SW1356",
        ),
        (
            "a pattern that takes back one file of an excluded folder",
            "  app: {build: ., restart: always, volumes: ['.:/app']}",
            &[COPIES, ".dockerignore=*\\n!dist/app.jar", "dist/app.jar", "src/a"],
            "SW1356",
        ),
        (
            "a Dockerfile that copies nothing",
            "  php: {build: ., restart: always, volumes: ['.:/app']}\n  web: {image: 'nginx:1', restart: always, volumes: ['./public:/srv:ro']}",
            &["Dockerfile=FROM php:8", "public/index.php"],
            "php /app <- data-cdb4ee2aea
             web /srv <- data-cdb4ee2aea/public ro
             data-cdb4ee2aea: Dockerfile compose.yaml public/index.php
             SW1360
             php lay :
             web lay :",
        ),
        (
            "a folder of uploads that the builder does not see",
            "  php: {build: ., restart: always, volumes: ['.:/app', './uploads:/app/uploads']}",
            &[COPIES, ".dockerignore=uploads", "uploads/default.png"],
            "php /app/uploads <- data-uploads
             data-uploads: default.png
             SW1356 SW1360
             php lay :",
        ),
        (
            "patterns that take a folder back",
            "  php: {build: ., restart: always, volumes: ['./src:/app/src', './data:/app/data']}",
            &[COPIES, ".dockerignore=*\\n!src", "src/a.php", "data/seed.csv"],
            "php /app/data <- data-data
             data-data: seed.csv
             SW1356 SW1360
             php lay :",
        ),
        (
            "a folder that is not there or empty",
            "  php: {build: ., restart: always, volumes: ['./new:/app/new', './tmp:/app/tmp']}",
            &[COPIES, "tmp/.gitkeep"],
            "php /app/new <- data-new
             php /app/tmp <- data-tmp
             SW1353",
        ),
        (
            "a mount at another place than the image's",
            "  php: {build: ., restart: always, volumes: ['./fixtures:/fixtures']}",
            &[COPIES, "fixtures/a"],
            "php /fixtures <- data-fixtures
             data-fixtures: a
             SW1360
             php lay :",
        ),
        (
            "configuration that lies in the context",
            "  web: {build: ./web, restart: always, volumes: ['./web/conf.d:/etc/nginx/conf.d:ro', './web/html:/html']}",
            &["web/Dockerfile=FROM nginx\\nCOPY html /html", "web/conf.d/site.conf", "web/html/index.html"],
            "web /etc/nginx/conf.d <- files site.conf
             SW1356",
        ),
        (
            "a stage that is built, and a file of another name",
            "  app: {build: {context: ./app, dockerfile: ../docker/App, target: dev}, restart: always, volumes: ['./app:/code', '/code/node_modules']}",
            &["docker/App=FROM node AS dev\\nWORKDIR /code\\nCOPY src ./src\\nFROM nginx", "app/src/main.js"],
            "app /code/node_modules <- anonymous
             SW1356",
        ),
        (
            "a context whose Dockerfile cannot be read",
            "  app: {build: ./app, restart: always, volumes: ['./app/src:/code/src']}\n  job: {build: ./job, restart: always, volumes: ['./app/src:/src']}",
            &["app/src/main.js", "job/x"],
            "job /src <- data-app-src-5b24f327c4
             data-app-src-5b24f327c4: main.js
             SW1356 SW1360
             job lay :",
        ),
        (
            "the author wants it kept",
            "  app: {build: ., restart: always, volumes: [{type: bind, source: ., target: /app, x-stackwright: {bind: volume}}]}",
            &[COPIES, ".git/config"],
            "app /app <- data-cdb4ee2aea
             data-cdb4ee2aea: Dockerfile compose.yaml
             SW1360
             app lay :",
        ),
    ]);
}

#[test]
fn files_that_must_be_private_are_so_and_belong_to_who_reads_them() {
    hold(&[
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
             SW1360
             mq lay 999:999",
        ),
        (
            "a copy of a user's own",
            "  a: {image: 'a:1', restart: always, user: '1000', volumes: ['./a.ini:/app/a.ini']}",
            &["a.ini"],
            "a /app/a.ini <- copy .
             SW1359
             a copy 1000:0",
        ),
        (
            "a volume of a user's own",
            "  a: {image: 'a:1', restart: always, user: '1000:1000', volumes: ['./settings:/app/settings']}",
            &["settings/settings.json"],
            "a /app/settings <- data-settings
             data-settings: settings.json
             SW1360
             a lay 1000:1000",
        ),
        (
            "a certificate store",
            "  proxy: {image: 'traefik:3', restart: always, volumes: ['./acme.json:/acme.json', './certs:/certs:ro']}",
            &["acme.json=", "certs/tls.key", "certs/tls.crt"],
            "proxy /acme.json <- data-acme-json/acme.json
             proxy /certs <- files tls.crt* tls.key@0600*
             data-acme-json: acme.json@0600*
             SW1361
             proxy lay :",
        ),
    ]);
}

#[test]
fn data_of_one_machine_stay_behind_and_configuration_is_whole() {
    const LARGE: &str = "pgdata/base/1=LARGE";
    hold(&[
        (
            "a placeholder keeps a folder of configuration",
            "  db: {image: 'mysql:8', restart: always, volumes: ['./mysql:/etc/mysql:ro']}",
            &["mysql/my.cnf", "mysql/conf.d/.gitkeep="],
            "db /etc/mysql <- files conf.d/.gitkeep my.cnf",
        ),
        (
            "what the folder's own list excludes",
            "  a: {image: 'a:1', restart: always, volumes: ['./data:/data']}",
            &["data/.gitignore=*\\n!.gitignore\\n!seed.csv", "data/seed.csv", "data/made", "data/cache/x"],
            "a /data <- data-data
             data-data: seed.csv
             SW1364
             a lay :",
        ),
        (
            "what the project's list excludes",
            "  a: {image: 'a:1', restart: always, volumes: ['./data:/data', './storage:/storage']}",
            &[".gitignore=/data/\\n*.tmp", "data/x", "data/keep/.gitkeep=", "storage/a.tmp", "storage/a.txt"],
            "a /data <- data-data
             a /storage <- data-storage
             data-data: keep/
             data-storage: a.txt
             SW1364
             a lay :",
        ),
        (
            "databases, journals, logs and empty files",
            "  a: {image: 'a:1', restart: always, volumes: ['./data:/data']}",
            &[
                "data/app.db",
                "data/app.db-wal",
                "data/run.pid",
                "data/logs/a.log",
                "data/empty.db=",
                "data/conf.json",
            ],
            "a /data <- data-data
             data-data: conf.json empty.db
             SW1364
             a lay :",
        ),
        (
            "a file that is too large",
            "  db: {image: 'postgres:17', restart: always, volumes: ['./pgdata:/var/lib/postgresql/data']}",
            &[LARGE, "pgdata/PG_VERSION"],
            "db /var/lib/postgresql/data <- data-pgdata
             data-pgdata: PG_VERSION
             SW1364
             db lay :",
        ),
        (
            "files that are too large in all",
            "  db: {image: 'postgres:17', restart: always, volumes: ['./pgdata:/data']}",
            &[
                "pgdata/1=MUCH",
                "pgdata/2=MUCH",
                "pgdata/3=MUCH",
                "pgdata/4=MUCH",
                "pgdata/5=MUCH",
                "pgdata/6=MUCH",
                "pgdata/7=MUCH",
                "pgdata/8=MUCH",
                "pgdata/9=MUCH",
                "pgdata/10=MUCH",
                "pgdata/11=MUCH",
            ],
            "db /data <- data-pgdata
             SW1364",
        ),
        (
            "a single file that is too large",
            "  a: {image: 'a:1', restart: always, volumes: ['./app.db:/app.db']}",
            &["app.db=LARGE"],
            "a /app.db <- data-app-db/app.db
             data-app-db: app.db
             SW1364
             a lay :",
        ),
        (
            "the author wants the files",
            "  a: {image: 'a:1', restart: always, volumes: [{type: bind, source: ./data, target: /data, x-stackwright: {bind: files}}]}",
            &["data/.gitignore=*", "data/app.db"],
            "a /data <- copy .gitignore app.db
             SW1359
             a copy :",
        ),
    ]);
}

#[test]
fn different_folders_have_different_volumes_and_mounts_of_the_service_come_first() {
    let targets = |volumes: &str, rest: &str, files: &[&str]| {
        let compose = format!(
            "name: shop\nservices: {{a: {{image: 'a:1', restart: always, volumes: [{volumes}]{rest}}}, b: {{image: 'b:1', volumes: ['./site/cache:/c', './site/logs:/l']}}}}\nvolumes: {{own: {{}}}}\nconfigs: {{c: {{content: x}}}}"
        );
        let converted = converted(&compose, files);
        let mounts = converted.stack.spec.services["a"].volumes.clone();
        mounts.into_iter().map(|it| (it.target, it.source.unwrap_or_default())).collect::<Vec<_>>()
    };
    let absolute = "{type: bind, source: /data/media, target: /x, x-stackwright: {bind: volume}}";
    for other in ["./data/media:/y", "./up/data/media:/y"] {
        let found = targets(&format!("{absolute}, '{other}', './data/other:/z'"), "", &[]);
        let names: std::collections::BTreeSet<_> = found.iter().map(|(_, source)| source).collect();
        assert_eq!(names.len(), 3, "{found:?}");
    }
    let files = ["site/index.html"];
    let of = |rest: &str| {
        let found = targets("'./site:/site:ro'", rest, &files);
        found.into_iter().map(|(target, _)| target).collect::<Vec<_>>()
    };
    assert_eq!(of(""), ["/site/cache", "/site/logs"]);
    assert_eq!(of(", tmpfs: [/site/cache/]"), ["/site/logs"]);
    assert_eq!(of(", configs: [{source: c, target: /site/logs}]"), ["/site/cache"]);
    let own = targets("'./site:/site:ro', 'own:/site/cache/'", "", &files);
    assert_eq!(own.len(), 2, "{own:?}");
}

#[test]
fn what_a_mount_may_say_of_itself_is_known() {
    for (settings, id) in
        [("{bind: folder}", "SW1002"), ("{bound: volume}", "SW1002"), ("{bind: true}", "SW1002")]
    {
        let compose = format!(
            "services: {{a: {{image: 'a:1', volumes: [{{type: bind, source: ./a, target: /a, x-stackwright: {settings}}}]}}}}"
        );
        let converted = converted(&compose, &[]);
        let refused: Vec<_> = converted.refused(&[]).filter_map(|entry| Some(entry.rule?.id)).collect();
        assert_eq!(refused, [id], "{settings}");
    }
    let compose =
        "services: {a: {image: 'a:1', volumes: [{type: volume, target: /a, x-stackwright: {bind: files}}]}}";
    assert_eq!(converted(compose, &[]).refused(&[]).count(), 1);
    let outside = "services: {a: {image: 'a:1', volumes: [{type: bind, source: /opt/a, target: /a, x-stackwright: {bind: files}}]}}";
    let refused = converted(outside, &[]);
    assert_eq!(refused.refused(&[]).filter_map(|entry| Some(entry.rule?.id)).collect::<Vec<_>>(), ["SW1363"]);
}

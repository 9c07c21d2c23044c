//! Folders and files that services write, and the project's files in their volumes.

use super::check;

#[test]
fn a_folder_that_services_write_is_a_volume_with_the_projects_files() {
    check(&[
        (
            "a readme in a data folder",
            "  db: {image: 'postgres:17', restart: always, volumes: ['./volumes/db:/var/lib/postgresql/data']}",
            &["volumes/db/README.md"],
            "db /var/lib/postgresql/data <- data-volumes-db-eaa80d16f1
             data-volumes-db-eaa80d16f1: README.md
             written-folder
             db lay :",
        ),
        (
            "folders that placeholders keep",
            "  app: {image: 'app:1', restart: always, user: '33', volumes: ['./storage:/app/storage']}",
            &["storage/.gitignore", "storage/logs/.gitignore", "storage/framework/views/.gitkeep"],
            "app /app/storage <- data-storage
             data-storage: framework/views/ logs/
             data-folder
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
             written-folder
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
             written-folder
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
             writable-copy written-folder
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
             written-folder
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
             data-folder written-folder
             certbot lay :
             dns lay :
             web lay :",
        ),
        (
            "a service of a profile that writes",
            "  web: {image: 'nginx:1', restart: always, volumes: ['./site:/site:ro']}\n  edit: {image: 'e:1', profiles: [edit], volumes: ['./site:/site']}",
            &["site/index.html"],
            "edit /site <- data-site
             web /site <- data-site ro
             data-site: index.html
             written-folder
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
             data-file writable-copy
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
             data-file data-folder empty-folder host-path writable-copy written-folder
             a copy :
             a lay :",
        ),
        (
            "a named volume that the engine keeps in a folder of the project",
            "  a: {image: 'a:1', restart: always, volumes: ['kept:/a']}\n  b: {image: 'b:1', restart: always, volumes: ['./data:/b:ro', './data/sub:/sub', '.:/all:ro']}\nvolumes: {kept: {driver: local, driver_opts: {type: none, o: bind, device: ./data}, x-stackwright: {size: 5Gi}}}",
            &["data/x", "data/sub/y"],
            "a /a <- kept
             b /b <- kept ro
             b /sub <- kept/sub
             b /all/data <- kept ro
             b /all <- files compose.yaml
             kept: sub/y x
             written-folder
             a lay :
             b lay :",
        ),
        (
            "named volumes below a folder that is written, and of one folder",
            "  a: {image: 'a:1', restart: always, volumes: ['./data:/a', 'sub:/sub', 'again:/again', {type: volume, source: sub, target: /deep, read_only: true, volume: {subpath: deep}}]}\nvolumes: {sub: {driver: local, driver_opts: {type: none, o: bind, device: ./data/sub}}, again: {driver: local, driver_opts: {o: bind, device: ./data}}}",
            &["data/sub/deep/y"],
            "a /a <- again
             a /sub <- again/sub
             a /again <- again
             a /deep <- again/sub/deep ro
             again: sub/deep/y
             written-folder
             a lay :",
        ),
        (
            "a named volume of a folder that lies elsewhere on the cluster",
            "  a: {image: 'a:1', restart: always, volumes: ['kept:/a', './data:/b:ro']}\nvolumes: {kept: {driver: local, driver_opts: {type: none, o: bind, device: ./data}, x-stackwright: {claimName: disk}}}",
            &["data/x"],
            "a /a <- kept seeded
             a /b <- files x",
        ),
        (
            "data of one machine in the folder of a named volume",
            "  a: {image: 'a:1', restart: always, volumes: ['kept:/a']}\nvolumes: {kept: {driver: local, driver_opts: {type: none, o: bind, device: ./data}}}",
            &["data/x", "data/app.db"],
            "a /a <- kept
             kept: x
             data-not-copied
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
             data-folder written-folder
             a lay :",
        ),
    ]);
}

#[test]
fn data_of_one_machine_is_not_copied_and_configuration_is_complete() {
    const LARGE: &str = "pgdata/base/1=LARGE";
    check(&[
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
             data-not-copied
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
             data-not-copied
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
             data-not-copied
             a lay :",
        ),
        (
            "a file that is too large",
            "  db: {image: 'postgres:17', restart: always, volumes: ['./pgdata:/var/lib/postgresql/data']}",
            &[LARGE, "pgdata/PG_VERSION"],
            "db /var/lib/postgresql/data <- data-pgdata
             data-pgdata: PG_VERSION
             data-not-copied
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
             data-not-copied
             db lay :",
        ),
        (
            "a single file that is too large",
            "  a: {image: 'a:1', restart: always, volumes: ['./app.db:/app.db']}",
            &["app.db=LARGE"],
            "a /app.db <- data-app-db/app.db
             data-app-db: app.db
             data-not-copied
             a lay :",
        ),
        (
            "the author wants the files",
            "  a: {image: 'a:1', restart: always, volumes: [{type: bind, source: ./data, target: /data, x-stackwright: {bind: files}}]}",
            &["data/.gitignore=*", "data/app.db"],
            "a /data <- copy .gitignore app.db
             writable-copy
             a copy :",
        ),
    ]);
}

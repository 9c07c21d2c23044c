//! A canary as the password in all places of a project appears in no output of any command, except in Secrets.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A distinctive password, and one that is an ordinary word.
const CANARIES: [&str; 2] = ["canary7in7the7mine", "kanarienvogel"];

/// Attributes of a service `a` with an image. `CANARY` stands for the password.
const OF_A_SERVICE: [&str; 35] = [
    "command: redis-server --requirepass CANARY --appendonly yes",
    "command: [app, --password=CANARY]",
    "command: [app, --token, CANARY]",
    "command: 'sh -c \"exec app --secret-key CANARY\"'",
    "command: [sh, -c, 'echo \"requirepass CANARY\" > /c && redis-server /c']",
    "command: [app, '{\"db\": {\"password\": \"CANARY\"}}']",
    "command: [run, -e, DB_PASSWORD=CANARY, image]",
    "command: tunnel run --token ${WORD}",
    "entrypoint: [app, 'postgres://app:CANARY@db/app']",
    "entrypoint: sh -c 'mc alias set m http://minio:9000 admin CANARY && mc mb m/b'",
    "healthcheck: {test: [CMD, redis-cli, -a, CANARY, ping]}",
    "healthcheck: {test: mysqladmin ping -uroot -pCANARY}",
    "healthcheck: {test: [CMD-SHELL, \"mysqladmin ping --password='CANARY' || exit 1\"]}",
    "healthcheck: {test: [CMD, curl, -fsu, 'admin:CANARY', 'http://localhost/']}",
    "healthcheck: {test: [CMD, curl, -H, 'Authorization: Bearer CANARY', 'http://localhost/']}",
    "healthcheck: {test: 'wget -qO- http://admin:CANARY@localhost/'}",
    "healthcheck: {test: 'PGPASSWORD=CANARY pg_isready -U app'}",
    "healthcheck: {test: '[ \"$$(redis-cli -a CANARY ping)\" = PONG ]'}",
    "post_start: [{command: [app, --api-token, CANARY]}]",
    "pre_stop: [{command: redis-cli -a CANARY shutdown}]",
    "pre_start: [{image: b, command: [app, --password, CANARY], environment: {API_TOKEN: CANARY}}]",
    "labels: ['homepage.widget.password=CANARY', 'homepage.group=Media']",
    "labels: {hook: 'https://bot:CANARY@hooks.example.com/'}",
    "deploy: {labels: {com.example.token: CANARY}}",
    "annotations: {example.com/password: CANARY}",
    "environment: {API_TOKEN: CANARY}",
    "environment: ['DATABASE_URL=postgres://app:CANARY@db/app']",
    "environment: {CONFIG: '{\"db\": {\"password\": \"CANARY\"}}'}",
    "environment: {JAVA_OPTS: '-Xmx1g -Dspring.datasource.password=CANARY'}",
    "environment: {CONNECTION: 'Server=db;User=sa;Password=CANARY;Encrypt=true'}",
    "environment: {API_TOKEN: '${API_TOKEN:-CANARY}'}",
    "environment: {API_TOKEN: CANARY}\n    ulimits: {nofile: 5}\n    labels: {note: 'it is CANARY'}",
    "build: {context: ., args: {NPM_TOKEN: CANARY}}",
    "logging: {driver: splunk, options: {splunk-token: CANARY}}",
    "ulimits: {nofile: 5}\n    env_file: [app.env]",
];

/// Elements beside the services. `CANARY` stands for the password. The service mounts `data`.
const OF_A_PROJECT: [&str; 11] = [
    "volumes: {data: {driver_opts: {type: cifs, o: 'addr=10.9.8.7,username=u,password=CANARY', device: //nas/a}}}",
    "volumes: {data: {driver_opts: {type: cifs, o: 'username=u', device: '//u:CANARY@nas/a'}}}",
    "volumes: {data: {driver: rclone, driver_opts: {remote: 'store:a', password: CANARY}}}",
    "volumes: {data: {driver_opts: {type: nfs, o: 'addr=10.9.8.7,soft,password=CANARY', device: ':/a'}}}",
    "volumes: {data: {driver_opts: {type: tmpfs, o: 'size=1m,secret=CANARY'}}}",
    "volumes: {data: {driver: local, driver_opts: {type: none, o: bind, device: /srv/a, token: CANARY}}}",
    "volumes: {data: {labels: {backup.password: CANARY}}}",
    "volumes: {data: {}}\nnetworks: {default: {driver_opts: {token: CANARY}, labels: {password: CANARY}}}",
    "volumes: {data: {}}\nconfigs: {c: {content: 'password = \"CANARY\"'}}",
    "volumes: {data: {}}\nsecrets: {s: {environment: WORD}}",
    "volumes: {data: {}}\nx-common: {password: CANARY, nofile: 5}",
];

/// Projects that fail to load. Their messages quote the wrong text.
const WRONG: [&str; 7] = [
    "services: {a: {image: b, imge: c, environment: {API_TOKEN: CANARY}}}",
    "services:\n  a:\n    image: b\n    environment:\n      API_TOKEN: ${API_TOKEN:-CANARY\n",
    "services:\n  a:\n    image: b\n    environment:\n      API_TOKEN: CANARY\n      API_TOKEN: CANARY\n",
    "services:\n  a:\n    image: b\n    command: \"redis-server --requirepass CANARY 'open\"\n",
    "services:\n  a:\n    image: b\n    command: {x: redis-server --requirepass CANARY}\n",
    "services:\n  a:\n    image: b\n    mem_limit: ${API_TOKEN}\n",
    "services:\n  a:\n    image: b\n    networks: [none]\n    environment: [API_TOKEN=CANARY]\n    labels: {password: [CANARY]}\n",
];

fn projects() -> Vec<String> {
    let of_a_service = OF_A_SERVICE.iter().map(|lines| {
        let image = if lines.starts_with("build") { "" } else { "    image: b:1\n" };
        format!("name: shop\nservices:\n  a:\n{image}    restart: always\n    {lines}\n")
    });
    let of_a_project = OF_A_PROJECT.iter().map(|lines| {
        let reads = ["configs", "secrets"].iter().filter(|key| lines.contains(&format!("\n{key}")));
        let reads: String = reads.map(|key| format!(", {key}: [{}]", &key[..1])).collect();
        format!("name: shop\nservices: {{a: {{image: 'b:1', restart: always, volumes: ['data:/d']{reads}}}}}\n{lines}\n")
    });
    let wrong = WRONG.iter().map(|lines| (*lines).to_owned());
    of_a_service.chain(of_a_project).chain(wrong).collect()
}

fn folder(number: usize) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("canary").join(number.to_string());
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Returns the whole output of a command.
fn printed(folder: &Path, canary: &str, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackwright"));
    command.current_dir(folder).args(arguments).env("API_TOKEN", canary).env_remove("COMPOSE_FILE");
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_password_appears_in_no_output_except_secrets() {
    let (mut planted, mut stored, mut wrong) = (0, 0, Vec::new());
    for (number, project) in projects().iter().enumerate() {
        // An ordinary word is not searched for in other texts.
        let count = if project.contains("it is CANARY") || project.contains("mem_limit") { 1 } else { 2 };
        for canary in CANARIES.into_iter().take(count) {
            let folder = folder(number);
            // If the text has a value for the variable, no default replaces it.
            let variable = if project.contains(":-") { "" } else { canary };
            fs::write(folder.join("compose.yaml"), project.replace("CANARY", canary)).unwrap();
            fs::write(folder.join(".env"), format!("WORD={canary}\n")).unwrap();
            fs::write(folder.join("app.env"), format!("LEVEL={canary}\n")).unwrap();
            let convert = ["convert", "--allow-refused", "all", "--report", "report.json"];
            let mut said = printed(&folder, variable, &convert);
            said.0 += &fs::read_to_string(folder.join("report.json")).unwrap_or_default();
            let refusing = printed(&folder, variable, &["convert"]);
            let rendered =
                printed(&folder, variable, &["render", "--allow", "all", "--allow-refused", "all"]);
            let masked = printed(&folder, variable, &["config", "--mask"]);
            let raw = printed(&folder, variable, &["config", "--mask", "--no-interpolate"]);
            let listed = printed(&folder, variable, &["config", "--mask", "--variables"]);
            let config = ("".to_owned(), printed(&folder, variable, &["config"]).1);
            for (verb, (out, err)) in
                ["convert", "refusing", "render", "mask", "mask raw", "variables", "config"]
                    .into_iter()
                    .zip([said, refusing, rendered, masked, raw, listed, config])
            {
                for text in [out, err] {
                    let shown = text.lines().filter(|line| line.contains(canary));
                    wrong.extend(shown.map(|line| format!("{verb} of\n{project}: {line}")));
                }
            }
            let plain =
                printed(&folder, variable, &["convert", "--allow-refused", "all", "--secrets", "plain"]);
            stored += usize::from(plain.0.contains(canary));
            planted += 1;
        }
    }
    assert!(wrong.is_empty(), "{}\n{} lines", wrong.join("\n"), wrong.len());
    assert!(planted >= 2 * 50, "the canary is planted in {planted} projects");
    assert!(stored >= 2 * 25, "a Secret has the canary in {stored} of {planted} projects");
}

//! Realistic projects of any size, which are the same in every run.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

/// The number of services of a team, which share an env file, a network and a database.
const TEAM: usize = 10;

/// Writes a project with a number of services to a folder.
///
/// # Errors
/// Where a file cannot be written.
pub fn write(folder: &Path, services: usize) -> io::Result<()> {
    fs::create_dir_all(folder.join("env"))?;
    fs::write(folder.join(".env"), variables())?;
    fs::write(folder.join("common.yaml"), COMMON)?;
    for team in 0..services.div_ceil(TEAM) {
        fs::write(folder.join(format!("env/team-{team}.env")), env_file(team))?;
    }
    fs::write(folder.join("compose.yaml"), compose(services))
}

fn variables() -> String {
    let mut text =
        String::from("# What all services share.\nREGISTRY=registry.example.com/shop\nDOMAIN=example.com\n");
    for number in 0..TEAM {
        let _ =
            writeln!(text, "TAG_{number}=v1.{number}.{}\nSECRET_{number}='s3cr3t-{number}'", number * 7 % 10);
    }
    text
}

fn env_file(team: usize) -> String {
    let mut text = format!("# Settings of team {team}.\nTEAM=team-{team}\n");
    for (name, value) in [
        ("DATABASE_URL", "postgres://app:app@db:5432/app?sslmode=disable"),
        ("REDIS_URL", "\"redis://cache:6379/0\""),
        ("SMTP_HOST", "smtp.${DOMAIN}"),
        ("SMTP_PORT", "587"),
        ("LOG_FORMAT", "json # as the collector wants it"),
        ("SENTRY_DSN", ""),
        ("FEATURE_FLAGS", "'search,checkout,reviews'"),
        ("ALLOWED_HOSTS", "www.${DOMAIN},api.${DOMAIN}"),
        ("CACHE_TTL", "300"),
        ("TZ", "Europe/Berlin"),
    ] {
        let _ = writeln!(text, "{name}={value}");
    }
    text
}

const COMMON: &str = r#"x-limits: &limits
  limits: {cpus: "0.50", memory: 512M}
  reservations: {memory: 128M}
services:
  base:
    restart: unless-stopped
    logging:
      driver: json-file
      options: {max-size: 10m, max-file: "3"}
    deploy:
      resources:
        <<: *limits
    labels:
      com.example.managed: "true"
      com.example.domain: ${DOMAIN:-localhost}
  web:
    extends: base
    init: true
    environment:
      LOG_LEVEL: ${LOG_LEVEL:-info}
      PORT: 8080
    healthcheck:
      test: [CMD, curl, -f, http://localhost:8080/health]
      interval: 30s
      timeout: 5s
      retries: 3
      start_period: 20s
    volumes:
      - ./certs:/etc/certs:ro
  worker:
    extends: base
    command: ["worker", "--queues", "default,mail"]
    environment:
      - LOG_LEVEL=${LOG_LEVEL:-info}
      - CONCURRENCY=4
    stop_grace_period: 1m
"#;

fn compose(services: usize) -> String {
    let mut text = String::from(
        "name: bench\n\nx-logging: &logging\n  driver: json-file\n  options:\n    max-size: 10m\n\nservices:\n",
    );
    for number in 0..services {
        let team = number / TEAM;
        match number % TEAM {
            0 => database(&mut text, number, team),
            1 | 4 | 7 => web(&mut text, number, team),
            2 | 5 => worker(&mut text, number, team),
            _ => plain(&mut text, number, team),
        }
    }
    text.push_str("\nnetworks:\n  edge:\n    driver: bridge\n");
    for team in 0..services.div_ceil(TEAM) {
        let _ = writeln!(text, "  team-{team}:\n    internal: true\n    labels:\n      team: \"{team}\"");
    }
    text.push_str("\nvolumes:\n");
    for number in (0..services).filter(|number| matches!(number % TEAM, 0 | 3)) {
        let _ = writeln!(text, "  data-{number}:\n    labels: [\"backup=daily\"]");
    }
    text
}

fn database(text: &mut String, number: usize, team: usize) {
    let _ = write!(
        text,
        r#"
  service-{number}:
    image: postgres:${{POSTGRES_TAG:-16-alpine}}
    restart: always
    logging: *logging
    environment:
      POSTGRES_DB: team_{team}
      POSTGRES_USER: ${{POSTGRES_USER:-app}}
      POSTGRES_PASSWORD: ${{SECRET_0:?set a password}}
    command: postgres -c max_connections=200 -c shared_buffers=256MB
    volumes:
      - data-{number}:/var/lib/postgresql/data
      - ./init/{number}:/docker-entrypoint-initdb.d:ro
    networks:
      team-{team}:
        aliases: [db, postgres]
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U $${{POSTGRES_USER}} -d team_{team}"]
      interval: 10s
      timeout: 5s
      retries: 5
    shm_size: 128mb
"#
    );
}

fn web(text: &mut String, number: usize, team: usize) {
    let database = team * TEAM;
    let (tag, port) = (number % TEAM, 20_000 + number);
    let _ = write!(
        text,
        r#"
  service-{number}:
    extends:
      file: common.yaml
      service: web
    image: ${{REGISTRY}}/web-{number}:${{TAG_{tag}}}
    build:
      context: ./web-{number}
      args:
        VERSION: ${{TAG_{tag}}}
    ports:
      - "{port}:8080"
      - 127.0.0.1:{0}:9090/tcp
    env_file:
      - env/team-{team}.env
    environment:
      SERVICE_NAME: service-{number}
      PUBLIC_URL: https://web-{number}.${{DOMAIN}}
      SECRET_KEY: ${{SECRET_{tag}}}
      DEBUG: "false"
      WORKERS: 4
    depends_on:
      service-{database}:
        condition: service_healthy
    networks: [edge, team-{team}]
    labels:
      - traefik.enable=true
      - traefik.http.routers.web-{number}.rule=Host(`web-{number}.${{DOMAIN}}`)
"#,
        port + 20_000
    );
}

fn worker(text: &mut String, number: usize, team: usize) {
    let (database, before) = (team * TEAM, number - 1);
    let tag = number % TEAM;
    let _ = write!(
        text,
        r#"
  service-{number}:
    extends:
      file: common.yaml
      service: worker
    image: ${{REGISTRY}}/worker-{number}:${{TAG_{tag}:-latest}}
    env_file: [env/team-{team}.env]
    environment:
      - SERVICE_NAME=service-{number}
      - DATABASE_HOST=service-{database}
      - TOKEN=${{SECRET_{tag}}}
    depends_on:
      - service-{database}
      - service-{before}
    networks:
      - team-{team}
    user: "1000:1000"
    read_only: true
    tmpfs: /tmp
    deploy:
      replicas: 2
"#
    );
}

fn plain(text: &mut String, number: usize, team: usize) {
    let volume = if number % TEAM == 3 { format!("\n      - data-{number}:/data") } else { String::new() };
    let before = number - 1;
    let _ = write!(
        text,
        r#"
  service-{number}:
    image: redis:7-alpine
    restart: unless-stopped
    logging: *logging
    command: ["redis-server", "--save", "60", "1", "--loglevel", "warning"]
    expose: ["6379"]
    environment:
      TZ: ${{TZ:-UTC}}
    depends_on:
      service-{before}:
        condition: service_started
        required: false
    networks:
      team-{team}: {{}}
    volumes:
      - type: bind
        source: ./config/{number}.conf
        target: /usr/local/etc/redis/redis.conf
        read_only: true{volume}
    healthcheck:
      test: redis-cli ping | grep PONG
      interval: 1m30s
      start_period: 5s
    ulimits:
      nofile: {{soft: 20000, hard: 40000}}
"#
    );
}

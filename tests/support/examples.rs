//! The example projects, in each way in which they are started.

use std::path::PathBuf;

use compose_loader::{FileKind, Files, discover::Options as Find, disk::Disk};
use stackwright::convert::Folders;

/// A project with its Compose files and env file.
#[derive(Clone, Copy)]
pub struct Seed {
    /// The folder in `examples/`.
    pub project: &'static str,
    /// The Compose files.
    pub files: &'static [&'static str],
    /// The env file.
    pub variables: &'static str,
}

/// Each project as it is started in production.
pub const COMMITTED: [Seed; 5] = [
    Seed { project: "scripteam", files: &["compose.yaml"], variables: ".env.example" },
    Seed {
        project: "infinite-scribe",
        files: &["docker-compose.yml", "docker-compose.backend.yml"],
        variables: ".env",
    },
    Seed {
        project: "code-checker",
        files: &["docker-compose.yml", "docker-compose.prod.yml"],
        variables: ".env.example",
    },
    Seed { project: "loc8", files: &["docker-compose.prod.yml"], variables: ".env.example" },
    Seed {
        project: "finity",
        files: &["docker-compose.yml", "docker-compose.prod.yml"],
        variables: ".env.example",
    },
];

/// The other ways in which the projects are started.
pub const OTHERS: [Seed; 6] = [
    Seed {
        project: "scripteam",
        files: &["compose.yaml", "docker-compose.dev.yml"],
        variables: ".env.example",
    },
    Seed { project: "infinite-scribe", files: &["docker-compose.yml"], variables: ".env.test" },
    Seed { project: "code-checker", files: &["docker-compose.yml"], variables: ".env.example" },
    Seed { project: "loc8", files: &["docker-compose.yml"], variables: ".env.docker" },
    Seed { project: "finity", files: &["docker-compose.yml"], variables: ".env.example" },
    Seed { project: "finity/backend", files: &["docker-compose.yml"], variables: "../.env.example" },
];

/// The disk with files that are never committed: `.env` and certificates.
pub struct Deployed;

const CERTIFICATES: [&str; 2] = ["fullchain.pem", "privkey.pem"];

fn is_certificate(path: &str) -> bool {
    CERTIFICATES.iter().any(|name| path.ends_with(&format!("/ssl/{name}")))
}

fn on_disk(path: &str) -> String {
    if path.ends_with("/finity/.env") { format!("{path}.example") } else { path.to_owned() }
}

impl Files for Deployed {
    fn kind(&self, path: &str) -> Option<FileKind> {
        if is_certificate(path) {
            return Some(FileKind::File);
        }
        let folder = path.ends_with("/ssl").then_some(FileKind::Folder);
        folder.or_else(|| Disk.kind(&on_disk(path)))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if is_certificate(path) { Ok(b"not one".to_vec()) } else { Disk.read(&on_disk(path)) }
    }
}

impl Folders for Deployed {
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        if path.ends_with("/ssl") {
            return Ok(CERTIFICATES.map(str::to_owned).to_vec());
        }
        Disk.list(path)
    }

    fn mode(&self, path: &str) -> u32 {
        Disk.mode(path)
    }

    fn real(&self, path: &str) -> Option<String> {
        if path.contains("/ssl") { Some(path.to_owned()) } else { Disk.real(path) }
    }
}

/// Returns a project's folder.
pub fn folder(project: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join(project)
}

impl Seed {
    /// Returns the discovery of the files.
    pub fn find(&self) -> Find {
        let folder = folder(self.project);
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        Find {
            files: self.files.iter().map(|file| path(file)).collect(),
            env_files: vec![path(self.variables)],
            folder: folder.to_str().unwrap().to_owned(),
            ..Find::default()
        }
    }
}
